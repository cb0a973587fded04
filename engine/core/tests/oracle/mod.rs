//! The decision, read slowly and naively from its normative page: every request scans all benefits of the documents
//! as they stand. It exists to disagree with the engine, so it shares nothing with it.

#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]

mod answer;
mod basket;
mod candidates;
mod conditions;
mod discount;
mod eligibility;
mod facts;
mod funding;
mod limits;
mod lines;
pub(crate) mod loyalty;
mod money;
mod pick;
mod reasons;
pub(crate) mod resolve;
mod slots;
mod spend;
mod time;
mod usage;

use jiff::Timestamp;
use serde_json::Value;

use self::lines::Line;
use self::usage::Record;

/// All that one decision reads, except usage.
pub(crate) struct Case<'a> {
    pub(crate) catalogue: &'a Value,
    pub(crate) provider: &'a str,
    pub(crate) request: &'a Value,
    pub(crate) at: Timestamp,
    /// Nobody when no identifier resolved.
    pub(crate) holder: Option<&'a Value>,
    /// The schemes of the identifiers that resolved to the holder.
    pub(crate) schemes: Vec<&'a str>,
    /// The place of the identifier that named the holder.
    pub(crate) named_by: Option<usize>,
    /// What was wrong with the identifiers that count as absent.
    pub(crate) identifier_reasons: Vec<&'static str>,
    /// What loyalty knows, where it is asked.
    pub(crate) points: Option<loyalty::Points<'a>>,
}

/// Decides the requests in order, each seeing the usage of those before it.
pub(crate) fn decide_all(catalogue: &Value, holders: &[Value], provider: &str, requests: &[Value]) -> Vec<Value> {
    let mut usage = Vec::new();
    requests.iter().map(|request| decide(catalogue, holders, provider, request, &mut usage)).collect()
}

// 4: "Per request, in this order."
fn decide(catalogue: &Value, holders: &[Value], provider: &str, request: &Value, usage: &mut Vec<Record>) -> Value {
    let case = resolve::resolve(catalogue, holders, provider, request);
    let candidates = candidates::candidates(&case);
    let mut lines: Vec<Line> = lines::listed(request).iter().map(Line::new).collect();
    for slot in slots::slots(&case, &candidates) {
        slots::take_slot(&case, usage, &slot, &mut lines);
    }
    spend::take_spend_caps(&case, usage, &candidates, &mut lines);
    reasons::add_reasons(&case, &candidates, &mut lines);
    let outcome = answer::outcome(&case, &candidates, &lines);
    // 4.8: declined, "nothing is consumed and no authorization opened"
    if outcome != "declined" {
        usage::record(&case, &candidates, &lines, usage);
    }
    answer::answer(&case, outcome, &lines)
}
