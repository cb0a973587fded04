//! Holders, one a line, as many as there are: they are read and written as they come.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, ErrorKind};

use avis_core::limits::{FAULTS_MAX, HOLDER_BYTES_MAX};
use avis_core::loyalty::{Membership, Programme};
use avis_core::{Faults, IdentifierKey, IdentifierSecret, RegisteredHolder, WrittenHolder};
use avis_store::{Commit, Interrupted, Kind, NewRow, Registry, Row, Scope, Store, StoreError, Stored, version_of_key};
use jiff::tz::TimeZone;

use crate::change::ChangeContext;
use crate::fault::{AdminError, LineFault};
use crate::import::Imported;
use crate::ndjson::NdjsonReader;
use crate::own_blocks::{self, OwnBlocks};

/// Imports holders: each comes, or takes the place of the one of its code; those that are not named stay. All become one revision. What
/// the lines block is no person's own to unblock any more.
///
/// # Errors
/// The faults of the lines, each with its line; a store that can't be read or written.
pub fn holders(
    (store, registry): (&dyn Store, &dyn Registry),
    input: impl BufRead,
    secret: &IdentifierSecret,
    context: &ChangeContext,
) -> Result<Imported, AdminError> {
    let lines = NdjsonReader::new(input, HOLDER_BYTES_MAX);
    let mut reading = Reading {
        lines,
        secret,
        zones: zones(store)?,
        line_of_row: Vec::new(),
        blocked: HashSet::new(),
        faults: Vec::new(),
        ended: false,
    };
    let committed = store.commit(Commit {
        rows: &mut reading,
        unchanged: &[],
        act: &context.act("holders_imported", None),
        at: context.at,
        dry_run: context.dry_run,
    });
    match committed {
        Ok(committed) => {
            if !context.dry_run {
                OwnBlocks { registry, secret }.end_all(&reading.blocked)?;
            }
            Ok(Imported::of(committed))
        }
        Err(_) if !reading.faults.is_empty() => Err(AdminError::Faults(reading.faults)),
        Err(StoreError::Refused(faults)) => {
            let line = |row: u64| usize::try_from(row).ok().and_then(|row| reading.line_of_row.get(row).copied());
            let faults = faults.into_iter().map(|fault| LineFault::of_row(line(fault.row), fault));
            Err(AdminError::Faults(faults.collect()))
        }
        Err(error) => Err(error.into()),
    }
}

/// In which zone each programme reads the dates of memberships: of its newest version.
fn zones(store: &dyn Store) -> Result<HashMap<String, TimeZone>, StoreError> {
    let mut newest: BTreeMap<String, (i64, TimeZone)> = BTreeMap::new();
    let mut take = |stored| {
        if let Stored::Row(Row { kind: Kind::Program, key, content: Some(content) }) = stored
            && let Some((code, version)) = version_of_key(&key)
            && newest.get(code).is_none_or(|(known, _)| *known < version)
            && let Ok(value) = serde_json::from_str(&content)
            && let Ok(programme) = Programme::from_value(&value)
        {
            newest.insert(code.to_owned(), (version, programme.time_zone));
        }
    };
    store.snapshot(&[Scope::Rules], &mut take)?;
    Ok(newest.into_iter().map(|(code, (_, zone))| (code, zone)).collect())
}

/// Rows as their lines are read. After a fault the other lines are read for their faults only.
struct Reading<'a, R> {
    lines: NdjsonReader<R>,
    secret: &'a IdentifierSecret,
    zones: HashMap<String, TimeZone>,
    line_of_row: Vec<u64>,
    blocked: HashSet<IdentifierKey>,
    faults: Vec<LineFault>,
    ended: bool,
}

impl<R: BufRead> Reading<'_, R> {
    fn registered(&self, written: &WrittenHolder) -> Result<RegisteredHolder, Faults> {
        let holder = written.register(self.secret)?;
        let met = Membership::met(&holder.holder.memberships, |program| self.zones.get(program).cloned());
        let detail = "expected one membership in a programme at a time";
        let list: Vec<_> = met.flat_map(|place| Faults::at(format!("/memberships/{place}"), detail).list).collect();
        if list.is_empty() { Ok(holder) } else { Err(Faults { list, unlisted: 0 }) }
    }

    fn refuse(&mut self, faults: Vec<LineFault>) {
        self.faults.extend(faults);
        if self.faults.len() >= FAULTS_MAX {
            self.faults.truncate(FAULTS_MAX);
            let detail = "more faults are not listed".to_owned();
            self.faults.push(LineFault::new(None, "", detail));
            self.ended = true;
        }
    }
}

impl<R: BufRead> Iterator for Reading<'_, R> {
    type Item = Result<NewRow, Interrupted>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let line = match self.lines.next_line() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(error) if error.kind() == ErrorKind::InvalidData => {
                    // In another encoding no line could be read.
                    self.ended = true;
                    self.refuse(vec![LineFault::new(Some(1), "", error.to_string())]);
                    break;
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(Interrupted(format!("the input ended early: {error}"))));
                }
            };
            let Some(json) = line.json else {
                let detail = format!("expected at most {} bytes", self.lines.line_bytes_max());
                self.refuse(vec![LineFault::new(Some(line.number), "", detail)]);
                continue;
            };
            match WrittenHolder::parse(&json).and_then(|written| self.registered(&written)) {
                Ok(holder) if self.faults.is_empty() => {
                    self.line_of_row.push(line.number);
                    self.blocked.extend(own_blocks::blocked(&holder));
                    return Some(Ok(NewRow::Holder(Box::new(holder))));
                }
                Ok(_) => {}
                Err(faults) => self.refuse(LineFault::of(Some(line.number), faults)),
            }
        }
        self.ended = true;
        (!self.faults.is_empty()).then(|| Err(Interrupted("lines that can't be read".to_owned())))
    }
}
