//! Requests over HTTP to a server in this process: quotes, and the same bytes from a handler that does nothing.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::cast_possible_wrap,
    reason = "a bench may stop at what it does not expect"
)]

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, rt};
use avis_core::loyalty::LoyaltyRequest;
use avis_core::{Catalogue, IdentifierKey, IdentifierSecret, Person, Request, RuleSet, Totals};
use avis_server::KeyHash;
use avis_server::http::{Listening, serve};
use avis_testing::TempFolder;
use serde_json::Value;

use super::by_hand::ByHand;
use super::{BODY, KEY, engine, engine_with, request, secret, shared};

/// Starts a server in this process; where it listens.
fn started(start: impl FnOnce(TcpListener) + Send + 'static) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || start(socket));
    address
}

/// Serves with one thread in this process; where.
pub(crate) fn served(configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> SocketAddr {
    started(move |socket| {
        let app = move || App::new().configure(configure.clone());
        let server = HttpServer::new(app).workers(1).listen(socket).unwrap();
        rt::System::new().block_on(async { server.run().await }).unwrap();
    })
}

/// One connection; each run is one request and its whole answer, of so many bytes at most.
pub(crate) fn exchange(
    address: SocketAddr,
    request: String,
    room: usize,
    is_whole: fn(&[u8]) -> bool,
) -> Box<dyn FnMut() -> i64> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; room];
    Box::new(move || {
        stream.write_all(request.as_bytes()).unwrap();
        let mut read = 0;
        while !is_whole(&buffer[..read]) {
            let more = stream.read(&mut buffer[read..]).unwrap();
            assert!(more > 0, "the server ended within an answer");
            read += more;
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..read]));
        read as i64
    })
}

/// Asks for the quote of [`BODY`].
fn quoting(address: SocketAddr) -> Box<dyn FnMut() -> i64> {
    let request = format!(
        "POST /v1/quote HTTP/1.1\r\nhost: avis\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    exchange(address, request, 16 * 1024, ends_with_brace)
}

/// Answers to quotes end with the object's last brace: to look at that is the least work beside what is counted.
fn ends_with_brace(answer: &[u8]) -> bool {
    answer.ends_with(b"}")
}

fn listening() -> Listening {
    let second = std::time::Duration::from_secs(1);
    Listening { workers: 1, leave: std::time::Duration::ZERO, drain: second, keep_alive: 60 * second }
}

/// A quote at the first provider of a catalogue.
pub(crate) fn quote(catalogue: &Value) -> Box<dyn FnMut() -> i64> {
    let rules = Arc::new(RuleSet::compile(&Catalogue::from_value(catalogue).unwrap()));
    let folder = TempFolder::new("bench-http");
    let path = folder.path().to_owned();
    let mut once = quoting(started(move |socket| {
        let shared = Arc::new(shared(engine_with(rules), &path));
        rt::System::new().block_on(async { serve(shared, socket, None, &listening(), None).unwrap().await }).unwrap();
    }));
    Box::new(move || {
        // It goes with the last run.
        let _ = &folder;
        once()
    })
}

/// Takes the body and returns the same bytes as a quote.
pub(crate) fn bare() -> Box<dyn FnMut() -> i64> {
    async fn handler(body: Bytes, answer: web::Data<Vec<u8>>) -> HttpResponse {
        black_box(&body);
        HttpResponse::Ok().content_type("application/json").body(answer.to_vec())
    }
    let answer = web::Data::new(answer_of_quote());
    quoting(served(move |config| {
        config.app_data(answer.clone()).route("/v1/quote", web::post().to(handler));
    }))
}

/// What no engine leaves out that keeps keys and identifiers as hashes: both hashes, the request read, the same benefits decided by hand.
/// The holder is there, unpacked, and the answer is written.
pub(crate) fn by_hand() -> Box<dyn FnMut() -> i64> {
    struct Known {
        rules: ByHand,
        person: Person,
        secret: IdentifierSecret,
        answer: Vec<u8>,
    }
    async fn handler(body: Bytes, known: web::Data<Known>) -> HttpResponse {
        black_box(KeyHash::of(black_box(KEY)));
        let request = Request::parse(&body).unwrap();
        let presented = &request.identifiers[0];
        black_box(IdentifierKey::of(&presented.scheme, &presented.value, &known.secret));
        black_box(known.rules.decide(&known.person, &request).lines[0].payable);
        HttpResponse::Ok().content_type("application/json").body(known.answer.clone())
    }
    let person = engine(100).person(&request());
    let known = web::Data::new(Known { rules: ByHand::new(), person, secret: secret(), answer: answer_of_quote() });
    quoting(served(move |config| {
        config.app_data(known.clone()).route("/v1/quote", web::post().to(handler));
    }))
}

fn answer_of_quote() -> Vec<u8> {
    let engine = engine(100);
    let asked = LoyaltyRequest::plain(request());
    let plan = engine.plan(engine.known().rules.clone().unwrap(), "provider-0", asked).unwrap().plan;
    let used = vec![Totals::default(); plan.needs().len()];
    avis_server::http::decide(&plan, used, avis_server::UsageConfidence::Exact, 1, false)
}
