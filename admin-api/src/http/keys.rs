//! Terminals and their keys.

use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::http::answer::{self, CommitOptions};
use crate::keys::{self, NewTerminal};
use crate::operator::Operator;

pub(super) async fn create(
    http: HttpRequest,
    terminal: Path<String>,
    new: Json<NewTerminal>,
    operator: Data<Operator>,
) -> HttpResponse {
    answer::done(&http, &operator, move |operator| {
        let context = CommitOptions::default().import(operator, "a new terminal");
        keys::create(&*operator.store, &terminal, new.into_inner(), &context)
    })
    .await
}

/// How a key is changed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Seconds for which the other keys stay valid.
    pub overlap_s: u32,
}

pub(super) async fn rotate(
    http: HttpRequest,
    terminal: Path<String>,
    rotation: Json<Rotation>,
    operator: Data<Operator>,
) -> HttpResponse {
    answer::done(&http, &operator, move |operator| {
        let context = CommitOptions::default().import(operator, "another key");
        keys::rotate(&*operator.store, &terminal, SignedDuration::from_secs(rotation.overlap_s.into()), &context)
    })
    .await
}

/// Which key is revoked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// By its first characters; all without.
    pub prefix: Option<String>,
}

/// How many keys were revoked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Revoked {
    /// How many.
    pub keys: usize,
}

pub(super) async fn revoke(
    http: HttpRequest,
    terminal: Path<String>,
    revocation: Query<Revocation>,
    operator: Data<Operator>,
) -> HttpResponse {
    answer::done(&http, &operator, move |operator| {
        let context = CommitOptions::default().import(operator, "keys revoked");
        let keys = keys::revoke(&*operator.store, &terminal, revocation.prefix.as_deref(), &context)?;
        Ok(Revoked { keys })
    })
    .await
}
