//! A provider's file of any size: taken in as it comes, and held against the ledger by a job, as lists are imported.

use std::fs::File;
use std::io::{Read, Write as _};
use std::sync::Arc;

use avis_core::Faults;
use avis_core::limits::RECONCILED_BYTES_MAX;
use avis_core::settlement::reconcile::{Format, Profile, Sheet};
use avis_store::{Clock, Registry, StoreError, unnamed_file};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::holding::{Holding, Period};
use super::profiles;
use super::runs;
use super::{faults_at, provider};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::imports::job::{self, CANCELLED, DONE, FAILED, Report, Running, Stopped};
use crate::control::imports::stop;
use crate::control::problem::{Code, Problem};
use crate::control::secret::{self, hex};
use crate::control::shape::{Field, Kind, needed, optional};
use crate::read_sheet;

/// Bytes that are taken in at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Letters of what a job tells about a file that can't be read.
const DETAIL_LETTERS_MAX: usize = 900;

const TEXT: &str = "text/csv";
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// In which formats a file comes.
pub(super) const MEDIA_TYPES: &[&str] = &[TEXT, WORKBOOK];

/// The days of a file, and whether it is looked at again.
pub(super) const QUERY: &[Field] =
    &[needed("from", Kind::Date), needed("until", Kind::Date), optional("again", Kind::Truth)];

/// `POST /providers/{code}/reconciliations/file`: the same again is the job that is there.
pub(super) fn upload(call: &Call<'_>) -> Result<Answer, Problem> {
    let (provider, period) = (provider(call)?, Period::of(date(call, "from")?, date(call, "until")?, "until")?);
    let profile = profiles::of_provider(call, provider)?;
    check_media_type(call, &profile)?;
    let file = call.incoming.file().ok_or_else(|| Problem::at("", "expected a file"))?;
    let mut of = json!({"kind": "reconciliation", "provider": provider});
    if let (Some(of), Some(query)) = (of.as_object_mut(), call.query.as_object()) {
        of.extend(query.clone());
    }
    let mut running = Running::begin(call, &secret::id(call.now)?, of)?;
    match begin(call, (provider, period), (file, &profile), &mut running) {
        Ok(Begun::New(work)) => {
            let id = running.id.clone();
            let shown = running.hand_over("avis-reconciling", move |running| work.run(running))?;
            Ok(accepted(&id, shown))
        }
        Ok(Begun::Before(id, shown)) => {
            running.withdraw(&*call.control.registry);
            Ok(accepted(&id, shown))
        }
        Err(stopped) => Err(stop(&*call.control.registry, running, stopped)),
    }
}

/// What becomes of a file that was taken in.
enum Begun {
    New(Box<Work>),
    /// The job of the same file, and how it stands.
    Before(String, Value),
}

fn begin(
    call: &Call<'_>,
    (provider, period): (&str, Period),
    (file, profile): (impl Read, &Value),
    running: &mut Running,
) -> Result<Begun, Stopped> {
    let registry = Arc::clone(&call.control.registry);
    let again = call.query.get("again").and_then(Value::as_bool).unwrap_or_default();
    let (file, hash) = taken_in(call, file, running)?;
    let holding = Holding::of(call, provider, period, (profile, &hash), again)?;
    if let Some(first) = job::of_same_file(call, &holding.id)? {
        return Ok(Begun::Before(first.record.key.clone(), job::shown(&first)));
    }
    job::remember(&*registry, &holding.id, &running.id, call.now)?;
    Ok(Begun::New(Box::new(Work { holding, file, registry, clock: Arc::clone(&call.control.clock) })))
}

fn accepted(id: &str, shown: Value) -> Answer {
    Answer { status: 202, location: Some(format!("/admin/v1/jobs/{id}")), ..Answer::of(shown) }
}

fn date(call: &Call<'_>, name: &'static str) -> Result<jiff::civil::Date, Problem> {
    let date = call.query.get(name).and_then(Value::as_str).and_then(|date| date.parse().ok());
    date.ok_or_else(|| Problem::of_parameter(name, "expected a date such as `2026-11-18`"))
}

fn check_media_type(call: &Call<'_>, profile: &Value) -> Result<(), Problem> {
    let written = call.incoming.header("content-type")?.unwrap_or_default();
    let essence = written.split(';').next().unwrap_or_default().trim();
    let expected = media_type(Profile::from_value(profile).map_err(|faults| faults_at("/profile", faults))?.format);
    if essence.eq_ignore_ascii_case(expected) && call.incoming.header("content-encoding")?.is_none() {
        return Ok(());
    }
    Err(Problem::new(Code::WrongMediaType, format!("expected `{expected}`, as the profile says, not compressed")))
}

/// The media type of a file that is written so.
pub fn media_type(format: Format) -> &'static str {
    match format {
        Format::Csv => TEXT,
        Format::Xlsx => WORKBOOK,
    }
}

/// Writes the file as it comes where nobody else can open it, and what it hashes to.
fn taken_in(call: &Call<'_>, mut file: impl Read, running: &mut Running) -> Result<(File, String), Stopped> {
    let unkept = |error: std::io::Error| StoreError::Failed(format!("a file can't be kept until it is read: {error}"));
    let mut kept = unnamed_file(&call.control.folder).map_err(unkept)?;
    let (mut hash, mut piece, mut bytes) = (Sha256::new(), vec![0; PIECE_BYTES], 0);
    loop {
        let count = file.read(&mut piece);
        let count =
            count.map_err(|error| Problem::new(Code::MalformedRequest, format!("the file ended early: {error}")))?;
        let read = piece.get(..count).unwrap_or_default();
        bytes += count as u64;
        if bytes > RECONCILED_BYTES_MAX {
            let most = RECONCILED_BYTES_MAX / 1024 / 1024;
            return Err(Problem::new(Code::TooLarge, format!("expected a file of at most {most} MiB")).into());
        }
        if count == 0 {
            return Ok((kept, hex(&hash.finalize())));
        }
        hash.update(read);
        kept.write_all(read).map_err(unkept)?;
        running.beat_in_time(&*call.control.registry, call.control.clock.now(), 0)?;
    }
}

/// A file that is held against the ledger, on a thread of its own.
struct Work {
    holding: Holding,
    file: File,
    registry: Arc<dyn Registry>,
    clock: Arc<dyn Clock>,
}

/// How many rows a file has, and how many of them can't be read.
struct Counts {
    rows: u64,
    bad_rows: u64,
}

impl Work {
    fn run(mut self, mut running: Running) {
        let worked = self.work(&mut running);
        let (state, problem) = match worked {
            Ok(()) => return,
            // Somebody cancelled it, or was faster with the same.
            Err(Stopped::Cancelled) => match runs::load(&*self.registry, &self.holding.id, self.clock.now()) {
                Ok(Some(_)) => (DONE, None),
                _ => (CANCELLED, None),
            },
            Err(Stopped::Failed(problem)) => (FAILED, Some(problem)),
        };
        let id = self.holding.id.clone();
        running.end(&*self.registry, state, &Report::default(), |job| {
            job.problem = problem.map(|problem| (problem.code.word().to_owned(), problem.detail));
            job.result = (state == DONE).then(|| json!({"reconciliation": id}));
        });
    }

    /// Everything is written at once, with the end of the job.
    fn work(&mut self, running: &mut Running) -> Result<(), Stopped> {
        if runs::load(&*self.registry, &self.holding.id, self.clock.now())?.is_some() {
            return Err(Stopped::Cancelled);
        }
        let (sheet, counts) = self.read(running)?;
        running.beat(&*self.registry, self.clock.now(), |job| {
            // From here on it is told how many are settled.
            (job.rows, job.rows_of) = (0, Some(counts.rows));
        })?;
        let Self { holding, registry, clock, .. } = self;
        let (changes, entry) =
            holding.run(&sheet, &mut |settled| running.beat_in_time(&**registry, clock.now(), settled))?;
        let Counts { rows, bad_rows } = counts;
        let result = json!({"reconciliation": self.holding.id, "rows": rows, "bad_rows": bad_rows});
        running.end_with(&*self.registry, changes, &[entry], |job| (job.rows, job.result) = (rows, Some(result)))
    }

    fn read(&mut self, running: &mut Running) -> Result<(Sheet, Counts), Stopped> {
        let Self { holding, file, registry, clock } = self;
        let Holding { profile, day, .. } = holding;
        let sheet = read_sheet(file, profile, day, &mut |rows| running.beat_in_time(&**registry, clock.now(), rows))?;
        let counts = Counts { rows: sheet.count, bad_rows: sheet.bad_count };
        Ok((sheet, counts))
    }
}

impl From<Faults> for Stopped {
    fn from(faults: Faults) -> Self {
        let told: String = faults.to_string().chars().take(DETAIL_LETTERS_MAX).collect();
        Self::Failed(Problem::new(Code::Invalid, told))
    }
}
