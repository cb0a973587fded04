//! `POST /v1/days/{date}/close` and `GET /v1/days/{date}`: a terminal closes its own business day (settlement 1.4). Sales go on
//! meanwhile: what is recorded later counts on the next day.

use std::sync::Arc;

use actix_web::web::{self, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::Faults;
use avis_core::movement::ServiceDay;
use avis_core::settlement::{DayClose, Totals};
use avis_store::{
    Act, Actor, ActorKind, AuditEntry, AuditObject, Clock, Days, DaysError, Registry, Reports, StoreError,
    TERMINAL_DAY_KIND, ToldDay, Whose,
};
use jiff::civil::Date;
use uuid::Uuid;

use crate::http::admission::{self, Caller};
use crate::http::{AppState, Code, Problem};
use crate::metrics::Operation;
use crate::terminal::{Scope, Terminal};

pub(super) async fn read(http: HttpRequest, date: Path<String>, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, &date, &shared).await;
    admission::answered(&shared, Operation::Read, answer)
}

pub(super) async fn close(
    http: HttpRequest,
    date: Path<String>,
    payload: Payload,
    shared: Data<AppState>,
) -> HttpResponse {
    let answer = closed(&http, &date, payload, &shared).await;
    admission::answered(&shared, Operation::Close, answer)
}

async fn asked(http: &HttpRequest, date: &str, shared: &Data<AppState>) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let office = Office::of(shared, &caller.terminal)?;
    let date = self::date(date)?;
    let told = web::block(move || office.days().read(office.whose(), date).map(|told| told.shown(office.whose())));
    let told = told.await.map_err(|_| Code::LedgerUnavailable)??;
    Ok(HttpResponse::Ok().json(told))
}

async fn closed(
    http: &HttpRequest,
    date: &str,
    payload: Payload,
    shared: &Data<AppState>,
) -> Result<HttpResponse, Problem> {
    let caller = Caller::of(http, shared)?;
    let office = Office::of(shared, &caller.terminal)?;
    let json = admission::json(http, payload).await?;
    let body = DayClose::parse(&json).map_err(Problem::invalid)?;
    caller.entry.request_id(body.request_id);
    let date = self::date(date)?;
    let told = web::block(move || office.close(date, body.request_id, body.totals.as_ref())).await;
    let told = told.map_err(|_| Code::OutcomeUnknown)??;
    Ok(HttpResponse::Ok().json(told))
}

/// The date in the path.
fn date(text: &str) -> Result<Date, Problem> {
    let faults = || Faults::at("/date", "expected a date in the path, such as `2026-11-18`");
    let is_so_written = |date: &Date| text.len() == "2026-11-18".len() && date.to_string() == text;
    text.parse().ok().filter(is_so_written).ok_or_else(|| Problem::invalid(faults()))
}

/// Where a terminal's days are read and kept.
struct Office {
    registry: Arc<dyn Registry>,
    reports: Arc<dyn Reports>,
    clock: Arc<dyn Clock>,
    terminal: Arc<Terminal>,
    /// Of the provider.
    day: ServiceDay,
}

impl Office {
    /// Of a terminal that sells: what others train is in no ledger that lasts.
    fn of(shared: &AppState, terminal: &Arc<Terminal>) -> Result<Self, Problem> {
        if terminal.trains() {
            return Err(Problem::out_of_scope(Scope::Sell));
        }
        let (registry, reports) = (shared.registry.clone(), shared.reports.clone());
        let registry = registry.ok_or(Code::StoreUnavailable)?;
        let reports = reports.ok_or(Code::StoreUnavailable)?;
        let (clock, rules) = (shared.clock.clone(), shared.engine.known().rules.clone());
        let of_deployment = clock.service_day();
        let own = rules.map(|rules| rules.service_day(&terminal.provider, of_deployment));
        let day = own.unwrap_or_else(|| of_deployment.clone());
        Ok(Self { registry, reports, clock, terminal: terminal.clone(), day })
    }

    fn days(&self) -> Days<'_> {
        let (registry, reports) = (&*self.registry, &*self.reports);
        Days { registry, reports, day: self.day.clone(), now: self.clock.now() }
    }

    fn whose(&self) -> Whose<'_> {
        Whose { provider: &self.terminal.provider, terminal: Some(&self.terminal.code) }
    }

    fn close(&self, date: Date, request: Uuid, totals: Option<&Totals>) -> Result<serde_json::Value, Problem> {
        let (whose, days) = (self.whose(), self.days());
        let entry = |key: &str, told: &ToldDay| {
            let (id, party) = (self.terminal.code.clone(), Some(self.terminal.provider.clone()));
            let object = AuditObject { kind: TERMINAL_DAY_KIND.to_owned(), key: key.to_owned() };
            let actor = Actor { kind: ActorKind::Terminal, id, party };
            let act = Act { object: Some(object), request: Some(request.to_string()), ..Act::new(actor, "day_closed") };
            AuditEntry { after: Some(told.shown(whose).to_string()), ..AuditEntry::new(days.now, act) }
        };
        Ok(days.close(whose, date, totals, (&self.terminal.code, &entry))?.shown(whose))
    }
}

impl From<DaysError> for Problem {
    fn from(error: DaysError) -> Self {
        let code = match &error {
            DaysError::NotBegun(_) => return Code::DayNotBegun.into(),
            DaysError::TooManyOpen(_) => {
                return Self::invalid(Faults::at("/date", error.to_string()));
            }
            DaysError::Ledger(_) => Code::LedgerUnavailable,
            DaysError::Store(StoreError::Doubtful(_)) => Code::OutcomeUnknown,
            DaysError::Store(_) => Code::StoreUnavailable,
        };
        tracing::warn!(target: "avis::days", %error, "a day was not closed, or not read");
        code.into()
    }
}
