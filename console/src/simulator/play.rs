//! One request for the page: what is done at the till, and what it shows then.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::answer::{Answer, Offline, Problem, Uploaded};
use super::engine::{Call, Engine, Reply};
use super::request::{Basket, Terminal, basket};
use super::setup::{Setup, Till};
use super::state::State;
use super::wrong::{Wrong, WrongAt};

/// What is done at the till.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Sell,
    Hold,
    Capture,
    Refund,
    Void,
    Reverse,
    /// Sells without a connection.
    Keep,
    /// Uploads what was sold so.
    Upload,
}

impl Action {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Sell, "sell"),
        (Self::Hold, "hold"),
        (Self::Capture, "capture"),
        (Self::Refund, "refund"),
        (Self::Void, "void"),
        (Self::Reverse, "reverse"),
        (Self::Keep, "keep"),
        (Self::Upload, "upload"),
    ];

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(action, _)| *action)
    }
}

/// What is done, under which request, and to how many units of which line.
#[derive(Clone, Debug)]
pub(super) struct Doing {
    pub(super) action: Action,
    pub(super) request: Uuid,
    pub(super) units: Vec<(String, String)>,
}

/// A call and what came back.
pub(super) struct Exchange {
    pub(super) call: Call,
    pub(super) reply: Reply,
}

/// All that a page shows.
pub(super) struct Scene<'a> {
    pub(super) till: &'a Till,
    pub(super) terminal: Terminal,
    pub(super) state: State,
    pub(super) wrong: Vec<WrongAt>,
    /// What the engine refused, if it did.
    pub(super) problem: Option<Problem>,
    /// A quote, a declined sale, or an authorization as it stands.
    pub(super) answer: Option<Answer>,
    pub(super) offline: Option<Offline>,
    /// Why, as the engine tells it.
    pub(super) why: Option<Value>,
    /// The calls, the last one last.
    pub(super) exchanges: Vec<Exchange>,
}

/// Why there is nothing to show.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// There is no such terminal in the file.
    NoTerminal,
    /// The engine does not answer.
    Unreachable(String),
    /// The engine does not know the terminal's key.
    KeyRefused,
    /// The terminal does not train: what it sells would be real.
    NotTraining,
    /// What the engine answered can't be read.
    Unreadable(String),
}

/// The till while somebody plays with it.
struct Play<'a> {
    engine: &'a dyn Engine,
    key: &'a str,
    exchanges: Vec<Exchange>,
    problem: Option<Problem>,
}

impl Play<'_> {
    /// Makes a call; nothing where it is refused, and then the problem says why.
    fn ask<T: DeserializeOwned>(
        &mut self,
        method: &'static str,
        path: String,
        body: Option<Value>,
    ) -> Result<Option<T>, Trouble> {
        let call = Call { method, path, key: self.key.to_owned(), body };
        let reply = self.engine.call(&call).map_err(Trouble::Unreachable)?;
        let is_done = reply.status == 200;
        let text = reply.body.clone();
        self.exchanges.push(Exchange { call, reply });
        if is_done {
            return read(&text).map(Some);
        }
        self.problem = Some(read(&text)?);
        Ok(None)
    }

    fn post<T: DeserializeOwned>(&mut self, path: &str, body: Value) -> Result<Option<T>, Trouble> {
        self.ask("POST", path.to_owned(), Some(body))
    }

    fn get<T: DeserializeOwned>(&mut self, path: String) -> Result<Option<T>, Trouble> {
        self.ask("GET", path, None)
    }

    fn record(&mut self, id: Uuid) -> Result<Option<Answer>, Trouble> {
        self.get(format!("/v1/authorizations/{id}"))
    }

    /// Does something that needs what stands in the fields.
    fn sell(&mut self, doing: &Doing, basket: &Basket, state: &mut State) -> Result<Option<Answer>, Trouble> {
        match doing.action {
            Action::Keep => {
                state.kept = Some(doing.request);
                return Ok(None);
            }
            Action::Upload => {
                let id = state.kept.unwrap_or(doing.request);
                let uploaded: Option<Uploaded> = self.post("/v1/advices", basket.advice(id))?;
                let Some(record) = uploaded.and_then(|uploaded| uploaded.records.into_iter().next()) else {
                    return Ok(None);
                };
                if record.status != 200 {
                    self.problem = Some(read(&record.body.to_string())?);
                    return Ok(None);
                }
                let answer: Answer = read(&record.body.to_string())?;
                (state.kept, state.is_offline, state.sale) = (None, false, answer.authorization_id);
                return Ok(Some(answer));
            }
            _ => {}
        }
        let request = basket.request(doing.request, doing.action == Action::Hold);
        let answer: Option<Answer> = self.post("/v1/authorizations", request)?;
        state.sale = answer.as_ref().and_then(|answer| answer.authorization_id);
        Ok(answer)
    }

    /// Does something to what was sold or held.
    fn operate(&mut self, doing: &Doing, id: Uuid, wrong: &mut Vec<WrongAt>) -> Result<(), Trouble> {
        let mut body = Map::from_iter([("request_id".to_owned(), json!(doing.request))]);
        let path = match doing.action {
            Action::Capture => "capture",
            Action::Refund => "refunds",
            Action::Void => "void",
            _ => {
                let Some(record) = self.record(id)? else { return Ok(()) };
                body.insert("original_request_id".to_owned(), json!(record.request_id));
                body.insert("reason".to_owned(), json!("no answer came"));
                let _: Option<Value> = self.post("/v1/reversals", body.into())?;
                return Ok(());
            }
        };
        if matches!(doing.action, Action::Capture | Action::Refund) {
            let Some(lines) = units(&doing.units, wrong) else { return Ok(()) };
            body.insert("lines".to_owned(), lines);
        }
        let _: Option<Value> = self.post(&format!("/v1/authorizations/{id}/{path}"), body.into())?;
        Ok(())
    }

    /// What is shown then: the authorization, or what a sale would come to.
    fn look(&mut self, basket: Option<&Basket>, state: &State, fresh: Uuid) -> Result<Option<Answer>, Trouble> {
        match (state.sale, basket) {
            (Some(id), _) => self.record(id),
            (None, Some(basket)) if !state.is_offline => self.post("/v1/quote", basket.request(fresh, false)),
            _ => Ok(None),
        }
    }

    fn why(&mut self, basket: Option<&Basket>, state: &State, fresh: Uuid) -> Result<Option<Value>, Trouble> {
        match (state.sale, basket) {
            (Some(id), _) => self.get(format!("/v1/authorizations/{id}/explain")),
            (None, Some(basket)) if !state.is_offline => self.post("/v1/explain", basket.request(fresh, false)),
            _ => Ok(None),
        }
    }
}

/// Plays: does what is asked, and looks at what is there then. `fresh` is the id of what would be done next; `explains` says whether
/// the reasons behind the answer are told, too.
pub(super) fn play<'a>(
    setup: &'a Setup,
    engine: &dyn Engine,
    mut state: State,
    doing: Option<&Doing>,
    fresh: Uuid,
    explains: bool,
) -> Result<Scene<'a>, Trouble> {
    let till = setup.till(&state.terminal).ok_or(Trouble::NoTerminal)?;
    let mut play = Play { engine, key: &till.key, exchanges: Vec::new(), problem: None };
    let terminal: Option<Terminal> = play.get("/v1/terminal".to_owned())?;
    let terminal = terminal.ok_or(Trouble::KeyRefused)?;
    if !terminal.training {
        return Err(Trouble::NotTraining);
    }
    // Who reads the page knows the terminal; what is done with it is what is worth seeing.
    play.exchanges.clear();
    if state.channel.is_empty() {
        state.channel = terminal.channels.first().cloned().unwrap_or_default();
    }
    if state.at.is_empty() {
        state.at = terminal.time.to_zoned_datetime(terminal.zone()).strftime("%Y-%m-%dT%H:%M").to_string();
    }
    let (read, mut wrong) = match basket(&state, setup, till, &terminal) {
        Ok(basket) => (Some(basket), Vec::new()),
        // What was sold is looked at whatever the fields say meanwhile.
        Err(_) if state.sale.is_some() => (None, Vec::new()),
        Err(wrong) => (None, wrong),
    };
    let mut answer = None;
    match (doing, state.sale, &read) {
        (Some(doing), Some(id), _) => play.operate(doing, id, &mut wrong)?,
        (Some(doing), None, Some(basket)) => answer = play.sell(doing, basket, &mut state)?,
        _ => {}
    }
    if answer.is_none() || state.sale.is_some() {
        let refused = play.problem.take();
        answer = play.look(read.as_ref(), &state, fresh)?;
        play.problem = refused.or(play.problem);
    }
    let offline = if state.is_offline { play.get("/v1/terminal/offline".to_owned())? } else { None };
    // What staff read of it is no call of a till.
    let calls = play.exchanges.len();
    let why = if explains { play.why(read.as_ref(), &state, fresh)? } else { None };
    play.exchanges.truncate(calls);
    let Play { exchanges, problem, .. } = play;
    Ok(Scene { till, terminal, state, wrong, problem, answer, offline, why, exchanges })
}

/// The units that are named, by line.
fn units(named: &[(String, String)], wrong: &mut Vec<WrongAt>) -> Option<Value> {
    let mut lines = Vec::new();
    for (line_id, text) in named {
        match text.parse::<u32>() {
            Ok(0) => {}
            Ok(units) => lines.push(json!({"line_id": line_id, "units": units})),
            Err(_) => wrong.push(Wrong::NoUnits.at(&format!("units-{line_id}"))),
        }
    }
    if lines.is_empty() && wrong.is_empty() {
        let first = named.first().map_or("1", |(line_id, _)| line_id);
        wrong.push(Wrong::NoUnits.at(&format!("units-{first}")));
    }
    wrong.is_empty().then_some(Value::Array(lines))
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, Trouble> {
    serde_json::from_str(json).map_err(|error| Trouble::Unreadable(error.to_string()))
}
