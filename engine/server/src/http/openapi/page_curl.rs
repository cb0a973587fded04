//! A line for a shell that makes a call.

use serde_json::Value;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::Operation;

use super::page_example::example;

/// What the lines need, set once in a shell: where, with which keys, at what time, and what makes request ids new.
pub(super) const SET_UP: &str = "\
AVIS=http://127.0.0.1:8320
KEY=avis_demo_atd_app
EXPLAIN_KEY=avis_demo_atd_service_desk
ENROL_KEY=avis_demo_cafe_till
AT=$(date -u +%Y-%m-%dT%H:%M:%SZ)
N=$(date +%s)";

/// The moment of every example, but for its seconds.
const EXAMPLE_MOMENT: &str = "2026-11-18T08:12:0";
/// How the last part of each request id of an example begins; two digits follow.
const EXAMPLE_ID: &str = "-8000-0000000000";

/// Makes a call with its example.
pub(super) fn curl(document: &OpenApi, method: &str, path: &str, operation: &Operation) -> String {
    let path = path
        .replace("{request_id}", "0190f6a2-2001-7000-8000-${N}01")
        .replace("{id}", "$ID")
        .replace("{date}", "$(date +%F)");
    let mut line = format!("curl -s \"$AVIS{path}\"");
    let is_open = operation.security.iter().flatten().all(|needed| *needed == Default::default());
    if !is_open {
        let key = match path.as_str() {
            path if path.ends_with("/explain") => "EXPLAIN_KEY",
            path if path.starts_with("/v1/members") || path.starts_with("/v1/means") => "ENROL_KEY",
            _ => "KEY",
        };
        line += &format!(" -H \"authorization: Bearer ${key}\"");
    }
    let bodies = operation.request_body.iter().flat_map(|body| body.content.values());
    for (body, content) in bodies.filter_map(|content| Some((content.example.as_ref()?, content))) {
        let text = of_now(&example(document, body, content.schema.as_ref()), body);
        line += &format!(" -H 'content-type: application/json' -d '\n{text}'");
    }
    debug_assert!(method == "GET" || line.contains("-d '"), "only what has a body is sent by POST");
    line
}

/// An example as a part of a line, of the moment at which the line is run.
fn of_now(text: &str, body: &Value) -> String {
    debug_assert!(!body.to_string().contains('\''), "a quotation mark would end the argument");
    let mut moments = text.split(EXAMPLE_MOMENT);
    let mut written = moments.next().unwrap_or_default().to_owned();
    for rest in moments {
        // Seconds and offset.
        let rest = rest.split_once('"').map_or(rest, |(_, rest)| rest);
        written += &format!("'$AT'\"{rest}");
    }
    written.replace(EXAMPLE_ID, "-8000-'$N'")
}
