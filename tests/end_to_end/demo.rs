//! `avis demo`: the first command of a newcomer.

use serde_json::Value;

use crate::program::{Server, avis, demo_data};

#[test]
fn its_curl_lines_quote_the_free_day_at_the_desk_and_half_price_in_the_app() {
    let server = Server::start();
    let lines: Vec<&str> = server.welcome.lines().filter(|line| line.starts_with("curl ")).collect();
    assert!(lines.len() >= 3, "{}", server.welcome);
    let payable = |line: &str| quoted(&server, line)["payable"].as_i64().unwrap();
    assert_eq!((payable(lines[0]), payable(lines[1])), (0, 357));
    for line in &lines {
        let answer = quoted(&server, line);
        assert_ne!(answer["outcome"], "declined", "{line}\n{answer}");
    }
}

/// Sends what a printed line sends; the machine need not have curl.
fn quoted(server: &Server, line: &str) -> Value {
    let parts: Vec<&str> = line.split('\'').collect();
    let [before, authorization, _, content_type, _, body, _] = parts[..] else { panic!("{line}") };
    assert!(before.contains(&server.url("/v1/quote")));
    let headers: Vec<_> = [authorization, content_type].iter().map(|header| header.split_once(": ").unwrap()).collect();
    let answer = server.post("/v1/quote", &headers, body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[test]
fn it_stops_cleanly_when_asked() {
    let server = Server::start();
    assert_eq!(server.get("/readyz").status, 200);
    let (status, said) = server.stop();
    assert!(status.success(), "{status}");
    assert!(said.contains("stopped"), "{said}");
}

#[test]
fn a_port_that_is_taken_is_named_with_a_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = avis(&["demo", "--listen", &address, "--data", demo_data().to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(&address) && ran.err.contains("--listen"), "{}", ran.err);
}

#[test]
fn data_that_is_not_there_is_named() {
    let ran = avis(&["demo", "--data", "nowhere"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("nowhere"), "{}", ran.err);
}
