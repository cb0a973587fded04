//! Who changes what engines follow.

use avis_store::{Act, Actor, AuditObject};
use jiff::Timestamp;

/// Who imports, when and why.
#[derive(Clone, Debug)]
pub struct ChangeContext {
    /// Who.
    pub actor: Actor,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Say what it would do, and do nothing.
    pub dry_run: bool,
    /// Codes of providers that count as known though no rule names them yet.
    pub providers: Vec<String>,
    /// Publish a catalogue of which cases fail.
    pub despite_failing_cases: bool,
}

impl ChangeContext {
    /// The act that the audit is to tell.
    pub(crate) fn act(&self, action: &str, object: Option<AuditObject>) -> Act {
        let reason = Some(self.reason.clone()).filter(|reason| !reason.is_empty());
        Act { object, reason, ..Act::new(self.actor.clone(), action) }
    }
}
