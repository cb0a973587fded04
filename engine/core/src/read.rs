//! Reads typed values out of parsed JSON and notes every fault with its place, instead of stopping at the first.
//!
//! Messages say what was expected and never repeat what was given.

use std::cell::RefCell;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::fault::{FaultLog, Faults};
use crate::limits::TEXT_CHARACTERS_MAX;
use crate::nearest::suggestion;

/// A value that can be read at a place of a document.
pub(crate) trait Read: Sized {
    /// The value, or `None` after a fault was noted.
    fn read(value: &Value, place: &Place<'_>) -> Option<Self>;
}

/// Reads a whole document of JSON text.
pub(crate) fn document<T: Read>(bytes: &[u8]) -> Result<T, Faults> {
    parsed(&strict_json(bytes)?)
}

/// JSON text as a value; a field that stands twice is refused.
///
/// # Errors
/// Malformed text, by its place only.
pub fn strict_json(bytes: &[u8]) -> Result<Value, Faults> {
    let text = crate::encoding::text(bytes).map_err(Faults::of_document)?;
    crate::json::parse(text).map_err(|error| Faults::of_document(malformed(&error)))
}

/// The line, from 1, on which a text stops being JSON; none where it is all of it.
pub fn broken_line(bytes: &[u8]) -> Option<u64> {
    let text = crate::encoding::text(bytes).ok()?;
    crate::json::parse(text).err().and_then(|error| error.line().try_into().ok())
}

/// Reads a whole document that is parsed already.
pub(crate) fn parsed<T: Read>(value: &Value) -> Result<T, Faults> {
    let log = FaultLog::default();
    let read = T::read(value, &Place { parent: None, step: Step::Root, log: &log });
    log.verdict(read)
}

/// The parser's message; it names syntax and position only, never content.
fn malformed(error: &serde_json::Error) -> String {
    // Of one line only the column tells something, and a line of a file has a number of its own.
    let told = error.to_string();
    match error.line() {
        1 => format!("malformed JSON: {}", told.replace(" at line 1 column ", " at column ")),
        _ => format!("malformed JSON: {told}"),
    }
}

/// A place in a document: a chain on the stack, rendered only when there is a fault.
pub(crate) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
    log: &'a FaultLog,
}

enum Step<'a> {
    Root,
    Field(&'a str),
    Item(usize),
}

impl Place<'_> {
    pub(crate) fn field<'b>(&'b self, name: &'b str) -> Place<'b> {
        Place { parent: Some(self), step: Step::Field(name), log: self.log }
    }

    pub(crate) fn item(&self, index: usize) -> Place<'_> {
        Place { parent: Some(self), step: Step::Item(index), log: self.log }
    }

    /// Notes a fault here; reads as the end of a failed reading.
    pub(crate) fn fault<T>(&self, detail: impl Into<String>) -> Option<T> {
        self.log.add(self.pointer(), detail);
        None
    }

    fn pointer(&self) -> String {
        let mut pointer = self.parent.map(Place::pointer).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Field(name) => {
                pointer.push('/');
                let name: String = name.chars().take(TEXT_CHARACTERS_MAX).collect();
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Step::Item(index) => {
                // Writing to a string can't fail.
                let _ = write!(pointer, "/{index}");
            }
        }
        pointer
    }
}

/// An object whose known fields are taken one by one; what is left over when it is closed is unknown.
pub(crate) struct Object<'a> {
    fields: &'a Map<String, Value>,
    place: &'a Place<'a>,
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Object<'a> {
    pub(crate) fn open(value: &'a Value, place: &'a Place<'a>) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self { fields, place, known: RefCell::default() }),
            _ => place.fault("expected an object"),
        }
    }

    /// A field that must be there.
    pub(crate) fn required<T: Read>(&self, name: &'static str) -> Option<T> {
        match self.raw(name) {
            Some(value) => T::read(value, &self.place.field(name)),
            None => self.place.field(name).fault("this field is required"),
        }
    }

    /// A field that may be absent or null. The outer `None` means that a fault was noted.
    pub(crate) fn optional<T: Read>(&self, name: &'static str) -> Option<Option<T>> {
        match self.raw(name) {
            Some(value) => T::read(value, &self.place.field(name)).map(Some),
            None => Some(None),
        }
    }

    /// A field with a value for its absence.
    pub(crate) fn or<T: Read>(&self, name: &'static str, absent: T) -> Option<T> {
        Some(self.optional(name)?.unwrap_or(absent))
    }

    /// A whole number within inclusive bounds that must be there.
    pub(crate) fn bounded(&self, name: &'static str, least: i64, most: i64) -> Option<i64> {
        match self.raw(name) {
            Some(value) => whole(value, &self.place.field(name), least, most),
            None => self.place.field(name).fault("this field is required"),
        }
    }

    /// A whole number within inclusive bounds, with a value for its absence.
    pub(crate) fn bounded_or(&self, name: &'static str, absent: i64, least: i64, most: i64) -> Option<i64> {
        self.raw(name).map_or(Some(absent), |value| whole(value, &self.place.field(name), least, most))
    }

    /// A list that may be absent, which is as good as empty.
    pub(crate) fn list<T: Read>(&self, name: &'static str, most: usize) -> Option<Vec<T>> {
        match self.raw(name) {
            Some(value) => list(value, &self.place.field(name), most),
            None => Some(Vec::new()),
        }
    }

    /// The value of a field as parsed; null is absence.
    pub(crate) fn raw(&self, name: &'static str) -> Option<&'a Value> {
        self.known.borrow_mut().push(name);
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Takes what names the schema of the file for an editor; it means nothing here.
    pub(crate) fn schema(&self) {
        let _ = self.optional::<Box<str>>("$schema");
    }

    /// Notes that there is a field that nobody asked for, but not its name: what stands there may be a value that must not
    /// come back.
    pub(crate) fn close_unnamed(self) {
        let known = self.known.into_inner();
        if !self.fields.keys().all(|name| known.contains(&name.as_str())) {
            let expected: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            let _ = self.place.fault::<()>(format!("unknown field, expected {}", expected.join(", ")));
        }
    }

    /// Notes each field that nobody asked for.
    pub(crate) fn close(self) {
        let known = self.known.into_inner();
        if known.len() >= self.fields.len() && self.fields.keys().all(|name| known.contains(&name.as_str())) {
            return;
        }
        for name in self.fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let expected: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            let meant = suggestion(name, known.iter().copied());
            let detail = format!("unknown field, expected {}{meant}", expected.join(", "));
            let _ = self.place.field(name).fault::<()>(detail);
        }
    }
}

/// Reads a list of at most `most` items; each item's fault has its own index.
pub(crate) fn list<T: Read>(value: &Value, place: &Place<'_>, most: usize) -> Option<Vec<T>> {
    let Value::Array(items) = value else { return place.fault("expected a list") };
    if items.len() > most {
        return place.fault(format!("expected at most {most} entries"));
    }
    let read: Vec<Option<T>> =
        items.iter().enumerate().map(|(index, item)| T::read(item, &place.item(index))).collect();
    read.into_iter().collect()
}

/// A list inside a rule with at least one entry: an empty one could never mean anything.
pub(crate) fn at_least_one<T: Read>(value: &Value, place: &Place<'_>) -> Option<Vec<T>> {
    match Vec::read(value, place)? {
        entries if entries.is_empty() => place.fault("expected at least one entry"),
        entries => Some(entries),
    }
}

/// The one key of an object such as `{"percent": {…}}` and its value.
pub(crate) fn only_field<'a>(value: &'a Value, place: &Place<'_>, expected: &str) -> Option<(&'a str, &'a Value)> {
    let Value::Object(fields) = value else { return place.fault(format!("expected an object with one of {expected}")) };
    let mut entries = fields.iter().filter(|(_, inner)| !inner.is_null());
    match (entries.next(), entries.next()) {
        (Some((name, inner)), None) => Some((name, inner)),
        _ => place.fault(format!("expected exactly one of {expected}")),
    }
}

/// A whole number within inclusive bounds.
pub(crate) fn whole(value: &Value, place: &Place<'_>, least: i64, most: i64) -> Option<i64> {
    match value.as_i64() {
        Some(number) if (least..=most).contains(&number) => Some(number),
        _ => place.fault(format!("expected a whole number from {least} to {most}")),
    }
}

/// One word of a closed list.
pub(crate) fn word<T: Copy>(value: &Value, place: &Place<'_>, words: &[(&str, T)]) -> Option<T> {
    let found = value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
    match found {
        Some((_, meaning)) => Some(*meaning),
        None => {
            let expected: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let meant = suggestion(value.as_str().unwrap_or_default(), words.iter().map(|(word, _)| *word));
            place.fault(format!("expected {}{meant}", expected.join(" or ")))
        }
    }
}

impl Read for bool {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        match value {
            Value::Bool(truth) => Some(*truth),
            _ => place.fault("expected true or false"),
        }
    }
}

impl Read for Box<str> {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        match value.as_str() {
            // Counting characters only when the bytes don't settle it.
            Some(text)
                if !text.is_empty()
                    && (text.len() <= TEXT_CHARACTERS_MAX || text.chars().count() <= TEXT_CHARACTERS_MAX) =>
            {
                Some(text.into())
            }
            _ => place.fault(format!("expected text of 1 to {TEXT_CHARACTERS_MAX} characters")),
        }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        list(value, place, crate::limits::RULE_LIST_MAX)
    }
}
