//! The audit: one sequence of entries, each of which says who did what to which object. Changes of what engines follow, and what
//! concerns security and changes nothing, stand in it alike; none is ever changed or deleted.

mod rows;
mod seal;
mod verify;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::chain::Link;
use crate::store::StoreError;
pub use rows::{AlteredRows, RowName};
pub(crate) use rows::{ComparedRow, PresentRow, RowComparison};
pub(crate) use seal::{Changes, RowChange};
pub(crate) use verify::{KeptRevision, Verifier};

/// Appends to the audit, reads it, and verifies it.
pub trait Audit: Send + Sync {
    /// Appends entries in their order. No revision that is being written holds it up.
    ///
    /// # Errors
    /// A store that can't be written.
    fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError>;

    /// The newest entries that a filter lets through, the newest first.
    ///
    /// # Errors
    /// A store that can't be read.
    fn entries(&self, filter: &AuditFilter, most: usize) -> Result<Vec<SequencedEntry>, StoreError>;

    /// The newest entry's place in the chain, to be kept elsewhere; none of an empty audit.
    ///
    /// # Errors
    /// A store that can't be read.
    fn anchor(&self) -> Result<Option<Anchor>, StoreError>;

    /// Goes through the whole audit and says where it was changed afterwards, if anywhere. An anchor that was kept elsewhere shows
    /// also that its end was not cut off, and that it was not written anew.
    ///
    /// # Errors
    /// A store that can't be read.
    fn verify(&self, anchor: Option<Anchor>) -> Result<Option<Broken>, StoreError>;

    /// Compares every row that engines follow with what the audit says that it became. In an audit that holds, a row that is not
    /// among these is what was committed.
    ///
    /// # Errors
    /// A store that can't be read.
    fn altered_rows(&self) -> Result<AlteredRows, StoreError>;
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What the actor is.
    pub kind: ActorKind,
    /// The actor's code within its kind; empty where it is not known.
    pub id: String,
    /// The code of the party for which the actor acts, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
}

/// What an actor is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ActorKind {
    /// The owner of the machine, through the operator's endpoints.
    Machine,
    /// AVIS itself, by a schedule.
    Program,
    /// A person who signed in.
    User,
    /// A person who signed in as one, by a keyed hash.
    Resident,
    /// A user's token.
    Token,
    /// A terminal, by its key.
    Terminal,
    /// A caller that was not authenticated.
    Unknown,
    /// A kind that only a later program knows, by its word.
    Other(Box<str>),
}

/// An act: who did what to which object, for whom, from where and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Who.
    pub actor: Actor,
    /// The code of the person or party on whose behalf it was done, if it was done for another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<String>,
    /// The network from which it came, cut to /24 or /48.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What was done, as one word such as `key_refused`.
    pub action: String,
    /// To what, if to one object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<AuditObject>,
    /// Why, as the actor says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The id of the request that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The code of the party whose the object is, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// An object of an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditObject {
    /// The word of its kind.
    pub kind: String,
    /// Its key within the kind. Never the value of an identifier.
    pub key: String,
}

/// An entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who did what.
    #[serde(flatten)]
    pub act: Act,
    /// The object before, as JSON; of a person, the names of fields alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The object after, as JSON; of a revision, its counts and its seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The number of the revision that it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
}

/// An entry in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequencedEntry {
    /// The entry's place, and its link over the one before.
    pub anchor: Anchor,
    /// The entry.
    pub entry: AuditEntry,
}

/// A place in the audit's chain: kept elsewhere, it proves that nothing up to it was changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The number of an entry, from 1 without gaps.
    pub seq: u64,
    /// The entry's link: BLAKE3 over the entry and the link before.
    pub link: Link,
}

/// Which entries are wanted; what is absent is not looked at.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Those with a lower number.
    pub before_seq: Option<u64>,
    /// The actor's code.
    pub actor: Option<String>,
    /// The actor's party.
    pub party: Option<String>,
    /// The party that acted, or whose the object is.
    pub concerning: Option<String>,
    /// The words of the actions, of which any will do.
    pub actions: Vec<String>,
    /// The object.
    pub object: Option<AuditObject>,
    /// Not earlier than this.
    pub from: Option<Timestamp>,
    /// Earlier than this.
    pub until: Option<Timestamp>,
}

/// Where an audit does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// At a revision: its header, its rows, or its entry in the audit.
    #[error("revision {0}")]
    Revision(u64),
    /// At an entry.
    #[error("entry {0}")]
    Entry(u64),
    /// The entry of the anchor is missing, or is another.
    #[error("entry {0}, which was kept elsewhere and is missing or another")]
    Anchor(u64),
}

/// No column, but either of two.
const CONCERNING: &str = "concerning";

impl AuditFilter {
    /// The columns that must be equal to one of some texts, with these.
    fn columns(&self) -> [(&'static str, Vec<&str>); 6] {
        fn texts(text: Option<&String>) -> Vec<&str> {
            text.map(|text| &**text).into_iter().collect()
        }
        let object = self.object.as_ref();
        [
            ("actor", texts(self.actor.as_ref())),
            ("party", texts(self.party.as_ref())),
            (CONCERNING, texts(self.concerning.as_ref())),
            ("action", self.actions.iter().map(|action| &**action).collect()),
            ("object_kind", texts(object.map(|object| &object.kind))),
            ("object_key", texts(object.map(|object| &object.key))),
        ]
    }

    /// The texts that are looked for, in the order of their parameters.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.columns().into_iter().flat_map(|(_, texts)| texts).collect()
    }

    /// Condition, order and bound as SQL. Its parameters: the number below which entries are wanted, how many, from when and until
    /// when in milliseconds since 1970, and the texts. An instant is compared as `instant` writes the parameter with its name.
    pub(crate) fn sql(&self, mark: char, instant: fn(&str) -> String) -> String {
        let (from, until) = (instant(&format!("{mark}3")), instant(&format!("{mark}4")));
        let mut numbers = 5..;
        let texts = self.columns().into_iter().filter(|(_, texts)| !texts.is_empty()).map(|(column, texts)| {
            let marks: Vec<_> = numbers.by_ref().take(texts.len()).map(|number| format!("{mark}{number}")).collect();
            let marks = marks.join(", ");
            match column {
                CONCERNING => format!(" AND (party IN ({marks}) OR owner IN ({marks}))"),
                column => format!(" AND {column} IN ({marks})"),
            }
        });
        let texts: String = texts.collect();
        format!("seq < {mark}1 AND at >= {from} AND at < {until}{texts} ORDER BY seq DESC LIMIT {mark}2")
    }

    /// From when and until when, in milliseconds since 1970: nothing was before, and nothing is after the last year of calendars.
    pub(crate) fn period(&self) -> (i64, i64) {
        let milliseconds = |at: Option<Timestamp>, otherwise: Timestamp| at.unwrap_or(otherwise).as_millisecond();
        (milliseconds(self.from, Timestamp::UNIX_EPOCH), milliseconds(self.until, Timestamp::MAX))
    }

    /// The number below which entries are wanted, as a column has it.
    pub(crate) fn below(&self) -> i64 {
        self.before_seq.and_then(|seq| i64::try_from(seq).ok()).unwrap_or(i64::MAX)
    }
}

impl fmt::Debug for Anchor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.seq)?;
        self.link.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl Actor {
    /// The owner of the machine, by a name of the owner's choice.
    pub fn machine(id: impl Into<String>) -> Self {
        Self { kind: ActorKind::Machine, id: id.into(), party: None }
    }
}

impl AuditEntry {
    /// An act that changed nothing.
    pub fn new(at: Timestamp, act: Act) -> Self {
        Self { at, act, before: None, after: None, revision: None }
    }

    /// The same, of an object that is a party's.
    #[must_use]
    pub fn of_party(mut self, owner: &str) -> Self {
        self.act.owner = Some(owner.to_owned());
        self
    }
}

impl Act {
    /// An act of which no more is known than who and what.
    pub fn new(actor: Actor, action: impl Into<String>) -> Self {
        let action = action.into();
        Self { actor, on_behalf: None, from: None, action, object: None, reason: None, request: None, owner: None }
    }

    /// The names of [`Act::texts`], as columns have them.
    pub(crate) const COLUMNS: &str =
        "actor_kind, actor, party, on_behalf, origin, action, object_kind, object_key, reason, request, owner";

    /// Its texts in the order of the columns.
    pub(crate) fn texts(&self) -> [Option<&str>; 11] {
        let Self { actor: Actor { kind, id, party }, on_behalf, from, action, object, reason, request, owner } = self;
        let object = object.as_ref().map(|object| (&*object.kind, &*object.key));
        [
            Some(kind.word()),
            Some(id),
            party.as_deref(),
            on_behalf.as_deref(),
            from.as_deref(),
            Some(action),
            object.map(|(kind, _)| kind),
            object.map(|(_, key)| key),
            reason.as_deref(),
            request.as_deref(),
            owner.as_deref(),
        ]
    }

    /// From its texts.
    pub(crate) fn from_texts(texts: [Option<String>; 11]) -> Self {
        let [kind, id, party, on_behalf, from, action, object_kind, object_key, reason, request, owner] = texts;
        let kind = ActorKind::from(kind.unwrap_or_default());
        let object = object_kind.zip(object_key).map(|(kind, key)| AuditObject { kind, key });
        let actor = Actor { kind, id: id.unwrap_or_default(), party };
        Self { actor, on_behalf, from, action: action.unwrap_or_default(), object, reason, request, owner }
    }
}

impl ActorKind {
    /// The word for it in columns.
    pub fn word(&self) -> &str {
        match self {
            Self::Machine => "machine",
            Self::Program => "program",
            Self::User => "user",
            Self::Token => "token",
            Self::Terminal => "terminal",
            Self::Resident => "resident",
            Self::Unknown => "unknown",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for ActorKind {
    fn from(word: String) -> Self {
        let known =
            [Self::Machine, Self::Program, Self::User, Self::Resident, Self::Token, Self::Terminal, Self::Unknown];
        known.into_iter().find(|kind| kind.word() == word).unwrap_or_else(|| Self::Other(word.into()))
    }
}

impl From<ActorKind> for String {
    fn from(kind: ActorKind) -> Self {
        kind.word().to_owned()
    }
}
