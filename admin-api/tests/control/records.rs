//! Records of use for who answers for them, and why they came out as they did.

use std::sync::Arc;

use avis_admin::control::Role;
use avis_core::{Fingerprint, Person, Request, WrittenHolder, plan};
use avis_server::rules_of;
use avis_store::sqlite::SqliteLedger;
use avis_store::{IdempotencyKey, NewAuthorization, Recording, RowHasher, RulesRead, SystemClock, Task, Verdict};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::office::{Office, content};
use crate::world::{World, run};

impl World {
    /// What a provider sells for a price, with a benefit's discount, to somebody of some groups; the record's id.
    pub(crate) fn sell(&self, provider: &str, price: i64, groups: &[&str]) -> String {
        self.sell_to(provider, "somebody", price, groups)
    }

    /// The same to a holder of a code.
    pub(crate) fn sell_to(&self, provider: &str, holder: &str, price: i64, groups: &[&str]) -> String {
        let number = self.store.head().unwrap().revision.number;
        let rows = self.registry.rules_as_of(number).unwrap();
        let rules = Arc::new(rules_of(&rows).unwrap());
        let read = RulesRead { revision: number, digest: RowHasher::new(&self.secret).sum(&rows) };
        let entitlements: Vec<Value> = groups.iter().map(|group| json!({"group": group})).collect();
        let holder = WrittenHolder::from_value(&json!({"holder": holder, "entitlements": entitlements})).unwrap();
        let person = Person { holder: Some(Arc::new(holder.holder)), identifiers: Vec::new() };
        let request =
            Request::from_value(&json!({"request_id": self.key(), "occurred_at": "2026-11-18T08:12:00+02:00",
            "currency": "EUR", "lines": [{"line_id": "1", "product": "ticket", "quantity": 1, "unit_price": price}]}));
        let request = request.unwrap();
        let fingerprint = Fingerprint::of_request(&request, &self.secret);
        let key = IdempotencyKey { provider: provider.into(), request_id: request.request_id, fingerprint };
        let plan = plan(rules, provider, person, request).unwrap();
        let hold = SignedDuration::from_mins(30);
        let new = NewAuthorization { key, plan, terminal: "t".into(), rules: read, stale: false, hold, inquiry: None };
        let ledger = SqliteLedger::open(self.folder.clone(), &self.secret, Arc::new(SystemClock::default())).unwrap();
        let pending = ledger.submit(Task::Authorize(Box::new(new))).unwrap();
        // Whoever waits for the ledger is no thread of the handlers.
        let verdict = std::thread::spawn(move || pending.blocking_recv()).join().unwrap().unwrap().unwrap();
        let Verdict::Answered { body, .. } = verdict else { panic!("{verdict:?}") };
        let answer: Value = serde_json::from_slice(&body).unwrap();
        answer["authorization_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

/// A benefit of the town beside the city's: the city takes half, the town a half of what is left, for seniors.
async fn sold(test: &str) -> (Office, String) {
    let office = Office::open(test).await;
    let id = office.approved(&content(5000), &json!([]), None).await;
    office.publish(&id).await.is_done();
    office.world.import(&json!({"code": "town-seniors", "version": 1, "grantor": "town", "priority": 50,
        "name": {"lv": "Seniori", "en": "Seniors"}, "scope": {"providers": {"codes": ["bus"]}},
        "when": {"member_of": {"groups": ["seniors"]}}, "effect": {"percent": {"rate": 5000}}}));
    office.world.import(&json!({"code": "shop-tram", "version": 1, "grantor": "shop", "priority": 60,
        "name": {"lv": "Veikals", "en": "Shop"}, "scope": {"providers": {"codes": ["tram"]}},
        "effect": {"percent": {"rate": 5000}}}));
    let sold = office.world.sell("bus", 400, &["seniors"]);
    (office, sold)
}

#[test]
fn each_reads_what_it_answers_for_and_nobody_whose_it_was() {
    run(async {
        let (office, id) = sold("records").await;
        let plain = office.world.sell("bus", 100, &[]);
        let of_tram = office.world.sell("tram", 700, &[]);
        let world = &office.world;
        let user = |party: &'static str, role| world.user(&office.operator, party, role);
        let (bus, tram, town) =
            (user("bus", Role::Provider).await, user("tram", Role::Provider).await, user("town", Role::Editor).await);
        let (all, shop) = (user("operator", Role::Auditor).await, user("shop", Role::Editor).await);
        let ids = |by: String, query: &'static str| async move {
            let listed = world.get(&format!("/authorizations{query}")).by(&by).send().await;
            listed.is_done();
            assert!(!listed.text.contains("somebody"), "{listed:?}");
            let items = listed.json()["items"].as_array().unwrap().clone();
            items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        // Ids of one moment stand in no particular order.
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids
        };
        let both = sorted(vec![id.clone(), plain.clone()]);
        assert_eq!(sorted(ids(bus.clone(), "").await), both);
        assert_eq!(ids(tram.clone(), "").await, std::slice::from_ref(&of_tram));
        assert_eq!(sorted(ids(office.editor.clone(), "").await), both);
        assert_eq!(ids(town.clone(), "").await, std::slice::from_ref(&id));
        assert_eq!(ids(shop.clone(), "").await, std::slice::from_ref(&of_tram));
        assert_eq!(ids(all.clone(), "").await.len(), 3);
        assert_eq!(ids(all.clone(), "?until=2026-01-01T00:00:00Z").await, [] as [String; 0]);
        assert_eq!(ids(bus.clone(), "?limit=1").await.len(), 1);
        world.get("/authorizations").by(&office.operator).send().await.is(403, "not_your_role");

        let path = format!("/authorizations/{id}");
        let whole = world.get(&path).by(&bus).send().await;
        assert_eq!((&whole.json()["payable"], &whole.json()["provider"]), (&json!(100), &json!("bus")));
        let part = world.get(&path).by(&town).send().await;
        let lines = part.json()["lines"].clone();
        assert_eq!((&part.json()["discount"], lines[0]["discounts"].as_array().unwrap().len()), (&json!(100), 1));
        assert!(!part.text.contains("rides") && part.json()["payable"].is_null(), "{part:?}");
        for answered in [&whole, &part] {
            assert!(!answered.text.contains("somebody"), "{answered:?}");
        }
        world.get(&path).by(&tram).send().await.is(404, "not_found");
        world.get(&path).by(&shop).send().await.is(404, "not_found");
        world.get(&path).by(&office.operator).send().await.is(403, "not_your_role");
        let none = "/authorizations/0190f6a2-0000-7000-8000-000000000000";
        world.get(none).by(&bus).send().await.is(404, "not_found");
    });
}

#[test]
fn each_party_reads_how_much_it_recorded_and_an_operator_of_all() {
    run(async {
        let (office, _) = sold("records-metered").await;
        office.world.sell("bus", 100, &[]);
        office.world.sell("tram", 700, &[]);
        let bus = office.world.user(&office.operator, "bus", Role::Provider).await;
        let read = |by: &str, span: &'static str| office.world.get(&format!("/metering?{span}")).by(by).send();
        let november = "from=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00Z";
        // Of others a whole month is told, once it has ended: nobody subtracts, or asks until one more is there.
        for span in [
            november,
            "from=2026-10-01T00:00:00Z&until=2026-10-31T00:00:00Z",
            "from=2026-10-01T00:00:01Z&until=2026-11-01T00:00:00Z",
            "from=2026-09-01T00:00:00Z&until=2026-11-01T00:00:00Z",
        ] {
            read(&office.operator, span).await.is(422, "invalid");
        }
        office.world.clock.pass(SignedDuration::from_hours(24 * 13));
        let operator = office.world.sign_in_again(&office.operator).await;
        let bus = office.world.sign_in_again(&bus).await;
        let all = read(&operator, november).await.json();
        let counted = all["items"].as_array().unwrap().iter().map(|one| {
            (one["party"].as_str().unwrap(), one["records"].as_i64(), one["bytes"] == 0, one["granted"].as_i64())
        });
        let counted: Vec<_> = counted.collect();
        // Few of another's are not told; none and many are.
        let expected = [
            ("bus", None, false, Some(0)),
            ("city", Some(0), true, None),
            ("shop", Some(0), true, None),
            ("town", Some(0), true, None),
            ("tram", None, false, Some(0)),
        ];
        assert_eq!(counted, expected);
        for _ in 0..3 {
            office.world.sell("bus", 100, &[]);
        }
        let many = read(&operator, november).await.json();
        assert_eq!((&many["items"][0]["records"], &many["items"][1]["granted"]), (&json!(5), &json!(5)));
        let own = read(&bus, november).await.json();
        assert_eq!((own["items"].as_array().unwrap().len(), &own["items"][0]["party"]), (1, &json!("bus")));
        assert_eq!(own["items"][0]["records"], 5);
        let none = read(&bus, "from=2026-12-01T00:00:00Z&until=2026-12-02T00:00:00Z").await.json();
        assert_eq!(none["items"], json!([]));
        read(&bus, "from=2026-12-01T00:00:00Z").await.is(422, "invalid");
        read(&bus, "from=2026-12-01T00:00:00Z&until=2026-12-01T00:00:00Z").await.is(422, "invalid");
    });
}

#[test]
fn a_record_is_explained_by_the_rules_of_then_as_far_as_it_is_ones_own() {
    run(async {
        let (office, id) = sold("records-explained").await;
        let world = &office.world;
        let path = format!("/authorizations/{id}/explain");
        let town = world.user(&office.operator, "town", Role::Approver).await;
        // What became of the rules since changes nothing.
        let mut dearer = content(1000);
        dearer["valid"] = json!({"from": "2026-01-01"});
        let next = office.approved(&dearer, &json!([]), Some(1)).await;
        office.publish(&next).await.is_done();
        let explained = world.get(&path).by(&town).send().await;
        explained.is_done();
        let told = explained.json();
        let of = |part: &str| -> Vec<Value> {
            told["trace"][part].as_array().unwrap().iter().map(|one| one["benefit"].clone()).collect()
        };
        assert_eq!((of("candidates"), of("turns")), (vec![json!("town-seniors")], vec![json!("town-seniors")]));
        assert_eq!(told["trace"]["turns"][0]["amount"], 100);
        assert!(!explained.text.contains("rides") && !explained.text.contains("somebody"), "{explained:?}");
        let all = world.user(&office.operator, "operator", Role::Auditor).await;
        let whole = world.get(&path).by(&all).send().await;
        let benefits = whole.json()["trace"]["turns"].as_array().unwrap().len();
        assert!(benefits == 2 && !whole.text.contains("somebody"), "{whole:?}");
        let (bus, auditor) = (
            world.user(&office.operator, "bus", Role::Provider).await,
            world.user(&office.operator, "bus", Role::Auditor).await,
        );
        world.get(&path).by(&bus).send().await.is(403, "not_your_role");
        // A provider is not told of groups, and who audits it neither.
        let audited = world.get(&path).by(&auditor).send().await;
        assert_eq!((audited.status, &audited.json()["trace"]["candidates"]), (200, &json!([])), "{audited:?}");
    });
}

#[test]
fn a_preview_decides_the_newest_records_both_ways() {
    run(async {
        let (office, _) = sold("records-preview").await;
        for price in [100, 200, 300] {
            office.world.sell("bus", price, &[]);
        }
        office.world.sell("tram", 700, &[]);
        // A merchant gives something at the bus, which is not the city's to read.
        office.world.import(&json!({"code": "shop-bus", "version": 1, "grantor": "shop", "priority": 70,
            "name": {"lv": "Veikals", "en": "Shop"}, "scope": {"providers": {"codes": ["bus"]}},
            "effect": {"percent": {"rate": 5000}}}));
        let mut raised = content(7500);
        raised["funding"] = json!([{"payer": "city", "rate": 5000}, {"payer": "bus", "rate": 5000}]);
        let draft = office.drafted(&raised, &json!([]), Some(1)).await;
        let body = json!({"draft": draft["id"]});
        let seen = office.world.post("/providers/bus/priorities/preview").by(&office.editor).json(&body).send().await;
        let seen = seen.json();
        assert_eq!(seen["decided"], json!({"cases": 0, "records": 4}), "{seen}");
        let changes = seen["changes_payer"].as_array().unwrap();
        let of = |from: Value, to: &str| changes.iter().find(|it| it["from"] == from && it["to"] == to).cloned();
        let who_buys = json!({"from": null, "to": "bus", "cases": 0, "records": 4});
        assert_eq!(of(Value::Null, "bus"), Some(who_buys), "{seen}");
        assert_eq!(of(json!("city"), "bus").unwrap()["records"], 4, "{seen}");
        assert!(!seen.to_string().contains("shop"), "{seen}");
        // The town takes half of less.
        assert_eq!(of(json!("town"), "bus").unwrap()["records"], 1, "{seen}");
    });
}
