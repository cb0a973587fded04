//! Refusals: problem documents, their codes, and what each says.

use utoipa::ToSchema;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Header, Ref, Response, ResponseBuilder, Schema};

/// A refusal as RFC 9457 has it: nothing happened. Values that were sent never come back.
#[derive(ToSchema)]
pub(super) struct Problem {
    /// What it is, for people.
    title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What it is, for programs.
    code: String,
    /// What was expected.
    detail: String,
    /// JSON pointer to the first field to blame; empty for the whole document.
    #[schema(nullable = false)]
    pointer: Option<String>,
    /// Every field to blame, at most 1000.
    #[schema(nullable = false, max_items = 1000)]
    errors: Option<Vec<Fault>>,
    /// Where the authorization stands that does not allow it, with `not_in_state`.
    #[schema(nullable = false)]
    state: Option<super::authorization::State>,
}

/// One field that is not as expected.
#[derive(ToSchema)]
pub(super) struct Fault {
    /// JSON pointer to it; empty for the whole document.
    pointer: String,
    /// What was expected there.
    detail: String,
}

/// A kind of refusal.
struct Code {
    status: u16,
    code: &'static str,
    when: &'static str,
}

const fn code(status: u16, code: &'static str, when: &'static str) -> Code {
    Code { status, code, when }
}

/// Every refusal of a call that there is.
const CODES: [Code; 18] = [
    code(400, "unreadable_body", "the body ended early"),
    code(401, "unauthorized", "no key, or one that is not known"),
    code(403, "not_allowed", "a channel or a scheme that is not the terminal's"),
    code(403, "out_of_scope", "a credential that is for something else"),
    code(404, "no_such_record", "an id that is not of a record of this provider"),
    code(408, "body_too_slow", "the body took more than 10 seconds to arrive"),
    code(409, "request_id_reused", "the id was used for another request"),
    code(409, "not_in_state", "the authorization's `state`, which is named, does not allow it"),
    code(409, "not_reversible", "the original is a reversal"),
    code(413, "body_too_large", "more than 256 KiB"),
    code(415, "not_json", "another `content-type` than `application/json`"),
    code(422, "invalid_request", "a field that is missing, unknown or out of bounds; another currency"),
    code(429, "too_many_unknown", "more than 120 unknown identifiers in a minute from this terminal"),
    code(503, "overloaded", "too many requests wait; nothing was recorded, send the same request again"),
    code(503, "ledger_unavailable", "nothing was recorded; send the same request again"),
    code(503, "stale_data", "`min_revision` is not reached"),
    code(404, "no_such_path", "the answer lists the paths there are"),
    code(405, "wrong_method", "the header `allow` names the right one"),
];

/// An answer that refuses, as operations share it.
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Names it among the components.
    pub(super) name: String,
    pub(super) response: Response,
}

/// The answers that refuse so, one a status.
pub(super) fn refusals(codes: &[&str]) -> Vec<Refusal> {
    let mut statuses: Vec<(u16, Vec<&Code>)> = Vec::new();
    for code in CODES.iter().filter(|code| codes.contains(&code.code)) {
        match statuses.iter_mut().find(|(status, _)| *status == code.status) {
            Some((_, same)) => same.push(code),
            None => statuses.push((code.status, vec![code])),
        }
    }
    let refusal = |(status, codes): (u16, Vec<&Code>)| {
        let name = codes.iter().map(|code| code.code).collect::<Vec<_>>().join("-");
        Refusal { status, name, response: response(status, &codes) }
    };
    statuses.into_iter().map(refusal).collect()
}

fn response(status: u16, codes: &[&Code]) -> Response {
    let told: Vec<String> = codes.iter().map(|code| format!("`{}`: {}.", code.code, code.when)).collect();
    let words = codes.iter().map(|code| code.code);
    let narrowed = ObjectBuilder::new()
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([status])))
        .property("code", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrowed).build();
    let content = ContentBuilder::new().schema(Some(Schema::AllOf(schema))).build();
    let response = ResponseBuilder::new().description(told.join(" ")).content("application/problem+json", content);
    match status {
        401 => response.header("www-authenticate", header(Type::String, "`Bearer`.")),
        429 | 503 => response.header("retry-after", header(Type::Integer, "Seconds after which to try again.")),
        _ => response,
    }
    .build()
}

/// A header of an answer.
pub(super) fn header(of: Type, about: &str) -> Header {
    HeaderBuilder::new().schema(ObjectBuilder::new().schema_type(of)).description(Some(about)).build()
}

/// What is refused before a call is known.
pub(super) fn elsewhere() -> String {
    let told = CODES.iter().filter(|code| ["no_such_path", "wrong_method"].contains(&code.code));
    told.map(|code| format!("`{}` ({}): {}.", code.code, code.status, code.when)).collect::<Vec<_>>().join(" ")
}
