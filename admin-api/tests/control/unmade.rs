//! Objects of parties that nobody made, for who walks the policy.

use avis_store::Clock;
use avis_store::records::{RecordChange, RecordValue};
use serde_json::json;

use crate::world::World;

impl World {
    /// A draft of a party, that nobody made.
    pub(crate) fn draft_of(&self, party: &str) -> String {
        let id = format!("0190f6a2-0000-7000-8000-{:012}", self.number());
        let content = json!({"code": "d", "base": null, "content": {}, "cases": [], "note": "", "edited_by": "",
            "approved_by": null, "rejected_because": null, "is_publishing": false, "published": null});
        let value = RecordValue {
            owner: party.to_owned(),
            state: "draft".to_owned(),
            expires_at: None,
            content: content.to_string(),
        };
        self.registry.change(&[RecordChange::make("draft", &id, value)], &[]).unwrap();
        id
    }

    /// A job of a party, on which nobody works.
    pub(crate) fn job_of(&self, party: &str) -> String {
        let id = format!("0190f6a2-0000-7000-a000-{:012}", self.number());
        let now = self.clock.now();
        let content = json!({"of": {"kind": "means"}, "rows": 7, "rows_of": null, "started_at": now,
            "beat_at": now, "is_committing": false, "revision": null, "result": null, "problem": null});
        let (owner, state, content) = (party.to_owned(), "running".to_owned(), content.to_string());
        let value = RecordValue { owner, state, expires_at: None, content };
        self.registry.change(&[RecordChange::make("job", &id, value)], &[]).unwrap();
        id
    }

    /// An erasure that a party asked for, of nobody.
    pub(crate) fn erasure_of(&self, party: &str) -> String {
        let id = format!("0190f6a2-0000-7000-9000-{:012}", self.number());
        let content = json!({"holder": "nobody", "subject": "0".repeat(32), "asked_by": "", "asked_at": self.clock.now(),
            "reason": "at_desk: asked", "revision": null});
        let (owner, state, content) = (party.to_owned(), "asked".to_owned(), content.to_string());
        let value = RecordValue { owner, state, expires_at: None, content };
        self.registry.change(&[RecordChange::make("erasure", &id, value)], &[]).unwrap();
        id
    }

    /// An adjustment that somebody of a party asked for, of nobody.
    pub(crate) fn adjustment_of(&self, party: &str) -> String {
        let id = format!("0190f6a2-0000-7000-b000-{:012}", self.number());
        let content = json!({"program": format!("{party}-points"), "holder": "nobody", "member": "0".repeat(32),
            "points": 5_000, "reason": "because", "asked_by": "", "asked_at": self.clock.now(), "confirmed_by": null,
            "done_at": null, "balance_after": null});
        let (owner, state, content) = (party.to_owned(), "asked".to_owned(), content.to_string());
        let value = RecordValue { owner, state, expires_at: None, content };
        self.registry.change(&[RecordChange::make("adjustment", &id, value)], &[]).unwrap();
        id
    }
}
