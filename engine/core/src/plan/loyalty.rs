//! What loyalty knows of a request, as a plan keeps it.

use jiff::Timestamp;

use crate::loyalty::Known;

/// Most people are in no programme: for those it takes no room.
#[derive(Clone, Debug, Default)]
pub(crate) enum LoyaltyFacts {
    /// Loyalty was not asked.
    #[default]
    NotAsked,
    /// Nobody is a member, and nothing is presented or asked for.
    Nothing {
        /// By which lots would be judged.
        at: Timestamp,
    },
    /// What it knows.
    Known(Box<Known>),
}

impl LoyaltyFacts {
    pub(crate) fn of(known: Option<Known>) -> Self {
        match known {
            None => Self::NotAsked,
            Some(known) if known.tells_nothing() => Self::Nothing { at: known.at },
            Some(known) => Self::Known(Box::new(known)),
        }
    }

    /// What there is to know; none where that is nothing.
    pub(crate) fn known(&self) -> Option<&Known> {
        if let Self::Known(known) = self { Some(known) } else { None }
    }

    /// All that was told; none where loyalty was not asked.
    pub(crate) fn told(&self) -> Option<Known> {
        match self {
            Self::NotAsked => None,
            Self::Nothing { at } => Some(Known::nothing(*at)),
            Self::Known(known) => Some((**known).clone()),
        }
    }
}
