//! For whom another would pay: the same uses decided by two sets of rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use avis_core::{Catalogue, Decision, RuleSet};
use serde_json::{Value, json};

use crate::control::Control;
use crate::control::shape::{Field, Kind, needed, optional};

/// Who would pay instead of whom, in how many uses; null is who buys.
pub(super) const CHANGE: &[Field] = &[
    optional("from", Kind::Token(1, 200)),
    optional("to", Kind::Token(1, 200)),
    needed("cases", Kind::Whole(0, i64::MAX)),
];

/// What was decided both ways.
pub(super) const DECIDED: &[Field] = &[needed("cases", Kind::Whole(0, i64::MAX))];

/// Who pays; none is who buys.
type Payer = Option<Arc<str>>;

/// Who pays how much.
type Paid = BTreeMap<Payer, i64>;

/// Uses decided both ways.
#[derive(Default)]
pub(super) struct Comparison {
    cases: usize,
    /// By who would pay less and who would pay more.
    changes: BTreeMap<(Payer, Payer), usize>,
}

/// Decides the cases of a provider by the rules of now and by others.
pub(super) fn compare(
    control: &Control,
    provider: &str,
    catalogue: &Catalogue,
    [now, then]: [&Arc<RuleSet>; 2],
) -> Comparison {
    let mut comparison = Comparison::default();
    for case in catalogue.cases.iter().filter(|case| *case.provider == *provider) {
        let [now, then] = [now, then].map(|rules| paid(&control.cases.decisions(rules, case)));
        comparison.cases += 1;
        for change in moved(&now, &then) {
            *comparison.changes.entry(change).or_default() += 1;
        }
    }
    comparison
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
    /// Who would pay instead of whom.
    pub(super) fn changes(&self) -> Vec<Value> {
        let told = |((from, to), cases): (&(Payer, Payer), &usize)| json!({"from": from, "to": to, "cases": cases});
        self.changes.iter().map(told).collect()
    }

    /// How much was decided.
    pub(super) fn decided(&self) -> Value {
        json!({"cases": self.cases})
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
