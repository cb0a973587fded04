//! The sentence editor: each place of what a draft says opens its fields beneath it. What they have no room for stays JSON as it is.

mod benefit;
mod loyalty;
mod showing;
#[cfg(test)]
mod tests;

use avis_admin::control::Refusal;
use serde_json::Value;

use super::conditions;
use super::filled::Filled::{self, Word, Words, Yes};
use super::spread::{self, Content};
use crate::layout::Anchor;
use crate::reading::text;
use crate::visit::Visit;

pub(super) use showing::editor;

/// Rows of a list in one form: more than a benefit or a programme may have.
const ROWS_MAX: usize = 100;
/// So many rows stand open; of more, each is folded until it is asked for, so that a page of many stays light.
const ROWS_OPEN_MAX: usize = 2;
/// Of more folded rows than these one is chosen from a list.
const ROWS_TOLD_MAX: usize = 10;
/// What is sent of folded rows instead of their fields: the numbers of those that stay as they are.
const KEPT: &str = "kept";

/// By which name a row is asked for that is folded.
pub(super) const ROW: &str = "row";
/// By which name a row is chosen from a list.
const CHOSEN: &str = "chosen";

/// The row that is asked for by what was sent.
pub(super) fn asked_row(visit: &Visit<'_>) -> Option<usize> {
    match visit.form.find(ROW)? {
        CHOSEN => visit.form.find(CHOSEN)?.parse().ok(),
        row => row.parse().ok(),
    }
}

/// The id of the field with which a row of a place begins.
pub(super) fn begin_of_row(kind: &str, place: &str, row: usize) -> Option<String> {
    let rows = Subject::of(kind).find(place)?.rows.as_ref()?;
    let (first, _) = rows.fields.first()?;
    Some(id_of(place, &format!("{}{first}", rows.prefix(row))))
}

/// What the field of a pointer is called on pages.
pub(super) fn called(visit: &Visit<'_>, kind: &str, pointer: &str) -> Option<String> {
    let (place, id) = Subject::of(kind).spot(pointer)?;
    let name = id.strip_prefix(&id_of(place, ""))?;
    let named = name.split('.').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join(".");
    visit.texts.known("place", &named)
}

/// The windows; the first is none.
const WINDOWS: &[&str] = &["", "day", "week", "month", "year", "school_year", "lifetime", "rolling", "from_first"];
/// Where it counts.
const PROVIDERS: &[Named] =
    &[("scope.providers.all", Yes), ("scope.providers.codes", Words), ("scope.providers.tags", Words)];
/// When it counts.
const VALID: &[Named] =
    &[("valid.from", Word), ("valid.until", Word), ("time_zone", Word), ("service_day_start", Word)];

/// A field, under its name in what was spread out.
type Named = (&'static str, Filled);

/// What a draft is of, as it is edited.
pub(super) struct Subject {
    places: &'static [Place],
    spread: fn(&Content) -> Content,
    gathered: fn(Content) -> Content,
    name_of: fn(&str) -> String,
}

const BENEFIT: Subject = Subject {
    places: benefit::PLACES,
    spread: spread::benefit::spread,
    gathered: spread::benefit::gathered,
    name_of: spread::benefit::name_of,
};
const PROGRAMME: Subject = Subject {
    places: loyalty::PROGRAMME,
    spread: spread::programme::spread,
    gathered: spread::programme::gathered,
    name_of: spread::programme::name_of,
};
const CAMPAIGN: Subject = Subject {
    places: loyalty::CAMPAIGN,
    spread: Content::clone,
    gathered: |content| content,
    name_of: |pointer| pointer.trim_start_matches('/').replace('/', "."),
};

/// A place of the sentence with its fields, a condition, and a list.
struct Place {
    name: &'static str,
    fields: &'static [Named],
    asked: Option<Condition>,
    rows: Option<Rows>,
}

/// A list of which each row has the same fields; no row is without the first one.
struct Rows {
    list: &'static str,
    /// What a row is called.
    told: &'static str,
    fields: &'static [Named],
    asked: Option<Condition>,
}

/// A condition: under which name it stands, and with what the names of its boxes begin.
#[derive(Clone, Copy)]
struct Condition {
    name: &'static str,
    root: &'static str,
}

const fn place(name: &'static str, fields: &'static [Named]) -> Place {
    Place { name, fields, asked: None, rows: None }
}

impl Condition {
    /// The same in a row.
    fn root_in(self, row: usize) -> String {
        format!("{}{row}", self.root)
    }
}

/// What is typed: into fields, and into the boxes of conditions.
struct Typed<'t> {
    text: &'t dyn Fn(&str) -> String,
    condition: &'t dyn Fn(&str) -> Result<Option<Value>, Refusal>,
}

impl Typed<'_> {
    /// Puts what is typed into fields, whose names begin in the form with something, where they are in an object.
    fn fill(&self, into: &mut Content, fields: &[Named], prefix: &str) -> Result<(), Wrong> {
        for (name, filled) in fields {
            let whole = format!("{prefix}{name}");
            let value = filled.measured(|by| beside(prefix, by, self.text)).value(&(self.text)(&whole), false);
            let wrong = |_| Wrong::Field { name: whole, told: "places-no-number" };
            spread::put(into, name, value.map_err(wrong)?);
        }
        Ok(())
    }

    fn put_condition(&self, into: &mut Content, asked: Condition, root: &str) -> Result<(), Wrong> {
        spread::put(into, asked.name, (self.condition)(root).map_err(Wrong::InCondition)?);
        Ok(())
    }
}

/// The word by which a field is measured: of its own row, else of the whole place.
fn beside(prefix: &str, by: &str, text: &dyn Fn(&str) -> String) -> String {
    Some(text(&format!("{prefix}{by}"))).filter(|word| !word.is_empty()).unwrap_or_else(|| text(by))
}

/// What is wrong with what is typed.
enum Wrong {
    /// A field, by its name and a message.
    Field { name: String, told: &'static str },
    /// In a condition.
    InCondition(Refusal),
}

impl Rows {
    /// With what the names of a row's fields begin.
    fn prefix(&self, row: usize) -> String {
        format!("{}.{row}.", self.list)
    }

    /// The row of a name, and what is behind it.
    fn row_of<'n>(&self, name: &'n str) -> Option<(usize, &'n str)> {
        let rest = name.strip_prefix(self.list)?.strip_prefix('.')?;
        let (row, field) = rest.split_once('.').unwrap_or((rest, ""));
        Some((row.parse().ok()?, field))
    }

    /// Whether a row is one: something is typed into one of its fields, or asked. What is chosen in it stands in an empty one too.
    fn is_filled(&self, row: usize, typed: &Typed<'_>) -> bool {
        let prefix = self.prefix(row);
        let mut into = self.fields.iter().filter(|(_, filled)| filled.is_typed());
        self.is_kept(row, typed)
            || into.any(|(name, _)| !(typed.text)(&format!("{prefix}{name}")).is_empty())
            || self.asked.is_some_and(|asked| !matches!((typed.condition)(&asked.root_in(row)), Ok(None)))
    }

    /// The name under which it is sent which rows are folded.
    fn kept(&self) -> String {
        format!("{}.{KEPT}", self.list)
    }

    /// Whether a row was sent folded.
    fn is_kept(&self, row: usize, typed: &Typed<'_>) -> bool {
        (typed.text)(&self.kept()).split(',').any(|kept| kept.parse() == Ok(row))
    }

    /// The rows that are typed, and of those before the ones that are kept.
    fn written(&self, typed: &Typed<'_>, before: Option<&Value>) -> Result<Option<Value>, Wrong> {
        let mut rows = Vec::new();
        for row in (0..ROWS_MAX).filter(|row| self.is_filled(*row, typed)) {
            if self.is_kept(row, typed) {
                rows.extend(before.and_then(|rows| rows.get(row)).cloned());
                continue;
            }
            let (prefix, mut one) = (self.prefix(row), Content::new());
            let first = self.fields.first().map(|(name, _)| format!("{prefix}{name}"));
            if let Some(name) = first.filter(|first| (typed.text)(first).is_empty()) {
                return Err(Wrong::Field { name, told: "places-row-begins" });
            }
            typed.fill(&mut one, self.fields, &prefix)?;
            if let Some(asked) = self.asked {
                typed.put_condition(&mut one, asked, &asked.root_in(row))?;
            }
            rows.push(Value::Object(one));
        }
        Ok((!rows.is_empty()).then(|| Value::from(rows)))
    }
}

impl Place {
    /// What stands in a field, by its name.
    fn text(&self, fields: &Content, name: &str) -> String {
        let own = self.fields.iter().find(|(known, _)| *known == name).map(|(_, filled)| (String::new(), *filled));
        let in_row = || {
            let rows = self.rows.as_ref()?;
            let (row, field) = rows.row_of(name)?;
            let (_, filled) = rows.fields.iter().find(|(known, _)| *known == field)?;
            Some((rows.prefix(row), *filled))
        };
        let Some((prefix, filled)) = own.or_else(in_row) else { return String::new() };
        let word = |name: &str| spread::at(fields, name).and_then(Value::as_str).unwrap_or_default().to_owned();
        filled.measured(|by| beside(&prefix, by, &word)).text(spread::at(fields, name))
    }

    /// What is asked, by with what the names of its boxes begin.
    fn condition<'c>(&self, fields: &'c Content, root: &str) -> Option<&'c Value> {
        if let Some(asked) = self.asked.filter(|asked| asked.root == root) {
            return spread::at(fields, asked.name);
        }
        let rows = self.rows.as_ref()?;
        let asked = rows.asked?;
        let row: usize = root.strip_prefix(asked.root)?.parse().ok()?;
        spread::at(fields, &format!("{}{}", rows.prefix(row), asked.name))
    }
}

impl Subject {
    /// By the word for what a draft is of.
    pub(super) fn of(kind: &str) -> &'static Self {
        match kind {
            "program" => &PROGRAMME,
            "campaign" => &CAMPAIGN,
            _ => &BENEFIT,
        }
    }

    fn find(&self, name: &str) -> Option<&'static Place> {
        self.places.iter().find(|place| place.name == name)
    }

    /// What a draft says, with what is typed at a place.
    fn written(&self, place: &Place, content: &Content, typed: &Typed<'_>) -> Result<Content, Wrong> {
        let mut fields = (self.spread)(content);
        typed.fill(&mut fields, place.fields, "")?;
        if let Some(asked) = place.asked {
            typed.put_condition(&mut fields, asked, asked.root)?;
        }
        if let Some(rows) = &place.rows {
            let written = rows.written(typed, spread::at(&fields, rows.list))?;
            spread::put(&mut fields, rows.list, written);
        }
        Ok((self.gathered)(fields))
    }

    /// Whether the fields of a place have room for all that is said there.
    fn has_room(&self, place: &Place, content: &Content) -> bool {
        let fields = (self.spread)(content);
        let text = |name: &str| place.text(&fields, name);
        let condition = |root: &str| Ok(place.condition(&fields, root).cloned());
        let written = self.written(place, content, &Typed { text: &text, condition: &condition });
        written.is_ok_and(|written| bare(Value::Object(written)) == bare(Value::Object(content.clone())))
    }

    /// The place at which what a pointer leads to is said, and the id of its field there; a condition's boxes have their own.
    fn spot(&self, pointer: &str) -> Option<(&'static str, String)> {
        let within = pointer.strip_prefix("/content").filter(|within| within.starts_with('/'))?;
        let name = (self.name_of)(within);
        let asked = |place: &'static Place| Some((place.name, place.box_of(&name)?));
        if let Some(spot) = self.places.iter().find_map(asked) {
            return Some(spot);
        }
        let all = || self.places.iter().flat_map(|place| place.names(&name).map(move |field| (place.name, field)));
        let is_within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        // The field itself or one around it; else the first of what it is about.
        let ends = name.match_indices('.').map(|(end, _)| end).collect::<Vec<_>>();
        let abouts = [name.len()].into_iter().chain(ends.into_iter().rev()).filter_map(|end| name.get(..end));
        let mut about = abouts.filter_map(|about| all().find(|(_, field)| is_within(field, about)));
        let found = all().find(|(_, field)| is_within(&name, field)).or_else(|| about.next());
        found.map(|(place, field)| (place, id_of(place, &field)))
    }

    fn id(&self, pointer: &str) -> Option<String> {
        Some(self.spot(pointer)?.1)
    }

    /// What is wrong with what stands in the field of an id.
    fn fault(&self, visit: &Visit<'_>, id: &str) -> Option<String> {
        let errors = &visit.refusal.as_ref()?.errors;
        errors.iter().find(|(pointer, _)| self.id(pointer).as_deref() == Some(id)).map(|(_, detail)| detail.clone())
    }
}

impl Place {
    /// The names of its fields; of those of a list in the row of a name, else in the first one.
    fn names(&self, name: &str) -> impl Iterator<Item = String> + use<> {
        let own = self.fields.iter().map(|(field, _)| (*field).to_owned());
        let in_rows = self.rows.iter().flat_map(|rows| {
            let prefix = rows.prefix(rows.row_of(name).map_or(0, |(row, _)| row));
            rows.fields.iter().map(move |(field, _)| format!("{prefix}{field}"))
        });
        own.chain(in_rows).collect::<Vec<_>>().into_iter()
    }

    /// The id of the box or field of a condition to which a name leads.
    fn box_of(&self, name: &str) -> Option<String> {
        let within = |asked: Condition, name: &str, root: &str| {
            let rest = name.strip_prefix(asked.name)?;
            let parts = rest.strip_prefix('.').map(|rest| rest.split('.')).into_iter().flatten();
            (rest.is_empty() || rest.starts_with('.')).then(|| conditions::anchor(root, parts))
        };
        let own = self.asked.and_then(|asked| within(asked, name, asked.root));
        own.or_else(|| {
            let rows = self.rows.as_ref()?;
            let (asked, (row, field)) = (rows.asked?, rows.row_of(name)?);
            within(asked, field, &asked.root_in(row))
        })
    }
}

/// Without what says nothing.
fn bare(value: Value) -> Value {
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, bare(value)));
            Value::Object(fields.filter(|(_, value)| says(value)).collect())
        }
        Value::Array(list) => list.into_iter().map(bare).collect(),
        other => other,
    }
}

fn id_of(place: &str, name: &str) -> String {
    format!("set:{place}-{name}")
}

/// Where on the page what a pointer leads to is mended: at its field, else at its place, if no field has room for what stands there.
pub(super) fn anchors(draft: &Value) -> Anchor {
    let (subject, nothing) = (Subject::of(text(draft, "kind")), Content::new());
    let content = draft.get("content").and_then(Value::as_object).unwrap_or(&nothing);
    let full = subject.places.iter().filter(|place| !subject.has_room(place, content));
    let full: Vec<&str> = full.map(|place| place.name).collect();
    Box::new(move |pointer| {
        if let Some(field) = conditions::typed_at(pointer) {
            return Some(field);
        }
        let (place, id) = subject.spot(pointer)?;
        Some(if full.contains(&place) { format!("at-{place}") } else { id })
    })
}

/// Writes what was filled into a place of a draft of a kind.
///
/// # Errors
/// What is no number where one is expected, and a row without what it begins with.
pub(super) fn write(visit: &Visit<'_>, kind: &str, place: &str, content: &mut Content) -> Result<(), Refusal> {
    let subject = Subject::of(kind);
    let Some(place) = subject.find(place) else { return Err(avis_admin::control::Code::NotFound.into()) };
    let condition = |root: &str| conditions::written(visit, root);
    let typed = Typed { text: &|name| visit.form.text(name).to_owned(), condition: &condition };
    let written = subject.written(place, content, &typed).map_err(|wrong| match wrong {
        Wrong::Field { name, told } => Visit::at(&name, &visit.say(told)),
        Wrong::InCondition(refusal) => refusal,
    });
    *content = written?;
    Ok(())
}
