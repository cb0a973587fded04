//! What of a trace the caller may see, and the lines that it is told in, with where each value was read.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use avis_core::telling::{WhyCondition, WhyLine, why};
use avis_core::{Node, Trace};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::control::call::Call;
use crate::control::imports;
use crate::control::people::Held;
use crate::control::problem::Problem;
use crate::control::rules::{self, Rules};
use crate::control::shape::{Field, Kind, needed, optional};

/// Where a value was read. `list` says when the group's list came last.
pub(super) const SOURCE: &[Field] = &[
    needed("kind", Kind::Word(&["list", "register", "shown", "request", "time_of_sale", "calendar", "points"])),
    optional("at", Kind::Instant),
];

/// Of which benefits the caller is told.
pub(super) enum Sees {
    /// Of all.
    All,
    /// Of those of one grantor, and of a person no group but those that they name.
    Own(String),
    /// Of all but those of some grantors.
    AllBut(HashSet<String>),
}

impl Sees {
    /// A clerk tells a person of all that is public, who oversees sees all, and others see what is their own party's.
    pub(super) fn of(call: &Call<'_>, held: Option<&Held>) -> Result<Self, Problem> {
        Ok(match held {
            Some(_) => Self::AllBut(rules::hidden(call)?),
            None if call.caller()?.oversees() => Self::All,
            None => Self::Own(call.party()?.to_owned()),
        })
    }

    /// Leaves in a trace what is seen.
    pub(super) fn keep(&self, trace: &mut Trace, rules: &Rules) {
        let is_seen = |code: &str| match (self, rules.grantor_of(code)) {
            (Self::All, _) => true,
            (Self::Own(own), grantor) => grantor == Some(own),
            (Self::AllBut(hidden), grantor) => grantor.is_some_and(|grantor| !hidden.contains(grantor)),
        };
        if matches!(self, Self::All) {
            return;
        }
        trace.set_aside.retain(|one| is_seen(&one.benefit));
        trace.candidates.retain(|one| is_seen(&one.benefit));
        trace.turns.retain(|one| is_seen(&one.benefit));
        trace.loyalty.clear();
        if matches!(self, Self::Own(_)) {
            let nodes = trace.candidates.iter_mut().flat_map(|candidate| {
                candidate.when.iter_mut().chain(candidate.lines.iter_mut().filter_map(|line| line.when.as_mut()))
            });
            nodes.for_each(narrow);
        }
    }
}

/// Of the groups of a person, a grantor is told those that its own condition names.
fn narrow(node: &mut Node) {
    if node.test == "member_of"
        && let Some(Value::Array(read)) = &mut node.read
    {
        let asked: Vec<Value> = node.asks.get("groups").and_then(Value::as_array).cloned().unwrap_or_default();
        read.retain(|group| asked.contains(group));
    }
    node.parts.iter_mut().for_each(narrow);
}

/// A line for each candidate, each of its conditions with its source as of a moment.
pub(super) fn lines(call: &Call<'_>, trace: &Trace, rules: &Rules, as_of: Timestamp) -> Result<Value, Problem> {
    let lines = why(trace);
    let mut asked = BTreeSet::new();
    for node in trace
        .candidates
        .iter()
        .flat_map(|candidate| candidate.when.iter().chain(candidate.lines.iter().filter_map(|line| line.when.as_ref())))
    {
        groups_of(node, &mut asked);
    }
    let owners: BTreeSet<&str> = asked.iter().filter_map(|group| rules.owner_of_group(group)).collect();
    let mut lists = BTreeMap::new();
    for owner in owners {
        let newest = imports::newest_lists(call, owner, as_of)?;
        lists.extend(newest.into_iter().filter(|(group, _)| rules.owner_of_group(group) == Some(owner)));
    }
    let shown = |line: &WhyLine| {
        let conditions: Value = line.conditions.iter().map(|condition| with_source(condition, &lists)).collect();
        with(json!(line), "conditions", conditions)
    };
    Ok(lines.iter().map(shown).collect())
}

fn groups_of(node: &Node, found: &mut BTreeSet<String>) {
    if node.test == "member_of" {
        let groups = node.asks.get("groups").and_then(Value::as_array).into_iter().flatten();
        found.extend(groups.filter_map(Value::as_str).map(str::to_owned));
    }
    node.parts.iter().for_each(|part| groups_of(part, found));
}

fn with_source(condition: &WhyCondition, lists: &BTreeMap<String, Timestamp>) -> Value {
    let source = match condition.test {
        "member_of" => Some(of_list(condition, lists)),
        "age" | "birthday" | "resident_in" | "attribute" => Some(json!({"kind": "register"})),
        "identifier" | "no_mismatch" | "coupon" => Some(json!({"kind": "shown"})),
        "channel" | "context" | "line" | "basket_total" | "basket_quantity" | "quantity" => {
            Some(json!({"kind": "request"}))
        }
        "weekday" | "time_of_day" | "dates" => Some(json!({"kind": "time_of_sale"})),
        "calendar" => Some(json!({"kind": "calendar"})),
        "member" | "tier" => Some(json!({"kind": "points"})),
        _ => None,
    };
    with(json!(condition), "source", json!(source))
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.insert(name.to_owned(), value);
    }
    object
}

/// The newest list of the groups that a condition asks for; the register where none of them came as a list lately.
fn of_list(condition: &WhyCondition, lists: &BTreeMap<String, Timestamp>) -> Value {
    let asked = condition.asks.get("groups").and_then(Value::as_array).into_iter().flatten();
    match asked.filter_map(|group| lists.get(group.as_str()?)).max() {
        Some(at) => json!({"kind": "list", "at": at}),
        None => json!({"kind": "register"}),
    }
}
