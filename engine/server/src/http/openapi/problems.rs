//! Refusals: problem documents, their codes, and what each says.

use utoipa::ToSchema;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Header, Ref, Response, ResponseBuilder, Schema};

use crate::http::Code;

/// A refusal as RFC 9457 has it. Values that were sent never come back.
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
    recorded: Recorded,
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

/// Whether this attempt may have been recorded. `no`: it surely was not; what an earlier attempt recorded stands. `unknown`: send
/// the same request again; if it was recorded, that is the answer then.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Recorded {
    No,
    Unknown,
}

/// One field that is not as expected.
#[derive(ToSchema)]
pub(super) struct Fault {
    /// JSON pointer to it; empty for the whole document.
    pointer: String,
    /// What was expected there.
    detail: String,
}

/// An answer that refuses, as operations share it.
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Names it among the components.
    pub(super) name: String,
    pub(super) response: Response,
}

/// The answers that refuse so, one a status.
pub(super) fn refusals(codes: &[Code]) -> Vec<Refusal> {
    let mut statuses: Vec<(u16, Vec<Code>)> = Vec::new();
    for code in Code::ALL.into_iter().filter(|code| codes.contains(code)) {
        match statuses.iter_mut().find(|(status, _)| *status == code.status().as_u16()) {
            Some((_, same)) => same.push(code),
            None => statuses.push((code.status().as_u16(), vec![code])),
        }
    }
    let refusal = |(status, codes): (u16, Vec<Code>)| {
        let name = codes.iter().map(|code| code.word()).collect::<Vec<_>>().join("-");
        Refusal { status, name, response: response(status, &codes) }
    };
    statuses.into_iter().map(refusal).collect()
}

fn response(status: u16, codes: &[Code]) -> Response {
    let told: Vec<String> = codes.iter().map(|code| format!("`{}`: {}.", code.word(), code.statement())).collect();
    let words = codes.iter().map(|code| code.word());
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
    let told = [Code::NoSuchPath, Code::WrongMethod].into_iter();
    told.map(|code| format!("`{}` ({}): {}.", code.word(), code.status().as_u16(), code.statement()))
        .collect::<Vec<_>>()
        .join(" ")
}
