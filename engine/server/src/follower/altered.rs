//! Rows that are not what was committed, and the alarm about each.

use std::collections::BTreeSet;

use avis_store::{Kind, Scope};

/// Those of which nothing is known now.
#[derive(Default)]
pub(super) struct AlteredNow {
    rows: BTreeSet<(Kind, Box<str>)>,
    /// Of scopes that are being read again: of these nobody is told a second time.
    before: BTreeSet<(Kind, Box<str>)>,
}

impl AlteredNow {
    /// One more, of which everybody is told. A key is the code of a rule, a holder or a terminal; content is never told.
    pub(super) fn note(&mut self, kind: Kind, key: Box<str>) {
        let place = (kind, key);
        if !self.rows.contains(&place) && !self.before.contains(&place) {
            let (kind, key) = (place.0.word(), &*place.1);
            tracing::error!(
                target: "avis::follower", kind, key, "a row is not what was committed: it is set aside and grants nothing"
            );
        }
        self.rows.insert(place);
    }

    /// It comes as it was committed, or is gone.
    pub(super) fn forget(&mut self, kind: Kind, key: &str) {
        // Hardly ever there is any.
        if !self.rows.is_empty() {
            self.rows.remove(&(kind, key.into()));
        }
    }

    /// All of a scope are about to come again.
    pub(super) fn begin_again(&mut self, scope: Scope) {
        let (again, rest) = std::mem::take(&mut self.rows).into_iter().partition(|(kind, _)| kind.scope() == scope);
        self.rows = rest;
        self.before.append(&mut { again });
    }

    /// All of them came.
    pub(super) fn end_again(&mut self) {
        self.before.clear();
    }

    pub(super) fn count(&self) -> u64 {
        self.rows.len() as u64
    }
}
