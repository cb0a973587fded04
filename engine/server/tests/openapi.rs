//! The published description: as committed, and the same as the page for terminals.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at what it does not expect")]

use std::path::PathBuf;

use avis_core::Reason;
use avis_server::http::Code;
use serde_json::Value;

const RENEW: &str = "UPDATE_SCHEMA=1 cargo test -p avis-server --test openapi";

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schema/openapi.json")
}

fn document() -> Value {
    serde_json::from_str(&avis_server::http::openapi_json()).unwrap()
}

#[test]
fn the_committed_description_is_that_of_the_server() {
    let written = avis_server::http::openapi_json();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(committed(), &written).unwrap();
    }
    let committed = std::fs::read_to_string(committed()).unwrap_or_default();
    assert!(committed == written, "schema/openapi.json is stale; renew it with `{RENEW}` and look at the difference");
}

#[test]
fn the_page_for_terminals_tells_the_same_of_each_problem() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/terminals.md")).unwrap();
    let row = |code: Code| {
        let (status, recorded) = (code.status().as_u16(), code.recorded().word());
        format!("| {status} | `{}` | {recorded} | {} | {} |\n", code.word(), code.statement(), code.remedy())
    };
    let table: String = Code::ALL.into_iter().map(row).collect();
    assert!(page.contains(&table), "docs/terminals.md does not have this table:\n{table}");
}

#[test]
fn the_page_for_terminals_tells_the_same_of_each_reason() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/terminals.md")).unwrap();
    let row = |reason: Reason| format!("| `{}` | {} |\n", reason.word(), reason.statement());
    let table: String = Reason::ALL.into_iter().map(row).collect();
    assert!(page.contains(&table), "docs/terminals.md does not have this table:\n{table}");
}

#[test]
fn everything_that_is_referred_to_is_there() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
