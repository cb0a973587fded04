//! The endpoints that terminals call.

mod admin_health;
mod admission;
mod advise;
mod authorize;
mod code;
mod days;
mod draining;
mod encryption;
mod endpoints;
mod explain;
mod health;
mod json;
mod members;
mod offline;
mod openapi;
mod operate;
mod people_store;
mod problem;
mod quote;
mod read;
mod recording;
mod request_log;
mod reverse;
mod tap;
mod terminal;
mod training;
mod validity;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::Server;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{self, Next};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpServer, Resource, rt};
use avis_store::redis::RedisSignal;
use avis_store::{Clock, Ledger, Registry, Reports, StandIn, Store};
use jiff::{SignedDuration, Timestamp};

use crate::engine::Engine;
use crate::follower::Following;
use crate::http::endpoints::{ENDPOINTS, Endpoint};
use crate::identifier_throttle::IdentifierThrottle;
use crate::local_copy::LocalCopy;
use crate::metrics::Metrics;
use crate::security::SecurityLog;
use crate::terminal_calls::{RefusedCall, TerminalCalls, kept_pointer};
use crate::usage_cache::UsageCache;

pub use admin_health::{AdminHealth, serve_admin_health};
pub use code::{Code, Recorded};
pub use draining::Draining;
pub use encryption::{EncryptionError, ServerEncryption};
pub use openapi::openapi_json;
use problem::Blamed;
pub use problem::Problem;
pub use quote::decide;
pub use request_log::RequestLog;
pub use training::Training;
pub use validity::{Validity, validity};

/// How the server listens.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Threads that answer.
    pub workers: usize,
    /// How long it answers on after a stop is asked for, so that who sends requests learns to send them elsewhere.
    pub leave: Duration,
    /// How long open requests may take after that.
    pub drain: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
}

/// How sales are taken.
#[derive(Clone, Debug)]
pub struct Selling {
    /// How long a hold waits for its capture.
    pub hold: SignedDuration,
    /// How long before now a sale may have taken place.
    pub past: SignedDuration,
    /// How long after now, by a clock that is not ours.
    pub future: SignedDuration,
}

/// How new data must be.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// How long ago the engine may have known itself equal to the store until answers say `stale`.
    pub stale_after: Duration,
    /// How long a request waits for the revision that it demands.
    pub wait: Duration,
}

/// What every handler is given.
pub struct AppState {
    /// The name of this node, of its own in the deployment.
    pub node: String,
    /// The engine.
    pub engine: Arc<Engine>,
    /// Where memberships are written; none where nobody keeps it.
    pub store: Option<Arc<dyn Store>>,
    /// What the rules were; none where nobody keeps it.
    pub registry: Option<Arc<dyn Registry>>,
    /// What days come to; none where nobody closes any.
    pub reports: Option<Arc<dyn Reports>>,
    /// Who keeps it equal to the store; none where nobody does.
    pub following: Option<Arc<Following>>,
    /// Where sales are recorded.
    pub ledger: Arc<dyn Ledger>,
    /// Where sales of terminals that train are recorded.
    pub training: Training,
    /// Whether it is about to stop.
    pub draining: Draining,
    /// Of a node of a cluster only.
    pub cluster: Option<ClusterParts>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How sales are taken.
    pub selling: Selling,
    /// What was used, as quotes know it.
    pub usage_cache: UsageCache,
    /// How new data must be.
    pub freshness: Freshness,
    /// Who tries identifiers.
    pub identifier_throttle: IdentifierThrottle,
    /// Where security events are kept; none where nobody does.
    pub security: Option<SecurityLog>,
    /// What is counted.
    pub metrics: Metrics,
    /// Which requests are logged.
    pub request_log: RequestLog,
    /// What terminals called.
    pub calls: Arc<TerminalCalls>,
}

/// What only a node of a cluster has.
pub struct ClusterParts {
    /// The ledger, which sells on by itself while the cluster's is away.
    pub stand_in: Arc<StandIn>,
    /// From what the node can start while the store is away; none if it keeps nothing.
    pub local_copy: Option<LocalCopy>,
    /// By what news come; none if nodes only look.
    pub news: Option<Arc<RedisSignal>>,
}

impl AppState {
    /// Whether what the engine knows may be too old.
    pub(crate) fn is_stale(&self) -> bool {
        self.following.is_some() && self.engine.age() > self.freshness.stale_after
    }
}

/// How often metrics are folded where nobody scrapes.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// Every route, as the table of calls has it.
pub fn routes(config: &mut ServiceConfig) {
    for (place, endpoint) in ENDPOINTS.iter().enumerate() {
        let same_path = |other: &&Endpoint| other.path == endpoint.path;
        if ENDPOINTS.iter().take(place).any(|before| same_path(&before)) {
            continue;
        }
        let methods = ENDPOINTS
            .iter()
            .filter(same_path)
            .flat_map(|endpoint| endpoint.methods().map(|method| (endpoint.handler)(web::method(method))));
        let allowed = ENDPOINTS.iter().filter(same_path).flat_map(Endpoint::methods);
        let allowed = allowed.map(|method| method.to_string()).collect::<Vec<_>>().join(", ");
        let resource = at(endpoint.path, allowed).app_data(endpoint.access);
        config.service(methods.fold(resource, Resource::route));
    }
    for path in ["/", "/docs/"] {
        config.service(at(path, "GET").route(web::get().to(openapi::to_docs)));
    }
    config.default_service(web::to(problem::no_such_path));
}

/// What is done around each request.
async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let shared = request.app_data::<Data<AppState>>().cloned();
    let begun = shared.as_ref().map(|shared| shared.request_log.begin(&request));
    let traced = request_log::traceparent(&request).map(|(value, _)| value.clone());
    let mut answered = next.call(request).await;
    if let (Some(shared), Ok(response)) = (&shared, &mut answered) {
        shared.draining.close_connection(response);
        training::tell(response);
    }
    if let (Some(value), Ok(response)) = (traced, &mut answered) {
        response.headers_mut().insert(request_log::TRACEPARENT, value);
    }
    if let (true, Ok(response)) = (cfg!(debug_assertions), &answered) {
        check_declared(response);
    }
    if let (Some(shared), Some(begun)) = (&shared, begun) {
        if let (Some(terminal), Ok(response)) = (begun.terminal(), &answered) {
            let now = shared.clock.now();
            shared.calls.record(terminal, now, refusal(response, now));
        }
        begun.end(&answered);
    }
    answered
}

/// How a call was refused; none where it was not.
fn refusal<B>(response: &ServiceResponse<B>, at: Timestamp) -> Option<RefusedCall> {
    let extensions = response.response().extensions();
    let code = extensions.get::<Code>()?.word().to_owned();
    let pointer = extensions.get::<Blamed>().map(|blamed| kept_pointer(&blamed.0));
    let call = format!("{} {}", response.request().method(), response.request().match_pattern().unwrap_or_default());
    Some(RefusedCall { at, call, code, pointer })
}

/// In every test a refusal that a call does not declare is a fault of the table.
fn check_declared<B>(response: &ServiceResponse<B>) {
    let Some(code) = response.response().extensions().get::<Code>().copied() else { return };
    let (method, pattern) = (response.request().method(), response.request().match_pattern());
    let is_called = |endpoint: &&Endpoint| {
        Some(endpoint.path) == pattern.as_deref() && endpoint.methods().any(|one| one == *method)
    };
    if let Some(endpoint) = ENDPOINTS.iter().find(is_called) {
        debug_assert!(endpoint.declares(code), "{} does not declare {code:?}", endpoint.name());
    }
}

/// A path that tells which methods it takes.
fn at(path: &str, allowed: impl Into<String>) -> Resource {
    let allowed = allowed.into();
    web::resource(path).default_service(web::to(move || {
        let answer = problem::wrong_method(&allowed);
        async move { answer }
    }))
}

/// Routes of another part of the program that are served on the same port.
pub type Beside = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Starts the server on a bound socket, in the clear or not, with other routes beside its own or without; a handshake has 3 seconds. It drains when its handle is told to stop.
///
/// # Errors
/// A socket that can't be listened on.
pub fn serve(
    shared: Arc<AppState>,
    socket: TcpListener,
    encryption: Option<ServerEncryption>,
    listening: &Listening,
    beside: Option<Beside>,
) -> std::io::Result<Server> {
    let folded = shared.clone();
    rt::spawn(async move {
        let mut ticks = rt::time::interval(FOLD_EVERY);
        loop {
            ticks.tick().await;
            folded.metrics.fold();
        }
    });
    let data = Data::from(shared);
    let server = HttpServer::new(move || {
        let beside = beside.clone();
        App::new()
            .app_data(data.clone())
            .wrap(middleware::from_fn(around))
            .configure(|config| beside.iter().for_each(|beside| beside(config)))
            .configure(routes)
    });
    let server = server
        .disable_signals()
        .workers(listening.workers)
        .keep_alive(listening.keep_alive)
        .shutdown_timeout(listening.drain.as_secs());
    let server = match encryption {
        Some(encryption) => server.listen_rustls_0_23(socket, encryption.config)?,
        None => server.listen(socket)?,
    };
    Ok(server.run())
}
