//! A shell that waits for the end of this process, also if it is killed, and then clears up.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::ServerError;

/// Clears up when it is dropped, or when this process is gone: the pipe it reads ends then.
pub struct Watchdog(Child);

impl Watchdog {
    /// Runs these lines of shell at the end, in a folder that is `$1` to them.
    ///
    /// # Errors
    /// No shell can be started there.
    pub fn of(folder: &Path, end: &str) -> Result<Self, ServerError> {
        let mut shell = Command::new(SHELL);
        shell.current_dir(folder);
        Self::start(shell, folder, ("", end), &[folder.as_os_str()])
    }

    /// Runs `begin` at once and `end` at the end; both are lines of shell, with these arguments as `$1` and so on.
    pub(crate) fn start(
        mut shell: Command,
        folder: &Path,
        (begin, end): (&str, &str),
        arguments: &[&OsStr],
    ) -> Result<Self, ServerError> {
        // What a shell starts in the background ignores interrupts: its process group alone keeps those of a terminal away.
        let script = format!("exec >>log 2>&1; {begin} trap '' INT TERM HUP; cat >/dev/null; {end}");
        let path = folder.join("watchdog.log");
        let logs = File::create(&path).and_then(|log| Ok((log.try_clone()?, log)));
        let (out, err) = logs.map_err(ServerError::of(&path))?;
        shell.args(["-c", &script, "watchdog"]).args(arguments).process_group(0);
        shell.stdin(Stdio::piped()).stdout(out).stderr(err);
        shell.spawn().map(Self).map_err(|error| ServerError::System { what: SHELL.to_owned(), error })
    }
}

pub(crate) const SHELL: &str = "/bin/sh";

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
