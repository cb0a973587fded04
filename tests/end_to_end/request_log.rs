//! What is logged of requests, and what never is.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::deployment::{DESK, new_id, single};
use crate::program::{Folder, Server, command, import_demo};

/// Stands in every request, wherever a caller can put something.
const PLANTED: &str = "PLANTED-7731";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// What a server wrote to its standard error while it was asked.
fn logged(test: &str, settings: &[(&str, &str)], ask: impl FnOnce(&Server)) -> String {
    let files = Folder::new(test);
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let path = files.write("stderr", "");
    let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--folder", &folder]);
    command.envs(settings.iter().copied()).stderr(File::create(&path).unwrap());
    let server = Server::started(command.spawn().unwrap(), " terminals.\n").unwrap();
    ask(&server);
    assert!(server.stop().0.success());
    std::fs::read_to_string(path).unwrap()
}

fn with_card(id: &str, value: &str) -> Value {
    let mut request = single(id);
    request["identifiers"] = json!([{"scheme": "etalons", "value": value}]);
    request
}

/// Sends what no client of HTTP would.
fn raw(server: &Server, request: &str) {
    let address = server.url("").strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

/// Requests with planted text in each place where a caller may put it.
fn plant(server: &Server) {
    let authorization = format!("Bearer {DESK}");
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    server.quote(DESK, with_card(&new_id(), PLANTED).to_string());
    server.quote(DESK, format!("{{\"{PLANTED}\": \"{PLANTED}\""));
    server.quote(DESK, json!({"request_id": PLANTED, PLANTED: PLANTED}).to_string());
    server.quote(PLANTED, "{}");
    for path in [
        "/v1/PLANTED-7731",
        "/v1/requests/PLANTED-7731",
        "/v1/authorizations/PLANTED-7731",
        "/healthz?card=PLANTED-7731",
    ] {
        server.read(DESK, path);
    }
    server.send(DESK, &format!("/v1/authorizations/{PLANTED}/void"), json!({"reason": PLANTED}).to_string());
    let traced =
        [&headers[..], &[("traceparent", "00-PLANTED-7731-00f067aa0ba902b7-01"), ("user-agent", PLANTED)]].concat();
    let answer = server.post("/v1/quote", &traced, single(&new_id()).to_string());
    assert_eq!(answer.header("traceparent"), "", "what is not valid does not come back");
    raw(server, "PLANTED-7731 /v1/quote HTTP/1.1\r\nhost: PLANTED-7731\r\nconnection: close\r\n\r\n");
}

#[test]
fn every_request_is_a_line_that_names_its_caller_and_holds_nothing_of_a_person() {
    let (quoted, sold) = (new_id(), new_id());
    let settings = [("AVIS_LOG__REQUESTS", "all"), ("AVIS_LOG__FORMAT", "json")];
    let log = logged("request-log", &settings, |server| {
        let authorization = format!("Bearer {DESK}");
        let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("traceparent", parent.as_str()),
        ];
        let quote = server.post("/v1/quote", &headers, with_card(&quoted, "ANNA-0001").to_string());
        assert_eq!((quote.status, quote.header("traceparent")), (200, &*parent));
        let answer = server.send(DESK, "/v1/authorizations", with_card(&sold, "ANNA-0001").to_string());
        let id = answer.json()["authorization_id"].as_str().unwrap().to_owned();
        let body = json!({"reason": PLANTED}).to_string();
        assert_eq!(server.send(DESK, &format!("/v1/authorizations/{id}/refunds"), body).status, 422);
        plant(server);
    });
    for secret in [PLANTED, "planted", "ANNA", "anna", DESK] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let requests: Vec<&Value> = lines.iter().filter(|line| line["target"] == "request").collect();
    assert_eq!(requests.len(), 14, "{log}");
    let fields = |line: &Value| {
        let names = ["method", "route", "status", "code", "provider", "request_id", "trace"];
        Value::Array(names.iter().map(|name| line[*name].clone()).collect())
    };
    assert_eq!(fields(requests[0]), json!(["POST", "/v1/quote", 200, null, "atd", quoted, TRACE]));
    assert_eq!(fields(requests[1]), json!(["POST", "/v1/authorizations", 200, null, "atd", sold, null]));
    let refunds = "/v1/authorizations/{id}/refunds";
    assert_eq!(fields(requests[2]), json!(["POST", refunds, 422, "invalid_request", "atd", null, null]));
    assert_eq!(fields(requests[6]), json!(["POST", "/v1/quote", 401, "unauthorized", null, null, null]));
    assert_eq!(fields(requests[7]), json!(["GET", "none", 404, "no_such_path", null, null, null]));
    assert_eq!(fields(requests[13]), json!(["other", "/v1/quote", 405, "wrong_method", null, null, null]));
    for line in &requests {
        assert!(line["microseconds"].is_u64() && line["message"] == "answered", "{line}");
        assert!(line["provider"].is_null() || line["terminal"].is_string() && line["revision"].is_u64(), "{line}");
    }
}

#[test]
fn a_setting_decides_which_requests_are_logged_whatever_the_level() {
    let ask = |server: &Server| {
        assert_eq!(server.quote(DESK, single(&new_id()).to_string()).status, 200);
        assert_eq!(server.quote(DESK, "{").status, 422);
    };
    let count = |log: &str| log.lines().filter(|line| line.starts_with("avis: info: request: answered ")).count();
    assert_eq!(count(&logged("request-log-off", &[], ask)), 0);
    let settings = |requests| [("AVIS_LOG__LEVEL", "off"), ("AVIS_LOG__REQUESTS", requests)];
    let errors = logged("request-log-errors", &settings("errors"), ask);
    assert_eq!(count(&errors), 1, "{errors}");
    assert!(errors.contains(" status=422 code=invalid_request provider=atd "), "{errors}");
    assert_eq!(count(&logged("request-log-all", &settings("all"), ask)), 2);
}
