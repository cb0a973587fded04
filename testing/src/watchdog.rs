//! A shell that waits for the end of this process, also if it is killed, and then clears up.

use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use crate::folder::ServerFolder;

/// Clears up when it is dropped, or when this process is gone: the pipe it reads ends then.
pub(crate) struct Watchdog(Child);

impl Watchdog {
    /// Runs `begin` at once and `end` at the end; both are lines of shell, with these arguments as `$1` and so on.
    pub(crate) fn start(folder: &ServerFolder, begin: &str, end: &str, arguments: &[&str]) -> Self {
        // What a shell starts in the background ignores interrupts: its process group alone keeps those of a terminal away.
        let script = format!("exec >>log 2>&1; {begin} trap '' INT TERM HUP; cat >/dev/null; {end}");
        let log = std::fs::File::create(folder.path().join("watchdog.log")).unwrap();
        let mut shell = folder.command("/bin/sh".as_ref());
        shell.args(["-c", &script, "watchdog"]).args(arguments).process_group(0);
        shell.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        Self(shell.spawn().unwrap())
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
