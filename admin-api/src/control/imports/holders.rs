//! Lists of whole people: each comes, or takes the place of the one of its code or of whom its first means name.

use std::collections::HashSet;

use avis_core::{IdentifierKey, IdentifierSecret, IdentifierStatus, RegisteredHolder, WrittenHolder};
use avis_store::{Commit, Interrupted, NewRow, Revision, RowFault as RowRefused, StoreError, Unchanged};
use serde_json::{Value, json};

use super::job::{Running, Stopped};
use super::list::{List, Listed, Numbered, Written};
use super::rows::{Format, RowFault};
use super::work::{Known, PEOPLE_AT_ONCE, Work};
use crate::control::problem::Problem;
use crate::control::secret;
use crate::own_blocks;

/// A list of people.
pub(super) struct Holders;

/// A person as a line says, its identifiers hashed.
pub(super) struct HolderRow {
    line: u64,
    /// None where the first of the identifiers says who it is.
    code: Option<Box<str>>,
    finds: Option<IdentifierKey>,
    /// Whether the line says of which programmes the person is a member; else what is known of that stays.
    names_memberships: bool,
    /// The means that the line blocks.
    blocks: Box<[IdentifierKey]>,
    holder: Box<str>,
}

/// The codes of the people, in the order of the rows.
pub(super) struct Found {
    since: Revision,
    codes: Vec<Box<str>>,
}

const FIELDS: &[&str] =
    &["holder", "birth_date", "household", "residences", "entitlements", "attributes", "memberships", "identifiers"];

impl Numbered for HolderRow {
    fn line(&self) -> u64 {
        self.line
    }

    fn kept_bytes(&self) -> usize {
        self.holder.len()
    }
}

impl List for Holders {
    type Row = HolderRow;
    type Plan = Found;

    fn action(&self) -> &'static str {
        "holders_imported"
    }

    /// What is known of a person is lists of dated facts, for which a table has no place.
    fn formats(&self) -> &'static [Format] {
        &[Format::Ndjson]
    }

    fn fields(&self) -> &'static [&'static str] {
        FIELDS
    }

    fn read(&self, line: u64, row: &Value, secret: &IdentifierSecret) -> Result<HolderRow, RowFault> {
        let code = row.get("holder").filter(|code| !code.is_null());
        let mut named = row.clone();
        if let Some(fields) = named.as_object_mut().filter(|_| code.is_none()) {
            fields.insert("holder".to_owned(), json!("row"));
        }
        let read = WrittenHolder::from_value(&named).and_then(|written| written.register(secret));
        let holder = read.map_err(|faults| {
            let pointer = faults.list.first().map(|fault| fault.pointer.clone()).unwrap_or_default();
            let field = FIELDS.iter().find(|field| pointer.split('/').nth(1) == Some(field));
            RowFault::new(line, field.copied().unwrap_or_default(), "invalid")
        })?;
        let finds = holder.identifiers.first().map(|first| first.key);
        if code.is_none() && finds.is_none() {
            return Err(RowFault::new(line, "identifiers", "nobody"));
        }
        Ok(HolderRow {
            line,
            blocks: own_blocks::blocked(&holder).collect(),
            code: code.and_then(Value::as_str).map(Into::into),
            finds,
            names_memberships: row.get("memberships").is_some_and(|given| !given.is_null()),
            holder: holder.to_json().into(),
        })
    }

    fn plan(&self, work: &Work, listed: &mut Listed<HolderRow>, running: &mut Running) -> Result<Found, Stopped> {
        let since = work.store.head()?.revision;
        let mut codes: Vec<Box<str>> = Vec::with_capacity(listed.rows.len());
        for chunk in listed.rows.chunks(PEOPLE_AT_ONCE) {
            let keys: Vec<IdentifierKey> =
                chunk.iter().filter(|row| row.code.is_none()).filter_map(|row| row.finds).collect();
            let mut known = work.registry.codes_by(&keys)?.into_iter();
            for row in chunk {
                codes.push(match &row.code {
                    Some(code) => code.clone(),
                    None => match known.next().flatten() {
                        Some(code) => code,
                        None => secret::id(work.clock.now())?.into(),
                    },
                });
            }
            running.beat_in_time(&*work.registry, work.clock.now(), listed.total)?;
        }
        let mut seen: HashSet<&str> = HashSet::new();
        let repeated: Vec<bool> = codes.iter().map(|code| !seen.insert(code)).collect();
        let faults = listed.rows.iter().zip(&repeated).filter(|(_, is_repeated)| **is_repeated);
        let faults: Vec<RowFault> = faults.map(|(row, _)| RowFault::new(row.line, "holder", "repeated")).collect();
        let codes = codes.into_iter().zip(repeated).filter(|(_, is_repeated)| !is_repeated).map(|(code, _)| code);
        let codes = codes.collect();
        listed.leave_out(faults);
        Ok(Found { since, codes })
    }

    fn commit(&self, work: &Work, listed: &Listed<HolderRow>, found: &Found) -> Result<Written, StoreError> {
        let numbered: Vec<(&HolderRow, &str)> =
            listed.rows.iter().zip(found.codes.iter().map(|code| &**code)).collect();
        let codes: Vec<&str> = numbered.iter().map(|(_, code)| *code).collect();
        let committed = work.reading_ahead(&codes, |read| {
            let mut rows = numbered.chunks(PEOPLE_AT_ONCE).zip(read).flat_map(|(people, read)| match read {
                Ok(read) => become_of(people, read).map(|one| one.map_err(|fault| fault_told(&fault))).collect(),
                Err(error) => vec![Err(Interrupted(error.to_string()))],
            });
            work.store.commit(Commit {
                rows: &mut rows,
                unchanged: &[Unchanged::Brought { since: found.since }],
                act: &work.act,
                at: work.clock.now(),
                dry_run: work.dry_run,
            })
        })??;
        work.take_over_blocks(listed.rows.iter().flat_map(|row| row.blocks.iter().copied()))?;
        Ok(Written::of(&committed))
    }

    fn refused(&self, listed: &Listed<HolderRow>, _: &Found, refused: &[RowRefused]) -> Vec<RowFault> {
        let rows = refused.iter().filter_map(|fault| listed.rows.get(usize::try_from(fault.row).ok()?));
        let mut faults: Vec<RowFault> = rows.map(|row| RowFault::new(row.line, "identifiers", "not_added")).collect();
        faults.sort_by_key(|fault| fault.line);
        faults.dedup_by_key(|fault| fault.line);
        faults
    }

    fn inapplicable(&self, work: &Work, listed: &Listed<HolderRow>, found: &Found) -> Result<Vec<RowFault>, Problem> {
        let numbered: Vec<(&HolderRow, &str)> =
            listed.rows.iter().zip(found.codes.iter().map(|code| &**code)).collect();
        let mut faults = Vec::new();
        for people in numbered.chunks(PEOPLE_AT_ONCE) {
            let codes: Vec<&str> = people.iter().map(|(_, code)| *code).collect();
            faults.extend(become_of(people, work.people(&codes)?).filter_map(Result::err));
        }
        Ok(faults)
    }
}

fn fault_told(fault: &RowFault) -> Interrupted {
    Interrupted(format!("line {}", fault.line))
}

/// People as they become, of those who were read: as their lines say, but that no list makes active what is blocked.
fn become_of<'a>(
    people: &'a [(&HolderRow, &str)],
    read: Vec<Known>,
) -> impl Iterator<Item = Result<NewRow, RowFault>> + 'a {
    read.into_iter().zip(people).map(|(known, (row, code))| {
        let refused = |field: &str, code: &str| RowFault::new(row.line, field, code);
        let mut holder = RegisteredHolder::parse(row.holder.as_bytes()).map_err(|_| refused("", "malformed"))?;
        holder.holder.code = (*code).into();
        match known {
            Known::Person(before) => {
                stay(&mut holder, *before, row.names_memberships).map_err(|word| refused("identifiers", word))?;
            }
            Known::Unreadable => return Err(refused("holder", "unreadable_person")),
            Known::Nobody => {}
        }
        Ok(NewRow::Holder(Box::new(holder)))
    })
}

/// What stays of a person as it was.
fn stay(holder: &mut RegisteredHolder, before: RegisteredHolder, names_memberships: bool) -> Result<(), &'static str> {
    let stays =
        |key| holder.identifiers.iter().any(|one| one.key == key && one.state.status != IdentifierStatus::Active);
    if !own_blocks::blocked(&before).all(stays) {
        return Err("blocked");
    }
    if !names_memberships {
        holder.holder.memberships = before.holder.memberships;
    }
    Ok(())
}
