//! Priorities at a provider: what meets there, and what a draft would change.

use avis_admin::control::Role;
use avis_store::{Kind, Row};
use serde_json::{Value, json};

use crate::office::{Office, cases, content, text};
use crate::world::{World, run};

/// A benefit that takes everything at the bus, before all slots.
fn free(grantor: &str, code: &str) -> Value {
    json!({"code": code, "version": 1, "grantor": grantor, "name": {"lv": "Brīvi", "en": "Free"}, "priority": 0,
           "valid": {"from": "2026-01-01"}, "scope": {"providers": {"codes": ["bus"]}}, "effect": {"percent": {"rate": 10_000}}})
}

impl World {
    pub(crate) fn import(&self, benefit: &Value) {
        let key = format!("{}/{}", benefit["code"].as_str().unwrap(), benefit["version"]).into();
        let row = Row { kind: Kind::Benefit, key, content: Some(benefit.to_string().into()) };
        let currency = json!({"currency": "EUR"}).to_string().into();
        let deployment = Row { kind: Kind::Deployment, key: "deployment".into(), content: Some(currency) };
        self.commit(vec![Ok(row.into()), Ok(deployment.into())]);
    }
}

/// The benefits of an answer in their order: slot, code, whether it is one's own, what it is warned of.
fn told(answer: &Value) -> Vec<String> {
    let slots = answer["slots"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let benefits = slots.iter().flat_map(|slot| {
        slot["benefits"].as_array().unwrap().iter().map(move |benefit| {
            let slot = slot["name"].as_str().unwrap_or("-");
            let mine = if benefit["mine"] == true { " mine" } else { "" };
            let warned = benefit["warnings"].as_array().unwrap().first();
            let warned = warned.map_or_else(String::new, |warning| format!(" by {}", warning["by"]));
            format!(
                "{slot} {}/{} {}{mine}{warned}",
                text(&benefit["code"]),
                benefit["version"],
                text(&benefit["state"])
            )
        })
    });
    benefits.collect()
}

#[test]
fn what_meets_at_a_provider_stands_in_the_order_of_a_decision() {
    run(async {
        let office = Office::open("priorities").await;
        let read = |by: &str, path: &'static str| office.world.get(path).by(by).send();
        let none = read(&office.editor, "/providers/bus/priorities").await;
        assert!(told(&none.json()).is_empty(), "{none:?}");
        let rides = office.approved(&content(5000), &cases(100), None).await;
        assert_eq!(office.publish(&rides).await.status, 200);
        assert_eq!(
            told(&read(&office.editor, "/providers/bus/priorities").await.json()),
            ["base rides/1 in_force mine"]
        );
        office.world.import(&free("town", "town-free"));
        let town = office.world.user(&office.operator, "town", Role::Approver).await;
        let seen = read(&town, "/providers/bus/priorities").await.json();
        assert_eq!(told(&seen), ["- town-free/1 in_force mine", "base rides/1 in_force by \"town-free\""]);
        assert_eq!((&seen["slots"][1]["policy"], &seen["slots"][1]["priority"]), (&json!("best"), &json!(1)));
        let second = read(&town, "/providers/bus/priorities?row=2&rows=1").await.json();
        assert_eq!(told(&second), ["base rides/1 in_force by \"town-free\""]);
        assert_eq!(
            (&second["of"], &second["slots"][0]["of"], &second["slots"][0]["before"]),
            (&json!(2), &json!(1), &json!(0))
        );
        assert_eq!(read(&town, "/providers/bus/priorities?row=3").await.json()["slots"], json!([]));
        read(&town, "/providers/bus/priorities?row=0").await.is(422, "invalid");
        assert!(told(&read(&town, "/providers/tram/priorities").await.json()).is_empty(), "nothing is for the tram");
        assert!(told(&read(&town, "/providers/bus/priorities?at=2025-06-01T00:00:00Z").await.json()).is_empty());
        read(&town, "/providers/bus/priorities?product=transport..bus").await.is(422, "invalid");
        read(&town, "/providers/nobody/priorities").await.is(404, "not_found");
        let stop = json!({"reason": "the audit"});
        office.world.post("/benefits/town-free/suspend").by(&town).json(&stop).send().await.is_done();
        let stopped = ["- town-free/1 suspended mine", "base rides/1 in_force"];
        assert_eq!(told(&read(&town, "/providers/bus/priorities").await.json()), stopped, "it may come back to life");
    });
}

#[test]
fn a_provider_reads_its_own_and_a_merchants_rules_are_not_told() {
    run(async {
        let office = Office::open("priorities-own").await;
        let rides = office.approved(&content(5000), &cases(100), None).await;
        assert_eq!(office.publish(&rides).await.status, 200);
        office.world.import(&free("shop", "shop-free"));
        let bus = office.world.user(&office.operator, "bus", Role::Provider).await;
        let read = |by: &str, path: &'static str| office.world.get(path).by(by).send();
        let own = read(&bus, "/providers/bus/priorities").await;
        assert_eq!(told(&own.json()), ["base rides/1 in_force by null"]);
        assert!(!own.text.contains("shop"), "{own:?}");
        read(&bus, "/providers/tram/priorities").await.is(404, "not_found");
        let all = read(&office.operator, "/providers/bus/priorities").await.json();
        assert_eq!(told(&all), ["- shop-free/1 in_force", "base rides/1 in_force by \"shop-free\""]);
        let preview = office.world.post("/providers/bus/priorities/preview").by(&bus);
        preview
            .json(&json!({"draft": text(&json!("0190f6a2-0000-7000-8000-000000000000"))}))
            .send()
            .await
            .is(403, "not_your_role");
    });
}

#[test]
fn a_preview_tells_for_whom_another_would_pay() {
    run(async {
        let office = Office::open("priorities-preview").await;
        let rides = office.approved(&content(5000), &cases(100), None).await;
        assert_eq!(office.publish(&rides).await.status, 200);
        let preview = |by: &str, draft: &Value| {
            let body = json!({"draft": draft["id"]});
            office.world.post("/providers/bus/priorities/preview").by(by).json(&body).send()
        };
        // Its case comes out otherwise, too: a preview is for seeing that.
        let mut raised = content(7500);
        raised["valid"] = json!({"from": "2027-01-01"});
        let mut late = cases(50);
        late[0]["requests"][0]["occurred_at"] = json!("2027-01-18T08:12:00+02:00");
        let raised = office.drafted(&raised, &late, Some(1)).await;
        let seen = preview(&office.editor, &raised).await.json();
        assert_eq!(told(&seen), ["base rides/2 in_force mine"]);
        assert_eq!(
            (&seen["version"], &seen["slots"][0]["benefits"][0]["is_draft"]),
            (&json!(2), &json!(true)),
            "{seen}"
        );
        assert_eq!(seen["changes_payer"], json!([{"from": null, "to": "city", "cases": 1, "records": 0}]), "{seen}");
        assert_eq!(seen["decided"]["cases"], 1);

        office.world.import(&free("town", "town-free"));
        let mut cheaper = content(10_000);
        cheaper["slot"] = Value::Null;
        cheaper["priority"] = json!(0);
        let before_it = office.drafted(&cheaper, &cases(0), Some(1)).await;
        let seen = preview(&office.editor, &before_it).await.json();
        assert_eq!(told(&seen), ["- rides/2 in_force mine", "- town-free/1 in_force by \"rides\""]);
        assert_eq!(seen["changes_payer"], json!([{"from": "town", "to": "city", "cases": 1, "records": 0}]), "{seen}");
        // Nobody else's draft, and none that can't be published.
        let town = office.world.user(&office.operator, "town", Role::Editor).await;
        let other = preview(&town, &before_it).await;
        let none = preview(&town, &json!({"id": "0190f6a2-0000-7000-8000-000000000000"})).await;
        other.is(422, "invalid");
        assert_eq!(other.json()["errors"], none.json()["errors"]);
        let stale = office.drafted(&content(1), &json!([]), None).await;
        preview(&office.editor, &stale).await.is(409, "outdated");
        assert_eq!(office.world.rule_keys(Kind::Benefit), ["rides/1", "town-free/1"], "a preview changes nothing");
    });
}
