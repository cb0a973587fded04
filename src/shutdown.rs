//! Whether somebody asked this process to stop.

use std::io;

/// Listens for SIGTERM, Ctrl-C and a terminal that hangs up from now on; until then they end the process at once.
#[cfg(unix)]
pub(crate) struct ShutdownSignal(Vec<actix_web::rt::signal::unix::Signal>);

#[cfg(unix)]
impl ShutdownSignal {
    /// Begins to listen, within a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        use actix_web::rt::signal::unix::{SignalKind, signal};
        let mut kinds = vec![SignalKind::terminate(), SignalKind::interrupt()];
        if !outlives_its_terminal() {
            kinds.push(SignalKind::hangup());
        }
        kinds.into_iter().map(signal).collect::<io::Result<_>>().map(Self)
    }

    /// Waits for the next of them.
    pub(crate) async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let is_asked = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if is_asked { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

/// Whether it was started so that a hang-up is nothing to it, as by `nohup`: then SIGHUP, the first signal, is ignored.
#[cfg(unix)]
fn outlives_its_terminal() -> bool {
    // Where the system does not tell, nobody asked for it.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Listens for Ctrl-C.
#[cfg(not(unix))]
pub(crate) struct ShutdownSignal;

#[cfg(not(unix))]
impl ShutdownSignal {
    /// Begins to listen.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for it.
    pub(crate) async fn next(&mut self) {
        // Where it can't be listened for, the process is ended from outside.
        if actix_web::rt::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
