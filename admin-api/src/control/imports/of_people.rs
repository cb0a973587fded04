//! Lists of memberships and of means: whose the rows are, and what they make of each person.

use std::collections::HashMap;

use avis_core::{IdentifierKey, IdentifierSecret, RegisteredHolder};
use avis_store::{Commit, Interrupted, NewRow, Revision, RowFault as RowRefused, Scope, StoreError, Stored, Unchanged};
use serde_json::{Value, json};

use super::job::{Running, Stopped};
use super::list::{List, Listed, Numbered, Written};
use super::rows::RowFault;
use super::subject::{self, ListRow, Subject};
use super::work::{Known, PEOPLE_AT_ONCE, People, Work};
use crate::control::problem::{Code, Problem};

/// The people of a list, each with their rows; and those whom a full list ends.
pub(super) struct Found {
    since: Revision,
    people: Vec<(Box<str>, Vec<usize>)>,
    ended: Vec<Box<str>>,
    /// People of the list who have no right any more at this moment.
    losing: usize,
}

impl Numbered for ListRow {
    fn line(&self) -> u64 {
        self.line
    }
}

impl List for Subject {
    type Row = ListRow;
    type Plan = Found;

    fn action(&self) -> &'static str {
        match self {
            Self::Entitlements { .. } => "entitlements_imported",
            Self::Means { .. } => "means_imported",
        }
    }

    fn fields(&self) -> &'static [&'static str] {
        self.columns()
    }

    fn read(&self, line: u64, row: &Value, secret: &IdentifierSecret) -> Result<ListRow, RowFault> {
        self.row(line, row, secret)
    }

    fn plan(&self, work: &Work, listed: &mut Listed<ListRow>, running: &mut Running) -> Result<Found, Stopped> {
        let since = work.store.head()?.revision;
        let mut codes: Vec<Option<Box<str>>> = Vec::with_capacity(listed.rows.len());
        for chunk in listed.rows.chunks(PEOPLE_AT_ONCE) {
            let keys: Vec<IdentifierKey> = chunk.iter().map(|row| row.finds).collect();
            codes.extend(work.registry.codes_by(&keys)?);
            running.beat_in_time(&*work.registry, work.clock.now(), listed.total)?;
        }
        let unknown = listed.rows.iter().zip(&codes).filter(|(_, code)| code.is_none());
        let unknown = unknown.map(|(row, _)| RowFault::new(row.line, "value", "unknown_person")).collect();
        listed.leave_out(unknown);
        let mut of: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        for (place, code) in codes.into_iter().flatten().enumerate() {
            of.entry(code).or_default().push(place);
        }
        let (ended, losing) = self.ended(work, listed, &of)?;
        let mut people: Vec<_> = of.into_iter().collect();
        people.sort();
        Ok(Found { since, people, ended, losing })
    }

    fn commit(&self, work: &Work, listed: &Listed<ListRow>, found: &Found) -> Result<Written, StoreError> {
        let none: &[usize] = &[];
        let named = found.people.iter().map(|(code, rows)| (&**code, rows.as_slice()));
        let all: Vec<(&str, &[usize])> = named.chain(found.ended.iter().map(|code| (&**code, none))).collect();
        let codes: Vec<&str> = all.iter().map(|(code, _)| *code).collect();
        let committed = work.reading_ahead(&codes, |read| {
            let people = all.chunks(PEOPLE_AT_ONCE).zip(read);
            work.store.commit(Commit {
                rows: &mut people.flat_map(|(people, read)| self.become_of(work, listed, people, read)),
                unchanged: &[Unchanged::Brought { since: found.since }],
                act: &work.act,
                at: work.clock.now(),
                dry_run: work.dry_run,
            })
        })??;
        work.take_over_blocks(listed.rows.iter().filter_map(ListRow::blocks))?;
        Ok(Written { ended: found.ended.len() + found.losing, ..Written::of(&committed) })
    }

    /// The rows of people whom the store refuses: means that are another's.
    fn refused(&self, listed: &Listed<ListRow>, found: &Found, refused: &[RowRefused]) -> Vec<RowFault> {
        let mut faults = Vec::new();
        for place in refused.iter().filter_map(|fault| usize::try_from(fault.row).ok()) {
            let rows = found.people.get(place).into_iter().flat_map(|(_, rows)| rows);
            faults.extend(rows.filter_map(|row| Some(RowFault::new(listed.rows.get(*row)?.line, "", "not_added"))));
        }
        faults.sort_by_key(|fault| fault.line);
        faults.dedup_by_key(|fault| fault.line);
        faults
    }

    /// The faults of rows that can't be applied, or of people who can't be read.
    fn inapplicable(&self, work: &Work, listed: &Listed<ListRow>, found: &Found) -> Result<Vec<RowFault>, Problem> {
        let (mut faults, now) = (Vec::new(), work.clock.now());
        for chunk in found.people.chunks(PEOPLE_AT_ONCE) {
            let codes: Vec<&str> = chunk.iter().map(|(code, _)| &**code).collect();
            for (known, (_, rows)) in work.people(&codes)?.into_iter().zip(chunk) {
                let rows: Vec<&ListRow> = rows.iter().filter_map(|row| listed.rows.get(*row)).collect();
                let fault = match known {
                    Known::Person(mut holder) => self.apply(&mut holder, &rows, now, &work.zone).err(),
                    Known::Nobody | Known::Unreadable => {
                        rows.first().map(|row| RowFault::new(row.line, "value", "unreadable_person"))
                    }
                };
                faults.extend(fault);
            }
        }
        Ok(faults)
    }
}

impl Subject {
    /// Whom a full list does not name, and how many it names who have no right any more at this moment: together they are who ends.
    fn ended(
        &self,
        work: &Work,
        listed: &Listed<ListRow>,
        named: &HashMap<Box<str>, Vec<usize>>,
    ) -> Result<(Vec<Box<str>>, usize), Problem> {
        let Self::Entitlements { group, is_full: true } = self else { return Ok((Vec::new(), 0)) };
        let (now, zone, written) = (work.clock.now(), &work.zone, json!(group).to_string());
        let (mut members, mut losing, mut ended) = (0_u64, 0_usize, Vec::new());
        work.store.snapshot(&[Scope::Holders], &mut |stored| {
            let Stored::Row(row) = stored else { return };
            let Some(content) = row.content.filter(|content| content.contains(&written)) else { return };
            let Ok(mut holder) = RegisteredHolder::parse(content.as_bytes()) else { return };
            let becomes = named.get(&row.key).map(|rows| {
                let rows: Vec<&ListRow> = rows.iter().filter_map(|row| listed.rows.get(*row)).collect();
                let (mut becomes, was_in) = (holder.clone(), subject::is_in(&holder, group, now, zone));
                // A row that can't be applied is told of its own.
                let applied = self.apply(&mut becomes, &rows, now, zone);
                was_in && applied.is_ok() && !subject::is_in(&becomes, group, now, zone)
            });
            // Whom nothing identifies, no list can name.
            if !holder.identifiers.is_empty() && subject::end(&mut holder, group, now, zone) {
                members += 1;
                match becomes {
                    None => ended.push(row.key),
                    Some(loses) => losing += usize::from(loses),
                }
            }
        })?;
        let count = (ended.len() + losing) as u64;
        if count * 10 > members && work.ends != Some(count) {
            let detail = format!("it would end {count} of {members}: say `ends={count}` if that is meant");
            return Err(Problem::new(Code::TooManyEnds, detail));
        }
        Ok((ended, losing))
    }

    /// People as they become, of those who were read.
    fn become_of(
        &self,
        work: &Work,
        listed: &Listed<ListRow>,
        people: &[(&str, &[usize])],
        read: People,
    ) -> Vec<Result<NewRow, Interrupted>> {
        let read = match read {
            Ok(read) => read,
            Err(error) => return vec![Err(Interrupted(error.to_string()))],
        };
        let now = work.clock.now();
        let become_one = |(known, (_, rows)): (Known, &(&str, &[usize]))| {
            let Known::Person(mut holder) = known else {
                return Err(Interrupted("a holder can't be read".to_owned()));
            };
            let rows: Vec<&ListRow> = rows.iter().filter_map(|row| listed.rows.get(*row)).collect();
            match self {
                Self::Entitlements { group, .. } if rows.is_empty() => {
                    subject::end(&mut holder, group, now, &work.zone);
                }
                subject => {
                    let applied = subject.apply(&mut holder, &rows, now, &work.zone);
                    applied.map_err(|fault| Interrupted(format!("line {}", fault.line)))?;
                }
            }
            Ok(NewRow::Holder(holder))
        };
        read.into_iter().zip(people).map(become_one).collect()
    }
}
