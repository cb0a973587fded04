//! What all rules stand on: slots, calendars, providers and schemes.

use avis_admin::control::Role;
use avis_store::Kind;
use serde_json::{Value, json};

use crate::office::{Office, cases, content};
use crate::world::{Answered, Request, run};

impl Office {
    fn put(&self, by: &str, path: &str, body: &Value) -> Request<'_> {
        self.world.request("PUT", path).by(by).json(body)
    }

    /// A change of what stands there now.
    async fn changed(&self, by: &str, path: &str, body: &Value) -> Answered {
        let read = path.strip_suffix("/tags").unwrap_or(path);
        let etag = self.world.get(read).by(&self.operator).send().await.headers["etag"].clone();
        self.put(by, path, body).header("if-match", &etag).send().await
    }
}

#[test]
fn an_operator_keeps_slots_and_calendars() {
    run(async {
        let office = Office::open("ground").await;
        let (world, operator) = (&office.world, &office.operator);
        let late = json!({"policy": "first", "priority": 900, "reason": "for the night"});
        let would = office.put(operator, "/slots/late?dry_run=true", &late).send().await;
        // The slot, and the currency that nobody had said before.
        assert_eq!((&would.json()["counts"]["added"], would.status), (&json!(2), 200), "{would:?}");
        world.get("/slots/late").by(operator).send().await.is(404, "not_found");
        let made = office.put(operator, "/slots/late", &late).send().await;
        made.is_done();
        assert!(made.json()["revision"].is_u64(), "{made:?}");
        let read = world.get("/slots/late").by(&office.editor).send().await;
        assert_eq!(read.json(), json!({"name": "late", "policy": "first", "priority": 900}));
        assert_eq!(read.headers["etag"], made.headers["etag"]);
        office.put(operator, "/slots/late", &late).send().await.is(428, "precondition_required");
        office.put(operator, "/slots/late", &late).header("if-match", "\"0\"").send().await.is(412, "changed");
        office.put(operator, "/slots/none", &late).header("if-match", "\"0\"").send().await.is(404, "not_found");
        office.put(&office.editor, "/slots/mine", &late).send().await.is(403, "not_your_role");
        let capped = json!({"priority": 900, "max_discount": {"rate": 5000}, "reason": "enough"});
        office.changed(operator, "/slots/late", &capped).await.is_done();
        let remove = |path: &'static str, etag: &str| {
            let removed = world.request("DELETE", path).by(operator).header("if-match", etag);
            removed.json(&json!({"reason": "over"})).send()
        };
        let etag = world.get("/slots/late").by(operator).send().await.headers["etag"].clone();
        let silent = world.request("DELETE", "/slots/late").by(operator).header("if-match", &etag).json(&json!({}));
        silent.send().await.is(422, "invalid");
        // They are listed in the order in which a decision goes through them, and on in it.
        for (name, priority) in [("early", 900), ("zero", 0)] {
            let slot = json!({"priority": priority, "reason": "for the morning"});
            office.put(operator, &format!("/slots/{name}"), &slot).send().await.is_done();
        }
        let listed = world.get("/slots?limit=2").by(operator).send().await.json();
        let behind = format!("/slots?limit=2&cursor={}", listed["next"].as_str().unwrap());
        let rest = world.get(&behind).by(operator).send().await.json();
        let names = [listed, rest].map(|page| page["items"].as_array().unwrap().clone()).concat();
        assert_eq!(names.iter().map(|slot| &slot["name"]).collect::<Vec<_>>(), ["zero", "base", "early", "late"]);
        office.world.remove(["early", "zero"].map(|name| (Kind::Slot, name.to_owned())));

        assert!(remove("/slots/late", &etag).await.json()["revision"].is_u64());
        remove("/slots/late", &etag).await.is(404, "not_found");
        assert_eq!(world.rule_keys(Kind::Slot), ["base"]);

        let feasts = json!({"dates": ["2026-12-24", "2026-12-25"], "reason": "by law"});
        office.put(operator, "/calendars/feasts", &feasts).send().await.is_done();
        let wrong = json!({"dates": ["2026-12-24", "2026-13-25"], "reason": "by law"});
        let wrong = office.changed(operator, "/calendars/feasts", &wrong).await;
        assert!(wrong.status == 422 && wrong.text.contains("\"/dates/1\""), "{wrong:?}");
        let kept = world.get("/calendars/feasts").by(&office.editor).send().await.json();
        assert_eq!(kept["dates"], feasts["dates"]);
    });
}

#[test]
fn what_rules_stand_on_is_not_taken_away() {
    run(async {
        let office = Office::open("ground-used").await;
        let (world, operator) = (&office.world, &office.operator);
        let mut rides = content(5000);
        rides["when"] = json!({"calendar": {"name": "holidays", "is": false}});
        let id = office.approved(&rides, &cases(100), None).await;
        office.publish(&id).await.is_done();
        for path in ["/slots/base", "/calendars/holidays"] {
            let etag = world.get(path).by(operator).send().await.headers["etag"].clone();
            let kept = world.request("DELETE", path).by(operator).header("if-match", &etag);
            let kept = kept.json(&json!({"reason": "tidying"})).send().await;
            assert!(kept.status == 422 && kept.text.contains("rides/1"), "{kept:?}");
        }
    });
}

#[test]
fn a_provider_says_what_it_accepts_and_an_operator_what_it_issues() {
    run(async {
        let office = Office::open("ground-providers").await;
        let (world, operator) = (&office.world, &office.operator);
        let bus = world.user(operator, "bus", Role::Provider).await;
        let body = |issues: &[&str]| json!({"accepts": ["card", "eid"], "issues": issues, "reason": "new readers"});
        let changed = office.changed(&bus, "/providers/bus", &body(&[])).await;
        changed.is_done();
        assert_eq!((&changed.json()["accepts"], &changed.json()["issues"]), (&json!(["card", "eid"]), &json!([])));
        office.changed(&bus, "/providers/bus", &body(&["card"])).await.is(403, "not_yours");
        office.changed(operator, "/providers/bus", &body(&["card"])).await.is_done();
        // What was given may be kept, and given back.
        office.changed(&bus, "/providers/bus", &body(&["card"])).await.is_done();
        office.put(&bus, "/providers/bus", &body(&[])).send().await.is(428, "precondition_required");
        office.put(&bus, "/providers/tram", &body(&[])).send().await.is(404, "not_found");
        let tags = json!({"tags": ["city"], "reason": "for all of the city"});
        office.changed(&bus, "/providers/bus/tags", &tags).await.is(403, "not_your_role");
        office.changed(operator, "/providers/bus/tags", &tags).await.is_done();
        let read = world.get("/providers/bus").by(&bus).send().await.json();
        let expected = json!({"code": "bus", "tags": ["city"], "accepts": ["card", "eid"], "issues": ["card"]});
        assert_eq!(read, expected);
        let schemes = world.get("/schemes?limit=200").by(&bus).send().await.json();
        let of = |code: &str| schemes["items"].as_array().unwrap().iter().find(|it| it["code"] == code).cloned();
        let card = json!({"code": "card", "typed": false, "issued_by": ["bus"], "accepted_by": ["bus"]});
        assert_eq!(of("card"), Some(card), "{schemes}");
        assert_eq!(of("eid").unwrap()["typed"], true);
    });
}

#[test]
fn a_party_that_sells_becomes_a_provider_of_the_rules() {
    run(async {
        let office = Office::open("ground-new-provider").await;
        let (world, operator) = (&office.world, &office.operator);
        let party = json!({"code": "ferry", "name": {"lv": "Prāmis", "en": "Ferry"}, "capacities": ["provider"]});
        assert_eq!(world.post("/parties").by(operator).once().json(&party).send().await.status, 201);
        let ferry = world.user(operator, "ferry", Role::Provider).await;
        world.get("/providers/ferry").by(&ferry).send().await.is(404, "not_found");
        let body = json!({"accepts": ["card"], "issues": [], "reason": "it sells from May"});
        office.put(&ferry, "/providers/ferry", &body).send().await.is_done();
        assert_eq!(world.get("/providers/ferry").by(&ferry).send().await.json()["tags"], json!([]));
        let terminal = json!({"code": "ferry-1", "channels": [], "schemes": ["card"], "reason": "the first"});
        assert_eq!(world.post("/terminals").by(&ferry).once().json(&terminal).send().await.status, 201);
        office.put(operator, "/providers/desk", &body).send().await.is(404, "not_found");
        office.put(operator, "/providers/nobody", &body).send().await.is(404, "not_found");
    });
}
