//! What went wrong, as RFC 9457 problem details.

use std::borrow::Cow;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use avis_core::authorization::{Refusal, State};
use avis_core::{Fault, Faults};
use avis_store::{LedgerError, Refused};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Selling;
use crate::http::code::{Code, Recorded};
use crate::http::endpoints::{ENDPOINTS, Endpoint};
use crate::terminal::Scope;

/// A refusal as RFC 9457 has it. Values that were sent never come back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// What it is, for people.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What it is, for programs.
    #[schema(value_type = String)]
    code: Code,
    /// What was expected.
    detail: Cow<'static, str>,
    recorded: Recorded,
    /// JSON pointer to the first field to blame; empty for the whole document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pointer: Option<String>,
    /// Every field to blame, at most 1000.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, max_items = 1000)]
    errors: Vec<Fault>,
    /// Where the authorization stands that does not allow it, with `not_in_state`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    state: Option<State>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

/// The first field that a refusal blames, as what is done around each request finds it.
pub(super) struct Blamed(pub(super) String);

/// What `retry-after` says where another engine or a moment may help.
const RETRY_AFTER_S: u32 = 1;

impl Problem {
    pub(super) fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
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
            // No till asks for this.
            Refused::TooMuch { .. } => Self::invalid(Faults::at("/points", detail)),
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
        if let Some(pointer) = self.pointer {
            response.extensions_mut().insert(Blamed(pointer));
        }
        response
    }
}

impl From<Code> for Problem {
    /// A refusal whose detail is what the pages say of the code.
    fn from(code: Code) -> Self {
        Self::new(code, code.told())
    }
}

pub(super) async fn no_such_path() -> HttpResponse {
    let names: Vec<String> = ENDPOINTS.iter().map(Endpoint::name).collect();
    no_path_but(names.iter().map(String::as_str))
}

pub(super) fn no_path_but<'a>(names: impl Iterator<Item = &'a str>) -> HttpResponse {
    let paths: Vec<_> = names.map(|path| format!("`{path}`")).collect();
    let detail = format!("expected one of {}", paths.join(", "));
    Problem::new(Code::NoSuchPath, detail).into_response()
}

/// A path that takes other methods, which are separated by commas.
pub(super) fn wrong_method(allowed: &str) -> HttpResponse {
    let detail = format!("expected the method `{}`", allowed.replace(", ", "` or `"));
    let mut response = Problem::new(Code::WrongMethod, detail).into_response();
    if let Ok(allowed) = header::HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}
