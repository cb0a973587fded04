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
    /// One more, of which everybody is told, once; whether it was told. A key is the code of a rule, a holder or a terminal;
    /// content is never told.
    pub(super) fn add(&mut self, kind: Kind, key: Box<str>) -> bool {
        let place = (kind, key);
        let is_new = !self.rows.contains(&place) && !self.before.contains(&place);
        if is_new {
            let (kind, key) = (place.0.word(), &*place.1);
            tracing::error!(
                target: "avis::follower", kind, key, "a row is not what was committed: it is set aside and grants nothing"
            );
        }
        self.rows.insert(place);
        is_new
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

    /// While they are read again, with those of before: they grant nothing until they come as they were committed.
    pub(super) fn count(&self) -> u64 {
        self.rows.union(&self.before).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_everybody_is_told_once_also_when_it_is_read_again() {
        let mut altered = AlteredNow::default();
        let add = |altered: &mut AlteredNow| altered.add(Kind::Holder, "h".into());
        assert!(add(&mut altered) && !add(&mut altered));
        altered.begin_again(Scope::Holders);
        assert_eq!(altered.count(), 1, "it stays altered while it is read again");
        assert!(!add(&mut altered));
        altered.end_again();
        assert!(!add(&mut altered));
        altered.forget(Kind::Holder, "h");
        assert_eq!(altered.count(), 0);
        assert!(add(&mut altered), "altered once more");
    }
}
