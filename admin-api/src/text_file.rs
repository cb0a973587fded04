//! Files of text as shop systems and spreadsheets write them, in whatever encoding, a piece at a time.

use std::io::{self, Read, Seek, SeekFrom};

use avis_core::Faults;
use avis_core::settlement::reconcile::TextEncoding;
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16LE, WINDOWS_1257};

/// Bytes that are read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// A file of text, which can be read again from its beginning. A byte order mark says how it is encoded, whatever is expected.
pub(crate) struct TextFile<'f, F> {
    file: &'f mut F,
    encoding: &'static Encoding,
    /// Bytes of the byte order mark.
    mark: u64,
    /// Whether somebody said how it is encoded, or the file itself.
    is_told: bool,
}

impl<'f, F: Read + Seek> TextFile<'f, F> {
    /// Finds out how a file is encoded.
    ///
    /// # Errors
    /// A file that can't be read.
    pub(crate) fn open(file: &'f mut F, expected: TextEncoding) -> io::Result<Self> {
        file.rewind()?;
        let mut beginning = Vec::new();
        file.by_ref().take(3).read_to_end(&mut beginning)?;
        let (encoding, mark) = match (Encoding::for_bom(&beginning), expected) {
            (Some((encoding, mark)), _) => (encoding, mark as u64),
            (None, TextEncoding::Utf8) => (UTF_8, 0),
            (None, TextEncoding::Utf16) => (UTF_16LE, 0),
            (None, TextEncoding::Windows1257) => (WINDOWS_1257, 0),
            (None, TextEncoding::Auto) if is_utf_8(file)? => (UTF_8, 0),
            (None, TextEncoding::Auto) => (WINDOWS_1257, 0),
        };
        Ok(Self { file, encoding, mark, is_told: mark > 0 || expected != TextEncoding::Auto })
    }

    /// Gives the text to a sink, from its beginning on, until that has enough.
    ///
    /// # Errors
    /// What is not a text of its encoding, or can't be read; what the sink fails with.
    pub(crate) fn each_piece<E: From<Faults>>(
        &mut self,
        sink: &mut dyn FnMut(&str) -> Result<bool, E>,
    ) -> Result<(), E> {
        let unread = |error: io::Error| E::from(Faults::of_document(format!("the file can't be read: {error}")));
        self.file.seek(SeekFrom::Start(self.mark)).map_err(unread)?;
        let mut decoder = self.encoding.new_decoder_without_bom_handling();
        let (mut bytes, mut text) = (vec![0; PIECE_BYTES], String::with_capacity(3 * PIECE_BYTES + 16));
        loop {
            let count = self.file.read(&mut bytes).map_err(unread)?;
            let piece = bytes.get(..count).unwrap_or_default();
            if !decode(&mut decoder, piece, &mut text) || text.contains('\0') {
                let or_named = if self.is_told { "" } else { ", or a profile that names another `encoding`" };
                let detail = format!("expected text encoded in {}{or_named}", self.encoding.name());
                return Err(Faults::of_document(detail).into());
            }
            let has_enough = !text.is_empty() && sink(&text)?;
            if has_enough || count == 0 {
                return Ok(());
            }
        }
    }
}

/// Decodes the next piece, the last one being empty; whether it is a text.
fn decode(decoder: &mut Decoder, piece: &[u8], text: &mut String) -> bool {
    text.clear();
    let mut rest = piece;
    loop {
        let (result, read) = decoder.decode_to_string_without_replacement(rest, text, piece.is_empty());
        rest = rest.get(read..).unwrap_or_default();
        match result {
            DecoderResult::InputEmpty => return true,
            DecoderResult::Malformed(..) => return false,
            DecoderResult::OutputFull => text.reserve(PIECE_BYTES),
        }
    }
}

/// Whether a file is UTF-8 from its beginning to its end.
fn is_utf_8(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    file.rewind()?;
    let (mut decoder, mut bytes) = (UTF_8.new_decoder_without_bom_handling(), vec![0; PIECE_BYTES]);
    let mut text = String::with_capacity(3 * PIECE_BYTES + 16);
    loop {
        let count = file.read(&mut bytes)?;
        match (decode(&mut decoder, bytes.get(..count).unwrap_or_default(), &mut text), count) {
            (false, _) => return Ok(false),
            (true, 0) => return Ok(true),
            (true, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Hands out a byte at a time.
    struct Slow(Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let most = into.len().min(1);
            self.0.read(&mut into[..most])
        }
    }

    impl Seek for Slow {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    fn decoded(bytes: &[u8], expected: TextEncoding) -> Result<String, String> {
        let read = |file: &mut Slow| {
            let mut text = String::new();
            let read = TextFile::open(file, expected).unwrap().each_piece(&mut |piece| {
                text.push_str(piece);
                Ok::<_, Faults>(false)
            });
            read.map(|()| text).map_err(|faults| faults.list[0].detail.clone())
        };
        let mut file = Slow(Cursor::new(bytes.to_vec()));
        let text = read(&mut file);
        assert_eq!(read(&mut file), text, "it can be read again");
        text
    }

    #[test]
    fn text_is_read_in_its_encoding() {
        let auto = |bytes: &[u8]| decoded(bytes, TextEncoding::Auto);
        assert_eq!(auto("Rīga".as_bytes()).as_deref(), Ok("Rīga"));
        assert_eq!(auto(b"\xef\xbb\xbfR\xc4\xabga").as_deref(), Ok("Rīga"));
        assert_eq!(auto(b"R\xeega").as_deref(), Ok("Rīga"), "Windows-1257");
        assert_eq!(auto(b"R\xc4").as_deref(), Ok("RÄ"), "what ends within a letter of UTF-8 is none");
        assert_eq!(auto(b"\xff\xfeR\0\x2b\x01").as_deref(), Ok("Rī"));
        assert_eq!(auto(b"\xfe\xff\0R\x01\x2b").as_deref(), Ok("Rī"));
        assert_eq!(decoded(b"R\0\x2b\x01", TextEncoding::Utf16).as_deref(), Ok("Rī"));
        assert_eq!(decoded(b"R\xee", TextEncoding::Utf8), Err("expected text encoded in UTF-8".to_owned()));
        assert_eq!(decoded(b"R\xc4", TextEncoding::Utf8), Err("expected text encoded in UTF-8".to_owned()));
        let read_as_said = decoded("Rīga".as_bytes(), TextEncoding::Windows1257);
        assert_ne!(read_as_said.as_deref(), Ok("Rīga"), "nothing is guessed where it is said");
        assert!(auto(b"PK\x03\x04\0\0").is_err(), "a spreadsheet");
        let unmarked = auto(b"R\0\x2b\x01").unwrap_err();
        assert_eq!(unmarked, "expected text encoded in UTF-8, or a profile that names another `encoding`");
    }
}
