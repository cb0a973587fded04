//! Identifiers planted in each text that an operation takes, by the published document: no refusal says what was sent.

use std::collections::BTreeSet;
use std::path::Path;

use avis_admin::control::{ListedOperation, LocalLogin, listed};
use serde_json::{Value, json};

use super::bodies::{body, query};
use super::{Asker, Whose, askers, object, reach};
use crate::office::{Office, cases, content, text};
use crate::through::forged;
use crate::world::{Answered, PASSWORD, run};

/// As a code may be, as a text, and as a personal code stands in one.
const PLANTS: [&str; 3] = ["anna-ozola-1950", "Anna Ozola, 1950", "311299-10009"];

/// A file beside the crates.
fn published(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The pointers to all that may be text by a schema; of a list to its first item.
fn texts_of(schema: &Value, pointer: &str, found: &mut BTreeSet<String>) {
    let any_of = schema["anyOf"].as_array();
    any_of.into_iter().flatten().for_each(|one| texts_of(one, pointer, found));
    if schema["type"] == "string" {
        found.insert(pointer.to_owned());
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        texts_of(field, &format!("{pointer}/{name}"), found);
    }
    if schema["items"].is_object() {
        texts_of(&schema["items"], &format!("{pointer}/0"), found);
    }
}

/// The pointers to all texts of a document, of a list in its first item alone.
fn texts_in(value: &Value, pointer: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(_) => _ = found.insert(pointer.to_owned()),
        Value::Array(items) => {
            items.first().into_iter().for_each(|item| texts_in(item, &format!("{pointer}/0"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| texts_in(field, &format!("{pointer}/{name}"), found));
        }
        _ => {}
    }
}

/// A document with something else at a place, whatever stands above it.
fn with(document: &Value, pointer: &str, plant: &Value) -> Value {
    let mut document = document.clone();
    let mut at = &mut document;
    for name in pointer.split('/').skip(1) {
        if name == "0" {
            if at.as_array().is_none_or(Vec::is_empty) {
                *at = json!([null]);
            }
            at = &mut at[0];
        } else {
            if !at.is_object() {
                *at = json!({});
            }
            at = &mut at[name];
        }
    }
    *at = plant.clone();
    document
}

/// Makes sure that a refusal does not say what was sent; whether it is one.
fn is_silent(answered: &Answered, plant: &str, told: &str) -> bool {
    let headers: String = answered.headers.values().map(String::as_str).collect();
    let is_refused = answered.status >= 400;
    assert!(answered.status < 500, "{told}: {answered:?}");
    let is_said = answered.text.contains(plant) || headers.contains(plant);
    assert!(!(is_refused && is_said), "{told}: {answered:?}");
    is_refused
}

/// A body for an operation that the walk does not ask.
fn open_body(operation: &ListedOperation) -> Option<Value> {
    match operation.path {
        "/sessions" => Some(json!({"email": "nobody@avis.lv", "password": PASSWORD})),
        "/invitations/accept" => {
            Some(json!({"link": "x", "email": "nobody@avis.lv", "name": "x", "password": PASSWORD}))
        }
        _ => None,
    }
}

#[test]
fn no_refusal_says_what_stood_in_a_field_a_path_or_a_query() {
    run(async {
        let (forger, world, operator) = forged("echoes", LocalLogin::All, &json!({})).await;
        let mut askers = askers(&world, &forger, &operator).await;
        let document = published("schema/control.openapi.json");
        let (mut sent, mut refused) = (0, 0);
        for operation in &listed() {
            let is_his = |asker: &&mut Asker| operation.action.is_none() || reach(asker, operation).is_some();
            let asker = askers.iter_mut().find(is_his).unwrap();
            asker.stay_signed_in(&world, &forger).await;
            let own = object(&world, &forger, asker, operation, Whose::Own).await;
            let (path, owner) = own.unwrap_or_else(|| (operation.path.to_owned(), String::new()));
            let path = format!("{path}{}", query(operation));
            let method = operation.method.to_lowercase();
            let described = &document["paths"][format!("/admin/v1{}", operation.path)][method];
            let given = body(operation, &owner).or_else(|| open_body(operation));
            let mut tries = Vec::new();
            let schema = &described["requestBody"]["content"]["application/json"]["schema"];
            let mut fields = BTreeSet::new();
            texts_of(schema, "", &mut fields);
            texts_in(&given.clone().unwrap_or_default(), "", &mut fields);
            for field in fields {
                let planted = |plant: &str| with(&given.clone().unwrap_or_default(), &field, &json!(plant));
                tries.extend(PLANTS.map(|plant| (path.clone(), Some(planted(plant)), plant)));
            }
            let code_like = PLANTS[0];
            for parameter in described["parameters"].as_array().into_iter().flatten() {
                let (name, sign) = (parameter["name"].as_str().unwrap(), if path.contains('?') { '&' } else { '?' });
                match parameter["in"].as_str() {
                    Some("query") => tries.push((format!("{path}{sign}{name}={code_like}"), given.clone(), code_like)),
                    Some("path") => {
                        let path = operation.path.replace(&format!("{{{name}}}"), code_like);
                        tries.push((path, given.clone(), code_like));
                    }
                    _ => {}
                }
            }
            for (path, body, plant) in tries {
                let mut request =
                    world.request(operation.method, &path).by(&asker.cookie).header("if-match", "\"0\"").once();
                let told = format!("{} {path} {}", operation.method, body.clone().unwrap_or_default());
                if let Some(body) = body {
                    request = request.json(&body);
                }
                sent += 1;
                refused += usize::from(is_silent(&request.send().await, plant, &told));
            }
        }
        assert!(sent > 800 && refused > 600, "{sent} sent, {refused} refused");
    });
}

#[test]
fn no_refusal_says_what_stood_in_a_rule() {
    run(async {
        let office = Office::open("echoes-rules").await;
        let world = &office.world;
        let demo = published("demo/catalogue.json");
        let mut rules: Vec<(&str, Value)> = vec![("benefit", content(1_000))];
        rules.extend(demo["benefits"].as_array().unwrap().iter().take(6).map(|rule| ("benefit", rule.clone())));
        let points = published("demo/loyalty/catalogue.json");
        for (kind, list) in [("program", "programs"), ("campaign", "campaigns")] {
            rules.extend(points[list].as_array().unwrap().iter().take(2).map(|rule| (kind, rule.clone())));
        }
        let (mut sent, mut refused) = (0, 0);
        for (kind, mut rule) in rules {
            let code = rule["code"].as_str().unwrap_or("rides").to_owned();
            for given in ["code", "version", "grantor", "owner", "suspensions", "suspended"] {
                rule.as_object_mut().unwrap().remove(given);
            }
            let body = json!({"code": code, "kind": kind, "content": rule, "cases": if kind == "benefit" { cases(180) } else { json!([]) }});
            let mut fields = BTreeSet::new();
            texts_in(&body["content"], "/content", &mut fields);
            texts_in(&body["cases"], "/cases", &mut fields);
            let made = world.post("/drafts").by(&office.editor).once().json(&body).send().await;
            let path = format!("/drafts/{}", text(&made.json()["id"]));
            for field in fields {
                for plant in [PLANTS[0], PLANTS[1]] {
                    let planted = with(&body, &field, &json!(plant));
                    let planted = json!({"content": planted["content"], "cases": planted["cases"]});
                    let told = format!("{path} {planted}");
                    let etag = world.get(&path).by(&office.editor).send().await.headers["etag"].clone();
                    let put = world.request("PUT", &path).by(&office.editor).header("if-match", &etag).json(&planted);
                    let put = put.send().await;
                    refused += usize::from(is_silent(&put, plant, &told));
                    let checked = world.post(&format!("{path}/check")).by(&office.editor).send().await;
                    refused += usize::from(is_silent(&checked, plant, &told));
                    let ran = world.post(&format!("{path}/cases")).by(&office.editor).json(&planted).send().await;
                    refused += usize::from(is_silent(&ran, plant, &told));
                    sent += 3;
                }
            }
            world.request("DELETE", &path).by(&office.editor).header("if-match", "*").send().await;
        }
        assert!(sent > 300 && refused > 100, "{sent} sent, {refused} refused");
    });
}
