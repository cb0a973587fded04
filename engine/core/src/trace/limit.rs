//! A limit as a turn found it: how much it allows, and how much of it is used.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::document::{Limit, LimitScope, Measure, OnExhausted};
use crate::usage::{Need, UsageRange};
use crate::window::LimitWindow;

/// A limit after a turn; what this request took of it until then counts as used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LimitTrace {
    /// Whose use it counts.
    pub scope: LimitScope,
    /// What it counts.
    pub counts: Counted,
    /// Over what, as in the rule: such as `{"month": {}}`.
    #[schema(value_type = Object)]
    pub window: LimitWindow,
    /// The last service date of the window; null where no date ends it.
    #[schema(value_type = Option<String>, format = Date, required)]
    pub until: Option<Date>,
    /// The most in the window: uses, units or minor units.
    pub max: i64,
    /// Of it, used.
    pub used: i64,
    /// Of it, left.
    #[schema(minimum = 0)]
    pub left: i64,
    /// Whether a discount beyond it is given and borne by the provider, instead of not given.
    pub unfunded: bool,
}

/// What a limit counts; `spent` is what the holder pays under a spend cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Authorizations.
    Uses,
    /// Units.
    Units,
    /// Minor units of discount.
    Discount,
    /// Minor units that the holder pays.
    Spent,
}

impl LimitTrace {
    /// A limit of a benefit that allows `max` in the window of a need, of which some is used.
    pub(crate) fn of(limit: &Limit, need: Option<&Need>, max: i64, used: i64) -> Self {
        let counts = match limit.measure {
            Measure::Uses => Counted::Uses,
            Measure::Units => Counted::Units,
            Measure::Discount => Counted::Discount,
        };
        let unfunded = limit.on_exhausted == OnExhausted::Unfunded;
        Self { unfunded, ..Self::counted(limit.scope, counts, limit.window, need, max, used) }
    }

    /// What a holder spends under a spend cap.
    pub(crate) fn of_spend_cap(window: LimitWindow, need: Option<&Need>, max: i64, spent: i64) -> Self {
        Self::counted(LimitScope::Holder, Counted::Spent, window, need, max, spent)
    }

    fn counted(
        scope: LimitScope,
        counts: Counted,
        window: LimitWindow,
        need: Option<&Need>,
        max: i64,
        used: i64,
    ) -> Self {
        let until = need.and_then(|need| match need.range {
            UsageRange::Dates(dates) => (dates.until != Date::MAX).then_some(dates.until),
            UsageRange::FromFirst { .. } => None,
        });
        Self { scope, counts, window, until, max, used, left: max.saturating_sub(used).max(0), unfunded: false }
    }
}
