//! The thread that drives a follower: it wakes when there is news, and looks in any case.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use avis_store::{Background, Control, Hints, Signal, StoreError};

use crate::follower::{Counted, Follower};

/// A follower on a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct Following {
    standing: Arc<Mutex<Standing>>,
    _thread: Background,
}

/// How following goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What the follower counted.
    pub counted: Counted,
    /// Steps that failed since the start.
    pub failures: u64,
    /// Why the last step failed; none if it did not.
    pub failing: Option<String>,
}

impl Following {
    /// Goes on with a follower that has come to its first state, looking at least so often.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(mut follower: Follower, signal: &dyn Signal, every: Duration) -> io::Result<Self> {
        let standing = Arc::new(Mutex::new(Standing { counted: follower.counted(), ..Standing::default() }));
        let (told, mut hints) = (standing.clone(), signal.listen());
        let thread = Background::start("avis-follower", move |control| {
            while !control.is_stopped() {
                let step = follower.follow().map(|_| ());
                publish(&told, follower.counted(), step);
                rest(&mut *hints, jittered(every), control, |number| follower.is_news(number));
            }
        })?;
        Ok(Self { standing, _thread: thread })
    }

    /// How it goes.
    pub fn standing(&self) -> Standing {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn publish(told: &Mutex<Standing>, counted: Counted, step: Result<(), StoreError>) {
    // What is told is whole also where somebody panicked.
    let mut standing = told.lock().unwrap_or_else(PoisonError::into_inner);
    let failing = step.err().map(|error| error.to_string());
    if failing != standing.failing {
        match &failing {
            Some(error) => {
                tracing::warn!(target: "avis::follower", error, "the store can't be followed; what is known serves on");
            }
            None => tracing::info!(target: "avis::follower", "the store is followed again"),
        }
    }
    if counted.mismatches > standing.counted.mismatches {
        tracing::error!(target: "avis::follower", "the copy was not equal to the store and was read again");
    }
    if counted.unreadable > standing.counted.unreadable {
        let rows = counted.unreadable;
        tracing::error!(target: "avis::follower", rows, "rows can't be read; they grant nothing");
    }
    if counted.in_vain && !standing.counted.in_vain {
        tracing::error!(
            target: "avis::follower",
            "the store itself is not what was committed; it is read again once in a while. `avis status --verify` names the \
             rows that differ; importing them again or restoring a backup clears it"
        );
    } else if standing.counted.in_vain && !counted.in_vain {
        tracing::info!(target: "avis::follower", "the store is what was committed again");
    }
    standing.failures += u64::from(failing.is_some());
    standing.failing = failing;
    standing.counted = counted;
}

/// How long a wait may go on after it is to stop.
const SLICE: Duration = Duration::from_millis(250);

/// Waits until there is news, for so long at most. A number that is not news is no reason to look sooner, nor later.
fn rest(hints: &mut dyn Hints, most: Duration, control: &Control, mut is_news: impl FnMut(u64) -> bool) {
    let begun = Instant::now();
    while let Some(left) = most.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
        if control.is_stopped() || hints.wait(left.min(SLICE)).is_some_and(&mut is_news) {
            return;
        }
    }
}

/// A tenth less at most, so that engines that started together don't look together for ever.
fn jittered(every: Duration) -> Duration {
    let mut random = [0];
    // Without randomness they may look together.
    let _ = getrandom::fill(&mut random);
    every.saturating_sub(every / 2560 * u32::from(random[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Repeats itself without a pause.
    struct Chatter(u64);

    impl Hints for Chatter {
        fn wait(&mut self, _most: Duration) -> Option<u64> {
            Some(self.0)
        }
    }

    #[test]
    fn numbers_that_are_no_news_put_off_no_look_however_often_they_come() {
        let mut heard = 0_u64;
        rest(&mut Chatter(3), Duration::from_millis(5), &Control::default(), |_| {
            heard += 1;
            false
        });
        assert!(heard > 0);
    }

    #[test]
    fn news_end_the_rest_at_once() {
        let mut heard = Vec::new();
        rest(&mut Chatter(3), Duration::MAX, &Control::default(), |number| {
            heard.push(number);
            heard.len() == 2
        });
        assert_eq!(heard, [3, 3]);
    }
}
