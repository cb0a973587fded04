//! Threads for what people ask for: pages, calls of the control plane, and files that go out. They give way to tills, and are others
//! than those on which sales wait for a ledger.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use avis_store::give_way;
use tokio::sync::oneshot;

/// Threads at most: most of them wait, for a store or for the next piece of a file.
const THREADS_MAX: usize = 128;
/// Work that waits for a thread at most.
const WAITING_MAX: usize = 512;
/// How long a thread without work is kept.
const IDLE_MAX: Duration = Duration::from_secs(10);

type Work = Box<dyn FnOnce() + Send>;

/// Why work was not done, or not to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// All threads are busy, and as much waits for them as may wait: it was not begun.
    Full,
    /// It panicked, or the system has no thread to give.
    Failed,
}

/// Threads that are started as they are needed, within a bound.
#[derive(Clone)]
pub struct WorkPool {
    bounds: Bounds,
    shared: Arc<Shared>,
}

#[derive(Clone, Copy)]
struct Bounds {
    threads: usize,
    waiting: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    is_there_work: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Work>,
    /// How much waits or is being done.
    taken_on: usize,
    threads: usize,
}

impl Default for WorkPool {
    fn default() -> Self {
        Self::of(Bounds { threads: THREADS_MAX, waiting: WAITING_MAX })
    }
}

impl WorkPool {
    fn of(bounds: Bounds) -> Self {
        Self { bounds, shared: Arc::default() }
    }

    /// Does work that may wait for a store, a disk or a body. What nobody waits for any more as its turn comes is not begun.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotDone> {
        let (answer, answered) = oneshot::channel();
        self.submit(Box::new(move || {
            if !answer.is_closed() {
                // Who asked may have left meanwhile.
                let _ = answer.send(work());
            }
        }))?;
        answered.await.map_err(|_| NotDone::Failed)
    }

    /// Begins work for whose end nobody waits.
    ///
    /// # Errors
    /// [`NotDone`].
    pub(crate) fn begin(&self, work: impl FnOnce() + Send + 'static) -> Result<(), NotDone> {
        self.submit(Box::new(work))
    }

    fn submit(&self, work: Work) -> Result<(), NotDone> {
        let mut state = self.shared.state();
        if state.taken_on >= self.bounds.threads + self.bounds.waiting {
            return Err(NotDone::Full);
        }
        if state.taken_on >= state.threads && state.threads < self.bounds.threads {
            let shared = self.shared.clone();
            let started = thread::Builder::new().name("avis-people".to_owned()).spawn(move || shared.work_on());
            match started {
                Ok(_) => state.threads += 1,
                Err(error) if state.threads == 0 => {
                    tracing::error!(target: "avis::control", %error, "no thread can be started");
                    return Err(NotDone::Failed);
                }
                // Those that are there do it.
                Err(_) => {}
            }
        }
        state.taken_on += 1;
        state.waiting.push_back(work);
        drop(state);
        self.shared.is_there_work.notify_one();
        Ok(())
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // No work is done under it: it is whole also after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work_on(&self) {
        give_way();
        while let Some(work) = self.next() {
            // It says so itself, by the name of its thread; who waits for it hears that nothing came of it.
            let _ = catch_unwind(AssertUnwindSafe(work));
            self.state().taken_on -= 1;
        }
    }

    /// What is to be done next; none after a while without work.
    fn next(&self) -> Option<Work> {
        let waited = self.is_there_work.wait_timeout_while(self.state(), IDLE_MAX, |state| state.waiting.is_empty());
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let work = state.waiting.pop_front();
        state.threads -= usize::from(work.is_none());
        work
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn blocked_on<T>(future: impl Future<Output = T>) -> T {
        actix_web::rt::System::new().block_on(future)
    }

    #[test]
    fn so_much_is_done_at_once_so_much_waits_and_the_rest_is_told_so() {
        let pool = WorkPool::of(Bounds { threads: 2, waiting: 3 });
        let (done, heard) = channel();
        let gates: Vec<_> = (0..5)
            .map(|number| {
                let (open, opened) = channel::<()>();
                let done = done.clone();
                let work = move || {
                    // Opened, or dropped with the test.
                    let _ = opened.recv_timeout(Duration::from_secs(60));
                    let _ = done.send(number);
                };
                assert_eq!(pool.begin(work), Ok(()), "{number}");
                open
            })
            .collect();
        assert_eq!(blocked_on(pool.run(|| ())), Err(NotDone::Full));
        drop(gates);
        let mut all: Vec<i32> = heard.iter().take(5).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4]);
        assert_eq!(blocked_on(pool.run(|| 7)), Ok(7));
    }

    #[test]
    fn what_panics_takes_no_thread_with_it() {
        let pool = WorkPool::of(Bounds { threads: 1, waiting: 1 });
        assert_eq!(blocked_on(pool.run(|| panic!("on purpose"))), Err::<(), _>(NotDone::Failed));
        assert_eq!(blocked_on(pool.run(|| 7)), Ok(7));
        assert_eq!(pool.shared.state().threads, 1);
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_not_begun() {
        let pool = WorkPool::of(Bounds { threads: 1, waiting: 5 });
        let (open, opened) = channel::<()>();
        let (done, heard) = channel();
        pool.begin(move || {
            let _ = opened.recv_timeout(Duration::from_secs(60));
        })
        .unwrap();
        blocked_on(async {
            let begun = done.clone();
            let mut left = std::pin::pin!(pool.run(move || begun.send("left")));
            std::future::poll_fn(|context| {
                assert!(left.as_mut().poll(context).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
        });
        drop(open);
        blocked_on(pool.run(move || done.send("stayed"))).unwrap().unwrap();
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["stayed"]);
    }
}
