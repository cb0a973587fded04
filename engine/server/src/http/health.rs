//! Whether the process lives, whether it may be sent requests, and what it counted.

use actix_web::web::Data;
use actix_web::{HttpResponse, HttpResponseBuilder};

use crate::http::draining::DRAINING;
use crate::http::{AppState, ClusterParts};
use crate::local_copy::LocalCopy;

/// It answers, so it lives.
pub(super) async fn healthz() -> HttpResponse {
    text(HttpResponse::Ok(), "ok\n")
}

/// The media type of what Prometheus reads.
pub(super) const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The media type of a line for people.
pub(super) const LINE_TYPE: &str = "text/plain; charset=utf-8";

/// A line for people.
pub(super) fn text(mut response: HttpResponseBuilder, line: &'static str) -> HttpResponse {
    response.content_type(LINE_TYPE).body(line)
}

/// The socket is bound after everything is loaded: who reaches this may send requests once there are rules. A ledger that fails is
/// told, yet it is ready: quotes go on, and who takes no engine for ready takes the quotes down, too. So is one whose store was
/// changed behind its back: else who can change one row could stop every till.
pub(super) async fn readyz(shared: Data<AppState>) -> HttpResponse {
    let (response, told) = if shared.draining.has_begun() {
        (HttpResponse::ServiceUnavailable(), DRAINING)
    } else if shared.engine.known().rules.is_none() {
        (HttpResponse::ServiceUnavailable(), "not ready: no rules are published yet\n")
    } else if shared.cluster.as_ref().is_some_and(|cluster| cluster.stand_in.standing().away_since.is_some()) {
        (HttpResponse::Ok(), "ready: the cluster's ledger is away, what can be sold without it is\n")
    } else if shared.following.as_ref().is_some_and(|following| following.standing().counted.is_altered()) {
        (
            HttpResponse::Ok(),
            "ready: rows of the store are not what was committed and grant nothing; `avis status --verify` names them\n",
        )
    } else if shared.ledger.statistics().failing {
        (HttpResponse::Ok(), "ready for quotes: the ledger's newest commit failed\n")
    } else {
        (HttpResponse::Ok(), "ready\n")
    };
    text(response, told)
}

pub(super) async fn metrics(shared: Data<AppState>) -> HttpResponse {
    shared.metrics.ledger(shared.ledger.statistics());
    let standing = shared.following.as_ref().map(|following| following.standing());
    shared.metrics.engine(&shared.engine, standing.as_ref());
    if let Some(ClusterParts { stand_in, local_copy, news }) = &shared.cluster {
        let now = shared.clock.now();
        shared.metrics.stand_in(stand_in.standing(), now);
        shared.metrics.snapshot(local_copy.as_ref().and_then(LocalCopy::taken_at), now);
        if let Some(news) = news {
            shared.metrics.redis(news.counted());
        }
    }
    HttpResponse::Ok().content_type(METRICS_TYPE).body(shared.metrics.render())
}
