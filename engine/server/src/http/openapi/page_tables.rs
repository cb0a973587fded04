//! What stands before the calls and holds for all of them: how to call, reasons, problems.

use avis_core::Reason;

use super::page_curl::SET_UP;
use super::page_text::{escaped, marked};
use crate::http::Code;

/// The parts, with the name of each in the page.
pub(super) const PARTS: [(&str, &str); 3] = [("call", "How to call"), ("reasons", "Reasons"), ("problems", "Problems")];

/// All of them.
pub(super) fn parts() -> String {
    let [call, reasons, problems] = PARTS;
    [section(call, &how_to_call()), section(reasons, &reasons_table()), section(problems, &problems_table())].concat()
}

fn section((id, title): (&str, &str), html: &str) -> String {
    format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{html}</section>\n")
}

fn how_to_call() -> String {
    let told = [
        "Each call but those of the last group needs the key of a terminal, as the header `authorization: Bearer KEY`. The operator \
         makes keys (`avis key`); the demo's stand below. A body is JSON, with the header `content-type: application/json`.",
        "For a first try set these in a shell, and paste the lines of the calls after them, in their order. The request of a sale has \
         an id of its own, so set `N` anew for another one; `ID` is the `authorization_id` of an answer.",
    ];
    let told: String = told.iter().map(|text| format!("<p>{}</p>\n", marked(text))).collect();
    format!(
        "{told}<pre tabindex=\"0\"><code>{}</code></pre>\n<p>{}</p>\n",
        escaped(SET_UP),
        marked("Begin with `GET /v1/terminal`: it tells who the key is, and what may be sent with it.")
    )
}

fn reasons_table() -> String {
    let row =
        |reason: Reason| format!("<tr><td><code>{}</code></td><td>{}</td></tr>\n", reason.word(), reason.statement());
    let rows: String = Reason::ALL.into_iter().map(row).collect();
    let about = "Why something is left to pay. They never name a group.";
    format!("<p>{about}</p>\n<table>\n<tr><th>reason</th><th>what it tells the person</th></tr>\n{rows}</table>\n")
}

fn problems_table() -> String {
    let row = |code: Code| {
        let (status, word, recorded) = (code.status().as_u16(), code.word(), code.recorded().word());
        let (when, then) = (marked(&code.statement()), marked(code.remedy()));
        format!(
            "<tr><td>{status}</td><td><code>{word}</code></td><td>{recorded}</td><td>{when}</td><td>{then}</td></tr>\n"
        )
    };
    let rows: String = Code::ALL.into_iter().map(row).collect();
    let about = marked(
        "A refusal has the status and a document with its `code`. `recorded` says what is known of this attempt: `no`, it recorded \
         nothing; `unknown`, it may have been recorded.",
    );
    let head = ["status", "code", "recorded", "when", "what the till does"].map(|name| format!("<th>{name}</th>"));
    format!("<p>{about}</p>\n<table>\n<tr>{}</tr>\n{rows}</table>\n", head.concat())
}
