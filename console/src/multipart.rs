//! A form with a file, as browsers send it (RFC 7578): fields first, then the file, which is read as it comes.

use std::io::{self, Read};

use crate::fields::Fields;

/// Bytes of all fields before the file, with what tells of them.
const FIELDS_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of the head of a part.
const HEAD_BYTES_MAX: usize = 4 * 1024;
/// Bytes that are read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// What a form with a file carries.
pub(crate) type Sent = (Fields, Option<Box<dyn Read + Send>>);

/// The boundary of a media type; none of another one.
pub(crate) fn boundary(media_type: &str) -> Option<&str> {
    let (essence, parameters) = media_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|one| one.trim().strip_prefix("boundary="))?;
    let boundary = boundary.trim_matches('"');
    (!boundary.is_empty() && boundary.len() <= 70).then_some(boundary)
}

/// Reads the fields; the file is left to be read.
///
/// # Errors
/// What is no such form, or breaks off; fields that are too large.
pub(crate) fn read(body: impl Read + Send + 'static, boundary: &str) -> io::Result<Sent> {
    // Each delimiter but the first follows the end of a line.
    let mut parts =
        Part { body, buffer: b"\r\n".to_vec(), end: format!("\r\n--{boundary}").into_bytes(), is_over: false };
    let (mut fields, mut bytes) = (Fields::default(), 0);
    parts.skip()?;
    loop {
        match &*parts.line()? {
            "" => {}
            "--" => return Ok((fields, None)),
            _ => return Err(io::Error::other("expected the parts of a form")),
        }
        let head = parts.head()?;
        let Some(name) = parameter(&head, "name") else { return Err(io::Error::other("expected parts with names")) };
        parts.is_over = false;
        if parameter(&head, "filename").is_some() {
            return Ok((fields, Some(Box::new(parts))));
        }
        let mut value = Vec::new();
        (&mut parts).take(FIELDS_BYTES_MAX as u64 + 1).read_to_end(&mut value)?;
        bytes += head.len() + value.len();
        if bytes > FIELDS_BYTES_MAX {
            return Err(io::Error::other("expected smaller fields"));
        }
        let value = String::from_utf8(value).map_err(|_| io::Error::other("expected UTF-8"))?;
        fields.add(&name, value.replace("\r\n", "\n"));
    }
}

/// A parameter of the head of a part.
fn parameter(head: &str, name: &str) -> Option<String> {
    let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let mut parameters = disposition.split(';').map(str::trim);
    let value = parameters.find_map(|one| one.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim_matches('"').to_owned())
}

/// A part that is read up to the delimiter behind it.
struct Part<R> {
    body: R,
    buffer: Vec<u8>,
    end: Vec<u8>,
    is_over: bool,
}

impl<R: Read> Part<R> {
    /// Reads more; whether there was any.
    fn more(&mut self) -> io::Result<bool> {
        let mut piece = vec![0; PIECE_BYTES];
        let count = self.body.read(&mut piece)?;
        self.buffer.extend(piece.iter().take(count));
        Ok(count > 0)
    }

    fn find(&self, wanted: &[u8]) -> Option<usize> {
        self.buffer.windows(wanted.len()).position(|window| window == wanted)
    }

    /// Up to the first delimiter.
    fn skip(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink()).map(drop)
    }

    /// What stands before some bytes, which are passed over.
    fn until(&mut self, end: &[u8]) -> io::Result<String> {
        loop {
            if let Some(place) = self.find(end) {
                let rest = self.buffer.split_off(place + end.len());
                let mut found = std::mem::replace(&mut self.buffer, rest);
                found.truncate(place);
                return String::from_utf8(found).map_err(|_| io::Error::other("expected UTF-8"));
            }
            if self.buffer.len() > HEAD_BYTES_MAX || !self.more()? {
                return Err(io::Error::other("the form broke off"));
            }
        }
    }

    /// What stands behind a delimiter: nothing, or two hyphens after the last one.
    fn line(&mut self) -> io::Result<String> {
        while self.buffer.len() < 2 {
            if !self.more()? {
                return Err(io::Error::other("the form broke off"));
            }
        }
        if self.buffer.starts_with(b"--") { Ok("--".to_owned()) } else { self.until(b"\r\n") }
    }

    fn head(&mut self) -> io::Result<String> {
        self.until(b"\r\n\r\n")
    }
}

impl<R: Read> Read for Part<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.is_over || into.is_empty() {
            return Ok(0);
        }
        loop {
            let end = self.find(&self.end);
            // What could be the beginning of a delimiter stays until more is known.
            let known = end.unwrap_or((self.buffer.len() + 1).saturating_sub(self.end.len()));
            if known > 0 {
                let count = known.min(into.len());
                let rest = self.buffer.split_off(count);
                let part = std::mem::replace(&mut self.buffer, rest);
                into.iter_mut().zip(part).for_each(|(to, from)| *to = from);
                return Ok(count);
            }
            if end.is_some() {
                self.buffer.drain(..self.end.len());
                self.is_over = true;
                return Ok(0);
            }
            if !self.more()? {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file broke off"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a few bytes at a time.
    struct Slow(Vec<u8>, usize);

    impl Read for Slow {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(into.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    const FORM: &str = "--b\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nmeans\r\n\
        --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n\
        one\r\n--c\r\ntwo\r\n--b--\r\n";

    #[test]
    fn fields_come_first_and_the_file_as_it_is_in_pieces_of_any_size() {
        for size in [1, 2, 3, 7, 1_000] {
            let (fields, file) = read(Slow(FORM.as_bytes().to_vec(), size), "b").unwrap();
            let mut content = String::new();
            file.unwrap().read_to_string(&mut content).unwrap();
            assert_eq!((fields.text("kind"), &*content), ("means", "one\r\n--c\r\ntwo"), "{size}");
        }
    }

    #[test]
    fn what_tells_of_fields_counts_as_they_do() {
        let part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n";
        let form = |parts: usize| part.repeat(parts) + "--b--\r\n";
        let most = FIELDS_BYTES_MAX / "Content-Disposition: form-data; name=\"a\"".len();
        assert!(read(Slow(form(100).into_bytes(), 64 * 1024), "b").is_ok());
        assert!(read(Slow(form(most + 1).into_bytes(), 64 * 1024), "b").is_err());
    }

    #[test]
    fn what_breaks_off_is_not_taken_for_whole() {
        let whole = FORM.len() - "\r\n--b--\r\n".len();
        for length in [0, 10, 60, 100, whole] {
            let sent = read(Slow(FORM.as_bytes()[..length].to_vec(), 5), "b");
            let file = sent.and_then(|(_, file)| file.map_or(Ok(0), |mut file| file.read_to_end(&mut Vec::new())));
            assert!(file.is_err(), "{length}");
        }
    }

    #[test]
    fn a_boundary_is_taken_from_the_media_type() {
        assert_eq!(boundary("multipart/form-data; boundary=\"a b\""), Some("a b"));
        assert_eq!(
            (boundary("application/x-www-form-urlencoded"), boundary("multipart/form-data; boundary=")),
            (None, None)
        );
    }
}
