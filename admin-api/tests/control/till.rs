//! A till in a control plane's installation: it sells, and what it sold stands in the ledger that reports read; and what is settled of it.

use std::sync::Arc;

use avis_core::authorization::{OperationBody, OperationKind, UnitsOfLine};
use avis_core::settlement::PostedMovement;
use avis_core::{Catalogue, Fingerprint, Holder, IdentifierSecret, Person, Request, RuleSet, WrittenHolder, plan};
use avis_store::records::{RecordChange, RecordValue};
use avis_store::{Digest, IdempotencyKey, Kind, NewAuthorization, Row, RulesRead, Task, Verdict};
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::World;

/// Sells at the till of a provider at half price, which the city pays.
pub(crate) struct Till<'w> {
    world: &'w World,
    rules: Arc<RuleSet>,
    holder: Arc<Holder>,
}

/// The rule by which the city pays half of everything.
pub(crate) fn half() -> Value {
    json!({
        "code": "city-half", "version": 1, "grantor": "city", "name": {"lv": "n", "en": "n"}, "priority": 1,
        "scope": {"providers": {"all": true}}, "effect": {"percent": {"rate": 5_000}},
    })
}

impl<'w> Till<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self::selling_to(world, "h-1")
    }

    /// To a holder of a code.
    pub(crate) fn selling_to(world: &'w World, holder: &str) -> Self {
        Self::of(world, holder, &json!({"code": "bus", "tags": []}))
    }

    /// Of a provider that says so of itself, in the control plane, too.
    pub(crate) fn of_provider(world: &'w World, provider: &Value) -> Self {
        let row = Row { kind: Kind::Provider, key: "bus".into(), content: Some(provider.to_string().into()) };
        world.commit(vec![Ok(row.into())]);
        Self::of(world, "h-1", provider)
    }

    fn of(world: &'w World, holder: &str, provider: &Value) -> Self {
        let catalogue = json!({"currency": "EUR", "providers": [provider], "benefits": [half()]});
        let holder = WrittenHolder::from_value(&json!({"holder": holder})).unwrap().holder;
        let rules = Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue).unwrap()));
        Self { world, rules, holder: Arc::new(holder) }
    }

    /// Sells for so many cents at a moment; the id of the authorization.
    pub(crate) async fn sell(&self, at: &str, cents: i64) -> Uuid {
        self.sell_to(self.holder.clone(), at, (cents, 1)).await
    }

    /// As [`Till::sell`], so many units.
    pub(crate) async fn sell_units(&self, at: &str, cents: i64, units: i64) -> Uuid {
        self.sell_to(self.holder.clone(), at, (cents, units)).await
    }

    /// As [`Till::sell`], to somebody who resides somewhere.
    pub(crate) async fn sell_to_resident(&self, holder: &str, territory: &str, at: &str, cents: i64) -> Uuid {
        let written = json!({"holder": holder, "residences": [{"territory": territory}]});
        let holder = WrittenHolder::from_value(&written).unwrap().holder;
        self.sell_to(Arc::new(holder), at, (cents, 1)).await
    }

    async fn sell_to(&self, holder: Arc<Holder>, at: &str, (cents, units): (i64, i64)) -> Uuid {
        let request = json!({
            "request_id": Uuid::from_u128(self.world.number().into()), "occurred_at": at, "currency": "EUR",
            "lines": [{"line_id": "1", "product": "ticket", "quantity": units, "unit_price": cents}],
        });
        let request = Request::from_value(&request).unwrap();
        let fingerprint = Fingerprint::of_request(&request, &secret());
        let key = IdempotencyKey { provider: "bus".into(), request_id: request.request_id, fingerprint };
        let person = Person { holder: Some(holder), identifiers: Vec::new() };
        let plan = plan(self.rules.clone(), "bus", person, request).unwrap();
        let rules = RulesRead { revision: 1, digest: Digest::from_bytes([7; 16]) };
        let hold = SignedDuration::from_mins(30);
        let new = NewAuthorization { key, plan, inquiry: None, terminal: "desk".into(), rules, stale: false, hold };
        let answer = self.answer(Task::Authorize(Box::new(new))).await;
        assert_eq!(answer["outcome"], "approved", "{answer}");
        answer["authorization_id"].as_str().unwrap().parse().unwrap()
    }

    /// Takes everything of a sale back, now.
    pub(crate) async fn refund(&self, authorization: Uuid) {
        self.take_back(authorization, Vec::new()).await;
    }

    /// Takes one unit of a sale back, now.
    pub(crate) async fn refund_unit(&self, authorization: Uuid) {
        self.take_back(authorization, vec![UnitsOfLine { line_id: "1".into(), units: 1 }]).await;
    }

    async fn take_back(&self, authorization: Uuid, lines: Vec<UnitsOfLine>) {
        let request_id = Uuid::from_u128(self.world.number().into());
        let body = OperationBody { request_id, lines, reason: Some("changed plans".into()) };
        let kind = OperationKind::Refund;
        let fingerprint = Fingerprint::of_operation(kind, authorization, &body, &secret());
        let key = IdempotencyKey { provider: "bus".into(), request_id, fingerprint };
        self.answer(Task::Operate { key, terminal: "desk".into(), authorization, kind, body }).await;
    }

    async fn answer(&self, task: Task) -> Value {
        match self.world.stores.ledger.submit(task).unwrap().await.unwrap().unwrap() {
            Verdict::Answered { body, .. } => serde_json::from_slice(&body).unwrap(),
            Verdict::Refused(refused) => panic!("{refused}"),
        }
    }
}

impl World {
    /// What was sold and given back, as an export has it.
    pub(crate) fn movements(&self) -> Vec<PostedMovement> {
        self.stores.movements(&self.secret)
    }

    /// Everything that moved is sealed and added up.
    pub(crate) fn added_up(&self) {
        self.movements();
        // A database is waited for on a thread that may wait.
        let added = std::thread::scope(|threads| threads.spawn(|| self.control.tally(&|| false)).join());
        added.unwrap().unwrap();
    }

    /// An object that a party has with another which nobody acts for, under a new id.
    pub(crate) fn settled_of(&self, kind: &str, state: &str, party: &str) -> String {
        let id = format!("0190f6a2-0000-7000-8000-{:012}", self.number());
        let is_provider = ["bus", "tram"].contains(&party);
        let (grantor, provider) = if is_provider { ("village", party) } else { (party, "ferry") };
        let content = match kind {
            "contract" => {
                json!({"provider": provider, "version": 1, "from": "2026-11-01", "until": null, "rate": 10_000,
                "rates": {}, "rounding": "record", "ceiling": null, "drafted_by": "", "confirmed_by": null,
                "confirmed_at": null})
            }
            "statement" => json!({"provider": provider, "from": "2026-11-01", "until": "2026-11-02", "sealed": null,
                "disputes": [], "steps": [], "paid": null}),
            _ => json!({"from": "2026-11-01", "until": "2026-11-02", "made_at": "2026-11-18T06:12:00Z", "made_by": "",
                "profile": {}, "summary": {}, "theirs": {}, "ours": {}, "outside": 0, "bad_rows": [], "bad_count": 0,
                "sums": null, "findings": 1, "findings_kept": 1}),
        };
        let value = |owner: &str, content: &Value| RecordValue {
            owner: owner.to_owned(),
            state: state.to_owned(),
            expires_at: None,
            content: content.to_string(),
        };
        let owner = if kind == "reconciliation" { party } else { grantor };
        let key = "0".repeat(64);
        let finding = json!({"key": key, "status": "late", "also": [], "lines": [], "movements": [], "difference": {}});
        let mut changes = vec![RecordChange::make("finding", &format!("{id}/{key}"), value(owner, &finding))];
        if kind == "reconciliation" {
            let at = format!("{owner}/{id}");
            let mut content = content.clone();
            content["id"] = json!(id);
            let run = RecordValue { state: "2026-11-01/2026-11-02".to_owned(), ..value(owner, &content) };
            changes.push(RecordChange::make(kind, &at, run));
            changes.push(RecordChange::make("reconciliation_id", &id, value(owner, &json!({"key": at}))));
        } else {
            changes.push(RecordChange::make(kind, &id, value(owner, &content)));
        }
        self.registry.change(&changes, &[]).unwrap();
        id
    }
}

fn secret() -> IdentifierSecret {
    IdentifierSecret::new([7; 32])
}
