//! For whom another would pay: the same uses decided by two sets of rules.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use avis_core::{Catalogue, Decision, RuleSet};
use avis_store::RecordedFilter;
use serde_json::{Value, json};

use crate::control::Control;
use crate::control::problem::Problem;
use crate::control::records::rules_of_then;
use crate::control::shape::{Field, Kind, needed, optional};

/// Who would pay instead of whom, in how many uses; null is who buys.
pub(super) const CHANGE: &[Field] =
    &[optional("from", Kind::Token(1, 200)), optional("to", Kind::Token(1, 200)), CASES, RECORDS];

const CASES: Field = needed("cases", Kind::Whole(0, i64::MAX));
const RECORDS: Field = needed("records", Kind::Whole(0, i64::MAX));

/// The newest records of a provider that are decided both ways.
const RECORDS_MAX: usize = 1_000;
/// Revisions whose rules are read for that; records of others are left out.
const REVISIONS_MAX: usize = 20;

/// What was decided both ways.
pub(super) const DECIDED: &[Field] = &[CASES, RECORDS];

/// Who pays; none is who buys.
type Payer = Option<Arc<str>>;

/// Who pays how much.
type Paid = BTreeMap<Payer, i64>;

/// How many uses of each kind.
#[derive(Default)]
struct Uses {
    cases: usize,
    records: usize,
}

impl Uses {
    fn count(&mut self, is_case: bool) {
        if is_case { self.cases += 1 } else { self.records += 1 }
    }
}

/// Uses decided both ways.
#[derive(Default)]
pub(super) struct Comparison {
    decided: Uses,
    /// By who would pay less and who would pay more.
    changes: BTreeMap<(Payer, Payer), Uses>,
}

/// Decides the cases of a provider and its newest records by the rules of now and by others.
///
/// # Errors
/// Records that can't be read.
pub(super) fn compare(
    control: &Control,
    provider: &str,
    catalogue: &Catalogue,
    rules: [&Arc<RuleSet>; 2],
) -> Result<Comparison, Problem> {
    let mut comparison = Comparison::default();
    for case in catalogue.cases.iter().filter(|case| *case.provider == *provider) {
        let [now, then] = rules.map(|rules| paid(&control.cases.decisions(rules, case)));
        comparison.note(&now, &then, true);
    }
    let filter = RecordedFilter { provider: Some(provider), ..RecordedFilter::default() };
    let mut of_revisions: HashMap<u64, Option<Arc<RuleSet>>> = HashMap::new();
    for (record, reading) in control.recorded.newest(&filter, RECORDS_MAX)? {
        let read = record.rules;
        if reading.is_erased() {
            continue;
        }
        if !of_revisions.contains_key(&read.revision) {
            if of_revisions.len() == REVISIONS_MAX {
                continue;
            }
            of_revisions.insert(read.revision, rules_of_then(control, read).ok());
        }
        let Some(Some(of_then)) = of_revisions.get(&read.revision) else { continue };
        let [now, then] = rules.map(|rules| reading.decide_by(of_then, rules.clone()).map(|it| paid(&[it])));
        if let (Ok(now), Ok(then)) = (now, then) {
            comparison.note(&now, &then, false);
        }
    }
    Ok(comparison)
}

/// What each pays for some decisions in all.
fn paid(decisions: &[Decision]) -> Paid {
    let mut paid = Paid::new();
    for decision in decisions {
        *paid.entry(None).or_default() += decision.payable;
        let discounts = decision.lines.iter().flat_map(|line| &line.discounts);
        for entry in discounts.flat_map(|discount| &discount.funding) {
            *paid.entry(Some(entry.payer.clone())).or_default() += entry.amount;
        }
    }
    paid
}

/// Each who pays less, with each who pays more.
fn moved(now: &Paid, then: &Paid) -> Vec<(Payer, Payer)> {
    let of = |paid: &Paid, payer: &Payer| paid.get(payer).copied().unwrap_or_default();
    let less = now.keys().filter(|payer| of(then, payer) < of(now, payer));
    let more = |payer: &&Payer| of(then, payer) > of(now, payer);
    less.flat_map(|from| then.keys().filter(more).map(|to| (from.clone(), to.clone()))).collect()
}

impl Comparison {
    fn note(&mut self, now: &Paid, then: &Paid, is_case: bool) {
        self.decided.count(is_case);
        for change in moved(now, then) {
            self.changes.entry(change).or_default().count(is_case);
        }
    }

    /// Who would pay instead of whom.
    pub(super) fn changes(&self) -> Vec<Value> {
        let told = |((from, to), uses): (&(Payer, Payer), &Uses)| json!({"from": from, "to": to, "cases": uses.cases, "records": uses.records});
        self.changes.iter().map(told).collect()
    }

    /// How much was decided.
    pub(super) fn decided(&self) -> Value {
        json!({"cases": self.decided.cases, "records": self.decided.records})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(entries: &[(Option<&str>, i64)]) -> Paid {
        entries.iter().map(|(payer, amount)| (payer.map(Arc::from), *amount)).collect()
    }

    #[test]
    fn who_pays_less_is_told_with_who_pays_more() {
        let now = paid(&[(None, 100), (Some("city"), 50), (Some("state"), 50)]);
        let told = |then: &[(Option<&str>, i64)]| -> Vec<String> {
            let name = |payer: Payer| payer.map_or("holder".to_owned(), |payer| payer.to_string());
            moved(&now, &paid(then)).into_iter().map(|(from, to)| format!("{} to {}", name(from), name(to))).collect()
        };
        assert_eq!(told(&[(None, 100), (Some("city"), 100)]), ["state to city"]);
        assert_eq!(told(&[(None, 200)]), ["city to holder", "state to holder"]);
        assert_eq!(told(&[(None, 0), (Some("city"), 50), (Some("state"), 50), (Some("bus"), 100)]), ["holder to bus"]);
        assert!(told(&[(None, 100), (Some("city"), 50), (Some("state"), 50)]).is_empty());
    }
}
