//! Security events on their way to the registry, off the till's path.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use avis_store::{Registry, SecurityEvent};

/// Events that may wait; beyond it they are lost, and said to be.
const WAITING_MAX: usize = 1024;
/// Events under one seal.
const BATCH_MAX: usize = 256;

/// Where handlers leave what concerns security. It is written when it can be; no till waits for it.
#[derive(Debug)]
pub struct SecurityLog {
    /// None once it is being dropped.
    queue: Option<SyncSender<SecurityEvent>>,
    writer: Option<JoinHandle<()>>,
}

impl SecurityLog {
    /// A log into a registry.
    pub fn start(registry: Arc<dyn Registry>) -> Self {
        let (queue, waiting) = sync_channel(WAITING_MAX);
        let writer = std::thread::spawn(move || write(&*registry, &waiting));
        Self { queue: Some(queue), writer: Some(writer) }
    }

    /// Keeps an event.
    pub fn note(&self, event: SecurityEvent) {
        if let Some(queue) = &self.queue
            && let Err(error) = queue.try_send(event)
        {
            eprintln!("avis: security log: an event was lost: {error}");
        }
    }
}

fn write(registry: &dyn Registry, waiting: &Receiver<SecurityEvent>) {
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(BATCH_MAX - 1));
        if let Err(error) = registry.note(&batch) {
            eprintln!("avis: security log: {} events were lost: {error}", batch.len());
        }
    }
}

impl Drop for SecurityLog {
    /// What waits is still written.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // It ends with its queue.
            let _ = writer.join();
        }
    }
}
