//! Objects of parties that nobody made, for who walks the policy.

use avis_store::Clock;
use avis_store::records::{RecordChange, RecordValue};
use serde_json::{Value, json};

use crate::world::World;

impl World {
    /// An object of an owner in a state, which stands under an id without anybody's doing; the id.
    pub(crate) fn unmade(&self, kind: &str, id: String, (owner, state): (&str, &str), content: &Value) -> String {
        let (owner, state, content) = (owner.to_owned(), state.to_owned(), content.to_string());
        let value = RecordValue { owner, state, expires_at: None, content };
        self.registry.change(&[RecordChange::make(kind, &id, value)], &[]).unwrap();
        id
    }

    /// A draft of a party, that nobody made.
    pub(crate) fn draft_of(&self, party: &str) -> String {
        let id = format!("0190f6a2-0000-7000-8000-{:012}", self.number());
        let content = json!({"code": "d", "base": null, "content": {}, "cases": [], "note": "", "edited_by": "",
            "approved_by": null, "rejected_because": null, "is_publishing": false, "published": null});
        self.unmade("draft", id, (party, "draft"), &content)
    }

    /// A job of a party, on which nobody works.
    pub(crate) fn job_of(&self, party: &str) -> String {
        let id = format!("0190f6a2-0000-7000-a000-{:012}", self.number());
        let now = self.clock.now();
        let content = json!({"of": {"kind": "means"}, "rows": 7, "rows_of": null, "started_at": now,
            "beat_at": now, "is_committing": false, "revision": null, "result": null, "problem": null});
        self.unmade("job", id, (party, "running"), &content)
    }

    /// An erasure that a party asked for, of nobody.
    pub(crate) fn erasure_of(&self, party: &str) -> String {
        let id = format!("0190f6a2-0000-7000-9000-{:012}", self.number());
        let content = json!({"holder": "nobody", "subject": "0".repeat(32), "asked_by": "", "asked_at": self.clock.now(),
            "reason": "at_desk: asked", "revision": null});
        self.unmade("erasure", id, (party, "asked"), &content)
    }

    /// An adjustment that somebody of a party asked for, of nobody.
    pub(crate) fn adjustment_of(&self, party: &str) -> String {
        let id = format!("0190f6a2-0000-7000-b000-{:012}", self.number());
        let content = json!({"program": format!("{party}-points"), "holder": "nobody", "member": "0".repeat(32),
            "points": 5_000, "reason": "because", "asked_by": "", "asked_at": self.clock.now(), "confirmed_by": null,
            "done_at": null, "balance_after": null});
        self.unmade("adjustment", id, (party, "asked"), &content)
    }
}
