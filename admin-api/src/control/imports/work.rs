//! An import at work: rows are read and hashed as they come, and everything is one change or nothing.

use std::io::Read;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use avis_core::{IdentifierKey, IdentifierSecret, RegisteredHolder};
use avis_store::{Act, Clock, Kind as RowKind, Registry, Store, StoreError, Stored};
use jiff::tz::TimeZone;
use serde_json::json;

use super::job::{CANCELLED, DONE, FAILED, Report, Running, Stopped};
use super::list::{List, Listed, Numbered, Written};
use super::order::Order;
use super::rows::Rows;
use super::rows_kept::{self, RowsKept};
use crate::control::Control;
use crate::control::problem::{Code, Problem};
use crate::import::TRIES;
use crate::own_blocks::OwnBlocks;

/// Rows between two looks at the clock.
const LOOK_EVERY: u64 = 1_000;
/// People that are read at a time.
pub(super) const PEOPLE_AT_ONCE: usize = 2_000;
/// So many.
pub(super) type People = Result<Vec<Known>, StoreError>;
/// Bytes of text that one list keeps in memory until it is written.
const KEPT_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// What is known of a person.
pub(super) enum Known {
    /// Nothing: nobody is of this code.
    Nobody,
    /// All of it.
    Person(Box<RegisteredHolder>),
    /// Somebody is, and can't be read.
    Unreadable,
}

impl Known {
    fn of(stored: Option<Stored>) -> Self {
        let content = match stored {
            None => return Self::Nobody,
            Some(Stored::Row(row)) => row.content,
            Some(_) => None,
        };
        let holder = content.and_then(|content| RegisteredHolder::parse(content.as_bytes()).ok());
        holder.map_or(Self::Unreadable, |holder| Self::Person(Box::new(holder)))
    }
}

/// What an import needs, on a thread of its own.
pub(super) struct Work {
    pub(super) store: Arc<dyn Store>,
    pub(super) registry: Arc<dyn Registry>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) secret: IdentifierSecret,
    pub(super) zone: TimeZone,
    pub(super) act: Act,
    /// Whether rows that can't be are left out, as long as they are few.
    pub(super) sets_aside: bool,
    pub(super) dry_run: bool,
    /// How many may end, where a full list ends many.
    pub(super) ends: Option<u64>,
}

impl Work {
    /// What an order needs.
    pub(super) fn of(control: &Control, order: &Order) -> Self {
        let Order { act, sets_aside, dry_run, ends, .. } = order;
        Self {
            store: Arc::clone(&control.store),
            registry: Arc::clone(&control.registry),
            clock: Arc::clone(&control.clock),
            secret: control.cases.secret.clone(),
            zone: control.cases.zone.clone(),
            act: act.clone(),
            sets_aside: *sets_aside,
            dry_run: *dry_run,
            ends: *ends,
        }
    }

    /// Reads the whole list, and keeps its rows for who might have to go on with it.
    ///
    /// # Errors
    /// A body that broke off, a header that can't be; a job that was cancelled.
    pub(super) fn read<L: List>(
        &self,
        list: &L,
        rows: &mut Rows<impl Read>,
        running: &mut Running,
    ) -> Result<Listed<L::Row>, Stopped> {
        let (mut listed, mut kept_bytes) = (Listed::empty(), 0);
        let job = running.id.clone();
        let mut kept = RowsKept::of(&*self.registry, &job, self.clock.now());
        while let Some((line, row)) = rows.next()? {
            listed.total += 1;
            match row.and_then(|row| Ok((list.read(line, &row, &self.secret)?, row))) {
                Ok((read, row)) => {
                    kept_bytes += read.kept_bytes();
                    listed.rows.push(read);
                    kept.keep(line, row, &self.secret)?;
                }
                Err(fault) => listed.refuse(fault),
            }
            if kept_bytes > KEPT_BYTES_MAX {
                return Err(Problem::new(Code::TooLarge, "expected a file of less; send it in parts").into());
            }
            if listed.total % LOOK_EVERY == 0 {
                running.beat_in_time(&*self.registry, self.clock.now(), listed.total)?;
            }
        }
        kept.flush()?;
        Ok(listed)
    }

    /// Reads a list once more whose rows were kept; none where not all of them are there.
    ///
    /// # Errors
    /// Rows that can't be read; a job that was cancelled.
    pub(super) fn read_again<L: List>(
        &self,
        list: &L,
        order: Order,
        running: &mut Running,
    ) -> Result<Option<Listed<L::Row>>, Stopped> {
        let Order { total, bad, faults, .. } = order;
        let mut listed = Listed { rows: Vec::new(), report: Report { faults }, bad, total };
        let job = running.id.clone();
        rows_kept::each(&*self.registry, &job, |line, row| {
            match list.read(line, row, &self.secret) {
                Ok(row) => listed.rows.push(row),
                Err(fault) => listed.refuse(fault),
            }
            match listed.rows.len() as u64 % LOOK_EVERY {
                0 => running.beat_in_time(&*self.registry, self.clock.now(), listed.rows.len() as u64),
                _ => Ok(()),
            }
        })?;
        let is_whole = listed.rows.len() as u64 + listed.bad == total;
        Ok(is_whole.then_some(listed))
    }

    /// Reads people while others are worked on who were read before: `work` takes them, some at a time, in the order of their codes.
    ///
    /// # Errors
    /// No thread.
    pub(super) fn reading_ahead<T>(
        &self,
        codes: &[&str],
        work: impl FnOnce(&mut dyn Iterator<Item = People>) -> T,
    ) -> Result<T, StoreError> {
        thread::scope(|scope| {
            let (read, coming) = sync_channel(1);
            let reading = move || {
                for codes in codes.chunks(PEOPLE_AT_ONCE) {
                    let people = self.people(codes);
                    // Who works may want no more.
                    if read.send(people).is_err() {
                        break;
                    }
                }
            };
            let reader = thread::Builder::new().name("avis-people".to_owned()).spawn_scoped(scope, reading);
            reader.map_err(|error| StoreError::Failed(format!("no thread can be started: {error}")))?;
            Ok(work(&mut coming.into_iter()))
        })
    }

    /// Those of codes, in their order.
    pub(super) fn people(&self, codes: &[&str]) -> People {
        let (_, stored) = self.registry.rows(RowKind::Holder, codes)?;
        Ok(stored.into_iter().map(Known::of).collect())
    }

    /// What a list that is committed blocks is no person's own to unblock any more, whoever blocked it first.
    pub(super) fn take_over_blocks(&self, blocked: impl Iterator<Item = IdentifierKey>) -> Result<(), StoreError> {
        if self.dry_run {
            return Ok(());
        }
        OwnBlocks { registry: &*self.registry, secret: &self.secret }.end_all(&blocked.collect())
    }

    /// Does the rest, and ends the job.
    pub(super) fn run<L: List>(&self, list: &L, mut listed: Listed<L::Row>, mut running: Running) {
        let ended = self.write(list, &mut listed, &mut running);
        let total = listed.total;
        let (state, result) = match ended {
            Ok(Written { counts, revision, ended }) => {
                let result = json!({"rows": total, "bad_rows": listed.bad, "added": counts.added, "changed": counts.changed,
                    "unchanged": counts.unchanged, "ended": ended});
                (DONE, Ok((result, revision)))
            }
            Err(Stopped::Cancelled) => (CANCELLED, Err(None)),
            Err(Stopped::Failed(problem)) => (FAILED, Err(Some(problem))),
        };
        let dry_run = self.dry_run;
        running.end(&*self.registry, state, &listed.report, |job| {
            (job.rows, job.rows_of) = (total, Some(total));
            match result {
                Ok((result, revision)) => {
                    job.result = Some(result);
                    job.revision = revision.filter(|_| !dry_run);
                }
                Err(Some(problem)) => job.problem = Some((problem.code.word().to_owned(), problem.detail)),
                Err(None) => {}
            }
        });
    }

    fn write<L: List>(&self, list: &L, listed: &mut Listed<L::Row>, running: &mut Running) -> Result<Written, Stopped> {
        let total = listed.total;
        running.beat(&*self.registry, self.clock.now(), |job| (job.rows, job.rows_of) = (total, Some(total)))?;
        let mut overtaken = 0;
        loop {
            let plan = list.plan(self, listed, running)?;
            self.check(listed)?;
            let is_last_word = !self.dry_run;
            running.beat(&*self.registry, self.clock.now(), |job| job.is_committing = is_last_word)?;
            match list.commit(self, listed, &plan) {
                Err(StoreError::Changed(_) | StoreError::RecordChanged { .. }) if overtaken < TRIES => overtaken += 1,
                Err(StoreError::Refused(refused)) => {
                    let faults = list.refused(listed, &plan, &refused);
                    listed.go_on_without(faults, || StoreError::Refused(refused.clone()))?;
                }
                // A row that can't be was found while they were written.
                Err(StoreError::Interrupted(interrupted)) => {
                    let faults = list.inapplicable(self, listed, &plan)?;
                    listed.go_on_without(faults, || interrupted.into())?;
                }
                written => return Ok(written?),
            }
        }
    }

    /// Whether what is wrong may be left out.
    fn check<R>(&self, listed: &Listed<R>) -> Result<(), Problem> {
        let is_few = listed.bad * 100 <= listed.total;
        if listed.bad == 0 || (self.sets_aside && is_few) {
            return Ok(());
        }
        let detail = format!("{} of {} rows can't be imported; the report names each", listed.bad, listed.total);
        Err(Problem::new(Code::BadRows, detail))
    }
}

/// Ends a job that did not come as far as its rows.
pub(crate) fn stop(registry: &dyn Registry, running: Running, stopped: Stopped) -> Problem {
    let (state, problem) = match stopped {
        Stopped::Cancelled => (CANCELLED, Problem::new(Code::NotInThisState, "the job was cancelled")),
        Stopped::Failed(problem) => (FAILED, problem),
    };
    let told = problem.clone();
    running.end(registry, state, &Report::default(), |job| {
        job.problem = Some((told.code.word().to_owned(), told.detail));
    });
    problem
}
