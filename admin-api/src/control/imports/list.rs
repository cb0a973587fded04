//! What every kind of list has in common: rows that are read one by one, and made one change or nothing.

use std::collections::HashSet;

use avis_core::IdentifierSecret;
use avis_store::{Committed, Counts, RowFault as RowRefused, StoreError};
use serde_json::Value;

use super::job::{Report, Running, Stopped};
use super::rows::{FAULTS_MAX, Format, RowFault};
use super::work::Work;
use crate::control::problem::Problem;

/// A kind of list.
pub(super) trait List: Send + 'static {
    /// A row that was read.
    type Row: Numbered + Send + 'static;
    /// What is to be written for the rows.
    type Plan;

    /// What the audit calls its import.
    fn action(&self) -> &'static str;

    /// In which formats it comes.
    fn formats(&self) -> &'static [Format] {
        &[Format::Csv, Format::Ndjson]
    }

    /// The fields of a row.
    fn fields(&self) -> &'static [&'static str];

    /// Reads a row.
    ///
    /// # Errors
    /// Its first fault.
    fn read(&self, line: u64, row: &Value, secret: &IdentifierSecret) -> Result<Self::Row, RowFault>;

    /// Finds what the rows are about; a row that is about nothing is a bad one, and no row any more.
    fn plan(&self, work: &Work, listed: &mut Listed<Self::Row>, running: &mut Running) -> Result<Self::Plan, Stopped>;

    /// Writes everything, or nothing.
    fn commit(&self, work: &Work, listed: &Listed<Self::Row>, plan: &Self::Plan) -> Result<Written, StoreError>;

    /// The rows that are to blame where the store refuses some.
    fn refused(&self, _: &Listed<Self::Row>, _: &Self::Plan, _: &[RowRefused]) -> Vec<RowFault> {
        Vec::new()
    }

    /// The rows that are to blame where a commit was broken off.
    fn inapplicable(&self, _: &Work, _: &Listed<Self::Row>, _: &Self::Plan) -> Result<Vec<RowFault>, Problem> {
        Ok(Vec::new())
    }
}

/// What stands on a line.
pub(super) trait Numbered {
    /// Its number.
    fn line(&self) -> u64;

    /// Bytes of text that are kept of it until it is written.
    fn kept_bytes(&self) -> usize {
        0
    }
}

/// What was written, or would be.
pub(super) struct Written {
    pub(super) counts: Counts,
    /// None where no engine follows it.
    pub(super) revision: Option<u64>,
    /// Whom a full list ended.
    pub(super) ended: usize,
}

impl Written {
    pub(super) fn of(committed: &Committed) -> Self {
        Self { counts: committed.counts, revision: Some(committed.head.revision.number), ended: 0 }
    }
}

/// A list that was read.
pub(super) struct Listed<R> {
    pub(super) rows: Vec<R>,
    pub(super) report: Report,
    pub(super) bad: u64,
    pub(super) total: u64,
}

impl<R: Numbered> Listed<R> {
    pub(super) fn empty() -> Self {
        Self { rows: Vec::new(), report: Report::default(), bad: 0, total: 0 }
    }

    pub(super) fn refuse(&mut self, fault: RowFault) {
        self.bad += 1;
        if self.report.faults.len() < FAULTS_MAX {
            self.report.faults.push(fault);
        }
    }

    /// Rows that can't be are none any more.
    pub(super) fn leave_out(&mut self, faults: Vec<RowFault>) {
        let lines: HashSet<u64> = faults.iter().map(|fault| fault.line).collect();
        self.rows.retain(|row| !lines.contains(&row.line()));
        faults.into_iter().for_each(|fault| self.refuse(fault));
    }

    /// Goes on without some rows; where none is to blame, what was refused is.
    pub(super) fn go_on_without(
        &mut self,
        faults: Vec<RowFault>,
        refused: impl FnOnce() -> StoreError,
    ) -> Result<(), Stopped> {
        if faults.is_empty() {
            return Err(refused().into());
        }
        self.leave_out(faults);
        Ok(())
    }
}
