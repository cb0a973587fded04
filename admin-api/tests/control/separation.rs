//! Loyalty and public benefits in one basket, planted and looked for: nobody reads what is another's.

use std::sync::Arc;

use avis_admin::control::{Role, listed};
use avis_core::loyalty::{Inquiry, LoyaltyRequest, inquire};
use avis_core::{Fingerprint, Person, WrittenHolder, plan_loyal};
use avis_server::rules_of;
use avis_store::{
    Act, Actor, Clock, Commit, IdempotencyKey, Kind, NewAuthorization, Row, RowHasher, RulesRead, Task, Verdict,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::office::Office;
use crate::world::{World, run};

/// A merchant's programme and a reward of it, another merchant's programme, and a public benefit for a group.
fn import(world: &World) {
    let programme = |code: &str, owner: &str| {
        let content = json!({"code": code, "version": 1, "owner": owner, "scope": {"providers": {"all": true}},
            "earn": {"rules": [{"code": "base", "money": 1}]}, "redeem": {"points": 1, "amount": 1}});
        (Kind::Program, format!("{code}/1"), content)
    };
    let benefit = |code: &str, grantor: &str, more: Value| {
        let mut content = json!({"code": code, "version": 1, "grantor": grantor, "priority": 10, "name": {"lv": "n", "en": "n"},
            "scope": {"providers": {"codes": ["bus"]}}, "effect": {"percent": {"rate": 5000}}});
        content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (Kind::Benefit, format!("{code}/1"), content)
    };
    let rows = [
        programme("shop-club", "shop"),
        programme("town-club", "town"),
        benefit("city-seniors", "city", json!({"when": {"member_of": {"groups": ["seniors"]}}})),
        benefit("shop-gift", "shop", json!({"costs": {"program": "shop-club", "points": 3}})),
        (Kind::Deployment, "deployment".to_owned(), json!({"currency": "EUR"})),
    ];
    let rows = rows.into_iter().map(|(kind, key, content)| {
        Ok(Row { kind, key: key.into(), content: Some(content.to_string().into()) }.into())
    });
    let act = &Act::new(Actor::machine("anna"), "catalogue_imported");
    let at = world.clock.now();
    world.store.commit(Commit { rows: &mut { rows }, unchanged: &[], act, at, dry_run: false }).unwrap();
}

/// Sells a member of everything something; what the till is told.
async fn sell(world: &World, redeem: Value) -> Value {
    let number = world.store.head().unwrap().revision.number;
    let rows = world.registry.rules_as_of(number).unwrap();
    let rules = Arc::new(rules_of(&rows).unwrap());
    let read = RulesRead { revision: number, digest: RowHasher::new(&world.secret).sum(&rows) };
    let holder = json!({"holder": "planted-holder", "entitlements": [{"group": "seniors"}], "memberships": [
        {"program": "shop-club", "account": "planted-account", "consent": "planted-consent"},
        {"program": "town-club", "consent": "c"}]});
    let holder = Arc::new(WrittenHolder::from_value(&holder).unwrap().holder);
    let asked = LoyaltyRequest::from_value(&json!({"request_id": world.key(), "occurred_at": world.clock.now(),
        "currency": "EUR", "redeem": redeem,
        "lines": [{"line_id": "1", "product": "ticket", "quantity": 2, "unit_price": 400}]}))
    .unwrap();
    let fingerprint = Fingerprint::of_loyalty_request(&asked, &world.secret);
    let key = IdempotencyKey { provider: "bus".into(), request_id: asked.request.request_id, fingerprint };
    let inquiry = inquire(&rules, "bus", Some(&holder), &asked);
    let person = Person { holder: Some(holder), identifiers: Vec::new() };
    let plan = plan_loyal(rules, "bus", person, asked.request, inquiry.as_ref().map(Inquiry::prospect)).unwrap();
    let hold = SignedDuration::from_mins(30);
    let new = NewAuthorization { key, plan, terminal: "t".into(), rules: read, stale: false, hold, inquiry };
    let verdict = world.stores.ledger.submit(Task::Authorize(Box::new(new))).unwrap().await.unwrap().unwrap();
    let Verdict::Answered { body, .. } = verdict else { panic!("{verdict:?}") };
    serde_json::from_slice(&body).unwrap()
}

/// Everything that somebody reads without naming more than the record that was sold.
async fn everything(world: &World, by: &str, id: &str) -> String {
    let mut told = String::new();
    for operation in listed().iter().filter(|operation| operation.method == "GET" && operation.action.is_some()) {
        let path = match operation.path {
            path if path.starts_with("/authorizations/{id}") => path.replace("{id}", id),
            // Names of groups and rules that all may read are no one person's.
            path if path.contains('{') || ["/groups", "/benefits", "/audit", "/drafts"].contains(&path) => continue,
            path if path.starts_with("/exports/") => format!("{path}?reason=check"),
            "/metering" => "/metering?from=2026-10-01T00:00:00Z&until=2026-11-01T00:00:00Z".to_owned(),
            path => path.to_owned(),
        };
        let answered = world.get(&path).by(by).send().await;
        assert!(answered.status < 500, "{path}: {answered:?}");
        told += &format!("{path}\n{}\n", answered.text);
    }
    told
}

fn has_none(told: &str, planted: &[&str]) {
    for line in told.lines() {
        for word in planted {
            assert!(!line.contains(word), "`{word}` in {line}");
        }
    }
}

#[test]
fn grantors_never_see_loyalty_and_merchants_never_see_groups_or_each_other() {
    run(async {
        let office = Office::open("separation").await;
        let world = &office.world;
        import(world);
        let first = sell(world, json!([])).await;
        assert_eq!(first["loyalty"].as_array().unwrap().len(), 2, "{first}");
        let spends =
            json!([{"program": "shop-club", "reward": "shop-gift", "units": 1}, {"program": "town-club", "max": true}]);
        let sold = sell(world, spends).await;
        let given: Vec<&str> = sold["lines"][0]["discounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["benefit"].as_str().unwrap())
            .collect();
        assert!(given.contains(&"city-seniors") && given.contains(&"shop-gift"), "{sold}");
        has_none(&sold.to_string(), &["planted-"]);
        let id = sold["authorization_id"].as_str().unwrap();
        for role in [Role::Editor, Role::Approver, Role::Auditor] {
            let city = world.user(&office.operator, "city", role).await;
            let told = everything(world, &city, id).await;
            assert!(told.contains("city-seniors"), "{told}");
            has_none(
                &told,
                &["shop-club", "town-club", "shop-gift", "planted-", "\"tender\":", "\"points\":", "\"loyalty\":"],
            );
            let shop = world.user(&office.operator, "shop", role).await;
            let told = everything(world, &shop, id).await;
            assert!(told.contains("shop-gift"), "{told}");
            has_none(&told, &["seniors", "town-club", "planted-"]);
        }
    });
}

#[test]
fn what_a_public_benefit_gives_is_the_same_whatever_points_there_are() {
    run(async {
        let office = Office::open("separation-same").await;
        let world = &office.world;
        import(world);
        let before = sell(world, json!([])).await;
        let after = sell(world, json!([{"program": "town-club", "max": true}])).await;
        assert!(after["tender"].as_i64().unwrap() > 0, "{after}");
        for field in ["gross", "discount", "payable"] {
            assert_eq!(before[field], after[field], "{field}");
        }
        assert_eq!(before["lines"][0]["discounts"], after["lines"][0]["discounts"]);
        // A public grantor's rule that reads a merchant's points is refused when it is drafted.
        for when in [json!({"tier": {"program": "shop-club"}}), json!({"member": {"program": "shop-club"}})] {
            let content = json!({"name": {"lv": "n", "en": "n"}, "priority": 10, "scope": {"providers": {"codes": ["bus"]}},
                "when": when, "effect": {"percent": {"rate": 100}}});
            let draft = office.drafted(&content, &json!([]), None).await;
            let body = json!({"content_hash": draft["content_hash"]});
            let refused = office.step(&office.editor, draft["id"].as_str().unwrap(), "submit", &body).await;
            assert!(refused.status == 422 && refused.text.contains("/content/when"), "{refused:?}");
            let (_, etag) = office.read(draft["id"].as_str().unwrap()).await;
            let path = format!("/drafts/{}", draft["id"].as_str().unwrap());
            world.request("DELETE", &path).by(&office.editor).header("if-match", &etag).send().await;
        }
    });
}
