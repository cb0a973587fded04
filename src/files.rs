//! Files of commands: catalogues and holders are loaded whole, or not at all with every reason; what is kept is replaced whole.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read, Write};
use std::path::Path;

use avis_admin::{LineFault, NdjsonReader};
use avis_core::limits::{CATALOGUE_BYTES_MAX, FAULTS_MAX, HOLDER_BYTES_MAX};
use avis_core::{Catalogue, IdentifierSecret, WrittenHolder, strict_json};
use avis_server::Directory;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::failure::{self, Failure};
use crate::settings::Settings;

/// A secret of this process alone: what is hashed with it is never kept.
pub(crate) fn passing_secret(settings: &Settings) -> Result<IdentifierSecret, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Failure::new(format!("no randomness from the system: {error}")))?;
    Ok(IdentifierSecret::new(bytes).with_forms(settings.identifier_forms()))
}

/// A whole file of bounded size.
pub(crate) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|error| Failure::of_file(path, error))?;
    if bytes.len() as u64 > bytes_max {
        return Err(Failure::of_file(path, format!("expected at most {bytes_max} bytes")));
    }
    Ok(bytes)
}

pub(crate) fn open(path: &Path) -> Result<File, Failure> {
    let file = File::open(path).map_err(|error| Failure::of_file(path, error))?;
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(Failure::of_file(path, "expected a file, this is a folder")),
        _ => Ok(file),
    }
}

/// A new file: what is written is written over nothing.
pub(crate) fn create(path: &Path) -> Result<File, Failure> {
    File::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::of_file(path, "this file is there already; name another one"),
        _ => Failure::of_file(path, error),
    })
}

/// Puts a file in the place of another, if there is one: whole, or all is as it was, whenever the power fails.
pub(crate) fn replace(path: &Path, bytes: &[u8], whose: Readers) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::of_file(path, error);
    let mut aside = path.as_os_str().to_owned();
    aside.push(".new");
    let aside = Path::new(&aside);
    // One that an earlier try left.
    let _ = fs::remove_file(aside);
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if matches!(whose, Readers::Owner) {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let written = options.open(aside).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.and_then(|()| fs::rename(aside, path)).map_err(failed)
}

/// Who may read a file that is written.
#[derive(Clone, Copy)]
pub(crate) enum Readers {
    /// Its user alone.
    Owner,
    /// Whom the system lets.
    Usual,
}

/// A catalogue.
pub(crate) fn catalogue(path: &Path) -> Result<Catalogue, Failure> {
    let json = read(path, CATALOGUE_BYTES_MAX)?;
    Catalogue::parse(&json).map_err(|faults| Failure::of_lines(path, &LineFault::located(&json, faults)))
}

/// A catalogue as it is written.
pub(crate) fn document(path: &Path) -> Result<Value, Failure> {
    let json = read(path, CATALOGUE_BYTES_MAX)?;
    strict_json(&json).map_err(|faults| Failure::of_lines(path, &LineFault::located(&json, faults)))
}

/// Shows how far a long work with the bytes of a file is.
pub(crate) fn progress(path: &Path, file: &File) -> ProgressBar {
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    progress_of(path, bytes, "{msg} {wide_bar} {bytes}/{total_bytes} {eta}")
}

/// Shows how far a long work with the rows of a file is.
pub(crate) fn progress_of_rows(path: &Path, rows: u64) -> ProgressBar {
    progress_of(path, rows, "{msg} {wide_bar} {pos}/{len} {eta}")
}

fn progress_of(path: &Path, length: u64, style: &str) -> ProgressBar {
    let progress = ProgressBar::new(length);
    progress.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    progress.set_message(path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()));
    progress
}

/// Holders, one a line; long files show how far they are.
pub(crate) fn holders(path: &Path, secret: &IdentifierSecret) -> Result<Directory, Failure> {
    let file = open(path)?;
    let progress = progress(path, &file);
    let mut loading = Loading::new(path);
    let mut lines = NdjsonReader::new(BufReader::new(file), HOLDER_BYTES_MAX);
    while let Some(line) = lines.next_line().map_err(|error| failed(path, error))? {
        match line.json {
            Some(json) => loading.add(line.number, &json, secret),
            None => loading.refuse(line.number, &format!("expected at most {} bytes", lines.line_bytes_max())),
        }
        progress.set_position(lines.read_bytes());
        if loading.messages.len() >= FAULTS_MAX {
            loading.messages.push(format!("{}: more faults are not listed", path.display()));
            break;
        }
    }
    progress.finish_and_clear();
    loading.done()
}

/// Another encoding is a fault of the first line, everything else one of the file.
fn failed(path: &Path, error: std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::InvalidData => Failure::of_lines(path, &[LineFault::new(Some(1), "", error.to_string())]),
        _ => Failure::of_file(path, error),
    }
}

/// Holders while they are being read.
struct Loading<'a> {
    path: &'a Path,
    directory: Directory,
    messages: Vec<String>,
}

impl<'a> Loading<'a> {
    fn new(path: &'a Path) -> Self {
        Self { path, directory: Directory::default(), messages: Vec::new() }
    }

    fn add(&mut self, line: u64, json: &[u8], secret: &IdentifierSecret) {
        let written = match WrittenHolder::parse(json) {
            Ok(written) => written,
            Err(faults) => {
                self.messages.extend(failure::listed(&format!("{}:{line}", self.path.display()), &faults));
                return;
            }
        };
        if let Err(refusal) = self.directory.add(&written, secret) {
            self.refuse(line, &refusal.to_string());
        }
    }

    fn refuse(&mut self, line: u64, detail: &str) {
        self.messages.push(format!("{}:{line}: {detail}", self.path.display()));
    }

    fn done(self) -> Result<Directory, Failure> {
        if !self.messages.is_empty() {
            return Err(Failure::of_many(self.messages));
        }
        self.directory.shrink();
        Ok(self.directory)
    }
}
