//! A stop that loses no request: the node says that it leaves, answers on for a while, and lets go of each connection with an
//! answer, never without one.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::dev::ServiceResponse;
use actix_web::http::ConnectionType;
use actix_web::http::header::{CONNECTION, HeaderValue};

/// What `/readyz` says meanwhile.
pub(super) const DRAINING: &str = "not ready: this node is about to stop\n";

/// Whether a node is about to stop; once it is, it stays so.
#[derive(Debug, Default)]
pub struct Draining(AtomicBool);

impl Draining {
    /// From now on.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// While the node leaves, each answer ends its connection: the next request goes over another one, to another node.
    pub(super) fn close_connection<B>(&self, response: &mut ServiceResponse<B>) {
        if self.has_begun() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
    }
}
