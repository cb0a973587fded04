//! What is answered about a business day.

use avis_core::movement::MovementKind;
use avis_core::settlement::{Difference, Total, TotalDifference, Totals, difference};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{ToldDay, Whose};

/// A business day of a terminal, or of all of a provider.
#[derive(Serialize, ToSchema)]
#[schema(as = Day)]
pub struct DayAnswer<'a> {
    /// Which one.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// The terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required, nullable = false)]
    terminal: Option<&'a str>,
    /// The provider, where it is a day of all its terminals: terminals are told of their own days alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    provider: Option<&'a str>,
    state: DayState,
    result: DayResult,
    /// When it was closed; null while it is open.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    closed_at: Option<Timestamp>,
    /// What counts on it, by kind; kinds of which there is nothing are left out.
    #[schema(value_type = BTreeMap<MovementKind, Total>)]
    ours: &'a Totals,
    /// What of that took place before it: it came after a close.
    #[schema(value_type = BTreeMap<MovementKind, Total>)]
    late: &'a Totals,
    /// Totals of who asks less ours, without zeros.
    #[schema(value_type = BTreeMap<MovementKind, TotalDifference>)]
    difference: Difference,
    /// There and true if it was closed before this request.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    already_closed: bool,
}

/// Whether it is closed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DayState {
    Open,
    Closed,
}

/// How both sides' totals compare; `totals` where who asks sent none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DayResult {
    InBalance,
    OutOfBalance,
    Totals,
}

impl ToldDay {
    /// As it is answered. A terminal is told of its own days alone.
    pub fn shown(&self, whose: Whose<'_>) -> Value {
        let difference = self.theirs.as_ref().map(|theirs| difference(theirs, &self.ours)).unwrap_or_default();
        let result = match self.theirs {
            None => DayResult::Totals,
            Some(_) if difference.is_empty() => DayResult::InBalance,
            Some(_) => DayResult::OutOfBalance,
        };
        json!(DayAnswer {
            date: self.date,
            terminal: whose.terminal,
            provider: whose.terminal.is_none().then_some(whose.provider),
            state: if self.closed_at.is_some() { DayState::Closed } else { DayState::Open },
            result,
            closed_at: self.closed_at,
            ours: &self.ours,
            late: &self.late,
            difference,
            already_closed: self.already_closed,
        })
    }
}
