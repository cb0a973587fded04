//! Usage in memory: sums of windows that were read before, kept equal to the tables by the one thread that writes them.
//!
//! A sum is kept if no commit touched its subject from before it was read until it is kept, and follows every commit after that.
//! While a commit is on its way memory does not answer for the subjects that it touches.
//! A window that began with its first use is read from the tables each time: it is asked for by an instant, never twice by the
//! same.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use avis_core::{Charge, Need, Subject, Totals, UsageRange};

/// Subjects whose usage is kept: the people of a busy day in a country, in some 30 MB. Beyond it all are read anew.
const SUBJECTS_MAX: usize = 100_000;
/// Windows kept of one benefit's use by one subject: each of its limits has one, and a rolling one moves every day.
const WINDOWS_MAX: usize = 8;

/// A benefit's code, and whose use of it is counted.
type Key = (Arc<str>, Subject);

/// What was used, in memory.
#[derive(Debug, Default)]
pub(super) struct UsageCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<Key, Sums>,
    /// What a commit that is on its way touches.
    changing: HashSet<Key>,
    /// The number of the newest version.
    version: u64,
}

/// Sums of one benefit's use by one subject.
#[derive(Debug, Default)]
struct Sums {
    /// Unique in the cache; another one after each commit.
    version: u64,
    windows: Vec<(UsageRange, Totals)>,
}

/// A reading of the tables that began, with the versions of what it reads.
#[derive(Debug)]
pub(super) struct Fill(Vec<Option<u64>>);

/// A commit on its way, with the sums that it will have changed.
#[derive(Debug)]
#[must_use]
pub(super) struct Change {
    taken: Vec<(Key, Sums)>,
    touched: Vec<Key>,
}

impl UsageCache {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here panics half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was used, in the order of the needs, if memory knows all of it.
    pub(super) fn sums(&self, needs: &[Need]) -> Option<Vec<Totals>> {
        let kept = self.kept();
        let sum = |need: &Need| {
            let windows = &kept.entries.get(&key(need))?.windows;
            windows.iter().find(|(range, _)| *range == need.range).map(|(_, totals)| *totals)
        };
        needs.iter().map(sum).collect()
    }

    /// Begins to read the tables; to be called before they are read.
    pub(super) fn fill(&self, needs: &[Need]) -> Fill {
        let mut kept = self.kept();
        let dropped = kept.make_room(needs.len());
        let versions = needs.iter().map(|need| kept.version_to_fill(key(need))).collect();
        drop(kept);
        // A large map takes its time to be dropped, and nobody waits for it here.
        drop(dropped);
        Fill(versions)
    }

    /// Keeps what was read from the tables, but for what a commit may have changed meanwhile.
    pub(super) fn keep(&self, needs: &[Need], fill: &Fill, read: &[Totals]) {
        let mut kept = self.kept();
        for ((need, version), totals) in needs.iter().zip(&fill.0).zip(read) {
            let entry = kept.entries.get_mut(&key(need));
            if let Some(sums) = entry.filter(|sums| Some(sums.version) == *version) {
                sums.keep(need.range, *totals);
            }
        }
    }

    /// Announces a commit that adds these charges; to be called before it.
    pub(super) fn begin(&self, charges: &[Charge]) -> Change {
        let mut kept = self.kept();
        let touched: Vec<Key> = charges.iter().map(|charge| (charge.code.clone(), charge.subject.clone())).collect();
        let taken = touched.iter().filter_map(|key| kept.entries.remove_entry(key)).collect();
        kept.changing.extend(touched.iter().cloned());
        Change { taken, touched }
    }

    /// The commit succeeded: its charges count from now on.
    pub(super) fn committed(&self, change: Change, charges: &[Charge]) {
        let mut kept = self.kept();
        let mut taken: HashMap<Key, Sums> = change.taken.into_iter().collect();
        for charge in charges {
            if let Some(sums) = taken.get_mut(&(charge.code.clone(), charge.subject.clone())) {
                sums.add(charge);
            }
        }
        for (key, sums) in taken {
            let version = kept.next_version();
            kept.entries.insert(key, Sums { version, ..sums });
        }
        change.touched.iter().for_each(|key| _ = kept.changing.remove(key));
    }

    /// What a subject used stands under another name now: nothing that is kept of it, or read meanwhile, counts any more.
    pub(super) fn forget(&self, subject: &Subject) {
        self.kept().entries.retain(|(_, of), _| of != subject);
    }

    /// It failed, or it is not known what became of it: what it touched is read anew.
    pub(super) fn failed(&self, change: &Change) {
        let mut kept = self.kept();
        change.touched.iter().for_each(|key| _ = kept.changing.remove(key));
    }
}

fn key(need: &Need) -> Key {
    (need.code.clone(), need.subject.clone())
}

impl Kept {
    /// Everything that was kept, if so many more subjects are too many.
    fn make_room(&mut self, more: usize) -> Option<HashMap<Key, Sums>> {
        (self.entries.len() + more > SUBJECTS_MAX).then(|| std::mem::take(&mut self.entries))
    }

    /// The version under which sums of a key can be kept; none while a commit changes them.
    fn version_to_fill(&mut self, key: Key) -> Option<u64> {
        if self.changing.contains(&key) {
            return None;
        }
        let version = self.next_version();
        Some(self.entries.entry(key).or_insert(Sums { version, windows: Vec::new() }).version)
    }

    fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }
}

impl Sums {
    fn keep(&mut self, range: UsageRange, totals: Totals) {
        if matches!(range, UsageRange::FromFirst { .. }) {
            return;
        }
        self.windows.retain(|(known, _)| *known != range);
        if self.windows.len() >= WINDOWS_MAX {
            self.windows.remove(0);
        }
        if !is_at_edge(&totals) {
            self.windows.push((range, totals));
        }
    }

    /// Adds a charge to the windows that hold its date.
    fn add(&mut self, charge: &Charge) {
        for (range, totals) in &mut self.windows {
            if matches!(range, UsageRange::Dates(dates) if dates.contains(charge.date)) {
                *totals = totals.plus(charge.totals);
            }
        }
        self.windows.retain(|(_, totals)| !is_at_edge(totals));
    }
}

/// Whether a sum stays where 64 bits end: what is added or taken there does not tell what the tables sum up to.
fn is_at_edge(totals: &Totals) -> bool {
    let Totals { uses, units, discount, spent, .. } = *totals;
    [uses, units, discount, spent].iter().any(|sum| *sum == i64::MAX || *sum == i64::MIN)
}

#[cfg(test)]
mod tests {
    use avis_core::DateRange;
    use jiff::civil::{Date, date};

    use super::*;

    const DAY: Date = date(2026, 11, 18);

    fn need(holder: &str) -> Need {
        let range = UsageRange::Dates(DateRange { from: date(2026, 11, 1), until: date(2026, 11, 30) });
        Need { code: "b".into(), subject: Subject::Holder(holder.into()), range }
    }

    fn units(units: i64) -> Totals {
        Totals { units, ..Totals::default() }
    }

    fn charge(holder: &str, charged: i64) -> Charge {
        let subject = Subject::Holder(holder.into());
        Charge { code: "b".into(), subject, date: DAY, totals: units(charged), windows: Vec::new() }
    }

    /// A cache that read of each of these that so many units were used.
    fn filled(read: &[(&str, i64)]) -> UsageCache {
        let cache = UsageCache::default();
        for (holder, used) in read {
            let needs = [need(holder)];
            cache.keep(&needs, &cache.fill(&needs), &[units(*used)]);
        }
        cache
    }

    #[test]
    fn what_was_read_once_follows_every_commit() {
        let cache = filled(&[("a", 3), ("b", 0)]);
        let charges = [charge("a", 1), charge("a", -2), Charge { date: date(2026, 12, 1), ..charge("a", 9) }];
        let change = cache.begin(&charges);
        assert_eq!(cache.sums(&[need("a")]), None, "it is not known yet what becomes of the commit");
        assert_eq!(cache.sums(&[need("b")]), Some(vec![units(0)]), "nothing of it is changing");
        cache.committed(change, &charges);
        assert_eq!(cache.sums(&[need("a"), need("b")]), Some(vec![units(2), units(0)]));
        assert_eq!(cache.sums(&[need("a"), need("c")]), None, "all or nothing");
    }

    #[test]
    fn a_reading_that_began_before_a_commit_ended_is_not_kept() {
        let needs = [need("a")];
        let charges = [charge("a", 1)];
        for begun in 0..2 {
            for kept_before_its_end in [true, false] {
                for known_before in [true, false] {
                    let cache = if known_before { filled(&[("a", 0)]) } else { UsageCache::default() };
                    let early = (begun == 0).then(|| cache.fill(&needs));
                    let change = cache.begin(&charges);
                    let fill = early.unwrap_or_else(|| cache.fill(&needs));
                    // It may have read the state before the commit or the one after it.
                    if kept_before_its_end {
                        cache.keep(&needs, &fill, &[units(77)]);
                        cache.committed(change, &charges);
                    } else {
                        cache.committed(change, &charges);
                        cache.keep(&needs, &fill, &[units(77)]);
                    }
                    let expected = known_before.then(|| vec![units(1)]);
                    assert_eq!(cache.sums(&needs), expected, "{begun} {kept_before_its_end} {known_before}");
                }
            }
        }
    }

    #[test]
    fn what_a_failed_commit_touched_is_read_anew() {
        let cache = filled(&[("a", 3)]);
        let fill = cache.fill(&[need("a")]);
        cache.failed(&cache.begin(&[charge("a", 1)]));
        cache.keep(&[need("a")], &fill, &[units(3)]);
        assert_eq!(cache.sums(&[need("a")]), None, "it may have been committed all the same");
        let needs = [need("a")];
        cache.keep(&needs, &cache.fill(&needs), &[units(4)]);
        assert_eq!(cache.sums(&needs), Some(vec![units(4)]));
    }

    #[test]
    fn a_sum_at_the_edge_is_left_to_the_tables() {
        let cache = filled(&[("a", i64::MAX - 1), ("b", i64::MAX)]);
        assert_eq!(cache.sums(&[need("b")]), None);
        let charges = [charge("a", 5)];
        let change = cache.begin(&charges);
        cache.committed(change, &charges);
        assert_eq!(cache.sums(&[need("a")]), None, "what is given back later must not be taken from the edge");
    }

    #[test]
    fn it_holds_no_more_than_it_may() {
        let cache = UsageCache::default();
        let first = [need("0")];
        let early = cache.fill(&first);
        for number in 0..=SUBJECTS_MAX {
            let needs = [need(&number.to_string())];
            cache.keep(&needs, &cache.fill(&needs), &[units(1)]);
            assert!(cache.kept().entries.len() <= SUBJECTS_MAX);
        }
        cache.keep(&first, &early, &[units(0)]);
        assert_eq!(cache.sums(&first), None, "a reading from before all was dropped is not kept");
        let from = |number| DAY.saturating_sub(jiff::ToSpan::days(number));
        let day = |number| UsageRange::Dates(DateRange { from: from(number), until: DAY });
        let last = need("1");
        for number in 0..20 {
            let needs = [Need { range: day(number), ..last.clone() }];
            cache.keep(&needs, &cache.fill(&needs), &[units(1)]);
        }
        assert_eq!(cache.kept().entries[&key(&last)].windows.len(), WINDOWS_MAX);
        assert!(cache.sums(&[Need { range: day(19), ..last.clone() }]).is_some(), "the newest stays");
    }
}
