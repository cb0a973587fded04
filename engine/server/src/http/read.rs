//! Authorizations and requests as they stand.

use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use avis_store::{LedgerError, ReadBack};
use uuid::Uuid;

use crate::http::admission::Caller;
use crate::http::{AppState, Code, Problem, admission};
use crate::metrics::Operation;

pub(super) async fn authorization(http: HttpRequest, id: Path<String>, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, &id, &shared, |ledger, provider, id| ledger.authorization(provider, id)).await;
    admission::answered(&shared, Operation::Read, answer)
}

pub(super) async fn request(http: HttpRequest, id: Path<String>, shared: Data<AppState>) -> HttpResponse {
    let answer = asked(&http, &id, &shared, |ledger, provider, id| ledger.request(provider, id)).await;
    admission::answered(&shared, Operation::Read, answer)
}

type Look = fn(&dyn ReadBack, &str, Uuid) -> Result<Option<Vec<u8>>, LedgerError>;

async fn asked(http: &HttpRequest, text: &str, shared: &Data<AppState>, look: Look) -> Result<HttpResponse, Problem> {
    let terminal = Caller::of(http, shared)?.terminal;
    let (id, shared) = (id(text)?, shared.clone());
    let found = web::block(move || look(&*shared.ledger_of(&terminal)?, &terminal.provider, id)).await;
    let found = found.map_err(|_| Code::LedgerUnavailable)?.map_err(|_| Code::LedgerUnavailable)?;
    let body = found.ok_or(Code::NoSuchRecord)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

/// An id in a path; what is no UUID names nothing.
pub(super) fn id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Code::NoSuchRecord.into())
}
