//! The published description of what terminals may ask: a document for programs, a page for people.
//!
//! It is made of the table of calls (`endpoints.rs` beside it), of the answers, which describe themselves where they are written, and of
//! what is said here of bodies that terminals send (`request`, `advice`, `loyalty`, `day`), which a test of the core holds to their readers
//! (`engine/core/tests/schemas/`). What it says is held to what the server does by a test that sends random requests
//! (`tests/end_to_end/schemathesis.rs` of the program).

#[allow(dead_code, reason = "its fields say what is on the wire; nobody builds them")]
mod advice;
mod context;
#[allow(dead_code, reason = "its fields say what is on the wire; nobody builds them")]
mod day;
mod document;
mod flat;
#[allow(dead_code, reason = "its fields say what is on the wire; nobody builds them")]
mod loyalty;
mod page;
mod page_curl;
mod page_example;
mod page_schema;
mod page_tables;
mod page_text;
mod problems;
#[allow(dead_code, reason = "its fields say what is on the wire; nobody builds them")]
mod request;

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};

static JSON: LazyLock<String> = LazyLock::new(openapi_json);
static PAGE: LazyLock<String> = LazyLock::new(|| page::render(&document::document()));

/// The description of every call, as it is served and published: OpenAPI 3.1, ending with a line break.
pub fn openapi_json() -> String {
    // These types have no keys that JSON can't write.
    document::document().to_pretty_json().unwrap_or_default() + "\n"
}

/// `GET /openapi.json`: the description for programs.
pub(super) async fn json() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(JSON.as_str())
}

/// `GET /` and `GET /docs/`: who looks there is led to the page, also behind a proxy that puts something before the path.
pub(super) async fn to_docs(http: HttpRequest) -> HttpResponse {
    let docs = if http.path() == "/" { "docs" } else { "../docs" };
    HttpResponse::PermanentRedirect().insert_header(("location", docs)).finish()
}

/// `GET /docs`: the description for people.
pub(super) async fn docs() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ))
        .body(PAGE.as_str())
}
