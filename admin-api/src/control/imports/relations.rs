//! Lists of who speaks for whom: parents for children, guardians for wards.

use avis_core::{IdentifierKey, IdentifierSecret, Span};
use avis_store::{AuditEntry, Counts, StoreError};
use serde_json::{Value, json};

use super::job::{Running, Stopped};
use super::list::{List, Listed, Numbered, Written};
use super::rows::{RowFault, said};
use super::subject::{FINDS, part};
use super::work::{PEOPLE_AT_ONCE, Work};
use crate::control::people::{Changing, Put, RELATIONS, Relation};

/// A list of who speaks for whom; what it does not name stays.
pub(super) struct Relations;

/// A row: whom the guardian and the person are known by.
pub(super) struct RelationRow {
    line: u64,
    person: IdentifierKey,
    guardian: IdentifierKey,
    relation: String,
    span: Span,
}

/// What the rows make of the records.
pub(super) struct Planned {
    changing: Changing,
    counts: Counts,
}

/// The fields of a row.
pub(super) const FIELDS: &[&str] =
    &["scheme", "value", "key", "guardian_scheme", "guardian_value", "guardian_key", "relation", "from", "until"];

const GUARDIAN: &[(&str, &str)] =
    &[("guardian_scheme", "scheme"), ("guardian_value", "value"), ("guardian_key", "key")];

impl Numbered for RelationRow {
    fn line(&self) -> u64 {
        self.line
    }
}

impl List for Relations {
    type Row = RelationRow;
    type Plan = Planned;

    fn action(&self) -> &'static str {
        "relations_imported"
    }

    fn fields(&self) -> &'static [&'static str] {
        FIELDS
    }

    fn read(&self, line: u64, row: &Value, secret: &IdentifierSecret) -> Result<RelationRow, RowFault> {
        let relation = row.get("relation").and_then(Value::as_str).filter(|word| RELATIONS.contains(word));
        let relation = relation.ok_or_else(|| RowFault::new(line, "relation", "invalid"))?;
        let mut dated = part(row, &[("from", "from"), ("until", "until")]);
        dated.insert("group".to_owned(), json!(relation));
        let holder =
            json!({"holder": "row", "identifiers": [part(row, FINDS), part(row, GUARDIAN)], "entitlements": [dated]});
        let names = &[("/identifiers/0", "scheme"), ("/identifiers/1", "guardian_scheme"), ("/entitlements/0", "from")];
        let said = said(line, &holder, names, secret)?;
        match (said.identifiers.as_slice(), said.holder.entitlements.as_slice()) {
            ([person, guardian], [dated]) => Ok(RelationRow {
                line,
                person: person.key,
                guardian: guardian.key,
                relation: relation.to_owned(),
                span: dated.span,
            }),
            _ => Err(RowFault::new(line, "", "malformed")),
        }
    }

    fn plan(&self, work: &Work, listed: &mut Listed<RelationRow>, running: &mut Running) -> Result<Planned, Stopped> {
        let (mut changing, mut counts, mut faults) = (Changing::default(), Counts::default(), Vec::new());
        let now = work.clock.now();
        for chunk in listed.rows.chunks(PEOPLE_AT_ONCE) {
            let keys: Vec<IdentifierKey> = chunk.iter().flat_map(|row| [row.person, row.guardian]).collect();
            let codes = work.registry.codes_by(&keys)?;
            for (row, codes) in chunk.iter().zip(codes.chunks(2)) {
                let put = match between(row, codes) {
                    Err(fault) => Err(fault),
                    Ok((person, guardian)) => {
                        let (relation, span) = (row.relation.clone(), row.span);
                        let relation = Relation { holder: person.to_owned(), relation, span };
                        let guardian = work.secret.subject(guardian);
                        let put = changing.put(&*work.registry, (&guardian, relation), now)?;
                        put.ok_or_else(|| RowFault::new(row.line, "guardian_value", "too_many"))
                    }
                };
                match put {
                    Ok(Put::Added) => counts.added += 1,
                    Ok(Put::Changed) => counts.changed += 1,
                    Ok(Put::Unchanged) => counts.unchanged += 1,
                    Err(fault) => faults.push(fault),
                }
            }
            running.beat_in_time(&*work.registry, now, listed.total)?;
        }
        listed.leave_out(faults);
        Ok(Planned { changing, counts })
    }

    fn commit(&self, work: &Work, _: &Listed<RelationRow>, planned: &Planned) -> Result<Written, StoreError> {
        let changes = planned.changing.changes();
        if !work.dry_run && !changes.is_empty() {
            let entry = AuditEntry::new(work.clock.now(), work.act.clone());
            work.registry.change(&changes, &[entry])?;
        }
        Ok(Written { counts: planned.counts, revision: None, ended: 0 })
    }
}

/// The codes of the person and the guardian of a row, two people who are known.
fn between<'c>(row: &RelationRow, codes: &'c [Option<Box<str>>]) -> Result<(&'c str, &'c str), RowFault> {
    match codes {
        [Some(person), Some(guardian)] if person != guardian => Ok((person, guardian)),
        [Some(_), Some(_)] => Err(RowFault::new(row.line, "guardian_value", "same_person")),
        [Some(_), _] => Err(RowFault::new(row.line, "guardian_value", "unknown_person")),
        _ => Err(RowFault::new(row.line, "value", "unknown_person")),
    }
}
