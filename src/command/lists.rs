//! Lists to and from a control plane: `avis import --at URL` and `avis export --at URL`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::failure::{self, Failure};
use crate::files;
use crate::operator::copied;
use crate::remote::{Ask, Job, Remote};

/// Faults of a report that are printed.
const FAULTS_SHOWN: usize = 20;

/// A list for a control plane.
#[derive(Args, Clone)]
pub(crate) struct ToPlane {
    /// The control plane to which the list goes, as who signed in there (`avis sign-in`).
    #[arg(long, value_name = "URL", conflicts_with = "folder", requires = "list")]
    pub(crate) at: Option<String>,
    /// The list: CSV (`.csv`), or JSON one a line.
    #[arg(long, value_name = "FILE", requires_all = ["at", "kind", "reason"])]
    list: Option<PathBuf>,
    /// What the list is of: entitlements, holders, relations, means, terminals or rules.
    #[arg(long, value_name = "KIND", requires = "at")]
    kind: Option<String>,
    /// The group of a list of entitlements.
    #[arg(long, value_name = "CODE", requires = "at")]
    group: Option<String>,
    /// The list is the whole group: others end.
    #[arg(long, requires = "at")]
    full: bool,
    /// How many may end, where that is more than a tenth.
    #[arg(long, value_name = "N", requires = "full")]
    ends: Option<u64>,
    /// Leave out bad rows, up to a hundredth.
    #[arg(long, requires = "at")]
    set_aside: bool,
}

#[derive(Deserialize)]
struct Counts {
    bad_rows: u64,
    added: u64,
    changed: u64,
    unchanged: u64,
    ended: u64,
}

#[derive(Deserialize)]
struct RowFault {
    line: u64,
    field: String,
    code: String,
}

impl ToPlane {
    /// Sends the list, follows its job to the end, and tells what became of it.
    ///
    /// # Errors
    /// What the control plane refuses; the faults of the rows.
    pub(crate) fn send(&self, at: &str, reason: Option<&str>, dry_run: bool) -> Result<(), Failure> {
        let path = self.list.as_deref().ok_or_else(|| Failure::new("expected `--list FILE`"))?;
        let remote = &mut Remote::signed_in(Some(at))?;
        let file = files::open(path)?;
        let progress = files::progress(path, &file);
        let ends = self.ends.map(|ends| ends.to_string());
        let ask = Ask::act("/imports")
            .with("kind", self.kind.as_deref())
            .with("group", self.group.as_deref())
            .with("mode", self.full.then_some("full"))
            .with("ends", ends.as_deref())
            .with("bad_rows", self.set_aside.then_some("set_aside"))
            .with("dry_run", dry_run.then_some("true"))
            .with("reason", reason);
        let is_table = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let media_type = if is_table { "text/csv" } else { "application/x-ndjson" };
        let begun = remote.upload::<Job<Counts>>(&ask, media_type, progress.wrap_read(file));
        progress.finish_and_clear();
        let job = begun?.body.ended(remote)?;
        let told = told(remote, path, &job)?;
        failure::written(writeln!(io::stdout(), "{told}"))
    }
}

fn told(remote: &mut Remote, path: &Path, job: &Job<Counts>) -> Result<String, Failure> {
    if let Some(Counts { bad_rows, added, changed, unchanged, ended }) = &job.result {
        let revision = job.revision.map_or_else(String::new, |revision| format!(" (revision {revision})"));
        let counted = format!(
            "{added} added, {changed} changed, {unchanged} are as they were, {ended} ended, {bad_rows} left out"
        );
        return Ok(format!("{counted}{revision}"));
    }
    let mut messages = vec![format!("{}: {}", path.display(), job.told())];
    let faults: Vec<RowFault> = remote.list(&format!("/imports/{}/report", job.id))?;
    let line = |fault: &RowFault| format!("{}:{}: {} {}", path.display(), fault.line, fault.field, fault.code);
    messages.extend(faults.iter().take(FAULTS_SHOWN).map(line));
    if faults.len() > FAULTS_SHOWN {
        messages.push(format!("{}: and {} more", path.display(), faults.len() - FAULTS_SHOWN));
    }
    Err(Failure::of_many(messages))
}

/// Writes a list of a control plane.
pub(crate) fn export(at: &str, ask: &Ask, output: Option<&Path>) -> Result<(), Failure> {
    let exported = Remote::signed_in(Some(at))?.download(ask)?;
    match output {
        None => failure::written(copied(exported, io::stdout().lock())),
        Some(output) => {
            let file = files::create(output)?;
            copied(exported, io::BufWriter::new(file)).map_err(|error| Failure::of_file(output, error))
        }
    }
}
