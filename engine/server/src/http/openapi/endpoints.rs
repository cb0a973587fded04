//! Every call: what it is for, what it takes, what it answers.

use utoipa::openapi::HttpMethod::{self, Get, Post};

/// A call as it is described.
pub(super) struct Endpoint {
    pub(super) method: HttpMethod,
    pub(super) path: &'static str,
    /// Unique; names the call in generated clients.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) about: &'static str,
    pub(super) access: Access,
    /// The schema of the body, and an example of it.
    pub(super) body: Option<(&'static str, &'static str)>,
    pub(super) answer: Answer,
    pub(super) problems: &'static [&'static str],
}

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// A terminal that sells.
    Sell,
    /// A credential for explanations.
    Explain,
    /// Everybody.
    Open,
}

/// What comes back with 200.
pub(super) enum Answer {
    /// JSON of one of these schemas, and an example.
    Json(&'static [Shape], &'static str),
    /// JSON, and whether it is repeated to the byte when the same request is sent again.
    Repeated(&'static [Shape], &'static str),
    /// Something else, by its media type and what it is.
    Other(&'static str, &'static str),
}

/// A schema, and the optional fields of it that are there.
pub(super) type Shape = (&'static str, &'static [&'static str]);

const BODY: [&str; 6] =
    ["unreadable_body", "unauthorized", "out_of_scope", "body_too_slow", "body_too_large", "not_json"];
const AUTHORIZATION: Shape = ("Authorization", &[]);
const OPERATED: Shape = ("Authorization", &["operation"]);
const HISTORY: Shape = ("Authorization", &["history"]);
const BEFORE: Shape = ("ReversedBefore", &[]);

const READ: &[&str] = &["unauthorized", "out_of_scope", "no_such_record", "ledger_unavailable"];
const EXPLAIN: &[&str] = &["unauthorized", "out_of_scope", "no_such_record", "invalid_request", "ledger_unavailable"];
const ASK: &[&str] = &joined::<11>(&BODY, &["not_allowed", "invalid_request", "too_many_unknown", "stale_data", LEDGER]);
const AUTHORIZE: &[&str] = &joined::<13>(
    &BODY,
    &["not_allowed", "request_id_reused", "invalid_request", "too_many_unknown", "stale_data", "overloaded", LEDGER],
);
const OPERATE: &[&str] = &joined::<12>(
    &BODY,
    &["no_such_record", "request_id_reused", "not_in_state", "invalid_request", "overloaded", LEDGER],
);
const REVERSE: &[&str] =
    &joined::<11>(&BODY, &["request_id_reused", "not_reversible", "invalid_request", "overloaded", LEDGER]);
const LEDGER: &str = "ledger_unavailable";
