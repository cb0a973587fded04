//! The endpoints that terminals call.

mod health;
mod problem;
mod quote;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpServer, rt};

use crate::engine::Engine;
use crate::metrics::Metrics;

pub use problem::Problem;
pub use quote::answer;

/// How the server listens.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Threads that answer.
    pub workers: usize,
    /// How long open requests may take after a stop is asked for.
    pub drain: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
}

/// What every handler is given.
pub struct Shared {
    /// The engine.
    pub engine: Engine,
    /// What is counted.
    pub metrics: Metrics,
}

/// How often metrics are folded where nobody scrapes.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// Every route.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/v1/quote", web::post().to(quote::quote))
        .route("/healthz", web::get().to(health::healthz))
        .route("/healthz", web::head().to(health::healthz))
        .route("/readyz", web::get().to(health::readyz))
        .route("/readyz", web::head().to(health::readyz))
        .route("/metrics", web::get().to(health::metrics))
        .default_service(web::to(problem::no_such_route));
}

/// Starts the server on a bound socket; it drains and stops on SIGTERM or SIGINT.
///
/// # Errors
/// A socket that can't be listened on.
pub fn serve(shared: Arc<Shared>, socket: TcpListener, listening: &Listening) -> std::io::Result<Server> {
    let folded = shared.clone();
    rt::spawn(async move {
        let mut ticks = rt::time::interval(FOLD_EVERY);
        loop {
            ticks.tick().await;
            folded.metrics.fold();
        }
    });
    let data = web::Data::from(shared);
    let server = HttpServer::new(move || App::new().app_data(data.clone()).configure(routes))
        .workers(listening.workers)
        .keep_alive(listening.keep_alive)
        .shutdown_timeout(listening.drain.as_secs())
        .listen(socket)?;
    Ok(server.run())
}
