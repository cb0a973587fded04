//! Security events on their way to the audit, off the till's path.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use avis_store::{Audit, AuditEntry, Background};

/// Events that may wait; beyond it they are lost, and said to be.
const WAITING_MAX: usize = 1024;
/// Events that are written together.
const BATCH_MAX: usize = 256;

/// What concerns security and changes nothing: the action of its entry in the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecurityEventKind {
    /// A request id was used again with another meaning.
    RequestIdReused,
    /// A terminal presented more unknown identifiers than it may.
    Guessing,
    /// A key that is not known, not any more, or not yet.
    KeyRefused,
    /// A credential was used for what it is not for.
    OutOfScope,
}

impl SecurityEventKind {
    const ALL: [Self; 4] = [Self::RequestIdReused, Self::Guessing, Self::KeyRefused, Self::OutOfScope];

    /// The word for it in the audit.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::RequestIdReused => "request_id_reused",
            Self::Guessing => "guessing",
            Self::KeyRefused => "key_refused",
            Self::OutOfScope => "out_of_scope",
        }
    }
}

/// The words of what terminals do that concerns security, as the audit has them.
pub fn terminal_security_events() -> impl Iterator<Item = &'static str> {
    SecurityEventKind::ALL.into_iter().map(SecurityEventKind::word)
}

/// Where handlers leave what concerns security. It is written when it can be; no till waits for it.
#[derive(Debug)]
pub struct SecurityLog {
    queue: SyncSender<AuditEntry>,
    /// Ends with its queue, after what waits there is written.
    _writer: Background,
}

impl SecurityLog {
    /// A log into an audit.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn start(audit: Arc<dyn Audit>) -> io::Result<Self> {
        let (queue, waiting) = sync_channel(WAITING_MAX);
        let writer = Background::start("avis-security", move |_| write(&*audit, &waiting))?;
        Ok(Self { queue, _writer: writer })
    }

    /// Keeps an event.
    pub fn record(&self, event: AuditEntry) {
        if let Err(error) = self.queue.try_send(event) {
            tracing::error!(target: "avis::security", %error, "a security event was lost");
        }
    }
}

fn write(audit: &dyn Audit, waiting: &Receiver<AuditEntry>) {
    while let Ok(first) = waiting.recv() {
        let mut batch = vec![first];
        batch.extend(waiting.try_iter().take(BATCH_MAX - 1));
        if let Err(error) = audit.append(&batch) {
            tracing::error!(target: "avis::security", events = batch.len(), %error, "security events were lost");
        }
    }
}
