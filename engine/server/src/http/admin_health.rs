//! Whether a node that answers no terminal lives, on an address of its own.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use avis_store::redis::RedisSignal;

use crate::http::draining::{DRAINING, Draining};
use crate::http::{Beside, ServerEncryption, at, health, problem};
use crate::metrics::AdminMetrics;

/// What is told of a node that answers the commands of its machine only.
pub struct AdminHealth {
    /// Whether it is about to stop.
    pub draining: Draining,
    /// What it counted.
    pub metrics: Arc<AdminMetrics>,
    /// By what news come; none if nodes only look.
    pub news: Option<Arc<RedisSignal>>,
}

/// Its store was there as it started. One that is away now is told to who runs a command, and takes the node from nobody.
async fn readyz(health: Data<AdminHealth>) -> HttpResponse {
    if health.draining.has_begun() {
        return health::text(HttpResponse::ServiceUnavailable(), DRAINING);
    }
    health::text(HttpResponse::Ok(), "ready for the commands of this machine\n")
}

async fn metrics(health: Data<AdminHealth>) -> HttpResponse {
    let counted = health.news.as_ref().map(|news| news.counted());
    HttpResponse::Ok().content_type(health::METRICS_TYPE).body(health.metrics.render(counted))
}

/// Starts the health of an admin node on a bound socket, in the clear or not, and beside it other routes; its handle stops it.
///
/// # Errors
/// A socket that can't be listened on.
pub fn serve_admin_health(
    health: Arc<AdminHealth>,
    socket: TcpListener,
    encryption: Option<ServerEncryption>,
    beside: Beside,
) -> std::io::Result<Server> {
    let data = Data::from(health);
    let server = HttpServer::new(move || {
        let beside = beside.clone();
        App::new()
            .app_data(data.clone())
            .configure(|config| beside(config))
            .service(at("/healthz", "GET").route(web::get().to(health::healthz)).route(web::head().to(health::healthz)))
            .service(at("/readyz", "GET").route(web::get().to(readyz)).route(web::head().to(readyz)))
            .service(at("/metrics", "GET").route(web::get().to(metrics)))
            .default_service(web::to(no_such_path))
    });
    let server = server.workers(1).disable_signals();
    let server = match encryption {
        Some(encryption) => server.listen_rustls_0_23(socket, encryption.config)?,
        None => server.listen(socket)?,
    };
    Ok(server.run())
}

async fn no_such_path() -> HttpResponse {
    let others = ["GET /", "GET /admin/v1/docs", "GET /admin/v1/openapi.json"];
    problem::no_path_but(["GET /healthz", "GET /readyz", "GET /metrics"].into_iter().chain(others))
}
