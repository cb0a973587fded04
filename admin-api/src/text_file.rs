//! Files of text as shop systems and spreadsheets write them, in whatever encoding.

use avis_core::settlement::reconcile::TextEncoding;
use encoding_rs::{Encoding, UTF_8, UTF_16LE, WINDOWS_1257};

/// The text of a file. A byte order mark says how it is encoded, whatever is expected.
///
/// # Errors
/// What is not a text of that encoding.
pub fn decode_text(bytes: &[u8], expected: TextEncoding) -> Result<String, String> {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, bytes.get(mark..).unwrap_or_default()),
        None => (named(bytes, expected), bytes),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    match text {
        Some(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(format!("expected text encoded in {}", encoding.name())),
    }
}

fn named(bytes: &[u8], expected: TextEncoding) -> &'static Encoding {
    match expected {
        TextEncoding::Utf8 => UTF_8,
        TextEncoding::Utf16 => UTF_16LE,
        TextEncoding::Windows1257 => WINDOWS_1257,
        TextEncoding::Auto if std::str::from_utf8(bytes).is_ok() => UTF_8,
        TextEncoding::Auto => WINDOWS_1257,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_its_encoding() {
        let auto = |bytes: &[u8]| decode_text(bytes, TextEncoding::Auto);
        assert_eq!(auto("Rīga".as_bytes()).as_deref(), Ok("Rīga"));
        assert_eq!(auto(b"\xef\xbb\xbfR\xc4\xabga").as_deref(), Ok("Rīga"));
        assert_eq!(auto(b"R\xeega").as_deref(), Ok("Rīga"), "Windows-1257");
        assert_eq!(auto(b"\xff\xfeR\0\x2b\x01").as_deref(), Ok("Rī"));
        assert_eq!(auto(b"\xfe\xff\0R\x01\x2b").as_deref(), Ok("Rī"));
        assert_eq!(decode_text(b"R\xee", TextEncoding::Utf8), Err("expected text encoded in UTF-8".to_owned()));
        assert!(auto(b"PK\x03\x04\0\0").is_err(), "a spreadsheet");
    }
}
