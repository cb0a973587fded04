//! The chain over an audit: each entry's hash covers the one before, so nothing in the middle can be changed unseen.

/// A link: BLAKE3, 256 bits.
pub(crate) type Link = [u8; 32];

/// What a chain begins with.
pub(crate) const FIRST: Link = [0; 32];

/// Hashes parts, each behind its length, so that no two lists of parts look alike.
#[derive(Clone, Default)]
pub(crate) struct Parts(blake3::Hasher);

impl Parts {
    /// A list that only who has the key can hash.
    pub(crate) fn keyed(key: &avis_core::DerivedKey) -> Self {
        Self(key.hasher())
    }

    /// A list that begins with a link.
    pub(crate) fn after(link: Link) -> Self {
        let mut parts = Self::default();
        parts.add(&link);
        parts
    }

    pub(crate) fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// A part that may be absent, which is another thing than empty.
    pub(crate) fn add_optional(&mut self, part: Option<&[u8]>) {
        self.add(&[u8::from(part.is_some())]);
        self.add(part.unwrap_or_default());
    }

    /// A part under its name; an absent one adds nothing.
    pub(crate) fn add_named(&mut self, name: &str, part: Option<&[u8]>) {
        if let Some(part) = part {
            self.add(name.as_bytes());
            self.add(part);
        }
    }

    pub(crate) fn link(&self) -> Link {
        self.0.finalize().into()
    }

    /// 128 bits of the link: enough to tell two lists of parts from each other.
    pub(crate) fn short(&self) -> [u8; 16] {
        let mut short = [0; 16];
        self.0.finalize_xof().fill(&mut short);
        short
    }
}

/// Of a content under a salt: with the salt gone, nothing can be told of the content.
pub(crate) fn salted(salt: &[u8; 16], content: &str) -> Link {
    let mut parts = Parts::default();
    parts.add(salt);
    parts.add(content.as_bytes());
    parts.link()
}
