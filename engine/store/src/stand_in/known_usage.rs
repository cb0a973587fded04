//! What an engine knows of usage while the cluster's ledger is away: what it was told, and what was sold and given back through it
//! since. Other engines sell, too, so it is the least that was used, but for what was given back elsewhere.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use avis_core::{Charge, DateRange, Need, Subject, Totals, UsageRange, UseWindow};
use jiff::civil::Date;

/// Counters that are known: those of a busy day of a hundred thousand holders.
const KNOWN_MAX: usize = 200_000;

/// The least that was used.
#[derive(Debug, Default)]
pub(super) struct KnownUsage(Mutex<Counters>);

#[derive(Debug, Default)]
struct Counters {
    known: HashMap<Counter, Known>,
    /// How often something was added.
    additions: u64,
}

/// Of which benefit, and whose.
type Counter = (Arc<str>, Subject);

#[derive(Debug, Default)]
struct Known {
    /// As the ledger told it last.
    told: Vec<(UsageRange, Totals)>,
    /// What was consumed through this engine since, by service date.
    since: BTreeMap<Date, Totals>,
    /// The same in windows that began with their first use, as far as this engine knows when they began.
    windows: BTreeMap<UseWindow, Totals>,
    /// The number of the last addition to it.
    last_addition: u64,
}

/// A moment among the additions.
#[derive(Clone, Copy, Debug)]
pub(super) struct AsOf(u64);

impl KnownUsage {
    fn counters(&self) -> MutexGuard<'_, Counters> {
        // Counts may be off by what somebody panicked over.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before the ledger is read: what is added from now on may be missing from what it tells.
    pub(super) fn now(&self) -> AsOf {
        AsOf(self.counters().additions)
    }

    /// The ledger told what was used at least as of some moment. What was known of these before is part of it, and stays where it
    /// was added to since then, for that may not be.
    pub(super) fn tell(&self, needs: &[Need], used: &[Totals], as_of: AsOf) {
        let Counters { known, .. } = &mut *self.counters();
        if known.len() >= KNOWN_MAX {
            // Simple and rare: what is needed is soon told again.
            known.clear();
        }
        let counter = |need: &Need| (need.code.clone(), need.subject.clone());
        let may_take = |known: &HashMap<Counter, Known>, need: &Need| {
            known.get(&counter(need)).is_none_or(|known| known.last_addition <= as_of.0)
        };
        for need in needs {
            if may_take(known, need) {
                known.insert(counter(need), Known::default());
            }
        }
        for (need, totals) in needs.iter().zip(used) {
            if may_take(known, need) {
                known.entry(counter(need)).or_default().told.push((need.at_any_time().range, *totals));
            }
        }
    }

    /// Something was consumed, or given back, through this engine. What is not known yet is noted as long as there is room: in an
    /// outage nobody tells it again.
    pub(super) fn add(&self, charges: &[Charge]) {
        if charges.is_empty() {
            return;
        }
        let Counters { known, additions } = &mut *self.counters();
        *additions += 1;
        for Charge { code, subject, date, totals, windows } in charges {
            let counter = (code.clone(), subject.clone());
            if known.len() >= KNOWN_MAX && !known.contains_key(&counter) {
                continue;
            }
            let known = known.entry(counter).or_default();
            known.last_addition = *additions;
            let add = |since: &mut Totals| *since = since.plus(*totals);
            add(known.since.entry(*date).or_default());
            windows.iter().for_each(|window| add(known.windows.entry(*window).or_default()));
        }
    }

    /// What was noted came to nothing.
    pub(super) fn take_back(&self, charges: &[Charge]) {
        let Counters { known, .. } = &mut *self.counters();
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
        let Counters { known, .. } = &*self.counters();
        let mut was_told = true;
        let least = needs.iter().map(|need| {
            let counter = known.get(&(need.code.clone(), need.subject.clone()));
            was_told &= counter.is_some_and(|known| known.told_of(need).is_some());
            // More may have been given back here than this engine knows to be used.
            counter.map(|known| known.least(need).or_more(Totals::default())).unwrap_or_default()
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
                match UseWindow::latest(&self.windows, (minutes, at), told.since) {
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
    fn what_is_sold_and_never_asked_for_stays_within_bounds() {
        let known = KnownUsage::default();
        let sold = |number: usize| Charge { subject: Subject::Holder(number.to_string().into()), ..charge(1, 1) };
        (0..KNOWN_MAX + 3).for_each(|number| known.add(&[sold(number)]));
        known.add(&[sold(0)]);
        assert_eq!(known.counters().known.len(), KNOWN_MAX);
        let of_first = Need { subject: sold(0).subject, ..need(1, 1) };
        assert_eq!(known.least(&[of_first]).0, [uses(2)], "what is known stays and is added to");
        known.tell(&[need(1, 1)], &[uses(5)], known.now());
        assert_eq!(known.least(&[need(1, 1)]), (vec![uses(5)], true), "what is told always finds room");
    }

    #[test]
    fn what_was_sold_while_the_ledger_was_read_is_not_forgotten() {
        let known = KnownUsage::default();
        let before = known.now();
        known.add(&[charge(18, 1)]);
        known.tell(&[need(18, 18)], &[uses(0)], before);
        assert_eq!(known.least(&[need(18, 18)]), (vec![uses(1)], false));
        known.tell(&[need(18, 18)], &[uses(1)], known.now());
        assert_eq!(known.least(&[need(18, 18)]), (vec![uses(1)], true), "asked again it tells");
    }

    #[test]
    fn what_is_given_back_is_used_no_more_and_never_less_than_nothing() {
        let known = KnownUsage::default();
        known.tell(&[need(18, 18)], &[uses(2)], known.now());
        known.add(&[charge(18, -1)]);
        assert_eq!(known.least(&[need(18, 18)]).0, [uses(1)]);
        known.add(&[charge(18, -5)]);
        assert_eq!(known.least(&[need(18, 18)]).0, [uses(0)], "it was used at another engine");
    }

    #[test]
    fn what_was_told_and_what_was_sold_since_is_the_least_that_was_used() {
        let known = KnownUsage::default();
        assert_eq!(known.least(&[need(1, 30)]), (vec![uses(0)], false));
        known.tell(&[need(1, 30), need(18, 18)], &[uses(7), uses(2)], known.now());
        assert_eq!(known.least(&[need(1, 30), need(18, 18)]), (vec![uses(7), uses(2)], true));
        known.add(&[charge(18, 1), charge(19, 4)]);
        assert_eq!(known.least(&[need(1, 30), need(18, 18), need(19, 19)]), (vec![uses(12), uses(3), uses(4)], false));
        known.take_back(&[charge(19, 4)]);
        assert_eq!(known.least(&[need(1, 30)]), (vec![uses(8)], true));
        assert_eq!(known.least(&[need(18, 19)]), (vec![uses(3)], false), "two days have at least what one has");
        known.tell(&[need(1, 30)], &[uses(9)], known.now());
        assert_eq!(known.least(&[need(1, 30)]), (vec![uses(9)], true), "the ledger knows what was sold here");
    }

    #[test]
    fn a_window_that_was_told_grows_by_what_was_sold_in_it_and_ends() {
        let known = KnownUsage::default();
        let at = |at| Need { range: UsageRange::FromFirst { minutes: 1, at }, ..need(1, 1) };
        let sold = |start| Charge { windows: vec![UseWindow { minutes: 1, start }], ..charge(18, 1) };
        let since = |start, count| Totals { since: Some(start), ..uses(count) };
        known.tell(&[at(0)], &[since(0, 1)], known.now());
        known.add(&[sold(0)]);
        assert_eq!(known.least(&[at(59_999), at(60_000)]), (vec![since(0, 2), uses(0)], true));
        known.add(&[sold(60_000)]);
        assert_eq!(known.least(&[at(60_000)]), (vec![since(60_000, 1)], true));
        known.take_back(&[sold(60_000)]);
        assert_eq!(known.least(&[at(119_999)]), (vec![since(60_000, 0)], true), "the ledger may have that window");
    }
}
