//! What cases say in words: what was expected and what came, and what differs between two of them. No field is told as JSON.

use avis_core::Reason;
use serde_json::Value;

use crate::reading::text;
use crate::visit::Visit;

/// Fields whose numbers are amounts.
const AMOUNTS: [&str; 8] = ["amount", "discount", "due", "gross", "payable", "price", "tender", "unit_price"];
/// Fields that say why.
const REASONS: [&str; 3] = ["main_reason", "reason", "reasons"];
/// Fields that are days or moments.
const TIMES: [&str; 6] = ["birth_date", "from", "occurred_at", "since", "until", "valid_until"];

/// What is expected otherwise than it comes, as a case that ran tells it: by its pointer, both values, and what is told in English.
pub(crate) fn fault(visit: &Visit<'_>, fault: &Value) -> String {
    let pointer = text(fault, "pointer");
    match fault.get("expected").filter(|expected| !expected.is_null()) {
        Some(expected) => differs(visit, pointer, expected, fault.get("came").filter(|came| !came.is_null())),
        None => at(visit, pointer, &visit.texts.fault(text(fault, "detail"))),
    }
}

/// What was told of a case in English (`fails: expected 357, got 286`), in words; none of another text.
pub(crate) fn refused(visit: &Visit<'_>, pointer: &str, detail: &str) -> Option<String> {
    let (_, within) = pointer.strip_prefix("/cases/")?.split_once('/')?;
    let pointer = format!("/{within}");
    let told = detail.strip_prefix("fails: ")?;
    let both = told.strip_prefix("expected ").and_then(|told| {
        let mut values = serde_json::Deserializer::from_str(told).into_iter::<Value>();
        let expected = values.next()?.ok()?;
        let came = told.get(values.byte_offset()..)?.strip_prefix(", got ")?;
        Some((expected, serde_json::from_str(came).ok()))
    });
    Some(match both {
        Some((expected, came)) => differs(visit, &pointer, &expected, came.as_ref()),
        None => at(visit, &pointer, &visit.texts.fault(told)),
    })
}

fn differs(visit: &Visit<'_>, pointer: &str, expected: &Value, came: Option<&Value>) -> String {
    let field = last(pointer);
    let nothing = || visit.say("case-nothing");
    let (wanted, came) = (value(visit, field, expected), came.map_or_else(nothing, |came| value(visit, field, came)));
    let both = visit.texts.with("case-differs", &[("wanted", (&*wanted).into()), ("came", (&*came).into())]);
    at(visit, pointer, &both)
}

fn at(visit: &Visit<'_>, pointer: &str, told: &str) -> String {
    let place = place(visit, pointer.trim_start_matches("/expect/0/"));
    if place.is_empty() { told.to_owned() } else { format!("{place}: {told}") }
}

/// The last name that a pointer has.
fn last(pointer: &str) -> &str {
    pointer.rsplit('/').find(|step| step.parse::<usize>().is_err()).unwrap_or_default()
}

/// Where a pointer leads to: `/lines/0/discounts/1/amount` is "line 1, discount 2, amount".
fn place(visit: &Visit<'_>, pointer: &str) -> String {
    let mut told = Vec::new();
    let mut steps = pointer.split('/').filter(|step| !step.is_empty()).peekable();
    while let Some(step) = steps.next() {
        let name = step.replace("~1", "/").replace("~0", "~");
        match steps.next_if(|next| next.parse::<usize>().is_ok()).and_then(|number| number.parse::<i64>().ok()) {
            Some(number) => told.push(nth(visit, &name, (number.saturating_add(1), usize::MAX))),
            None => told.push(visit.word("case-field", &name)),
        }
    }
    told.join(", ")
}

/// One of a list of so many.
fn nth(visit: &Visit<'_>, list: &str, (number, of): (i64, usize)) -> String {
    let n = [("n", number.into())];
    match list {
        "requests" => visit.texts.with("case-nth-request", &n),
        "expect" => visit.texts.with("case-nth-answer", &n),
        "lines" => visit.texts.with("case-nth-line", &n),
        "discounts" => visit.texts.with("case-nth-discount", &n),
        "funding" => visit.texts.with("case-nth-payer", &n),
        "reasons" => visit.texts.with("case-nth-reason", &n),
        other if of == 1 => visit.word("case-field", other),
        other => format!("{} {number}", visit.word("case-field", other)),
    }
}

/// What stands in a field.
fn value(visit: &Visit<'_>, field: &str, of: &Value) -> String {
    match of {
        Value::Null => visit.say("case-nothing"),
        Value::Bool(is) => visit.yes_or_no(*is),
        Value::Number(number) => match number.as_i64() {
            Some(amount) if AMOUNTS.contains(&field) => visit.amount(amount),
            Some(number) => visit.number(number),
            None => number.to_string(),
        },
        Value::String(word) if REASONS.contains(&field) => {
            let known = Reason::ALL.into_iter().find(|reason| reason.word() == word);
            known.map_or_else(|| word.clone(), |reason| reason.told(visit.language()).to_owned())
        }
        Value::String(word) if field == "outcome" => visit.word("try-outcome", word).to_lowercase(),
        Value::String(word) if field == "state" => visit.word("try-state", word).to_lowercase(),
        Value::String(_) if TIMES.contains(&field) => visit.when(of),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => visit.say("case-nothing"),
        Value::Array(list) => list.iter().map(|one| value(visit, field, one)).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => {
            let told = fields.iter().filter(|(_, of)| !of.is_null()).flat_map(|(name, of)| match of {
                // Each of a list stands for itself.
                Value::Array(list) if list.iter().any(Value::is_object) => {
                    let one = |(n, of)| format!("{} ({})", nth(visit, name, (n, list.len())), value(visit, name, of));
                    (1..).zip(list).map(one).collect()
                }
                of => vec![format!("{} {}", visit.word("case-field", name), value(visit, name, of))],
            });
            told.collect::<Vec<_>>().join(", ")
        }
    }
}

/// What differs of a case, or all of one that is new or gone: a sentence of it, and each of its parts.
pub(crate) fn changes(visit: &Visit<'_>, change: &Value) -> (String, Vec<String>) {
    let is_there = |name: &str| change.get(name).filter(|case| !case.is_null());
    let (before, after) = (is_there("before"), is_there("after"));
    let (message, told) = match (before, after) {
        (Some(before), Some(after)) => {
            let mut told = Vec::new();
            compare(visit, "", Some(before), Some(after), &mut told);
            ("case-changed", told)
        }
        (Some(case), None) => ("case-removed", parts(visit, case)),
        (_, case) => ("case-added", case.map(|case| parts(visit, case)).unwrap_or_default()),
    };
    (visit.texts.with(message, &[("name", text(change, "name").into())]), told)
}

/// All of a case but its name: who is known, what is asked, and what is expected.
fn parts(visit: &Visit<'_>, case: &Value) -> Vec<String> {
    let fields = case.as_object().into_iter().flatten().filter(|(name, of)| *name != "name" && !of.is_null());
    let told = fields.flat_map(|(name, of)| {
        let listed = of.as_array().filter(|_| ["expect", "requests"].contains(&&**name));
        match listed {
            Some(list) => {
                (1..).zip(list).map(|(n, one)| (nth(visit, name, (n, list.len())), value(visit, name, one))).collect()
            }
            None => vec![(visit.word("case-field", name), value(visit, name, of))],
        }
    });
    told.map(|(place, told)| format!("{place}: {told}")).collect()
}

/// Each leaf that differs.
fn compare(visit: &Visit<'_>, at: &str, before: Option<&Value>, after: Option<&Value>, told: &mut Vec<String>) {
    match (before.filter(|value| !value.is_null()), after.filter(|value| !value.is_null())) {
        (before, after) if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let own = before.keys();
            for name in own.chain(after.keys().filter(|name| !before.contains_key(*name))) {
                let step = name.replace('~', "~0").replace('/', "~1");
                compare(visit, &format!("{at}/{step}"), before.get(name), after.get(name), told);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            for place in 0..before.len().max(after.len()) {
                compare(visit, &format!("{at}/{place}"), before.get(place), after.get(place), told);
            }
        }
        (before, after) => {
            let field = last(at);
            let nothing = || visit.say("case-nothing");
            let one = |of: Option<&Value>| of.map_or_else(nothing, |of| value(visit, field, of));
            told.push(super::differing::becomes(visit, &place(visit, at), &one(before), &one(after)));
        }
    }
}
