//! One event for each request, without an identifier, a body, a path as it was sent, or a key.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{Error, HttpMessage, HttpRequest};
use serde::Deserialize;
use uuid::Uuid;

use crate::http::code::Code;
use crate::terminal::Terminal;

/// Which requests are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestLog {
    /// None.
    #[default]
    Off,
    /// Those that are answered with a status from 400 on.
    Errors,
    /// All of them.
    All,
}

/// A request, from its arrival to its answer.
pub(super) struct Begun {
    log: RequestLog,
    at: Instant,
    method: &'static str,
    /// The route's template: the path itself may hold anything.
    route: Option<String>,
    trace: Option<String>,
    entry: Entry,
}

/// What handlers learn about a request.
#[derive(Clone, Default)]
pub(super) struct Entry(Rc<Learned>);

#[derive(Default)]
struct Learned {
    terminal: OnceCell<Arc<Terminal>>,
    revision: Cell<Option<u64>>,
    request_id: Cell<Option<Uuid>>,
}

impl RequestLog {
    /// Begins to look at a request; what only the log tells is not found out where nothing is logged.
    pub(super) fn begin(self, request: &ServiceRequest) -> Begun {
        let (entry, is_on) = (Entry::default(), self != Self::Off);
        request.extensions_mut().insert(entry.clone());
        Begun {
            log: self,
            at: Instant::now(),
            method: known_method(request.method()),
            route: is_on.then(|| request.match_pattern()).flatten(),
            trace: is_on.then(|| traceparent(request).map(|(_, trace)| trace.to_owned())).flatten(),
            entry,
        }
    }
}

impl Begun {
    /// Whose request it was, where that is known.
    pub(super) fn terminal(&self) -> Option<&Arc<Terminal>> {
        self.entry.0.terminal.get()
    }

    /// Logs the request by its answer.
    pub(super) fn end<B>(self, answered: &Result<ServiceResponse<B>, Error>) {
        let status = match answered {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        let is_error = status.is_client_error() || status.is_server_error();
        if self.log == RequestLog::All || (self.log == RequestLog::Errors && is_error) {
            let code = answered.as_ref().ok().and_then(|answer| answer.response().extensions().get::<Code>().copied());
            self.write(status, code);
        }
    }

    fn write(self, status: StatusCode, code: Option<Code>) {
        let learned = self.entry.0;
        let terminal = learned.terminal.get();
        tracing::info!(
            target: "avis::request",
            method = self.method,
            route = self.route.as_deref().unwrap_or("none"),
            status = status.as_u16(),
            code = code.map(Code::word),
            provider = terminal.map(|terminal| terminal.provider.as_str()),
            terminal = terminal.map(|terminal| terminal.code.as_str()),
            request_id = learned.request_id.get().map(tracing::field::display),
            revision = learned.revision.get(),
            microseconds = u64::try_from(self.at.elapsed().as_micros()).unwrap_or(u64::MAX),
            trace = self.trace,
            "answered"
        );
    }
}

impl Entry {
    /// The entry of a request.
    pub(super) fn of(http: &HttpRequest) -> Self {
        http.extensions().get::<Self>().cloned().unwrap_or_default()
    }

    /// The caller, and the revision by which it is answered.
    pub(super) fn caller(&self, terminal: &Arc<Terminal>, revision: u64) {
        // A request has one caller, also where it is looked up again.
        let _ = self.0.terminal.set(terminal.clone());
        self.0.revision.set(Some(revision));
    }

    /// The id that a valid body gives the request.
    pub(super) fn request_id(&self, id: Uuid) {
        self.0.request_id.set(Some(id));
    }
}

/// A method of the standard; a caller may send any word.
fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The header by which a caller follows a request through several systems (W3C Trace Context).
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A request's valid `traceparent`, with its trace id.
pub(super) fn traceparent(request: &ServiceRequest) -> Option<(&HeaderValue, &str)> {
    let value = request.headers().get(TRACEPARENT)?;
    Some((value, trace_id(value.to_str().ok()?)?))
}

/// The trace id of a `traceparent` header (W3C Trace Context, 3.2); none if the header is not valid.
fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.splitn(4, '-');
    let mut part = |length: usize| {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        parts.next().filter(|part| part.len() == length && part.bytes().all(is_hex))
    };
    let (version, trace, parent) = (part(2)?, part(32)?, part(16)?);
    let flags = parts.next()?;
    let flags_fit = match (version, flags.split_once('-')) {
        ("ff", _) | ("00", Some(_)) => false,
        // A later version may append parts.
        (_, Some((flags, _))) => flags.len() == 2,
        (_, None) => flags.len() == 2,
    };
    let flags_are_hex = flags.bytes().take(2).all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_set = |part: &str| part.bytes().any(|byte| byte != b'0');
    (flags_fit && flags_are_hex && is_set(trace) && is_set(parent)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_valid_traceparent_gives_its_trace_id_and_no_other_does() {
        for valid in ["00-T-00f067aa0ba902b7-01", "00-T-00f067aa0ba902b7-00", "01-T-00f067aa0ba902b7-01-what-comes"] {
            assert_eq!(trace_id(&valid.replace('T', TRACE)), Some(TRACE), "{valid}");
        }
        for invalid in [
            "",
            "T",
            "00-T",
            "00-T-00f067aa0ba902b7",
            "00-T-00f067aa0ba902b7-",
            "00-T-00f067aa0ba902b7-1",
            "00-T-00f067aa0ba902b7-0x",
            "00-T-00f067aa0ba902b7-01-more",
            "01-T-00f067aa0ba902b7-011-more",
            "ff-T-00f067aa0ba902b7-01",
            "00-T-0000000000000000-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-card-00f067aa0ba902b7-01",
            "00-T-00f067aa0ba902b7-\u{e4}1",
        ] {
            assert_eq!(trace_id(&invalid.replace('T', TRACE)), None, "{invalid}");
        }
    }

    #[test]
    fn a_method_of_no_standard_is_not_repeated() {
        assert_eq!(known_method(&Method::POST), "POST");
        assert_eq!(known_method(&Method::from_bytes(b"CARD-7731").unwrap()), "other");
    }
}
