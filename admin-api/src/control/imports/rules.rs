//! Lists of rules: each row becomes a draft of its grantor, which is submitted, approved and published as any other.

use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_store::{AuditEntry, Counts, StoreError};
use serde_json::Value;

use super::job::{Running, Stopped};
use super::list::{List, Listed, Numbered, Written};
use super::rows::{Format, RowFault};
use super::work::Work;
use crate::control::drafts::lists::{self, FIELDS, Planned};
use crate::control::rules::Rules as Published;

/// A list of rules of one grantor, or of any.
pub(super) struct Rules {
    /// Whose alone they may be.
    pub(super) grantor: Option<String>,
    /// The user who wrote them.
    pub(super) by: String,
    pub(super) published: Arc<Published>,
}

/// A row with its line.
pub(super) struct RuleRow {
    line: u64,
    listed: lists::Listed,
}

impl Numbered for RuleRow {
    fn line(&self) -> u64 {
        self.line
    }

    fn kept_bytes(&self) -> usize {
        self.listed.kept_bytes()
    }
}

impl List for Rules {
    type Row = RuleRow;
    type Plan = Planned;

    fn action(&self) -> &'static str {
        "rules_imported"
    }

    /// A rule is a document, for which a table has no place.
    fn formats(&self) -> &'static [Format] {
        &[Format::Ndjson]
    }

    fn fields(&self) -> &'static [&'static str] {
        FIELDS
    }

    fn read(&self, line: u64, row: &Value, _: &IdentifierSecret) -> Result<RuleRow, RowFault> {
        let listed = lists::Listed::read(row, &self.by).map_err(|(field, code)| RowFault::new(line, field, code))?;
        Ok(RuleRow { line, listed })
    }

    fn plan(&self, work: &Work, listed: &mut Listed<RuleRow>, _: &mut Running) -> Result<Planned, Stopped> {
        let rows: Vec<&lists::Listed> = listed.rows.iter().map(|row| &row.listed).collect();
        let known = (&*work.registry, &self.published);
        let (planned, faults) = lists::plan(&rows, known, self.grantor.as_deref(), work.clock.now())?;
        let fault =
            |(place, (field, code)): (usize, _)| listed.rows.get(place).map(|row| RowFault::new(row.line, field, code));
        let faults = faults.into_iter().filter_map(fault).collect();
        listed.leave_out(faults);
        Ok(planned)
    }

    fn commit(&self, work: &Work, _: &Listed<RuleRow>, planned: &Planned) -> Result<Written, StoreError> {
        if !work.dry_run && planned.added() > 0 {
            let whole = AuditEntry::new(work.clock.now(), work.act.clone());
            let (changes, entries) = planned.changes(&whole);
            work.registry.change(&changes, &entries)?;
        }
        let counts = Counts { added: planned.added(), unchanged: planned.unchanged, ..Counts::default() };
        Ok(Written { counts, revision: None, ended: 0 })
    }
}
