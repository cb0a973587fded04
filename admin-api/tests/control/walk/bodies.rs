//! With which bodies the walk asks.

use avis_admin::control::ListedOperation;
use serde_json::{Value, json};

use super::NO_ID;
use crate::consultations::{said, week};
use crate::services::drafted;
use crate::world::PASSWORD;

/// A body with which the operation gets as far as to whose an object is.
pub(super) fn body(operation: &ListedOperation, party: &str) -> Option<Value> {
    let name = json!({"lv": "x", "en": "x"});
    match (operation.method, operation.path) {
        ("POST", "/parties") => Some(json!({"code": party, "name": name, "capacities": ["centre"]})),
        ("PUT", "/parties/{code}") => Some(json!({"name": name, "capacities": ["centre"]})),
        ("POST", "/invitations") => Some(json!({"party": party, "role": "au"})),
        ("POST", "/grants") => Some(json!({"party": party, "role": "au", "user": NO_ID})),
        ("POST", "/users/{id}/disable" | "/users/{id}/enable") => Some(json!({"reason": "because"})),
        ("POST", "/me/tokens") => {
            Some(json!({"name": "x", "scopes": ["tokens"], "expires_at": "2026-12-01T00:00:00Z"}))
        }
        ("PUT", "/me/password") => Some(json!({"current": "not the one", "password": format!("{PASSWORD} jauna")})),
        ("POST", "/audit/verify") => Some(json!({})),
        ("POST", path) if is_stop(path) => Some(json!({"reason": "because"})),
        ("POST", "/suspensions") => Some(json!({"codes": ["city-rides"], "reason": "because"})),
        ("POST", path) if path.starts_with("/people/") => of_a_person(path),
        ("POST", "/means/block") => Some(json!({"scheme": "isic", "value": "I-9", "reason": "because"})),
        ("POST", "/groups/{code}/members") => {
            Some(json!({"scheme": "etalons", "value": "B-1", "from": "2026-01-01", "reason": "because"}))
        }
        ("POST", path) if path.starts_with("/programs/") || path.ends_with("/coupons") => Some(of_a_member(path)),
        ("POST", "/contracts") => Some(json!({"provider": "bus", "from": "2026-11-01"})),
        ("POST", "/statements") => {
            Some(json!({"grantor": "city", "provider": "bus", "from": "2026-11-01", "until": "2026-11-02"}))
        }
        ("POST", "/statements/{id}/disputes") => Some(json!({"line": 1, "claimed": 0, "reason": "because"})),
        ("POST", "/statements/{id}/disputes/end") => Some(json!({"line": 1, "reason": "because"})),
        ("POST", "/statements/{id}/pay") => Some(json!({"paid_on": "2026-11-18", "reference": "r"})),
        ("POST", "/providers/{code}/days/{date}/close") => Some(json!({})),
        ("POST", "/providers/{code}/reconciliations") => {
            let lines = json!([{"occurred_at": "2026-11-17T06:12:00Z", "gross": 1}]);
            Some(json!({"from": "2026-11-17", "until": "2026-11-18", "lines": lines}))
        }
        ("POST", "/reconciliations/{id}/findings/{key}/resolve") => Some(json!({"action": "accept"})),
        ("PUT", "/groups/{code}") => Some(json!({"name": {"lv": "Seniori", "en": "Seniors"}, "reason": "because"})),
        ("POST", "/groups") => Some(json!({"code": "walkers", "reason": "because"})),
        ("POST", "/terminals") => {
            Some(json!({"code": "new", "channels": ["desk"], "schemes": ["card"], "reason": "because"}))
        }
        ("PUT", "/terminals/{code}") => Some(json!({"channels": [], "schemes": [], "reason": "because"})),
        ("POST", "/terminals/{code}/keys") | ("DELETE", "/terminals/{code}/keys/{prefix}") => {
            Some(json!({"reason": "because"}))
        }
        ("POST", "/providers/{code}/prices") => {
            Some(json!({"prices": [{"product": "ticket", "price": 100, "from": "2026-11-19"}], "reason": "because"}))
        }
        ("POST", "/providers/{code}/priorities/preview") => Some(json!({"draft": NO_ID})),
        ("DELETE", "/slots/{name}" | "/calendars/{name}") => Some(json!({"reason": "because"})),
        ("PUT", "/slots/{name}") => Some(json!({"priority": 1, "reason": "because"})),
        ("PUT", "/calendars/{name}") => Some(json!({"dates": [], "reason": "because"})),
        ("PUT", "/providers/{code}") => Some(json!({"accepts": [], "issues": [], "reason": "because"})),
        ("PUT", "/providers/{code}/tags") => Some(json!({"tags": [], "reason": "because"})),
        ("POST", "/decide" | "/explain") => Some(json!({"provider": "bus", "request": {}})),
        ("POST", "/drafts") => Some(json!({"code": "drafted", "content": {}})),
        ("PUT", "/drafts/{id}") | ("POST", "/drafts/{id}/cases") => Some(json!({"content": {}})),
        ("POST", "/drafts/{id}/submit" | "/drafts/{id}/approve") => Some(json!({"content_hash": "0".repeat(64)})),
        ("POST", "/drafts/{id}/reject" | "/drafts/{id}/publish") => Some(json!({"reason": "because"})),
        (method, path) => served_body(method, path),
    }
}

/// Whether it stops something that is published, or lets it go on.
fn is_stop(path: &str) -> bool {
    ["{code}/suspend", "{code}/resume", "{code}/end"].iter().any(|step| path.ends_with(step))
}

/// What is sent for services, institutions, consultations and files.
fn served_body(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("PUT", "/institutions/{code}") => Some(said()),
        ("PUT", "/institutions/{code}/weeks/{date}") => Some(week(&[])),
        ("POST", "/forms") => Some(json!({"count": 1})),
        ("POST", "/forms/{number}/enter") => {
            Some(json!({"handle": NO_ID, "at": "2026-11-18T00:00:00Z", "block": {"means": NO_ID}}))
        }
        ("POST", "/forms/{number}/cancel") => Some(json!({"reason": "because"})),
        ("POST", "/consultations") => Some(json!({"handle": NO_ID, "institution": "lab", "topic": "pension",
            "place": "home", "agreed": false})),
        ("POST", "/consultations/{id}/assign") => Some(json!({"at": "2026-11-23T09:00:00Z"})),
        ("POST", "/consultations/{id}/end") => Some(json!({"no_show": true})),
        ("POST", "/consultations/{id}/cancel") => Some(json!({"reason": "because"})),
        ("PUT", "/providers/{code}/profile") => {
            Some(json!({"profile": {"columns": {"occurred_at": "t", "gross": "g"}, "dates": ["YYYY-MM-DD HH:mm:ss"]}}))
        }
        ("POST", "/services") | ("PUT", "/services/{id}") => Some(drafted("https://shop.lv/")),
        ("POST", "/services/{id}/publish" | "/services/{id}/withdraw") => Some(json!({"reason": "because"})),
        _ => None,
    }
}

/// Who joins, or leaves; points or coupons.
fn of_a_member(path: &str) -> Value {
    if path.starts_with("/jobs") {
        return json!({"file_key": "0".repeat(32)});
    }
    if path.ends_with("/coupons") {
        return json!({"count": 1, "reason": "because"});
    }
    if path.ends_with("/adjustments") {
        return json!({"points": 1, "reason": "because"});
    }
    let mut body = json!({"scheme": "etalons", "value": "B-1", "reason": "because"});
    if path.ends_with("/members") {
        body["consent"] = json!("terms-1");
    }
    body
}

/// What is done with a person or with means.
fn of_a_person(path: &str) -> Option<Value> {
    match path {
        "/people/find" => {
            Some(json!({"scheme": "etalons", "value": "B-1", "reason": {"code": "at_desk", "text": "lost card"}}))
        }
        "/people/{handle}/means" => Some(json!({"scheme": "isic", "value": "I-1"})),
        "/people/{handle}/means/{id}/rename" | "/people/{handle}/tap" => Some(json!({"label": "red"})),
        "/people/{handle}/means/{id}/replace" => Some(json!({"value": "A-1-2"})),
        _ => None,
    }
}

/// The query without which an operation is refused, whoever asks.
pub(super) fn query(operation: &ListedOperation) -> &'static str {
    match operation.path {
        "/providers/{code}/reconciliations/file" => "?from=2026-11-17&until=2026-11-18",
        _ => "",
    }
}
