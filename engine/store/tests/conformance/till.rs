//! A till for the suite: rules with every kind of limit, a holder, and requests in one line.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use avis_core::authorization::{OperationBody, OperationKind, ReversalBody, UnitsOfLine};
use avis_core::loyalty::{Inquiry, LoyaltyRequest, inquire};
use avis_core::movement::ServiceDay;
use avis_core::{Catalogue, Fingerprint, Holder, IdentifierSecret, Person, RuleSet, WrittenHolder, plan_loyal};
use avis_store::{Clock, Digest, IdempotencyKey, Ledger, NewAuthorization, Refused, RulesRead, Task, Verdict};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// An adapter under test, on storage of its own that outlives what is opened on it.
pub(crate) trait Adapter: Sync {
    /// Opens the ledger, as at a start; what was opened before is gone by then.
    fn open(&self, clock: Arc<dyn Clock>) -> Box<dyn Ledger>;
}

/// A clock that goes when it is told.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64, ServiceDay);

impl Default for TestClock {
    fn default() -> Self {
        Self::in_zone("Europe/Riga")
    }
}

impl TestClock {
    /// In another deployment's time zone.
    pub(crate) fn in_zone(zone: &str) -> Self {
        let begins = "2026-11-18T06:12:00Z".parse::<Timestamp>().unwrap().as_second();
        Self(AtomicI64::new(begins), ServiceDay::of_deployment(TimeZone::get(zone).unwrap()))
    }

    pub(crate) fn go(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn service_day(&self) -> &ServiceDay {
        &self.1
    }
}

/// A ledger with rules and a holder.
pub(crate) struct Till {
    pub(crate) ledger: Box<dyn Ledger>,
    rules: Arc<RuleSet>,
    holder: Arc<Holder>,
}

pub(crate) const HOLD: SignedDuration = SignedDuration::from_mins(30);
/// Stands for the rules above, which are of no store.
pub(crate) const RULES_READ: RulesRead = RulesRead { revision: 1, digest: Digest::from_bytes([7; 16]) };
pub(crate) const PROVIDER: &str = "bus";

/// Some units of a product for 100 each, in the morning of the day on which most is sold.
fn request(request_id: Uuid, product: &str, units: i64) -> Value {
    json!({
        "request_id": request_id, "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
        "lines": [{"line_id": "1", "product": product, "quantity": units, "unit_price": 100}],
    })
}

/// Products name the limit under test.
pub(crate) fn catalogue() -> Value {
    let benefit = |product: &str, effect: Value, limit: Value| {
        let offline =
            if product == "three" { json!({"allow": {"max_discount": 150, "max_uses": 2}}) } else { json!("deny") };
        json!({
            "code": format!("{product}-benefit"), "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"}, "priority": 1,
            "scope": {"providers": {"all": true}, "products": [product]}, "effect": effect, "limits": [limit], "offline": offline,
        })
    };
    let free = json!({"percent": {"rate": 10_000}});
    let half = json!({"percent": {"rate": 5_000}});
    // Without a limit, so that nothing of its usage is ever locked.
    let mut gift = benefit("gift", half.clone(), json!(null));
    gift["limits"] = json!([]);
    gift["offline"] = json!({"allow": {"max_discount": 1_000, "max_uses": 2}});
    let mut own = benefit("own", half.clone(), json!(null));
    (own["limits"], own["funding"]) = (json!([]), json!([{"payer": PROVIDER, "rate": 10_000}]));
    let spent = json!({"scope": "benefit", "measure": "discount", "window": {"year": {}}, "max": 60, "on_exhausted": "unfunded"});
    json!({
        "currency": "EUR", "providers": [{"code": PROVIDER, "tags": []}, {"code": "tram", "tags": []}],
        "benefits": [
            benefit("three", free.clone(), json!({"scope": "holder", "measure": "units", "window": {"month": {}}, "max": 3})),
            benefit("purse", free.clone(), json!({"scope": "holder", "measure": "discount", "window": {"lifetime": {}}, "max": 100})),
            benefit("thousand", free.clone(), json!({"scope": "benefit", "measure": "uses", "window": {"year": {}}, "max": 1000})),
            benefit("half", half.clone(), json!({"scope": "household", "measure": "uses", "window": {"day": {}}, "max": 1_000_000})),
            benefit("budget", free.clone(), json!({"scope": "benefit", "measure": "discount", "window": {"year": {}}, "max": 5_050})),
            benefit("transfer", free.clone(), json!({"scope": "holder", "measure": "units", "window": {"from_first": {"minutes": 90}}, "max": 2})),
            benefit("lent", half.clone(), spent),
            gift,
            own,
        ],
    })
}

impl Till {
    pub(crate) fn open(adapter: &dyn Adapter, clock: &Arc<TestClock>) -> Self {
        Self::of(adapter, clock, &catalogue(), &json!({"holder": "h-1", "household": "hh-1"}))
    }

    /// With rules and a holder of another kind.
    pub(crate) fn of(adapter: &dyn Adapter, clock: &Arc<TestClock>, catalogue: &Value, holder: &Value) -> Self {
        Self {
            ledger: adapter.open(clock.clone()),
            rules: Arc::new(RuleSet::compile(&Catalogue::from_value(catalogue).unwrap())),
            holder: Arc::new(WrittenHolder::from_value(holder).unwrap().holder),
        }
    }

    /// With a clock of its own.
    pub(crate) fn new(adapter: &dyn Adapter) -> Self {
        Self::open(adapter, &Arc::default())
    }

    pub(crate) fn rules(&self) -> Arc<RuleSet> {
        self.rules.clone()
    }

    pub(crate) fn holder(&self) -> Arc<Holder> {
        self.holder.clone()
    }

    pub(crate) fn ask(&self, task: Task) -> Verdict {
        self.ledger.submit(task).unwrap().blocking_recv().unwrap().unwrap()
    }

    /// The answer to a task that must be answered.
    pub(crate) fn answer(&self, task: Task) -> Value {
        match self.ask(task) {
            Verdict::Answered { body, .. } => serde_json::from_slice(&body).unwrap(),
            Verdict::Refused(refused) => panic!("{refused}"),
        }
    }

    pub(crate) fn refusal(&self, task: Task) -> Refused {
        match self.ask(task) {
            Verdict::Answered { body, .. } => panic!("{}", String::from_utf8_lossy(&body)),
            Verdict::Refused(refused) => refused,
        }
    }

    /// A sale or hold of some units of a product for 100 each.
    pub(crate) fn sale(&self, request_id: Uuid, mode: &str, product: &str, units: i64) -> Task {
        let mut request = request(request_id, product, units);
        request["mode"] = mode.into();
        self.request(PROVIDER, &request)
    }

    /// A sale or hold as [`Till::sale`], by somebody else with a household of their own.
    pub(crate) fn sale_to(&self, holder: &str, request_id: Uuid, product: &str, units: i64) -> Task {
        let household = format!("hh-{holder}");
        let written = json!({"holder": holder, "household": household});
        let holder = Arc::new(WrittenHolder::from_value(&written).unwrap().holder);
        self.planned(PROVIDER, &request(request_id, product, units), holder)
    }

    pub(crate) fn request(&self, provider: &str, request: &Value) -> Task {
        self.planned(provider, request, self.holder.clone())
    }

    pub(crate) fn planned(&self, provider: &str, request: &Value, holder: Arc<Holder>) -> Task {
        self.planned_by(&self.rules, provider, request, holder)
    }

    /// As it is planned by other rules than the till's own.
    pub(crate) fn planned_by(
        &self,
        rules: &Arc<RuleSet>,
        provider: &str,
        request: &Value,
        holder: Arc<Holder>,
    ) -> Task {
        let asked = LoyaltyRequest::from_value(request).unwrap();
        let key = IdempotencyKey {
            provider: provider.into(),
            request_id: asked.request.request_id,
            fingerprint: Fingerprint::of_loyalty_request(&asked, &secret()),
        };
        let inquiry = inquire(rules, provider, Some(&holder), &asked);
        let person = Person { holder: Some(holder), identifiers: Vec::new() };
        let known = inquiry.as_ref().map(Inquiry::prospect);
        let plan = plan_loyal(rules.clone(), provider, person, asked.request, known).unwrap();
        Task::Authorize(Box::new(NewAuthorization {
            key,
            plan,
            inquiry,
            terminal: "t".into(),
            rules: RULES_READ,
            stale: false,
            hold: HOLD,
        }))
    }

    /// Sells and returns the answer.
    pub(crate) fn sell(&self, product: &str, units: i64) -> Value {
        self.answer(self.sale(new_id(), "sale", product, units))
    }

    /// Sells at another provider and returns the answer.
    pub(crate) fn sell_at(&self, provider: &str, product: &str, units: i64) -> Value {
        self.answer(self.request(provider, &request(new_id(), product, units)))
    }

    /// Sells so many minutes after noon and returns the answer.
    pub(crate) fn sell_after(&self, minutes: f64, product: &str, units: i64) -> Value {
        let noon: Timestamp = "2026-11-18T12:00:00+02:00".parse().unwrap();
        let at = noon + SignedDuration::from_secs_f64(minutes * 60.0);
        let mut request = request(new_id(), product, units);
        request["occurred_at"] = at.to_string().into();
        self.answer(self.request(PROVIDER, &request))
    }

    /// Holds and returns the answer.
    pub(crate) fn hold(&self, product: &str, units: i64) -> Value {
        self.answer(self.sale(new_id(), "hold", product, units))
    }

    pub(crate) fn read(&self, authorization: &Value) -> Value {
        let body = self.ledger.authorization(PROVIDER, id_of(authorization)).unwrap().unwrap();
        serde_json::from_slice(&body).unwrap()
    }
}

/// An operation on an answered authorization, with units of its only line, or all.
pub(crate) fn operation(kind: OperationKind, authorization: &Value, units: Option<i64>) -> Task {
    operation_under(new_id(), kind, authorization, units)
}

pub(crate) fn operation_under(
    request_id: Uuid,
    kind: OperationKind,
    authorization: &Value,
    units: Option<i64>,
) -> Task {
    let lines = units.map(|units| UnitsOfLine { line_id: "1".into(), units }).into_iter().collect();
    let reason = (kind != OperationKind::Capture).then(|| "changed plans".into());
    let body = OperationBody { request_id, lines, reason };
    let authorization = id_of(authorization);
    let fingerprint = Fingerprint::of_operation(kind, authorization, &body, &secret());
    let key = IdempotencyKey { provider: PROVIDER.into(), request_id, fingerprint };
    Task::Operate { key, terminal: "desk".into(), authorization, kind, body }
}

pub(crate) fn reversal(original_request_id: Uuid) -> Task {
    reversal_under(new_id(), original_request_id)
}

pub(crate) fn reversal_under(request_id: Uuid, original_request_id: Uuid) -> Task {
    let body = ReversalBody { request_id, original_request_id, reason: "no answer".into() };
    let fingerprint = Fingerprint::of_reversal(&body, &secret());
    let key = IdempotencyKey { provider: PROVIDER.into(), request_id, fingerprint };
    Task::Reverse { key, terminal: "office".into(), body }
}

pub(crate) fn id_of(authorization: &Value) -> Uuid {
    authorization["authorization_id"].as_str().unwrap().parse().unwrap()
}

pub(crate) fn new_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(u128::from(NEXT.fetch_add(1, Ordering::SeqCst)))
}

pub(crate) fn secret() -> IdentifierSecret {
    IdentifierSecret::new([9; 32])
}

/// Runs as many at once and returns what each came to.
pub(crate) fn at_once<T: Send>(count: usize, run: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let run = &run;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|number| scope.spawn(move || run(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Rounds of a race: few, unless `RACE_ROUNDS` says otherwise.
pub(crate) fn rounds() -> usize {
    std::env::var("RACE_ROUNDS").map_or(5, |text| text.parse().unwrap())
}
