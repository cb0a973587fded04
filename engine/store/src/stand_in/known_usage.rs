//! What an engine knows of usage while the cluster's ledger is away: what it was told, and what it sold since. Other engines sell,
//! too, so it is the least that was used.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use avis_core::{Charge, DateRange, Need, Subject, Totals, UsageRange, UseWindow};
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
    told: Vec<(UsageRange, Totals)>,
    /// What this engine sold since, by service date.
    since: BTreeMap<Date, Totals>,
    /// The same in windows that began with their first use, as far as this engine knows when they began.
    windows: BTreeMap<UseWindow, Totals>,
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
            known
                .entry((need.code.clone(), need.subject.clone()))
                .or_default()
                .told
                .push((need.at_any_time().range, *totals));
        }
    }

    /// This engine sold something that its ledger did not tell of yet.
    pub(super) fn add(&self, charges: &[Charge]) {
        let mut known = self.known();
        for Charge { code, subject, date, totals, windows } in charges {
            let known = known.entry((code.clone(), subject.clone())).or_default();
            let add = |since: &mut Totals| *since = since.plus(*totals);
            add(known.since.entry(*date).or_default());
            windows.iter().for_each(|window| add(known.windows.entry(*window).or_default()));
        }
    }

    /// What was noted came to nothing.
    pub(super) fn take_back(&self, charges: &[Charge]) {
        let mut known = self.known();
        for Charge { code, subject, date, totals, windows } in charges {
            let Some(known) = known.get_mut(&(code.clone(), subject.clone())) else { continue };
            let take = |since: &mut Totals| *since = since.minus(*totals);
            known.since.get_mut(date).into_iter().for_each(take);
            for window in windows {
                known.windows.get_mut(window).into_iter().for_each(take);
            }
        }
    }

    /// The least that was used of each, and whether the ledger told of all of them.
    pub(super) fn least(&self, needs: &[Need]) -> (Vec<Totals>, bool) {
        let known = self.known();
        let mut was_told = true;
        let least = needs.iter().map(|need| {
            let counter = known.get(&(need.code.clone(), need.subject.clone()));
            was_told &= counter.is_some_and(|known| known.told_of(need).is_some());
            counter.map(|known| known.least(need)).unwrap_or_default()
        });
        (least.collect(), was_told)
    }
}

impl Known {
    fn told_of(&self, need: &Need) -> Option<Totals> {
        let range = need.at_any_time().range;
        self.told.iter().find(|(told, _)| *told == range).map(|(_, totals)| *totals)
    }

    fn least(&self, need: &Need) -> Totals {
        match need.range {
            UsageRange::Dates(range) => self.least_over(range),
            UsageRange::FromFirst { minutes, at } => {
                let told = self.told_of(need).map(|told| need.still(told)).unwrap_or_default();
                let (first, last) = UseWindow::starts(minutes, at);
                let window = |start| UseWindow { minutes, start };
                match self.windows.range(window(told.since.unwrap_or(first))..=window(last)).next_back() {
                    Some((window, sold)) if told.since == Some(window.start) => told.plus(*sold),
                    Some((window, sold)) => Totals { since: Some(window.start), ..*sold },
                    None => told,
                }
            }
        }
    }

    /// What was used over some days was used over more of them, too.
    fn least_over(&self, range: DateRange) -> Totals {
        let inside = |told: &UsageRange| matches!(told, UsageRange::Dates(told) if range.from <= told.from && told.until <= range.until);
        let within = self.told.iter().filter(|(told, _)| inside(told));
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
        let range = UsageRange::Dates(DateRange { from: date(2026, 11, from), until: date(2026, 11, until) });
        Need { code: "b".into(), subject: Subject::Benefit, range }
    }

    fn uses(uses: i64) -> Totals {
        Totals { uses, ..Totals::default() }
    }

    fn charge(day: i8, count: i64) -> Charge {
        let (date, totals) = (date(2026, 11, day), uses(count));
        Charge { code: "b".into(), subject: Subject::Benefit, date, totals, windows: Vec::new() }
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
    fn a_window_that_was_told_grows_by_what_was_sold_in_it_and_ends() {
        let known = KnownUsage::default();
        let at = |at| Need { range: UsageRange::FromFirst { minutes: 1, at }, ..need(1, 1) };
        let sold = |start| Charge { windows: vec![UseWindow { minutes: 1, start }], ..charge(18, 1) };
        let since = |start, count| Totals { since: Some(start), ..uses(count) };
        known.tell(&[at(0)], &[since(0, 1)]);
        known.add(&[sold(0)]);
        assert_eq!(known.least(&[at(59_999), at(60_000)]), (vec![since(0, 2), uses(0)], true));
        known.add(&[sold(60_000)]);
        assert_eq!(known.least(&[at(60_000)]), (vec![since(60_000, 1)], true));
        known.take_back(&[sold(60_000)]);
        assert_eq!(known.least(&[at(119_999)]), (vec![since(60_000, 0)], true), "the ledger may have that window");
    }

    #[test]
    fn an_answer_tells_what_it_charged() {
        let body =
            br#"{"lines":[{"discounts":[{"benefit":"b","units":2,"amount":70},{"benefit":"c","units":1,"amount":5}]},
                                 {"discounts":[{"benefit":"b","units":1,"amount":30}]}]}"#;
        let charges = charged(vec![charge(18, 0)], body);
        let totals = Totals { uses: 1, units: 3, discount: 100, ..Totals::default() };
        assert_eq!(charges, [Charge { totals, ..charge(18, 0) }]);
        assert!(charged(vec![charge(18, 0)], b"{}").is_empty() && charged(vec![charge(18, 0)], b"?").is_empty());
    }
}
