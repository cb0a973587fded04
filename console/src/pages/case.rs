//! Another case of a draft, said by a form: who buys what, when and how. It expects what comes now, which is read before it is saved.

use avis_admin::control::Refusal;
use serde_json::{Map, Value, json};

use super::terminals::words_of;
use super::{Stepped, cases, drafts, finding};
use crate::formats::moment_in;
use crate::reading::{items_of, text, texts};
use crate::view::{Field, Form, Heading, Html, Kind, Ways, link};
use crate::visit::Visit;

/// By which name the address asks for the form, and the id of its heading.
const NEW: &str = "new-case";
/// What the person of a case shows; nobody has such a card.
const SHOWN: &str = "CASE-0001";

/// The form, for a draft of a benefit that is edited.
///
/// # Errors
/// What the control plane refuses.
pub(super) fn form(visit: &Visit<'_>, draft: &Value, etag: &str) -> Result<Html, Refusal> {
    if text(draft, "kind") != "benefit" {
        return Ok(Html::default());
    }
    if visit.query.find(NEW).is_none() && !visit.shows_typed("case") {
        let way = link(format!("?{NEW}=yes#{NEW}"), visit.say("new-case-title"));
        return Ok(Html::of(&Ways { ways: vec![way] }));
    }
    let scope = draft.pointer("/content/scope").unwrap_or(&Value::Null);
    let provider = scope.get("providers").map(|providers| texts(providers, "codes")).unwrap_or_default();
    let first = |words: &[String]| words.first().cloned().unwrap_or_default();
    let field = |name: &str| Field::new(name, visit.word("new-case", name));
    let (product, groups) = (first(&texts(scope, "products")), first_group(draft));
    let form = Form::new("case", visit.say("new-case-do"))
        .field(field("name"))
        .field(field("provider").value(first(&provider)))
        .field(field("groups").hint(visit.say("new-case-groups-hint")).value(groups.join(", ")).optional())
        .field(field("born").kind(Kind::Line("date")).optional())
        .field(finding::schemes(visit)?)
        .field(field("product").value(product))
        .field(field("quantity").value("1"))
        .field(field("price").hint(visit.say("why-not-price-hint")))
        .field(field("channel").value("desk"))
        .field(field("at").kind(Kind::Line("datetime-local")))
        .hidden("etag", etag)
        .quiet();
    let heading = Html::of(&Heading { id: NEW, text: visit.say("new-case-title") });
    Ok(Html::joined([heading, Html::paragraph(visit.say("new-case-lead")), visit.form(form)]))
}

/// The first group for which a condition asks, but for those that must not be.
fn first_group(draft: &Value) -> Vec<String> {
    fn within(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("member_of").map(|member| texts(member, "groups")).unwrap_or_default());
                fields.iter().filter(|(name, _)| *name != "not").for_each(|(_, value)| within(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| within(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    within(draft.pointer("/content/when").unwrap_or(&Value::Null), &mut found);
    found.truncate(1);
    found
}

/// Adds the case that is typed, as it expects what comes now.
pub(super) fn add(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let draft = visit.get(format!("/drafts/{}", visit.parameter("id")))?.body;
    let mut all = items_of(&draft, "cases").to_vec();
    all.push(typed(visit)?);
    let place = format!("/cases/{}", all.len() - 1);
    let expecting = cases::as_they_come(visit, &draft, Value::from(all)).map_err(|refusal| placed(refusal, &place))?;
    drafts::rewrite(visit, &draft, "cases", expecting).map_err(|refusal| placed(refusal, &place))?;
    Ok(Stepped::Go(format!("/drafts/{}?done=case-added#cases-title", visit.parameter("id"))))
}

fn typed(visit: &Visit<'_>) -> Result<Value, Refusal> {
    let typed = |name: &str| visit.form.text(name);
    if typed("name").is_empty() {
        return Err(Visit::at("name", &visit.texts.fault("this field is required")));
    }
    let quantity: i64 = typed("quantity").parse().map_err(|_| Visit::at("quantity", &visit.say("places-no-number")))?;
    let price = visit.of_amount(typed("price")).ok_or_else(|| Visit::at("price", &visit.say("places-no-number")))?;
    let at = moment_in(typed("at"), visit.zone()).ok_or_else(|| Visit::at("at", &visit.say("try-wrong-time")))?;
    let occurred_at = at.display_with_offset(visit.zone().to_offset(at)).to_string();
    let means = json!([{"scheme": typed("scheme"), "value": SHOWN}]);
    let mut holder =
        Map::from_iter([("holder".to_owned(), json!("h-case")), ("identifiers".to_owned(), means.clone())]);
    let entitlements: Vec<Value> =
        words_of(typed("groups")).into_iter().map(|group| json!({"group": group, "from": "2000-01-01"})).collect();
    if !entitlements.is_empty() {
        holder.insert("entitlements".to_owned(), Value::from(entitlements));
    }
    if !typed("born").is_empty() {
        holder.insert("birth_date".to_owned(), json!(typed("born")));
    }
    let request = json!({"occurred_at": occurred_at, "channel": typed("channel"), "currency": visit.currency(), "identifiers": means,
        "lines": [{"line_id": "1", "product": typed("product"), "quantity": quantity, "unit_price": price}]});
    // What it expects is what comes; something has to stand there until then.
    Ok(json!({"name": typed("name"), "provider": typed("provider"), "holder": holder, "requests": [request],
        "expect": [{"outcome": "declined", "payable": 0}]}))
}

/// Faults of the case, at the fields of the form.
fn placed(refusal: Refusal, place: &str) -> Refusal {
    let within = |rest: &str| format!("{place}{rest}");
    let fields = [
        ("/requests/0/lines/0/product", "/product"),
        ("/requests/0/lines/0/quantity", "/quantity"),
        ("/requests/0/lines/0/unit_price", "/price"),
        ("/requests/0/occurred_at", "/at"),
        ("/requests/0/channel", "/channel"),
        ("/requests/0/identifiers", "/scheme"),
        ("/holder/entitlements", "/groups"),
        ("/holder/birth_date", "/born"),
        ("/holder/identifiers", "/scheme"),
        ("/provider", "/provider"),
        ("/name", "/name"),
    ];
    let known: Vec<(String, &str)> = fields.iter().map(|(rest, field)| (within(rest), *field)).collect();
    let known: Vec<(&str, &str)> = known.iter().map(|(at, field)| (&**at, *field)).collect();
    Visit::placed(refusal, &known)
}
