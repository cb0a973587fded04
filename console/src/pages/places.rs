//! The sentence editor: each place of a benefit's sentence opens a small form beneath it. What the sentence can't say stays JSON as it
//! is.

use avis_admin::control::Refusal;
use serde_json::{Map, Value, json};

use super::terminals::words_of;
use crate::formats::{hundredths, of_hundredths};
use crate::reading::{items_of, text, texts, whole};
use crate::sentence::sentence;
use crate::view::{Details, Field, Form, Html, Kind};
use crate::visit::Visit;

type Content = Map<String, Value>;

/// Effects of one number, with the field that has it.
const EFFECTS: [(&str, &str); 4] =
    [("percent", "rate"), ("amount_off", "amount"), ("fixed_price", "amount"), ("price_cap", "amount")];
/// Conditions of one list of words, with the field that has it.
const LISTS: [(&str, &str); 4] =
    [("member_of", "groups"), ("identifier", "schemes"), ("channel", "in"), ("resident_in", "territories")];
const MEASURES: [&str; 3] = ["uses", "units", "discount"];
const SCOPES: [&str; 4] = ["holder", "household", "provider", "benefit"];
const WINDOWS: [&str; 6] = ["day", "week", "month", "year", "school_year", "lifetime"];

/// The sentence of a draft; each place with its form.
pub(super) fn editor(visit: &Visit<'_>, content: &Value, etag: &str) -> Html {
    let places = sentence(visit, content).into_iter().map(|(place, told)| {
        let summary = format!("{}: {told}", visit.word("sentence", place));
        let is_sent = visit.refusal.is_some() && visit.form.find("do") == Some(&*format!("set:{place}"));
        let part = match fields(visit, place, content) {
            Some(fields) => {
                let form = Form::new(format!("set:{place}"), visit.say("draft-save")).hidden("etag", etag).quiet();
                visit.form(fields.into_iter().fold(form, Form::field))
            }
            None => Html::paragraph(visit.say("places-json")),
        };
        Html::of(&Details { summary, parts: vec![part], is_open: is_sent })
    });
    Html::joined(places)
}

fn field(visit: &Visit<'_>, name: &str, value: impl Into<String>) -> Field {
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
        "who" => {
            let conditions = conditions(content)?;
            let list = |(test, name): &(&str, &str)| {
                let found = conditions.iter().find_map(|one| one.get(*test));
                listed(visit, test, &found.map(|how| texts(how, name)).unwrap_or_default())
            };
            LISTS.iter().map(list).collect()
        }
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
        "limits" => limit_fields(visit, content)?,
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

fn limit_fields(visit: &Visit<'_>, content: &Value) -> Option<Vec<Field>> {
    let nothing = json!({});
    let limit = match items_of(content, "limits") {
        [] => &nothing,
        [limit] if limit.as_object()?.keys().all(|key| ["max", "measure", "scope", "window"].contains(&&**key)) => {
            limit
        }
        _ => return None,
    };
    let choice = |words: &[&str], name: fn(&Visit<'_>, &str) -> String| {
        Kind::Choice(words.iter().map(|word| ((*word).to_owned(), name(visit, word))).collect())
    };
    let window = limit.get("window").and_then(Value::as_object).and_then(|window| window.keys().next());
    let window = window.cloned().unwrap_or_else(|| "month".to_owned());
    let measure = if text(limit, "measure").is_empty() { "uses" } else { text(limit, "measure") };
    let max = whole(limit, "max").map(|max| if measure == "discount" { hundredths(max) } else { max.to_string() });
    Some(vec![
        field(visit, "max", max.unwrap_or_default()).hint(visit.say("places-max-hint")),
        field(visit, "measure", measure).kind(choice(&MEASURES, |visit, word| visit.word("measure", word))),
        field(visit, "scope", text(limit, "scope"))
            .kind(choice(&SCOPES, |visit, word| visit.word("limit-scope", word))),
        field(visit, "window", window).kind(choice(&WINDOWS, |visit, word| visit.word("window", word))),
    ])
}

/// The conditions that have all to be met, if each is a list of words and stands once.
fn conditions(content: &Value) -> Option<Vec<Value>> {
    let Some(when) = content.get("when") else { return Some(Vec::new()) };
    let all = match when.get("all") {
        Some(all) => all.as_array()?.clone(),
        None => vec![when.clone()],
    };
    let test = |one: &Value| {
        let fields = one.as_object().filter(|fields| fields.len() == 1)?;
        let (test, how) = fields.iter().next()?;
        let (_, name) = LISTS.iter().find(|(known, _)| known == test)?;
        how.as_object().filter(|how| how.keys().eq([name])).map(|_| test.clone())
    };
    let mut tests: Vec<String> = all.iter().map(test).collect::<Option<_>>()?;
    tests.sort();
    tests.windows(2).all(|pair| matches!(pair, [one, other] if one != other)).then_some(all)
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
        "who" => write_who(visit, content),
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
        "limits" if typed("max").is_empty() => drop(content.remove("limits")),
        "limits" => {
            let measure = typed("measure");
            let max = if measure == "discount" { of_hundredths(typed("max")) } else { typed("max").parse().ok() };
            let max = max.ok_or_else(|| no_number("max"))?;
            let limit =
                json!({"scope": typed("scope"), "measure": measure, "window": {typed("window"): {}}, "max": max});
            content.insert("limits".to_owned(), json!([limit]));
        }
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

fn write_who(visit: &Visit<'_>, content: &mut Content) {
    let filled = LISTS.iter().filter_map(|(test, name)| {
        let words = words_of(visit.form.text(test));
        (!words.is_empty()).then(|| json!({*test: {*name: words}}))
    });
    let mut all: Vec<Value> = filled.collect();
    match all.len() {
        0 => drop(content.remove("when")),
        1 => drop(content.insert("when".to_owned(), all.remove(0))),
        _ => drop(content.insert("when".to_owned(), json!({"all": all}))),
    }
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
    fn a_condition_that_the_form_has_no_room_for_stays_json() {
        let of = |when: Value| conditions(&json!({"when": when})).is_some();
        assert!(of(json!({"all": [{"member_of": {"groups": ["a"]}}, {"channel": {"in": ["app"]}}]})));
        assert!(conditions(&json!({})).is_some());
        assert!(
            !of(json!({"any": [{"member_of": {"groups": ["a"]}}]})) && !of(json!({"not": {"channel": {"in": []}}}))
        );
        assert!(
            !of(json!({"age": {"max": 6}})) && !of(json!({"all": [{"channel": {"in": []}}, {"channel": {"in": []}}]}))
        );
    }
}
