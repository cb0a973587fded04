//! A folder in the system's temporary one, for as long as it is needed.

use std::path::{Path, PathBuf};

use avis_private_servers::new_folder;

/// A new, empty folder, removed with all that is in it when this is dropped.
pub struct TempFolder(PathBuf);

impl TempFolder {
    /// Its name begins with this one; the rest is random.
    pub fn new(name: &str) -> Self {
        Self(new_folder(name).unwrap_or_else(|error| panic!("{error}")))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        // What a panic left open can't keep the rest from being removed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
