//! Whether an answer is right: equal to the core's own where no usage counts, and sound to the cent everywhere.

use avis_core::loyalty::Settlement;
use avis_core::{DecidedLine, Decision, DecisionAnswer, Plan, Request, Totals};
use serde_json::Value;

/// The fields that a decision decides.
const DECIDED: [&str; 6] = ["outcome", "gross", "discount", "payable", "reasons", "main_reason"];
/// And what points make of it, which follows from its lines and from what its accounts had.
const SETTLED: [&str; 5] = ["tender", "due", "coupons", "loyalty", "lines"];

/// Checks a decision as it was answered; tells whether the core's own was compared.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn decision(plan: &Plan, answer: &Value) -> Result<bool, String> {
    sound(plan.request(), answer)?;
    let (decision, settlement) = own(plan, answer)?;
    let own = DecisionAnswer::new(&decision, settlement.as_ref());
    let own = serde_json::to_value(&own).map_err(|error| error.to_string())?;
    let is_known = plan.needs().is_empty();
    let compared = SETTLED.into_iter().chain(DECIDED.into_iter().filter(|_| is_known));
    match compared.into_iter().find(|field| own[*field] != answer[*field]) {
        Some(field) => Err(format!("`{field}`: the core says {}, the answer {}", own[field], answer[field])),
        None => Ok(is_known),
    }
}

/// The core's own decision, and what points make of it; with the lines as they were answered where usage may have made them other
/// than ours.
///
/// # Errors
/// Lines that are none.
pub(crate) fn own(plan: &Plan, answer: &Value) -> Result<(Decision, Option<Settlement>), String> {
    let usage = plan.usage(|_| Totals::default());
    if plan.needs().is_empty() {
        return Ok(plan.decide_loyal(&usage));
    }
    let mut decision = plan.decide(&usage);
    let lines = list(answer, "lines")?;
    equal("the number of lines", lines.len(), plan.request().lines.len())?;
    let read = |line: &Value| serde_json::from_value::<DecidedLine>(line.clone());
    decision.lines = lines.iter().map(read).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    let settlement = plan.settle_points(&mut decision);
    Ok((decision, settlement))
}

/// Whether an answer belongs to its request and adds up: on each line, for each payer, and in all.
fn sound(request: &Request, answer: &Value) -> Result<(), String> {
    equal("request_id", &answer["request_id"], &Value::from(request.request_id.to_string()))?;
    let lines = list(answer, "lines")?;
    equal("the number of lines", lines.len(), request.lines.len())?;
    let (mut gross, mut payable) = (0, 0);
    for (asked, line) in request.lines.iter().zip(lines) {
        equal("line_id", &line["line_id"], &Value::from(&*asked.line_id))?;
        equal("gross of a line", amount(line, "gross")?, asked.gross())?;
        let mut given = 0;
        for discount in list(line, "discounts")? {
            let units = amount(discount, "units")?;
            if !(0..=asked.quantity).contains(&units) {
                return Err(format!("a discount on {units} of {} units", asked.quantity));
            }
            let funding = list(discount, "funding")?.iter().map(|entry| amount(entry, "amount"));
            equal("funding of a discount", funding.sum::<Result<i64, _>>()?, amount(discount, "amount")?)?;
            given += amount(discount, "amount")?;
        }
        equal("payable + discounts of a line", amount(line, "payable")? + given, amount(line, "gross")?)?;
        if !line["due"].is_null() {
            let tenders = list(line, "tender")?.iter().map(|tender| amount(tender, "amount"));
            let paid = amount(line, "due")? + tenders.sum::<Result<i64, _>>()?;
            equal("due + tenders of a line", paid, amount(line, "payable")?)?;
        }
        gross += amount(line, "gross")?;
        payable += amount(line, "payable")?;
    }
    equal("gross", amount(answer, "gross")?, gross)?;
    equal("payable", amount(answer, "payable")?, payable)?;
    let discount = amount(answer, "discount")?;
    equal("discount + payable", discount + payable, gross)?;
    match (answer["outcome"].as_str(), discount) {
        (Some("declined"), 0) | (Some("approved"), _) => Ok(()),
        (Some("partially_approved"), 1..) => Ok(()),
        _ => Err(format!("outcome {} with a discount of {discount}", answer["outcome"])),
    }
}

/// A list in an answer.
pub(crate) fn list<'a>(value: &'a Value, field: &str) -> Result<&'a [Value], String> {
    value[field].as_array().map(Vec::as_slice).ok_or_else(|| format!("`{field}` is no list"))
}

/// An amount or a count in an answer: whole, and never negative.
pub(crate) fn amount(value: &Value, field: &str) -> Result<i64, String> {
    let found = value[field].as_i64().filter(|amount| *amount >= 0);
    found.ok_or_else(|| format!("`{field}` is {}, expected a whole number of zero or more", value[field]))
}

/// Whether two are equal; what came stands first.
#[allow(clippy::needless_pass_by_value, reason = "most callers have a value that nobody else needs")]
pub(crate) fn equal<T: PartialEq + std::fmt::Debug>(what: &str, came: T, expected: T) -> Result<(), String> {
    if came == expected { Ok(()) } else { Err(format!("{what}: expected {expected:?}, came {came:?}")) }
}

/// An operation without what a reversal lists as counting again beyond a limit: others used it up meanwhile, which the core
/// alone can't know. The provider is liable for every cent of it.
///
/// # Errors
/// An entry that is told otherwise, or in another operation.
pub(crate) fn without_over_grants(operation: &Value) -> Result<Value, String> {
    let mut operation = operation.clone();
    let listed = operation.as_object_mut().and_then(|fields| fields.remove("over_granted"));
    for over in listed.iter().flat_map(|listed| listed.as_array().into_iter().flatten()) {
        equal("the kind of what lists over-grants", operation["kind"].as_str(), Some("reversal"))?;
        equal("what the grantor is liable for", over["grantor"].as_i64(), Some(0))?;
        if over["provider"].as_i64().is_none_or(|provider| provider <= 0) {
            return Err(format!("expected the provider to be liable, came {over}"));
        }
    }
    Ok(operation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use avis_core::{Catalogue, Person, RuleSet, plan};
    use serde_json::json;

    fn planned(limits: &Value) -> Box<Plan> {
        let catalogue = json!({
            "currency": "EUR", "slots": [{"name": "fare", "policy": "best", "priority": 100}],
            "providers": [{"code": "bus"}],
            "benefits": [{
                "code": "half", "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"}, "valid": {},
                "priority": 1, "slot": "fare", "scope": {"providers": {"codes": ["bus"]}, "products": ["ticket"]},
                "effect": {"percent": {"rate": 5000}}, "limits": limits,
            }],
        });
        let rules = RuleSet::compile(&Catalogue::from_value(&catalogue).unwrap());
        let request = Request::from_value(&json!({
            "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "occurred_at": "2026-11-18T08:12:00Z",
            "currency": "EUR", "lines": [{"line_id": "1", "product": "ticket", "quantity": 2, "unit_price": 715}],
        }));
        plan(Arc::new(rules), "bus", Person::default(), request.unwrap()).unwrap()
    }

    fn answered(plan: &Plan, change: impl FnOnce(&mut Value)) -> Result<bool, String> {
        let mut answer = serde_json::to_value(plan.decide(&plan.usage(|_| Totals::default()))).unwrap();
        answer["request_id"] = json!(plan.request().request_id.to_string());
        change(&mut answer);
        decision(plan, &answer)
    }

    /// A cent that moved from the discount to what is payable, everywhere where it stands: it still adds up.
    fn a_cent_moved(answer: &mut Value) {
        let less = |amount: &mut Value| *amount = json!(amount.as_i64().unwrap() - 1);
        let more = |amount: &mut Value| *amount = json!(amount.as_i64().unwrap() + 1);
        more(&mut answer["payable"]);
        less(&mut answer["discount"]);
        let line = &mut answer["lines"][0];
        more(&mut line["payable"]);
        less(&mut line["discounts"][0]["amount"]);
        less(&mut line["discounts"][0]["funding"][0]["amount"]);
    }

    #[test]
    fn a_right_answer_is_right() {
        assert_eq!(answered(&planned(&json!([])), |_| {}), Ok(true));
    }

    #[test]
    fn a_wrong_cent_is_found_though_it_adds_up() {
        let found = answered(&planned(&json!([])), a_cent_moved).unwrap_err();
        assert!(found.contains("714") && found.contains("715"), "{found}");
    }

    #[test]
    fn with_a_limit_only_the_sums_are_held() {
        let limited = planned(&json!([{"scope": "benefit", "measure": "units", "window": {"day": {}}, "max": 9}]));
        assert_eq!(answered(&limited, |_| {}), Ok(false));
        assert_eq!(answered(&limited, a_cent_moved), Ok(false));
    }

    #[test]
    fn what_points_pay_of_a_line_adds_up() {
        let limited = planned(&json!([{"scope": "benefit", "measure": "units", "window": {"day": {}}, "max": 9}]));
        let paid = |due: i64| {
            answered(&limited, |answer| {
                answer["lines"][0]["due"] = json!(due);
                answer["lines"][0]["tender"] = json!([{"program": "p", "amount": 15, "payer": "shop"}]);
            })
        };
        assert!(paid(701).unwrap_err().contains("due + tenders"));
        // Nobody here is in a programme.
        assert!(paid(700).unwrap_err().contains("the core says"));
    }

    #[test]
    fn what_does_not_add_up_is_found_everywhere() {
        let limited = planned(&json!([{"scope": "benefit", "measure": "units", "window": {"day": {}}, "max": 9}]));
        for (pointer, wrong) in [
            ("/payable", json!(716)),
            ("/discount", json!(-715)),
            ("/lines/0/payable", json!(714)),
            ("/lines/0/gross", json!(1431)),
            ("/lines/0/line_id", json!("2")),
            ("/lines/0/discounts/0/amount", json!(716)),
            ("/lines/0/discounts/0/units", json!(3)),
            ("/lines/0/discounts/0/funding/0/amount", json!(714)),
            ("/outcome", json!("declined")),
            ("/request_id", json!("0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a12")),
            ("/lines", json!([])),
        ] {
            let came = answered(&limited, |answer| *answer.pointer_mut(pointer).unwrap() = wrong);
            assert!(came.is_err(), "{pointer}");
        }
    }
}
