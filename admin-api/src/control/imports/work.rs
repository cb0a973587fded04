//! An import at work: rows are read and hashed as they come, people are found, and everything is one revision or nothing.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::sync::Arc;

use avis_core::{IdentifierKey, IdentifierSecret, RegisteredHolder};
use avis_store::{
    Act, Clock, Commit, Committed, Interrupted, Kind as RowKind, NewRow, Registry, Revision, RowFault as RowRefused,
    Scope, Store, StoreError, Stored, Unchanged,
};
use jiff::tz::TimeZone;
use serde_json::json;

use super::job::{CANCELLED, DONE, FAILED, Report, Running, Stopped};
use super::rows::{FAULTS_MAX, RowFault, Rows};
use super::subject::{self, ListRow, Subject};
use crate::control::problem::{Code, Problem};
use crate::import::TRIES;

/// Rows between two looks at the clock.
const LOOK_EVERY: u64 = 1_000;
/// People that are read at a time.
const PEOPLE_AT_ONCE: usize = 500;

/// What an import needs, on a thread of its own.
pub(super) struct Work {
    pub(super) store: Arc<dyn Store>,
    pub(super) registry: Arc<dyn Registry>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) secret: IdentifierSecret,
    pub(super) zone: TimeZone,
    pub(super) act: Act,
    pub(super) subject: Subject,
    /// Whether rows that can't be are left out, as long as they are few.
    pub(super) sets_aside: bool,
    pub(super) dry_run: bool,
    /// How many may end, where a full list ends many.
    pub(super) ends: Option<u64>,
}

/// A list that was read.
#[derive(Default)]
pub(super) struct Listed {
    rows: Vec<ListRow>,
    report: Report,
    bad: u64,
    total: u64,
}

impl Listed {
    fn refuse(&mut self, fault: RowFault) {
        self.bad += 1;
        if self.report.faults.len() < FAULTS_MAX {
            self.report.faults.push(fault);
        }
    }

    /// Rows that can't be are none any more.
    fn leave_out(&mut self, faults: Vec<RowFault>) {
        let lines: HashSet<u64> = faults.iter().map(|fault| fault.line).collect();
        self.rows.retain(|row| !lines.contains(&row.line));
        faults.into_iter().for_each(|fault| self.refuse(fault));
    }
}

/// The people of a list, each with their rows; and those whom a full list ends.
struct Found {
    since: Revision,
    people: Vec<(Box<str>, Vec<usize>)>,
    ended: Vec<Box<str>>,
}

/// What went into the store.
struct Written {
    committed: Committed,
    ended: usize,
}

impl Work {
    /// Reads the whole list.
    ///
    /// # Errors
    /// A body that broke off, a header that can't be; a job that was cancelled.
    pub(super) fn read(&self, rows: &mut Rows<impl Read>, running: &mut Running) -> Result<Listed, Stopped> {
        let mut listed = Listed::default();
        while let Some((line, row)) = rows.next()? {
            listed.total += 1;
            match row.and_then(|row| self.subject.read(line, &row, &self.secret)) {
                Ok(row) => listed.rows.push(row),
                Err(fault) => listed.refuse(fault),
            }
            if listed.total % LOOK_EVERY == 0 {
                running.beat_in_time(&*self.registry, self.clock.now(), listed.total)?;
            }
        }
        Ok(listed)
    }

    /// Does the rest, and ends the job.
    pub(super) fn run(&self, mut listed: Listed, mut running: Running) {
        let ended = self.write(&mut listed, &mut running);
        let total = listed.total;
        let (state, result) = match ended {
            Ok(written) => {
                let counts = written.committed.counts;
                let result = json!({"rows": total, "bad_rows": listed.bad, "added": counts.added, "changed": counts.changed,
                    "unchanged": counts.unchanged, "ended": written.ended});
                (DONE, Ok((result, written.committed.head.revision.number)))
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
                    job.revision = (!dry_run).then_some(revision);
                }
                Err(Some(problem)) => job.problem = Some((problem.code.word().to_owned(), problem.detail)),
                Err(None) => {}
            }
        });
    }

    fn write(&self, listed: &mut Listed, running: &mut Running) -> Result<Written, Stopped> {
        let total = listed.total;
        running.beat(&*self.registry, self.clock.now(), |job| (job.rows, job.rows_of) = (total, Some(total)))?;
        let mut overtaken = 0;
        loop {
            let found = self.find(listed, running)?;
            self.check(listed)?;
            let is_last_word = !self.dry_run;
            running.beat(&*self.registry, self.clock.now(), |job| job.is_committing = is_last_word)?;
            match self.commit(listed, &found) {
                Err(StoreError::Changed(_)) if overtaken < TRIES => overtaken += 1,
                Err(StoreError::Refused(refused)) => {
                    leave_out(listed, not_added(listed, &found, &refused), || StoreError::Refused(refused.clone()))?;
                }
                // A row that can't be was found while they were written.
                Err(StoreError::Interrupted(interrupted)) => {
                    leave_out(listed, self.inapplicable(listed, &found)?, || interrupted.into())?;
                }
                committed => return Ok(Written { committed: committed?, ended: found.ended.len() }),
            }
        }
    }

    /// Whether what is wrong may be left out.
    fn check(&self, listed: &Listed) -> Result<(), Problem> {
        let is_few = listed.bad * 100 <= listed.total;
        if listed.bad == 0 || (self.sets_aside && is_few) { Ok(()) } else { Err(bad_rows(listed)) }
    }

    /// The people of the rows; a row of nobody is a bad one, and no row any more.
    fn find(&self, listed: &mut Listed, running: &mut Running) -> Result<Found, Stopped> {
        let since = self.store.head()?.revision;
        let mut codes: Vec<Option<Box<str>>> = Vec::with_capacity(listed.rows.len());
        for chunk in listed.rows.chunks(PEOPLE_AT_ONCE) {
            let keys: Vec<IdentifierKey> = chunk.iter().map(|row| row.finds).collect();
            let (_, holders) = self.registry.holders_by(&keys)?;
            codes.extend(holders.into_iter().map(|holder| match holder {
                Some(Stored::Row(found)) => Some(found.key),
                Some(Stored::Altered { .. } | Stored::Unknown { .. }) | None => None,
            }));
            running.beat_in_time(&*self.registry, self.clock.now(), listed.total)?;
        }
        let unknown = listed.rows.iter().zip(&codes).filter(|(_, code)| code.is_none());
        let unknown = unknown.map(|(row, _)| RowFault::new(row.line, "value", "unknown_person")).collect();
        listed.leave_out(unknown);
        let mut of: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        for (place, code) in codes.into_iter().flatten().enumerate() {
            of.entry(code).or_default().push(place);
        }
        let ended = self.ended(&of)?;
        let mut people: Vec<_> = of.into_iter().collect();
        people.sort();
        Ok(Found { since, people, ended })
    }

    /// Whom a full list does not name.
    fn ended(&self, named: &HashMap<Box<str>, Vec<usize>>) -> Result<Vec<Box<str>>, Problem> {
        let Subject::Entitlements { group, is_full: true } = &self.subject else { return Ok(Vec::new()) };
        let (now, written) = (self.clock.now(), json!(group).to_string());
        let (mut members, mut ended) = (0_u64, Vec::new());
        self.store.snapshot(&[Scope::Holders], &mut |stored| {
            let Stored::Row(row) = stored else { return };
            let Some(content) = row.content.filter(|content| content.contains(&written)) else { return };
            let Ok(mut holder) = RegisteredHolder::parse(content.as_bytes()) else { return };
            // Whom nothing identifies, no list can name.
            if !holder.identifiers.is_empty() && subject::end(&mut holder, group, now, &self.zone) {
                members += 1;
                if !named.contains_key(&row.key) {
                    ended.push(row.key);
                }
            }
        })?;
        let count = ended.len() as u64;
        if count * 10 > members && self.ends != Some(count) {
            let detail = format!("it would end {count} of {members}: say `ends={count}` if that is meant");
            return Err(Problem::new(Code::TooManyEnds, detail));
        }
        Ok(ended)
    }

    fn commit(&self, listed: &Listed, found: &Found) -> Result<Committed, StoreError> {
        self.store.commit(Commit {
            rows: &mut self.changed(listed, found),
            unchanged: &[Unchanged::Brought { since: found.since }],
            act: &self.act,
            at: self.clock.now(),
            dry_run: self.dry_run,
        })
    }

    /// Everybody as they become, a few at a time.
    fn changed<'a>(
        &'a self,
        listed: &'a Listed,
        found: &'a Found,
    ) -> impl Iterator<Item = Result<NewRow, Interrupted>> + 'a {
        let none: &[usize] = &[];
        let named = found.people.iter().map(|(code, rows)| (&**code, rows.as_slice()));
        let all: Vec<(&str, &[usize])> = named.chain(found.ended.iter().map(|code| (&**code, none))).collect();
        (0..all.len()).step_by(PEOPLE_AT_ONCE).flat_map(move |first| {
            let rest = all.get(first..).unwrap_or_default();
            self.become_of(listed, rest.get(..PEOPLE_AT_ONCE).unwrap_or(rest))
        })
    }

    fn become_of(&self, listed: &Listed, people: &[(&str, &[usize])]) -> Vec<Result<NewRow, Interrupted>> {
        let codes: Vec<&str> = people.iter().map(|(code, _)| *code).collect();
        let read = match self.registry.rows(RowKind::Holder, &codes) {
            Ok((_, read)) => read,
            Err(error) => return vec![Err(Interrupted(error.to_string()))],
        };
        let now = self.clock.now();
        let become_one = |(stored, (_, rows)): (Option<Stored>, &(&str, &[usize]))| {
            let mut holder = readable(stored).ok_or_else(|| Interrupted("a holder can't be read".to_owned()))?;
            let rows: Vec<&ListRow> = rows.iter().filter_map(|row| listed.rows.get(*row)).collect();
            match &self.subject {
                Subject::Entitlements { group, .. } if rows.is_empty() => {
                    subject::end(&mut holder, group, now, &self.zone);
                }
                subject => {
                    let applied = subject.apply(&mut holder, &rows, now, &self.zone);
                    applied.map_err(|fault| Interrupted(format!("line {}", fault.line)))?;
                }
            }
            Ok(NewRow::Holder(Box::new(holder)))
        };
        read.into_iter().zip(people).map(become_one).collect()
    }

    /// The faults of rows that can't be applied, or of people who can't be read.
    fn inapplicable(&self, listed: &Listed, found: &Found) -> Result<Vec<RowFault>, Problem> {
        let (mut faults, now) = (Vec::new(), self.clock.now());
        for chunk in found.people.chunks(PEOPLE_AT_ONCE) {
            let codes: Vec<&str> = chunk.iter().map(|(code, _)| &**code).collect();
            let (_, read) = self.registry.rows(RowKind::Holder, &codes)?;
            for (stored, (_, rows)) in read.into_iter().zip(chunk) {
                let rows: Vec<&ListRow> = rows.iter().filter_map(|row| listed.rows.get(*row)).collect();
                let fault = match readable(stored) {
                    Some(mut holder) => self.subject.apply(&mut holder, &rows, now, &self.zone).err(),
                    None => rows.first().map(|row| RowFault::new(row.line, "value", "unreadable_person")),
                };
                faults.extend(fault);
            }
        }
        Ok(faults)
    }
}

/// Goes on without some rows; where none is to blame, what was refused is.
fn leave_out(listed: &mut Listed, faults: Vec<RowFault>, refused: impl FnOnce() -> StoreError) -> Result<(), Stopped> {
    if faults.is_empty() {
        return Err(refused().into());
    }
    listed.leave_out(faults);
    Ok(())
}

/// The rows of people whom the store refuses: means that are another's.
fn not_added(listed: &Listed, found: &Found, refused: &[RowRefused]) -> Vec<RowFault> {
    let mut faults = Vec::new();
    for place in refused.iter().filter_map(|fault| usize::try_from(fault.row).ok()) {
        let rows = found.people.get(place).into_iter().flat_map(|(_, rows)| rows);
        faults.extend(rows.filter_map(|row| Some(RowFault::new(listed.rows.get(*row)?.line, "", "not_added"))));
    }
    faults.sort_by_key(|fault| fault.line);
    faults.dedup_by_key(|fault| fault.line);
    faults
}

fn readable(stored: Option<Stored>) -> Option<RegisteredHolder> {
    let Some(Stored::Row(row)) = stored else { return None };
    RegisteredHolder::parse(row.content?.as_bytes()).ok()
}

fn bad_rows(listed: &Listed) -> Problem {
    Problem::new(
        Code::BadRows,
        format!("{} of {} rows can't be imported; the report names each", listed.bad, listed.total),
    )
}

/// Ends a job that did not come as far as its rows.
pub(super) fn stop(registry: &dyn Registry, running: Running, stopped: Stopped) -> Problem {
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
