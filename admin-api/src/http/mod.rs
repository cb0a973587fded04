//! The operator's endpoints, on a socket of their own that only this machine reaches.

mod answer;
mod audit;
mod files;
mod invitations;
mod keys;
pub(crate) mod outgoing;
mod own_address;
pub(crate) mod pipe;
mod status;
mod users;

use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{App, Error, HttpRequest, HttpServer};

use crate::http::own_address::{OwnAddress, guarded};
use crate::operator::Operator;

pub use answer::{Answered, CommitOptions, STORE_FAILED};
pub use audit::{AuditQuery, ENTRIES_MAX};
pub use invitations::Invited;
pub use keys::{Revocation, Revoked, Rotation};
pub use status::{EngineStatus, FleetStatus, Status, Verification};
pub use users::Addressed;

/// A body as a file that another thread reads as it comes, and what must be awaited meanwhile.
pub fn file(payload: Payload) -> (Box<dyn Read + Send>, impl Future<Output = ()>) {
    let (reader, feeding) = pipe::feed(payload, pipe::BodyLimits::FILE);
    (Box::new(reader), feeding)
}

/// Every route.
fn routes(config: &mut ServiceConfig) {
    let file = |path: &str| web::resource(path.to_owned());
    config
        .service(
            file("/operator/v1/catalogue")
                .route(web::post().to(files::import_catalogue))
                .route(web::get().to(files::export_catalogue)),
        )
        .service(
            file("/operator/v1/holders")
                .route(web::post().to(files::import_holders))
                .route(web::get().to(files::export_holders)),
        )
        .service(
            file("/operator/v1/terminals")
                .route(web::post().to(files::import_terminals))
                .route(web::get().to(files::export_terminals)),
        )
        .service(web::resource("/operator/v1/terminals/{terminal}").route(web::post().to(keys::create)))
        .service(
            web::resource("/operator/v1/terminals/{terminal}/keys")
                .route(web::post().to(keys::rotate))
                .route(web::delete().to(keys::revoke)),
        )
        .service(web::resource("/operator/v1/invitations").route(web::post().to(invitations::create)))
        .service(web::resource("/operator/v1/users/enabled").route(web::post().to(users::enabled)))
        .service(web::resource("/operator/v1/users/password-links").route(web::post().to(users::reset_password)))
        .service(web::resource("/operator/v1/audit").route(web::get().to(audit::entries)))
        .service(web::resource("/operator/v1/status").route(web::get().to(status::status)))
        .default_service(web::to(answer::no_such_path));
}

/// Starts the endpoints on a bound socket; whoever started it stops it.
///
/// # Errors
/// A socket that can't be listened on.
pub fn serve(operator: Arc<Operator>, socket: TcpListener) -> std::io::Result<Server> {
    let data = web::Data::from(operator);
    let own = web::Data::new(OwnAddress::of(socket.local_addr()?));
    let server = HttpServer::new(move || {
        let app = App::new().app_data(data.clone()).app_data(own.clone());
        app.wrap(from_fn(guarded)).wrap(from_fn(counted)).configure(routes)
    });
    Ok(server.workers(1).disable_signals().listen(socket)?.run())
}

/// Answers, and counts how.
async fn counted(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let operator = request.app_data::<web::Data<Operator>>().cloned();
    let answered = next.call(request).await?;
    if let Some(operator) = operator {
        operator.metrics.answered(answered.status());
    }
    Ok(answered)
}

/// Whether a request carries the operator's token.
fn is_operator(http: &HttpRequest, operator: &Operator) -> bool {
    let header = http.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|header| header.strip_prefix("Bearer "));
    token.is_some_and(|token| operator.authority.is(token))
}
