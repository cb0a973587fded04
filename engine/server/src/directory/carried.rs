//! Packed holders on their way into a local snapshot: with the words to which they refer.

use avis_core::{IdentifierSecret, RegisteredHolder};
use avis_store::{PackedRow, Row, RowHasher};

use crate::directory::names::Names;
use crate::directory::{PackedHolder, names_of};

/// Packs the holders of one local snapshot, with words of its own.
pub struct Packer {
    names: Names,
    hasher: RowHasher,
    /// Words that were handed out.
    written: usize,
}

impl Packer {
    /// Packs for a snapshot that is written now.
    pub fn new(secret: &IdentifierSecret) -> Self {
        Self { names: Names::default(), hasher: RowHasher::new(secret), written: 0 }
    }

    /// A holder's row, packed; none if it can't be read, so that it stays a row.
    pub fn pack(&mut self, row: &Row) -> Option<PackedRow> {
        let holder = RegisteredHolder::parse(row.content.as_deref()?.as_bytes()).ok()?;
        if *holder.holder.code != *row.key {
            return None;
        }
        let packed = PackedHolder::pack(&holder, &self.names);
        let words = self.names.since(self.written);
        self.written += words.len();
        let names = names_of(packed.bytes())?.map(|name| name.whole()).collect();
        Some(PackedRow { names, words, digest: self.hasher.digest(row)?, bytes: packed.bytes().as_slice().into() })
    }
}

#[cfg(test)]
mod tests {
    use avis_store::Kind;

    use super::*;

    const ANNA: &str = r#"{"holder":"h-anna","birth_date":"1986-02-28","residences":[{"territory":"lv.riga","from":"2020-01-01"}],
        "entitlements":[{"group":"goda-gimene","until":"2027-05-01"}],"attributes":[{"name":"grade","value":7}],
        "identifiers":[{"scheme":"etalons","key":"00112233445566778899aabbccddeeff","valid_until":"2027-01-01"}]}"#;

    fn secret() -> IdentifierSecret {
        IdentifierSecret::new([3; 32])
    }

    fn row(content: &str) -> Row {
        Row { kind: Kind::Holder, key: "h-anna".into(), content: Some(content.into()) }
    }

    /// What snapshots on disk hold: whoever changes it raises the version of their format.
    #[test]
    fn holders_are_packed_as_in_version_5_of_the_format() {
        let packed = Packer::new(&secret()).pack(&row(ANNA)).unwrap();
        let words: Vec<&str> = packed.words.iter().map(|word| &**word).collect();
        assert_eq!(words, ["etalons", "lv.riga", "goda-gimene", "grade"]);
        let hex: String = packed.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let keys_and_states = "0100112233445566778899aabbccddeeff0400a6c502";
        let facts = "06682d616e6e61019c5c0001010100ac9d0200010200010096c7020103010e0000";
        assert_eq!(hex, format!("{keys_and_states}{facts}"));
        let card = *b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff";
        let code = *b"\x13\xe3\xf9\x5b\x72\x8f\xfe\x8e\xf1\x4e\x04\x91\xa8\x1d\x85\x40";
        assert_eq!(packed.names, [card, code], "its identifiers and its code");
    }

    #[test]
    fn a_word_is_carried_once_before_the_first_that_refers_to_it() {
        let mut packer = Packer::new(&secret());
        assert_eq!(packer.pack(&row(ANNA)).unwrap().words.len(), 4);
        assert!(packer.pack(&row(ANNA)).unwrap().words.is_empty());
    }

    #[test]
    fn what_is_no_holder_is_not_packed() {
        let mut packer = Packer::new(&secret());
        for content in ["{}", r#"{"holder":"another"}"#] {
            assert_eq!(packer.pack(&row(content)), None, "{content}");
        }
    }
}
