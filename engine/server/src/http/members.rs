//! `POST /v1/members` and `…/leave`: who joins a merchant's programme at a till, and who leaves it. A till learns nothing of a person
//! by it: the answer is the same whether or not there was a membership before.

use std::sync::Arc;
use std::time::Instant;

use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::loyalty::EnrolmentBody;
use avis_core::{Fingerprint, IdentifierKey, IdentifierVerdict, Presented, RegisteredHolder, RuleSet, recognise};
use avis_store::without_coupons;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::admission::{self, Caller};
use crate::http::people_store::{PeopleStore, ReadHolder, TRIES, act_on, holder_of, refused, unavailable};
use crate::http::{AppState, Code, Problem};
use crate::metrics::Operation;
use crate::security::SecurityEventKind;
use crate::terminal::Terminal;

/// What is kept of a request that was answered.
const KIND: &str = "enrolment";

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
    let (rules, provider) = (caller.rules()?, &caller.terminal.provider);
    let zone = rules.programme_at(provider, &body.program, shared.clock.now()).cloned();
    let zone = zone.ok_or_else(|| refused("/program", "expected a programme that is in force at this provider"))?;
    let office = Office { people: PeopleStore::of(shared)?, rules, zone };
    let (work, terminal) = (shared.clone(), caller.terminal.clone());
    let done = web::block(move || office.answer(&work, &terminal, &body, step)).await;
    let answer = done.map_err(|_| Code::OutcomeUnknown)??;
    Ok(HttpResponse::Ok().json(answer))
}

/// Where memberships of a programme are written.
struct Office {
    people: PeopleStore,
    rules: Arc<RuleSet>,
    /// The programme's.
    zone: TimeZone,
}

impl Office {
    fn answer(
        &self,
        shared: &AppState,
        terminal: &Terminal,
        body: &EnrolmentBody,
        step: Step,
    ) -> Result<Answer, Problem> {
        let fingerprint = Fingerprint::of_enrolment(body, shared.engine.secret());
        self.people.once((shared, terminal), (KIND, body.request_id, fingerprint), || {
            let revision = self.change(shared, terminal, body, step)?;
            let (request_id, program, member) = (body.request_id, body.program.clone(), step == Step::Join);
            Ok(Answer { request_id, program, member, revision })
        })
    }

    /// Changes the holder over what others change meanwhile; the revision from which on it is so.
    fn change(&self, shared: &AppState, terminal: &Terminal, body: &EnrolmentBody, step: Step) -> Result<u64, Problem> {
        for _ in 0..TRIES {
            let mut read = self.recognised(shared, terminal, &body.identifiers)?;
            let (programme, now) = ((&*body.program, &self.zone), self.people.now);
            let holder = &mut read.holder.holder;
            let mut coupons = Vec::new();
            if step == Step::Join {
                let consent = body.consent.as_deref().unwrap_or_default();
                let joined = holder.join(programme, (consent, None), now);
                joined.map_err(|error| refused("/identifiers", &error.to_string()))?;
            } else {
                holder.leave(programme, now);
                let left = self.rules.campaigns_left(&body.program, holder, now);
                let is_left = |campaign: Option<&str>| campaign.is_some_and(|campaign| left.contains(campaign));
                let gone = without_coupons(&*self.people.registry, &holder.code, is_left);
                coupons = gone.map_err(|error| unavailable(&error))?;
            }
            let fingerprint = Fingerprint::of_enrolment(body, shared.engine.secret());
            self.people.claim((shared, terminal), (body.request_id, fingerprint))?;
            let action = if step == Step::Join { "member_joined" } else { "member_left" };
            let what = (action, format!("programme {}", body.program));
            let act = act_on((shared, terminal), what, body.request_id, &read.holder);
            if let Some(revision) = self.people.commit(read, coupons, &act)? {
                return Ok(revision);
            }
        }
        Err(Code::StoreUnavailable.into())
    }

    /// Whom the identifiers name, as the store has it now. What names nobody counts as guessed.
    fn recognised(&self, shared: &AppState, terminal: &Terminal, shown: &[Presented]) -> Result<ReadHolder, Problem> {
        let secret = shared.engine.secret();
        let keys: Vec<_> = shown.iter().map(|one| IdentifierKey::of(&one.scheme, &one.value, secret)).collect();
        let wanted: Vec<IdentifierKey> = keys.iter().flatten().copied().collect();
        let (head, found) = self.people.registry.holders_by(&wanted).map_err(|error| unavailable(&error))?;
        let holders: Vec<Option<RegisteredHolder>> = found.iter().map(|row| row.as_ref().and_then(holder_of)).collect();
        let place_of = |presented: &Presented| shown.iter().position(|one| one == presented);
        let (named, verdicts) = recognise(shown, self.people.now, shared.engine.zone(), |presented| {
            let key = keys.get(place_of(presented)?).copied().flatten()?;
            let holder = holders.get(wanted.iter().position(|one| *one == key)?)?.as_ref()?;
            let known = holder.identifiers.iter().find(|one| one.key == key)?;
            Some((holder.holder.code.clone(), known.state))
        });
        let unknown = verdicts.iter().filter(|verdict| **verdict == IdentifierVerdict::Unknown).count();
        let unknown = u32::try_from(unknown).unwrap_or(u32::MAX);
        let counted = shared.identifier_throttle.charge(&terminal.code, unknown, Instant::now());
        counted.map_err(|rest| {
            admission::record_event(shared, SecurityEventKind::Guessing, terminal, None);
            Problem::guessing(rest)
        })?;
        let holder = holders.into_iter().flatten().find(|holder| Some(&holder.holder.code) == named.as_ref());
        let holder = holder.filter(|_| !verdicts.contains(&IdentifierVerdict::Mismatch));
        let detail = "expected identifiers that are known and active, of one person";
        Ok(ReadHolder { holder: holder.ok_or_else(|| refused("/identifiers", detail))?, head })
    }
}
