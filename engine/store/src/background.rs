//! Threads that work in the background until they are stopped.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::giving_way::give_way;

/// How long a thread may take to end after it was stopped; then it is left behind.
const END_WITHIN: Duration = Duration::from_secs(10);

/// A named thread that is stopped when this is dropped, and waited for up to 10 seconds. One that takes longer is reported and left
/// behind, so that nothing waits without an end.
///
/// A thread that ends with its queue is stopped by dropping the queue first: fields are dropped in the order of their declaration.
#[derive(Debug)]
pub struct Background {
    name: &'static str,
    control: Control,
    thread: Option<JoinHandle<()>>,
    /// Disconnected when the thread ends, in whatever way.
    ended: Mutex<Receiver<()>>,
}

/// What a background thread shares with those who stop or wake it.
#[derive(Clone, Debug, Default)]
pub struct Control(Arc<(Mutex<Commands>, Condvar)>);

#[derive(Clone, Copy, Debug, Default)]
struct Commands {
    is_stopped: bool,
    is_woken: bool,
}

impl Background {
    /// Starts a thread. Its work looks at the control that it is given, and returns soon after it is stopped.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(name: &'static str, work: impl FnOnce(&Control) + Send + 'static) -> io::Result<Self> {
        Self::with_control(name, Control::default(), work)
    }

    /// As [`Background::start`], on a thread that gives way to tills.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn giving_way(name: &'static str, work: impl FnOnce(&Control) + Send + 'static) -> io::Result<Self> {
        Self::start(name, move |control| {
            give_way();
            work(control);
        })
    }

    /// As [`Background::start`], with a control that others have, too.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn with_control(
        name: &'static str,
        control: Control,
        work: impl FnOnce(&Control) + Send + 'static,
    ) -> io::Result<Self> {
        let (ends, ended) = channel();
        let given = control.clone();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            work(&given);
            drop(ends);
        })?;
        Ok(Self { name, control, thread: Some(thread), ended: Mutex::new(ended) })
    }

    /// Ends the thread's [`Control::wait`], this one or the next.
    pub fn wake(&self) {
        self.control.wake();
    }

    /// Stops the thread and waits for its end; whether it came in time.
    fn end(&mut self, within: Duration) -> bool {
        self.control.stop();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let has_ended = ended.recv_timeout(within) == Err(RecvTimeoutError::Disconnected);
        if has_ended && let Some(thread) = self.thread.take() {
            // One that panicked has said so itself, by its name.
            let _ = thread.join();
        }
        has_ended
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if !self.end(END_WITHIN) {
            tracing::warn!(
                target: "avis::background",
                thread = self.name,
                seconds = END_WITHIN.as_secs(),
                "a thread did not end in time and is left behind"
            );
        }
    }
}

impl Control {
    fn commands(&self) -> MutexGuard<'_, Commands> {
        // Each field is whole by itself, also after a panic.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the thread to end.
    pub fn stop(&self) {
        self.commands().is_stopped = true;
        self.0.1.notify_all();
    }

    /// Whether the thread is to end.
    pub fn is_stopped(&self) -> bool {
        self.commands().is_stopped
    }

    /// Ends the thread's [`Control::wait`], this one or the next.
    pub fn wake(&self) {
        self.commands().is_woken = true;
        self.0.1.notify_all();
    }

    /// Sleeps for so long, or until the thread is stopped; whether it is to go on.
    #[must_use]
    pub fn sleep(&self, pause: Duration) -> bool {
        !self.pause_while(pause, |commands| !commands.is_stopped).is_stopped
    }

    /// Sleeps as [`Control::sleep`], but for no longer than until the thread is woken; whether it is to go on.
    #[must_use]
    pub fn wait(&self, most: Duration) -> bool {
        let mut commands = self.pause_while(most, |commands| !commands.is_stopped && !commands.is_woken);
        commands.is_woken = false;
        !commands.is_stopped
    }

    fn pause_while(&self, most: Duration, goes_on: impl Fn(&Commands) -> bool) -> MutexGuard<'_, Commands> {
        let waited = self.0.1.wait_timeout_while(self.commands(), most, |commands| goes_on(commands));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_thread_is_stopped_in_its_sleep_and_has_ended_when_it_is_dropped() {
        let (told, heard) = channel();
        let background = Background::start("sleeper", move |control| {
            let goes_on = control.sleep(Duration::MAX);
            let _ = told.send(goes_on);
        });
        drop(background.unwrap());
        assert_eq!(heard.try_recv(), Ok(false));
    }

    #[test]
    fn waking_ends_a_wait_once_and_no_sleep() {
        let control = Control::default();
        control.wake();
        assert!(control.sleep(Duration::from_millis(1)), "it sleeps to its end");
        assert!(control.wait(LONG), "woken before it waited: it goes on at once");
        let (told, heard) = channel();
        let background = Background::with_control("waiter", control, move |control| {
            while control.wait(Duration::MAX) {
                let _ = told.send(());
            }
        });
        let background = background.unwrap();
        assert!(heard.try_recv().is_err(), "nothing woke it yet");
        background.wake();
        assert_eq!(heard.recv_timeout(LONG), Ok(()));
    }

    #[test]
    fn a_thread_that_panicked_has_ended() {
        let mut background = Background::start("panicking", |_| panic!("on purpose")).unwrap();
        assert!(background.end(LONG));
    }

    #[test]
    fn a_thread_that_does_not_end_is_left_behind() {
        let (release, released) = channel::<()>();
        let mut background = Background::start("stuck", move |_| {
            let _ = released.recv_timeout(LONG);
        })
        .unwrap();
        assert!(!background.end(Duration::from_millis(5)));
        drop(release);
        assert!(background.end(LONG));
    }
}
