//! Fields as bytes, one after the other, as our own files have them. Numbers are little-endian.

use std::io::{self, Read, Write};

/// Writes a text behind its length.
///
/// # Errors
/// A text of more than 4 GiB; an output that can't be written.
pub(crate) fn write_text(text: &str, out: &mut impl Write) -> io::Result<()> {
    let length = u32::try_from(text.len()).map_err(|_| io::Error::other("a row is longer than 4 GiB"))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(text.as_bytes())
}

/// Reads a text that stands behind its length.
///
/// # Errors
/// An input that ends early, is no text, or can't be read.
pub(crate) fn read_text(source: &mut impl Read) -> io::Result<Box<str>> {
    let length = u64::from(u32::from_le_bytes(read_array(source)?));
    // It grows with what is there, whatever the length says.
    let mut text = String::new();
    let read = source.take(length).read_to_string(&mut text)?;
    if read as u64 == length { Ok(text.into()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Reads bytes of a fixed length.
///
/// # Errors
/// An input that ends early or can't be read.
pub(crate) fn read_array<const LENGTH: usize>(source: &mut impl Read) -> io::Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}
