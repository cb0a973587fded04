//! What went wrong, as RFC 9457 problem details.

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use avis_core::{Fault, Faults};
use serde::Serialize;

/// A refusal: nothing happened. Never carries a value that was sent.
#[derive(Debug, Serialize)]
pub struct Problem {
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    /// Where the first fault is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// Every fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

/// What `retry-after` says where another engine or a moment may help.
const RETRY_AFTER_S: u32 = 1;

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        let (status, detail) = (status.as_u16(), detail.into());
        Self { title, status, code, detail, pointer: None, errors: Vec::new(), retry_after_s: None }
    }

    /// A body that is not a request.
    pub fn invalid(faults: Faults) -> Self {
        let count = faults.list.len() + faults.unlisted;
        let first = faults.list.first();
        let detail = match (count, first) {
            (1, Some(first)) => first.detail.clone(),
            _ => format!("{count} fields are not as expected"),
        };
        let pointer = first.map(|fault| fault.pointer.clone());
        let problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", "The request is not valid", detail);
        Self { pointer, errors: faults.list, ..problem }
    }

    pub(super) fn not_json() -> Self {
        let detail = "send the request as `content-type: application/json`";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "The body is not JSON", detail)
    }

    pub(super) fn too_large(most: usize) -> Self {
        let detail = format!("expected a body of at most {most} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large", detail)
    }

    pub(super) fn unreadable() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable_body", "The body could not be read", "the body ended early")
    }

    pub(super) fn too_slow(most: Duration) -> Self {
        let detail = format!("expected the whole body within {} seconds", most.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", "The body came too slowly", detail)
    }

    pub(super) fn unauthorized() -> Self {
        let detail = "send the terminal's key as `authorization: Bearer …`";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "The terminal is not known", detail)
    }

    pub(super) fn forbidden(fault: Fault) -> Self {
        let problem = Self::new(StatusCode::FORBIDDEN, "not_allowed", "The terminal may not do this", fault.detail);
        Self { pointer: Some(fault.pointer), ..problem }
    }

    pub(super) fn stale(revision: u64) -> Self {
        let detail = format!("this engine is at revision {revision}, before `min_revision`");
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "stale_data", "The data is not new enough", detail);
        Self { pointer: Some("/min_revision".into()), retry_after_s: Some(RETRY_AFTER_S), ..problem }
    }

    /// The answer that carries it.
    pub(super) fn into_response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.content_type("application/problem+json").body(serde_json::to_vec(&self).unwrap_or_default())
    }
}

/// The paths, for people who guess; a known one was called with a wrong method.
const PATHS: [(&str, &str); 4] = [("/v1/quote", "POST"), ("/healthz", "GET"), ("/readyz", "GET"), ("/metrics", "GET")];

pub(super) async fn no_such_route(request: HttpRequest) -> HttpResponse {
    match PATHS.iter().find(|(path, _)| *path == request.path()) {
        Some((_, method)) => {
            let detail = format!("expected the method `{method}`");
            let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", "Wrong method", detail);
            let mut response = problem.into_response();
            response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(method));
            response
        }
        None => {
            let paths: Vec<_> = PATHS.iter().map(|(path, method)| format!("`{method} {path}`")).collect();
            let detail = format!("expected one of {}", paths.join(", "));
            Problem::new(StatusCode::NOT_FOUND, "no_such_path", "There is nothing here", detail).into_response()
        }
    }
}
