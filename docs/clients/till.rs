//! A small till in Rust: it quotes, sells, repeats what was not answered, and undoes what it gives up.
//!
//! `AVIS=http://127.0.0.1:8320 KEY=avis_demo_atd_app cargo run --example till`

#![allow(clippy::indexing_slicing, reason = "a field that an answer lacks is null")]

use std::fmt;
use std::io::{self, Write};
use std::thread::sleep;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::HeaderMap;

/// Seconds before each try; after the last the till gives up.
const PAUSES: [u64; 4] = [0, 1, 2, 4];

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The request is not taken; sent unchanged it never will be.
    Refused(String),
    /// Nobody knows what became of it, or nobody takes it now.
    Unanswered(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(told) => write!(out, "refused: {told}"),
            Self::Unanswered(told) => write!(out, "not answered: {told}"),
        }
    }
}

/// An answer, and its headers.
pub(crate) type Answer = (Value, HeaderMap);

/// A till with the key of its terminal.
pub(crate) struct Till {
    agent: Agent,
    avis: String,
    key: String,
}

impl Till {
    /// A till of an installation.
    pub(crate) fn new(avis: &str, key: &str) -> Self {
        let seconds = Some(Duration::from_secs(5));
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(seconds).proxy(None);
        Self { agent: config.build().into(), avis: avis.to_owned(), key: key.to_owned() }
    }

    fn call(&self, path: &str, body: Option<&Value>) -> Result<Answer, Trouble> {
        let (url, bearer) = (format!("{}{path}", self.avis), format!("Bearer {}", self.key));
        let sent = match body {
            None => self.agent.get(&url).header("authorization", &bearer).call(),
            Some(body) => {
                let request = self.agent.post(&url).header("authorization", &bearer);
                request.header("content-type", "application/json").send(body.to_string())
            }
        };
        let unanswered = |error: ureq::Error| Trouble::Unanswered(error.to_string());
        let mut response = sent.map_err(unanswered)?;
        let text = response.body_mut().read_to_string().map_err(unanswered)?;
        match response.status().as_u16() {
            200 => {
                let json = serde_json::from_str(&text).map_err(|error| Trouble::Unanswered(error.to_string()))?;
                Ok((json, response.headers().clone()))
            }
            503 => Err(Trouble::Unanswered(text)),
            _ => Err(Trouble::Refused(text)),
        }
    }

    /// Sends a request that records, again and again under its own id, until it is answered.
    fn record(&self, path: &str, body: &Value) -> Result<Answer, Trouble> {
        let mut lost = Trouble::Unanswered(String::new());
        for pause in PAUSES {
            sleep(Duration::from_secs(pause));
            match self.call(path, Some(body)) {
                Err(unanswered @ Trouble::Unanswered(_)) => lost = unanswered,
                answered => return answered,
            }
        }
        Err(lost)
    }

    /// Undoes a request, whether it arrived or not. A real till keeps this on disk, and tries until it is answered.
    fn undo(&self, request_id: &Value, reason: &str) -> Result<Value, Trouble> {
        let reversal = json!({"request_id": fresh_id(), "original_request_id": request_id, "reason": reason});
        self.record("/v1/reversals", &reversal).map(|(answer, _)| answer)
    }

    /// The sale; where the customer is not to wait any longer it is undone.
    fn sell(&self, basket: &Value) -> Result<Answer, Trouble> {
        let sold = self.record("/v1/authorizations", basket);
        if let Err(Trouble::Unanswered(_)) = &sold {
            self.undo(&basket["request_id"], "no answer came")?;
        }
        sold
    }

    /// A day in the life of a till, told line by line.
    ///
    /// # Errors
    /// What is not answered, or refused.
    pub(crate) fn story(&self) -> Result<Vec<String>, Trouble> {
        let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let header = |of: &HeaderMap, name: &str| {
            of.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let mut told = vec![format!("terminal {}", word(&self.call("/v1/terminal", None)?.0["terminal"]))];
        let sale = basket();
        told.push(format!("quote {}", word(&self.call("/v1/quote", Some(&sale))?.0["payable"])));
        let (sold, _) = self.sell(&sale)?;
        told.push(format!("sold {} {}", word(&sold["state"]), word(&sold["payable"])));
        let (again, headers) = self.sell(&sale)?;
        told.push(format!("repeated {} {}", header(&headers, "idempotent-replayed"), again == sold));
        let refund =
            json!({"request_id": fresh_id(), "lines": [{"line_id": "1", "units": 1}], "reason": "missed the bus"});
        let path = format!("/v1/authorizations/{}/refunds", word(&sold["authorization_id"]));
        told.push(format!("refund {}", word(&self.record(&path, &refund)?.0["state"])));
        told.push(format!("undone {}", word(&self.undo(&refund["request_id"], "given back by mistake")?["state"])));
        told.push(format!("undone {}", word(&self.undo(&sale["request_id"], "no answer came")?["state"])));
        told.push(format!("repeated {}", header(&self.sell(&sale)?.1, "avis-standing")));
        Ok(told)
    }
}

/// Anna's ticket, of now, under an id of its own.
fn basket() -> Value {
    json!({
        "request_id": fresh_id(), "occurred_at": Timestamp::now(), "channel": "app", "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}],
    })
}

fn fresh_id() -> String {
    let mut random = [0; 16];
    // Without randomness the id would not be one's own: the till stops.
    if getrandom::fill(&mut random).is_err() {
        std::process::abort();
    }
    uuid::Builder::from_random_bytes(random).into_uuid().to_string()
}

/// Runs the story against `AVIS`, as the terminal of `KEY`.
#[allow(dead_code, reason = "a test takes the till alone")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let setting = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    let till = Till::new(&setting("AVIS", "http://127.0.0.1:8320"), &setting("KEY", "avis_demo_atd_app"));
    let told = till.story().map_err(|trouble| trouble.to_string())?;
    Ok(told.iter().try_for_each(|line| writeln!(io::stdout(), "{line}"))?)
}
