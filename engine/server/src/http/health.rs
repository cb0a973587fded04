//! Whether the process lives, whether it may be sent requests, and what it counted.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::http::Shared;

/// It answers, so it lives.
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The socket is bound after everything is loaded: who reaches this may send requests once there are rules.
pub(super) async fn readyz(shared: Data<Shared>) -> HttpResponse {
    if shared.engine.known().rules.is_some() {
        HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n")
    } else {
        let told = "not ready: no rules are published yet\n";
        HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body(told)
    }
}

pub(super) async fn metrics(shared: Data<Shared>) -> HttpResponse {
    shared.metrics.ledger(shared.ledger.statistics());
    let standing = shared.following.as_ref().map(|following| following.standing());
    shared.metrics.engine(&shared.engine, standing.as_ref());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(shared.metrics.render())
}
