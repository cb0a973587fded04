//! Jobs: what takes longer than an answer, told by a record that who works renews, and that who stops is found by.

use std::collections::BTreeMap;

use avis_store::records::{Record, RecordChange, RecordFilter};
use avis_store::{AuditEntry, Registry, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::left::settled;
use super::rows::RowFault;
use super::rows_kept;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::policy::{Action, Reach};
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed, optional};

/// How long a job is told of.
pub(super) const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How long a job may be silent before who works on it is taken for gone.
pub(super) const SILENT_FOR: SignedDuration = SignedDuration::from_mins(2);
/// How often who works on it says so.
const BEAT_EVERY: SignedDuration = SignedDuration::from_secs(5);
/// How long its commit may take.
pub(super) const COMMITTING_FOR: SignedDuration = SignedDuration::from_mins(30);
/// Jobs of all parties at once.
const AT_ONCE: usize = 2;

pub(crate) const RUNNING: &str = "running";
pub(crate) const DONE: &str = "done";
pub(crate) const FAILED: &str = "failed";
pub(crate) const CANCELLED: &str = "cancelled";
pub(super) const STATES: &[&str] = &[RUNNING, DONE, FAILED, CANCELLED];
const IMPORT: &str = "import";
/// The kinds of jobs that are no imports, as they were asked for.
const OTHERS: [&str; 2] = ["coupons", "reconciliation"];
const KINDS: &[&str] = &[IMPORT, OTHERS[0], OTHERS[1]];

const PROGRESS: &[Field] = &[
    needed("done", Kind::Whole(0, i64::MAX)),
    optional("of", Kind::Whole(0, i64::MAX)),
    needed("unit", Kind::Word(&["rows"])),
];

const PROBLEM: &[Field] = &[needed("code", Kind::Token(1, 64)), needed("detail", Kind::Token(1, 1_000))];

/// A job as it is shown.
pub(crate) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("kind", Kind::Word(KINDS)),
    needed("party", Kind::Code),
    needed("state", Kind::Word(STATES)),
    needed("of", Kind::Json),
    needed("progress", Kind::Object(PROGRESS)),
    needed("started_at", Kind::Instant),
    optional("revision", Kind::Whole(0, i64::MAX)),
    optional("result", Kind::Json),
    optional("problem", Kind::Object(PROBLEM)),
];

/// A job.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    /// What was asked for.
    pub(crate) of: Value,
    pub(crate) rows: u64,
    pub(crate) rows_of: Option<u64>,
    pub(crate) started_at: Timestamp,
    /// When who works on it said so last.
    pub(crate) beat_at: Timestamp,
    /// Whether it is past what could be cancelled.
    pub(crate) is_committing: bool,
    /// How often somebody went on with it who found it left.
    #[serde(default)]
    pub(crate) taken_up: u32,
    pub(crate) revision: Option<u64>,
    pub(crate) result: Option<Value>,
    pub(crate) problem: Option<(String, String)>,
}

impl Object for Job {
    const KIND: &'static str = "job";
}

/// A place among the jobs that may run: of a party one, of all two. It is free again when it is not renewed.
#[derive(Serialize, Deserialize)]
pub(super) struct Place {
    job: String,
}

impl Object for Place {
    const KIND: &'static str = "job_place";
}

/// The faults of a file.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(super) faults: Vec<RowFault>,
}

impl Object for Report {
    const KIND: &'static str = "job_report";
}

/// A job that this process works on.
pub(crate) struct Running {
    pub(crate) id: String,
    pub(crate) owner: String,
    kept: Kept<Job>,
    places: Vec<Kept<Place>>,
}

/// Why a job does not go on.
pub(crate) enum Stopped {
    /// Somebody cancelled it.
    Cancelled,
    /// It can't be done.
    Failed(Problem),
}

impl From<Problem> for Stopped {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl Running {
    /// Begins a job of the caller's party, if there is a place for it.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] while another of the party runs, or two of any.
    pub(crate) fn begin(call: &Call<'_>, id: &str, of: Value) -> Result<Self, Problem> {
        let (registry, now, owner) = (&*call.control.registry, call.now, call.party()?.to_owned());
        let job = Job {
            of,
            rows: 0,
            rows_of: None,
            started_at: now,
            beat_at: now,
            is_committing: false,
            taken_up: 0,
            revision: None,
            result: None,
            problem: None,
        };
        let made = kept::make(id, &job, (&owner, RUNNING), now.saturating_add(KEPT_FOR).ok());
        Self::placed(registry, (id, &owner), &made, now)?.ok_or_else(|| Problem {
            detail: "another job of the party runs, or two of others".to_owned(),
            ..Problem::after(Code::TooManyRequests, 5)
        })
    }

    /// Goes on with a job that was left, if there is a place for it and nobody else does.
    pub(super) fn take_up(
        registry: &dyn Registry,
        mut job: Kept<Job>,
        now: Timestamp,
    ) -> Result<Option<Self>, Problem> {
        let Job { taken_up, is_committing, beat_at, .. } = &mut job.object;
        (*taken_up, *is_committing, *beat_at) = (*taken_up + 1, false, now);
        Self::placed(registry, (&job.record.key, job.owner()), &job.replace(RUNNING), now)
    }

    /// Writes what a job is together with the places that it takes; none where there is none, or somebody else wrote it.
    fn placed(
        registry: &dyn Registry,
        (id, owner): (&str, &str),
        written: &RecordChange,
        now: Timestamp,
    ) -> Result<Option<Self>, Problem> {
        let place = Place { job: id.to_owned() };
        for number in 0..AT_ONCE {
            let keys = [format!("party {owner}"), format!("all {number}")];
            let mut changes = vec![written.clone()];
            for key in &keys {
                changes.push(place_change(registry, key, &place, now)?);
            }
            match registry.change(&changes, &[]) {
                Err(StoreError::RecordChanged { .. }) => {}
                Ok(()) => {
                    let kept = kept::load(registry, id, now)?.ok_or_else(|| Problem::from(Code::Unavailable))?;
                    let places = keys.iter().filter_map(|key| kept::load(registry, key, now).transpose());
                    let places = places.collect::<Result<_, _>>()?;
                    return Ok(Some(Self { id: id.to_owned(), owner: owner.to_owned(), kept, places }));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Writes what the job is now, unless somebody cancelled it.
    pub(crate) fn beat(
        &mut self,
        registry: &dyn Registry,
        now: Timestamp,
        alter: impl FnOnce(&mut Job),
    ) -> Result<(), Stopped> {
        alter(&mut self.kept.object);
        self.kept.object.beat_at = now;
        let mut changes = vec![self.kept.replace(RUNNING)];
        let silent_for = if self.kept.object.is_committing { COMMITTING_FOR } else { SILENT_FOR };
        changes.extend(self.places.iter().map(|place| renewed(place, now.saturating_add(silent_for).ok())));
        match registry.change(&changes, &[]) {
            Err(StoreError::RecordChanged { .. }) => Err(Stopped::Cancelled),
            beaten => {
                beaten?;
                self.kept.record.version += 1;
                self.places.iter_mut().for_each(|place| place.record.version += 1);
                Ok(())
            }
        }
    }

    /// As it is shown.
    pub(super) fn shown(&self) -> Value {
        shown(&self.kept)
    }

    /// Goes on beside the answer, on a thread of that name; how the job stands as it is handed over.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where no thread can be started.
    pub(crate) fn hand_over(self, thread: &str, work: impl FnOnce(Self) + Send + 'static) -> Result<Value, Problem> {
        let shown = self.shown();
        match std::thread::Builder::new().name(thread.to_owned()).spawn(move || work(self)) {
            Ok(_) => Ok(shown),
            Err(error) => {
                tracing::error!(target: "avis::control", %error, "no thread can be started");
                Err(Code::Unavailable.into())
            }
        }
    }

    /// Takes the job back as if it had never begun.
    pub(crate) fn withdraw(self, registry: &dyn Registry) {
        let places = self.places.iter().map(Kept::remove);
        let changes: Vec<RecordChange> = places.chain([self.kept.remove()]).collect();
        if let Err(error) = registry.change(&changes, &[]) {
            tracing::warn!(target: "avis::control", %error, "a job could not be taken back");
        }
        rows_kept::forget(registry, &self.id);
    }

    /// Says that the job goes on, and how far it is, as often as is needed.
    pub(crate) fn beat_in_time(&mut self, registry: &dyn Registry, now: Timestamp, rows: u64) -> Result<(), Stopped> {
        if now.duration_since(self.kept.object.beat_at) < BEAT_EVERY {
            return Ok(());
        }
        self.beat(registry, now, |job| job.rows = rows)
    }

    /// Ends the job as done, in one change with what it comes to. Nothing is written of what was cancelled, or what somebody else
    /// wrote first.
    pub(crate) fn end_with(
        &mut self,
        registry: &dyn Registry,
        mut changes: Vec<RecordChange>,
        entries: &[AuditEntry],
        alter: impl FnOnce(&mut Job),
    ) -> Result<(), Stopped> {
        alter(&mut self.kept.object);
        changes.push(self.kept.replace(DONE));
        changes.extend(self.places.iter().map(Kept::remove));
        match registry.change(&changes, entries) {
            Err(StoreError::RecordChanged { .. }) => Err(Stopped::Cancelled),
            ended => Ok(ended?),
        }
    }

    /// Ends the job; what was cancelled meanwhile stays so.
    pub(crate) fn end(mut self, registry: &dyn Registry, state: &str, report: &Report, alter: impl FnOnce(&mut Job)) {
        alter(&mut self.kept.object);
        let until = self.kept.record.value.expires_at;
        let mut changes = vec![self.kept.replace(state)];
        if !report.faults.is_empty() {
            changes.push(kept::make(&self.id, report, (&self.owner, state), until));
        }
        // Who sees that it ended finds its places free; they are also where its end could not be kept.
        let places: Vec<RecordChange> = self.places.iter().map(Kept::remove).collect();
        changes.extend_from_slice(&places);
        let ended = registry.change(&changes, &[]);
        let freed = if ended.is_err() { registry.change(&places, &[]) } else { Ok(()) };
        // Somebody else who goes on with it needs its rows.
        let goes_on =
            |job: Result<Option<Kept<Job>>, _>| job.is_ok_and(|job| job.is_some_and(|it| it.state() == RUNNING));
        let is_over = ended.is_ok() || !goes_on(kept::load(registry, &self.id, self.kept.object.beat_at));
        for error in [ended, freed].into_iter().filter_map(Result::err) {
            if !matches!(error, StoreError::RecordChanged { .. }) {
                tracing::warn!(target: "avis::control", %error, "how a job ended could not be kept");
            }
        }
        if is_over {
            rows_kept::forget(registry, &self.id);
        }
    }
}

/// Takes a place that nobody has, that was not renewed, or that the job has already.
fn place_change(registry: &dyn Registry, key: &str, place: &Place, now: Timestamp) -> Result<RecordChange, Problem> {
    let value = kept::value(place, "", "", now.saturating_add(SILENT_FOR).ok());
    let is_free = |known: &Record| !known.is_live_at(now) || known.value.content == value.content;
    let free = registry.record(Place::KIND, key)?.filter(is_free);
    Ok(RecordChange::put(free.as_ref(), Place::KIND, key, value))
}

fn renewed(place: &Kept<Place>, until: Option<Timestamp>) -> RecordChange {
    RecordChange::replace(&place.record, kept::value(&place.object, "", "", until))
}

pub(crate) fn shown(kept: &Kept<Job>) -> Value {
    let Job { of, rows, rows_of, started_at, revision, result, problem, .. } = &kept.object;
    let problem = problem.as_ref().map(|(code, detail)| json!({"code": code, "detail": detail}));
    let kind = of.get("kind").and_then(Value::as_str).filter(|kind| OTHERS.contains(kind)).unwrap_or(IMPORT);
    json!({"id": kept.record.key, "kind": kind, "party": kept.owner(), "state": kept.state(), "of": of,
        "progress": {"done": rows, "of": rows_of, "unit": "rows"}, "started_at": started_at, "revision": revision,
        "result": result, "problem": problem})
}

/// The job in the path.
pub(crate) fn wanted(call: &Call<'_>) -> Result<Kept<Job>, Problem> {
    let job = kept::load::<Job>(&*call.control.registry, call.path("id"), call.now)?;
    let job = job.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(job.owner(), Action::Jobs)?;
    settled(call, job)
}

/// `GET /jobs`, `GET /imports`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let owner = if call.reach == Some(Reach::All) { None } else { Some(call.party()?) };
    let state = call.query.get("state").and_then(Value::as_str);
    let filter = RecordFilter { owner, state, ..page.records() };
    let jobs = kept::list::<Job>(&*call.control.registry, &filter, page.most(), call.now)?;
    let jobs = jobs.into_iter().map(|job| settled(call, job)).collect::<Result<Vec<_>, _>>()?;
    Ok(page.answer(jobs.iter().map(|job| (job.record.key.clone(), shown(job)))))
}

/// `GET /jobs/{id}`, `GET /imports/{id}`.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let job = wanted(call)?;
    Ok(Answer::of(shown(&job)).tagged(job.etag()))
}

/// `POST /jobs/{id}/cancel`: as if it had never begun.
pub(super) fn cancel(call: &Call<'_>) -> Result<Answer, Problem> {
    let job = wanted(call)?;
    if job.state() != RUNNING || job.object.is_committing {
        return Err(Problem::new(Code::NotInThisState, "it has ended, or is being committed"));
    }
    let entry = call.entry("job_cancelled", (Job::KIND, &job.record.key), (None, None));
    call.control.registry.change(&[job.replace(CANCELLED)], &[entry])?;
    rows_kept::forget(&*call.control.registry, &job.record.key);
    let job = kept::load::<Job>(&*call.control.registry, &job.record.key, call.now)?;
    job.map(|job| Answer::of(shown(&job))).ok_or_else(|| Code::NotFound.into())
}

/// `GET /imports/{id}/report`: each fault by line and field, and never a value.
pub(super) fn report(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let job = wanted(call)?;
    let report = kept::load::<Report>(&*call.control.registry, &job.record.key, call.now)?;
    let faults = report.map(|report| report.object.faults).unwrap_or_default();
    let numbered = faults.into_iter().enumerate();
    Ok(page.answer_of_all(numbered.map(|(place, fault)| (format!("{place:06}"), json!(fault)))))
}

/// The job that imported the same file in the same way before, if it was not in vain.
pub(crate) fn of_same_file(call: &Call<'_>, file: &str) -> Result<Option<Kept<Job>>, Problem> {
    let known = kept::load::<SameFile>(&*call.control.registry, file, call.now)?;
    let Some(known) = known else { return Ok(None) };
    let job = kept::load::<Job>(&*call.control.registry, &known.object.job, call.now)?;
    let job = job.map(|job| settled(call, job)).transpose()?;
    Ok(job.filter(|job| matches!(job.state(), RUNNING | DONE)))
}

/// Under what a file hashes to, the job that imports it.
#[derive(Serialize, Deserialize)]
pub(super) struct SameFile {
    pub(super) job: String,
}

impl Object for SameFile {
    const KIND: &'static str = "import_file";
}

/// What remembers the job of a file.
pub(crate) fn remember(registry: &dyn Registry, file: &str, job: &str, now: Timestamp) -> Result<(), Problem> {
    let value = kept::value(&SameFile { job: job.to_owned() }, "", "", now.saturating_add(KEPT_FOR).ok());
    let before = registry.record(SameFile::KIND, file)?;
    Ok(registry.change(&[RecordChange::put(before.as_ref(), SameFile::KIND, file, value)], &[])?)
}

/// When the newest list of each group came that was imported by its owner before a moment, of those lists that are told of still.
pub(crate) fn newest_lists(
    call: &Call<'_>,
    owner: &str,
    before: Timestamp,
) -> Result<BTreeMap<String, Timestamp>, Problem> {
    let filter = RecordFilter { owner: Some(owner), state: Some(DONE), ..RecordFilter::default() };
    let mut newest: BTreeMap<String, Timestamp> = BTreeMap::new();
    for Kept { object: job, .. } in kept::all::<Job>(&*call.control.registry, &filter, call.now)? {
        let text = |name: &str| job.of.get(name).and_then(Value::as_str);
        if let (Some("entitlements"), Some(group), Some(_)) = (text("kind"), text("group"), job.revision)
            && job.started_at <= before
        {
            let at = newest.entry(group.to_owned()).or_insert(job.started_at);
            *at = job.started_at.max(*at);
        }
    }
    Ok(newest)
}
