//! Who signed in on this machine: a file of the user's own that nobody else reads.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::files::{self, Readers};

/// A sign-in, as it is kept until it ends.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    /// Where the control plane is, such as `https://avis.example.lv`.
    pub(crate) url: String,
    pub(crate) email: String,
    /// The party for which the token acts.
    pub(crate) party: String,
    pub(crate) token: String,
    pub(crate) token_id: String,
    pub(crate) expires_at: Timestamp,
    /// Certificates that vouch for the server, in the place of the system's.
    pub(crate) ca: Option<PathBuf>,
}

/// Where it is kept: `avis/sign-in.json` in the user's folder of settings.
fn path() -> Result<PathBuf, Failure> {
    let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = of("XDG_CONFIG_HOME").or_else(|| of("HOME").map(|home| home.join(".config")));
    let folder = folder.ok_or_else(|| Failure::new("expected `HOME` or `XDG_CONFIG_HOME` in the environment"))?;
    Ok(folder.join("avis").join("sign-in.json"))
}

impl SignedIn {
    /// The one that is kept.
    ///
    /// # Errors
    /// Nobody signed in here, or not any more.
    pub(crate) fn read() -> Result<Self, Failure> {
        let path = path()?;
        let json = fs::read(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure::new("nobody is signed in here: `avis sign-in URL` comes first"),
            _ => Failure::of_file(&path, error),
        })?;
        serde_json::from_slice(&json).map_err(|error| Failure::of_file(&path, error))
    }

    /// Keeps it in the place of another, for its user alone.
    pub(crate) fn keep(&self) -> Result<PathBuf, Failure> {
        let path = path()?;
        let failed = |error: std::io::Error| Failure::of_file(&path, error);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let json = serde_json::to_vec(self).map_err(Failure::of)?;
        files::replace(&path, &json, Readers::Owner)?;
        Ok(path)
    }

    /// Forgets it.
    pub(crate) fn forget() -> Result<(), Failure> {
        let path = path()?;
        fs::remove_file(&path).map_err(|error| Failure::of_file(&path, error))
    }
}
