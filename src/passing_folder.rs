//! A folder for one run of the program.

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

/// The folder of one run, gone with it.
pub(crate) struct PassingFolder(pub(crate) PathBuf);

impl PassingFolder {
    /// A folder that does not exist yet, under a name that nobody can guess.
    pub(crate) fn new() -> Self {
        // The hasher's keys are random, and of this process alone.
        let random = RandomState::new().hash_one(std::process::id());
        Self(std::env::temp_dir().join(format!("avis-{random:016x}")))
    }
}

impl Drop for PassingFolder {
    fn drop(&mut self) {
        // What can't be removed is left to the system, as all that lies there.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
