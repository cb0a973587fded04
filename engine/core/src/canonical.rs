//! A canonical form of what a request means, so that programs of two ages agree whether two requests mean the same.
//!
//! A form is a sequence of fields: a tag of one byte, a length of four bytes (little endian), and as many bytes. A group of fields
//! is a tag of [`GROUP`] or above, its fields, and [`END`]. What is absent, empty or the default is not written: a program that
//! knows a field more writes the same bytes where the field is absent. Fields stand in the order in which the caller writes them,
//! and a tag never gets another meaning. So bytes are equal only where the meaning is.

use jiff::Timestamp;

/// Tags from here on open a group.
const GROUP: u8 = 0x80;

/// Closes a group.
const END: u8 = 0;

/// A form that is being written.
pub(crate) struct Canonical(Vec<u8>);

impl Canonical {
    /// Begins a form with the version of its rules.
    pub(crate) fn new(version: u8) -> Self {
        let mut bytes = Vec::with_capacity(512);
        bytes.push(version);
        Self(bytes)
    }

    /// Writes bytes; nothing if there are none.
    pub(crate) fn bytes(&mut self, tag: u8, bytes: &[u8]) -> &mut Self {
        if !bytes.is_empty() {
            // The bounds of requests keep every text far below 4 GiB.
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            self.0.push(tag);
            self.0.extend_from_slice(&length.to_le_bytes());
            self.0.extend_from_slice(bytes);
        }
        self
    }

    /// Writes text; nothing if it is empty.
    pub(crate) fn text(&mut self, tag: u8, text: &str) -> &mut Self {
        self.bytes(tag, text.as_bytes())
    }

    /// Writes a whole number, also if it is zero.
    pub(crate) fn number(&mut self, tag: u8, number: i64) -> &mut Self {
        self.bytes(tag, &number.to_le_bytes())
    }

    /// Writes an instant to the nanosecond, whatever its offset was.
    pub(crate) fn instant(&mut self, tag: u8, instant: Timestamp) -> &mut Self {
        self.bytes(tag, &instant.as_nanosecond().to_le_bytes())
    }

    /// Writes a group for each item, in their order.
    pub(crate) fn groups<T>(
        &mut self,
        tag: u8,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T),
    ) -> &mut Self {
        for item in items {
            self.0.push(tag | GROUP);
            write(self, item);
            self.0.push(END);
        }
        self
    }

    /// The whole form.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
