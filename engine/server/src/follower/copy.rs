//! The engine's copy of the store, row by row, with the sums by which it is compared.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use avis_core::{RegisteredHolder, RuleSet, WrittenHolder};
use avis_store::{Digest, Digests, Kind, Row, RowHasher, Scope};

use crate::credentials::Credentials;
use crate::engine::Engine;
use crate::follower::rule_book::{RuleBook, Unreadable};
use crate::terminal::Terminal;

/// What was applied so far.
pub(super) struct Copy {
    engine: Arc<Engine>,
    hasher: RowHasher,
    digests: Digests,
    rules: RuleBook,
    terminals: BTreeMap<Box<str>, Arc<Terminal>>,
    /// Of each row of rules and terminals. A holder's is computed again from what is known of it.
    row_digests: BTreeMap<(Kind, Box<str>), Digest>,
    /// Holders that can't be read: nobody is recognised as them.
    unreadable_holders: BTreeMap<Box<str>, Digest>,
    unreadable_rows: HashSet<(Kind, Box<str>)>,
    /// Scopes of which everything was to come again and did not yet.
    unfinished: BTreeSet<Scope>,
    /// How many identifiers the holders of the directory have, whomever these name.
    identifiers: usize,
    /// Hashes of the codes that came since holders are read again, and are there.
    seen: Option<(RandomState, HashSet<u64>)>,
    compiled: Option<Arc<RuleSet>>,
    set_aside: Vec<Box<str>>,
    credentials: Arc<Credentials>,
    rules_changed: bool,
    terminals_changed: bool,
}

/// By what a copy is not as it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    digests: Digests,
    /// Identifiers of holders that name somebody else, or nobody.
    identifiers: usize,
}

impl Difference {
    /// The scopes that are not as they should be.
    pub(super) fn scopes(&self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(|scope| {
            self.digests.of(*scope) != Digest::default() || *scope == Scope::Holders && self.identifiers > 0
        })
    }
}

impl Copy {
    pub(super) fn new(engine: Arc<Engine>, hasher: RowHasher) -> Self {
        Self {
            engine,
            hasher,
            digests: Digests::default(),
            rules: RuleBook::default(),
            terminals: BTreeMap::new(),
            row_digests: BTreeMap::new(),
            unreadable_holders: BTreeMap::new(),
            unreadable_rows: HashSet::new(),
            unfinished: BTreeSet::new(),
            identifiers: 0,
            seen: None,
            compiled: None,
            set_aside: Vec::new(),
            credentials: Arc::default(),
            rules_changed: false,
            terminals_changed: false,
        }
    }

    /// Everything of some scopes is about to come again; what is there serves until then.
    pub(super) fn begin_again(&mut self, scopes: &[Scope]) {
        for scope in scopes {
            self.unfinished.insert(*scope);
            self.digests.set(*scope, Digest::default());
            self.row_digests.retain(|(kind, _), _| kind.scope() != *scope);
            self.unreadable_rows.retain(|(kind, _)| kind.scope() != *scope);
            match scope {
                Scope::Rules => {
                    self.rules = RuleBook::default();
                    self.rules_changed = true;
                }
                Scope::Terminals => {
                    self.terminals.clear();
                    self.terminals_changed = true;
                }
                Scope::Holders => {
                    self.unreadable_holders.clear();
                    self.seen = Some((RandomState::new(), HashSet::new()));
                }
            }
        }
    }

    /// Everything of some scopes came: what did not is gone.
    pub(super) fn end_again(&mut self, scopes: &[Scope]) {
        self.unfinished.retain(|scope| !scopes.contains(scope));
        if !scopes.contains(&Scope::Holders) {
            return;
        }
        let Some((hasher, seen)) = self.seen.take() else { return };
        // Who came and can't be read is not in the directory.
        if seen.len() < self.engine.directory.holder_count() + self.unreadable_holders.len() {
            let codes = self.engine.directory.codes();
            for code in codes.iter().filter(|code| !seen.contains(&hasher.hash_one(code))) {
                let known = self.engine.directory.remove(code);
                self.identifiers -= known.map_or(0, |known| known.identifiers.len());
            }
        }
        self.engine.directory.shrink();
    }

    /// Takes over a row.
    pub(super) fn apply(&mut self, row: &Row) -> Result<(), Unreadable> {
        let applied = match row.kind.scope() {
            Scope::Holders => self.apply_holder(row),
            Scope::Rules => {
                self.note_digest(row);
                self.rules_changed = true;
                self.rules.apply(row)
            }
            Scope::Terminals => {
                self.note_digest(row);
                self.terminals_changed = true;
                self.apply_terminal(row)
            }
        };
        match applied {
            Ok(()) => drop(self.unreadable_rows.remove(&(row.kind, row.key.clone()))),
            Err(Unreadable) => drop(self.unreadable_rows.insert((row.kind, row.key.clone()))),
        }
        applied
    }

    fn note_digest(&mut self, row: &Row) {
        let (place, after) = ((row.kind, row.key.clone()), self.hasher.digest(row));
        let before = match after {
            Some(digest) => self.row_digests.insert(place, digest),
            None => self.row_digests.remove(&place),
        };
        self.digests.replace(row.kind.scope(), before, after);
    }

    fn apply_terminal(&mut self, row: &Row) -> Result<(), Unreadable> {
        match row.content.as_deref().map(serde_json::from_str::<Terminal>).transpose() {
            Ok(Some(terminal)) => {
                self.terminals.insert(row.key.clone(), Arc::new(terminal));
                Ok(())
            }
            Ok(None) => {
                self.terminals.remove(&row.key);
                Ok(())
            }
            // One that can't be read may not call.
            Err(_) => {
                self.terminals.remove(&row.key);
                Err(Unreadable)
            }
        }
    }

    fn apply_holder(&mut self, row: &Row) -> Result<(), Unreadable> {
        let after = self.hasher.digest(row);
        let read = row.content.as_deref().map(|content| {
            let holder = WrittenHolder::parse(content.as_bytes()).and_then(|written| written.registered());
            holder.ok().filter(|holder| *holder.holder.code == *row.key).ok_or(Unreadable)
        });
        let directory = &self.engine.directory;
        let known = match &read {
            Some(Ok(holder)) => directory.put(holder),
            // Nothing is granted to one that can't be read.
            Some(Err(Unreadable)) | None => directory.remove(&row.key),
        };
        let count = |known: &RegisteredHolder| known.identifiers.len();
        self.identifiers += read.as_ref().and_then(|read| read.as_ref().ok()).map_or(0, count);
        self.identifiers -= known.as_ref().map_or(0, count);
        let unreadable = self.unreadable_holders.remove(&row.key);
        let before = if self.has_come(&row.key, row.content.is_some()) {
            let known = known.map(|known| self.hasher.of(Kind::Holder.word(), &row.key, &known.to_json()));
            known.or(unreadable)
        } else {
            // Its part of the sum went when everything began to come again.
            None
        };
        self.digests.replace(Scope::Holders, before, after);
        match read {
            Some(Err(Unreadable)) => {
                self.unreadable_holders.insert(row.key.clone(), after.unwrap_or_default());
                Err(Unreadable)
            }
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Whether what was known of a holder is in the sum; notes whether it is from now on. One that is gone is not among those who
    /// came: by their number it is told whether anybody is left behind.
    fn has_come(&mut self, code: &str, stays: bool) -> bool {
        match &mut self.seen {
            None => true,
            Some((hasher, seen)) => {
                let code = hasher.hash_one(code);
                if stays { !seen.insert(code) } else { seen.remove(&code) }
            }
        }
    }

    /// Of everything that was applied.
    pub(super) fn digests(&self) -> Digests {
        self.digests
    }

    /// By what it is not as it should be where these are the store's digests.
    pub(super) fn difference(&self, digests: &Digests) -> Difference {
        let named = self.engine.directory.identifier_count();
        Difference { digests: digests.minus(&self.digests), identifiers: self.identifiers.abs_diff(named) }
    }

    /// Scopes of which everything was to come again and did not yet.
    pub(super) fn unfinished(&self) -> &BTreeSet<Scope> {
        &self.unfinished
    }

    /// Whether rules or terminals changed since they were handed out.
    pub(super) fn has_news(&self) -> bool {
        self.rules_changed || self.terminals_changed
    }

    /// Rules and terminals as they are now.
    pub(super) fn known(&mut self) -> (Option<Arc<RuleSet>>, Arc<Credentials>) {
        if std::mem::take(&mut self.rules_changed) {
            let (rules, set_aside) = self.rules.compile().unzip();
            self.compiled = rules.map(Arc::new);
            self.set_aside = set_aside.unwrap_or_default();
        }
        if std::mem::take(&mut self.terminals_changed) {
            self.credentials = Arc::new(Credentials::of(self.terminals.values().cloned()));
        }
        (self.compiled.clone(), self.credentials.clone())
    }

    /// Versions of benefits that grant nothing because they can't be read, or refer to what can't.
    pub(super) fn set_aside(&self) -> &[Box<str>] {
        &self.set_aside
    }

    /// How many rows can't be read.
    pub(super) fn unreadable(&self) -> u64 {
        self.unreadable_rows.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;
    use avis_core::{IdentifierKey, IdentifierSecret};
    use jiff::tz::TimeZone;

    fn holder(code: &str, content: Option<&str>) -> Row {
        Row { kind: Kind::Holder, key: code.into(), content: content.map(Into::into) }
    }

    /// A row that was damaged into a tombstone on its way counts for nobody.
    #[test]
    fn who_does_not_come_again_is_left_behind_whatever_else_comes() {
        let secret = IdentifierSecret::new([3; 32]);
        let engine = Arc::new(Engine::new(Directory::default(), secret.clone(), TimeZone::UTC));
        let mut copy = Copy::new(engine.clone(), RowHasher::new(&secret));
        let card = IdentifierKey::of("etalons", "CARD-1", &secret).unwrap();
        let hex = card.to_hex();
        let with_card = format!(
            r#"{{"holder":"h-1","residences":[],"entitlements":[],"attributes":[],"identifiers":[{{"scheme":"etalons","key":"{hex}"}}]}}"#
        );
        copy.apply(&holder("h-1", Some(&with_card))).unwrap();
        assert!(engine.directory.look_up(&card).is_some());
        for tombstones in [&["h-2"][..], &["h-2", "h-2"], &["h-2", "h-3"]] {
            copy.begin_again(&[Scope::Holders]);
            tombstones.iter().for_each(|code| copy.apply(&holder(code, None)).unwrap());
            copy.end_again(&[Scope::Holders]);
            assert!(engine.directory.look_up(&card).is_none(), "{tombstones:?}");
            assert_eq!(copy.digests(), Digests::default());
            copy.apply(&holder("h-1", Some(&with_card))).unwrap();
        }
    }
}
