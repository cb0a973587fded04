//! Lists to and from a control plane: `avis import --at URL` and `avis export --at URL`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::ProgressBar;
use serde::Deserialize;

use crate::failure::{self, Failure};
use crate::files;
use crate::operator::copied;
use crate::remote::{Ask, Remote};

/// How often a job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How long a job may stand still until it is no more waited for; a great list is committed in minutes.
const STILL_MOST: Duration = Duration::from_mins(15);
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
struct Job {
    id: String,
    state: String,
    progress: Progress,
    revision: Option<u64>,
    result: Option<Counts>,
    problem: Option<Problem>,
}

#[derive(Deserialize)]
struct Progress {
    done: u64,
    of: Option<u64>,
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
struct Problem {
    code: String,
    detail: String,
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
        let begun = remote.upload::<Job>(&ask, media_type, progress.wrap_read(file));
        progress.finish_and_clear();
        let job = ended(remote, begun?.body)?;
        let told = told(remote, path, &job)?;
        failure::written(writeln!(io::stdout(), "{told}"))
    }
}

/// A job once it has ended.
///
/// # Errors
/// A job of which nothing is heard for long; what the control plane refuses.
fn ended(remote: &mut Remote, mut job: Job) -> Result<Job, Failure> {
    let progress = ProgressBar::new(0);
    let mut moved_at = Instant::now();
    while is_going(&job) {
        progress.set_length(job.progress.of.unwrap_or_default());
        progress.set_position(job.progress.done);
        if moved_at.elapsed() > STILL_MOST {
            let Job { id, state, progress, .. } = job;
            let told = format!("job {id} is {state} at {} for {} minutes", progress.done, STILL_MOST.as_secs() / 60);
            return Err(Failure::new(format!("{told}: it goes on, and `GET /admin/v1/jobs/{id}` tells of it")));
        }
        thread::sleep(LOOK_EVERY);
        let next: Job = remote.ask(&Ask::get(format!("/imports/{}", job.id)))?.body;
        if (&next.state, next.progress.done) != (&job.state, job.progress.done) {
            moved_at = Instant::now();
        }
        job = next;
    }
    progress.finish_and_clear();
    Ok(job)
}

fn is_going(job: &Job) -> bool {
    matches!(&*job.state, "waiting" | "running")
}

fn told(remote: &mut Remote, path: &Path, job: &Job) -> Result<String, Failure> {
    if let Some(Counts { bad_rows, added, changed, unchanged, ended }) = &job.result {
        let revision = job.revision.map_or_else(String::new, |revision| format!(" (revision {revision})"));
        let counted = format!(
            "{added} added, {changed} changed, {unchanged} are as they were, {ended} ended, {bad_rows} left out"
        );
        return Ok(format!("{counted}{revision}"));
    }
    let problem = job.problem.as_ref().map(|problem| format!("{} ({})", problem.detail, problem.code));
    let mut messages = vec![format!("{}: {}", path.display(), problem.unwrap_or_else(|| job.state.clone()))];
    let faults: Vec<RowFault> = remote.list(&format!("/imports/{}/report", job.id))?;
    let line = |fault: &RowFault| format!("{}:{}: {} {}", path.display(), fault.line, fault.field, fault.code);
    messages.extend(faults.iter().take(FAULTS_SHOWN).map(line));
    if faults.len() > FAULTS_SHOWN {
        messages.push(format!("{}: and {} more", path.display(), faults.len() - FAULTS_SHOWN));
    }
    Err(Failure::of_many(messages))
}

/// Writes a list of a control plane.
pub(crate) fn export(
    at: &str,
    (what, group, reason): (&str, Option<&str>, Option<&str>),
    output: Option<&Path>,
) -> Result<(), Failure> {
    let remote = &mut Remote::signed_in(Some(at))?;
    let ask = Ask::get(format!("/exports/{what}")).with("group", group).with("reason", reason);
    let exported = remote.download(&ask)?;
    match output {
        None => failure::written(copied(exported, io::stdout().lock())),
        Some(output) => {
            let file = files::create(output)?;
            copied(exported, io::BufWriter::new(file)).map_err(|error| Failure::of_file(output, error))
        }
    }
}
