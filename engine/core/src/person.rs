//! Who stands at the till: what became of each identifier presented, and the holder that they name.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::holder::{Holder, IdentifierState, IdentifierStatus};
use crate::reason::{Reason, Reasons};
use crate::request::Presented;

/// The holder, if one is recognised, and a verdict for each identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Person {
    /// Whom the identifiers name.
    pub holder: Option<Arc<Holder>>,
    /// For each identifier of the request, in its order.
    pub identifiers: Vec<IdentifierVerdict>,
}

/// What became of an identifier: `resolved` names the holder; `unknown` nobody is known by; `mismatch` names another holder than
/// one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierVerdict {
    /// It names the holder.
    Resolved,
    /// Nobody is known by it.
    Unknown,
    /// It is blocked.
    Blocked,
    /// It is past its validity.
    Expired,
    /// It names another holder than one before it.
    Mismatch,
}

impl IdentifierVerdict {
    fn reason(self) -> Option<Reason> {
        match self {
            Self::Resolved => None,
            Self::Unknown => Some(Reason::IdentifierUnknown),
            Self::Blocked => Some(Reason::IdentifierBlocked),
            Self::Expired => Some(Reason::IdentifierExpired),
            Self::Mismatch => Some(Reason::IdentifierMismatch),
        }
    }
}

impl Person {
    /// Whether an identifier names another holder than the one who counts.
    pub(crate) fn is_mixed(&self) -> bool {
        self.identifiers.contains(&IdentifierVerdict::Mismatch)
    }

    /// Where identifiers of several people were presented, the place of the one that names who counts.
    pub(crate) fn named_by(&self) -> Option<u8> {
        let place = || self.identifiers.iter().position(|verdict| *verdict == IdentifierVerdict::Resolved);
        self.is_mixed().then(place).flatten().and_then(|place| u8::try_from(place).ok())
    }

    /// The reasons that the identifiers give.
    pub(crate) fn reasons(&self) -> Reasons {
        self.identifiers.iter().filter_map(|verdict| verdict.reason()).fold(Reasons::default(), Reasons::with)
    }
}

/// Resolves the identifiers in their order: the first that is active names the holder, the others must name the same.
///
/// `look_up` finds what is known of an identifier, with any handle of its holder; the handle of the one named comes back.
pub fn recognise<H: PartialEq>(
    presented: &[Presented],
    occurred_at: Timestamp,
    deployment_zone: &TimeZone,
    mut look_up: impl FnMut(&Presented) -> Option<(H, IdentifierState)>,
) -> (Option<H>, Vec<IdentifierVerdict>) {
    let mut named: Option<H> = None;
    let mut verdict = |identifier: &Presented| {
        let Some((holder, state)) = look_up(identifier) else { return IdentifierVerdict::Unknown };
        match state.at(occurred_at, deployment_zone) {
            IdentifierStatus::Blocked => IdentifierVerdict::Blocked,
            IdentifierStatus::Expired => IdentifierVerdict::Expired,
            IdentifierStatus::Active if named.as_ref().is_some_and(|named| *named != holder) => {
                IdentifierVerdict::Mismatch
            }
            IdentifierStatus::Active => {
                named = Some(holder);
                IdentifierVerdict::Resolved
            }
        }
    };
    let verdicts = presented.iter().map(&mut verdict).collect();
    (named, verdicts)
}
