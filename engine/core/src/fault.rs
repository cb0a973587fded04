//! What is wrong with a document, and where.

use std::cell::{Cell, RefCell};
use std::fmt;

use crate::limits::FAULTS_MAX;

/// One thing that is wrong, at one place of a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
pub struct Fault {
    /// JSON pointer (RFC 6901) to the field; empty for the whole document.
    pub pointer: String,
    /// What was expected there. Never the value that was given: it may be an identifier's.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "document" } else { &self.pointer };
        write!(out, "{pointer}: {}", self.detail)
    }
}

/// Everything that is wrong with a document, in the order in which it was found. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.listed())]
pub struct Faults {
    /// The faults, at most [`FAULTS_MAX`] of them.
    pub list: Vec<Fault>,
    /// How many more there are.
    pub unlisted: usize,
}

impl Faults {
    /// One fault of the document as a whole.
    pub fn of_document(detail: impl Into<String>) -> Self {
        Self::at("", detail)
    }

    /// One fault at a place of the document.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { list: vec![Fault { pointer: pointer.into(), detail: detail.into() }], unlisted: 0 }
    }

    fn listed(&self) -> String {
        let mut lines: Vec<String> = self.list.iter().map(Fault::to_string).collect();
        if self.unlisted > 0 {
            lines.push(format!("and {} more", self.unlisted));
        }
        lines.join("\n")
    }
}

/// Where a reading notes faults, so that it can go on and find them all.
#[derive(Debug, Default)]
pub(crate) struct FaultLog {
    list: RefCell<Vec<Fault>>,
    unlisted: Cell<usize>,
}

impl FaultLog {
    pub(crate) fn add(&self, pointer: String, detail: impl Into<String>) {
        let mut list = self.list.borrow_mut();
        if list.len() < FAULTS_MAX {
            list.push(Fault { pointer, detail: detail.into() });
        } else {
            self.unlisted.set(self.unlisted.get() + 1);
        }
    }

    /// The value if nothing was noted, else what was.
    pub(crate) fn verdict<T>(self, value: Option<T>) -> Result<T, Faults> {
        let list = self.list.into_inner();
        match value {
            Some(value) if list.is_empty() => Ok(value),
            None if list.is_empty() => Err(Faults::of_document("can't be read")),
            _ => Err(Faults { list, unlisted: self.unlisted.get() }),
        }
    }
}
