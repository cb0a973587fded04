//! Whether somebody asked this process to stop.

use std::io;

/// Listens for SIGTERM and Ctrl-C from now on; until then they end the process at once.
#[cfg(unix)]
pub(crate) struct ShutdownSignal {
    terminate: actix_web::rt::signal::unix::Signal,
    interrupt: actix_web::rt::signal::unix::Signal,
}

#[cfg(unix)]
impl ShutdownSignal {
    /// Begins to listen, within a runtime.
    pub(crate) fn listen() -> io::Result<Self> {
        use actix_web::rt::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for either.
    pub(crate) async fn stop(mut self) {
        std::future::poll_fn(|context| match self.terminate.poll_recv(context) {
            std::task::Poll::Pending => self.interrupt.poll_recv(context),
            ready => ready,
        })
        .await;
    }
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
    pub(crate) async fn stop(self) {
        // Where it can't be listened for, the process is ended from outside.
        if actix_web::rt::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
