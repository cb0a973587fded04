//! Every kind of refusal: one code, one status, one statement, and whether anything may have been recorded.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use avis_core::limits::REQUEST_BYTES_MAX;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::http::admission::BODY_TIME;

/// The code of a refusal. The answer, the published description and the page for terminals all take their words from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The connection ended within the body.
    UnreadableBody,
    /// The credential is missing or not accepted.
    Unauthorized,
    /// The terminal may not use a channel or a scheme that the request names.
    NotAllowed,
    /// The credential lacks the scope of the endpoint.
    OutOfScope,
    /// No endpoint has this path.
    NoSuchPath,
    /// The provider has no record under the id.
    NoSuchRecord,
    /// The endpoint takes another method.
    WrongMethod,
    /// The body did not arrive in time.
    BodyTooSlow,
    /// The request id was used for a request of another meaning.
    RequestIdReused,
    /// The state of the authorization does not allow the operation.
    NotInState,
    /// The original of a reversal is a reversal.
    NotReversible,
    /// The rules of a record are not kept any more.
    RulesReplaced,
    /// The body has too many bytes.
    BodyTooLarge,
    /// The body is of another media type.
    NotJson,
    /// The body is not a valid request.
    InvalidRequest,
    /// A day of the terminal that is to come.
    DayNotBegun,
    /// An upload redeems points, which nobody can without a connection.
    NotOffline,
    /// The terminal presented too many unknown identifiers.
    TooManyUnknown,
    /// Too many requests wait for the ledger.
    Overloaded,
    /// The ledger can't be reached, and recorded nothing.
    LedgerUnavailable,
    /// The ledger failed, and what became of the request is not known.
    OutcomeUnknown,
    /// The engine does not have the data that the request demands.
    StaleData,
    /// The engine has no rules.
    NotReady,
    /// The store of rules can't be reached.
    StoreUnavailable,
}

/// Whether this attempt may have been recorded. `no`: it surely was not; what an earlier attempt recorded stands. `unknown`: send
/// the same request again; if it was recorded, that is the answer then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    /// It surely was not.
    No,
    /// It may have been: the same request again is answered with what was recorded, or recorded then.
    Unknown,
}

impl Code {
    /// All of them, by status.
    pub const ALL: [Self; 24] = [
        Self::UnreadableBody,
        Self::Unauthorized,
        Self::NotAllowed,
        Self::OutOfScope,
        Self::NoSuchPath,
        Self::NoSuchRecord,
        Self::WrongMethod,
        Self::BodyTooSlow,
        Self::RequestIdReused,
        Self::NotInState,
        Self::NotReversible,
        Self::RulesReplaced,
        Self::BodyTooLarge,
        Self::NotJson,
        Self::InvalidRequest,
        Self::DayNotBegun,
        Self::NotOffline,
        Self::TooManyUnknown,
        Self::Overloaded,
        Self::LedgerUnavailable,
        Self::OutcomeUnknown,
        Self::StaleData,
        Self::NotReady,
        Self::StoreUnavailable,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::UnreadableBody => "unreadable_body",
            Self::Unauthorized => "unauthorized",
            Self::NotAllowed => "not_allowed",
            Self::OutOfScope => "out_of_scope",
            Self::NoSuchPath => "no_such_path",
            Self::NoSuchRecord => "no_such_record",
            Self::WrongMethod => "wrong_method",
            Self::BodyTooSlow => "body_too_slow",
            Self::RequestIdReused => "request_id_reused",
            Self::NotInState => "not_in_state",
            Self::NotReversible => "not_reversible",
            Self::RulesReplaced => "rules_replaced",
            Self::BodyTooLarge => "body_too_large",
            Self::NotJson => "not_json",
            Self::InvalidRequest => "invalid_request",
            Self::DayNotBegun => "day_not_begun",
            Self::NotOffline => "not_offline",
            Self::TooManyUnknown => "too_many_unknown",
            Self::Overloaded => "overloaded",
            Self::LedgerUnavailable => "ledger_unavailable",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::StaleData => "stale_data",
            Self::NotReady => "not_ready",
            Self::StoreUnavailable => "store_unavailable",
        }
    }

    /// The status of the answer that carries it.
    pub fn status(self) -> StatusCode {
        match self {
            Self::UnreadableBody => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotAllowed | Self::OutOfScope => StatusCode::FORBIDDEN,
            Self::NoSuchPath | Self::NoSuchRecord => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::RequestIdReused | Self::NotInState | Self::NotReversible | Self::RulesReplaced => {
                StatusCode::CONFLICT
            }
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidRequest | Self::DayNotBegun | Self::NotOffline => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyUnknown => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded
            | Self::LedgerUnavailable
            | Self::OutcomeUnknown
            | Self::StaleData
            | Self::NotReady
            | Self::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What it is, in a few words for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::UnreadableBody => "The body could not be read",
            Self::Unauthorized => "The terminal is not known",
            Self::NotAllowed => "The terminal may not do this",
            Self::OutOfScope => "The credential is not for this",
            Self::NoSuchPath => "There is nothing here",
            Self::NoSuchRecord => "There is no such record",
            Self::WrongMethod => "Wrong method",
            Self::BodyTooSlow => "The body came too slowly",
            Self::RequestIdReused => "The id was used for another request",
            Self::NotInState => "The authorization does not allow this now",
            Self::NotReversible => "This can't be reversed",
            Self::RulesReplaced => "The rules of the record are not kept any more",
            Self::BodyTooLarge => "The body is too large",
            Self::NotJson => "The body is not JSON",
            Self::InvalidRequest => "The request is not valid",
            Self::DayNotBegun => "The day has not begun",
            Self::NotOffline => "Points are not redeemed without a connection",
            Self::TooManyUnknown => "Too many unknown identifiers or coupons",
            Self::Overloaded => "Too much at once",
            Self::LedgerUnavailable => "The ledger does not answer",
            Self::OutcomeUnknown => "It is not known whether this was recorded",
            Self::StaleData => "The data is not new enough",
            Self::NotReady => "There are no rules yet",
            Self::StoreUnavailable => "The store does not answer",
        }
    }

    /// The one statement of when it is answered. Backticks enclose code.
    pub fn statement(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::UnreadableBody => "the body ended early",
            Self::Unauthorized => "no key was sent, or one that is not accepted",
            Self::NotAllowed => "the request names a channel or a scheme that is not the terminal's",
            Self::OutOfScope => "the credential does not have the scope of this call",
            Self::NoSuchPath => "no call has this path",
            Self::NoSuchRecord => "the id is not of a record of this provider",
            Self::WrongMethod => "the path takes another method",
            Self::BodyTooSlow => {
                return Cow::Owned(format!("the body took more than {} seconds to arrive", BODY_TIME.as_secs()));
            }
            Self::RequestIdReused => "the `request_id` was used for another request, whose record stands",
            Self::NotInState => "the `state` of the authorization, which is named, does not allow this",
            Self::NotReversible => "the original is a reversal, or a request about a person",
            Self::RulesReplaced => {
                "an explanation needs the rules of the record, and after a restore others bear the number of their revision"
            }
            Self::BodyTooLarge => {
                return Cow::Owned(format!("the body has more than {} KiB", REQUEST_BYTES_MAX / 1024));
            }
            Self::NotJson => "the `content-type` is not `application/json`",
            Self::InvalidRequest => "a field is missing, unknown or out of bounds, or the currency is another one",
            Self::DayNotBegun => "the day in the path is to come",
            Self::NotOffline => "what was sold without a connection says `redeem`",
            Self::TooManyUnknown => {
                "this terminal presented too many unknown identifiers and coupons in a minute (120 unless the deployment says otherwise)"
            }
            Self::Overloaded => "too many requests wait",
            Self::LedgerUnavailable => "the ledger can't be reached",
            Self::OutcomeUnknown => "the ledger or the store failed, and whether the request was recorded is not known",
            Self::StaleData => "this engine has not reached `min_revision`",
            Self::NotReady => "no rules are published here yet",
            Self::StoreUnavailable => {
                "an explanation needs rules of an earlier revision, or a membership or a day is to be written, and the store does not answer"
            }
        })
    }

    /// The one statement of what the terminal does then. Backticks enclose code.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::UnreadableBody | Self::BodyTooSlow => "send the same request again",
            Self::Unauthorized => "send the key as `authorization: Bearer KEY`, or ask the operator for another",
            Self::NotAllowed => "name one of its own, as `GET /v1/terminal` lists them",
            Self::OutOfScope => "call with a credential of that scope",
            Self::NoSuchPath => "call one of those that the answer lists",
            Self::NoSuchRecord => "look for the id; a request whose answer never came is undone by its `request_id`",
            Self::WrongMethod => "call with the method that the header `allow` names",
            Self::RequestIdReused => "give the new request an id of its own",
            Self::NotInState => "read the authorization, and do what its state allows",
            Self::NotReversible => "leave it: what was reversed stays so",
            Self::RulesReplaced => "leave it: this record can't be explained any more",
            Self::BodyTooLarge => "send fewer records at a time",
            Self::NotJson => "send JSON and say so",
            Self::DayNotBegun => "name a day that has begun, by the engine's clock (`GET /v1/terminal`)",
            Self::NotOffline => "leave `redeem` out: what was paid earns points all the same",
            Self::InvalidRequest => "mend what `errors` names; unchanged it is refused again",
            Self::Overloaded | Self::LedgerUnavailable => "send the same request again after `retry-after` seconds",
            Self::OutcomeUnknown => {
                "send the same request again after `retry-after` seconds: if it was recorded, that is the answer then"
            }
            Self::StaleData => "try again after `retry-after` seconds, here or at another engine",
            Self::TooManyUnknown | Self::NotReady | Self::StoreUnavailable => "try again after `retry-after` seconds",
        }
    }

    /// Both in one.
    pub fn told(self) -> String {
        format!("{}; {}", self.statement(), self.remedy())
    }

    /// Whether the request may have been recorded by this attempt; what an earlier attempt recorded stands in any case.
    pub fn recorded(self) -> Recorded {
        if self == Self::OutcomeUnknown { Recorded::Unknown } else { Recorded::No }
    }
}

impl Recorded {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_by_status() {
        for (place, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, place, "{code:?}");
        }
        assert_eq!(Code::StoreUnavailable as usize + 1, Code::ALL.len());
        assert!(Code::ALL.is_sorted_by_key(|code| code.status()));
    }
}
