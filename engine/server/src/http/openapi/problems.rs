//! Refusals: their codes, and what each says.

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{Header, Ref, Response, ResponseBuilder, Schema};

use crate::http::Code;

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
    let told: Vec<String> = codes.iter().map(|code| format!("`{}`: {}.", code.word(), code.told())).collect();
    let words = codes.iter().map(|code| code.word());
    let narrowed = ObjectBuilder::new()
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([status])))
        .property("code", ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)));
    let schema = AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrowed).build();
    let content = ContentBuilder::new().schema(Some(Schema::AllOf(schema))).build();
    let response = ResponseBuilder::new().description(told.join(" ")).content("application/problem+json", content);
    if status == 401 {
        return response.header("www-authenticate", header(Type::String, "`Bearer`.")).build();
    }
    let response = response.header("avis-training", training());
    match status {
        429 | 503 => response.header("retry-after", header(Type::Integer, "Seconds after which to try again.")),
        _ => response,
    }
    .build()
}

/// Makes every answer to a terminal that trains known as one.
pub(super) fn training() -> Header {
    header(Type::String, "`true` if the terminal trains, and nothing of the answer is real; else it is not there.")
}

/// A header of an answer.
pub(super) fn header(of: Type, about: &str) -> Header {
    HeaderBuilder::new().schema(ObjectBuilder::new().schema_type(of)).description(Some(about)).build()
}

/// What is refused before a call is known.
pub(super) fn elsewhere() -> String {
    let told = [Code::NoSuchPath, Code::WrongMethod].into_iter();
    told.map(|code| format!("`{}` ({}): {}.", code.word(), code.status().as_u16(), code.told()))
        .collect::<Vec<_>>()
        .join(" ")
}
