//! What loyalty does, in a trace.

use std::sync::Arc;

use utoipa::ToSchema;

use crate::loyalty::ProgrammeReason;
use crate::trace::Node;

/// Something that loyalty did while it decided: that the holder is a `member`, that points were asked for as a `tender`, that a `rule` of
/// earning was asked of a line, that points were `earned`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum LoyaltyStep {
    /// The holder is a member of a programme.
    Member {
        /// The programme's code.
        program: Arc<str>,
        /// The version that counts.
        #[schema(minimum = 1)]
        version: i64,
        /// Whether its scope covers the provider.
        in_play: bool,
        /// Points that can be spent.
        balance: i64,
        /// Points that can't yet.
        pending: i64,
        /// The level; null if none.
        #[schema(required)]
        tier: Option<Box<str>>,
        /// What counts towards the next level.
        counted: i64,
    },
    /// Points were asked for as a tender.
    Tender {
        /// The programme's code.
        program: Arc<str>,
        /// How many points; null is as many as possible.
        #[schema(required)]
        asked: Option<i64>,
        /// How many there were.
        available: i64,
        /// What was left to pay with them, in minor units.
        room: i64,
        /// How many were taken.
        points: i64,
        /// What they pay, in minor units.
        amount: i64,
        /// Why not more.
        reasons: Vec<ProgrammeReason>,
    },
    /// A rule of earning was asked of a line.
    Rule {
        /// The programme's code.
        program: Arc<str>,
        /// The rule's code.
        rule: Arc<str>,
        /// As in the request.
        line_id: Box<str>,
        /// Whether it applies.
        applies: bool,
        /// Whether its uses are used up.
        used_up: bool,
        /// Its condition with the values read; null if it has none.
        #[schema(required, no_recursion)]
        when: Option<Node>,
    },
    /// Points were earned in a programme.
    Earned {
        /// The programme's code.
        program: Arc<str>,
        /// Of each line before rounding, as a numerator.
        exact: Vec<String>,
        /// The denominator.
        #[schema(value_type = i64, minimum = 1)]
        of: i128,
        /// Rounded, with what is fixed.
        uncut: i64,
        /// What limits leave of it.
        points: i64,
    },
}

impl LoyaltyStep {
    /// With the condition that was just answered, if it is a rule's.
    pub(super) fn with(mut self, ended: Option<Node>) -> Self {
        if let Self::Rule { when, .. } = &mut self {
            *when = ended;
        }
        self
    }
}
