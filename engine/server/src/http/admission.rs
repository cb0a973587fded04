//! Who asks and what, settled in this order before anything is decided: the credential, its scope, the body, how new the data
//! must be.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse, rt};
use avis_core::limits::REQUEST_BYTES_MAX;
use avis_core::loyalty::LoyaltyRequest;
use avis_core::{IdentifierVerdict, RuleSet};
use avis_store::{Act, Actor, ActorKind, AuditEntry};

use crate::credentials::Found;
use crate::engine::{Known, Planned};
use crate::http::endpoints::Access;
use crate::http::request_log::Entry;
use crate::http::{AppState, Code, Problem, training};
use crate::metrics::Operation;
use crate::security::SecurityEventKind;
use crate::terminal::{Key, KeyHash, Terminal};

/// Who asks, and what is known at that moment: one request sees one state of rules and credentials.
pub(super) struct Caller {
    pub(super) terminal: Arc<Terminal>,
    pub(super) known: Arc<Known>,
    pub(super) entry: Entry,
    /// By which it called.
    pub(super) key: Arc<Key>,
    access: Access,
}

impl Caller {
    /// The terminal whose credential this is, if the called endpoint is for it.
    pub(super) fn of(http: &HttpRequest, shared: &AppState) -> Result<Self, Problem> {
        let key = sent_key(http).ok_or(Code::Unauthorized)?;
        let access = http.app_data::<Access>().copied().ok_or(Code::Unauthorized)?;
        let caller = Self::known(key, Entry::of(http), shared, access)?;
        training::mark(http, &caller.terminal);
        caller.in_scope(shared)
    }

    fn known(key: KeyHash, entry: Entry, shared: &AppState, access: Access) -> Result<Self, Problem> {
        let known = shared.engine.known();
        let (terminal, key) = match known.credentials.find(key, shared.clock.now()) {
            Found::Terminal(terminal, key) => (terminal.clone(), key.clone()),
            Found::Ended(terminal) => {
                entry.caller(terminal, known.revision());
                record_event(shared, SecurityEventKind::KeyRefused, terminal, None);
                return Err(Code::Unauthorized.into());
            }
            Found::Nobody => return Err(Code::Unauthorized.into()),
        };
        entry.caller(&terminal, known.revision());
        Ok(Self { terminal, known, entry, key, access })
    }

    /// The caller, if the called endpoint is for it.
    fn in_scope(self, shared: &AppState) -> Result<Self, Problem> {
        match self.access.scope().filter(|scope| !self.terminal.may(*scope)) {
            Some(scope) => {
                record_event(shared, SecurityEventKind::OutOfScope, &self.terminal, None);
                Err(Problem::out_of_scope(scope))
            }
            None => Ok(self),
        }
    }

    /// The rules of this moment.
    pub(super) fn rules(&self) -> Result<Arc<RuleSet>, Problem> {
        self.known.rules.clone().ok_or_else(|| Code::NotReady.into())
    }

    /// The same caller once the engine has come to a revision; it is asked again whether the terminal may call.
    async fn at(self, least: u64, shared: &AppState) -> Result<Self, Problem> {
        if self.known.revision() >= least {
            return Ok(self);
        }
        let mut applied = shared.engine.applied();
        let came = rt::time::timeout(shared.freshness.wait, applied.wait_for(|revision| *revision >= least)).await;
        if came.is_err() {
            return Err(Problem::stale(shared.engine.known().revision()));
        }
        Self::known(self.key.sha256, self.entry, shared, self.access)?.in_scope(shared)
    }
}

const BEARER: &[u8] = b"bearer ";

fn sent_key(http: &HttpRequest) -> Option<KeyHash> {
    // What is no text is nobody's key.
    let header = http.headers().get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, key) = header.split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then(|| KeyHash::of(key.trim_ascii()))
}

/// Keeps a security event about a terminal.
pub(super) fn record_event(shared: &AppState, kind: SecurityEventKind, terminal: &Terminal, request: Option<String>) {
    if let Some(log) = &shared.security {
        let (id, party) = (terminal.code.clone(), Some(terminal.provider.clone()));
        let act = Act { request, ..Act::new(Actor { kind: ActorKind::Terminal, id, party }, kind.word()) };
        log.record(AuditEntry::new(shared.clock.now(), act));
    }
}

/// How long a body may take to arrive: a till on a bad line sends a few kilobytes well within it.
pub(super) const BODY_TIME: Duration = Duration::from_secs(10);

/// The whole body of JSON, given up as soon as it is too large or too slow.
pub(super) async fn json(http: &HttpRequest, payload: Payload) -> Result<Bytes, Problem> {
    if !is_json(http) {
        return Err(Code::NotJson.into());
    }
    let mut body = pin!(payload.to_bytes_limited(REQUEST_BYTES_MAX));
    let come = match at_once(body.as_mut()).await {
        Some(come) => Ok(come),
        None => rt::time::timeout(BODY_TIME, body).await,
    };
    match come {
        Ok(Ok(Ok(body))) => Ok(body),
        Ok(Ok(Err(_))) => Err(Code::UnreadableBody.into()),
        Ok(Err(_)) => Err(Code::BodyTooLarge.into()),
        Err(_) => Err(Code::BodyTooSlow.into()),
    }
}

/// What a future comes to at a first or a second look: nearly every body comes along with its head, and needs no timer.
async fn at_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    let mut is_second = false;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if is_second => Poll::Ready(None),
        Poll::Pending => {
            is_second = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

const JSON: &str = "application/json";

fn is_json(http: &HttpRequest) -> bool {
    let is_json = |value: &HeaderValue| {
        // Nearly all write it just so.
        let essence = || value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        value == JSON || essence().eq_ignore_ascii_case(JSON)
    };
    http.headers().get(header::CONTENT_TYPE).is_some_and(is_json)
}

/// A request that the terminal may send, on data that is as new as it demands.
pub(super) async fn request(
    shared: &AppState,
    caller: Caller,
    body: &[u8],
) -> Result<(Caller, LoyaltyRequest), Problem> {
    let asked = LoyaltyRequest::parse(body).map_err(Problem::invalid)?;
    caller.entry.request_id(asked.request.request_id);
    if let Some(fault) = caller.terminal.overstep(&asked.request) {
        return Err(Problem::forbidden(fault));
    }
    let caller = caller.at(asked.request.min_revision.unwrap_or(0), shared).await?;
    Ok((caller, asked))
}

/// What can apply, unless the terminal tries identifiers or coupons.
pub(super) fn plan(shared: &AppState, caller: &Caller, asked: LoyaltyRequest) -> Result<Planned, Problem> {
    let planned = shared.engine.plan(caller.rules()?, &caller.terminal.provider, asked).map_err(Problem::invalid)?;
    note_unknown(shared, &caller.terminal, &planned).map_err(Problem::guessing)?;
    Ok(planned)
}

/// Counts the unknown identifiers and coupons of a request; `Err` with what is left of the minute if they are too many.
pub(super) fn note_unknown(shared: &AppState, terminal: &Terminal, planned: &Planned) -> Result<(), Duration> {
    let verdicts = &planned.plan.person().identifiers;
    let unknown =
        verdicts.iter().filter(|verdict| **verdict == IdentifierVerdict::Unknown).count() + planned.unknown_coupons;
    let unknown = u32::try_from(unknown).unwrap_or(u32::MAX);
    let counted = shared.identifier_throttle.charge(&terminal.code, unknown, Instant::now());
    if counted.is_err() {
        record_event(shared, SecurityEventKind::Guessing, terminal, None);
    }
    counted
}

/// The answer, counted by what became of it.
pub(super) fn answered(shared: &AppState, operation: Operation, answer: Result<HttpResponse, Problem>) -> HttpResponse {
    let response = answer.unwrap_or_else(Problem::into_response);
    shared.metrics.answered(operation, response.status());
    response
}
