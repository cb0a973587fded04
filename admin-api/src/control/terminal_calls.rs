//! When a terminal called last, what it was refused, and what is missing of what it sold without a connection: as the engines told.

use std::collections::HashMap;

use avis_server::{CallsOfTerminal, RefusedCall, Sequences, TERMINAL_CALLS_KIND};
use avis_store::records::RecordFilter;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::Call;
use super::kept::{self, Object};
use super::policy::Action;
use super::problem::Problem;
use super::shape::{Field, Kind, needed, optional};

/// Refusals that are shown, of all engines together.
const REFUSALS_MAX: usize = 10;

const REFUSED: &[Field] = &[
    needed("at", Kind::Instant),
    needed("call", Kind::Token(1, 200)),
    needed("code", Kind::Token(1, 60)),
    optional("pointer", Kind::Token(0, 10_000)),
];
const RANGE: &[Field] = &[needed("first", Kind::Whole(0, i64::MAX)), needed("last", Kind::Whole(0, i64::MAX))];

/// What is told of a terminal's calls. Numbers are those under which it uploads what it sold without a connection.
pub(super) const SHOWN: &[Field] = &[
    needed("terminal", Kind::Token(1, 200)),
    optional("last_call_at", Kind::Instant),
    optional("taken_at", Kind::Instant),
    needed("refused", Kind::List(&Kind::Object(REFUSED), REFUSALS_MAX)),
    optional("last_number", Kind::Whole(0, i64::MAX)),
    needed("missing", Kind::List(&Kind::Object(RANGE), Sequences::RANGES_MAX)),
];

impl Object for CallsOfTerminal {
    const KIND: &'static str = TERMINAL_CALLS_KIND;
}

/// What all engines together were called by a terminal.
#[derive(Default)]
pub(super) struct Together {
    last_at: Option<Timestamp>,
    taken_at: Option<Timestamp>,
    refused: Vec<RefusedCall>,
    uploaded: Sequences,
}

/// Whether the caller is told of calls of a provider's terminals: its own people and those who run the installation.
pub(super) fn is_told(call: &Call<'_>, provider: &str) -> bool {
    call.reads(Action::ProviderWrite, provider) || call.reads(Action::RecordsRead, provider)
}

/// The calls of terminals, by provider and code: of a provider's, or of all.
pub(super) fn all(call: &Call<'_>, provider: Option<&str>) -> Result<HashMap<(String, String), Together>, Problem> {
    let filter = RecordFilter { owner: provider, ..RecordFilter::default() };
    let mut terminals: HashMap<(String, String), Together> = HashMap::new();
    for kept in kept::all::<CallsOfTerminal>(&*call.control.registry, &filter, call.now)? {
        let code = kept.record.key.split('/').next().unwrap_or_default();
        terminals.entry((kept.owner().to_owned(), code.to_owned())).or_default().add(kept.object);
    }
    Ok(terminals)
}

/// The calls of one terminal since it is its provider's.
pub(super) fn of(call: &Call<'_>, provider: &str, terminal: &str) -> Result<Together, Problem> {
    // The keys of a terminal are those between its code with a slash and what comes after it.
    let first = format!("{terminal}/");
    let mut together = Together::default();
    let filter = RecordFilter { owner: Some(provider), after: &first, ..RecordFilter::default() };
    for kept in kept::list::<CallsOfTerminal>(&*call.control.registry, &filter, NODES_MAX, call.now)? {
        if !kept.record.key.starts_with(&first) {
            break;
        }
        together.add(kept.object);
    }
    Ok(together)
}

/// Nodes that one terminal calls.
const NODES_MAX: usize = 200;

impl Together {
    fn add(&mut self, calls: CallsOfTerminal) {
        self.last_at = self.last_at.max(Some(calls.last_at));
        self.taken_at = self.taken_at.max(calls.taken_at);
        self.refused.extend(calls.refused);
        self.uploaded.take_in(&calls.uploaded);
    }

    /// What a list of terminals tells: when it called last, and how many ranges of numbers are missing.
    pub(super) fn listed(&self) -> (Option<Timestamp>, usize) {
        (self.last_at, self.uploaded.missing().count())
    }

    /// All of it.
    pub(super) fn shown(mut self, terminal: &str) -> Value {
        self.refused.sort_by_key(|refused| std::cmp::Reverse(refused.at));
        self.refused.truncate(REFUSALS_MAX);
        let range = |(first, last): (u64, u64)| json!({"first": first, "last": last});
        let missing: Vec<Value> = self.uploaded.missing().map(range).collect();
        json!({"terminal": terminal, "last_call_at": self.last_at, "taken_at": self.taken_at, "refused": self.refused,
               "last_number": self.uploaded.last(), "missing": missing})
    }
}
