//! The engine's copy of the store, row by row, with the sums by which it is compared.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::sync::Arc;

use avis_core::RuleSet;
use avis_store::{Digest, Digests, Kind, PackedHolders, Row, RowHasher, Scope};

use crate::credentials::Credentials;
use crate::directory::NotFirst;
use crate::engine::Engine;
use crate::follower::altered::AlteredNow;
use crate::follower::holders::{Coming, Holders};
use crate::follower::rule_book::{RuleBook, Unreadable};
use crate::terminal::Terminal;

/// What was applied so far.
pub(super) struct Copy {
    engine: Arc<Engine>,
    hasher: RowHasher,
    /// Of rules, coupons and terminals.
    digests: Digests,
    holders: Holders,
    rules: RuleBook,
    terminals: BTreeMap<Box<str>, Arc<Terminal>>,
    /// Of each row of rules, coupons and terminals.
    row_digests: BTreeMap<(Kind, Box<str>), Digest>,
    /// Rows of rules, coupons and terminals.
    unreadable_rows: HashSet<(Kind, Box<str>)>,
    /// Rows that are not what was committed.
    altered: AlteredNow,
    /// Scopes of which everything was to come again and did not yet.
    unfinished: BTreeSet<Scope>,
    compiled: Option<Arc<RuleSet>>,
    quarantined: Vec<Box<str>>,
    credentials: Arc<Credentials>,
    rules_changed: bool,
    terminals_changed: bool,
}

/// What a local snapshot says of its packed holders.
#[derive(Default)]
pub(super) struct Carried {
    /// To which they refer, in the order of their numbers.
    pub(super) words: Vec<Box<str>>,
    /// Over the rows of them all.
    pub(super) digest: Digest,
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
            holders: Holders::new(engine.clone(), hasher.clone()),
            engine,
            hasher,
            digests: Digests::default(),
            rules: RuleBook::default(),
            terminals: BTreeMap::new(),
            row_digests: BTreeMap::new(),
            unreadable_rows: HashSet::new(),
            altered: AlteredNow::default(),
            unfinished: BTreeSet::new(),
            compiled: None,
            quarantined: Vec::new(),
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
            self.altered.begin_again(*scope);
            match scope {
                Scope::Rules => {
                    self.rules.begin_again();
                    self.rules_changed = true;
                }
                Scope::Coupons => {
                    self.rules.begin_coupons_again();
                    self.rules_changed = true;
                }
                Scope::Terminals => {
                    self.terminals.clear();
                    self.terminals_changed = true;
                }
                Scope::Holders => self.holders.begin_again(),
            }
        }
    }

    /// Everything of some scopes came: what did not is gone.
    pub(super) fn end_again(&mut self, scopes: &[Scope]) {
        self.unfinished.retain(|scope| !scopes.contains(scope));
        self.altered.end_again();
        if scopes.contains(&Scope::Holders) {
            self.holders.end_again();
        }
    }

    /// Takes over what `read` hands out, holders on every core.
    ///
    /// # Errors
    /// The system has no threads to give; then nothing was read.
    pub(super) fn apply_all<T>(&mut self, read: impl FnOnce(&mut dyn FnMut(Coming)) -> T) -> io::Result<T> {
        let (mut others, mut altered) = (Vec::new(), Vec::new());
        let (done, altered_holders) = self.holders.apply_all(|holders| {
            read(&mut |coming| match coming {
                Coming::Row(row) if row.kind.scope() != Scope::Holders => others.push(row),
                Coming::Unchecked(row, digest) if row.kind.scope() != Scope::Holders => {
                    if self.hasher.digest(&row) == digest {
                        others.push(row);
                    } else {
                        altered.push((row.kind, row.key));
                    }
                }
                Coming::Altered(kind, key) => altered.push((kind, key)),
                holder => holders(holder),
            })
        })?;
        altered.extend(altered_holders.into_iter().map(|code| (Kind::Holder, code)));
        // What can't be read is counted, and set aside.
        others.iter().for_each(|row| drop(self.apply(row)));
        altered.into_iter().for_each(|(kind, key)| self.apply_altered(kind, key));
        Ok(done)
    }

    /// Takes over the packed holders of a local snapshot, with what it says of them.
    pub(super) fn begin_with(
        &mut self,
        holders: PackedHolders,
        Carried { words, digest }: Carried,
    ) -> Result<(), NotFirst> {
        let identifiers = self.engine.directory.begin_with(holders, words)?;
        self.holders.carry(identifiers, digest);
        Ok(())
    }

    /// Sets aside a row that is not what was committed: nothing is granted by it, and nothing of it is known.
    pub(super) fn apply_altered(&mut self, kind: Kind, key: Box<str>) {
        let gone = Row { kind, key, content: None };
        // What is gone can be read.
        drop(self.take_over(&gone));
        if matches!(kind.scope(), Scope::Rules | Scope::Coupons) {
            self.rules.quarantine(kind, &gone.key);
        }
        self.altered.add(kind, gone.key);
    }

    /// Takes over a row as it was committed.
    pub(super) fn apply(&mut self, row: &Row) -> Result<(), Unreadable> {
        self.altered.forget(row.kind, &row.key);
        self.take_over(row)
    }

    fn take_over(&mut self, row: &Row) -> Result<(), Unreadable> {
        let applied = match row.kind.scope() {
            Scope::Holders => return self.holders.apply(row),
            Scope::Rules | Scope::Coupons => {
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

    /// Of everything that was applied.
    pub(super) fn digests(&self) -> Digests {
        let mut digests = self.digests;
        digests.set(Scope::Holders, self.holders.digest());
        digests
    }

    /// By what it is not as it should be where these are the store's digests.
    pub(super) fn difference(&self, digests: &Digests) -> Difference {
        let named = self.engine.directory.identifier_count();
        let identifiers = self.holders.identifiers().abs_diff(named);
        Difference { digests: digests.minus(&self.digests()), identifiers }
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
            let (rules, quarantined) = self.rules.compile().unzip();
            self.compiled = rules.map(Arc::new);
            self.quarantined = quarantined.unwrap_or_default();
        }
        if std::mem::take(&mut self.terminals_changed) {
            self.credentials = Arc::new(Credentials::of(self.terminals.values().cloned()));
        }
        (self.compiled.clone(), self.credentials.clone())
    }

    /// Versions of benefits that grant nothing because they can't be read, or refer to what can't.
    pub(super) fn quarantined(&self) -> &[Box<str>] {
        &self.quarantined
    }

    /// How many rows are not what was committed.
    pub(super) fn altered(&self) -> u64 {
        self.altered.count()
    }

    /// How many rows can't be read.
    pub(super) fn unreadable(&self) -> u64 {
        (self.unreadable_rows.len() + self.holders.unreadable()) as u64
    }
}
