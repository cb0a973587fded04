//! "Why not?": by the number of a record, and by what a person shows; each is told of its own, and the audit knows before.

use avis_admin::control::Role;
use avis_store::{AuditFilter, AuditObject};
use serde_json::{Value, json};

use crate::imports::imported;
use crate::office::Office;
use crate::world::{Answered, World, run};

/// Seniors of the city ride at half price, three times a month; the town's pupils with a card, and a merchant's members, too.
pub(crate) async fn office(test: &str) -> Office {
    let office = Office::open(test).await;
    let world = &office.world;
    let benefit = |code: &str, grantor: &str, priority: i64, when: Value| {
        json!({"code": code, "version": 1, "grantor": grantor, "priority": priority,
            "name": {"lv": code, "en": code}, "scope": {"providers": {"codes": ["bus"]}}, "when": when,
            "effect": {"percent": {"rate": 5000}}})
    };
    let mut seniors = benefit("city-seniors", "city", 10, json!({"member_of": {"groups": ["seniors"]}}));
    seniors["limits"] = json!([{"scope": "holder", "measure": "units", "window": {"month": {}}, "max": 3}]);
    world.import(&seniors);
    let pupils = json!({"all": [{"member_of": {"groups": ["pupils"]}}, {"identifier": {"schemes": ["etalons"]}}]});
    world.import(&benefit("town-pupils", "town", 20, pupils));
    world.import(&benefit("shop-members", "shop", 30, json!({"member_of": {"groups": ["shop-gold"]}})));
    office
}

fn asked(value: &str, units: i64) -> Value {
    json!({"provider": "bus", "reason": "a complaint", "request": {"currency": "EUR", "channel": "desk",
        "identifiers": [{"scheme": "etalons", "value": value}],
        "lines": [{"line_id": "1", "product": "ticket", "quantity": units, "unit_price": 200}]}})
}

async fn explain(world: &World, by: &str, body: &Value) -> Answered {
    world.post("/explain").by(by).json(body).send().await
}

fn benefits(answered: &Answered) -> Vec<String> {
    let lines = answered.json()["lines"].as_array().unwrap_or_else(|| panic!("{answered:?}")).clone();
    lines.iter().map(|line| line["benefit"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_grantor_is_told_of_its_own_lines_with_conditions_values_and_what_would_change_them() {
    run(async {
        let office = office("explain-own").await;
        let world = &office.world;
        let town = world.user(&office.operator, "town", Role::Editor).await;
        let told = explain(world, &town, &asked("A-1", 1)).await;
        told.is_done();
        assert_eq!(benefits(&told), ["town-pupils"]);
        let line = &told.json()["lines"][0];
        assert_eq!((&line["result"], &line["line_id"]), (&json!("condition"), &json!("1")));
        let answers: Vec<_> = line["conditions"].as_array().unwrap().iter().map(|one| &one["answer"]).collect();
        assert_eq!(answers, ["false", "false", "true"]);
        // Of the person's groups none that is not asked for is told.
        assert_eq!((&line["conditions"][1]["read"], &line["conditions"][2]["read"]), (&json!([]), &json!(["etalons"])));
        assert_eq!(line["conditions"][1]["source"], json!({"kind": "register"}));
        assert_eq!(line["would_change"]["en"], "in one of the groups pupils");
        assert!(
            !told.text.contains("seniors") && !told.text.contains("h-anna") && !told.text.contains("A-1"),
            "{told:?}"
        );

        // Whose limit is used up hears by how much, and of which day on there is more.
        let told = explain(world, &office.editor, &asked("A-1", 1)).await;
        assert_eq!(
            (benefits(&told), &told.json()["lines"][0]["amount"]),
            (vec!["city-seniors".to_owned()], &json!(100))
        );
        assert_eq!(told.json()["lines"][0]["words"]["lv"], "deva 1,00\u{a0}€");
        let nobody = explain(world, &office.editor, &asked("Z-9", 1)).await;
        assert_eq!(nobody.json()["lines"][0]["conditions"][0]["answer"], "unknown", "{nobody:?}");
    });
}

#[test]
fn what_the_ledger_counted_is_told_as_a_till_would_be() {
    run(async {
        let office = office("explain-counted").await;
        let world = &office.world;
        for _ in 0..3 {
            world.sell_to("bus", "h-anna", 200, &["seniors"]);
        }
        let told = explain(world, &office.editor, &asked("A-1", 1)).await;
        let line = &told.json()["lines"][0];
        assert_eq!(line["result"], "limit_reached", "{told:?}");
        let words = line["words"]["en"].as_str().unwrap();
        assert!(words.contains("3 of 3 units used by the holder that month"), "{words}");
        assert_eq!(line["would_change"]["en"], "a purchase after 30 November 2026");
    });
}

#[test]
fn a_clerk_explains_to_who_was_found_and_to_nobody_else() {
    run(async {
        let office = office("explain-clerk").await;
        let world = &office.world;
        let clerk = world.user(&office.operator, "desk", Role::Clerk).await;
        let sold = world.sell_to("bus", "h-anna", 200, &["seniors"]);
        let theirs = world.sell_to("bus", "h-berta", 200, &["seniors"]);
        let found = json!({"scheme": "etalons", "value": "A-1", "reason": {"code": "complaint", "text": "too dear"}});
        let handle = world.post("/people/find").by(&clerk).json(&found).send().await.json()["handle"].clone();
        let by_number = |id: &str| json!({"handle": handle, "authorization": id});
        let told = explain(world, &clerk, &by_number(&sold)).await;
        // A merchant's rules are nobody's to read here.
        assert_eq!(benefits(&told), ["city-seniors", "town-pupils"]);
        assert!(told.json()["authorization"].is_null() && !told.text.contains("h-anna"), "{told:?}");
        explain(world, &clerk, &by_number(&theirs)).await.is(404, "not_found");
        explain(world, &clerk, &json!({"authorization": sold})).await.is(422, "invalid");

        let mut shows = asked("A-1", 1);
        shows["handle"] = handle.clone();
        assert_eq!(explain(world, &clerk, &shows).await.json()["lines"][0]["result"], "applied");
        // What another shows is as good as unknown.
        shows["request"]["identifiers"][0]["value"] = json!("B-1");
        let other = explain(world, &clerk, &shows).await.json();
        assert_eq!(other["trace"]["identifiers"][0]["verdict"], "unknown");
        let accesses = world.get(&format!("/people/{}/accesses", handle.as_str().unwrap())).by(&clerk).send().await;
        let accesses = accesses.json();
        let told = accesses["items"].as_array().unwrap().iter().filter(|one| one["action"] == "person_explained");
        assert_eq!(told.map(|one| one["reason"].as_str().unwrap()).collect::<Vec<_>>(), ["complaint: too dear"; 3]);
    });
}

#[test]
fn who_names_a_person_says_why_and_the_audit_knows_of_it() {
    run(async {
        let office = office("explain-why").await;
        let world = &office.world;
        let mut without = asked("A-1", 1);
        without.as_object_mut().unwrap().remove("reason");
        let refused = explain(world, &office.editor, &without).await;
        assert_eq!(refused.json()["pointer"], "/reason", "{refused:?}");
        explain(world, &office.editor, &asked("A-1", 1)).await.is_done();
        let key = world.secret.subject("h-anna");
        let object = Some(AuditObject { kind: "person".to_owned(), key });
        let entries = world.registry.entries(&AuditFilter { object, ..AuditFilter::default() }, 10).unwrap();
        assert_eq!(entries[0].entry.act.reason.as_deref(), Some("a complaint"));
        assert_eq!(entries[0].entry.act.action, "person_explained");
        for wrong in [
            json!({"provider": "nobody", "request": {}}),
            json!({"provider": "bus"}),
            json!({"provider": "bus", "request": {"currency": "EUR", "lines": []}}),
        ] {
            explain(world, &office.editor, &wrong).await.is(422, "invalid");
        }
        for _ in 0..59 {
            explain(world, &office.editor, &asked("Z-9", 1)).await.is_done();
        }
        explain(world, &office.editor, &asked("A-1", 1)).await.is(429, "too_many_requests");
    });
}

#[test]
fn a_value_of_a_list_says_when_the_list_came() {
    run(async {
        let office = office("explain-list").await;
        let world = &office.world;
        let query = "kind=entitlements&mode=delta&group=seniors&reason=list";
        let job = imported(world, &office.editor, query, "scheme,value,from\netalons,B-1,2020-01-01\n").await;
        assert_eq!(job["state"], "done", "{job}");
        let told = explain(world, &office.editor, &asked("A-1", 1)).await.json();
        let source = &told["lines"][0]["conditions"][0]["source"];
        assert_eq!(source, &json!({"kind": "list", "at": job["started_at"]}));
    });
}
