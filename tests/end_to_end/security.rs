//! What concerns security is noted, sealed, and tells no secret.

use avis_testing::eventually;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::program::{Folder, Server, avis};

const DESK: &str = "avis_demo_atd_desk";
const SERVICE_DESK: &str = "avis_demo_atd_service_desk";

const ID: &str = "0190f6a2-1700-7000-8000-000000000001";

fn sale(price: i64, at: Timestamp) -> Value {
    json!({
        "request_id": ID, "occurred_at": at.to_string(), "channel": "desk", "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": price}],
    })
}

/// F17, F31: who reuses an id, or uses a key that is not taken any more or not for this, is refused and noted.
#[test]
fn f17_f31_a_reused_id_a_revoked_key_and_a_wrong_scope_are_noted_for_the_audit() {
    let folder = format!("{}/avis", Folder::new("f17-noted").path());
    let server = Server::serve(&folder);
    let at = Timestamp::now();
    let first = server.send(DESK, "/v1/authorizations", sale(715, at).to_string());
    assert_eq!(first.status, 200);
    let other = server.send(DESK, "/v1/authorizations", sale(900, at).to_string());
    assert_eq!((other.status, &other.json()["code"]), (409, &json!("request_id_reused")));
    let scope = server.send(SERVICE_DESK, "/v1/authorizations", sale(715, at).to_string());
    assert_eq!((scope.status, &scope.json()["code"]), (403, &json!("out_of_scope")));
    let rotated = avis(&["key", "--folder", &folder, "rotate", "demo-shop-till", "--overlap-s", "0"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    // Until it is followed the key is still taken, and the body refused.
    eventually(
        "the old key to be refused",
        || server.quote("avis_demo_shop_till", "{}").status,
        |status| *status == 401,
    );
    assert_eq!(
        server.send(DESK, "/v1/authorizations", sale(715, at).to_string()).text,
        first.text,
        "nothing was written"
    );
    server.stop();

    let registry = rusqlite::Connection::open(format!("{folder}/administration.db")).unwrap();
    let events = "SELECT action, actor, request FROM audit WHERE actor_kind = 'terminal' ORDER BY seq";
    let mut events = registry.prepare(events).unwrap();
    let events: Vec<(String, String, Option<String>)> =
        events.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect();
    let event = |kind: &str, terminal: &str, subject: Option<&str>| {
        (kind.to_owned(), terminal.to_owned(), subject.map(str::to_owned))
    };
    assert_eq!(
        events,
        [
            event("request_id_reused", "atd-desk", Some(ID)),
            event("out_of_scope", "atd-service-desk", None),
            event("key_refused", "demo-shop-till", None),
        ]
    );
    let verified = || avis(&["status", "--folder", &folder, "--verify"]);
    let whole = verified();
    assert!(whole.code == 0 && whole.out.contains("audit                whole"), "{}", whole.out);
    let tamper = "UPDATE audit SET actor = 'vivi-conductor' WHERE action = 'request_id_reused'";
    registry.execute(tamper, []).unwrap();
    let changed = verified();
    assert!(changed.code == 1 && changed.out.contains("changed afterwards at its entry"), "{}", changed.out);
}

/// What is kept is read, while the folder is served and while it is not.
#[test]
fn events_and_the_audit_are_read_by_time_kind_actor_and_object() {
    let folder = format!("{}/avis", Folder::new("events").path());
    let server = Server::serve(&folder);
    let asked = |command: &str, more: &[&str]| {
        let ran = avis(&[&[command, "--folder", &folder], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    };
    assert_eq!(asked("events", &[]), "there are none\n", "imports are no security events");
    asked("key", &["rotate", "demo-shop-till", "--overlap-s", "0"]);
    let ended = || server.quote("avis_demo_shop_till", "{}").status;
    eventually("the old key to be refused", ended, |status| *status == 401);
    let quote = sale(715, Timestamp::now()).to_string();
    assert_eq!(server.send(SERVICE_DESK, "/v1/authorizations", &quote).status, 403);
    let sign_in = json!({"email": "nobody@example.org", "password": "a wrong one, and long"}).to_string();
    let refused = server.post("/admin/v1/sessions", &[("content-type", "application/json")], sign_in);
    assert!((400..500).contains(&refused.status), "{}", refused.text);
    let kinds = |text: &str| -> Vec<String> {
        let documents = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        documents.map(|entry| entry["action"].as_str().unwrap().to_owned()).collect()
    };
    let told = || kinds(&asked("events", &["--json"]));
    let mut events = eventually("all events", told, |events| events.len() >= 3);
    events.sort();
    events.dedup();
    assert_eq!(events, ["key_refused", "out_of_scope", "sign_in_refused"]);
    let served = asked("audit", &["--json"]);
    assert!(kinds(&served).contains(&"catalogue_imported".to_owned()) && kinds(&served).len() > 3, "{served}");
    server.stop();
    assert_eq!(asked("audit", &["--json"]), served, "a folder that nobody serves tells the same");
    let of_the_desk = asked("events", &["--actor", "atd-service-desk"]);
    assert!(
        of_the_desk.starts_with("no.") && of_the_desk.contains("terminal atd-service-desk of atd"),
        "{of_the_desk}"
    );
    assert_eq!(of_the_desk.lines().count(), 2, "{of_the_desk}");
    assert_eq!(kinds(&asked("events", &["--json", "--kind", "key_refused,guessing"])), ["key_refused"]);
    assert_eq!(kinds(&asked("events", &["--json", "--limit", "1"])).len(), 1);
    assert_eq!(asked("events", &["--until", "2020-01-01"]), "there are none\n");
    assert!(asked("events", &["--from", "2020-01-01T00:00:00Z"]).lines().count() >= 4);
    let first: Value = serde_json::from_str(served.lines().last().unwrap()).unwrap();
    let object = &first["object"];
    if let Some(kind) = object["kind"].as_str() {
        let object = format!("{kind}:{}", object["key"].as_str().unwrap());
        assert!(asked("audit", &["--json", "--object", &object]).contains(&first.to_string()));
    }
    for (wrong, expected) in [
        (["--kind", "imported"], "`imported` is no kind of security event; expected one of `request_id_reused`"),
        (["--object", "benefit"], "expected a kind and a key"),
        (["--from", "yesterday"], "expected `2026-11-18T06:12:00Z` or `2026-11-18`"),
    ] {
        let ran = avis(&[&["events", "--folder", &folder], &wrong[..]].concat());
        assert!(ran.code == 2 && ran.err.contains(expected), "{}", ran.err);
    }
}

/// A page of the web whose name was led to this machine.
#[test]
fn the_operators_port_answers_for_its_own_address_alone() {
    let folder = format!("{}/avis", Folder::new("own-address").path());
    let _server = Server::serve(&folder);
    let file: Value = serde_json::from_slice(&std::fs::read(format!("{folder}/operator.json")).unwrap()).unwrap();
    let (address, token) = (file["address"].as_str().unwrap(), file["token"].as_str().unwrap());
    let port = address.rsplit(':').next().unwrap();
    let asked = |head: &str| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(avis_testing::DEADLINE)).unwrap();
        let request = format!("{head}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer
    };
    let path = "/operator/v1/status";
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let answer = asked(&format!("GET {path} HTTP/1.1\r\nhost: {host}:{port}"));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
    }
    for head in [
        format!("GET {path} HTTP/1.1\r\nhost: evil.example:{port}"),
        format!("GET {path} HTTP/1.1\r\nhost: localhost"),
        format!("GET http://evil.example{path} HTTP/1.1\r\nhost: {address}"),
        "POST /operator/v1/terminals/t HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 0".to_owned(),
    ] {
        let answer = asked(&head);
        assert!(answer.starts_with("HTTP/1.1 421 ") && answer.contains("\"code\":\"misdirected\""), "{head}: {answer}");
    }
}
