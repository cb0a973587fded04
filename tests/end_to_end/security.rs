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
fn a_reused_id_a_revoked_key_and_a_wrong_scope_are_noted_for_the_audit() {
    let folder = format!("{}/avis", Folder::new("f17-noted").path());
    let _ = std::fs::remove_dir_all(&folder);
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

/// A page of the web whose name was led to this machine.
#[test]
fn the_operators_port_answers_for_its_own_address_alone() {
    let folder = format!("{}/avis", Folder::new("own-address").path());
    let _ = std::fs::remove_dir_all(&folder);
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
