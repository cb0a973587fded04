//! The folder: who may use it, who uses it now, and what lies in it.

use std::fs::Metadata;
use std::path::Path;

use avis_admin::OperatorFile;
use avis_core::IdentifierSecret;
use avis_store::sqlite::{self, ExaminedFile, Folder, FolderError, OpenError};
use jiff::{SignedDuration, Timestamp};

use super::finding::{Findings, Verdict};
use crate::operating::FILE;
use crate::settings::Settings;

/// What the other checks need to know of the folder.
#[derive(Default)]
pub(super) struct Examined {
    /// Whether a process uses it now.
    pub(super) is_used: bool,
    /// Under which its files are written; none if there is none yet, or it can't be read.
    pub(super) secret: Option<IdentifierSecret>,
}

/// How far the clock may be behind a file that was written before: clocks of machines are corrected now and then.
const CLOCK_LEEWAY: SignedDuration = SignedDuration::from_secs(5);

pub(super) fn check(path: &Path, settings: Option<&Settings>, findings: &mut Findings) -> Examined {
    let is_used = match Folder::is_used(path) {
        Ok(is_used) => is_used,
        Err(error) => {
            findings.add(Verdict::Problem, "folder", error.to_string());
            return Examined::default();
        }
    };
    match Folder::examine(path) {
        Ok(()) => check_owner_alone(path, findings),
        Err(FolderError::Unfinished(_)) if is_used => {
            findings.add(Verdict::Warning, "folder", "an installation is being made in it now; look again afterwards");
        }
        // Nothing is wrong with what does not exist yet.
        Err(error @ (FolderError::Missing(_) | FolderError::Empty(_))) => {
            findings.add(Verdict::Warning, "folder", error.to_string());
            return Examined::default();
        }
        Err(error) => {
            findings.add(Verdict::Problem, "folder", error.to_string());
            return Examined::default();
        }
    }
    check_use(path, is_used, findings);
    let secret = check_key(path, findings);
    let files = sqlite::examine(path, is_used, secret.as_ref());
    check_files(path, &files, settings, findings);
    check_clock(path, findings);
    Examined { is_used, secret }
}

fn check_owner_alone(path: &Path, findings: &mut Findings) {
    let shown = path.display();
    if std::fs::metadata(path).is_ok_and(|metadata| is_open_to_others(&metadata)) {
        let says = format!(
            "{shown} is open to other users of this machine; `chmod 700 {shown}` closes it, and so does the next start"
        );
        findings.add(Verdict::Warning, "folder", says);
    } else {
        findings.add(Verdict::Ok, "folder", format!("there is an installation in {shown}, for its owner only"));
    }
}

#[cfg(unix)]
fn is_open_to_others(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(metadata) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_metadata: &Metadata) -> bool {
    false
}

/// Who uses the folder, and how that process is reached; whether this account may use it.
fn check_use(path: &Path, is_used: bool, findings: &mut Findings) {
    if is_used {
        let told = std::fs::read(path.join(FILE)).ok();
        let told = told.and_then(|json| serde_json::from_slice::<OperatorFile>(&json).ok());
        let says = match told {
            Some(file) => format!("it is served now, and administered at http://{}", file.address),
            None => "another command uses it now; a second process is refused until that has ended".to_owned(),
        };
        return findings.add(Verdict::Ok, "use", says);
    }
    match std::fs::OpenOptions::new().write(true).open(path.join("lock")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            let says = format!("its lock can't be taken: {error}; run AVIS as the account that owns the folder");
            findings.add(Verdict::Problem, "use", says);
        }
        _ => findings.add(Verdict::Ok, "use", "no process uses it now"),
    }
}

fn check_key(path: &Path, findings: &mut Findings) -> Option<IdentifierSecret> {
    let file = path.join("identifier.key");
    match Folder::secret_of(path) {
        Ok(secret) => {
            if std::fs::metadata(&file).is_ok_and(|metadata| is_open_to_others(&metadata)) {
                let shown = file.display();
                let says = format!("other accounts may read {shown}; `chmod 600 {shown}` keeps it from them");
                findings.add(Verdict::Warning, "key", says);
            } else {
                findings.add(Verdict::Ok, "key", "`identifier.key` is there, for its owner only");
            }
            Some(secret)
        }
        Err(error) => {
            findings.add(Verdict::Problem, "key", error.to_string());
            None
        }
    }
}

fn check_files(path: &Path, files: &[ExaminedFile], settings: Option<&Settings>, findings: &mut Findings) {
    for &ExaminedFile { name, ref schema } in files {
        match schema {
            Ok(schema) if schema.found == schema.known => {
                findings.add(Verdict::Ok, name, format!("its schema is of version {}", schema.found));
            }
            Ok(schema) => {
                let says = format!(
                    "its schema is of version {}; the next start brings it to {}: make a backup before",
                    schema.found, schema.known
                );
                findings.add(Verdict::Warning, name, says);
            }
            // It is made of the ledger, which is the only one of which nothing is lost.
            Err(error @ (OpenError::Failed(..) | OpenError::Damaged(..))) if name == sqlite::MADE_OF_THE_LEDGER => {
                let says =
                    format!("{error}; delete it while nobody serves the folder, and the next start makes it again");
                findings.add(Verdict::Problem, name, says);
            }
            Err(error @ OpenError::Damaged(..)) => {
                findings.add(Verdict::Problem, name, format!("{error}; restore a backup to another folder"));
            }
            Err(error) => findings.add(Verdict::Problem, name, error.to_string()),
        }
    }
    let is_embedded = settings.is_some_and(|settings| settings.cluster.database().is_none());
    for name in sqlite::OF_AN_INSTALLATION {
        if is_embedded && !files.iter().any(|file| file.name == name) {
            findings.add(Verdict::Problem, name, FolderError::FileMissing(path.join(name)).to_string());
        }
    }
}

/// A clock that is behind what was written before would date sales wrongly.
fn check_clock(path: &Path, findings: &mut Findings) {
    let now = Timestamp::now();
    let files = std::fs::read_dir(path).into_iter().flatten().flatten();
    let written = files.filter_map(|file| Timestamp::try_from(file.metadata().ok()?.modified().ok()?).ok());
    match written.max() {
        Some(newest) if now.duration_until(newest) > CLOCK_LEEWAY => {
            let says = format!(
                "this machine's clock says {now:.0}, and a file in the folder was written at {newest:.0}; set the clock right"
            );
            findings.add(Verdict::Problem, "clock", says);
        }
        _ => findings.add(
            Verdict::Ok,
            "clock",
            format!("this machine's clock says {now:.0}, later than what is written"),
        ),
    }
}
