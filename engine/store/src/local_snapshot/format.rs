//! A local snapshot in bytes: header, entries, the places of packed holders, the table of their names, trailer, and a keyed checksum
//! over all of them. Numbers are little-endian.

use std::io::{self, ErrorKind, Write};

use jiff::Timestamp;
use uuid::Uuid;

use super::names::TableSize;
use crate::bytes::{read_array, read_text, write_bytes};
use crate::revision::{Digest, Digests, Head, Revision};
use crate::row::{Kind, Row, Scope};
use crate::store::Stored;

/// By which the files are told from others.
const MARK: [u8; 8] = *b"avissnap";
/// Goes up when what follows the version is written otherwise, or holders are packed otherwise.
pub(super) const VERSION: u32 = 5;
pub(super) const HEADER_LENGTH: usize = MARK.len() + 4 + 16 + 8;
pub(super) const TRAILER_LENGTH: usize = 16 + 8 + Scope::ALL.len() * 16 + 8 + 4 + 3 * 8;
pub(super) const CHECKSUM_LENGTH: usize = 32;

/// What a row begins with.
const ROW: u8 = 1;
/// Of a kind that the writing program did not know.
const UNKNOWN: u8 = 2;
/// A word to which packed holders refer by its number, from 0 in the order of the file.
const WORD: u8 = 3;
/// Packed holders, one behind the other.
const PACKED: u8 = 4;
/// Bytes that stand before packed holders: what they begin with, a digest, how many they are, and their length.
pub(super) const PACKED_HEAD_BYTES: u64 = 1 + 16 + 4 + 4;

/// What a file begins with.
pub(super) struct Header {
    pub(super) version: u32,
    /// Of the identifier key.
    pub(super) check_value: [u8; 16],
    /// To the millisecond.
    pub(super) taken_at: Timestamp,
}

/// What is known once all rows came.
pub(super) struct Trailer {
    pub(super) head: Head,
    pub(super) counted: Counted,
}

/// What is in a file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    /// Rows of which only the kind is here.
    pub(super) unknown: u64,
    /// Packed holders.
    pub(super) holders: u32,
    /// Their names.
    pub(super) names: TableSize,
}

/// An entry of a local snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A row as a store hands it out.
    Stored(Stored),
    /// A word to which packed holders after it refer by its number, from 0 in the order of the file.
    Word(Box<str>),
    /// Holders as an engine packs them; [`super::PackedHolders`] has them.
    Packed {
        /// Over their rows.
        digest: Digest,
        /// How many.
        count: u32,
    },
}

/// A holder packed for a local snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedRow {
    /// By what it is found: names that are hashes.
    pub names: Vec<[u8; 16]>,
    /// Words to which it refers and no holder before it did, in the order of their numbers.
    pub words: Vec<Box<str>>,
    /// Of its row.
    pub digest: Digest,
    /// The packed holder.
    pub bytes: Box<[u8]>,
}

impl Header {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let taken_at = self.taken_at.as_millisecond().to_le_bytes();
        [&MARK[..], &self.version.to_le_bytes(), &self.check_value, &taken_at].concat()
    }

    /// None if it is another file's. Behind the version of another format anything may stand.
    pub(super) fn read(mut bytes: &[u8]) -> Option<Self> {
        let is_ours = take::<8>(&mut bytes)? == MARK;
        let version = u32::from_le_bytes(take(&mut bytes)?);
        let check_value = take(&mut bytes)?;
        let taken_at = Timestamp::from_millisecond(i64::from_le_bytes(take(&mut bytes)?));
        let taken_at = if version == VERSION { taken_at.ok()? } else { taken_at.unwrap_or_default() };
        is_ours.then_some(Self { version, check_value, taken_at })
    }
}

impl Trailer {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let revision = self.head.revision;
        let mut bytes = [&revision.incarnation.as_bytes()[..], &revision.number.to_le_bytes()].concat();
        Scope::ALL.iter().for_each(|scope| bytes.extend(self.head.digests.of(*scope).to_bytes()));
        let Counted { unknown, holders, names: TableSize { came, different, slots } } = self.counted;
        bytes.extend(holders.to_le_bytes());
        [unknown, came, different, slots].iter().for_each(|count| bytes.extend(count.to_le_bytes()));
        bytes
    }

    pub(super) fn read(mut bytes: &[u8]) -> Option<Self> {
        let incarnation = Uuid::from_bytes(take(&mut bytes)?);
        let number = u64::from_le_bytes(take(&mut bytes)?);
        let mut digests = Digests::default();
        for scope in Scope::ALL {
            digests.set(scope, Digest::from_bytes(take(&mut bytes)?));
        }
        let holders = u32::from_le_bytes(take(&mut bytes)?);
        let mut count = || Some(u64::from_le_bytes(take(&mut bytes)?));
        let unknown = count()?;
        let names = TableSize { came: count()?, different: count()?, slots: count()? };
        let head = Head { revision: Revision { incarnation, number }, digests };
        Some(Self { head, counted: Counted { unknown, holders, names } })
    }
}

impl Entry {
    /// Writes a row as a store hands it out.
    pub(super) fn write(stored: &Stored, out: &mut impl Write) -> io::Result<()> {
        match stored {
            Stored::Row(Row { kind, key, content: Some(content) }) => {
                out.write_all(&[ROW])?;
                [kind.word(), key, content].into_iter().try_for_each(|text| write_bytes(text.as_bytes(), out))
            }
            // A snapshot has what is there, and can be believed: by the sums it is noticed what it lacks.
            Stored::Row(Row { content: None, .. }) | Stored::Altered { .. } => Ok(()),
            Stored::Unknown { kind } => {
                out.write_all(&[UNKNOWN])?;
                write_bytes(kind.as_bytes(), out)
            }
        }
    }

    /// Writes a word.
    pub(super) fn write_word(word: &str, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&[WORD])?;
        write_bytes(word.as_bytes(), out)
    }

    /// Writes packed holders: how many they are, with the digest over their rows, and their bytes.
    pub(super) fn write_packed((count, digest): (u32, Digest), bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        out.write_all(&[PACKED])?;
        out.write_all(&digest.to_bytes())?;
        out.write_all(&count.to_le_bytes())?;
        write_bytes(bytes, out)
    }

    /// Reads the entry that begins at a place in the bytes of a file that was found whole; the place is then behind it.
    pub(super) fn read(file: &[u8], place: &mut usize) -> io::Result<Self> {
        let mut rest = file.get(*place..).unwrap_or_default();
        let source = &mut rest;
        let entry = match read_array(source)? {
            [ROW] => {
                let (kind, key, content) = (read_text(source)?, read_text(source)?, read_text(source)?);
                Self::Stored(match Kind::of_word(&kind) {
                    Some(kind) => Stored::Row(Row { kind, key, content: Some(content) }),
                    None => Stored::Unknown { kind },
                })
            }
            [UNKNOWN] => Self::Stored(Stored::Unknown { kind: read_text(source)? }),
            [WORD] => Self::Word(read_text(source)?),
            [PACKED] => {
                let digest = Digest::from_bytes(read_array(source)?);
                let count = u32::from_le_bytes(read_array(source)?);
                let length = u32::from_le_bytes(read_array(source)?) as usize;
                *source = source.get(length..).ok_or(ErrorKind::UnexpectedEof)?;
                Self::Packed { digest, count }
            }
            _ => return Err(ErrorKind::InvalidData.into()),
        };
        *place = file.len() - rest.len();
        Ok(entry)
    }

    /// Whether this program knows the kind and the file does not have the content.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Stored(Stored::Unknown { kind }) if Kind::of_word(kind).is_some())
    }
}

fn take<const LENGTH: usize>(bytes: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Entry {
        Entry::read(bytes, &mut 0).unwrap()
    }

    #[test]
    fn a_kind_that_the_writer_did_not_know_and_we_do_is_missing() {
        let written = |kind: &str| {
            let mut bytes = Vec::new();
            Entry::write(&Stored::Unknown { kind: kind.into() }, &mut bytes).unwrap();
            bytes
        };
        assert!(!read(&written("of-another-time")).is_missing());
        assert!(read(&written("holder")).is_missing());
    }

    #[test]
    fn a_row_of_a_kind_that_only_a_later_writer_knows_is_unknown_and_not_missing() {
        let mut bytes = vec![ROW];
        ["of-another-time", "key", "{}"]
            .into_iter()
            .try_for_each(|text| write_bytes(text.as_bytes(), &mut bytes))
            .unwrap();
        let entry = read(&bytes);
        assert!(!entry.is_missing());
        assert_eq!(entry, Entry::Stored(Stored::Unknown { kind: "of-another-time".into() }));
    }

    #[test]
    fn packed_holders_are_passed_over_as_one_entry() {
        let digest = Digest::from_bytes([7; 16]);
        for length in [0, 1, 5_000] {
            let mut bytes = b"before".to_vec();
            Entry::write_word("ā", &mut bytes).unwrap();
            let begins = bytes.len();
            Entry::write_packed((3, digest), &vec![9; length], &mut bytes).unwrap();
            assert_eq!((bytes.len() - begins) as u64, PACKED_HEAD_BYTES + length as u64);
            let mut place = 6;
            assert_eq!(Entry::read(&bytes, &mut place).unwrap(), Entry::Word("ā".into()));
            assert_eq!(Entry::read(&bytes, &mut place).unwrap(), Entry::Packed { digest, count: 3 });
            assert_eq!(place, bytes.len());
            assert!(Entry::read(&bytes, &mut place).is_err(), "nothing comes any more");
            let cut = &bytes[..bytes.len() - 1];
            assert!(Entry::read(cut, &mut { begins }).is_err());
        }
        assert!(Entry::read(&[9, 0], &mut 0).is_err(), "nothing begins so");
    }

    #[test]
    fn what_was_counted_comes_back() {
        let names = TableSize { came: 9, different: 8, slots: 7 };
        let revision = Revision { incarnation: Uuid::from_u128(5), number: 6 };
        let head = Head { revision, digests: Digests::default() };
        let bytes = Trailer { head, counted: Counted { unknown: 1, holders: 2, names } }.to_bytes();
        assert_eq!(bytes.len(), TRAILER_LENGTH);
        let read = Trailer::read(&bytes).unwrap();
        let Counted { unknown, holders, names: read_names } = read.counted;
        assert_eq!((read.head, unknown, holders, read_names), (head, 1, 2, names));
    }
}
