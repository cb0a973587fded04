//! Writes what is in a local snapshot: rows as they are, and packed holders many together, with their places and names behind all of
//! them.

use std::io::{self, Write};
use std::path::Path;

use super::format::{Counted, Entry, PACKED_HEAD_BYTES, PackedRow};
use super::names::Names;
use super::packed::At;
use super::write::Sealing;
use crate::revision::Digest;
use crate::spill::Spill;
use crate::store::Stored;

/// Bytes of packed holders that are written together.
const TOGETHER_BYTES: usize = 64 * 1024;
/// Bytes of places that are kept in memory before they are written aside.
const PLACES_MEMORY_BYTES: usize = 1024 * 1024;
/// No holder has more than the numbers of which a slot of the table holds one more.
const HOLDERS_MAX: u32 = u32::MAX - 1;

/// A local snapshot while it is written.
pub(super) struct Packing {
    out: Sealing,
    /// Packed holders that are to be written.
    together: Vec<u8>,
    /// How many they are, with the digest over their rows.
    of_together: (u32, Digest),
    places: Spill,
    names: Names,
    counted: Counted,
}

impl Packing {
    /// Goes on with a file; what has to wait for its end is kept aside in a folder.
    pub(super) fn new(out: Sealing, folder: &Path) -> Self {
        Self {
            out,
            together: Vec::with_capacity(TOGETHER_BYTES),
            of_together: (0, Digest::default()),
            places: Spill::new(folder, PLACES_MEMORY_BYTES),
            names: Names::new(folder),
            counted: Counted::default(),
        }
    }

    /// Writes what a store handed out: packed if it was, and there is a place for it.
    pub(super) fn take(&mut self, stored: &Stored, packed: Option<&PackedRow>) -> io::Result<()> {
        if let Some(packed) = packed {
            self.take_words(&packed.words)?;
            let begins = self.out.length + PACKED_HEAD_BYTES + self.together.len() as u64;
            if let Some(at) = At::of(begins, packed.bytes.len()).filter(|_| self.counted.holders < HOLDERS_MAX) {
                return self.take_packed(packed, at);
            }
        }
        self.write_together()?;
        self.counted.unknown += u64::from(matches!(stored, Stored::Unknown { .. }));
        Entry::write(stored, &mut self.out)
    }

    /// Words stand before the first that refers to them.
    fn take_words(&mut self, words: &[Box<str>]) -> io::Result<()> {
        if !words.is_empty() {
            self.write_together()?;
        }
        words.iter().try_for_each(|word| Entry::write_word(word, &mut self.out))
    }

    fn take_packed(&mut self, packed: &PackedRow, at: At) -> io::Result<()> {
        self.places.write_all(&at.to_bytes())?;
        packed.names.iter().try_for_each(|name| self.names.add(name, self.counted.holders))?;
        self.counted.holders += 1;
        self.together.extend_from_slice(&packed.bytes);
        let (count, digest) = self.of_together;
        self.of_together = (count + 1, digest.plus(packed.digest));
        if self.together.len() >= TOGETHER_BYTES { self.write_together() } else { Ok(()) }
    }

    fn write_together(&mut self) -> io::Result<()> {
        if self.of_together.0 > 0 {
            Entry::write_packed(self.of_together, &self.together, &mut self.out)?;
            self.together.clear();
            self.of_together = (0, Digest::default());
        }
        Ok(())
    }

    /// Writes what waited; the file without its trailer, and what is in it.
    pub(super) fn end(mut self) -> io::Result<(Sealing, Counted)> {
        self.write_together()?;
        let Self { mut out, places, names, mut counted, .. } = self;
        io::copy(&mut places.into_reader()?, &mut out)?;
        counted.names = names.write(&mut out)?;
        Ok((out, counted))
    }
}
