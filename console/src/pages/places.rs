//! The sentence editor: each place of a benefit's sentence opens its fields beneath it. What they have no room for stays JSON as it is.

use askama::Template;
use avis_admin::control::Refusal;
use serde_json::Value;

use super::filled::Filled::{self, Hundredths, Maybe, Measured, OneOf, Whole, Word, Words, Yes};
use super::spread::{self, Content};
use super::{cases, conditions};
use crate::layout::Anchor;
use crate::sentence::sentence;
use crate::view::{Field, Form, Html};
use crate::visit::Visit;

/// Rows of a list in one form: more than a benefit may have.
const ROWS_MAX: usize = 100;

/// The windows; the first is none.
const WINDOWS: &[&str] = &["", "day", "week", "month", "year", "school_year", "lifetime", "rolling", "from_first"];
const EFFECTS: Filled = OneOf("effect-kind", &["percent", "amount_off", "fixed_price", "price_cap", "spend_cap"]);
const MODES: Filled = OneOf("rounding-mode", &["", "half_up", "half_even", "down", "up"]);

/// A place of the sentence with its fields, each under its name in the benefit that was spread out.
struct Place {
    name: &'static str,
    /// The list of which each row has the fields; no row is without the first one.
    rows: Option<&'static str>,
    fields: &'static [(&'static str, Filled)],
}

const fn place(name: &'static str, fields: &'static [(&'static str, Filled)]) -> Place {
    Place { name, rows: None, fields }
}

/// Every place but the condition, which has boxes.
const PLACES: &[Place] = &[
    place("named", &[("name.lv", Word), ("name.en", Word), ("public_name.lv", Word), ("public_name.en", Word)]),
    place("covers", &[("covers.holder", Maybe), ("covers.companions", Whole)]),
    place("on", &[("scope.products", Words), ("scope.except_products", Words)]),
    place("at", &[("scope.providers.all", Yes), ("scope.providers.codes", Words), ("scope.providers.tags", Words)]),
    place("valid", &[("valid.from", Word), ("valid.until", Word), ("time_zone", Word), ("service_day_start", Word)]),
    place(
        "gets",
        &[
            ("effect.kind", EFFECTS),
            ("effect.number", Hundredths),
            ("effect.per", OneOf("per", &["", "unit", "line", "basket"])),
            ("effect.window", OneOf("window", WINDOWS)),
            ("effect.length", Whole),
            ("base", OneOf("base", &["", "remaining", "gross"])),
        ],
    ),
    place(
        "rounding",
        &[
            ("rounding.on", OneOf("rounding-on", &["", "discount", "price"])),
            ("rounding.per", OneOf("per", &["", "line", "unit"])),
            ("rounding.increment", Hundredths),
            ("rounding.mode", MODES),
        ],
    ),
    place(
        "bounds",
        &[
            ("max_discount.per_line", Hundredths),
            ("max_discount.per_authorization", Hundredths),
            ("min_price", Hundredths),
        ],
    ),
    place(
        "units",
        &[
            ("pick.every", Whole),
            ("pick.skip", Whole),
            ("pick.take", Whole),
            ("choose.order", OneOf("order", &["", "request", "cheapest", "dearest"])),
            ("choose.every.of", Whole),
            ("choose.every.units", Whole),
            ("choose.every.products", Words),
            ("choose.every.except_products", Words),
        ],
    ),
    place(
        "only",
        &[
            ("only_untouched", Yes),
            ("at_least.amount", Hundredths),
            ("at_least.lines", OneOf("condition-word", &["", "in_scope", "all"])),
        ],
    ),
    Place {
        name: "limits",
        rows: Some("limits"),
        fields: &[
            ("max", Measured),
            ("measure", OneOf("measure", &["uses", "units", "discount"])),
            ("scope", OneOf("limit-scope", &["holder", "household", "provider", "benefit"])),
            ("window", OneOf("window", WINDOWS.split_at(1).1)),
            ("length", Whole),
            ("carry_over.until", Word),
            ("on_exhausted", OneOf("exhausted", &["", "decline", "unfunded"])),
        ],
    },
    Place { name: "paid-by", rows: Some("funding"), fields: &[("payer", Word), ("rate", Hundredths)] },
    place("offline", &[("offline.allow.max_discount", Hundredths), ("offline.allow.max_uses", Whole)]),
    place(
        "points",
        &[
            ("costs.program", Word),
            ("costs.points", Whole),
            ("costs.per", OneOf("per", &["", "unit", "use"])),
            ("costs.automatic", Yes),
        ],
    ),
    place("slot", &[("slot", Word)]),
    place("priority", &[("priority", Whole)]),
];

impl Place {
    fn find(name: &str) -> Option<&'static Self> {
        PLACES.iter().find(|place| place.name == name)
    }

    /// With what the names of its fields begin.
    fn prefix(&self, row: usize) -> String {
        self.rows.map(|list| format!("{list}.{row}.")).unwrap_or_default()
    }

    /// The benefit with what is typed into its fields.
    ///
    /// # Errors
    /// A field that is no number, or that is empty in a row that says something.
    fn written(&self, content: &Content, typed: &Typed<'_>) -> Result<Content, Wrong> {
        let mut fields = spread::spread(content);
        match self.rows {
            None => self.fill(&mut fields, 0, typed)?,
            Some(list) => {
                let mut rows = Vec::new();
                for row in (0..ROWS_MAX).filter(|row| self.is_filled(*row, typed)) {
                    self.check_begins(row, typed)?;
                    let mut one = Content::new();
                    self.fill(&mut one, row, typed)?;
                    rows.push(Value::Object(one));
                }
                spread::put(&mut fields, list, (!rows.is_empty()).then(|| Value::from(rows)));
            }
        }
        Ok(spread::gathered(fields))
    }

    /// Whether a row is one: something is typed into one of its fields. What is chosen in it stands in an empty one too.
    fn is_filled(&self, row: usize, typed: &Typed<'_>) -> bool {
        let prefix = self.prefix(row);
        let mut into = self.fields.iter().filter(|(_, filled)| filled.is_typed());
        into.any(|(name, _)| !typed(&format!("{prefix}{name}")).is_empty())
    }

    fn check_begins(&self, row: usize, typed: &Typed<'_>) -> Result<(), Wrong> {
        let first = self.fields.first().map(|(name, _)| format!("{}{name}", self.prefix(row)));
        match first.filter(|first| typed(first).is_empty()) {
            Some(field) => Err(Wrong { field, told: "places-row-begins" }),
            None => Ok(()),
        }
    }

    fn fill(&self, fields: &mut Content, row: usize, typed: &Typed<'_>) -> Result<(), Wrong> {
        let prefix = self.prefix(row);
        let measure = typed(&format!("{prefix}measure"));
        for (name, filled) in self.fields {
            let whole = format!("{prefix}{name}");
            let value = filled.measured(&measure).value(&typed(&whole), false);
            spread::put(fields, name, value.map_err(|_| Wrong { field: whole, told: "places-no-number" })?);
        }
        Ok(())
    }

    /// What stands in its fields, by their names.
    fn texts(&self, content: &Content) -> Vec<(String, String)> {
        let fields = spread::spread(content);
        let rows = self.rows.map_or(1, |list| rows_of(&fields, list));
        let row = |row: usize| {
            let prefix = self.prefix(row);
            let measure = spread::at(&fields, &format!("{prefix}measure")).and_then(Value::as_str).unwrap_or_default();
            let text = |(name, filled): &(&str, Filled)| {
                let whole = format!("{prefix}{name}");
                let text = filled.measured(measure).text(spread::at(&fields, &whole));
                (whole, text)
            };
            self.fields.iter().map(text).collect::<Vec<_>>()
        };
        (0..rows).flat_map(row).collect()
    }

    /// Whether its fields have room for all that the benefit says there.
    fn has_room(&self, content: &Content) -> bool {
        let texts = self.texts(content);
        let typed = |name: &str| texts.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone());
        let written = self.written(content, &|name| typed(name).unwrap_or_default());
        written.is_ok_and(|written| bare(Value::Object(written)) == bare(Value::Object(content.clone())))
    }
}

/// What is wrong with what is typed, by its message, and the name of the field.
struct Wrong {
    field: String,
    told: &'static str,
}

/// What is typed into a field.
type Typed<'t> = dyn Fn(&str) -> String + 't;

fn rows_of(fields: &Content, list: &str) -> usize {
    fields.get(list).and_then(Value::as_array).map_or(0, Vec::len)
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

/// The sentence of a draft; each place with its form.
pub(super) fn editor(visit: &Visit<'_>, content: &Value, etag: &str) -> Html {
    let nothing = Content::new();
    let fields = content.as_object().unwrap_or(&nothing);
    let faults: Vec<&str> = visit.refusal.iter().flat_map(|refusal| &refusal.errors).map(|(at, _)| &**at).collect();
    let places = sentence(visit, content).into_iter().map(|(place, told)| {
        let summary = format!("{}: {told}", visit.word("sentence", place));
        let step = format!("set:{place}");
        let is_sent = visit.shows_typed(&step);
        let form = cases::tried(visit, Form::new(&*step, visit.say("draft-save")).hidden("etag", etag).quiet());
        let part = match Place::find(place) {
            None => visit.form(form.within(conditions::editor(visit, content.get("when"), is_sent))),
            Some(known) if known.has_room(fields) => visit.form(form.within(filled_in(visit, known, fields, is_sent))),
            Some(_) => Html::paragraph(visit.say("places-json")),
        };
        let is_chosen = visit.query.find("open") == Some(place);
        let is_open = is_sent || is_chosen || faults.iter().any(|at| place_of(at).is_some_and(|(of, _)| of == place));
        Html::of(&Opening { place, summary, part, is_open })
    });
    Html::joined(places)
}

/// The fields of a place, in rows where it is a list of them, with another row behind them.
fn filled_in(visit: &Visit<'_>, place: &Place, content: &Content, is_sent: bool) -> Html {
    let typed = |name: &str| visit.form.text(name).to_owned();
    let texts = place.texts(content);
    let text = |name: &str| match texts.iter().find(|(known, _)| known == name) {
        _ if is_sent => typed(name),
        Some((_, text)) => text.clone(),
        None => String::new(),
    };
    let fields = |row: usize| {
        let prefix = place.prefix(row);
        let field = |(name, filled): &(&'static str, Filled)| {
            field(visit, place, &prefix, name, *filled, &text(&format!("{prefix}{name}")), is_sent)
        };
        place.fields.iter().map(field).collect::<Vec<_>>()
    };
    let Some(list) = place.rows else { return Html::joined(fields(0)) };
    let there = if is_sent {
        (0..ROWS_MAX).rfind(|row| place.is_filled(*row, &typed)).map_or(0, |last| last + 1)
    } else {
        rows_of(content, list)
    };
    let rows = (0..=there).map(|row| {
        let number = i64::try_from(row + 1).unwrap_or(i64::MAX);
        let named = if list == "limits" { "places-limit" } else { "places-payer" };
        Html::of(&Row { legend: visit.texts.with(named, &[("n", number.into())]), fields: fields(row) })
    });
    Html::joined(rows)
}

fn field(
    visit: &Visit<'_>,
    place: &Place,
    prefix: &str,
    name: &'static str,
    filled: Filled,
    text: &str,
    is_sent: bool,
) -> Html {
    let whole = format!("{prefix}{name}");
    let named = place.rows.map_or_else(|| name.to_owned(), |list| format!("{list}.{name}"));
    let id = id_of(place.name, &whole);
    let hint = visit.texts.known("place-hint", &named).unwrap_or_default();
    let mut field = Field::new(whole.clone(), visit.word("place", &named)).value(text).hint(hint).optional();
    field = field.kind(filled.kind(visit, text));
    field.fault = fault(visit, &id).or_else(|| visit.fault(&whole).filter(|_| is_sent));
    field.html(&id)
}

fn id_of(place: &str, name: &str) -> String {
    format!("set:{place}-{name}")
}

/// What is wrong with what stands in the field of an id.
pub(super) fn fault(visit: &Visit<'_>, id: &str) -> Option<String> {
    let errors = &visit.refusal.as_ref()?.errors;
    errors.iter().find(|(pointer, _)| field_of(pointer).as_deref() == Some(id)).map(|(_, detail)| detail.clone())
}

/// The place in which what a pointer leads to is said, and the name of its field there; the condition's names its own.
fn place_of(pointer: &str) -> Option<(&'static str, String)> {
    let within = pointer.strip_prefix("/content").filter(|within| within.starts_with('/'))?;
    if within.split('/').nth(1) == Some("when") {
        return Some(("who", conditions::anchor(within.split('/').skip(2))));
    }
    let name = spread::name_of(within);
    let row = |place: &Place| name.strip_prefix(place.rows?)?.strip_prefix('.')?.split('.').next()?.parse().ok();
    let all = || {
        PLACES.iter().flat_map(|place| {
            let prefix = place.prefix(row(place).unwrap_or_default());
            place.fields.iter().map(move |(field, _)| (place.name, format!("{prefix}{field}")))
        })
    };
    let is_within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    // The field itself or one around it; else the first of what it is about.
    let ends = name.match_indices('.').map(|(end, _)| end).collect::<Vec<_>>();
    let abouts = [name.len()].into_iter().chain(ends.into_iter().rev()).filter_map(|end| name.get(..end));
    let mut about = abouts.filter_map(|about| all().find(|(_, field)| is_within(field, about)));
    all().find(|(_, field)| is_within(&name, field)).or_else(|| about.next())
}

/// The id of the field in which what a pointer leads to is mended.
fn field_of(pointer: &str) -> Option<String> {
    let (place, name) = place_of(pointer)?;
    Some(if place == "who" { name } else { id_of(place, &name) })
}

/// Where on the page what a pointer leads to is mended: at its field, else at its place, if no field has room for what stands there.
pub(super) fn anchors(content: &Value) -> Anchor {
    let nothing = Content::new();
    let content = content.as_object().unwrap_or(&nothing);
    let full: Vec<&str> = PLACES.iter().filter(|place| !place.has_room(content)).map(|place| place.name).collect();
    Box::new(move |pointer| {
        if let Some(field) = conditions::typed_at(pointer) {
            return Some(field);
        }
        let (place, _) = place_of(pointer)?;
        if full.contains(&place) { Some(format!("place-{place}")) } else { field_of(pointer) }
    })
}

/// Writes what was filled into a place.
///
/// # Errors
/// What is no number where one is expected, and a row without what it begins with.
pub(super) fn write(visit: &Visit<'_>, place: &str, content: &mut Content) -> Result<(), Refusal> {
    let Some(place) = Place::find(place) else {
        conditions::put(content, conditions::written(visit)?);
        return Ok(());
    };
    let written = place.written(content, &|name| visit.form.text(name).to_owned());
    *content = written.map_err(|wrong| Visit::at(&wrong.field, &visit.say(wrong.told)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::items_of;

    #[test]
    fn every_benefit_of_the_demo_is_written_back_as_it_was_in_every_place() {
        let demo: Value = serde_json::from_str(include_str!("../../../demo/catalogue.json")).unwrap();
        let benefits = items_of(&demo, "benefits");
        assert!(benefits.len() > 50);
        for benefit in benefits.iter().filter_map(Value::as_object) {
            for place in PLACES {
                assert!(place.has_room(benefit), "{} of {:?}", place.name, benefit["code"]);
            }
        }
    }

    /// Pointers of all that a schema has room for beneath a pointer.
    fn pointers(schema: &Value, at: &str, all: &mut Vec<String>) {
        let fields = schema.get("properties").and_then(Value::as_object);
        for (name, field) in fields.into_iter().flatten() {
            pointers(field, &format!("{at}/{name}"), all);
        }
        for choice in ["oneOf", "anyOf"].iter().flat_map(|name| items_of(schema, name)) {
            pointers(choice, at, all);
        }
        if let Some(item) = schema.get("items") {
            pointers(item, &format!("{at}/0"), all);
        }
        all.push(at.to_owned());
    }

    #[test]
    fn every_field_of_a_benefit_has_its_own_in_a_place() {
        let schema: Value = serde_json::from_str(include_str!("../../../schema/catalogue.schema.json")).unwrap();
        let mut all = Vec::new();
        pointers(schema.pointer("/properties/benefits/items").unwrap(), "", &mut all);
        assert!(all.len() > 60, "{all:?}");
        // What is not of a draft: whose it is, its number, and in which times it is stopped.
        let others = ["/code", "/version", "/grantor", "/suspensions", "/when"];
        for pointer in
            all.iter().filter(|pointer| !pointer.is_empty() && !others.iter().any(|other| pointer.starts_with(other)))
        {
            let name = spread::name_of(pointer);
            let (_, field) = place_of(&format!("/content{pointer}")).unwrap_or_else(|| panic!("{pointer}"));
            assert!(field.starts_with(&name) || name.starts_with(&field), "{pointer}: {field}");
        }
    }

    #[test]
    fn what_no_field_has_room_for_is_told() {
        for (place, content) in [
            ("gets", serde_json::json!({"effect": "half"})),
            ("gets", serde_json::json!({"effect": {"percent": 5, "more": 2}})),
            ("gets", serde_json::json!({"effect": {"percent": {"rate": 1, "per": "unit"}}})),
            ("limits", serde_json::json!({"limits": [{"max": 1, "window": {"month": {"x": 1}}}]})),
            ("slot", serde_json::json!({"slot": 5})),
        ] {
            assert!(!Place::find(place).unwrap().has_room(content.as_object().unwrap()), "{content}");
        }
    }

    #[test]
    fn a_fault_leads_to_its_field() {
        for (pointer, id) in [
            ("/content/effect/percent/rate", Some("set:gets-effect.number")),
            ("/content/effect", Some("set:gets-effect.kind")),
            ("/content/effect/spend_cap/window/rolling/days", Some("set:gets-effect.length")),
            ("/content/scope/providers/codes/0", Some("set:at-scope.providers.codes")),
            ("/content/scope/providers", Some("set:at-scope.providers.all")),
            ("/content/scope/products/0", Some("set:on-scope.products")),
            ("/content/rounding", Some("set:rounding-rounding.on")),
            ("/content/rounding/odd", Some("set:rounding-rounding.on")),
            ("/content/limits/2/window/fortnight", Some("set:limits-limits.2.window")),
            ("/content/limits/2/carry_over", Some("set:limits-limits.2.carry_over.until")),
            ("/content/funding", Some("set:paid-by-funding.0.payer")),
            ("/content/costs/points", Some("set:points-costs.points")),
            ("/content/when", Some("n-0")),
            ("/content/when/all/1/any/0/age/max", Some("n-0.1.0-max")),
            ("/content/when/all/1/any/0/age", Some("n-0.1.0")),
            ("/content/when/not/channel/in", Some("n-0.0-in")),
            ("/content/nothing", None),
            ("/cases/0", None),
        ] {
            assert_eq!(field_of(pointer).as_deref(), id, "{pointer}");
        }
    }
}
