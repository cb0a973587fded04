//! What is done about a finding: accepted or ignored, made a late advice of the sale that the ledger does not have, or disputed in the
//! line of the statement in which its movements stand; and what came of it.

use avis_admin::control::Refusal;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Stepped;
use crate::formats::moment_in;
use crate::reading::{items_of, text, whole};
use crate::view::{Details, Field, Form, Html, Kind, link};
use crate::visit::{IDENTIFIER, Visit};

/// Where what the control plane says of an advice or a dispute is mended in their forms.
const FIELDS: [(&str, &str); 13] = [
    ("/advice/terminal", "/terminal"),
    ("/advice/request/occurred_at", "/at"),
    ("/advice/request/channel", "/channel"),
    ("/advice/request/identifiers", "/value"),
    ("/advice/request/lines/0/product", "/product"),
    ("/advice/request/lines/0/quantity", "/quantity"),
    ("/advice/request/lines", "/price"),
    ("/advice/granted/0/benefit", "/benefit"),
    ("/advice/granted/0/version", "/version"),
    ("/advice/granted", "/amount"),
    ("/dispute/amount", "/more"),
    ("/dispute/", "/"),
    ("/dispute", "/benefit"),
];

/// What can be done about a finding by who visits, where its run counts, and what was done.
pub(super) fn part(visit: &Visit<'_>, finding: &Value, counts: bool) -> Html {
    let may = counts && visit.may("POST", "/reconciliations/{id}/findings/{key}/resolve");
    let forms = if may { forms(visit, finding) } else { Vec::new() };
    Html::joined([done(visit, finding)].into_iter().chain(forms))
}

/// What was done about a finding, by whom, when, why, and what came of it.
fn done(visit: &Visit<'_>, finding: &Value) -> Html {
    let Some(resolution) = finding.get("resolution").filter(|resolution| resolution.is_object()) else {
        return Html::default();
    };
    let action = text(resolution, "action");
    let done = visit.word("finding-did", action);
    let when = visit.when_of(resolution, "at");
    let told = [done.as_str(), text(resolution, "by_name"), when.as_str(), text(resolution, "reason")];
    let told = Html::paragraph(told.into_iter().filter(|told| !told.is_empty()).collect::<Vec<_>>().join(" · "));
    let came = match (action, text(resolution, "authorization"), text(resolution, "statement")) {
        // Why a sale came out so is told to grantors and auditors.
        ("advice", sale, _) if visit.may("GET", "/authorizations/{id}/explain") => {
            link(format!("/sales/{sale}"), visit.say("finding-to-sale"))
        }
        ("advice", sale, _) => Html::paragraph(visit.texts.with("finding-sale", &[("id", sale.into())])),
        ("dispute", _, "") => Html::paragraph(visit.say("finding-dispute-waits")),
        ("dispute", _, statement) => {
            link(format!("/statements/{statement}#disputes"), visit.say("finding-to-statement"))
        }
        _ => Html::default(),
    };
    Html::joined([told, came])
}

fn forms(visit: &Visit<'_>, finding: &Value) -> Vec<Html> {
    let key = text(finding, "key");
    let opening = |said: &str, step: &str, form: Form| {
        let is_open = visit.shows_typed(&format!("{step}:{key}"));
        Html::of(&Details { summary: visit.say(said), parts: vec![visit.form(form)], is_open })
    };
    let (said, actions): (&str, &[&str]) = match text(finding, "status") {
        "resolved" => ("reconciling-reopen", &["reopen"]),
        _ => ("reconciling-resolve", &["accept", "ignore"]),
    };
    let actions = actions.iter().map(|action| ((*action).to_owned(), visit.word("finding-do", action))).collect();
    let form = Form::new(format!("resolve:{key}"), visit.say(said)).quiet();
    let form = form.field(Field::new("action", visit.word("column", "action")).kind(Kind::Choice(actions)));
    let mut all = vec![opening(said, "resolve", form.field(visit.reason().optional()))];
    let row = finding.get("row").unwrap_or(&Value::Null);
    match text(finding, "status") {
        "resolved" => {}
        "missing_here" if text(row, "direction") == "sale" => {
            all.push(opening("finding-advise", "advise", advice_form(visit, key, row)));
        }
        _ if !items_of(finding, "movements").is_empty() => {
            all.push(opening("finding-dispute", "dispute", dispute_form(visit, key, finding)));
        }
        _ => {}
    }
    all
}

/// What of a sale its row does not say.
fn advice_form(visit: &Visit<'_>, key: &str, row: &Value) -> Form {
    let amount = |name: &str| whole(row, name).map(|amount| visit.plain_amount(amount)).unwrap_or_default();
    let named = |name: &str| Field::new(name, visit.word("advice", name));
    let mut form = Form::new(format!("advise:{key}"), visit.say("finding-advise-do")).quiet();
    if text(row, "occurred_at").is_empty() {
        let noon = format!("{}T12:00", text(row, "date"));
        form = form.field(named("at").kind(Kind::Line("datetime-local")).value(noon));
    }
    // A file may number its tills in its own way.
    if text(row, "own_terminal").is_empty() {
        form = form.field(named("terminal"));
    }
    form.field(named("channel").hint(visit.say("terminals-channels-hint")))
        .field(named("scheme").hint(visit.say("advice-scheme-hint")).optional())
        .field(Field::new(IDENTIFIER, visit.word("advice", "value")).optional())
        .field(named("product"))
        .field(named("quantity").kind(Kind::Line("number")).value("1"))
        .field(named("price").value(amount("gross")))
        .field(named("benefit"))
        .field(named("version").kind(Kind::Line("number")).value("1"))
        .field(named("amount").value(amount("discount")))
        .field(visit.reason())
}

fn dispute_form(visit: &Visit<'_>, key: &str, finding: &Value) -> Form {
    let difference = finding.get("difference").and_then(|difference| whole(difference, "discount"));
    let more = Field::new("more", visit.word("dispute", "more"));
    // Without an amount it is what the contract gives of the difference, if there is one.
    let more = match difference {
        Some(_) => more.hint(visit.say("dispute-more-hint")).optional(),
        None => more.hint(visit.say("amount-hint")),
    };
    Form::new(format!("dispute:{key}"), visit.say("finding-dispute-do"))
        .quiet()
        .field(more)
        .field(Field::new("grantor", visit.word("column", "grantor")).hint(visit.say("dispute-one-of")).optional())
        .field(Field::new("benefit", visit.word("column", "benefit")).hint(visit.say("dispute-one-of")).optional())
        .field(
            Field::new("contract", visit.word("dispute", "contract"))
                .kind(Kind::Line("number"))
                .hint(visit.say("dispute-one-of"))
                .optional(),
        )
        .field(visit.reason())
}

fn sent(visit: &Visit<'_>, body: Value) -> Result<Value, Refusal> {
    let (id, key) = (visit.parameter("id"), visit.which());
    let reply = visit.send("POST", format!("/reconciliations/{id}/findings/{key}/resolve"), body);
    Ok(reply.map_err(|refusal| Visit::placed(refusal, &FIELDS))?.body)
}

fn gone(visit: &Visit<'_>, done: &str) -> Stepped {
    Stepped::Go(format!("/reconciling/{}?done={done}", visit.parameter("id")))
}

/// Accepts, ignores, or opens again.
pub(super) fn resolve(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let mut body = json!({"action": visit.form.text("action")});
    if let (false, Some(fields)) = (visit.form.text("reason").is_empty(), body.as_object_mut()) {
        fields.insert("reason".to_owned(), json!(visit.form.text("reason")));
    }
    sent(visit, body)?;
    Ok(gone(visit, "resolved"))
}

/// Records the sale that the ledger does not have.
pub(super) fn advise(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let typed = |name: &str| visit.form.text(name);
    let no_number = |name: &str| Visit::at(name, &visit.say("places-no-number"));
    let amount = |name: &str| visit.of_amount(typed(name)).ok_or_else(|| no_number(name));
    let counted = |name: &str| typed(name).parse::<i64>().map_err(|_| no_number(name));
    let (price, quantity) = (amount("price")?, counted("quantity")?);
    if quantity < 1 || price % quantity != 0 {
        return Err(Visit::at("quantity", &visit.say("advice-does-not-divide")));
    }
    let line =
        json!({"line_id": "1", "product": typed("product"), "quantity": quantity, "unit_price": price / quantity});
    let mut request = json!({"currency": visit.currency(), "channel": typed("channel"), "lines": [line]});
    if let Some(fields) = request.as_object_mut() {
        if !typed(IDENTIFIER).is_empty() {
            fields.insert("identifiers".to_owned(), json!([{"scheme": typed("scheme"), "value": typed(IDENTIFIER)}]));
        }
        if !typed("at").is_empty() {
            fields.insert("occurred_at".to_owned(), json!(moment(visit)?));
        }
    }
    let granted = json!([{"line_id": "1", "benefit": typed("benefit"), "version": counted("version")?,
        "amount": amount("amount")?}]);
    let mut advice = json!({"request": request, "granted": granted});
    if let (false, Some(fields)) = (typed("terminal").is_empty(), advice.as_object_mut()) {
        fields.insert("terminal".to_owned(), json!(typed("terminal")));
    }
    sent(visit, json!({"action": "advice", "reason": typed("reason"), "advice": advice}))?;
    Ok(gone(visit, "advised"))
}

/// A day and a time as a browser sends them, by the clocks of the provider: of the installation where it says none.
fn moment(visit: &Visit<'_>) -> Result<Timestamp, Refusal> {
    let provider = visit.get(format!("/providers/{}", visit.own()))?.body;
    let at = moment_in(visit.form.text("at"), zone_of(&provider).as_ref().unwrap_or(visit.zone()));
    at.ok_or_else(|| Visit::at("at", &visit.say("try-wrong-time")))
}

/// Where a provider counts its days; none where it does not say.
fn zone_of(provider: &Value) -> Option<TimeZone> {
    TimeZone::get(text(provider, "time_zone")).ok()
}

/// Disputes the line in which its movements stand.
pub(super) fn dispute(visit: &Visit<'_>) -> Result<Stepped, Refusal> {
    let typed = |name: &str| visit.form.text(name);
    let mut dispute = serde_json::Map::new();
    if !typed("more").is_empty() {
        let more = visit.of_signed_amount(typed("more"));
        let more = more.ok_or_else(|| Visit::at("more", &visit.say("amount-hint")))?;
        dispute.insert("amount".to_owned(), json!(more));
    }
    let named = ["grantor", "benefit"].into_iter().filter(|name| !typed(name).is_empty());
    dispute.extend(named.map(|name| (name.to_owned(), json!(typed(name)))));
    if !typed("contract").is_empty() {
        let version: Option<i64> = typed("contract").parse().ok();
        let version = version.ok_or_else(|| Visit::at("contract", &visit.say("places-no-number")))?;
        dispute.insert("contract".to_owned(), json!(version));
    }
    let told = sent(visit, json!({"action": "dispute", "reason": typed("reason"), "dispute": dispute}))?;
    let statement = told.get("resolution").map(|resolution| text(resolution, "statement")).unwrap_or_default();
    Ok(gone(visit, if statement.is_empty() { "dispute-waits" } else { "statement-disputes" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_a_sale_is_typed_by_the_clocks_of_the_provider() {
        let new_york = zone_of(&json!({"code": "bus", "time_zone": "America/New_York"})).unwrap();
        let at = moment_in("2026-11-18T12:00", &new_york);
        assert_eq!(at.map(|at| at.to_string()).as_deref(), Some("2026-11-18T17:00:00Z"));
        assert!(zone_of(&json!({"code": "bus"})).is_none(), "those of the installation are taken");
        assert_eq!(moment_in("soon", &new_york), None);
    }
}
