//! Files are UTF-8. A byte order mark at their beginning is skipped, and another encoding is named.

const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF_16: &str = "expected UTF-8, this is UTF-16";

/// The bytes behind a byte order mark of UTF-8, where there is one.
///
/// # Errors
/// Bytes that begin as UTF-16 does: what is wrong.
pub fn without_mark(bytes: &[u8]) -> Result<&[u8], &'static str> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, b'{' | b'[', ..] | [b'{' | b'[', 0, ..] => Err(UTF_16),
        _ => Ok(bytes.strip_prefix(UTF_8_MARK).unwrap_or(bytes)),
    }
}

/// The same, all of it UTF-8.
pub(crate) fn text(bytes: &[u8]) -> Result<&[u8], String> {
    let bytes = without_mark(bytes)?;
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => {
            let at = error.valid_up_to();
            Err(format!("expected UTF-8, this is another encoding, such as ISO 8859-1 or Windows-1257 (at byte {at})"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict_json;

    #[test]
    fn a_mark_is_skipped_and_another_encoding_is_one_fault_that_names_it() {
        assert_eq!(strict_json(b"\xef\xbb\xbf{}"), strict_json(b"{}"));
        let utf_16 = |big: bool| {
            "{\"a\": 1}".encode_utf16().flat_map(move |unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
        };
        for bytes in [
            [0xff, 0xfe].into_iter().chain(utf_16(false)).collect::<Vec<u8>>(),
            [0xfe, 0xff].into_iter().chain(utf_16(true)).collect(),
            utf_16(true).collect(),
            utf_16(false).collect(),
        ] {
            assert_eq!(strict_json(&bytes).unwrap_err().to_string(), format!("document: {UTF_16}"));
        }
        let latin = strict_json(b"{\"name\": \"caf\xe9\"}").unwrap_err();
        assert!(latin.list.len() == 1 && latin.to_string().contains("ISO 8859-1"), "{latin}");
    }
}
