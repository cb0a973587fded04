//! The server under load: started on a folder of its own, killed and started again, stopped. Loopback only.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use crate::people::Files;
use crate::process::{self, KillAtDeadline};
use crate::report::locked;

/// A running `avis serve`.
pub(crate) struct Server {
    avis: PathBuf,
    folder: PathBuf,
    running: Mutex<Option<Running>>,
    /// None while it is down; each start has another port.
    address: RwLock<Option<SocketAddr>>,
    /// Whether its folder stays, for who wants to look into it.
    kept: AtomicBool,
}

struct Running {
    child: Child,
    /// Kept open: it says a last word when it stops.
    _out: BufReader<ChildStdout>,
}

impl Server {
    /// Starts it on a new folder.
    ///
    /// # Errors
    /// A program that can't be started, or that ends before it listens.
    pub(crate) fn start(avis: &Path, files: &Files) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("avis-loadtest-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let (running, address, kept) = (Mutex::new(None), RwLock::new(None), AtomicBool::new(false));
        let server = Self { avis: avis.to_owned(), folder, running, address, kept };
        server.import(files)?;
        server.launch()?;
        Ok(server)
    }

    fn import(&self, files: &Files) -> Result<(), String> {
        let mut command = process::command(&self.avis);
        command.arg("import").arg("--folder").arg(&self.folder);
        command.arg("--catalogue").arg(&files.catalogue).arg("--holders").arg(&files.holders);
        command.arg("--terminals").arg(&files.terminals).stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.status().map_err(|error| format!("{}: {error}", self.avis.display()))?;
        if status.success() { Ok(()) } else { Err(format!("{}: the files were not imported", self.avis.display())) }
    }

    fn launch(&self) -> Result<(), String> {
        let mut command = process::command(&self.avis);
        command.arg("serve").args(["--listen", "127.0.0.1:0"]).arg("--folder").arg(&self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let named = |error| format!("{}: {error}", self.avis.display());
        let mut child = command.spawn().map_err(named)?;
        let Some(out) = child.stdout.take() else { return Err(format!("{}: no output", self.avis.display())) };
        let mut out = BufReader::new(out);
        let _deadline = KillAtDeadline::new(&child, "the server to listen");
        match welcome(&mut out) {
            Ok(address) => {
                *locked(&self.running) = Some(Running { child, _out: out });
                self.set_address(Some(address));
                Ok(())
            }
            Err(detail) => {
                // It may have ended already.
                let _ = child.kill();
                let _ = child.wait();
                Err(format!("{}: {detail}", self.avis.display()))
            }
        }
    }

    /// Where it listens, unless it is down.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        *self.address.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_address(&self, address: Option<SocketAddr>) {
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// Leaves its folder behind.
    pub(crate) fn keep_folder(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Kills it, as a power cut would kill a process, and starts it again on the same folder.
    ///
    /// # Errors
    /// It does not start again.
    pub(crate) fn kill_and_start(&self) -> Result<(), String> {
        if let Some(mut running) = locked(&self.running).take() {
            running.child.kill().map_err(|error| format!("can't kill the server: {error}"))?;
            self.set_address(None);
            running.child.wait().map_err(|error| format!("the killed server: {error}"))?;
        }
        self.launch()
    }

    /// Asks it to stop and waits until it did.
    ///
    /// # Errors
    /// It ended by itself, does not stop, or says that it failed.
    pub(crate) fn stop(&self) -> Result<(), String> {
        let Some(mut running) = locked(&self.running).take() else { return Ok(()) };
        process::stop(&mut running.child)
    }
}

impl Drop for Server {
    /// Whatever went wrong, no server is left behind, and no folder that nobody asked for.
    fn drop(&mut self) {
        if let Some(mut running) = locked(&self.running).take() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
        if !self.kept.load(Ordering::Relaxed) {
            // What can't be removed is only in the way.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Reads its welcome up to the line that names the address.
fn welcome(out: &mut impl BufRead) -> Result<SocketAddr, String> {
    let mut line = String::new();
    loop {
        line.clear();
        if out.read_line(&mut line).map_err(|error| error.to_string())? == 0 {
            return Err("it ended before it listened".to_owned());
        }
        let Some(url) = line.split_whitespace().find_map(|word| word.strip_prefix("http://")) else { continue };
        let address: SocketAddr = url.parse().map_err(|_| format!("expected an address in `{}`", line.trim()))?;
        // Never another host, whatever the program says.
        return if address.ip().is_loopback() { Ok(address) } else { Err(format!("{address} is not this machine")) };
    }
}
