//! One connection: sends, sends again when the connection died, and measures from the moment at which it was due.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::load::Load;
use crate::people::Terminal;
use crate::report::{Kind, locked};

/// Longer than any stall that is worth waiting for; then the connection counts as dead.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// How long the same request is sent again while the server is down.
const RETRY_TIME: Duration = Duration::from_secs(90);
const RETRY_PAUSE: Duration = Duration::from_millis(5);
const BACK_PAUSE: Duration = Duration::from_millis(100);

/// A client with one connection, kept alive.
pub(crate) struct Till<'a> {
    load: &'a Load,
    agent: ureq::Agent,
    /// The engine that it asks first.
    pub(crate) home: usize,
}

/// What a request is for, and who is asked first.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) kind: Kind,
    /// Latency counts from here.
    pub(crate) due: Instant,
    pub(crate) terminal: &'a Terminal,
    pub(crate) engine: usize,
    /// Whether nobody else is asked if that is gone.
    pub(crate) only: bool,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether it says that it was answered before.
    pub(crate) replayed: bool,
    /// The engine that gave it.
    pub(crate) engine: usize,
}

impl Reply {
    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// For a message: what came.
    pub(crate) fn told(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

impl<'a> Till<'a> {
    pub(crate) fn new(load: &'a Load, home: usize) -> Self {
        // No proxy, whatever the environment says: this machine only.
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .timeout_global(Some(ANSWER_TIME))
            .build();
        Self { load, agent: config.into(), home }
    }

    /// Posts until an answer comes, under the same id; none came if that takes too long. An engine that is gone is left for the
    /// next one, unless nobody else knows of it.
    pub(crate) fn post(&self, asked: &Call<'_>, path: &str, body: &str) -> Option<Reply> {
        self.ask(asked, path, Some(body))
    }

    /// Reads until an answer comes.
    pub(crate) fn get(&self, terminal: &Terminal, path: &str) -> Option<Reply> {
        self.ask(&Call { kind: Kind::Read, due: Instant::now(), terminal, engine: self.home, only: false }, path, None)
    }

    /// What an engine says of itself.
    pub(crate) fn metrics(&self, engine: usize) -> Option<String> {
        let address = self.load.target.address(engine)?;
        self.agent.get(format!("http://{address}/metrics")).call().ok()?.body_mut().read_to_string().ok()
    }

    fn ask(&self, asked: &Call<'_>, path: &str, body: Option<&str>) -> Option<Reply> {
        let Call { kind, due, terminal, mut engine, only } = *asked;
        let begun = Instant::now();
        let mut died = None;
        while begun.elapsed() < RETRY_TIME {
            let Some(address) = self.load.target.address(engine) else {
                std::thread::sleep(RETRY_PAUSE);
                continue;
            };
            if died.is_some() {
                locked(&self.load.timings).retry(kind);
            }
            match self.once(&format!("http://{address}{path}"), &terminal.key, body) {
                // When everything is back, nobody is put off any more for long.
                Ok((503, ..)) if self.load.target.shares_a_ledger() && self.load.over.load(Ordering::Relaxed) => {
                    std::thread::sleep(BACK_PAUSE);
                }
                Ok((status, body, replayed)) => {
                    locked(&self.load.timings).took(kind, due.elapsed());
                    if died.is_some() && replayed {
                        self.load.recovered.fetch_add(1, Ordering::Relaxed);
                    }
                    return Some(Reply { status, body, replayed, engine });
                }
                Err(_) if only => return None,
                Err(error) => {
                    died = Some(error);
                    engine = (engine + 1) % self.load.target.count().max(1);
                    std::thread::sleep(RETRY_PAUSE);
                }
            }
        }
        locked(&self.load.timings).error(kind);
        let error = died.map_or_else(|| "nobody was there, or had time".to_owned(), |error| error.to_string());
        self.load.findings.violation(format!("{path}: no answer within {} s: {error}", RETRY_TIME.as_secs()));
        None
    }

    /// The status of an answer, its body, and whether it is a replay.
    fn once(&self, url: &str, key: &str, body: Option<&str>) -> Result<(u16, Vec<u8>, bool), ureq::Error> {
        let key = format!("Bearer {key}");
        let mut response = match body {
            Some(body) => {
                let post = self.agent.post(url).header("authorization", key).header("content-type", "application/json");
                post.send(body.as_bytes())?
            }
            None => self.agent.get(url).header("authorization", key).call()?,
        };
        let replayed = response.headers().get("idempotent-replayed").is_some_and(|value| value == "true");
        Ok((response.status().as_u16(), response.body_mut().read_to_vec()?, replayed))
    }

    /// Sends and hangs up without reading: the answer never comes. Whether the request arrived is open.
    pub(crate) fn send_unheard(&self, terminal: &Terminal, path: &str, body: &str) {
        let Some(address) = self.load.target.address(self.home) else { return };
        // A failure is one of the things that may happen to such a request.
        let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1)).and_then(|mut stream| {
            let (key, length) = (&terminal.key, body.len());
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
                 content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            );
            stream.write_all(&[head.as_bytes(), body.as_bytes()].concat())
        });
    }
}
