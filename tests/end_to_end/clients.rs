//! The clients in `docs/clients`: each does what a till does, where there is something to run it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jiff::Timestamp;
use serde_json::Value;

use crate::deployment::new_id;
use crate::program::{Server, agent, ran_to_its_end};

/// What each of them says.
const SAID: &str = "terminal atd-app\nquote 357\nsold captured 357\nrepeated true true\nrefund refunded\nundone captured\n\
                    undone reversed\nrepeated reversed\n";

fn client(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clients").join(name)
}

fn check(interpreter: &str, name: &str) {
    let there = Command::new(interpreter).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !there.is_ok_and(|ran| ran.success()) {
        eprintln!("SKIPPED: {name} was not run, since there is no {interpreter}");
        return;
    }
    let server = Server::start();
    let mut command = Command::new(interpreter);
    command.arg(client(name)).env("AVIS", server.url("")).env("KEY", "avis_demo_atd_app");
    // Nothing of the machine leads it elsewhere.
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for time in ["once", "again"] {
        let ran = ran_to_its_end(command.spawn().unwrap());
        assert_eq!((ran.code, ran.out.as_str()), (0, SAID), "{time}: {}", ran.err);
    }
}

#[test]
fn the_shells() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok() {
        check("bash", "till.sh");
    } else {
        eprintln!("SKIPPED: till.sh was not run, since there is no curl");
    }
}

#[test]
fn pythons() {
    check("python3", "till.py");
}

#[test]
fn nodes() {
    check("node", "till.mjs");
}

/// The till that `cargo run --example till` runs.
#[path = "../../docs/clients/till.rs"]
mod till;

#[test]
fn rusts() {
    let server = Server::start();
    for time in ["once", "again"] {
        let told = till::Till::new(&server.url(""), "avis_demo_atd_app").story().unwrap();
        assert_eq!(told.iter().map(|line| format!("{line}\n")).collect::<String>(), SAID, "{time}");
    }
}

/// Sends each request of the file as an editor does.
#[test]
fn the_editors() {
    let server = Server::start();
    let text = std::fs::read_to_string(client("till.http")).unwrap();
    let mut variables: HashMap<String, String> = HashMap::new();
    let (preface, _) = text.split_once("###").unwrap();
    for line in preface.lines().filter_map(|line| line.strip_prefix('@')) {
        let (name, value) = line.split_once(" = ").unwrap();
        variables.insert(name.to_owned(), value.to_owned());
    }
    assert_eq!(variables.insert("avis".to_owned(), server.url("")).as_deref(), Some("http://127.0.0.1:8320"));
    let mut answers: HashMap<String, Value> = HashMap::new();
    let mut states = Vec::new();
    for part in text.split("\n###").skip(1) {
        let part = filled(part, &variables, &answers);
        let (head, body) = part.split_once("\n\n").unwrap_or((&part, ""));
        let lines: Vec<&str> = head.lines().skip(1).collect();
        let name = lines.iter().find_map(|line| line.strip_prefix("# @name "));
        let mut lines = lines.iter().filter(|line| !line.starts_with('#'));
        let (method, url) = lines.next().unwrap().split_once(' ').unwrap();
        let headers: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
        let answer = sent(method, url, &headers, body);
        if let Some(state) = answer["state"].as_str() {
            states.push(state.to_owned());
        }
        if let Some(name) = name {
            answers.insert(name.to_owned(), answer);
        }
    }
    assert_eq!(states, ["held", "captured", "refunded", "refunded", "reversed"]);
}

fn filled(part: &str, variables: &HashMap<String, String>, answers: &HashMap<String, Value>) -> String {
    let mut pieces = part.split("{{");
    let mut text = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap();
        let value = match name {
            "$guid" => new_id(),
            "$datetime iso8601" => Timestamp::now().to_string(),
            name => variables.get(name).cloned().unwrap_or_else(|| {
                let (of, field) = name.split_once(".response.body.$.").unwrap_or_else(|| panic!("{name}"));
                answers[of][field].as_str().unwrap_or_else(|| panic!("{name}")).to_owned()
            }),
        };
        text += &(value + rest);
    }
    text
}

fn sent(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let mut response = if method == "GET" {
        headers.iter().fold(agent().get(url), |request, (name, value)| request.header(*name, *value)).call().unwrap()
    } else {
        headers
            .iter()
            .fold(agent().post(url), |request, (name, value)| request.header(*name, *value))
            .send(body)
            .unwrap()
    };
    let text = response.body_mut().read_to_string().unwrap();
    assert_eq!(response.status().as_u16(), 200, "{method} {url}\n{body}\n{text}");
    serde_json::from_str(&text).unwrap()
}
