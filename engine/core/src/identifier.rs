//! Identification means: the keyed hash under which a value is known.
//!
//! A value is never stored: it lives as long as the request that presents it.

use std::fmt;

use uuid::{Builder, Uuid};

use crate::hex::{hex, unhex};
use crate::identifier_form::IdentifierForms;

/// Changes when a normal form changes, so that old and new keys never mix.
pub const NORMAL_FORM_VERSION: u8 = 2;

/// The secret under which identifiers are hashed. Never printed, never in a database.
#[derive(Clone)]
pub struct IdentifierSecret {
    bytes: [u8; 32],
    fingerprints: DerivedKey,
    forms: IdentifierForms,
}

impl IdentifierSecret {
    /// A secret from 32 random bytes, for values in the forms of the well-known schemes.
    pub fn new(bytes: [u8; 32]) -> Self {
        let fingerprints = DerivedKey(blake3::derive_key("avis fingerprint", &bytes));
        Self { bytes, fingerprints, forms: IdentifierForms::default() }
    }

    /// The forms in which values are hashed.
    pub fn forms(&self) -> &IdentifierForms {
        &self.forms
    }

    /// The same secret for values in the forms of a deployment.
    #[must_use]
    pub fn with_forms(self, forms: IdentifierForms) -> Self {
        Self { forms, ..self }
    }

    /// Tells whether a store was written under this secret, and nothing of it.
    pub fn check_value(&self) -> [u8; 16] {
        let mut value = [0; 16];
        self.derived("avis check value of the identifier key").hasher().finalize_xof().fill(&mut value);
        value
    }

    /// The key of another purpose than identifiers, derived from this one.
    pub fn derived(&self, purpose: &str) -> DerivedKey {
        DerivedKey(blake3::derive_key(purpose, &self.bytes))
    }

    /// The id of what its parts name, for one purpose: the same for as long as they are, and nothing by which they could be found.
    pub fn id_for(&self, purpose: &str, parts: &[&[u8]]) -> Uuid {
        Builder::from_custom_bytes(self.derived(purpose).hash(parts)).into_uuid()
    }

    /// By what the audit names a holder: a keyed hash of the code, which says nothing to who has not the key.
    pub fn subject(&self, holder: &str) -> String {
        IdentifierKey(self.derived("avis subject of the audit").hash(&[holder.as_bytes()])).to_hex()
    }

    /// By what a party's own lists name something that others know as well: no two parties can join theirs.
    pub fn name_for(&self, party: &str, kind: &str, id: &str) -> String {
        let key = self.derived("avis names in the lists of a party");
        IdentifierKey(key.hash(&[party.as_bytes(), kind.as_bytes(), id.as_bytes()])).to_hex()
    }

    /// The key of fingerprints, which every request needs: it is derived once.
    pub(crate) fn fingerprints(&self) -> &DerivedKey {
        &self.fingerprints
    }
}

/// A key derived from the secret for one purpose: what is hashed under it tells nothing of what is hashed for another.
#[derive(Clone)]
pub struct DerivedKey([u8; 32]);

impl DerivedKey {
    /// BLAKE3 keyed, for what is long and comes in pieces.
    pub fn hasher(&self) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.0)
    }

    /// BLAKE3 keyed, over each part behind its length, cut to 128 bits.
    pub fn hash(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut hasher = self.hasher();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut hash = [0; 16];
        hasher.finalize_xof().fill(&mut hash);
        hash
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("DerivedKey(…)")
    }
}

impl fmt::Debug for IdentifierSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("IdentifierSecret(…)")
    }
}

/// The keyed hash of a scheme and a normal form: all that is ever kept of an identifier's value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentifierKey(pub [u8; 16]);

impl fmt::Debug for IdentifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("IdentifierKey(…)")
    }
}

impl IdentifierKey {
    /// As files of AVIS carry it: 32 hexadecimal digits.
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// A key as [`IdentifierKey::to_hex`] writes it.
    pub fn from_hex(text: &str) -> Option<Self> {
        unhex(text).map(Self)
    }

    /// BLAKE3 keyed with the secret over version ‖ scheme ‖ 0 ‖ normal form, cut to 128 bits.
    ///
    /// `None` if nothing is left of the value in its normal form: such a value identifies nobody.
    pub fn of(scheme: &str, value: &str, secret: &IdentifierSecret) -> Option<Self> {
        let normal = secret.forms.normal(scheme, value);
        if normal.is_empty() {
            return None;
        }
        // Hashed in one piece, which is far less work than piece by piece.
        let input = [&[NORMAL_FORM_VERSION], scheme.as_bytes(), &[0], normal.as_bytes()].concat();
        blake3::keyed_hash(&secret.bytes, &input).as_bytes().first_chunk().copied().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_forms_of_one_card_are_one_identifier() {
        let secret = IdentifierSecret::new([7; 32]);
        let key = |scheme, value| IdentifierKey::of(scheme, value, &secret);
        assert_eq!(key("etalons", "ab-12 34"), key("etalons", "AB1234"));
        assert_eq!(key("eid", "010190-12345"), key("eid", " 01019012345 "));
        assert_ne!(key("etalons", "AB1234"), key("isic", "AB1234"), "schemes never mix");
        assert_ne!(key("token", "ab"), key("token", "AB"), "machine codes keep their case");
        assert_eq!(key("etalons", " - "), None);
    }

    /// Whoever changes a form, or what is hashed of it, gives the form another version: else cards that are known are nobody's any more.
    #[test]
    fn a_key_has_these_bytes_under_the_version_of_its_form() {
        let secret = IdentifierSecret::new([7; 32]);
        let key = |scheme, value| IdentifierKey::of(scheme, value, &secret).unwrap().to_hex();
        assert_eq!(NORMAL_FORM_VERSION, 2);
        assert_eq!(key("loyalty", "a\u{304}b-\u{ff11}\u{200b}2"), "527349bb39363733c75e8fef16bd2e7b");
        assert_eq!(key("token", " ab-C "), "4934c99b0668894ae0850e6c44e22a41");
    }

    #[test]
    fn a_deployment_says_which_schemes_are_typed() {
        let secret = IdentifierSecret::new([7; 32]).with_forms(IdentifierForms::typed(["token".into()]));
        let key = |scheme, value| IdentifierKey::of(scheme, value, &secret);
        assert_eq!(key("token", "a-b"), key("token", "AB"));
        assert_ne!(key("etalons", "a-b"), key("etalons", "AB"));
    }

    #[test]
    fn a_key_is_written_and_read_again() {
        let key = IdentifierKey([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 254, 255]);
        assert_eq!(key.to_hex(), "000102030405060708090a0b0c0dfeff");
        assert_eq!(IdentifierKey::from_hex(&key.to_hex()), Some(key));
        for bad in ["", "+00102030405060708090a0b0c0dfeff", "00", "000102030405060708090A0B0C0DFEFF"] {
            assert_eq!(IdentifierKey::from_hex(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_id_follows_from_the_secret_its_purpose_and_each_of_its_parts() {
        let of = |byte, purpose, parts: [&str; 2]| {
            IdentifierSecret::new([byte; 32]).id_for(purpose, &parts.map(str::as_bytes))
        };
        let id = of(1, "one", ["ab", "c"]);
        assert_eq!((id, id.get_version_num()), (of(1, "one", ["ab", "c"]), 8));
        for other in [of(2, "one", ["ab", "c"]), of(1, "two", ["ab", "c"]), of(1, "one", ["a", "bc"])] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn the_key_depends_on_the_secret_and_hides_itself() {
        let key = |byte| IdentifierKey::of("eid", "1", &IdentifierSecret::new([byte; 32])).unwrap();
        assert_ne!(key(1), key(2));
        assert_eq!(
            format!("{:?} {:?}", key(1), IdentifierSecret::new([1; 32])),
            "IdentifierKey(…) IdentifierSecret(…)"
        );
    }
}
