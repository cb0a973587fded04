//! A server in this process whose ledger and store fail as they are told, and what it answered.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use avis_core::{Catalogue, IdentifierSecret, RuleSet};
use avis_server::http::{AppState, Draining, Freshness, Listening, RequestLog, Selling, Training, serve};
use avis_server::{
    Credentials, Directory, Engine, IdentifierThrottle, Key, Known, Metrics, Scope, Terminal, UsageCache,
};
use avis_store::SystemClock;
use avis_testing::DEADLINE;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::stub::Stub;

pub(crate) const SELLER: &str = "avis_test_key_of_a_seller";
pub(crate) const EXPLAINER: &str = "avis_test_key_of_an_explainer";
pub(crate) const ENROLLER: &str = "avis_test_key_of_an_enroller";
/// May do everything, and tries identifiers.
pub(crate) const GUESSER: &str = "avis_test_key_of_a_guesser";

/// A call, as the published description names it.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) key: &'static str,
}

pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) stub: Arc<Stub>,
    address: SocketAddr,
    /// Operation and code of each refusal that came.
    seen: Mutex<BTreeSet<(String, String)>>,
}

fn terminal(code: &str, key: &str, scopes: &[Scope]) -> Arc<Terminal> {
    Arc::new(Terminal {
        code: code.to_owned(),
        provider: "p".to_owned(),
        channels: vec!["desk".to_owned()],
        schemes: vec!["card".to_owned()],
        scopes: scopes.to_vec(),
        keys: vec![Key::of(key)],
    })
}

pub(crate) fn rules(currency: &str) -> Arc<RuleSet> {
    let catalogue = json!({"currency": currency, "providers": [{"code": "p"}], "programs": [{
        "code": "points", "version": 1, "owner": "p", "scope": {"providers": {"all": true}},
        "earn": {"rules": [{"code": "base", "money": 1}]}}]});
    Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue).unwrap()))
}

impl World {
    pub(crate) fn new() -> Self {
        let engine = Engine::new(Directory::default(), IdentifierSecret::new([5; 32]), TimeZone::UTC);
        let (engine, stub) = (Arc::new(engine), Arc::new(Stub::default()));
        let state = Arc::new(AppState {
            node: "test".to_owned(),
            engine: engine.clone(),
            store: Some(stub.clone()),
            registry: Some(stub.clone()),
            reports: Some(stub.clone()),
            following: None,
            ledger: stub.clone(),
            training: Training::nowhere(),
            draining: Draining::default(),
            cluster: None,
            clock: Arc::new(SystemClock::default()),
            selling: Selling {
                hold: SignedDuration::from_mins(30),
                past: SignedDuration::from_hours(24),
                future: SignedDuration::from_mins(5),
            },
            usage_cache: UsageCache::default(),
            freshness: Freshness { stale_after: Duration::MAX, wait: Duration::from_millis(1) },
            identifier_throttle: IdentifierThrottle::new(1),
            security: None,
            metrics: Metrics::new().unwrap(),
            request_log: RequestLog::Off,
            calls: Arc::default(),
        });
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        std::thread::spawn(move || {
            let second = Duration::from_secs(1);
            let listening = Listening { workers: 2, leave: second, drain: second, keep_alive: second };
            let system = actix_web::rt::System::new();
            system.block_on(async { serve(state, socket, None, &listening, None).unwrap().await }).unwrap();
        });
        let world = Self { engine, stub, address, seen: Mutex::default() };
        world.knows(Some("EUR"));
        world
    }

    /// From now on the engine has rules of a currency, or none.
    pub(crate) fn knows(&self, currency: Option<&str>) {
        let credentials = Arc::new(Credentials::of([
            terminal("seller", SELLER, &[Scope::Sell]),
            terminal("explainer", EXPLAINER, &[Scope::Explain]),
            terminal("guesser", GUESSER, &Scope::ALL),
            terminal("enroller", ENROLLER, &[Scope::Enrol]),
        ]));
        self.engine.know(Known { rules: currency.map(rules), credentials, head: None });
    }

    /// What a call answers to a body.
    pub(crate) fn ask(&self, call: Call, body: &Value) -> Value {
        self.ask_as(call, call.key, "application/json", &body.to_string())
    }

    pub(crate) fn ask_as(&self, call: Call, key: &str, media: &str, body: &str) -> Value {
        let length = format!("content-length: {}", body.len());
        let head = head(call, &[&format!("authorization: Bearer {key}"), &format!("content-type: {media}"), &length]);
        let mut stream = self.connect();
        // It may be refused before it was sent whole.
        let _ = stream.write_all((head + body).as_bytes());
        self.noted(call, stream)
    }

    /// Sends the beginning of a body, and then either nothing more or the end of the connection.
    pub(crate) fn ask_in_part(&self, call: Call, is_ended: bool) -> Value {
        let key = format!("authorization: Bearer {}", call.key);
        let mut stream = self.connect();
        let head = head(call, &[&key, "content-type: application/json", "content-length: 100"]);
        stream.write_all((head + "{").as_bytes()).unwrap();
        if is_ended {
            stream.shutdown(Shutdown::Write).unwrap();
        }
        self.noted(call, stream)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Reads an answer; a refusal is noted.
    fn noted(&self, call: Call, mut stream: TcpStream) -> Value {
        let mut answer = Vec::new();
        // A server that did not read a body whole resets the connection after its answer.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{}: {answer}", call.operation));
        let answer: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{}: {head}\n{body}", call.operation));
        if let Some(code) = answer["code"].as_str() {
            assert!(head.contains(&format!(" {} ", answer["status"])), "{head}");
            self.seen.lock().unwrap().insert((call.operation.to_owned(), code.to_owned()));
        }
        answer
    }

    /// A record of an upload that was refused.
    pub(crate) fn note_record(&self, answer: &Value) {
        let code = answer["records"][0]["body"]["code"].as_str().unwrap_or_else(|| panic!("{answer}"));
        self.seen.lock().unwrap().insert(("a record".to_owned(), code.to_owned()));
    }

    pub(crate) fn seen(&self) -> BTreeSet<(String, String)> {
        self.seen.lock().unwrap().clone()
    }
}

fn head(call: Call, headers: &[&str]) -> String {
    let path = call.path.replace("{id}", "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11");
    format!("{} {path} HTTP/1.1\r\nhost: avis\r\nconnection: close\r\n{}\r\n\r\n", call.method, headers.join("\r\n"))
}

/// A basket of now.
pub(crate) fn basket() -> Value {
    json!({
        "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "occurred_at": Timestamp::now().to_string(), "currency": "EUR",
        "lines": [{"line_id": "1", "product": "bus", "quantity": 1, "unit_price": 100}],
    })
}
