//! How often somebody may ask: a bucket that fills with time, in the memory of this process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

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
    /// An empty one: the seconds until there is one again.
    pub(crate) fn take(&self, caller: &str, now: Timestamp) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= CALLERS_MAX && !buckets.contains_key(caller) {
            buckets.retain(|_, bucket| self.level(*bucket, now) < self.burst);
            if buckets.len() >= CALLERS_MAX {
                return Err(1);
            }
        }
        let bucket = buckets.entry(caller.to_owned()).or_insert(Bucket { level: self.burst, at: now });
        let level = self.level(*bucket, now);
        *bucket = Bucket { level: if level < 1.0 { level } else { level - 1.0 }, at: bucket.at.max(now) };
        if level < 1.0 { Err(if self.per_second < 1.0 { 2 } else { 1 }) } else { Ok(()) }
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
        assert_eq!(pace.take("a", now), Err(1));
        assert_eq!(pace.take("b", now), Ok(()), "each has its own");
        let later = now + SignedDuration::from_millis(100);
        assert_eq!((pace.take("a", later), pace.take("a", later), pace.take("a", later)), (Ok(()), Ok(()), Err(1)));
    }

    #[test]
    fn who_is_refused_can_be_no_more_than_is_remembered() {
        let (pace, now) = (Pace::of_addresses(), Timestamp::UNIX_EPOCH);
        for caller in 0..CALLERS_MAX {
            assert_eq!(pace.take(&caller.to_string(), now), Ok(()));
        }
        assert_eq!(pace.take("new", now), Err(1));
        assert_eq!(pace.take("new", now + SignedDuration::from_secs(2)), Ok(()), "those that are full are forgotten");
    }
}
