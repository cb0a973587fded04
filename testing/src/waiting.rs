//! Waiting with an end: a test waits as long as a slow and busy machine may need, and then says what it waited for.

use std::fmt::Debug;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest that any one condition may take. It only ends what would hang: no test passes by being quicker.
pub const DEADLINE: Duration = Duration::from_secs(300);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks again and again until what is seen is as expected, and returns it.
///
/// # Panics
/// It is not so within [`DEADLINE`]: with what was waited for, and what was seen last.
#[track_caller]
pub fn eventually<Seen: Debug>(
    what: &str,
    mut look: impl FnMut() -> Seen,
    is_expected: impl Fn(&Seen) -> bool,
) -> Seen {
    let begun = Instant::now();
    loop {
        let seen = look();
        if is_expected(&seen) {
            return seen;
        }
        assert!(begun.elapsed() < DEADLINE, "waited {DEADLINE:?} for this: {what}; last seen: {seen:?}");
        std::thread::sleep(PAUSE);
    }
}

/// Kills a process that is still there at the deadline, and those of its group if it leads one, so that reading from it and waiting
/// for its end come to an end, too. Dropping it calls this off.
pub struct KillAtDeadline(#[allow(dead_code, reason = "its end is what counts")] Sender<()>);

impl KillAtDeadline {
    /// Says what was waited for when it kills.
    pub fn new(process: u32, what: &str) -> Self {
        let (called_off, waiting) = channel();
        let what = what.to_owned();
        std::thread::spawn(move || {
            if waiting.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
                eprintln!("waited {DEADLINE:?} for this: {what}; process {process} is killed");
                let _ =
                    Command::new("kill").args(["-KILL", "--", &process.to_string(), &format!("-{process}")]).status();
            }
        });
        Self(called_off)
    }
}

/// Sets a flag when it is dropped, also by a panic: threads that work until the flag is set come to their end.
pub struct SetOnDrop<'a>(pub &'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Lets threads go on together, round after round, once all of them have arrived.
pub struct Together {
    count: usize,
    /// How many have arrived in all rounds so far.
    arrived: Mutex<usize>,
    news: Condvar,
}

impl Together {
    /// For so many threads.
    pub fn new(count: usize) -> Self {
        Self { count, arrived: Mutex::new(0), news: Condvar::new() }
    }

    /// Waits for all the others.
    ///
    /// # Panics
    /// They do not all come within [`DEADLINE`]: one of them has failed, or hangs.
    #[track_caller]
    pub fn wait(&self) {
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        let all = (*arrived / self.count + 1) * self.count;
        *arrived += 1;
        self.news.notify_all();
        let waited = self.news.wait_timeout_while(arrived, DEADLINE, |arrived| *arrived < all);
        let (arrived, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out(), "waited {DEADLINE:?} for {all} arrivals; there were {arrived}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_returned_as_it_was_seen() {
        let mut looks = 0;
        let seen = eventually(
            "three looks",
            || {
                looks += 1;
                looks
            },
            |looks| *looks == 3,
        );
        assert_eq!((seen, looks), (3, 3));
    }

    #[test]
    fn a_process_is_left_alone_where_the_wait_ended_in_time() {
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        drop(KillAtDeadline::new(child.id(), "nothing"));
        assert!(child.try_wait().unwrap().is_none());
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }

    #[test]
    fn a_flag_is_set_also_by_a_panic() {
        let flag = AtomicBool::new(false);
        let panicked = std::panic::catch_unwind(|| {
            let _set = SetOnDrop(&flag);
            panic!("as it may");
        });
        assert!(panicked.is_err() && flag.load(Ordering::SeqCst));
    }

    #[test]
    fn nobody_begins_a_round_before_all_have_ended_the_one_before() {
        let (together, ended) = (Together::new(4), std::sync::atomic::AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..50 {
                        together.wait();
                        assert!(ended.load(Ordering::SeqCst) >= 4 * round);
                        together.wait();
                        ended.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
    }
}
