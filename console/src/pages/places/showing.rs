//! The places of a draft on its page: each opens its fields, its condition and its rows, and of many rows each is folded.

use askama::Template;
use serde_json::Value;

use super::{CHOSEN, Content, Named, Place, ROW, ROWS_MAX, ROWS_OPEN_MAX, ROWS_TOLD_MAX, Rows, Subject, Typed, id_of};
use crate::pages::conditions::{self, Boxes};
use crate::pages::filled::Filled;
use crate::pages::{cases, spread};
use crate::reading::text;
use crate::sentence::sentence;
use crate::view::{Field, Form, Html, link};
use crate::visit::Visit;

/// A place that opens.
#[derive(Template)]
#[template(
    source = r#"<details class="place" id="place-{{ place }}"{% if is_open %} open{% endif %}><summary id="at-{{ place }}">{{ summary }}</summary>{{ part }}</details>"#,
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

/// A row of some: what it is called, and the button that opens it.
#[derive(Template)]
#[template(
    source = r#"<p class="adding">{{ legend }}{% if !told.is_empty() %}: {{ told }}{% endif %}<button class="quiet" name="row" value="{{ row }}" aria-label="{{ says }}: {{ legend }}">{{ says }}</button></p>"#,
    ext = "html"
)]
struct Folded {
    legend: String,
    told: String,
    row: usize,
    says: String,
}

/// The rows of many, from which one is opened.
#[derive(Template)]
#[template(
    source = r#"<div class="adding"><div class="field"><label for="{{ id }}">{{ label }}</label><select id="{{ id }}" name="chosen">{% for (row, told) in rows %}<option value="{{ row }}">{{ told }}</option>{% endfor %}</select></div><button class="quiet" name="row" value="chosen">{{ says }}</button></div>"#,
    ext = "html"
)]
struct Many {
    id: String,
    label: String,
    rows: Vec<(usize, String)>,
    says: String,
}

/// That folded rows stay as they are.
#[derive(Template)]
#[template(source = r#"<input type="hidden" name="{{ name }}" value="{{ rows }}">"#, ext = "html")]
struct Kept {
    name: String,
    rows: String,
}

/// What a draft says as a sentence; each place with its form, of a long one that of an open place alone.
pub(in crate::pages) fn editor(visit: &Visit<'_>, draft: &Value, etag: &str, is_long: bool) -> Html {
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
        // Of a long draft, and while one row of many is changed, other places are a link away.
        if !is_open && (is_long || visit.query.find(ROW).is_some()) {
            let part = link(format!("?open={name}#at-{name}"), visit.say("places-open"));
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
            parts.extend(self.rows(&fields, rows, there));
        }
        Html::joined(parts)
    }

    /// The rows of a list, and another one behind them. Of many the folded ones stand in one list.
    fn rows(&self, fields: &Content, rows: &Rows, there: usize) -> Vec<Html> {
        let (folded, open): (Vec<usize>, Vec<usize>) = (0..=there).partition(|row| self.is_folded(rows, *row, there));
        let kept: Vec<String> = folded.iter().filter(|row| **row < there).map(usize::to_string).collect();
        let mut parts = Vec::new();
        if folded.len() > ROWS_TOLD_MAX {
            parts.push(self.many(fields, rows, (&folded, there)));
            parts.extend(open.into_iter().map(|row| self.row(fields, rows, row, row < there)));
        } else {
            parts.extend((0..=there).map(|row| match folded.contains(&row) {
                true => self.folded(fields, rows, row, row < there),
                false => self.row(fields, rows, row, row < there),
            }));
        }
        if !kept.is_empty() {
            parts.push(Html::of(&Kept { name: rows.kept(), rows: kept.join(",") }));
        }
        parts
    }

    /// Folded rows in one list, from which one is opened; the last is the new one.
    fn many(&self, fields: &Content, rows: &Rows, (folded, there): (&[usize], usize)) -> Html {
        let told = |row: usize| match row < there {
            true => format!("{}: {}", row + 1, self.begins(fields, rows, row)),
            false => self.visit.say("places-row-new"),
        };
        Html::of(&Many {
            id: id_of(self.place.name, &format!("{}.{CHOSEN}", rows.list)),
            label: self.visit.say("places-rows"),
            rows: folded.iter().map(|row| (*row, told(*row))).collect(),
            says: self.visit.say("places-row-open"),
        })
    }

    /// With what a row begins.
    fn begins(&self, fields: &Content, rows: &Rows, row: usize) -> String {
        let first = rows.fields.first().map(|(name, _)| format!("{}{name}", rows.prefix(row)));
        first.map(|name| self.place.text(fields, &name)).unwrap_or_default()
    }

    /// Whether a row of many is folded: it was not asked for, nothing is wrong in it, and it was not sent open.
    fn is_folded(&self, rows: &Rows, row: usize, there: usize) -> bool {
        let visit = self.visit;
        if there <= ROWS_OPEN_MAX || visit.query.find(ROW).and_then(|asked| asked.parse().ok()) == Some(row) {
            return false;
        }
        if self.is_sent && row < there {
            let kept = visit.form.text(&rows.kept());
            return kept.split(',').any(|kept| kept.parse() == Ok(row));
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
        Html::of(&Folded {
            told: if is_there { self.begins(fields, rows, row) } else { String::new() },
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
