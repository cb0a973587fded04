//! The places of a draft on its page: each opens its fields, its condition and its rows, and of many rows each is folded.

use askama::Template;
use serde_json::Value;

use super::{Content, KEPT, Named, Place, ROW, ROWS_MAX, ROWS_OPEN_MAX, Rows, Subject, Typed, id_of};
use crate::pages::cases;
use crate::pages::conditions::{self, Boxes};
use crate::pages::filled::Filled;
use crate::pages::spread;
use crate::reading::text;
use crate::sentence::sentence;
use crate::view::{Field, Form, Html, link};
use crate::visit::Visit;

/// A place that opens.
#[derive(Template)]
#[template(
    source = r#"<details class="place" id="place-{{ place }}"{% if is_open %} open{% endif %}><summary>{{ summary }}</summary>{{ part }}</details>"#,
    ext = "html"
)]
struct Opening {
    place: &'static str,
    summary: String,
    part: Html,
    is_open: bool,
}

/// A row of a list.
#[derive(Template)]
#[template(
    source = r#"<fieldset class="leaf"><legend>{{ legend }}</legend>{% for field in fields %}{{ field }}{% endfor %}</fieldset>"#,
    ext = "html"
)]
struct Row {
    legend: String,
    fields: Vec<Html>,
}

/// A row of many: what it is called, that it stays as it is, and the button that opens it.
#[derive(Template)]
#[template(
    source = r#"<p class="adding">{{ legend }}{% if !told.is_empty() %}: {{ told }}{% endif %}{% if let Some(kept) = kept %}<input type="hidden" name="{{ kept }}" value="yes">{% endif %}<button class="quiet" name="row" value="{{ row }}" aria-label="{{ says }}: {{ legend }}">{{ says }}</button></p>"#,
    ext = "html"
)]
struct Folded {
    legend: String,
    told: String,
    kept: Option<String>,
    row: usize,
    says: String,
}

/// What a draft says as a sentence; each place with its form.
pub(in crate::pages) fn editor(visit: &Visit<'_>, draft: &Value, etag: &str) -> Html {
    let (kind, nothing) = (text(draft, "kind"), Content::new());
    let (subject, content) = (Subject::of(kind), draft.get("content").unwrap_or(&Value::Null));
    let fields = content.as_object().unwrap_or(&nothing);
    let faults: Vec<&str> = visit.refusal.iter().flat_map(|refusal| &refusal.errors).map(|(at, _)| &**at).collect();
    let places = sentence(visit, kind, content).into_iter().filter_map(|(name, told)| {
        let place = subject.find(name)?;
        let summary = format!("{}: {told}", visit.word("sentence", name));
        let step = format!("set:{name}");
        let is_sent = visit.shows_typed(&step);
        let is_chosen = visit.query.find("open") == Some(name);
        let is_faulty = faults.iter().any(|at| subject.spot(at).is_some_and(|(of, _)| of == name));
        let is_open = is_sent || is_chosen || is_faulty;
        // While one row of many is changed, other places are a link away.
        if !is_open && visit.query.find(ROW).is_some() {
            let part = link(format!("?open={name}#place-{name}"), visit.say("places-open"));
            return Some(Html::of(&Opening { place: name, summary, part, is_open }));
        }
        let form = cases::tried(visit, Form::new(&*step, visit.say("draft-save")).hidden("etag", etag).quiet());
        let part = if subject.has_room(place, fields) {
            visit.form(form.within(Filling { visit, subject, place, is_sent }.shown(fields)))
        } else {
            Html::paragraph(visit.say("places-json"))
        };
        Some(Html::of(&Opening { place: name, summary, part, is_open }))
    });
    Html::joined(places)
}

/// A place whose form is made.
struct Filling<'f> {
    visit: &'f Visit<'f>,
    subject: &'f Subject,
    place: &'f Place,
    /// Whether what was sent stands there again.
    is_sent: bool,
}

impl Filling<'_> {
    /// Its fields, its condition, and its rows with another one behind them.
    fn shown(&self, content: &Content) -> Html {
        let fields = (self.subject.spread)(content);
        let mut parts = self.fields(&fields, self.place.fields, None);
        parts.extend(self.place.asked.map(|asked| self.condition(&fields, asked.root)));
        if let Some(rows) = &self.place.rows {
            let condition = |root: &str| conditions::written(self.visit, root);
            let typed = Typed { text: &|name| self.visit.form.text(name).to_owned(), condition: &condition };
            let there = if self.is_sent {
                (0..ROWS_MAX).rfind(|row| rows.is_filled(*row, &typed)).map_or(0, |last| last + 1)
            } else {
                spread::at(&fields, rows.list).and_then(Value::as_array).map_or(0, Vec::len)
            };
            let shown = |row| match self.is_folded(rows, row, there) {
                true => self.folded(&fields, rows, row, row < there),
                false => self.row(&fields, rows, row, row < there),
            };
            parts.extend((0..=there).map(shown));
        }
        Html::joined(parts)
    }

    /// Whether a row of many is folded: it was not asked for, nothing is wrong in it, and it was not sent open.
    fn is_folded(&self, rows: &Rows, row: usize, there: usize) -> bool {
        let visit = self.visit;
        if there <= ROWS_OPEN_MAX || visit.query.find(ROW).and_then(|asked| asked.parse().ok()) == Some(row) {
            return false;
        }
        if self.is_sent && row < there {
            return visit.form.find(&format!("{}{KEPT}", rows.prefix(row))).is_some();
        }
        let fields = id_of(self.place.name, &rows.prefix(row));
        let boxes = rows.asked.map(|asked| format!("n-{}", asked.root_in(row)));
        let is_of_row = |id: &str| {
            let within = boxes.as_deref().and_then(|boxes| id.strip_prefix(boxes));
            id.starts_with(&fields) || within.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
        };
        let errors = visit.refusal.iter().flat_map(|refusal| &refusal.errors);
        !errors.filter_map(|(pointer, _)| self.subject.id(pointer)).any(|id| is_of_row(&id))
    }

    /// A row by what it is called, with the button that opens it; a new one by its button alone.
    fn folded(&self, fields: &Content, rows: &Rows, row: usize, is_there: bool) -> Html {
        let number = i64::try_from(row + 1).unwrap_or(i64::MAX);
        let legend = self.visit.texts.with(rows.told, &[("n", number.into())]);
        let first =
            rows.fields.first().map(|(name, _)| self.place.text(fields, &format!("{}{name}", rows.prefix(row))));
        Html::of(&Folded {
            kept: is_there.then(|| format!("{}{KEPT}", rows.prefix(row))),
            told: first.filter(|_| is_there).unwrap_or_default(),
            row,
            says: self.visit.say(if is_there { "places-row-open" } else { "places-row-new" }),
            legend,
        })
    }

    /// A row; what it asks is filled once it is there.
    fn row(&self, fields: &Content, rows: &Rows, row: usize, is_there: bool) -> Html {
        let number = i64::try_from(row + 1).unwrap_or(i64::MAX);
        let mut parts = self.fields(fields, rows.fields, Some((rows, row)));
        let asked = rows.asked.filter(|_| is_there);
        parts.extend(asked.map(|asked| self.condition(fields, &asked.root_in(row))));
        Html::of(&Row { legend: self.visit.texts.with(rows.told, &[("n", number.into())]), fields: parts })
    }

    fn condition(&self, fields: &Content, root: &str) -> Html {
        let fault = |id: &str| self.subject.fault(self.visit, id);
        let boxes = Boxes { visit: self.visit, fault: &fault };
        boxes.editor(root, self.place.condition(fields, root), self.is_sent)
    }

    fn fields(&self, content: &Content, fields: &[Named], of: Option<(&Rows, usize)>) -> Vec<Html> {
        let prefix = of.map(|(rows, row)| rows.prefix(row)).unwrap_or_default();
        let family = of.map(|(rows, _)| format!("{}.", rows.list)).unwrap_or_default();
        let field = |(name, filled): &Named| {
            let (whole, named) = (format!("{prefix}{name}"), format!("{family}{name}"));
            let typed = || self.visit.form.text(&whole).to_owned();
            let text = if self.is_sent { typed() } else { self.place.text(content, &whole) };
            // What explains a row is said in the first one.
            let is_explained = of.is_none_or(|(_, row)| row == 0);
            let hint =
                Some(&named).filter(|_| is_explained).and_then(|named| self.visit.texts.known("place-hint", named));
            self.field((&whole, &named), *filled, &text, hint.unwrap_or_default())
        };
        fields.iter().map(field).collect()
    }

    /// A field of a name, called by another one.
    fn field(&self, (name, named): (&str, &str), filled: Filled, text: &str, hint: String) -> Html {
        let (visit, id) = (self.visit, id_of(self.place.name, name));
        let mut field = Field::new(name, visit.word("place", named)).value(text).hint(hint).optional();
        field = field.kind(filled.kind(visit, text));
        field.fault = self.subject.fault(visit, &id).or_else(|| visit.fault(name).filter(|_| self.is_sent));
        visit.name_fault(&id, &field);
        field.html(&id)
    }
}
