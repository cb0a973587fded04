//! Movements from a file: whole, or not at all with every reason.

use std::collections::HashMap;
use std::io::BufReader;
use std::path::Path;

use avis_admin::NdjsonReader;
use avis_core::Faults;
use avis_core::limits::{FAULTS_MAX, MOVEMENT_BYTES_MAX};
use avis_core::settlement::PostedMovement;

use crate::failure::{self, Failure};
use crate::files;

/// Gives every movement of an export to a sink, which may refuse it; a long file shows how far it is.
pub(crate) fn each(path: &Path, mut sink: impl FnMut(PostedMovement) -> Result<(), Faults>) -> Result<(), Failure> {
    let file = files::open(path)?;
    let progress = files::progress(path, &file);
    let mut lines = NdjsonReader::new(BufReader::new(file), MOVEMENT_BYTES_MAX);
    let mut messages = Vec::new();
    let mut seen = HashMap::new();
    while let Some(line) = lines.next_line().map_err(|error| Failure::of_file(path, error))? {
        let place = format!("{}:{}", path.display(), line.number);
        match line.json.as_deref().map(PostedMovement::from_json) {
            None => messages.push(format!("{place}: expected at most {MOVEMENT_BYTES_MAX} bytes")),
            Some(Err(faults)) => messages.extend(failure::listed(&place, &faults)),
            Some(Ok(movement)) => match seen.insert(movement.id, line.number) {
                Some(before) => messages.push(format!("{place}: the movement of line {before} again")),
                None => messages.extend(sink(movement).err().iter().flat_map(|faults| failure::listed(&place, faults))),
            },
        }
        progress.set_position(lines.read_bytes());
        if messages.len() >= FAULTS_MAX {
            messages.push(format!("{}: more faults are not listed", path.display()));
            break;
        }
    }
    progress.finish_and_clear();
    if messages.is_empty() { Ok(()) } else { Err(Failure::of_many(messages)) }
}
