//! What an engine knows of usage while the cluster's ledger is away: what it was told, and what it sold since. Other engines sell,
//! too, so it is the least that was used.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use avis_core::{Charge, DateRange, Need, Subject, Totals};
use jiff::civil::Date;
use serde::Deserialize;

/// Counters that are known: those of a busy day of a hundred thousand holders.
const KNOWN_MAX: usize = 200_000;

/// The least that was used.
#[derive(Debug, Default)]
pub(super) struct KnownUsage(Mutex<HashMap<Counter, Known>>);

/// Of which benefit, and whose.
type Counter = (Arc<str>, Subject);

#[derive(Debug, Default)]
struct Known {
    /// As the ledger told it last.
    told: Vec<(DateRange, Totals)>,
    /// What this engine sold since, by service date.
    since: BTreeMap<Date, Totals>,
}

/// The part of an answer by which usage grows.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    lines: Vec<AnsweredLine>,
}

#[derive(Deserialize)]
struct AnsweredLine {
    #[serde(default)]
    discounts: Vec<AnsweredDiscount>,
}

#[derive(Deserialize)]
struct AnsweredDiscount {
    benefit: Box<str>,
    units: i64,
    amount: i64,
}

impl KnownUsage {
    fn known(&self) -> MutexGuard<'_, HashMap<Counter, Known>> {
        // Counts may be off by what somebody panicked over.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ledger told what was used; what was known of these before is part of it. A sale that is answered at the same moment may
    /// be counted twice, which gives less than the limit for once, and never more.
    pub(super) fn tell(&self, needs: &[Need], used: &[Totals]) {
        let mut known = self.known();
        if known.len() > KNOWN_MAX {
            // Simple and rare: what is needed is soon told again.
            known.clear();
        }
        for need in needs {
            known.insert((need.code.clone(), need.subject.clone()), Known::default());
        }
        for (need, totals) in needs.iter().zip(used) {
            known.entry((need.code.clone(), need.subject.clone())).or_default().told.push((need.range, *totals));
        }
    }

    /// This engine sold something that its ledger did not tell of yet.
    pub(super) fn add(&self, charges: &[Charge]) {
        let mut known = self.known();
        for Charge { code, subject, date, totals } in charges {
            let since = known.entry((code.clone(), subject.clone())).or_default().since.entry(*date).or_default();
            *since = since.plus(*totals);
        }
    }

    /// What was noted came to nothing.
    pub(super) fn take_back(&self, charges: &[Charge]) {
        let mut known = self.known();
        for Charge { code, subject, date, totals } in charges {
            let counter = known.get_mut(&(code.clone(), subject.clone()));
            if let Some(since) = counter.and_then(|known| known.since.get_mut(date)) {
                *since = since.minus(*totals);
            }
        }
    }

    /// The least that was used of each, and whether the ledger told of all of them.
    pub(super) fn least(&self, needs: &[Need]) -> (Vec<Totals>, bool) {
        let known = self.known();
        let mut was_told = true;
        let least = needs.iter().map(|need| {
            let counter = known.get(&(need.code.clone(), need.subject.clone()));
            was_told &= counter.is_some_and(|known| known.told.iter().any(|(range, _)| *range == need.range));
            counter.map(|known| known.least(need.range)).unwrap_or_default()
        });
        (least.collect(), was_told)
    }
}

impl Known {
    /// What was used over some days was used over more of them, too.
    fn least(&self, range: DateRange) -> Totals {
        let within = self.told.iter().filter(|(told, _)| range.from <= told.from && told.until <= range.until);
        let told = within.fold(Totals::default(), |most, (_, totals)| most.or_more(*totals));
        self.since.range(range.from..=range.until).fold(told, |sum, (_, totals)| sum.plus(*totals))
    }
}

/// What a sale that the ledger answered charged, from where its discounts count.
pub(super) fn charged(counters: Vec<Charge>, body: &[u8]) -> Vec<Charge> {
    let lines = serde_json::from_slice::<Answer>(body).map(|answer| answer.lines).unwrap_or_default();
    let mut given: HashMap<Box<str>, Totals> = HashMap::new();
    for AnsweredDiscount { benefit, units, amount } in lines.into_iter().flat_map(|line| line.discounts) {
        let totals = given.entry(benefit).or_default();
        // One use, however many lines.
        *totals = Totals { uses: 1, ..totals.plus(Totals { units, discount: amount, ..Totals::default() }) };
    }
    let charges = counters.into_iter().filter_map(|counter| {
        let totals = *given.get(&*counter.code)?;
        Some(Charge { totals, ..counter })
    });
    charges.collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn need(from: i8, until: i8) -> Need {
        let range = DateRange { from: date(2026, 11, from), until: date(2026, 11, until) };
        Need { code: "b".into(), subject: Subject::Benefit, range }
    }

    fn uses(uses: i64) -> Totals {
        Totals { uses, ..Totals::default() }
    }

    fn charge(day: i8, count: i64) -> Charge {
        Charge { code: "b".into(), subject: Subject::Benefit, date: date(2026, 11, day), totals: uses(count) }
    }

    #[test]
    fn what_was_told_and_what_was_sold_since_is_the_least_that_was_used() {
        let known = KnownUsage::default();
        assert_eq!(known.least(&[need(1, 30)]), (vec![uses(0)], false));
        known.tell(&[need(1, 30), need(18, 18)], &[uses(7), uses(2)]);
        assert_eq!(known.least(&[need(1, 30), need(18, 18)]), (vec![uses(7), uses(2)], true));
        known.add(&[charge(18, 1), charge(19, 4)]);
        assert_eq!(known.least(&[need(1, 30), need(18, 18), need(19, 19)]), (vec![uses(12), uses(3), uses(4)], false));
        known.take_back(&[charge(19, 4)]);
        assert_eq!(known.least(&[need(1, 30)]), (vec![uses(8)], true));
        assert_eq!(known.least(&[need(18, 19)]), (vec![uses(3)], false), "two days have at least what one has");
        known.tell(&[need(1, 30)], &[uses(9)]);
        assert_eq!(known.least(&[need(1, 30)]), (vec![uses(9)], true), "the ledger knows what was sold here");
    }

    #[test]
    fn an_answer_tells_what_it_charged() {
        let body =
            br#"{"lines":[{"discounts":[{"benefit":"b","units":2,"amount":70},{"benefit":"c","units":1,"amount":5}]},
                                 {"discounts":[{"benefit":"b","units":1,"amount":30}]}]}"#;
        let charges = charged(vec![charge(18, 0)], body);
        let totals = Totals { uses: 1, units: 3, discount: 100, spent: 0 };
        assert_eq!(charges, [Charge { totals, ..charge(18, 0) }]);
        assert!(charged(vec![charge(18, 0)], b"{}").is_empty() && charged(vec![charge(18, 0)], b"?").is_empty());
    }
}
