//! What was used, as quotes know it: from the ledger where it answers at once, else as it was told last, else not at all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use avis_core::{Need, Totals};
use dashmap::DashMap;
use serde::Serialize;
use utoipa::ToSchema;

/// How well a quote knows what was used before. `exact`: as of the ledger's last commit. `as_of`: the ledger does not answer now, so
/// as this engine read it last. `unknown`: as if nothing was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UsageKnown)]
pub enum UsageConfidence {
    /// As of the ledger's last commit.
    Exact,
    /// As it was told before.
    AsOf,
    /// Not at all: as if nothing was used.
    Unknown,
}

/// Sums that are kept: those of a busy day of a hundred thousand holders.
const KEPT_MAX: usize = 200_000;
/// How long quotes do without the ledger after it did not answer.
const REST: Duration = Duration::from_secs(1);

/// Usage as it was told last.
#[derive(Debug)]
pub struct UsageCache {
    told: DashMap<Need, Totals>,
    begun: Instant,
    /// Milliseconds since `begun` until which the ledger is not asked.
    rests_until_ms: AtomicU64,
}

impl Default for UsageCache {
    fn default() -> Self {
        Self { told: DashMap::new(), begun: Instant::now(), rests_until_ms: AtomicU64::new(0) }
    }
}

impl UsageCache {
    /// Whether the ledger is to be asked now.
    pub fn may_ask(&self) -> bool {
        self.run_ms() >= self.rests_until_ms.load(Ordering::Relaxed)
    }

    /// Keeps what the ledger told.
    pub fn keep(&self, needs: &[Need], used: &[Totals]) {
        if self.told.len() > KEPT_MAX {
            // Simple and rare: what is needed is soon told again.
            self.told.clear();
        }
        for (need, totals) in needs.iter().zip(used) {
            self.told.insert(need.at_any_time(), *totals);
        }
    }

    /// Notes that the ledger was asked in vain.
    pub fn rest(&self) {
        let until = self.run_ms().saturating_add(u64::try_from(REST.as_millis()).unwrap_or(u64::MAX));
        self.rests_until_ms.fetch_max(until, Ordering::Relaxed);
    }

    /// What was told before, by a ledger that does not answer now.
    pub fn without_ledger(&self, needs: &[Need]) -> (Vec<Totals>, UsageConfidence) {
        let told = |need: &Need| self.told.get(&need.at_any_time()).map(|totals| need.still(*totals));
        let told: Vec<Option<Totals>> = needs.iter().map(told).collect();
        let exactness = if told.iter().all(Option::is_some) { UsageConfidence::AsOf } else { UsageConfidence::Unknown };
        (told.into_iter().map(Option::unwrap_or_default).collect(), exactness)
    }

    fn run_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use avis_core::{DateRange, Subject, UsageRange};
    use jiff::civil::date;

    use super::*;

    fn need(holder: &str) -> Need {
        let day = date(2026, 11, 18);
        Need {
            code: "b".into(),
            subject: Subject::Holder(Arc::from(holder)),
            range: UsageRange::Dates(DateRange { from: day, until: day }),
        }
    }

    #[test]
    fn what_was_told_serves_where_the_ledger_does_not() {
        let (usage_cache, used) = (UsageCache::default(), Totals { uses: 2, ..Totals::default() });
        assert!(usage_cache.may_ask());
        assert_eq!(usage_cache.without_ledger(&[need("a")]), (vec![Totals::default()], UsageConfidence::Unknown));
        usage_cache.rest();
        assert!(!usage_cache.may_ask(), "it rests");
        let until = usage_cache.rests_until_ms.load(Ordering::Relaxed);
        usage_cache.keep(&[need("a")], &[used]);
        assert_eq!(usage_cache.without_ledger(&[need("a")]), (vec![used], UsageConfidence::AsOf));
        assert_eq!(usage_cache.without_ledger(&[need("a"), need("b")]).1, UsageConfidence::Unknown);
        assert_eq!(usage_cache.rests_until_ms.load(Ordering::Relaxed), until, "quotes meanwhile prolong no rest");
    }

    #[test]
    fn a_window_that_was_told_serves_until_it_is_over() {
        let (usage_cache, used) = (UsageCache::default(), Totals { uses: 2, since: Some(60_000), ..Totals::default() });
        let at = |at| Need { range: UsageRange::FromFirst { minutes: 2, at }, ..need("a") };
        usage_cache.keep(&[at(70_000)], &[used]);
        for (instant, counts) in [(59_999, false), (60_000, true), (179_999, true), (180_000, false)] {
            let expected = if counts { used } else { Totals::default() };
            assert_eq!(
                usage_cache.without_ledger(&[at(instant)]),
                (vec![expected], UsageConfidence::AsOf),
                "{instant}"
            );
        }
    }
}
