//! Turns at a file: SQLite lets one write and makes others try again and again, so that who writes often would leave no gap to them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Threads of one process write a file in the order in which they asked.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<Counted>, Condvar);

#[derive(Debug, Default)]
struct Counted {
    asked: u64,
    ended: u64,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'t>(&'t Turns);

impl Turns {
    /// Waits until all who asked before had their turns.
    pub(super) fn take(&self) -> Turn<'_> {
        let mut counted = self.counted();
        let own = counted.asked;
        counted.asked += 1;
        let ours = self.1.wait_while(counted, |counted| counted.ended != own).unwrap_or_else(PoisonError::into_inner);
        drop(ours);
        Turn(self)
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        // Each number is whole by itself, also after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.counted().ended += 1;
        self.0.1.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use avis_testing::eventually;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// Whoever asks again at once comes behind who waits.
    #[test]
    fn who_asked_first_comes_first() {
        let turns = Turns::default();
        let (told, heard) = channel();
        thread::scope(|threads| {
            let first = turns.take();
            let waiting = |name: &'static str, others: u64| {
                let (told, turns) = (told.clone(), &turns);
                threads.spawn(move || {
                    let _turn = turns.take();
                    told.send(name).unwrap();
                });
                eventually("a thread that waits", || turns.counted().asked, |asked| *asked == others);
            };
            waiting("second", 2);
            waiting("third", 3);
            assert!(heard.try_recv().is_err());
            drop(first);
            told.send("again").map(|()| drop(turns.take())).unwrap();
            let mut order = [(); 3].map(|()| heard.recv_timeout(LONG).unwrap()).to_vec();
            order.retain(|name| *name != "again");
            assert_eq!(order, ["second", "third"]);
        });
    }
}
