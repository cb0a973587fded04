//! What went wrong, as RFC 9457 problem details.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use avis_core::authorization::{Refusal, State};
use avis_core::{Fault, Faults};
use avis_store::{LedgerError, Refused};
use serde::Serialize;

use crate::http::Selling;
use crate::http::code::{Code, Recorded};
use crate::terminal::Scope;

/// A refusal. Never carries a value that was sent.
#[derive(Debug, Serialize)]
pub struct Problem {
    title: &'static str,
    status: u16,
    code: Code,
    detail: Cow<'static, str>,
    /// Whether this attempt may have been recorded.
    recorded: Recorded,
    /// Where the first fault is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// Every fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// Where the authorization stands that does not allow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

/// What `retry-after` says where another engine or a moment may help.
const RETRY_AFTER_S: u32 = 1;

impl Problem {
    fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let status = code.status();
        Self {
            title: code.title(),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            recorded: code.recorded(),
            pointer: None,
            errors: Vec::new(),
            state: None,
            retry_after_s: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_S),
        }
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
        Self { pointer, errors: faults.list, ..Self::new(Code::InvalidRequest, detail) }
    }

    pub(super) fn forbidden(fault: Fault) -> Self {
        Self { pointer: Some(fault.pointer), ..Self::new(Code::NotAllowed, fault.detail) }
    }

    pub(super) fn stale(revision: u64) -> Self {
        let detail = format!("this engine is at revision {revision}, before `min_revision`");
        Self { pointer: Some("/min_revision".into()), ..Self::new(Code::StaleData, detail) }
    }

    pub(super) fn out_of_scope(scope: Scope) -> Self {
        Self::new(Code::OutOfScope, format!("expected a credential of the scope `{}`", scope.word()))
    }

    pub(super) fn guessing(rest: Duration) -> Self {
        let seconds = u32::try_from(rest.as_secs()).unwrap_or(u32::MAX).max(1);
        Self { retry_after_s: Some(seconds), ..Code::TooManyUnknown.into() }
    }

    pub(super) fn not_about_now(selling: &Selling, is_past: bool) -> Self {
        let detail = if is_past {
            format!("expected a moment of the last {} seconds", selling.past.as_secs())
        } else {
            format!("expected a moment at most {} seconds ahead", selling.future.as_secs())
        };
        Self::invalid(Faults::at("/occurred_at", detail))
    }

    /// Why the ledger recorded nothing, as far as that is known.
    pub(super) fn of_recording(error: &LedgerError) -> Self {
        match error {
            LedgerError::Overloaded => Code::Overloaded,
            LedgerError::Stopped | LedgerError::OutOfReach(_) => Code::LedgerUnavailable,
            LedgerError::Failed(_) => Code::OutcomeUnknown,
        }
        .into()
    }

    /// What the ledger refuses.
    pub(super) fn refused(refused: Refused) -> Self {
        let detail = refused.to_string();
        let conflict = |code, pointer: Option<&str>| Self {
            pointer: pointer.map(str::to_owned),
            ..Self::new(code, detail.clone())
        };
        match refused {
            Refused::Granted(faults) => Self::invalid(faults),
            Refused::NoSuchAuthorization => Code::NoSuchRecord.into(),
            Refused::RequestIdReused => conflict(Code::RequestIdReused, Some("/request_id")),
            Refused::NotReversible => conflict(Code::NotReversible, Some("/original_request_id")),
            Refused::Operation(Refusal::NotInState(state)) => {
                Self { state: Some(state), ..conflict(Code::NotInState, None) }
            }
            Refused::Operation(Refusal::UnknownLine { place }) => {
                Self::invalid(Faults::at(format!("/lines/{place}/line_id"), detail))
            }
            Refused::Operation(Refusal::TooManyUnits { place, .. }) => {
                Self::invalid(Faults::at(format!("/lines/{place}/units"), detail))
            }
        }
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn json(&self) -> Vec<u8> {
        // These types have no keys that JSON can't write.
        serde_json::to_vec(self).unwrap_or_default()
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
        let mut response = response.content_type("application/problem+json").body(self.json());
        response.extensions_mut().insert(self.code);
        response
    }
}

impl From<Code> for Problem {
    /// A refusal whose detail is the code's statement.
    fn from(code: Code) -> Self {
        Self::new(code, code.statement())
    }
}

/// Every path with its method, for people who guess.
const PATHS: [&str; 17] = [
    "POST /v1/quote",
    "POST /v1/explain",
    "POST /v1/authorizations",
    "GET /v1/authorizations/{id}",
    "GET /v1/authorizations/{id}/explain",
    "POST /v1/authorizations/{id}/capture",
    "POST /v1/authorizations/{id}/void",
    "POST /v1/authorizations/{id}/refunds",
    "POST /v1/reversals",
    "POST /v1/advices",
    "GET /v1/requests/{request_id}",
    "GET /v1/terminal",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /docs",
];

/// Every path with its method, as in `POST /v1/quote`.
pub fn paths() -> &'static [&'static str] {
    &PATHS
}

pub(super) async fn no_such_path() -> HttpResponse {
    no_path_but(&PATHS)
}

pub(super) fn no_path_but(paths: &[&str]) -> HttpResponse {
    let paths: Vec<_> = paths.iter().map(|path| format!("`{path}`")).collect();
    let detail = format!("expected one of {}", paths.join(", "));
    Problem::new(Code::NoSuchPath, detail).into_response()
}

pub(super) fn wrong_method(allowed: &'static str) -> HttpResponse {
    let detail = format!("expected the method `{allowed}`");
    let mut response = Problem::new(Code::WrongMethod, detail).into_response();
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    response
}
