//! Whoever speaks badly on purpose is refused, holds nobody up and brings nothing down.

use std::io::{Read, Write};
use std::net::TcpStream;

use avis_testing::DEADLINE;

use crate::deployment::{DESK, new_id, single};
use crate::program::{Folder, Server};

/// Connections that begin a request and never end it: what runs beside has room under the 1,024 open files of most machines.
const HALF: usize = 400;

fn serve(test: &str) -> Server {
    Server::serve(&format!("{}/avis", Folder::new(test).path()))
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.url("").trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

fn sells(server: &Server) {
    let sold = server.send(DESK, "/v1/authorizations", single(&new_id()).to_string());
    assert_eq!(sold.status, 200, "{}", sold.text);
}

#[test]
fn half_a_request_on_hundreds_of_connections_delays_no_till_and_is_closed() {
    let server = serve("hostile-half");
    let half: Vec<TcpStream> = (0..HALF)
        .map(|_| {
            let mut stream = connect(&server);
            stream.write_all(b"POST /v1/authorizations HTTP/1.1\r\nhost: avis\r\nauthorization: Bea").unwrap();
            stream
        })
        .collect();
    sells(&server);
    for mut stream in half {
        let mut told = Vec::new();
        // It ends: with an answer that says so, or without one.
        let _ = stream.read_to_end(&mut told);
        let told = String::from_utf8_lossy(&told);
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{told}");
    }
    sells(&server);
}

/// The status of what comes back to these bytes; none where the connection is closed without an answer.
fn answered(server: &Server, bytes: &[u8]) -> Option<u16> {
    let mut stream = connect(server);
    // Who is refused before the end may find the connection closed.
    let _ = stream.write_all(bytes);
    let mut told = Vec::new();
    let _ = stream.read_to_end(&mut told);
    String::from_utf8_lossy(&told).split(' ').nth(1)?.parse().ok()
}

/// A sale with a body, closed afterwards.
fn sale(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /v1/authorizations HTTP/1.1\r\nhost: avis\r\nauthorization: Bearer {DESK}\r\ncontent-type: application/json\r\nconnection: close\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn with_length(body: &[u8]) -> Vec<u8> {
    sale(&format!("content-length: {}\r\n", body.len()), body)
}

#[test]
fn what_no_request_may_be_is_refused_and_brings_nothing_down() {
    let server = serve("hostile-requests");
    let id = new_id();
    let body = single(&id).to_string();
    let length = body.len();
    let path = |path: &str| {
        format!("GET {path} HTTP/1.1\r\nhost: avis\r\nauthorization: Bearer {DESK}\r\nconnection: close\r\n\r\n")
            .into_bytes()
    };
    let doubled = body.replacen('{', r#"{"mode": "hold", "mode": "sale", "#, 1);
    let not_a_number = body.replace("715", "NaN");
    let mut no_utf8 = body.clone().into_bytes();
    no_utf8[length / 2] = 0xff;
    let nested = format!("{{\"lines\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (what, bytes) in [
        (
            "two lengths",
            sale(&format!("content-length: {length}\r\ncontent-length: {}\r\n", length - 1), body.as_bytes()),
        ),
        (
            "a length beside chunks",
            sale(&format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n"), b"0\r\n\r\n"),
        ),
        ("a length that is none", sale("content-length: -1\r\n", body.as_bytes())),
        ("200 KB of headers", sale(&format!("x: {}\r\ncontent-length: 0\r\n", "y".repeat(200_000)), b"")),
        ("200,000 brackets", with_length(nested.as_bytes())),
        ("no number", with_length(not_a_number.as_bytes())),
        ("a key that stands twice", with_length(doubled.as_bytes())),
        ("no UTF-8", with_length(&no_utf8)),
        ("a way up", path("/v1/../v1/terminal")),
        ("a way up that is encoded", path("/v1/%2e%2e/%2e%2e/etc/passwd")),
        ("a method of nobody", [b"BREW", &path("/v1/terminal")[3..]].concat()),
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
    ] {
        let status = answered(&server, &bytes);
        assert!(status.is_none_or(|status| (400..500).contains(&status)), "{what}: {status:?}");
    }
    sells(&server);
    assert_eq!(server.read(DESK, &format!("/v1/requests/{id}")).status, 404, "what was refused left nothing");
}
