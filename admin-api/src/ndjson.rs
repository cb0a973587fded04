//! Reads one JSON document a line, with a bound on the length of a line, so that no file is ever too large.

use std::io::{self, BufRead};

use avis_core::without_mark;

/// The lines of a file.
pub struct NdjsonReader<R> {
    input: R,
    line_bytes_max: usize,
    number: u64,
    read_bytes: u64,
}

/// A line with its number.
pub struct NumberedLine {
    /// From 1.
    pub number: u64,
    /// None if it is longer than allowed.
    pub json: Option<Vec<u8>>,
}

impl<R: BufRead> NdjsonReader<R> {
    /// Reads an input whose lines have at most so many bytes.
    pub fn new(input: R, line_bytes_max: usize) -> Self {
        Self { input, line_bytes_max, number: 0, read_bytes: 0 }
    }

    /// How much of the file was read.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// The input, read as far as it was.
    pub(crate) fn into_inner(self) -> R {
        self.input
    }

    /// The most that a line may have, for messages.
    pub fn line_bytes_max(&self) -> usize {
        self.line_bytes_max
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// An input that can't be read.
    pub fn next_line(&mut self) -> io::Result<Option<NumberedLine>> {
        loop {
            let mut json = Vec::new();
            let mut too_long = false;
            if !self.read_line(&mut json, &mut too_long)? {
                return Ok(None);
            }
            if self.number == 0 {
                let text = without_mark(&json).map_err(|wrong| io::Error::new(io::ErrorKind::InvalidData, wrong))?;
                json.drain(..json.len() - text.len());
            }
            self.number += 1;
            if too_long {
                return Ok(Some(NumberedLine { number: self.number, json: None }));
            }
            if !json.trim_ascii().is_empty() {
                return Ok(Some(NumberedLine { number: self.number, json: Some(json) }));
            }
        }
    }

    /// Whether there was a line. What is longer than allowed is read over, never kept.
    fn read_line(&mut self, json: &mut Vec<u8>, too_long: &mut bool) -> io::Result<bool> {
        let mut any = false;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            if json.len() + part.len() > self.line_bytes_max {
                *too_long = true;
                json.clear();
            }
            if !*too_long {
                json.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);
            self.read_bytes += used as u64;
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_at_the_beginning_is_skipped_and_utf_16_is_one_error() {
        let mut marked = NdjsonReader::new(&b"\xef\xbb\xbf{}\n{}\n"[..], 10);
        assert_eq!(marked.next_line().unwrap().and_then(|line| line.json).as_deref(), Some(&b"{}"[..]));
        let utf_16: Vec<u8> = "{}\n{}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let error = NdjsonReader::new(&utf_16[..], 100).next_line().err().unwrap();
        assert!(error.to_string().contains("UTF-16"), "{error}");
    }

    #[test]
    fn lines_are_numbered_blank_ones_are_passed_and_long_ones_are_not_kept() {
        let text = "{}\n\n  \r\n[1]\r\n0123456789\n2";
        // A small buffer, so that lines lie across its edges.
        let mut reader = NdjsonReader::new(io::BufReader::with_capacity(3, text.as_bytes()), 6);
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            lines.push((line.number, line.json.map(|json| String::from_utf8(json).unwrap())));
        }
        let expected = [(1, Some("{}")), (4, Some("[1]\r")), (5, None), (6, Some("2"))];
        assert_eq!(lines, expected.map(|(number, json)| (number, json.map(str::to_owned))));
        assert_eq!(reader.read_bytes(), text.len() as u64);
    }
}
