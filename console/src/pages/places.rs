//! The sentence editor: each place of a benefit's sentence opens a small form beneath it. What the sentence can't say stays JSON as it
//! is.

use askama::Template;
use avis_admin::control::Refusal;
use serde_json::{Map, Value, json};

use super::terminals::words_of;
use super::{cases, conditions, limits};
use crate::formats::{hundredths, of_hundredths};
use crate::reading::{items_of, text, texts, whole};
use crate::sentence::sentence;
use crate::view::{Field, Form, Html, Kind};
use crate::visit::Visit;

pub(super) type Content = Map<String, Value>;

/// Effects of one number, with the field that has it.
const EFFECTS: [(&str, &str); 4] =
    [("percent", "rate"), ("amount_off", "amount"), ("fixed_price", "amount"), ("price_cap", "amount")];

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

/// The sentence of a draft; each place with its form.
pub(super) fn editor(visit: &Visit<'_>, content: &Value, etag: &str) -> Html {
    let faults: Vec<&str> = visit.refusal.iter().flat_map(|refusal| &refusal.errors).map(|(at, _)| &**at).collect();
    let places = sentence(visit, content).into_iter().map(|(place, told)| {
        let summary = format!("{}: {told}", visit.word("sentence", place));
        let step = format!("set:{place}");
        let is_sent = visit.shows_typed(&step);
        let form = cases::tried(visit, Form::new(&*step, visit.say("draft-save")).hidden("etag", etag).quiet());
        let part = match (place, fields(visit, place, content)) {
            ("who", _) => {
                let condition = conditions::editor(visit, content.get("when"), is_sent);
                visit.form(form.within(condition))
            }
            (_, Some(fields)) => visit.form(fields.into_iter().fold(form, Form::field)),
            (_, None) => Html::paragraph(visit.say("places-json")),
        };
        let is_chosen = visit.query.find("open") == Some(place);
        let is_open = is_sent || is_chosen || faults.iter().any(|at| place_of(at) == Some(place));
        Html::of(&Opening { place, summary, part, is_open })
    });
    Html::joined(places)
}

/// The place of the sentence in which what a pointer leads to is said.
fn place_of(pointer: &str) -> Option<&'static str> {
    let mut parts = pointer.strip_prefix("/content/")?.split('/');
    Some(match (parts.next()?, parts.next()) {
        ("when", _) => "who",
        ("scope", Some("providers")) => "at",
        ("scope", _) => "on",
        ("valid", _) => "valid",
        ("effect", _) => "gets",
        ("limits", _) => "limits",
        ("funding", _) => "paid-by",
        ("slot", _) => "slot",
        ("priority", _) => "priority",
        _ => return None,
    })
}

/// Where on the page what a pointer leads to is mended: in its box of the condition, else at its place of the sentence.
pub(super) fn anchor(pointer: &str) -> Option<String> {
    let place = place_of(pointer)?;
    let within = pointer.strip_prefix("/content/when");
    Some(match within {
        Some(within) => format!("n-{}", conditions::place_of(within.split('/').skip(1))),
        None => format!("place-{place}"),
    })
}

pub(super) fn field(visit: &Visit<'_>, name: &str, value: impl Into<String>) -> Field {
    Field::new(name, visit.word("place", name)).value(value).optional()
}

fn listed(visit: &Visit<'_>, name: &str, words: &[String]) -> Field {
    field(visit, name, words.join(", ")).hint(visit.say("places-list-hint"))
}

/// What a place asks for; none where it says more than a form has room for.
fn fields(visit: &Visit<'_>, place: &str, content: &Value) -> Option<Vec<Field>> {
    let scope = content.get("scope").unwrap_or(&Value::Null);
    let valid = content.get("valid").unwrap_or(&Value::Null);
    Some(match place {
        "on" => vec![
            listed(visit, "products", &texts(scope, "products")),
            listed(visit, "except_products", &texts(scope, "except_products")),
        ],
        "at" => {
            let providers = scope.get("providers").unwrap_or(&Value::Null);
            vec![listed(visit, "codes", &texts(providers, "codes")), listed(visit, "tags", &texts(providers, "tags"))]
        }
        "valid" => ["from", "until"]
            .map(|name| field(visit, name, text(valid, name)).hint(visit.say("places-day-hint")))
            .into(),
        "gets" => {
            let (kind, number) = effect(content)?;
            let kinds = EFFECTS.map(|(kind, _)| (kind.to_owned(), visit.word("effect-kind", kind)));
            vec![
                field(visit, "effect", kind).kind(Kind::Choice(kinds.into())),
                field(visit, "number", hundredths(number)).hint(visit.say("places-number-hint")),
            ]
        }
        "limits" => limits::fields(visit, content),
        "paid-by" => {
            let funding = items_of(content, "funding")
                .iter()
                .map(|one| format!("{} {}", text(one, "payer"), hundredths(whole(one, "rate").unwrap_or_default())));
            let value = funding.collect::<Vec<_>>().join(", ");
            vec![field(visit, "funding", value).hint(visit.say("places-funding-hint"))]
        }
        "slot" => vec![field(visit, "slot", text(content, "slot"))],
        "priority" => {
            vec![field(visit, "priority", whole(content, "priority").unwrap_or_default().to_string())]
        }
        _ => return None,
    })
}

/// The kind and the number of an effect of one number.
fn effect(content: &Value) -> Option<(String, i64)> {
    let effect = content.get("effect").and_then(Value::as_object).filter(|fields| fields.len() == 1)?;
    let (kind, how) = effect.iter().next()?;
    let (_, name) = EFFECTS.iter().find(|(known, _)| known == kind)?;
    Some((kind.clone(), whole(how, name)?))
}

/// Writes what was filled into a place.
///
/// # Errors
/// What is no number where one is expected.
pub(super) fn write(visit: &Visit<'_>, place: &str, content: &mut Content) -> Result<(), Refusal> {
    let typed = |name: &str| visit.form.text(name);
    let no_number = |name: &str| Visit::at(name, &visit.say("places-no-number"));
    match place {
        "who" => conditions::put(content, conditions::written(visit)?),
        "on" => within(content, "scope", |scope| {
            put_list(scope, "products", typed("products"));
            put_list(scope, "except_products", typed("except_products"));
        }),
        "at" => within(content, "scope", |scope| {
            within(scope, "providers", |providers| {
                put_list(providers, "codes", typed("codes"));
                put_list(providers, "tags", typed("tags"));
            });
        }),
        "valid" => within(content, "valid", |valid| {
            ["from", "until"].into_iter().for_each(|name| put(valid, name, typed(name)));
        }),
        "gets" => {
            let kind = typed("effect").to_owned();
            let Some((kind, name)) = EFFECTS.into_iter().find(|(known, _)| *known == kind) else { return Ok(()) };
            let number = of_hundredths(typed("number")).ok_or_else(|| no_number("number"))?;
            let before = content.get("effect").and_then(|effect| effect.get(kind)).cloned();
            let mut how = before.filter(Value::is_object).unwrap_or_else(|| json!({}));
            if let Some(fields) = how.as_object_mut() {
                fields.insert(name.to_owned(), json!(number));
            }
            content.insert("effect".to_owned(), json!({kind: how}));
        }
        "limits" => limits::write(visit, content)?,
        "paid-by" => write_funding(visit, content)?,
        "slot" => put(content, "slot", typed("slot")),
        "priority" => {
            let priority: i64 = typed("priority").parse().map_err(|_| no_number("priority"))?;
            content.insert("priority".to_owned(), json!(priority));
        }
        _ => {}
    }
    Ok(())
}

fn write_funding(visit: &Visit<'_>, content: &mut Content) -> Result<(), Refusal> {
    let typed = visit.form.text("funding");
    let payer = |one: &str| {
        let (payer, rate) = one.trim().rsplit_once(' ')?;
        Some(json!({"payer": payer.trim(), "rate": of_hundredths(rate)?}))
    };
    // A comma stands between payers here; a rate has a full stop.
    let payers: Option<Vec<Value>> = typed.split(',').filter(|one| !one.trim().is_empty()).map(payer).collect();
    let payers = payers.ok_or_else(|| Visit::at("funding", &visit.say("places-funding-hint")))?;
    if payers.is_empty() {
        content.remove("funding");
    } else {
        content.insert("funding".to_owned(), json!(payers));
    }
    Ok(())
}

/// Changes an object in another one, which is made where it is not there.
fn within(content: &mut Content, name: &str, change: impl FnOnce(&mut Content)) {
    let mut fields = match content.remove(name) {
        Some(Value::Object(fields)) => fields,
        _ => Content::new(),
    };
    change(&mut fields);
    content.insert(name.to_owned(), Value::Object(fields));
}

fn put(fields: &mut Content, name: &str, typed: &str) {
    if typed.is_empty() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), json!(typed));
    }
}

fn put_list(fields: &mut Content, name: &str, typed: &str) {
    let words = words_of(typed);
    if words.is_empty() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), json!(words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_leads_to_its_place() {
        for (pointer, id) in [
            ("/content/effect/percent/rate", Some("place-gets")),
            ("/content/scope/providers/codes/0", Some("place-at")),
            ("/content/scope/products/0", Some("place-on")),
            ("/content/when", Some("n-0")),
            ("/content/when/all/1/any/0/age/max", Some("n-0.1.0")),
            ("/content/when/not/channel/in", Some("n-0.0")),
            ("/content/rounding", None),
            ("/cases/0", None),
        ] {
            assert_eq!(anchor(pointer).as_deref(), id, "{pointer}");
        }
    }
}
