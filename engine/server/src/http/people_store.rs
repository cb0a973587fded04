//! Where a till's request changes a person: read as the store has them now, written over nothing that others changed meanwhile, and
//! answered once.

use std::sync::Arc;

use avis_core::{Faults, Fingerprint, RegisteredHolder};
use avis_store::records::{Record, RecordChange, RecordValue};
use avis_store::{
    Act, Actor, ActorKind, AuditObject, Commit, Head, LedgerError, NewRow, Registry, Row, Store, StoreError, Stored,
    Task, Unchanged, Verdict,
};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::http::{AppState, Code, Problem, admission, recording};
use crate::security::SecurityEventKind;
use crate::terminal::Terminal;

/// How long a request is known again: as long as one that sells may be about the past.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How often a holder is read again that others change meanwhile.
pub(super) const TRIES: usize = 5;

/// The store of people, at the moment of a request.
pub(super) struct PeopleStore {
    pub(super) store: Arc<dyn Store>,
    pub(super) registry: Arc<dyn Registry>,
    pub(super) now: Timestamp,
}

/// A holder as the store has it at a moment.
pub(super) struct ReadHolder {
    pub(super) holder: RegisteredHolder,
    pub(super) head: Head,
}

/// A request that was answered.
#[derive(Serialize, Deserialize)]
struct Answered<A> {
    fingerprint: [u8; 16],
    answer: A,
}

impl PeopleStore {
    pub(super) fn of(shared: &AppState) -> Result<Self, Problem> {
        let (store, registry) = (shared.store.clone(), shared.registry.clone());
        let store = store.ok_or(Code::StoreUnavailable)?;
        Ok(Self { store, registry: registry.ok_or(Code::StoreUnavailable)?, now: shared.clock.now() })
    }

    /// What a request is answered: as before, if it was. `kind` is under what answers of its kind are kept.
    pub(super) fn once<A: Serialize + DeserializeOwned>(
        &self,
        (shared, terminal): (&AppState, &Terminal),
        (kind, request_id, fingerprint): (&str, Uuid, Fingerprint),
        answer: impl FnOnce() -> Result<A, Problem>,
    ) -> Result<A, Problem> {
        let Fingerprint(fingerprint) = fingerprint;
        let key = format!("{}/{request_id}", terminal.provider);
        let before = self.registry.record(kind, &key).map_err(|error| unavailable(&error))?;
        let again = |record: &Record| {
            let known: Answered<A> =
                serde_json::from_str(&record.value.content).map_err(|_| Problem::from(Code::StoreUnavailable))?;
            if known.fingerprint != fingerprint {
                admission::record_event(shared, SecurityEventKind::RequestIdReused, terminal, None);
                return Err(Code::RequestIdReused.into());
            }
            Ok(known.answer)
        };
        if let Some(record) = before.as_ref().filter(|record| record.is_live_at(self.now)) {
            return again(record);
        }
        let answered = Answered { fingerprint, answer: answer()? };
        if self.keep(kind, &key, (before.as_ref(), &answered)).map_err(|error| in_doubt(&error))? {
            return Ok(answered.answer);
        }
        // Another was answered under this id meanwhile: what it was told is told again.
        let first = self.registry.record(kind, &key).map_err(|error| in_doubt(&error))?;
        again(&first.ok_or(Code::OutcomeUnknown)?)
    }

    /// Has the ledger take the id of a request that is about to change a person, so that it is no sale's.
    pub(super) fn claim(
        &self,
        (shared, terminal): (&AppState, &Terminal),
        (request_id, fingerprint): (Uuid, Fingerprint),
    ) -> Result<(), Problem> {
        let away = |error: LedgerError| {
            tracing::warn!(target: "avis::people", %error, "an id could not be taken");
            Problem::from(Code::StoreUnavailable)
        };
        let key = recording::key(terminal, request_id, fingerprint);
        let pending = shared.ledger_of(terminal).and_then(|ledger| ledger.submit(Task::Claim(key))).map_err(away)?;
        let verdict = pending.blocking_recv().map_err(|_| Problem::from(Code::StoreUnavailable))?;
        match verdict.map_err(away)? {
            Verdict::Answered { .. } => Ok(()),
            Verdict::Refused(refused) => {
                recording::note_reuse(shared, terminal, request_id, &refused);
                Err(Code::RequestIdReused.into())
            }
        }
    }

    /// Keeps what is answered over what was there before; whether nobody was faster.
    fn keep<A: Serialize>(
        &self,
        kind: &str,
        key: &str,
        (before, answered): (Option<&Record>, &Answered<A>),
    ) -> Result<bool, StoreError> {
        let value = RecordValue {
            expires_at: self.now.checked_add(KNOWN_FOR).ok(),
            content: serde_json::to_string(answered).unwrap_or_default(),
            ..RecordValue::default()
        };
        match self.registry.change(&[RecordChange::put(before, kind, key, value)], &[]) {
            Ok(()) => Ok(true),
            Err(StoreError::RecordChanged { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes a holder over what was read, and other rows with it; the revision from which on it is so, or none if somebody else was
    /// faster.
    pub(super) fn commit(&self, read: ReadHolder, others: Vec<Row>, act: &Act) -> Result<Option<u64>, Problem> {
        let holder = std::iter::once(NewRow::Holder(Box::new(read.holder)));
        let committed = self.store.commit(Commit {
            rows: &mut holder.chain(others.into_iter().map(NewRow::Row)).map(Ok),
            unchanged: &[Unchanged::Brought { since: read.head.revision }],
            act,
            at: self.now,
            dry_run: false,
        });
        match committed {
            Ok(committed) => Ok(Some(committed.head.revision.number)),
            // What is refused became another's meanwhile, as is seen when the holder is read again.
            Err(error @ (StoreError::Changed(_) | StoreError::Refused(_))) => {
                tracing::info!(target: "avis::people", %error, "a person is read again");
                Ok(None)
            }
            Err(error) => Err(unavailable(&error)),
        }
    }
}

/// A holder's row; one that can't be read names nobody.
pub(super) fn holder_of(stored: &Stored) -> Option<RegisteredHolder> {
    let Stored::Row(row) = stored else { return None };
    RegisteredHolder::parse(row.content.as_deref()?.as_bytes()).ok()
}

/// What a terminal does on a person, whom the audit knows by a keyed hash alone.
pub(super) fn act_on(
    (shared, terminal): (&AppState, &Terminal),
    (action, reason): (&str, String),
    request_id: Uuid,
    holder: &RegisteredHolder,
) -> Act {
    let actor = Actor { kind: ActorKind::Terminal, id: terminal.code.clone(), party: Some(terminal.provider.clone()) };
    let object = AuditObject { kind: "person".to_owned(), key: shared.engine.secret().subject(&holder.holder.code) };
    Act { object: Some(object), reason: Some(reason), request: Some(request_id.to_string()), ..Act::new(actor, action) }
}

/// What failed once the person was changed, so that nobody is told that nothing was recorded.
pub(super) fn in_doubt(error: &StoreError) -> Problem {
    tracing::warn!(target: "avis::people", %error, "a person was changed, and what follows from it could not be kept");
    Code::OutcomeUnknown.into()
}

/// A field that is read as it was not expected.
pub(super) fn refused(pointer: &str, detail: &str) -> Problem {
    Problem::invalid(Faults::at(pointer, detail))
}

pub(super) fn unavailable(error: &StoreError) -> Problem {
    tracing::warn!(target: "avis::people", %error, "the store of people failed");
    match error {
        StoreError::Doubtful(_) => Code::OutcomeUnknown,
        _ => Code::StoreUnavailable,
    }
    .into()
}
