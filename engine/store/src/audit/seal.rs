//! What is sealed, and how. Fields are hashed under their names, and one that is absent adds nothing: a field or a scope that comes
//! later breaks no seal before it.

use serde::Serialize;

use super::{Act, Anchor, AuditEntry};
use crate::chain::{FIRST, Link, Parts, salted};
use crate::registry::Header;
use crate::revision::{Digest, Digests};
use crate::row::Scope;

/// Goes up when a seal is made otherwise of the same fields.
const REVISION_FORMAT: &[u8] = b"avis revision 1";
const ENTRY_FORMAT: &[u8] = b"avis audit entry 1";

/// What a revision did to one row.
pub(crate) struct RowChange<'a> {
    pub(crate) kind: &'a str,
    pub(crate) key: &'a str,
    /// None once the content is erased.
    pub(crate) salt: Option<[u8; 16]>,
    /// The content before.
    pub(crate) before: Option<&'a str>,
    pub(crate) before_digest: Option<Link>,
    pub(crate) after_digest: Option<Link>,
}

impl RowChange<'_> {
    /// Whether its content is what its digest says. What was erased has no salt, and only its digest tells that it was there.
    pub(crate) fn is_intact(&self) -> bool {
        let (Some(salt), Some(content)) = (self.salt, self.before) else { return true };
        self.before_digest == Some(salted(&salt, content))
    }
}

/// What a revision did to all its rows, in order.
#[derive(Default)]
pub(crate) struct Changes(Parts);

impl Changes {
    pub(crate) fn add(&mut self, change: &RowChange<'_>) {
        self.0.add(change.kind.as_bytes());
        self.0.add(change.key.as_bytes());
        self.0.add_optional(change.before_digest.as_ref().map(<[u8; 32]>::as_slice));
        self.0.add_optional(change.after_digest.as_ref().map(<[u8; 32]>::as_slice));
    }

    /// Over the rows and the header of a revision.
    pub(crate) fn seal(&self, header: &Header, digests: &Digests) -> Link {
        let mut parts = Parts::default();
        parts.add(REVISION_FORMAT);
        parts.add_named("number", Some(&header.revision.number.to_le_bytes()));
        parts.add_named("at", Some(&header.at.as_millisecond().to_le_bytes()));
        add_act(&mut parts, &header.act);
        let counts = &header.counts;
        for (name, count) in [("added", counts.added), ("changed", counts.changed), ("removed", counts.removed)] {
            parts.add_named(name, Some(&count.to_le_bytes()));
        }
        for scope in Scope::ALL {
            let digest = digests.of(scope);
            parts.add_named(scope.word(), (digest != Digest::default()).then_some(&digest.to_bytes()));
        }
        parts.add_named("rows", Some(&self.0.link()));
        parts.link()
    }
}

fn add_act(parts: &mut Parts, act: &Act) {
    for (name, text) in Act::COLUMNS.split(", ").zip(act.texts()) {
        parts.add_named(name, text.map(str::as_bytes));
    }
}

/// What a revision came to, as its entry says it.
#[derive(Serialize)]
struct RevisionSummary {
    added: u64,
    changed: u64,
    removed: u64,
    seal: String,
}

impl AuditEntry {
    /// The entry of a revision.
    pub(crate) fn of_revision(header: &Header, seal: Link) -> Self {
        let counts = &header.counts;
        let seal = seal.iter().map(|byte| format!("{byte:02x}")).collect();
        let summary = RevisionSummary { added: counts.added, changed: counts.changed, removed: counts.removed, seal };
        Self {
            at: header.at,
            act: header.act.clone(),
            before: None,
            // Numbers and a text are written by JSON whatever they are.
            after: serde_json::to_string(&summary).ok(),
            revision: Some(header.revision.number),
        }
    }
}

impl Anchor {
    /// What the first entry follows.
    pub(crate) const START: Self = Self { seq: 0, link: FIRST };

    /// The place of an entry behind this one.
    pub(crate) fn next(&self, entry: &AuditEntry) -> Self {
        let seq = self.seq + 1;
        let mut parts = Parts::after(self.link);
        parts.add(ENTRY_FORMAT);
        parts.add_named("seq", Some(&seq.to_le_bytes()));
        parts.add_named("at", Some(&entry.at.as_millisecond().to_le_bytes()));
        add_act(&mut parts, &entry.act);
        parts.add_named("before", entry.before.as_deref().map(str::as_bytes));
        parts.add_named("after", entry.after.as_deref().map(str::as_bytes));
        parts.add_named("revision", entry.revision.map(u64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
        Self { seq, link: parts.link() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Actor, ActorKind, AuditObject};
    use super::*;
    use crate::revision::Revision;
    use crate::store::Counts;

    fn act() -> Act {
        Act {
            actor: Actor { kind: ActorKind::User, id: "u-1".into(), party: Some("lv-state".into()) },
            on_behalf: None,
            from: Some("192.0.2.0/24".into()),
            action: "benefit_published".into(),
            object: Some(AuditObject { kind: "benefit".into(), key: "free-rides/2".into() }),
            reason: Some("a new year".into()),
            request: None,
            owner: None,
        }
    }

    fn hex(link: Link) -> String {
        link.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What was sealed once must be sealed the same for ever: a change of these is a change of the format's number.
    #[test]
    fn seals_are_what_they_were() {
        let at = "2026-11-18T06:12:00Z".parse().unwrap();
        let revision = Revision { incarnation: uuid::Uuid::nil(), number: 7 };
        let counts = Counts { added: 1, changed: 2, removed: 3, unchanged: 4 };
        let header = Header { revision, at, act: act(), counts };
        let mut changes = Changes::default();
        let change = RowChange {
            kind: "benefit",
            key: "free-rides/2",
            salt: Some([1; 16]),
            before: None,
            before_digest: None,
            after_digest: Some([2; 32]),
        };
        changes.add(&change);
        let mut digests = Digests::default();
        digests.set(Scope::Rules, Digest::from_bytes([3; 16]));
        let seal = changes.seal(&header, &digests);
        assert_eq!(hex(seal), "310d7c47ad22d186f8c43b7f3354a4bbf748e664d3394daa9cddb36155234af7");
        let first = Anchor::START.next(&AuditEntry::of_revision(&header, seal));
        let event = AuditEntry::new(at, Act::new(Actor::machine("x"), "key_refused"));
        let second = first.next(&event);
        assert_eq!(
            (first.seq, hex(first.link).as_str()),
            (1, "4962a4168664cd8d9c32d01704d6257ee162fc1728b13bb0087a59597cc37d21")
        );
        assert_eq!(
            (second.seq, hex(second.link).as_str()),
            (2, "0e508072bc62bd55ade289584bec4538aa34efb65d3e14d0d85ff25ce792d337")
        );
    }

    #[test]
    fn every_field_is_sealed() {
        let at: jiff::Timestamp = "2026-11-18T06:12:00Z".parse().unwrap();
        let entry = AuditEntry::new(at, act());
        let sealed = Anchor::START.next(&entry).link;
        let changed: [fn(&mut AuditEntry); 15] = [
            |entry| entry.at = jiff::Timestamp::UNIX_EPOCH,
            |entry| entry.act.actor.kind = ActorKind::Token,
            |entry| entry.act.actor.id = "u-2".into(),
            |entry| entry.act.actor.party = None,
            |entry| entry.act.on_behalf = Some(String::new()),
            |entry| entry.act.from = None,
            |entry| entry.act.action = String::new(),
            |entry| entry.act.object = None,
            |entry| entry.act.object = Some(AuditObject { kind: "benefit".into(), key: "free-rides/3".into() }),
            |entry| entry.act.reason = None,
            |entry| entry.act.request = entry.act.reason.take(),
            |entry| entry.act.owner = Some(String::new()),
            |entry| entry.before = Some(String::new()),
            |entry| entry.after = Some(String::new()),
            |entry| entry.revision = Some(0),
        ];
        let mut links = std::collections::HashSet::from([sealed]);
        for change in changed {
            let mut entry = entry.clone();
            change(&mut entry);
            assert!(links.insert(Anchor::START.next(&entry).link), "{entry:?}");
        }
        assert!(links.insert(Anchor { seq: 1, link: FIRST }.next(&entry).link), "its number");
        assert!(links.insert(Anchor { seq: 0, link: [1; 32] }.next(&entry).link), "what was before");
    }
}
