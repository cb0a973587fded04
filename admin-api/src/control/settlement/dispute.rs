//! What of a sealed line is not accepted, by whom and why, and what that ends in (settlement 3.3).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::statements::StatementRecord;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed, optional};

const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);
const REASON: Kind = Kind::Text(1, 200);
/// Claims of one line: each is of another finding.
const CLAIMS_MAX: usize = 1_000_000;

const CLAIM: &[Field] = &[
    needed("more", SUM),
    needed("reason", REASON),
    needed("by", Kind::Token(0, 100)),
    needed("at", Kind::Instant),
    needed("is_of_finding", Kind::Truth),
];

/// What becomes of a line that is disputed. `claimed` is what all claims together would have it say; `reason`, `by` and `at` are of the
/// first.
pub(super) const SHOWN: &[Field] = &[
    needed("line", Kind::Whole(1, i64::MAX)),
    needed("claimed", SUM),
    needed("reason", REASON),
    needed("by", Kind::Token(0, 100)),
    needed("at", Kind::Instant),
    needed("claims", Kind::List(&Kind::Object(CLAIM), CLAIMS_MAX)),
    optional("outcome", Kind::Word(&["kept", "adjusted"])),
    optional("amount", SUM),
    optional("outcome_reason", REASON),
    optional("outcome_by", Kind::Token(0, 100)),
    optional("outcome_at", Kind::Instant),
];

/// That a line is not accepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Dispute {
    pub(super) line: usize,
    /// What the line says is owed, in minor units.
    reimbursed: i64,
    /// Never empty: with the last one it is withdrawn.
    claims: Vec<LineClaim>,
    pub(super) outcome: Option<Outcome>,
}

/// How much more a line should say is owed, by whom and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LineClaim {
    /// The resolution of the finding that says so; none of what was said of the line itself.
    pub(super) finding: Option<String>,
    /// Minor units, below zero where it should be less.
    pub(super) more: i64,
    pub(super) reason: String,
    pub(super) by: String,
    pub(super) at: Timestamp,
}

/// What a dispute ended in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// None if the line is kept.
    pub(super) adjusted: Option<i64>,
    pub(super) reason: String,
    pub(super) by: String,
    pub(super) at: Timestamp,
    /// Whether a statement has it already.
    pub(super) is_stated: bool,
}

impl Dispute {
    pub(super) fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// What the line should say is owed, in minor units.
    fn claimed(&self) -> i64 {
        self.claims.iter().fold(self.reimbursed, |claimed, claim| claimed.saturating_add(claim.more))
    }

    /// Whether it goes on with a claim: each finding is disputed once, beside whatever was said of the line itself.
    fn takes(&self, claim: &LineClaim) -> bool {
        self.is_open() && claim.finding.is_some() && self.claims.iter().all(|other| other.finding != claim.finding)
    }

    pub(super) fn shown(&self) -> Value {
        let (first, outcome) = (self.claims.first(), self.outcome.as_ref());
        let word = |outcome: &Outcome| if outcome.adjusted.is_some() { "adjusted" } else { "kept" };
        let claims: Vec<Value> = self.claims.iter().map(LineClaim::shown).collect();
        json!({
            "line": self.line, "claimed": self.claimed(), "reason": first.map(|claim| &claim.reason),
            "by": first.map(|claim| &claim.by), "at": first.map(|claim| claim.at), "claims": claims,
            "outcome": outcome.map(word), "amount": outcome.and_then(|outcome| outcome.adjusted),
            "outcome_reason": outcome.map(|outcome| &outcome.reason), "outcome_by": outcome.map(|outcome| &outcome.by),
            "outcome_at": outcome.map(|outcome| outcome.at),
        })
    }
}

impl LineClaim {
    fn shown(&self) -> Value {
        let Self { finding, more, reason, by, at } = self;
        json!({"more": more, "reason": reason, "by": by, "at": at, "is_of_finding": finding.is_some()})
    }
}

impl StatementRecord {
    /// What a line says is owed, in minor units; none of a line that it does not have.
    pub(super) fn reimbursed(&self, line: usize) -> Option<i64> {
        let line = self.sealed.as_ref()?.lines.get(line.checked_sub(1)?)?;
        Some(line.reimbursed())
    }

    /// Enters a claim about a line that it has: findings add to what is open of the line.
    ///
    /// # Errors
    /// A line of which a dispute has ended, or that was disputed so already.
    pub(super) fn claim(&mut self, line: usize, claim: LineClaim) -> Result<(), Problem> {
        let reimbursed = self.reimbursed(line).ok_or_else(|| Problem::from(Code::NotInThisState))?;
        match self.disputes.iter_mut().find(|dispute| dispute.line == line) {
            Some(open) if open.takes(&claim) => open.claims.push(claim),
            Some(_) => return Err(Problem::new(Code::Exists, "the line is disputed, or was")),
            None => self.disputes.push(Dispute { line, reimbursed, claims: vec![claim], outcome: None }),
        }
        Ok(())
    }

    /// Takes back what was claimed of a finding while that is open: of which line it was.
    pub(super) fn withdraw(&mut self, finding: &str) -> Option<usize> {
        let is_of = |claim: &LineClaim| claim.finding.as_deref() == Some(finding);
        let mut open = self.disputes.iter_mut().filter(|dispute| dispute.is_open());
        let dispute = open.find(|dispute| dispute.claims.iter().any(is_of))?;
        dispute.claims.retain(|claim| !is_of(claim));
        let line = dispute.line;
        self.disputes.retain(|dispute| !dispute.claims.is_empty());
        Some(line)
    }
}
