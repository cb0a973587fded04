//! Why administration did not do as asked.

use std::fmt;

use avis_core::Faults;
use avis_core::document::Location;
use avis_store::{RowFault, RowName, StoreError};
use serde::{Deserialize, Serialize};

/// One thing that is wrong with what was sent, and where. Values that were sent never come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineFault {
    /// The line, from 1, where there are lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// JSON pointer to the field; empty for the whole document or line.
    pub pointer: String,
    /// The entry by its name, such as ``benefit `half` version 2``, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// What was expected.
    pub detail: String,
}

/// Why administration did not do as asked. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// What was sent is not as it should be.
    #[error("{} faults", .0.len())]
    Faults(Vec<LineFault>),
    /// There is nothing of that name.
    #[error("{0}")]
    Missing(String),
    /// There is something of that name already.
    #[error("{0}")]
    Exists(String),
    /// There are as many of it as there may be.
    #[error("{0}")]
    Full(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something that is wanted whole is not what was committed.
    #[error("{0} is not what was committed; `avis status --verify` names every such row")]
    Altered(RowName),
    /// What was made can't be handed out.
    #[error("can't be written: {0}")]
    Output(String),
}

impl AdminError {
    /// One fault of a document.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Faults(vec![LineFault::new(None, pointer, detail)])
    }
}

impl LineFault {
    /// A fault of a line, or of a whole document.
    pub fn new(line: Option<u64>, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { line, pointer: pointer.into(), entry: None, detail: detail.into() }
    }

    /// The faults of a document of several lines, each with its own.
    pub fn located(json: &[u8], faults: Faults) -> Vec<Self> {
        let mut list = Self::of(None, faults);
        for fault in &mut list {
            let is_of_all = fault.pointer.is_empty();
            if let Some(line) = is_of_all.then(|| avis_core::broken_line(json)).flatten() {
                fault.line = Some(line);
            } else if let Some(location) = Location::of(json, &fault.pointer) {
                (fault.line, fault.entry) = (Some(location.line), location.entry);
            }
        }
        list
    }

    /// The faults of a line, or of a whole document.
    pub fn of(line: Option<u64>, faults: Faults) -> Vec<Self> {
        let unlisted = faults.unlisted;
        let mut list: Vec<Self> =
            faults.list.into_iter().map(|fault| Self::new(line, fault.pointer, fault.detail)).collect();
        if unlisted > 0 {
            list.push(Self::new(line, "", format!("and {unlisted} more")));
        }
        list
    }

    /// The fault of a row that came from a line.
    pub(crate) fn of_row(line: Option<u64>, fault: RowFault) -> Self {
        Self::new(line, fault.pointer, fault.detail)
    }
}

impl fmt::Display for LineFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(out, "{line}: ")?;
        }
        let pointer = if self.pointer.is_empty() { "document" } else { &self.pointer };
        write!(out, "{pointer}")?;
        if let Some(entry) = &self.entry {
            write!(out, " ({entry})")?;
        }
        write!(out, ": {}", self.detail)
    }
}
