//! `POST /v1/means`: means that somebody taps become the person's to whom a code was given, so that no number is ever typed. A till
//! learns nothing of the person, and means that are somebody's already stay theirs.

use std::time::Instant;

use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::{Fingerprint, IdentifierKey, IdentifierState, IdentifierStatus, RegisteredIdentifier, TapBody};
use avis_store::records::{Record, RecordChange, RecordValue};
use avis_store::{KeptMeans, Kind, StoreError, TapCode, means_id, tap_code_key};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::admission::{self, Caller};
use crate::http::people_store::{PeopleStore, ReadHolder, TRIES, act_on, holder_of, in_doubt, refused, unavailable};
use crate::http::{AppState, Code, Problem};
use crate::metrics::Operation;
use crate::security::SecurityEventKind;
use crate::terminal::Terminal;

/// What is kept of a request that was answered.
const KIND: &str = "tap";

/// That the means are the person's from now on.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq, ToSchema)]
#[schema(as = Tapped)]
pub(super) struct Answer {
    /// As it was sent.
    request_id: Uuid,
    /// Demand it as `min_revision` of a sale that follows at once.
    #[schema(minimum = 0)]
    revision: u64,
}

pub(super) async fn tap(http: HttpRequest, payload: Payload, shared: Data<AppState>) -> HttpResponse {
    let answer = tapped(&http, payload, &shared).await;
    admission::answered(&shared, Operation::Tap, answer)
}

async fn tapped(http: &HttpRequest, payload: Payload, shared: &Data<AppState>) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let json = admission::json(http, payload).await?;
    let body = TapBody::parse(&json).map_err(Problem::invalid)?;
    caller.entry.request_id(body.request_id);
    if let Some(fault) = caller.terminal.overstep_schemes(&body.identifiers) {
        return Err(Problem::forbidden(fault));
    }
    let people = PeopleStore::of(shared)?;
    let (work, terminal) = (shared.clone(), caller.terminal.clone());
    let done = web::block(move || {
        let fingerprint = Fingerprint::of_tap(&body, work.engine.secret());
        people.once((&work, &terminal), (KIND, body.request_id, fingerprint), || {
            let tap = Tap::of(&people, &work, &terminal, &body)?;
            let revision = tap.become_theirs(fingerprint)?;
            Ok(Answer { request_id: body.request_id, revision })
        })
    });
    let answer = done.await.map_err(|_| Code::OutcomeUnknown)??;
    Ok(HttpResponse::Ok().json(answer))
}

/// What was tapped, by whom a code allows it.
struct Tap<'r> {
    people: &'r PeopleStore,
    by: (&'r AppState, &'r Terminal),
    request_id: Uuid,
    scheme: &'r str,
    key: IdentifierKey,
    /// What the code says once it is this request's alone.
    taken_by: String,
    /// The record of the code.
    record: Record,
    code: TapCode,
}

impl<'r> Tap<'r> {
    /// With a code that counts. One that does not counts as guessed.
    fn of(
        people: &'r PeopleStore,
        shared: &'r AppState,
        terminal: &'r Terminal,
        body: &'r TapBody,
    ) -> Result<Self, Problem> {
        let secret = shared.engine.secret();
        let presented = body.identifiers.first().ok_or(Code::InvalidRequest)?;
        let key = IdentifierKey::of(&presented.scheme, &presented.value, secret);
        let key = key.ok_or_else(|| refused("/identifiers/0/value", "expected more than blanks and dashes"))?;
        let guesses = &shared.identifier_throttle;
        // A code is short: who guessed too often is not even told of a right one.
        guesses.check(&terminal.code, Instant::now()).map_err(Problem::guessing)?;
        let record = people.registry.record(TapCode::KIND, &tap_code_key(&body.code, secret));
        let record = record.map_err(|error| unavailable(&error))?;
        let taken_by = format!("{}/{}/{}", terminal.provider, body.request_id, means_id(key, secret));
        let counts = |record: &Record| {
            record.is_live_at(people.now) && (record.value.state.is_empty() || record.value.state == taken_by)
        };
        let record = record.filter(counts);
        let counted = guesses.charge(&terminal.code, u32::from(record.is_none()), Instant::now());
        counted.map_err(|rest| {
            admission::record_event(shared, SecurityEventKind::Guessing, terminal, None);
            Problem::guessing(rest)
        })?;
        let detail = "expected a code that was given within the last minutes, and was not used";
        let record = record.ok_or_else(|| refused("/code", detail))?;
        let code = serde_json::from_str(&record.value.content).map_err(|_| Code::StoreUnavailable)?;
        let (by, request_id, scheme) = ((shared, terminal), body.request_id, &*presented.scheme);
        Ok(Self { people, by, request_id, scheme, key, taken_by, record, code })
    }

    /// Makes the means the person's; the revision from which on they are.
    fn become_theirs(mut self, fingerprint: Fingerprint) -> Result<u64, Problem> {
        for _ in 0..TRIES {
            let mut read = self.person()?;
            self.check(&read)?;
            self.people.claim(self.by, (self.request_id, fingerprint))?;
            self.take_code()?;
            let known = read.holder.identifiers.iter().any(|known| known.key == self.key);
            let revision = if known {
                // They became it before the answer was lost.
                Some(read.head.revision.number)
            } else {
                let state = IdentifierState::default();
                read.holder.identifiers.push(RegisteredIdentifier { scheme: self.scheme.into(), key: self.key, state });
                let what = ("means_proved", format!("{} at a till", KeptMeans::TAPPED));
                let act = act_on(self.by, what, self.request_id, &read.holder);
                self.people.commit(read, Vec::new(), &act)?
            };
            if let Some(revision) = revision {
                self.keep().map_err(|error| in_doubt(&error))?;
                return Ok(revision);
            }
        }
        Err(Code::StoreUnavailable.into())
    }

    /// To whom the code was given.
    fn person(&self) -> Result<ReadHolder, Problem> {
        let read = self.people.registry.rows(Kind::Holder, &[&self.code.holder]);
        let (head, found) = read.map_err(|error| unavailable(&error))?;
        let holder = found.iter().flatten().next().and_then(holder_of);
        let gone = || refused("/code", "expected a code of somebody who is known");
        Ok(ReadHolder { holder: holder.ok_or_else(gone)?, head })
    }

    /// Whether the person may have the means: one text says why not, whatever the cause.
    fn check(&self, read: &ReadHolder) -> Result<(), Problem> {
        let shared = self.by.0;
        let found = self.people.registry.holders_by(&[self.key]).map_err(|error| unavailable(&error))?.1;
        let (now, zone) = (self.people.now, shared.engine.zone());
        // What became theirs before an answer was lost is active; what was blocked since, a tap does not bring back.
        let is_theirs = |known: &RegisteredIdentifier| {
            known.key == self.key && known.state.at(now, zone) == IdentifierStatus::Active
        };
        let may_be_theirs = if found.iter().flatten().next().is_some() {
            read.holder.identifiers.iter().any(is_theirs)
        } else {
            read.holder.has_room(now, zone)
        };
        if may_be_theirs {
            return Ok(());
        }
        Err(refused("/identifiers/0", "expected means that are nobody's yet, of a person who may have more"))
    }

    /// The code is this request's alone from now on.
    fn take_code(&mut self) -> Result<(), Problem> {
        if self.record.value.state == self.taken_by {
            return Ok(());
        }
        let value = RecordValue { state: self.taken_by.clone(), ..self.record.value.clone() };
        match self.people.registry.change(&[RecordChange::replace(&self.record, value.clone())], &[]) {
            Ok(()) => {
                self.record = Record { value, version: self.record.version + 1, ..self.record.clone() };
                Ok(())
            }
            Err(StoreError::RecordChanged { .. }) => Err(refused("/code", "expected a code that was not used")),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Keeps how the means came to the person. The code stays taken until it ends, so that the same request is answered alike.
    fn keep(&self) -> Result<(), StoreError> {
        let registry = &self.people.registry;
        let id = means_id(self.key, self.by.0.engine.secret());
        let before = registry.record(KeptMeans::KIND, &id)?;
        let kept = KeptMeans {
            scheme: self.scheme.to_owned(),
            label: self.code.label.clone(),
            proof: KeptMeans::TAPPED.to_owned(),
            since: self.people.now,
        };
        let value = RecordValue {
            owner: self.record.value.owner.clone(),
            state: KeptMeans::KEPT.to_owned(),
            expires_at: None,
            content: serde_json::to_string(&kept).unwrap_or_default(),
        };
        let change = RecordChange::put(before.as_ref(), KeptMeans::KIND, &id, value);
        registry.change(&[change], &[])
    }
}
