//! `POST /v1/members` and `…/leave`: who joins a merchant's programme at a till, and who leaves it. A till learns nothing of a person
//! by it: the answer is the same whether or not there was a membership before.

use std::sync::Arc;
use std::time::Instant;

use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::loyalty::EnrolmentBody;
use avis_core::{Faults, Fingerprint, IdentifierKey, IdentifierVerdict, Presented, RegisteredHolder, recognise};
use avis_store::records::{Record, RecordChange, RecordValue};
use avis_store::{
    Act, Actor, ActorKind, AuditObject, Commit, Head, Kind, NewRow, Registry, Store, StoreError, Stored, Unchanged,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::admission::{self, Caller};
use crate::http::{AppState, Code, Problem};
use crate::metrics::Operation;
use crate::security::SecurityEventKind;
use crate::terminal::Terminal;

/// What is kept of a request that was answered.
const KIND: &str = "enrolment";
/// How long a request is known again: as long as one that sells may be about the past.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How often a holder is read again that others change meanwhile.
const TRIES: usize = 5;

/// What becomes of a membership.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Join,
    Leave,
}

/// How it stands from now on, whatever it was before.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq, ToSchema)]
#[schema(as = Enrolled)]
pub(super) struct Answer {
    /// As it was sent.
    request_id: Uuid,
    /// The programme's code.
    program: Box<str>,
    /// Whether the person is a member from now on.
    member: bool,
    /// Demand it as `min_revision` of a sale that follows at once.
    #[schema(minimum = 0)]
    revision: u64,
}

/// A request that was answered.
#[derive(Serialize, Deserialize)]
struct Answered {
    fingerprint: [u8; 16],
    answer: Answer,
}

pub(super) async fn join(http: HttpRequest, payload: Payload, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, payload, &shared, Step::Join).await;
    admission::answered(&shared, Operation::Enrol, answer)
}

pub(super) async fn leave(http: HttpRequest, payload: Payload, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, payload, &shared, Step::Leave).await;
    admission::answered(&shared, Operation::Enrol, answer)
}

async fn asked(
    http: &HttpRequest,
    payload: Payload,
    shared: &Data<AppState>,
    step: Step,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let json = admission::json(http, payload).await?;
    let body = EnrolmentBody::parse(&json, step == Step::Join).map_err(Problem::invalid)?;
    caller.entry.request_id(body.request_id);
    if let Some(fault) = caller.terminal.overstep_schemes(&body.identifiers) {
        return Err(Problem::forbidden(fault));
    }
    let now = shared.clock.now();
    let (rules, provider) = (caller.rules()?, &caller.terminal.provider);
    let zone = rules.programme_at(provider, &body.program, now).cloned();
    let zone = zone.ok_or_else(|| refused("/program", "expected a programme that is in force at this provider"))?;
    let office = Office::of(shared, zone, now)?;
    let (work, terminal) = (shared.clone(), caller.terminal.clone());
    let done = web::block(move || office.answer(&work, &terminal, &body, step)).await;
    let answer = done.map_err(|_| Code::StoreUnavailable)??;
    Ok(HttpResponse::Ok().json(answer))
}

fn refused(pointer: &str, detail: &str) -> Problem {
    Problem::invalid(Faults::at(pointer, detail))
}

/// Where people are read and written.
struct Office {
    store: Arc<dyn Store>,
    registry: Arc<dyn Registry>,
    /// The programme's.
    zone: TimeZone,
    now: Timestamp,
}

/// A holder as the store has it at a moment.
struct Read {
    holder: RegisteredHolder,
    head: Head,
}

impl Office {
    fn of(shared: &AppState, zone: TimeZone, now: Timestamp) -> Result<Self, Problem> {
        let (store, registry) = (shared.store.clone(), shared.registry.clone());
        let store = store.ok_or(Code::StoreUnavailable)?;
        Ok(Self { store, registry: registry.ok_or(Code::StoreUnavailable)?, zone, now })
    }

    /// What a request is answered: as before, if it was.
    fn answer(
        &self,
        shared: &AppState,
        terminal: &Terminal,
        body: &EnrolmentBody,
        step: Step,
    ) -> Result<Answer, Problem> {
        let Fingerprint(fingerprint) = Fingerprint::of_enrolment(body, shared.engine.secret());
        let key = format!("{}/{}", terminal.provider, body.request_id);
        let before = self.registry.record(KIND, &key).map_err(|error| unavailable(&error))?;
        let before = before.filter(|record| record.is_live_at(self.now));
        if let Some(answered) = before.as_ref().map(answered).transpose()? {
            if answered.fingerprint != fingerprint {
                admission::note(shared, SecurityEventKind::RequestIdReused, terminal, None);
                return Err(Code::RequestIdReused.into());
            }
            return Ok(answered.answer);
        }
        let revision = self.change(shared, terminal, body, step)?;
        let (request_id, program, member) = (body.request_id, body.program.clone(), step == Step::Join);
        let answer = Answer { request_id, program, member, revision };
        self.keep(&key, &Answered { fingerprint, answer: answer.clone() })?;
        Ok(answer)
    }

    /// Where two came at once, each changed nothing that the other had not.
    fn keep(&self, key: &str, answered: &Answered) -> Result<(), Problem> {
        let value = RecordValue {
            expires_at: self.now.checked_add(KNOWN_FOR).ok(),
            content: serde_json::to_string(answered).unwrap_or_default(),
            ..RecordValue::default()
        };
        let there = self.registry.record(KIND, key).map_err(|error| unavailable(&error))?;
        match self.registry.change(&[RecordChange::put(there.as_ref(), KIND, key, value)], &[]) {
            Ok(()) | Err(StoreError::RecordChanged { .. }) => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Changes the holder over what others change meanwhile; the revision from which on it is so.
    fn change(&self, shared: &AppState, terminal: &Terminal, body: &EnrolmentBody, step: Step) -> Result<u64, Problem> {
        for _ in 0..TRIES {
            let Read { mut holder, head } = self.recognised(shared, terminal, &body.identifiers)?;
            let programme = (&*body.program, &self.zone);
            if step == Step::Join {
                let consent = body.consent.as_deref().unwrap_or_default();
                let joined = holder.holder.join(programme, (consent, None), self.now);
                joined.map_err(|error| refused("/identifiers", &error.to_string()))?;
            } else {
                holder.holder.leave(programme, self.now);
            }
            let key = (&*holder.holder.code).into();
            let act = act(shared, terminal, body, step, &holder);
            let committed = self.store.commit(Commit {
                rows: &mut std::iter::once(Ok(NewRow::Holder(Box::new(holder)))),
                unchanged: &[Unchanged::Row { kind: Kind::Holder, key, since: head.revision }],
                act: &act,
                at: self.now,
                dry_run: false,
            });
            match committed {
                Ok(committed) => return Ok(committed.head.revision.number),
                Err(StoreError::Changed(_)) => {}
                Err(error) => return Err(unavailable(&error)),
            }
        }
        Err(Code::StoreUnavailable.into())
    }

    /// Whom the identifiers name, as the store has it now. What names nobody counts as guessed.
    fn recognised(&self, shared: &AppState, terminal: &Terminal, shown: &[Presented]) -> Result<Read, Problem> {
        let secret = shared.engine.secret();
        let keys: Vec<_> = shown.iter().map(|one| IdentifierKey::of(&one.scheme, &one.value, secret)).collect();
        let wanted: Vec<IdentifierKey> = keys.iter().flatten().copied().collect();
        let (head, found) = self.registry.holders_by(&wanted).map_err(|error| unavailable(&error))?;
        let holders: Vec<Option<RegisteredHolder>> = found.iter().map(|row| row.as_ref().and_then(read)).collect();
        let place_of = |presented: &Presented| shown.iter().position(|one| one == presented);
        let (named, verdicts) = recognise(shown, self.now, shared.engine.zone(), |presented| {
            let key = keys.get(place_of(presented)?).copied().flatten()?;
            let holder = holders.get(wanted.iter().position(|one| *one == key)?)?.as_ref()?;
            let known = holder.identifiers.iter().find(|one| one.key == key)?;
            Some((holder.holder.code.clone(), known.state))
        });
        let unknown = verdicts.iter().filter(|verdict| **verdict == IdentifierVerdict::Unknown).count();
        let unknown = u32::try_from(unknown).unwrap_or(u32::MAX);
        let counted = shared.identifier_throttle.note(&terminal.code, unknown, Instant::now());
        counted.map_err(|rest| {
            admission::note(shared, SecurityEventKind::Guessing, terminal, None);
            Problem::guessing(rest)
        })?;
        let holder = holders.into_iter().flatten().find(|holder| Some(&holder.holder.code) == named.as_ref());
        let holder = holder.filter(|_| !verdicts.contains(&IdentifierVerdict::Mismatch));
        let detail = "expected identifiers that are known and active, of one person";
        Ok(Read { holder: holder.ok_or_else(|| refused("/identifiers", detail))?, head })
    }
}

/// A row that can't be read names nobody.
fn read(stored: &Stored) -> Option<RegisteredHolder> {
    let Stored::Row(row) = stored else { return None };
    RegisteredHolder::parse(row.content.as_deref()?.as_bytes()).ok()
}

fn answered(record: &Record) -> Result<Answered, Problem> {
    serde_json::from_str(&record.value.content).map_err(|_| Code::StoreUnavailable.into())
}

/// By a terminal, on a person whom the audit knows by a keyed hash alone.
fn act(shared: &AppState, terminal: &Terminal, body: &EnrolmentBody, step: Step, holder: &RegisteredHolder) -> Act {
    let actor = Actor { kind: ActorKind::Terminal, id: terminal.code.clone(), party: Some(terminal.provider.clone()) };
    let object = AuditObject { kind: "person".to_owned(), key: shared.engine.secret().subject(&holder.holder.code) };
    let action = if step == Step::Join { "member_joined" } else { "member_left" };
    Act {
        object: Some(object),
        reason: Some(format!("programme {}", body.program)),
        request: Some(body.request_id.to_string()),
        ..Act::new(actor, action)
    }
}

fn unavailable(error: &StoreError) -> Problem {
    tracing::warn!(target: "avis::members", %error, "a membership was not written");
    match error {
        StoreError::Doubtful(_) => Code::OutcomeUnknown,
        _ => Code::StoreUnavailable,
    }
    .into()
}
