//! The audit of changes and of security events: what is sealed, and whether it still is as it was. Where it is kept is the
//! adapters' matter.

use crate::chain::{FIRST, Link, Parts, salted};
use crate::registry::{Broken, Header};
use crate::revision::Digests;
use crate::row::Scope;

/// What a revision did to one row.
pub(crate) struct Entry<'a> {
    pub(crate) kind: &'a str,
    pub(crate) key: &'a str,
    /// None once the content is erased.
    pub(crate) salt: Option<[u8; 16]>,
    /// The content before.
    pub(crate) before: Option<&'a str>,
    pub(crate) before_digest: Option<Link>,
    pub(crate) after_digest: Option<Link>,
}

/// What a revision did to all its rows, in order.
#[derive(Default)]
pub(crate) struct Changes(Parts);

impl Changes {
    pub(crate) fn add(&mut self, entry: &Entry<'_>) {
        self.0.add(entry.kind.as_bytes());
        self.0.add(entry.key.as_bytes());
        self.0.add_optional(entry.before_digest.as_ref().map(<[u8; 32]>::as_slice));
        self.0.add_optional(entry.after_digest.as_ref().map(<[u8; 32]>::as_slice));
    }

    /// The link of a revision over the one before.
    pub(crate) fn seal(&self, before: Link, header: &Header, digests: &Digests) -> Link {
        let mut parts = Parts::after(before);
        parts.add(&header.revision.number.to_le_bytes());
        parts.add(&header.at.as_millisecond().to_le_bytes());
        parts.add(header.actor.as_bytes());
        parts.add(header.reason.as_bytes());
        let counts = &header.counts;
        [counts.added, counts.changed, counts.removed].iter().for_each(|count| parts.add(&count.to_le_bytes()));
        Scope::ALL.iter().for_each(|scope| parts.add(&digests.of(*scope).to_bytes()));
        parts.add(&self.0.link());
        parts.link()
    }
}

/// Goes through the revisions, the oldest first.
pub(crate) struct Verifier {
    before: Link,
    expected: u64,
    changes: Changes,
    is_intact: bool,
}

impl Verifier {
    pub(crate) fn new() -> Self {
        Self { before: FIRST, expected: 1, changes: Changes::default(), is_intact: true }
    }

    /// The next row of the revision whose header comes next.
    pub(crate) fn entry(&mut self, entry: &Entry<'_>) {
        // What was erased has no salt any more, and only its digest tells that it was there.
        if let (Some(salt), Some(content)) = (entry.salt, entry.before) {
            self.is_intact &= entry.before_digest == Some(salted(&salt, content));
        }
        self.changes.add(entry);
    }

    /// The header that closes these rows.
    pub(crate) fn header(&mut self, header: &Header, digests: &Digests, link: Link) -> Option<Broken> {
        let number = header.revision.number;
        if number != self.expected {
            return Some(Broken::Revision(self.expected));
        }
        let changes = std::mem::take(&mut self.changes);
        if !self.is_intact || changes.seal(self.before, header, digests) != link {
            return Some(Broken::Revision(number));
        }
        (self.before, self.expected) = (link, number + 1);
        None
    }
}

/// A security event as it is kept.
pub(crate) struct KeptEvent<'a> {
    pub(crate) number: u64,
    pub(crate) at_ms: i64,
    pub(crate) kind: &'a str,
    /// Provider, terminal and subject.
    pub(crate) whose: [Option<&'a str>; 3],
}

/// Adds an event to the seal over it.
pub(crate) fn add_event(seal: &mut Parts, event: &KeptEvent<'_>) {
    seal.add(&event.number.to_le_bytes());
    seal.add(&event.at_ms.to_le_bytes());
    seal.add(event.kind.as_bytes());
    event.whose.iter().for_each(|part| seal.add_optional(part.map(str::as_bytes)));
}
