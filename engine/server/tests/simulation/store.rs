//! A store in memory with all its past, and the troubles it may have.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use avis_store::{
    Commit, Committed, Counts, Digests, Head, Kind, NewRow, Revision, Row, RowHasher, Scope, Store, StoreError, Stored,
};
use serde_json::Value;
use uuid::Uuid;

use crate::clock::SimulatedClock;
use crate::random::Random;
use crate::rows::secret;

/// The word of a kind, and a key.
pub(crate) type Place = (Box<str>, Box<str>);
/// The new content of a place; none is a tombstone.
pub(crate) type Change = (Place, Option<Arc<str>>);

#[derive(Clone)]
pub(crate) struct Kept {
    revision: u64,
    pub(crate) content: Option<Arc<str>>,
}

/// Everything as of one revision.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) head: Head,
    pub(crate) rows: BTreeMap<Place, Kept>,
}

/// A state, and when it was the head.
#[derive(Clone)]
pub(crate) struct Lived {
    pub(crate) state: Arc<State>,
    /// None while it is.
    pub(crate) until_ms: Option<i64>,
}

/// What goes wrong, in percent of calls or rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) unreachable: u64,
    pub(crate) cut: u64,
    pub(crate) damaged: u64,
    /// Milliseconds for each row, at most.
    pub(crate) slow_ms: u64,
}

/// What was served so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) calls: u64,
    pub(crate) rows: u64,
    pub(crate) damaged: u64,
}

/// Told of each row before it is handed out.
type OnRow = Box<dyn FnMut(&Stored) + Send>;

pub(crate) struct SimulatedStore {
    clock: Arc<SimulatedClock>,
    hasher: RowHasher,
    inner: Mutex<Inner>,
    on_row: Mutex<Option<OnRow>>,
}

struct Inner {
    lived: Vec<Lived>,
    incarnations: u128,
    random: Random,
    trouble: Trouble,
    served: Served,
    /// What was changed behind its back.
    altered: Option<Place>,
}

impl State {
    /// The content of a row, if it is JSON.
    pub(crate) fn json(&self, kind: &str, key: &str) -> Option<Value> {
        let kept = self.rows.get(&(kind.into(), key.into()))?;
        serde_json::from_str(kept.content.as_deref()?).ok()
    }

    /// All contents of a kind.
    pub(crate) fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = Value> + 'a {
        let rows = self.rows.iter().filter(move |((word, _), _)| **word == *kind);
        rows.filter_map(|(_, kept)| serde_json::from_str(kept.content.as_deref()?).ok())
    }

    pub(crate) fn people(&self) -> impl Iterator<Item = Value> + '_ {
        self.all("holder")
    }

    /// The rows of the rules, as a registry would give them.
    pub(crate) fn rules(&self) -> Vec<Row> {
        let rows = self.rows.iter().filter_map(|(place, kept)| match stored(place, kept.content.as_deref()) {
            Stored::Row(row) if row.kind.scope() == Scope::Rules && row.content.is_some() => Some(row),
            _ => None,
        });
        rows.collect()
    }
}

fn stored((word, key): &Place, content: Option<&str>) -> Stored {
    match Kind::of_word(word) {
        Some(kind) => Stored::Row(Row { kind, key: key.clone(), content: content.map(Into::into) }),
        None => Stored::Unknown { kind: word.clone() },
    }
}

impl SimulatedStore {
    pub(crate) fn new(clock: Arc<SimulatedClock>, random: Random) -> Self {
        let revision = Revision { incarnation: Uuid::from_u128(1), number: 0 };
        let state = State { head: Head { revision, digests: Digests::default() }, rows: BTreeMap::new() };
        let lived = vec![Lived { state: Arc::new(state), until_ms: None }];
        let (trouble, served) = (Trouble::default(), Served::default());
        let inner = Mutex::new(Inner { lived, incarnations: 1, random, trouble, served, altered: None });
        Self { clock, hasher: RowHasher::new(&secret()), inner, on_row: Mutex::new(None) }
    }

    pub(crate) fn state(&self) -> Arc<State> {
        self.inner.lock().unwrap().current()
    }

    pub(crate) fn served(&self) -> Served {
        self.inner.lock().unwrap().served
    }

    pub(crate) fn trouble(&self, trouble: Trouble) {
        self.inner.lock().unwrap().trouble = trouble;
    }

    /// Somebody changes a row behind its back, or nobody did.
    pub(crate) fn alter(&self, altered: Option<Place>) {
        self.inner.lock().unwrap().altered = altered;
    }

    pub(crate) fn on_row(&self, on_row: impl FnMut(&Stored) + Send + 'static) {
        *self.on_row.lock().unwrap() = Some(Box::new(on_row));
    }

    pub(crate) fn on_no_row(&self) {
        *self.on_row.lock().unwrap() = None;
    }

    /// A state of the past or the present, and how long it was the head.
    pub(crate) fn lived(&self, revision: Revision) -> Lived {
        let inner = self.inner.lock().unwrap();
        inner.lived.iter().rev().find(|lived| lived.state.head.revision == revision).unwrap().clone()
    }

    /// The states from a revision on, if it is of the present incarnation.
    pub(crate) fn since(&self, revision: Revision) -> Vec<Arc<State>> {
        let inner = self.inner.lock().unwrap();
        let of = |lived: &&Lived| {
            let one = lived.state.head.revision;
            one.incarnation == revision.incarnation && one.number >= revision.number
        };
        inner.lived.iter().filter(of).map(|lived| lived.state.clone()).collect()
    }

    /// Makes a revision of changes, unless they change nothing.
    pub(crate) fn revise(&self, changes: Vec<Change>) -> Head {
        let mut inner = self.inner.lock().unwrap();
        let mut state = (*inner.current()).clone();
        state.head.revision.number += 1;
        let revision = state.head.revision.number;
        let mut changed = false;
        for (place, content) in changes {
            let digest = |content: Option<&str>| match stored(&place, content) {
                Stored::Row(row) => self.hasher.digest(&row).map(|digest| (row.kind.scope(), digest)),
                Stored::Altered { .. } | Stored::Unknown { .. } => None,
            };
            let before = state.rows.get(&place).and_then(|kept| kept.content.clone());
            if before == content {
                continue;
            }
            changed = true;
            let (less, more) = (digest(before.as_deref()), digest(content.as_deref()));
            if let Some((scope, _)) = less.or(more) {
                state.head.digests.replace(scope, less.map(|one| one.1), more.map(|one| one.1));
            }
            state.rows.insert(place, Kept { revision, content });
        }
        if changed {
            inner.becomes(state, self.clock.now_ms());
        }
        inner.current().head
    }

    /// A revision that writes a row as it is.
    pub(crate) fn touch(&self, kind: &str, key: &str) {
        let mut inner = self.inner.lock().unwrap();
        let mut state = (*inner.current()).clone();
        state.head.revision.number += 1;
        let revision = state.head.revision.number;
        state.rows.get_mut(&(kind.into(), key.into())).unwrap().revision = revision;
        inner.becomes(state, self.clock.now_ms());
    }

    /// Goes back by some revisions, in another incarnation: a restore, or a promotion of a copy that lagged.
    pub(crate) fn goes_back(&self, revisions: u64) {
        let mut inner = self.inner.lock().unwrap();
        let now = inner.current().head.revision;
        let to = now.number.saturating_sub(revisions);
        let is_it = |lived: &&Lived| {
            lived.state.head.revision.incarnation == now.incarnation && lived.state.head.revision.number >= to
        };
        let mut state = (*inner.lived.iter().find(is_it).unwrap().state).clone();
        inner.incarnations += 1;
        state.head.revision.incarnation = Uuid::from_u128(inner.incarnations);
        inner.becomes(state, self.clock.now_ms());
    }

    /// A past state is the head again, as if what came after had never been.
    pub(crate) fn comes_back(&self, state: &State) {
        self.inner.lock().unwrap().becomes(state.clone(), self.clock.now_ms());
    }

    fn stream(
        &self,
        after: Option<Revision>,
        wanted: impl Fn(&Place, &Kept) -> bool,
        sink: &mut dyn FnMut(Stored),
    ) -> Result<Head, StoreError> {
        let (state, mut random, trouble) = {
            let mut inner = self.inner.lock().unwrap();
            inner.served.calls += 1;
            (inner.current(), inner.random.child(), inner.trouble)
        };
        if random.percent(trouble.unreachable) {
            return Err(StoreError::Failed("it can't be reached".into()));
        }
        match after {
            Some(after) if after.incarnation != state.head.revision.incarnation => {
                return Err(StoreError::OtherIncarnation);
            }
            Some(after) if after.number > state.head.revision.number => return Err(StoreError::Ahead),
            _ => {}
        }
        let mut rows: Vec<(&Place, &Kept)> = state.rows.iter().filter(|(place, kept)| wanted(place, kept)).collect();
        // Nobody is promised an order.
        random.shuffle(&mut rows);
        let cut = random.percent(trouble.cut).then(|| random.place(rows.len() + 1));
        for (place, kept) in &rows[..cut.unwrap_or(rows.len())] {
            self.clock.advance(i64::try_from(random.below(trouble.slow_ms + 1)).unwrap());
            self.hand_out(place, kept, &state, &mut random, trouble, sink);
        }
        if cut.is_some() { Err(StoreError::Failed("it was cut".into())) } else { Ok(state.head) }
    }

    fn hand_out(
        &self,
        place: &Place,
        kept: &Kept,
        state: &State,
        random: &mut Random,
        trouble: Trouble,
        sink: &mut dyn FnMut(Stored),
    ) {
        let damaged = random.percent(trouble.damaged);
        let is_altered = {
            let mut inner = self.inner.lock().unwrap();
            let is_altered = inner.altered.as_ref() == Some(place);
            inner.served.rows += 1;
            inner.served.damaged += u64::from(damaged || is_altered);
            is_altered
        };
        let whole = match stored(place, kept.content.as_deref()) {
            Stored::Row(row) if is_altered => Stored::Altered { kind: row.kind, key: row.key },
            whole => whole,
        };
        let on_row = self.on_row.lock().unwrap().take();
        if let Some(mut on_row) = on_row {
            on_row(&whole);
            self.on_row.lock().unwrap().get_or_insert(on_row);
        }
        let arrives = if damaged { damage(whole, state, random) } else { Some(whole) };
        if let Some(stored) = arrives {
            sink(stored);
        }
    }
}

/// What arrives of a row; nothing if it is lost.
fn damage(whole: Stored, state: &State, random: &mut Random) -> Option<Stored> {
    let Stored::Row(mut row) = whole else { return None };
    match random.below(7) {
        0 => return None,
        // As an adapter tells it that compares a row with its digest.
        6 => return Some(Stored::Altered { kind: row.kind, key: row.key }),
        1 => return Some(Stored::Unknown { kind: "voucher".into() }),
        2 => row.content = None,
        3 => row.content = row.content.map(|content| content[..content.len() / 2].into()),
        // Another's content, under its own name or under this one's.
        choice => {
            let others: Vec<_> = state.rows.iter().filter(|((word, _), _)| **word == *row.kind.word()).collect();
            let ((_, key), other) = *random.pick(&others);
            let content = other.content.as_deref().unwrap_or("{}");
            row.content = Some(if choice == 4 { content.into() } else { content.replace(&**key, &row.key).into() });
        }
    }
    Some(Stored::Row(row))
}

impl Inner {
    fn current(&self) -> Arc<State> {
        self.lived.last().unwrap().state.clone()
    }

    fn becomes(&mut self, state: State, now_ms: i64) {
        self.lived.last_mut().unwrap().until_ms = Some(now_ms);
        self.lived.push(Lived { state: Arc::new(state), until_ms: None });
    }
}

impl Store for SimulatedStore {
    fn head(&self) -> Result<Head, StoreError> {
        Ok(self.state().head)
    }

    fn snapshot(&self, scopes: &[Scope], sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        let is_wanted = |word: &str| Kind::of_word(word).is_none_or(|kind| scopes.contains(&kind.scope()));
        self.stream(None, |(word, _), kept| kept.content.is_some() && is_wanted(word), sink)
    }

    fn changes_after(&self, revision: Revision, sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        self.stream(Some(revision), |_, kept| kept.revision > revision.number, sink)
    }

    fn commit(&self, commit: Commit<'_>) -> Result<Committed, StoreError> {
        let changes = commit.rows.map(|row| {
            let Row { kind, key, content } = match row? {
                NewRow::Row(row) => row,
                NewRow::Holder(holder) => {
                    let (key, content) = ((&*holder.holder.code).into(), Some(holder.to_json().into()));
                    Row { kind: Kind::Holder, key, content }
                }
            };
            Ok(((kind.word().into(), key), content.map(Into::into)))
        });
        let changes: Vec<Change> = changes.collect::<Result<_, StoreError>>()?;
        Ok(Committed { head: self.revise(changes), counts: Counts::default() })
    }
}
