//! What can be stopped: benefits, programmes of points and campaigns, each with when it is in force and when it is not.

use avis_core::document::{Benefit, Suspension};
use avis_core::loyalty::{Campaign, Programme};
use avis_store::{Kind as RowKind, version_of_key};
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::control::call::Call;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::rules::{self, Rules};

/// A kind of rules that can be stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stoppable {
    Benefit,
    Programme,
    Campaign,
}

/// When a version, or a campaign, is in force.
pub(super) struct InForce {
    pub(super) valid: avis_core::Span,
    pub(super) time_zone: TimeZone,
    pub(super) suspensions: Vec<Suspension>,
}

impl Stoppable {
    /// Of the rows that engines follow.
    pub(super) fn row(self) -> RowKind {
        match self {
            Self::Benefit => RowKind::Benefit,
            Self::Programme => RowKind::Program,
            Self::Campaign => RowKind::Campaign,
        }
    }

    /// The list of a catalogue in which it stands.
    pub(super) fn list(self) -> &'static str {
        match self {
            Self::Benefit => "benefits",
            Self::Programme => "programs",
            Self::Campaign => "campaigns",
        }
    }

    /// All versions of a code that is the caller's.
    ///
    /// # Errors
    /// A code that there is not, and one of another party.
    pub(super) fn versions<'r>(self, call: &Call<'_>, rules: &'r Rules, code: &str) -> Result<Vec<&'r Value>, Problem> {
        if self == Self::Benefit {
            let versions = rules::versions_of(call, rules, code)?;
            call.check_owner(rules.grantor_of(code).unwrap_or_default(), Action::OpenRead)?;
            return Ok(versions.values().collect());
        }
        let of_code = |key: &str| match version_of_key(key).filter(|_| self == Self::Programme) {
            Some((other, _)) => other == code,
            None => key == code,
        };
        let versions: Vec<&Value> =
            rules.entries(self.row()).filter(|(key, _)| of_code(key)).map(|(_, content)| content).collect();
        let owner = versions.last().and_then(|content| content.get("owner")).and_then(Value::as_str);
        call.check_owner(owner.ok_or_else(|| Problem::from(Code::NotFound))?, Action::LoyaltyRead)?;
        Ok(versions)
    }

    /// When a version is in force; none of one that can't be read.
    pub(super) fn in_force(self, content: &Value) -> Option<InForce> {
        match self {
            Self::Benefit => Benefit::from_value(content).ok().map(|one| InForce {
                valid: one.valid,
                time_zone: one.time_zone,
                suspensions: one.suspensions,
            }),
            Self::Programme => Programme::from_value(content).ok().map(|one| InForce {
                valid: one.valid,
                time_zone: one.time_zone,
                suspensions: one.suspensions,
            }),
            Self::Campaign => Campaign::from_value(content).ok().map(|one| InForce {
                valid: one.valid,
                time_zone: one.time_zone,
                suspensions: Vec::new(),
            }),
        }
    }
}
