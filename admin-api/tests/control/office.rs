//! An office of a grantor, whose drafts are judged beside the rules of the world.

use avis_admin::control::Role;
use avis_store::{Clock, Commit, Kind, Row, Scope, Stored};
use serde_json::{Value, json};

use crate::world::{Answered, World};

/// An editor and an approver of the city, in a world whose rules can be judged.
pub(crate) struct Office {
    pub(crate) world: World,
    pub(crate) operator: String,
    pub(crate) editor: String,
    pub(crate) approver: String,
}

impl Office {
    pub(crate) async fn open(test: &str) -> Self {
        let (world, operator) = World::with_parties(test).await;
        world.remove_benefits();
        let editor = world.user(&operator, "city", Role::Editor).await;
        let approver = world.user(&operator, "city", Role::Approver).await;
        Self { world, operator, editor, approver }
    }

    pub(crate) async fn drafted(&self, content: &Value, cases: &Value, base: Option<i64>) -> Value {
        let body =
            json!({"code": "rides", "base": base, "content": content, "cases": cases, "note": "for the council"});
        let made = self.world.post("/drafts").by(&self.editor).once().json(&body).send().await;
        assert_eq!(made.status, 201, "{made:?}");
        made.json()
    }

    pub(crate) async fn read(&self, id: &str) -> (Value, String) {
        let read = self.world.get(&format!("/drafts/{id}")).by(&self.editor).send().await;
        (read.json(), read.headers["etag"].clone())
    }

    /// A step of a draft as it stands.
    pub(crate) async fn step(&self, by: &str, id: &str, step: &str, body: &Value) -> Answered {
        let (_, etag) = self.read(id).await;
        let request = self.world.post(&format!("/drafts/{id}/{step}")).by(by).header("if-match", &etag);
        if body.is_null() { request.send().await } else { request.json(body).send().await }
    }

    /// A draft that a second person approved.
    pub(crate) async fn approved(&self, content: &Value, cases: &Value, base: Option<i64>) -> String {
        let draft = self.drafted(content, cases, base).await;
        let (id, hash) = (text(&draft["id"]), json!({"content_hash": draft["content_hash"]}));
        assert_eq!(self.step(&self.editor, &id, "submit", &hash).await.status, 200);
        assert_eq!(self.step(&self.approver, &id, "approve", &hash).await.status, 200);
        id
    }

    pub(crate) async fn publish(&self, id: &str) -> Answered {
        self.step(&self.approver, id, "publish", &json!({"reason": "decided"})).await
    }
}

impl World {
    /// Removes what can't be judged as rules.
    fn remove_benefits(&self) {
        let benefits = ["city", "town", "shop"].map(|grantor| (Kind::Benefit, format!("{grantor}-rides/1")));
        let programmes = ["city", "town"].map(|owner| (Kind::Program, format!("{owner}-points/1")));
        let campaigns = ["city", "town"].map(|owner| (Kind::Campaign, format!("{owner}-spring")));
        self.remove(benefits.into_iter().chain(programmes).chain(campaigns));
    }

    /// Removes rows, as the owner of the machine does.
    pub(crate) fn remove(&self, rows: impl IntoIterator<Item = (Kind, String)>) {
        let gone = |(kind, key): (Kind, String)| Row { kind, key: key.into(), content: None };
        let rows = &mut rows.into_iter().map(|row| Ok(gone(row).into()));
        let act = &avis_store::Act::new(avis_store::Actor::machine("anna"), "catalogue_imported");
        let at = self.clock.now();
        self.store.commit(Commit { rows, unchanged: &[], act, at, dry_run: false }).unwrap();
    }

    pub(crate) fn rule_keys(&self, kind: Kind) -> Vec<String> {
        let mut keys = Vec::new();
        let mut sink = |stored| {
            if let Stored::Row(row) = stored
                && row.kind == kind
            {
                keys.push(row.key.to_string());
            }
        };
        self.store.snapshot(&[Scope::Rules], &mut sink).unwrap();
        keys
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub(crate) fn content(rate: i64) -> Value {
    json!({"name": {"lv": "Braucieni", "en": "Rides"}, "valid": {"from": "2026-01-01"}, "priority": 10, "slot": "base",
           "scope": {"providers": {"codes": ["bus"]}}, "effect": {"percent": {"rate": rate}}})
}

pub(crate) fn cases(payable: i64) -> Value {
    json!([{"name": "a ticket", "provider": "bus", "holders": [], "requests": [{
        "request_id": "0190f6a2-1001-7000-8000-000000000001", "occurred_at": "2026-11-18T08:12:00+02:00", "channel": "desk",
        "currency": "EUR", "identifiers": [], "lines": [{"line_id": "1", "product": "ticket", "quantity": 1, "unit_price": 200}]}],
        "expect": [{"payable": payable}]}])
}
