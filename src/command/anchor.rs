//! How far a ledger is sealed, in a file beside it: where the file is kept by somebody else, seals that were made anew are told.

use std::io::ErrorKind;
use std::path::Path;

use avis_store::{Cursor, MovementsError, Verification};
use serde::Serialize;

use crate::failure::Failure;
use crate::files::{self, Readers};
use crate::records::Records;

/// What came of holding a ledger against such a file.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Anchored {
    /// The lane whose seals are not those that were there before; none if all are.
    pub(super) other_lane: Option<u16>,
    /// Whether the file tells of the seals of now.
    pub(super) is_written: bool,
}

impl Anchored {
    /// Compares with what is in the file, if it is there; a ledger that is whole is written into it then.
    pub(super) fn compare(path: &Path, records: &Records, found: &Verification) -> Result<Self, Failure> {
        let other_lane = match before(path)?.map(|before| records.movements().movements_after(&before, 0)) {
            None | Some(Ok(_)) => None,
            Some(Err(MovementsError::Diverged(lane))) => Some(lane),
            Some(Err(error)) => return Err(Failure::of(error)),
        };
        let is_written = other_lane.is_none() && found.is_whole();
        if is_written {
            let json = serde_json::to_vec(&found.sealed).map_err(|error| Failure::of_file(path, error))?;
            files::replace(path, &json, Readers::Usual)?;
        }
        Ok(Self { other_lane, is_written })
    }

    /// Whether nothing else is there than was before.
    pub(super) fn holds(self) -> bool {
        self.other_lane.is_none()
    }

    pub(super) fn told(self) -> String {
        match (self.other_lane, self.is_written) {
            (Some(lane), _) => format!("lane {lane}: its seals are not those of the file"),
            (None, true) => "the seals of the file are there; it tells of those of now".to_owned(),
            (None, false) => "the seals of the file are there; it was left as it is".to_owned(),
        }
    }
}

fn before(path: &Path) -> Result<Option<Cursor>, Failure> {
    match std::fs::read(path) {
        Ok(json) => serde_json::from_slice(&json).map(Some).map_err(|error| Failure::of_file(path, error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::of_file(path, error)),
    }
}
