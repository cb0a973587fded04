//! What happened before the demo began: sales of three months, contracts, closed days, statements and drafts.
//!
//! Tills and users do it as they always do, by a clock that is set to the moment of each step: nothing is written past the ledger or
//! the control plane.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use avis_admin::control::{self, Control, Question, Refusal, Reply, Settled, Visitor};
use avis_core::Fingerprint;
use avis_core::authorization::{OperationBody, OperationKind, UnitsOfLine};
use avis_core::loyalty::LoyaltyRequest;
use avis_core::movement::ServiceDay;
use avis_server::{Directory, Engine, Follower, Found, KeyHash};
use avis_store::{Clock, IdempotencyKey, NewAuthorization, Recording, Task, Verdict};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::data::DemoData;
use crate::controlling;
use crate::failure::Failure;
use crate::installation::Installation;
use crate::settings::Settings;

/// Makes who signs in, and lets happen what happened before; who they are, if the data says.
///
/// # Errors
/// A user, a party or a step that is refused.
pub(super) fn settle(
    data: &DemoData,
    history: Option<History>,
    installation: &mut Installation,
    settings: &Settings,
) -> Result<Option<Settled>, Failure> {
    let Some(settled) = data.users()? else { return Ok(None) };
    let at = history.as_ref().and_then(History::begins).unwrap_or_else(|| installation.clock.now());
    let made = control::settle(&*installation.registry, &settled, at);
    made.map_err(|error| Failure::of_file(&data.path("users.json"), error))?;
    if let Some(history) = history {
        history.play(installation, settings, &settled.password)?;
    }
    Ok(Some(settled))
}

/// Steps in the order of their moments, and the file that has them.
pub(super) struct History {
    path: PathBuf,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    steps: Vec<Step>,
}

/// Something that was done at a moment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    at: Timestamp,
    #[serde(rename = "do")]
    what: What,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum What {
    /// A till sells.
    Sell(Sale),
    /// A till takes units of a sale's only line back.
    Refund(Refund),
    /// A user asks the control plane for something.
    Call(Operation),
}

/// A sale of one line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sale {
    request_id: Uuid,
    /// The terminal's.
    key: String,
    channel: String,
    /// Scheme and value.
    card: (String, String),
    product: String,
    quantity: i64,
    /// In minor units.
    unit_price: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refund {
    request_id: Uuid,
    /// The sale's.
    original_request_id: Uuid,
    units: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    /// The user's address.
    user: String,
    #[serde(default)]
    method: Method,
    /// Behind `/admin/v1`; `{name}` is the id of what an earlier step made under that name.
    path: String,
    #[serde(default)]
    body: Value,
    /// Fields of what the path names that are the body, as they stand.
    #[serde(default)]
    with: Vec<String>,
    /// Under which later steps find what this one makes.
    #[serde(default)]
    name: Option<String>,
}

/// How something is asked for.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Method {
    #[default]
    Post,
    Put,
}

/// The clock of a step.
struct SetClock {
    now_ms: AtomicI64,
    day: ServiceDay,
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
    }

    fn service_day(&self) -> &ServiceDay {
        &self.day
    }
}

impl History {
    /// Of a file.
    ///
    /// # Errors
    /// What is no such file; a step before the one that it follows.
    pub(super) fn read(path: PathBuf, json: &[u8]) -> Result<Self, Failure> {
        let read = serde_json::from_slice(json);
        let Written { steps } = read.map_err(|error| Failure::of_file(&path, error))?;
        let goes_back = steps.iter().zip(steps.iter().skip(1)).position(|(step, next)| next.at < step.at);
        match goes_back {
            Some(place) => Err(refused(&path, place + 1, "expected a moment not before that of the step before it")),
            None => Ok(Self { path, steps }),
        }
    }

    /// When it begins; none if nothing happened.
    pub(super) fn begins(&self) -> Option<Timestamp> {
        self.steps.first().map(|step| step.at)
    }

    /// Does all of it, before anybody else opens the ledger. Users sign in with their password.
    ///
    /// # Errors
    /// The first step that is refused, by its place.
    fn play(self, installation: &mut Installation, settings: &Settings, password: &str) -> Result<(), Failure> {
        let day = ServiceDay::of_deployment(settings.zone()?);
        let clock = Arc::new(SetClock { now_ms: AtomicI64::new(0), day });
        let present = std::mem::replace(&mut installation.clock, clock.clone());
        let played = self.play_by(&clock, installation, settings, password);
        installation.clock = present;
        played
    }

    fn play_by(
        self,
        clock: &SetClock,
        installation: &Installation,
        settings: &Settings,
        password: &str,
    ) -> Result<(), Failure> {
        let ledger = installation.writer()?;
        let control = controlling::control(installation, &settings.admin, settings.login()?, ledger.clone());
        let engine = Arc::new(Engine::new(Directory::default(), installation.secret.clone(), settings.zone()?));
        let mut follower = Follower::new(installation.store.clone(), engine.clone(), &installation.secret);
        follower.follow().map_err(Failure::of)?;
        let mut past = Past {
            engine,
            ledger,
            control,
            password,
            sessions: BTreeMap::new(),
            made: BTreeMap::new(),
            sold: BTreeMap::new(),
        };
        for (place, Step { at, what }) in self.steps.into_iter().enumerate() {
            clock.now_ms.store(at.as_millisecond(), Ordering::Relaxed);
            past.step(at, what).map_err(|detail| refused(&self.path, place, &detail))?;
        }
        Ok(())
    }
}

fn refused(path: &Path, place: usize, detail: &str) -> Failure {
    Failure::of_file(path, format!("/steps/{place}: {detail}"))
}

/// What steps work on.
struct Past<'p> {
    engine: Arc<Engine>,
    ledger: Arc<dyn Recording>,
    control: Control,
    password: &'p str,
    /// By the user's address: the moment of the sign-in, and its cookie.
    sessions: BTreeMap<String, (Timestamp, String)>,
    /// Ids by the names of steps.
    made: BTreeMap<String, String>,
    /// By the sale's request: its terminal, provider and authorization.
    sold: BTreeMap<Uuid, Sold>,
}

struct Sold {
    terminal: String,
    provider: String,
    authorization: Uuid,
}

impl Past<'_> {
    fn step(&mut self, at: Timestamp, what: What) -> Result<(), String> {
        match what {
            What::Sell(sale) => self.sell(at, &sale),
            What::Refund(refund) => self.refund(&refund),
            What::Call(asked) => self.ask(at, asked).map_err(|refusal| told(&refusal)),
        }
    }

    fn sell(&mut self, at: Timestamp, sale: &Sale) -> Result<(), String> {
        let known = self.engine.known();
        let rules = known.rules.clone().ok_or("there are no rules")?;
        let Found::Terminal(terminal, _) = known.credentials.find(KeyHash::of(&sale.key), at) else {
            return Err("no terminal has the key".to_owned());
        };
        let asked = LoyaltyRequest::from_value(&json!({
            "request_id": sale.request_id, "occurred_at": at, "channel": sale.channel, "currency": rules.currency(),
            "identifiers": [{"scheme": sale.card.0, "value": sale.card.1}],
            "lines": [{"line_id": "1", "product": sale.product, "quantity": sale.quantity, "unit_price": sale.unit_price}],
        }));
        let asked = asked.map_err(|faults| faults.to_string())?;
        let provider = terminal.provider.as_str();
        let fingerprint = Fingerprint::of_loyalty_request(&asked, self.engine.secret());
        let key = IdempotencyKey { provider: provider.into(), request_id: sale.request_id, fingerprint };
        let planned = self.engine.plan(rules, provider, asked).map_err(|faults| faults.to_string())?;
        let new = NewAuthorization {
            key,
            plan: planned.plan,
            inquiry: planned.inquiry,
            terminal: terminal.code.as_str().into(),
            rules: known.rules_read(),
            stale: false,
            hold: jiff::SignedDuration::ZERO,
        };
        let answer = self.recorded(Task::Authorize(Box::new(new)))?;
        let authorization = answer.get("authorization_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        let authorization = authorization.ok_or_else(|| format!("the sale is declined: {answer}"))?;
        let sold = Sold { terminal: terminal.code.clone(), provider: provider.to_owned(), authorization };
        self.sold.insert(sale.request_id, sold);
        Ok(())
    }

    fn refund(&self, refund: &Refund) -> Result<(), String> {
        let sold = self.sold.get(&refund.original_request_id).ok_or("nothing was sold under its original request")?;
        let lines = vec![UnitsOfLine { line_id: "1".into(), units: refund.units }];
        let body = OperationBody { request_id: refund.request_id, lines, reason: None };
        let (kind, authorization) = (OperationKind::Refund, sold.authorization);
        let fingerprint = Fingerprint::of_operation(kind, authorization, &body, self.engine.secret());
        let key =
            IdempotencyKey { provider: sold.provider.as_str().into(), request_id: refund.request_id, fingerprint };
        self.recorded(Task::Operate { key, terminal: sold.terminal.as_str().into(), authorization, kind, body })
            .map(drop)
    }

    fn recorded(&self, task: Task) -> Result<Value, String> {
        let pending = self.ledger.submit(task).map_err(|error| error.to_string())?;
        let verdict = pending.blocking_recv().map_err(|error| error.to_string())?;
        match verdict.map_err(|error| error.to_string())? {
            Verdict::Answered { body, .. } => serde_json::from_slice(&body).map_err(|error| error.to_string()),
            Verdict::Refused(refused) => Err(refused.to_string()),
        }
    }

    /// Asks as a user; where the path names something, as of how it stands.
    fn ask(&mut self, at: Timestamp, asked: Operation) -> Result<(), Refusal> {
        let visitor = self.signed_in(at, &asked.user)?;
        let (mut path, mut body, mut if_match) = (asked.path, asked.body, None);
        for (name, id) in &self.made {
            let place = format!("{{{name}}}");
            let Some(found) = path.find(&place) else { continue };
            let object = format!("{}{id}", path.get(..found).unwrap_or_default());
            let stands = self.asked(&visitor, "GET", object, Value::Null, None)?;
            let fields = asked.with.iter().filter_map(|field| Some((field.clone(), stands.body.get(field)?.clone())));
            let fields: Map<String, Value> = fields.collect();
            if !fields.is_empty() {
                body = fields.into();
            }
            (path, if_match) = (path.replace(&place, id), stands.etag);
        }
        let method = match asked.method {
            Method::Post => "POST",
            Method::Put => "PUT",
        };
        let made = self.asked(&visitor, method, path, body, if_match)?;
        let id = made.body.get("id").and_then(Value::as_str);
        if let Some((name, id)) = asked.name.zip(id) {
            self.made.insert(name, id.to_owned());
        }
        Ok(())
    }

    /// Who asks, by a session that began at this very moment.
    fn signed_in(&mut self, at: Timestamp, user: &str) -> Result<Visitor, Refusal> {
        let from = IpAddr::from([127, 0, 0, 1]);
        if let Some((begun, cookie)) = self.sessions.get(user)
            && *begun == at
        {
            return Ok(Visitor::within(from, Some(cookie), at));
        }
        let nobody = Visitor::within(from, None, at);
        let body = json!({"email": user, "password": self.password});
        let reply = self.asked(&nobody, "POST", "/sessions".to_owned(), body, None)?;
        let cookie = reply.cookies.first().and_then(|cookie| cookie.split(';').next()).unwrap_or_default().to_owned();
        let visitor = Visitor::within(from, Some(&cookie), at);
        self.sessions.insert(user.to_owned(), (at, cookie));
        Ok(visitor)
    }

    fn asked(
        &self,
        visitor: &Visitor,
        method: &'static str,
        path: String,
        body: Value,
        if_match: Option<String>,
    ) -> Result<Reply, Refusal> {
        let idempotency_key = (method == "POST").then(|| self.control.new_key());
        self.control.ask(visitor, Question { method, path, body, if_match, idempotency_key, ..Question::default() })
    }
}

fn told(refusal: &Refusal) -> String {
    let faults: Vec<String> = refusal.errors.iter().map(|(pointer, detail)| format!("{pointer}: {detail}")).collect();
    format!("{} {}", refusal.detail, faults.join("; "))
}
