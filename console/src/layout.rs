//! What is around each page: the head, the choices, the way to other pages, and faults of what was sent.

use askama::Template;
use avis_admin::control::Refusal;

use crate::assets::{DRAG, FOCUS, SCRIPT, STYLE};
use crate::pages::ROOMS;
use crate::texts::Texts;
use crate::view::{Html, Session};
use crate::visit::Visit;

/// The frame of a page, for templates that extend `layout.html`.
pub(crate) struct Shell {
    texts: Texts,
    pub(crate) title: String,
    pub(crate) theme: &'static str,
    /// Where a choice leads back to.
    pub(crate) back: String,
    /// Who signed in: name, party, and the parties among which they choose.
    pub(crate) who: Option<Who>,
    /// The ways to other pages.
    pub(crate) groups: Vec<Group>,
    pub(crate) faults: Option<Faults>,
    /// What was done before.
    pub(crate) done: Option<String>,
}

/// Rooms that stand together.
pub(crate) struct Group {
    /// What they are called; one that stands alone needs no other name than its own.
    pub(crate) name: String,
    word: &'static str,
    pub(crate) rooms: Vec<Way>,
}

/// A way to a page, and whether this is one of it.
pub(crate) struct Way {
    pub(crate) path: &'static str,
    pub(crate) name: String,
    pub(crate) is_here: bool,
}

impl Group {
    /// Whether this page is of them.
    pub(crate) fn is_here(&self) -> bool {
        self.rooms.iter().any(|way| way.is_here)
    }

    /// Rooms by their groups, in the order in which they come.
    fn gathered(
        visit: &Visit<'_>,
        rooms: impl Iterator<Item = (&'static str, &'static str, &'static str)>,
    ) -> Vec<Self> {
        let is_here = |path: &str| match path {
            "/" => visit.path == "/",
            path => visit.path == path || visit.path.starts_with(&format!("{path}/")),
        };
        let mut groups: Vec<Self> = Vec::new();
        for (word, path, name) in rooms {
            let way = Way { path, name: visit.word("room", name), is_here: is_here(path) };
            match groups.iter_mut().find(|group| group.word == word && !word.is_empty()) {
                Some(group) => group.rooms.push(way),
                None => groups.push(Self { name: visit.word("rooms", word), word, rooms: vec![way] }),
            }
        }
        groups
    }
}

/// Who signed in, for the frame.
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) party: String,
    pub(crate) parties: Vec<String>,
}

/// Why what was sent was refused.
pub(crate) struct Faults {
    pub(crate) title: String,
    /// What to do about it, where that is not plain.
    pub(crate) advice: Option<String>,
    /// Where it is on the page, and what is wrong there.
    pub(crate) list: Vec<(String, String)>,
}

impl Shell {
    /// Around a page of a visit.
    pub(crate) fn of(visit: &Visit<'_>, title: String, anchor: &Anchor) -> Self {
        let who = visit.me.as_ref().map(|me| Who {
            name: me.name.clone(),
            party: visit.party().unwrap_or_default().to_owned(),
            parties: me.parties.clone(),
        });
        let rooms = ROOMS.iter().filter(|room| match room.needs {
            Some((method, path)) => visit.may(method, path),
            None => visit.me.is_some(),
        });
        let till = visit.simulator.filter(|simulator| simulator.is_open() || visit.me.is_some());
        let rooms = rooms.map(|room| (room.group, room.path, room.name)).chain(till.map(|_| ("tills", "/try", "try")));
        Self {
            texts: visit.texts,
            title,
            theme: visit.theme,
            back: visit.path.clone(),
            who,
            groups: Group::gathered(visit, rooms),
            faults: visit.refusal.as_ref().map(|refusal| Faults::of(visit, refusal, anchor)),
            // What is only tried comes after what was done.
            done: (!visit.is_tried()).then(|| visit.texts.known("done", visit.query.find("done")?)).flatten(),
        }
    }

    /// A message without places.
    pub(crate) fn text(&self, name: &str) -> String {
        self.texts.say(name)
    }

    /// What looks after the session while the page is open.
    pub(crate) fn session(&self) -> Html {
        Html::of(&Session::begun())
    }

    pub(crate) fn tag(&self) -> &'static str {
        self.texts.0.tag()
    }

    pub(crate) fn style(&self) -> &'static str {
        &STYLE.path
    }

    pub(crate) fn scripts(&self) -> [&'static str; 3] {
        [&SCRIPT.path, &DRAG.path, &FOCUS.path]
    }
}

impl Faults {
    fn of(visit: &Visit<'_>, refusal: &Refusal, anchor: &Anchor) -> Self {
        // What was sought stands in the address, and is in no form that was sent.
        let step = if visit.is_refused() { "by" } else { visit.form.find("do").unwrap_or_default() };
        let labels = visit.labels.borrow();
        let fault = |(pointer, detail): &(String, String)| {
            let path = pointer.trim_start_matches('/');
            let (field, within) = path.split_once('/').unwrap_or((path, ""));
            let id = anchor(pointer).unwrap_or_else(|| match field {
                "" => String::new(),
                // What a step finds in a draft is mended where the draft is edited.
                "content" | "cases" => format!("save-{field}"),
                field => format!("{step}-{field}"),
            });
            let told = match (labels.get(&id), within) {
                (Some(label), _) => format!("{label}: {detail}"),
                // What no field has room for stands in the JSON of its field.
                (None, within) if !within.is_empty() => {
                    visit.texts.with("fault-within", &[("place", within.into()), ("fault", detail.as_str().into())])
                }
                (None, _) => detail.clone(),
            };
            (if id.is_empty() { id } else { format!("#{id}") }, told)
        };
        let mut list: Vec<_> = refusal.errors.iter().map(fault).collect();
        // What is wrong with no field of it is told as such.
        if list.is_empty() && refusal.detail != refusal.code.title() {
            list.push((String::new(), refusal.detail.clone()));
        }
        let advice = visit.texts.known("advice", refusal.code.word());
        Self { title: visit.word("problem", refusal.code.word()), advice, list }
    }
}

/// The id of what a fault is about on a page, by its pointer; none where that is a field of the form that was sent.
pub(crate) type Anchor = Box<dyn Fn(&str) -> Option<String>>;

/// Every fault is about a field of the form that was sent.
pub(crate) fn nowhere() -> Anchor {
    Box::new(|_| None)
}

/// A page of blocks.
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) parts: Vec<Html>,
    /// Where faults lead.
    pub(crate) anchor: Anchor,
}

impl Page {
    /// Under a title.
    pub(crate) fn new(title: String) -> Self {
        Self { title, parts: Vec::new(), anchor: nowhere() }
    }

    /// With another part, unless it is empty.
    pub(crate) fn add(&mut self, part: Html) {
        if !part.is_empty() {
            self.parts.push(part);
        }
    }

    /// The whole page.
    pub(crate) fn whole(self, visit: &Visit<'_>) -> Html {
        Html::of(&Whole { shell: Shell::of(visit, self.title, &self.anchor), parts: self.parts })
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct Whole {
    shell: Shell,
    parts: Vec<Html>,
}
