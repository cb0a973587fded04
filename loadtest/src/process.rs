//! Processes that were started for the run, and how they are stopped.

use std::process::{Child, Command};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Longer than it may take to finish open requests.
const STOP_TIME: Duration = Duration::from_secs(30);

/// Many times what the program takes until it says what is waited for, a whole cluster included.
const WORDS_TIME: Duration = Duration::from_secs(300);

/// Kills a process that has not said what is waited for in time, so that reading from it ends; called off when it is dropped.
pub(crate) struct KillAtDeadline(#[allow(dead_code, reason = "its end is what counts")] Sender<()>);

impl KillAtDeadline {
    /// Says what was waited for when it kills.
    pub(crate) fn new(child: &Child, what: &str) -> Self {
        let (called_off, waiting) = channel();
        let (process, what) = (child.id(), what.to_owned());
        std::thread::spawn(move || {
            if waiting.recv_timeout(WORDS_TIME) == Err(RecvTimeoutError::Timeout) {
                eprintln!("waited {WORDS_TIME:?} for {what}; process {process} is killed");
                // One that is gone already is as good as killed.
                let _ = Command::new("kill").args(["-KILL", &process.to_string()]).status();
            }
        });
        Self(called_off)
    }
}

/// Asks a process to stop and waits until it did.
///
/// # Errors
/// It ended by itself, does not stop, or says that it failed.
pub(crate) fn stop(child: &mut Child) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("stopping the server: {error}");
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().map_err(failed)?;
    let begun = Instant::now();
    while asked.success() && begun.elapsed() < STOP_TIME {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return if status.success() { Ok(()) } else { Err(format!("the server ended with {status}")) };
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().and_then(|()| child.wait()).map_err(failed)?;
    Err(format!("the server did not stop within {} s of SIGTERM and was killed", STOP_TIME.as_secs()))
}

/// A command of the program with its defaults, whatever this shell is set to: they are what is measured.
pub(crate) fn command(avis: &std::path::Path) -> Command {
    let mut command = Command::new(avis);
    let settings = std::env::vars_os().map(|(name, _)| name);
    for name in settings.filter(|name| name.to_str().is_some_and(|name| name.starts_with("AVIS_"))) {
        command.env_remove(name);
    }
    command
}
