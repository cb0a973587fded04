//! A part of a workbook as it is unpacked, with an end to everything: bytes, the length of a tag or of a text, and how deep elements
//! stand in each other. Whoever reads it as XML needs no more memory than that.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

/// Bytes of one tag or one text: the longest cell of a spreadsheet as its characters may be written.
const PIECE_BYTES_MAX: usize = 256 * 1024;
/// Elements in each other; a sheet needs about ten.
const DEPTH_MAX: usize = 64;

/// What may be read still.
pub(super) struct Budget {
    /// Unpacked, of all parts together.
    unpacked: Cell<u64>,
    /// Of the file as it is packed.
    packed: Cell<u64>,
}

impl Budget {
    /// So many bytes unpacked.
    pub(super) fn of(bytes: u64) -> Self {
        Self { unpacked: Cell::new(bytes), packed: Cell::new(u64::MAX) }
    }

    /// What may be read of the file as it is packed.
    pub(super) fn packed(&self) -> &Cell<u64> {
        &self.packed
    }

    fn take(&self, bytes: usize) -> io::Result<()> {
        let left = self.unpacked.get().checked_sub(bytes as u64);
        self.unpacked.set(left.ok_or_else(|| io::Error::other("it unpacks to more than AVIS takes"))?);
        Ok(())
    }
}

/// A part that is read within its bounds.
pub(super) struct Guarded<'b, R> {
    inner: R,
    budget: &'b Budget,
    /// Bytes of the buffer that were looked at.
    seen: usize,
    outline: Outline,
}

impl<'b, R: BufRead> Guarded<'b, R> {
    pub(super) fn new(inner: R, budget: &'b Budget) -> Self {
        Self { inner, budget, seen: 0, outline: Outline::default() }
    }
}

impl<R: BufRead> BufRead for Guarded<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let buffer = self.inner.fill_buf()?;
        let new = buffer.get(self.seen..).unwrap_or_default();
        self.budget.take(new.len())?;
        new.iter().try_for_each(|byte| self.outline.step(*byte)).map_err(io::Error::other)?;
        self.seen = buffer.len();
        Ok(buffer)
    }

    fn consume(&mut self, amount: usize) {
        self.seen = self.seen.saturating_sub(amount);
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Guarded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

/// Where in the XML a byte stands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum At {
    #[default]
    Text,
    /// Behind a `<`.
    TagStart,
    Tag,
    /// In a value of a tag, up to this quote.
    Quoted(u8),
}

/// As much of XML as its bounds ask for.
#[derive(Default)]
struct Outline {
    at: At,
    length: usize,
    depth: usize,
    is_closing: bool,
    last: u8,
    tags: u64,
}

impl Outline {
    fn step(&mut self, byte: u8) -> Result<(), &'static str> {
        self.length += 1;
        if self.length > PIECE_BYTES_MAX {
            return Err("a tag or a text of it is longer than 256 KiB");
        }
        match (self.at, byte) {
            (At::Text, b'<') => (self.at, self.length) = (At::TagStart, 0),
            (At::TagStart, b'!') => return Err("it has a comment, a document type or CDATA, which are not taken"),
            (At::TagStart, b'?') if self.tags > 0 => return Err("it has a processing instruction, which is not taken"),
            (At::TagStart, _) => (self.at, self.is_closing) = (At::Tag, matches!(byte, b'/' | b'?')),
            (At::Tag, b'"' | b'\'') => self.at = At::Quoted(byte),
            (At::Tag, b'>') => self.close()?,
            (At::Quoted(quote), _) if byte == quote => self.at = At::Tag,
            _ => {}
        }
        self.last = byte;
        Ok(())
    }

    /// A tag ends.
    fn close(&mut self) -> Result<(), &'static str> {
        (self.at, self.length, self.tags) = (At::Text, 0, self.tags + 1);
        if self.is_closing {
            self.depth = self.depth.saturating_sub(1);
        } else if self.last != b'/' {
            self.depth += 1;
        }
        if self.depth > DEPTH_MAX { Err("its elements stand in each other more than 64 deep") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, bytes: u64) -> Result<String, String> {
        let budget = Budget::of(bytes);
        let mut read = String::new();
        // A small buffer, so that everything is cut somewhere.
        let inner = io::BufReader::with_capacity(7, text.as_bytes());
        Guarded::new(inner, &budget).read_to_string(&mut read).map_err(|error| error.to_string())?;
        Ok(read)
    }

    #[test]
    fn what_has_an_end_comes_as_it_is() {
        let text = "<?xml version=\"1.0\"?><a b='>\"'><c/>&lt;text</a>";
        assert_eq!(read(text, 1_000), Ok(text.to_owned()));
        let deep = format!("{}{}", "<a>".repeat(60), "</a>".repeat(60)).repeat(3);
        assert_eq!(read(&deep, 10_000), Ok(deep.clone()));
    }

    #[test]
    fn what_has_none_is_refused() {
        for (text, word) in [
            (format!("<a>{}</a>", "x".repeat(300_000)), "longer"),
            (format!("<a b=\"{}\"/>", "<>".repeat(200_000)), "longer"),
            (format!("<a {}/>", "b='' ".repeat(100_000)), "longer"),
            ("<a>".repeat(65), "deep"),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a/>".to_owned(), "document type"),
            ("<a><!-- b --></a>".to_owned(), "comment"),
            ("<a/><?b?>".to_owned(), "instruction"),
            ("<a/>".repeat(300), "unpacks"),
        ] {
            let refused = read(&text, if word == "unpacks" { 1_000 } else { 10_000_000 }).unwrap_err();
            assert!(refused.contains(word), "{refused}");
        }
    }
}
