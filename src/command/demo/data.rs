//! The demo's data: compiled in, so that the demo runs anywhere, or from a folder.

use std::path::{Path, PathBuf};

use avis_admin::control::Settled;
use avis_console::SimulatorSetup;
use avis_core::limits::CATALOGUE_BYTES_MAX;

use crate::failure::Failure;
use crate::files;
use crate::simulator;

/// The files of the demo, by their names.
const FILES: [(&str, &str); 6] = [
    ("catalogue.json", include_str!("../../../demo/catalogue.json")),
    ("holders.ndjson", include_str!("../../../demo/holders.ndjson")),
    ("simulator.json", include_str!("../../../demo/simulator.json")),
    ("terminals.json", include_str!("../../../demo/terminals.json")),
    ("try.json", include_str!("../../../demo/try.json")),
    ("users.json", include_str!("../../../demo/users.json")),
];

/// Where the data of a demo comes from.
pub(super) struct DemoData(Option<PathBuf>);

impl DemoData {
    /// From a folder if one is given, else from the program.
    pub(super) fn of(folder: Option<PathBuf>) -> Self {
        Self(folder)
    }

    /// What a file is called in messages.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.as_deref().unwrap_or(Path::new("demo")).join(name)
    }

    /// A file as a whole.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, Failure> {
        match &self.0 {
            Some(folder) => files::read(&folder.join(name), CATALOGUE_BYTES_MAX),
            None => {
                let found = FILES.iter().find(|(known, _)| *known == name);
                Ok(found.map(|(_, text)| text.as_bytes().to_vec()).unwrap_or_default())
            }
        }
    }

    /// Who signs in; nobody where a given folder has no file of them.
    pub(super) fn users(&self) -> Result<Option<Settled>, Failure> {
        let path = self.path("users.json");
        if self.0.is_some() && !path.exists() {
            return Ok(None);
        }
        let read = serde_json::from_slice(&self.read("users.json")?);
        read.map(Some).map_err(|error| Failure::of_file(&path, error))
    }

    /// What fills the till simulator; nothing where a given folder has no file for it.
    pub(super) fn simulator(&self) -> Result<Option<SimulatorSetup>, Failure> {
        let path = self.path("simulator.json");
        if self.0.is_some() && !path.exists() {
            return Ok(None);
        }
        simulator::read(&path, &self.read("simulator.json")?).map(Some)
    }

    /// The folder with the files, written to another if they are in the program.
    pub(super) fn in_folder(&self, folder: &Path) -> Result<PathBuf, Failure> {
        if let Some(given) = &self.0 {
            return Ok(given.clone());
        }
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| FILES.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text)));
        written.map_err(|error| Failure::of_file(folder, error))?;
        Ok(folder.to_owned())
    }
}
