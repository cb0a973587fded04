//! The demo's data: compiled in, so that the demo runs anywhere, or from a folder.

use std::path::{Path, PathBuf};

use avis_admin::control::Settled;
use avis_console::SimulatorSetup;
use avis_core::limits::CATALOGUE_BYTES_MAX;
use serde_json::Value;

use super::history::History;
use crate::failure::Failure;
use crate::files;
use crate::simulator;

/// The files of the demo, by their names.
const FILES: [(&str, &str); 8] = [
    ("catalogue.json", include_str!("../../../demo/catalogue.json")),
    (HISTORY, include_str!("../../../demo/history.json")),
    ("holders.ndjson", include_str!("../../../demo/holders.ndjson")),
    (REGISTRY_LIST, include_str!("../../../demo/registry-list.csv")),
    (SIMULATOR, include_str!("../../../demo/simulator.json")),
    ("terminals.json", include_str!("../../../demo/terminals.json")),
    ("try.json", include_str!("../../../demo/try.json")),
    ("users.json", include_str!("../../../demo/users.json")),
];

/// The file that fills the till simulator.
const SIMULATOR: &str = "simulator.json";

/// A registry's list of a group, to be imported.
const REGISTRY_LIST: &str = "registry-list.csv";

/// The file of what happened before.
const HISTORY: &str = "history.json";

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

    /// The catalogue, with the cases of single benefits alone.
    pub(super) fn catalogue(&self) -> Result<Vec<u8>, Failure> {
        Ok(without_common_cases(self.read("catalogue.json")?))
    }

    /// What happened before; nothing where a given folder has no file of it.
    pub(super) fn history(&self) -> Result<Option<History>, Failure> {
        let path = self.path(HISTORY);
        if self.0.is_some() && !path.exists() {
            return Ok(None);
        }
        History::read(path, &self.read(HISTORY)?).map(Some)
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
        Ok(self.read_simulator()?.map(|(_, setup)| setup))
    }

    /// The same, with the file that says it.
    fn read_simulator(&self) -> Result<Option<(Vec<u8>, SimulatorSetup)>, Failure> {
        let path = self.path(SIMULATOR);
        if self.0.is_some() && !path.exists() {
            return Ok(None);
        }
        let json = self.read(SIMULATOR)?;
        let setup = simulator::read(&path, &json)?;
        Ok(Some((json, setup)))
    }

    /// Writes the files that are imported into another folder.
    pub(super) fn write_into(&self, folder: &Path) -> Result<(), Failure> {
        let at = |error| Failure::of_file(folder, error);
        std::fs::create_dir_all(folder).map_err(at)?;
        std::fs::write(folder.join("catalogue.json"), self.catalogue()?).map_err(at)?;
        for name in ["holders.ndjson", "terminals.json"] {
            std::fs::write(folder.join(name), self.read(name)?).map_err(at)?;
        }
        Ok(())
    }

    /// Writes a registry's list into a folder, so that it can be imported; where it is, if there is one.
    pub(super) fn write_registry_list(&self, folder: &Path) -> Result<Option<PathBuf>, Failure> {
        if self.0.is_some() && !self.path(REGISTRY_LIST).exists() {
            return Ok(None);
        }
        let file = folder.join(REGISTRY_LIST);
        std::fs::write(&file, self.read(REGISTRY_LIST)?).map_err(|error| Failure::of_file(&file, error))?;
        Ok(Some(file))
    }

    /// Writes what fills the till simulator into a folder, with the engine that it calls; where it is, if there is one.
    pub(super) fn write_simulator(&self, folder: &Path, engine: &str) -> Result<Option<PathBuf>, Failure> {
        let Some((json, _)) = self.read_simulator()? else { return Ok(None) };
        let path = folder.join(SIMULATOR);
        let mut setup: Value =
            serde_json::from_slice(&json).map_err(|error| Failure::of_file(&self.path(SIMULATOR), error))?;
        if let Some(fields) = setup.as_object_mut() {
            fields.insert("engine".to_owned(), engine.into());
        }
        std::fs::write(&path, setup.to_string()).map_err(|error| Failure::of_file(&path, error))?;
        Ok(Some(path))
    }
}

/// A catalogue with the cases of single benefits alone, whose grantors change them with the benefit. Cases of several would hold up
/// every change that somebody tries.
fn without_common_cases(json: Vec<u8>) -> Vec<u8> {
    let Ok(mut catalogue) = serde_json::from_slice::<Value>(&json) else { return json };
    let code = |benefit: &Value| Some(format!("{}: ", benefit.get("code")?.as_str()?));
    let benefits = catalogue.get("benefits").and_then(Value::as_array).into_iter().flatten();
    let prefixes: Vec<String> = benefits.filter_map(code).collect();
    let name = |case: &Value| case.get("name").and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
    let is_single = |case: &Value| prefixes.iter().any(|prefix| name(case).starts_with(prefix));
    match catalogue.get_mut("cases").and_then(Value::as_array_mut) {
        Some(cases) if !cases.iter().all(is_single) => cases.retain(is_single),
        // As it is written, so that faults name its lines.
        _ => return json,
    }
    catalogue.to_string().into_bytes()
}
