//! Security events on their way to the registry, off the till's path.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use avis_store::{Background, Registry, SecurityEvent};

/// Events that may wait; beyond it they are lost, and said to be.
const WAITING_MAX: usize = 1024;
/// Events under one seal.
const BATCH_MAX: usize = 256;

/// Where handlers leave what concerns security. It is written when it can be; no till waits for it.
#[derive(Debug)]
pub struct SecurityLog {
    queue: SyncSender<SecurityEvent>,
    /// Ends with its queue, after what waits there is written.
    _writer: Background,
}

impl SecurityLog {
    /// A log into a registry.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(registry: Arc<dyn Registry>) -> io::Result<Self> {
        let (queue, waiting) = sync_channel(WAITING_MAX);
        let writer = Background::start("avis-security", move |_| write(&*registry, &waiting))?;
        Ok(Self { queue, _writer: writer })
    }

    /// Keeps an event.
    pub fn note(&self, event: SecurityEvent) {
        if let Err(error) = self.queue.try_send(event) {
            tracing::error!(target: "avis::security", %error, "a security event was lost");
        }
    }
}

fn write(registry: &dyn Registry, waiting: &Receiver<SecurityEvent>) {
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(BATCH_MAX - 1));
        if let Err(error) = registry.note(&batch) {
            tracing::error!(target: "avis::security", events = batch.len(), %error, "security events were lost");
        }
    }
}
