//! How often somebody may ask, by a bucket that fills with time, and how many do something at a time; in the memory of this process.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How often it is told that a caller goes on to be refused.
const TOLD_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Callers that are remembered; beyond it those whose bucket is full are forgotten first.
const CALLERS_MAX: usize = 10_000;

/// Buckets by caller.
#[derive(Debug)]
pub(crate) struct Pace {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    level: f64,
    at: Timestamp,
    /// When it was told last that the caller is refused.
    told_at: Option<Timestamp>,
}

/// That a caller must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    /// Until there is one again.
    pub(crate) seconds: u64,
    /// Whether it is the first refusal within a minute: the audit is told of no more.
    pub(crate) is_first: bool,
}

/// What few may do at a time, for it takes long.
#[derive(Debug)]
pub(crate) struct Turns {
    most: usize,
    taken: AtomicUsize,
}

/// A turn, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a>(&'a AtomicUsize);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turns {
    /// For so many at a time.
    pub(crate) fn of(most: usize) -> Self {
        Self { most, taken: AtomicUsize::new(0) }
    }

    /// A turn; none while so many others have theirs.
    pub(crate) fn take(&self) -> Option<Turn<'_>> {
        let one_more = |taken: usize| (taken < self.most).then_some(taken + 1);
        self.taken.try_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok().map(|_| Turn(&self.taken))
    }
}

impl Pace {
    /// Of a user or a token: 20 a second, 40 at once.
    pub(crate) fn of_principals() -> Self {
        Self::new(20.0, 40.0)
    }

    /// Of an address that signs in: 30 a minute.
    pub(crate) fn of_addresses() -> Self {
        Self::new(0.5, 30.0)
    }

    fn new(per_second: f64, burst: f64) -> Self {
        Self { per_second, burst, buckets: Mutex::default() }
    }

    /// Takes one from a caller's bucket.
    ///
    /// # Errors
    /// An empty one.
    pub(crate) fn take(&self, caller: &str, now: Timestamp) -> Result<(), Wait> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CALLERS_MAX && !buckets.contains_key(caller) {
            buckets.retain(|_, bucket| self.level(*bucket, now) < self.burst);
            if buckets.len() >= CALLERS_MAX {
                return Err(Wait { seconds: 1, is_first: false });
            }
        }
        let full = Bucket { level: self.burst, at: now, told_at: None };
        let bucket = buckets.entry(caller.to_owned()).or_insert(full);
        let level = self.level(*bucket, now);
        let is_taken = level >= 1.0;
        *bucket = Bucket { level: if is_taken { level - 1.0 } else { level }, at: bucket.at.max(now), ..*bucket };
        if is_taken {
            return Ok(());
        }
        let is_first = bucket.told_at.is_none_or(|told_at| now.duration_since(told_at) >= TOLD_EVERY);
        bucket.told_at = if is_first { Some(now) } else { bucket.told_at };
        Err(Wait { seconds: if self.per_second < 1.0 { 2 } else { 1 }, is_first })
    }

    fn level(&self, bucket: Bucket, now: Timestamp) -> f64 {
        let passed = now.duration_since(bucket.at).as_secs_f64().max(0.0);
        (bucket.level + passed * self.per_second).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_burst_is_taken_at_once_and_then_as_fast_as_it_fills() {
        let (pace, now) = (Pace::of_principals(), Timestamp::UNIX_EPOCH);
        for _ in 0..40 {
            assert_eq!(pace.take("a", now), Ok(()));
        }
        assert_eq!(pace.take("a", now), Err(Wait { seconds: 1, is_first: true }));
        assert_eq!(pace.take("a", now), Err(Wait { seconds: 1, is_first: false }), "it is told once a minute");
        assert_eq!(pace.take("b", now), Ok(()), "each has its own");
        let later = now + SignedDuration::from_millis(100);
        let again = Err(Wait { seconds: 1, is_first: false });
        assert_eq!((pace.take("a", later), pace.take("a", later), pace.take("a", later)), (Ok(()), Ok(()), again));
    }

    #[test]
    fn who_is_refused_can_be_no_more_than_is_remembered() {
        let (pace, now) = (Pace::of_addresses(), Timestamp::UNIX_EPOCH);
        for caller in 0..CALLERS_MAX {
            assert_eq!(pace.take(&caller.to_string(), now), Ok(()));
        }
        assert_eq!(pace.take("new", now), Err(Wait { seconds: 1, is_first: false }));
        assert_eq!(pace.take("new", now + SignedDuration::from_secs(2)), Ok(()), "those that are full are forgotten");
    }

    #[test]
    fn so_many_have_turns_at_once_and_no_more() {
        let turns = Turns::of(2);
        let taken = [turns.take(), turns.take()];
        assert!(taken.iter().all(Option::is_some) && turns.take().is_none());
        drop(taken);
        assert!(turns.take().is_some());
    }
}
