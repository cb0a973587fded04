//! Dry runs (`?dry_run=true`): what makes a revision does all but the commit, and says what it would do.

use avis_store::{Committed, Counts};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::operations::Operation;
use super::shape::{Field, Kind, needed, optional};

/// The parameter that asks for one.
const QUERY: &[Field] = &[optional("dry_run", Kind::Truth)];

const COUNT: Kind = Kind::Whole(0, i64::MAX);
const COUNTS: &[Field] =
    &[needed("added", COUNT), needed("changed", COUNT), needed("removed", COUNT), needed("unchanged", COUNT)];

/// What would be done: rows by what becomes of them.
pub(crate) const WOULD: &[Field] = &[needed("counts", Kind::Object(COUNTS)), needed("warnings", WARNINGS)];

/// Characters of a warning, and how many warnings there are.
pub(crate) const WARNING_MAX: usize = 1_000;
pub(crate) const WARNINGS_MAX: usize = 1_000;
/// What is to be thought of.
pub(crate) const WARNINGS: Kind = Kind::List(&Kind::Token(1, WARNING_MAX), WARNINGS_MAX);

/// An operation that makes a revision, and can be run dry.
pub(crate) const fn possible(operation: Operation) -> Operation {
    Operation { query: QUERY, can_be_dry: true, ..operation }
}

impl Call<'_> {
    /// Whether it is to do all but the commit.
    pub(crate) fn is_dry(&self) -> bool {
        self.operation.can_be_dry && self.query.get("dry_run").and_then(Value::as_bool) == Some(true)
    }

    /// The answer to what was committed, by its revision; of a dry run what would be.
    pub(crate) fn committed(&self, committed: &Committed, answer: impl FnOnce(u64) -> Answer) -> Answer {
        self.committed_with(committed, &[], answer)
    }

    /// The same with what is to be thought of, which stands in either answer where there is any.
    pub(crate) fn committed_with(
        &self,
        committed: &Committed,
        warnings: &[String],
        answer: impl FnOnce(u64) -> Answer,
    ) -> Answer {
        if self.is_dry() {
            return would(&committed.counts, warnings);
        }
        answer(committed.head.revision.number).warned(warnings)
    }
}

/// What a commit would do, and what is to be thought of before.
pub(crate) fn would(counts: &Counts, warnings: &[String]) -> Answer {
    let Counts { added, changed, removed, unchanged } = counts;
    let counts = json!({"added": added, "changed": changed, "removed": removed, "unchanged": unchanged});
    Answer { is_dry: true, ..Answer::of(json!({"counts": counts, "warnings": warnings})) }
}
