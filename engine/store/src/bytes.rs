//! Fields as bytes, one after the other, as our own files have them. Numbers are little-endian.

use std::io::{self, Read, Write};

/// Writes a text behind its length.
///
/// # Errors
/// A text of more than 4 GiB; an output that can't be written.
pub(crate) fn write_text(text: &str, out: &mut impl Write) -> io::Result<()> {
    write_bytes(text.as_bytes(), out)
}

/// Writes bytes behind their length.
///
/// # Errors
/// More than 4 GiB; an output that can't be written.
pub(crate) fn write_bytes(bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::Error::other("a row is longer than 4 GiB"))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(bytes)
}

/// Reads a text that stands behind its length.
///
/// # Errors
/// An input that ends early, is no text, or can't be read.
pub(crate) fn read_text(source: &mut impl Read) -> io::Result<Box<str>> {
    let text = String::from_utf8(read_bytes(source)?).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(text.into())
}

/// Bytes that are reserved before any of them is there.
const AT_ONCE: u32 = 4096;

/// Reads bytes that stand behind their length.
fn read_bytes(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = u32::from_le_bytes(read_array(source)?);
    if length <= AT_ONCE {
        let mut bytes = vec![0; length as usize];
        source.read_exact(&mut bytes)?;
        return Ok(bytes);
    }
    // It grows with what is there, whatever the length says.
    let mut bytes = Vec::new();
    let read = source.take(length.into()).read_to_end(&mut bytes)?;
    if read as u64 == u64::from(length) { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
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
