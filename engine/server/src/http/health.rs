//! Whether the process lives, whether it may be sent requests, and what it counted.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::http::Shared;

/// It answers, so it lives.
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The socket is bound after everything is loaded: who reaches this may send requests.
pub(super) async fn readyz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n")
}

pub(super) async fn metrics(shared: Data<Shared>) -> HttpResponse {
    shared.metrics.ledger(shared.ledger.statistics());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(shared.metrics.render())
}
