//! Elements of a part, one after another.

use std::io::BufRead;

use avis_core::Faults;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader, XmlVersion};

use super::refused;

/// What comes next in a part.
pub(super) enum Piece<'x> {
    Opens(Element<'x>),
    /// By its local name.
    Closes(String),
    Text(String),
}

/// An element that begins.
pub(super) struct Element<'x>(BytesStart<'x>);

/// A part that is read.
pub(super) struct Xml<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
}

impl<R: BufRead> Xml<R> {
    pub(super) fn new(part: R) -> Self {
        let mut reader = Reader::from_reader(part);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new() }
    }

    /// What comes next; none at the end.
    ///
    /// # Errors
    /// What is no XML, or beyond its bounds.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'_>>, Faults> {
        self.buffer.clear();
        let piece = match self.reader.read_event_into(&mut self.buffer).map_err(broken)? {
            Event::Start(element) | Event::Empty(element) => Piece::Opens(Element(element)),
            Event::End(element) => Piece::Closes(element.local_name().as_ref().to_owned()),
            Event::Text(text) => Piece::Text(text.xml10_content().into_owned()),
            Event::GeneralRef(reference) => Piece::Text(referred(&reference, reference.resolve_char_ref())?),
            Event::Eof => return Ok(None),
            _ => Piece::Text(String::new()),
        };
        Ok(Some(piece))
    }
}

/// What a reference means: a character, or one of the five that XML knows.
fn referred(name: &str, character: Result<Option<char>, Error>) -> Result<String, Faults> {
    if let Some(character) = character.map_err(broken)? {
        return Ok(character.to_string());
    }
    let known = quick_xml::escape::resolve_predefined_entity(name);
    known.map(str::to_owned).ok_or_else(|| refused("it refers to something that XML does not know"))
}

impl Element<'_> {
    /// Its local name.
    pub(super) fn name(&self) -> String {
        self.0.local_name().as_ref().to_owned()
    }

    /// The value of an attribute by its local name, if it is there.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.attributes();
        let mut known = attributes.with_checks(false).filter_map(Result::ok);
        let found = known.find(|attribute| attribute.key.local_name().as_ref() == name)?;
        found.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
    }
}

fn broken(error: Error) -> Faults {
    match error {
        Error::Io(error) => refused(&error.to_string()),
        _ => refused("a part of it is no XML"),
    }
}

/// Whether what comes is of a value or a text, and not of how that is pronounced.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    is_text: bool,
    is_aside: bool,
}

impl Reading {
    pub(super) fn open(&mut self, name: &str) {
        self.turn(name, true);
    }

    pub(super) fn close(&mut self, name: &str) {
        self.turn(name, false);
    }

    fn turn(&mut self, name: &str, is_open: bool) {
        match name {
            "v" | "t" => self.is_text = is_open,
            "rPh" => self.is_aside = is_open,
            _ => {}
        }
    }

    pub(super) fn is_on(self) -> bool {
        self.is_text && !self.is_aside
    }
}
