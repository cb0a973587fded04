//! A clerk finds a person with a reason, manages means, and everything is in the audit before it is shown.

use avis_admin::control::Role;
use avis_core::IdentifierKey;
use avis_store::{AuditFilter, Clock, Stored};
use avis_testing::eventually;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::imports::holder;
use crate::world::{Answered, World, run};

const LOST: &str = "lost card";

fn shown(scheme: &str, value: &str) -> Value {
    json!({"scheme": scheme, "value": value, "reason": {"code": "at_desk", "text": LOST}})
}

async fn find(world: &World, clerk: &str, value: &str) -> Answered {
    world.post("/people/find").by(clerk).json(&shown("etalons", value)).send().await
}

/// A clerk, and the handle of Anna.
async fn at_the_desk(test: &str) -> (World, String, String, String) {
    let (world, operator) = World::with_parties(test).await;
    let clerk = world.user(&operator, "desk", Role::Clerk).await;
    let found = find(&world, &clerk, "a1").await;
    found.is_done();
    let handle = found.json()["handle"].as_str().unwrap().to_owned();
    (world, operator, clerk, handle)
}

async fn means(world: &World, clerk: &str, handle: &str) -> Vec<Value> {
    let listed = world.get(&format!("/people/{handle}/means")).by(clerk).send().await;
    listed.is_done();
    listed.json()["items"].as_array().unwrap().clone()
}

/// The status with which an identifier stands in the store; none if nobody has it.
fn status(world: &World, scheme: &str, value: &str) -> Option<String> {
    let key = IdentifierKey::of(scheme, value, &world.secret).unwrap();
    let (_, found) = world.registry.holders_by(&[key]).unwrap();
    let Some(Stored::Row(row)) = found.into_iter().next().unwrap() else { return None };
    let holder: Value = serde_json::from_str(row.content.as_deref().unwrap()).unwrap();
    let identifiers = holder["identifiers"].as_array().unwrap();
    let identifier = identifiers.iter().find(|identifier| identifier["key"] == key.to_hex())?;
    Some(identifier["status"].as_str().unwrap().to_owned())
}

#[test]
fn a_person_is_found_by_an_exact_identifier_and_read_under_a_handle() {
    run(async {
        let (world, _, clerk, handle) = at_the_desk("people-found").await;
        let person = world.get(&format!("/people/{handle}")).by(&clerk).send().await;
        person.is_done();
        let expected = json!([{"territory": "lv.riga"}]);
        assert_eq!((&person.json()["birth_date"], &person.json()["residences"]), (&json!("1950-05-01"), &expected));
        let entitlements = world.get(&format!("/people/{handle}/entitlements")).by(&clerk).send().await;
        let expected = json!([{"group": "seniors", "owner": "city", "from": "2020-01-01"}]);
        assert_eq!(entitlements.json()["items"], expected);
        find(&world, &clerk, "A-2").await.is(404, "not_found");
        let blank = world.post("/people/find").by(&clerk).json(&shown("etalons", " - ")).send().await;
        blank.is(422, "invalid");
        let without = json!({"scheme": "etalons", "value": "A-1"});
        world.post("/people/find").by(&clerk).json(&without).send().await.is(422, "invalid");
    });
}

#[test]
fn a_handle_is_of_one_session_and_ends() {
    run(async {
        let (world, operator, clerk, handle) = at_the_desk("people-handle").await;
        let other = world.user(&operator, "desk", Role::Clerk).await;
        world.get(&format!("/people/{handle}")).by(&other).send().await.is(404, "not_found");
        for _ in 0..2 {
            world.clock.pass(SignedDuration::from_mins(16));
            world.get("/me").by(&clerk).send().await.is_done();
        }
        world.get(&format!("/people/{handle}")).by(&clerk).send().await.is(404, "not_found");
    });
}

#[test]
fn who_looked_and_why_is_known_and_no_identifier_is() {
    run(async {
        let (world, _, clerk, handle) = at_the_desk("people-audit").await;
        world.get(&format!("/people/{handle}")).by(&clerk).send().await.is_done();
        find(&world, &clerk, "SECRET-77").await.is(404, "not_found");
        let accesses = world.get(&format!("/people/{handle}/accesses")).by(&clerk).send().await.json();
        let told: Vec<_> =
            accesses["items"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
        assert_eq!(told, ["person_accesses_read", "person_read", "person_found"]);
        assert_eq!(accesses["items"][1]["reason"], "at_desk: lost card");
        assert_eq!(accesses["items"][1]["party"], "desk");
        let all = format!("{:?}", world.registry.entries(&AuditFilter::default(), 1_000).unwrap());
        assert!(all.contains("person_not_found"), "{all}");
        assert!(!all.contains("SECRET") && !all.contains("h-anna") && !all.contains("1950-05-01"), "{all}");
    });
}

#[test]
fn a_user_looks_for_sixty_people_an_hour() {
    run(async {
        let (world, _, clerk, _) = at_the_desk("people-pace").await;
        for _ in 1..60 {
            find(&world, &clerk, "nobody").await.is(404, "not_found");
        }
        let refused = find(&world, &clerk, "A-1").await;
        refused.is(429, "too_many_requests");
        let wait: i64 = refused.headers["retry-after"].parse().unwrap();
        assert!((3_000..=3_600).contains(&wait), "{wait}");
    });
}

#[test]
fn a_user_looks_for_three_hundred_people_a_day() {
    run(async {
        let (world, _, clerk, _) = at_the_desk("people-day").await;
        let mut clerk = clerk;
        // One was found as the desk was opened.
        for hour in 0..5 {
            for _ in 0..if hour == 0 { 59 } else { 60 } {
                find(&world, &clerk, "nobody").await.is(404, "not_found");
            }
            world.clock.pass(SignedDuration::from_hours(1));
            clerk = world.sign_in_again(&clerk).await;
        }
        let refused = find(&world, &clerk, "A-1").await;
        refused.is(429, "too_many_requests");
        let wait: i64 = refused.headers["retry-after"].parse().unwrap();
        assert!((18 * 3_600..20 * 3_600).contains(&wait), "{wait}");
        world.clock.pass(SignedDuration::from_secs(wait));
        clerk = world.sign_in_again(&clerk).await;
        find(&world, &clerk, "A-1").await.is_done();
    });
}

#[test]
fn nobody_is_shown_whom_the_audit_could_not_be_told_of() {
    run(async {
        let (world, _, clerk, handle) = at_the_desk("people-unaudited").await;
        let audit = rusqlite::Connection::open(world.folder.file("administration.db")).unwrap();
        audit
            .execute_batch("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
            .unwrap();
        for path in ["", "/entitlements", "/means", "/accesses"] {
            let refused = world.get(&format!("/people/{handle}{path}")).by(&clerk).send().await;
            refused.is(503, "unavailable");
            assert!(!refused.text.contains("1950-05-01") && !refused.text.contains("seniors"), "{refused:?}");
        }
        find(&world, &clerk, "A-1").await.is(503, "unavailable");
        audit.execute_batch("DROP TRIGGER full").unwrap();
        world.get(&format!("/people/{handle}")).by(&clerk).send().await.is_done();
    });
}

#[test]
fn a_lost_card_is_blocked_and_replaced() {
    run(async {
        let (world, _, clerk, handle) = at_the_desk("people-means").await;
        let card = means(&world, &clerk, &handle).await.remove(0);
        let path = |step: &str| format!("/people/{handle}/means/{}{step}", card["id"].as_str().unwrap());
        assert_eq!([&card["scheme"], &card["state"], &card["proof"]], ["etalons", "active", "issuer"]);
        let blocked = world.post(&path("/block")).by(&clerk).send().await;
        blocked.is_done();
        assert_eq!(
            (&blocked.json()["state"], &*status(&world, "etalons", "A-1").unwrap()),
            (&json!("blocked"), "blocked")
        );
        let again = world.post(&path("/block")).by(&clerk).send().await;
        assert_eq!(again.json()["revision"], blocked.json()["revision"], "again changes nothing");
        world.post(&path("/unblock")).by(&clerk).send().await.is_done();
        assert_eq!(status(&world, "etalons", "A-1").unwrap(), "active");
        let new = json!({"value": "A-1-2", "label": "the new one"});
        let replaced = world.post(&path("/replace")).by(&clerk).json(&new).send().await;
        replaced.is_done();
        assert_eq!([&replaced.json()["state"], &replaced.json()["label"]], ["active", "the new one"]);
        assert_eq!((status(&world, "etalons", "A-1"), &*status(&world, "etalons", "a12").unwrap()), (None, "active"));
        let mut states: Vec<String> = Vec::new();
        for means in means(&world, &clerk, &handle).await {
            states.push(format!("{} {}", means["state"].as_str().unwrap(), means["proof"].as_str().unwrap()));
        }
        states.sort();
        assert_eq!(states, ["active desk", "replaced issuer"]);
        world.post(&path("/block")).by(&clerk).send().await.is(404, "not_found");
    });
}

#[test]
fn why_means_are_not_added_is_one_answer_and_five_tries_a_day() {
    run(async {
        let (world, _, clerk, handle) = at_the_desk("people-added").await;
        let path = format!("/people/{handle}/means");
        let add = |value: &str| {
            let body = json!({"scheme": "etalons", "value": value, "label": "mans", "valid_until": "2027-12-31"});
            world.post(&path).by(&clerk).once().json(&body)
        };
        let added = add("A-9").send().await;
        assert_eq!(added.status, 201, "{added:?}");
        assert_eq!([&added.json()["proof"], &added.json()["valid_until"]], ["desk", "2027-12-31"]);
        let (of_another, own) = (add("B-1").send().await, add("a 9").send().await);
        of_another.is(409, "not_added");
        assert_eq!(of_another.json()["detail"], own.json()["detail"]);
        assert_eq!(of_another.json()["errors"], Value::Null);
        add("A-10").send().await;
        add("A-11").send().await;
        add("A-12").send().await.is(429, "too_many_requests");
        let removed = &means(&world, &clerk, &handle).await[0];
        let removed = removed["id"].as_str().unwrap();
        let gone = world.request("DELETE", &format!("{path}/{removed}")).by(&clerk).send().await;
        assert_eq!((gone.status, &gone.json()["state"]), (200, &json!("removed")));
        let listed = means(&world, &clerk, &handle).await;
        assert_eq!(listed.iter().filter(|means| means["state"] == "active").count(), 3, "{listed:?}");
    });
}

#[test]
fn a_person_has_twenty_active_means() {
    run(async {
        let (world, operator, clerk, handle) = at_the_desk("people-many").await;
        let provider = world.user(&operator, "bus", Role::Provider).await;
        let row = |number: u64| format!("etalons,A-1,isic,I-{number}\n");
        let file = format!("scheme,value,new_scheme,new_value\n{}", (1..20).map(row).collect::<String>());
        let send = |file: String| {
            let request = world.post("/imports?kind=means&reason=new").by(&provider).header("content-type", "text/csv");
            request.bytes(file.as_bytes())
        };
        let job = send(file).send().await.json()["id"].as_str().unwrap().to_owned();
        let state = || world.registry.record("job", &job).unwrap().unwrap().value.state;
        eventually("the end of a job", state, |state| state == "done");
        let add = json!({"scheme": "etalons", "value": "A-9"});
        let path = format!("/people/{handle}/means");
        world.post(&path).by(&clerk).once().json(&add).send().await.is(409, "too_many_objects");
        let card = &means(&world, &clerk, &handle).await[0];
        let path = |step: &str| format!("{path}/{}/{step}", card["id"].as_str().unwrap());
        world.post(&path("block")).by(&clerk).send().await.is_done();
        let added = world.post(&format!("/people/{handle}/means")).by(&clerk).once().json(&add).send().await;
        assert_eq!(added.status, 201, "{added:?}");
        world.post(&path("unblock")).by(&clerk).send().await.is(409, "too_many_objects");
    });
}

#[test]
fn a_provider_blocks_what_it_issued_and_learns_nothing() {
    run(async {
        let (world, operator, clerk, handle) = at_the_desk("people-issuer").await;
        let add = json!({"scheme": "isic", "value": "I-1"});
        world.post(&format!("/people/{handle}/means")).by(&clerk).once().json(&add).send().await;
        let provider = world.user(&operator, "bus", Role::Provider).await;
        let block = |scheme: &str, value: &str| {
            world.post("/means/block").by(&provider).json(&json!({"scheme": scheme, "value": value, "reason": "lost"}))
        };
        let mut answers = Vec::new();
        for card in ["I-2", "i1", "I-3", "i1"] {
            let answered = block("isic", card).send().await;
            answers.push((answered.status, answered.json()));
        }
        assert!(answers.iter().all(|answer| *answer == (200, json!({"state": "blocked"}))), "{answers:?}");
        assert_eq!(status(&world, "isic", "I-1").unwrap(), "blocked");
        // What was sold before is judged as of its time.
        let holder = holder(&world, "isic", "I-1");
        let mut means = holder["identifiers"].as_array().unwrap().iter();
        let blocked = means.find(|means| means["status"] == "blocked").unwrap();
        assert!(blocked["since"].is_string(), "{blocked}");
        block("etalons", "A-1").send().await.is(422, "invalid");
        assert_eq!(status(&world, "etalons", "A-1").unwrap(), "active");
    });
}

#[test]
fn an_editor_writes_one_entitlement_of_an_own_group() {
    run(async {
        let (world, operator, clerk, handle) = at_the_desk("people-member").await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        let write = |group: &str, body: Value| {
            let mut body = body;
            for (name, value) in [("scheme", "etalons"), ("value", "A-1"), ("reason", "decision")] {
                body[name] = json!(value);
            }
            world.post(&format!("/groups/{group}/members")).by(&editor).json(&body)
        };
        let ended = write("seniors", json!({"until": "2026-12-31"})).send().await;
        ended.is_done();
        assert_eq!([&ended.json()["from"], &ended.json()["until"]], ["2020-01-01", "2026-12-31"]);
        write("seniors", json!({"until": "2026-11-30"})).send().await.is(409, "not_in_this_state");
        write("seniors", json!({"from": "2027-01-01", "source": "no. 7"})).send().await.is_done();
        write("seniors", json!({"from": "2027-02-01", "until": "2027-01-01"})).send().await.is(422, "invalid");
        write("pupils", json!({"from": "2027-01-01"})).send().await.is(403, "not_yours");
        write("shop-gold", json!({"from": "2027-01-01"})).send().await.is(404, "not_found");
        let entitlements = world.get(&format!("/people/{handle}/entitlements")).by(&clerk).send().await.json();
        let spans: Vec<_> =
            entitlements["items"].as_array().unwrap().iter().map(|it| (&it["from"], &it["until"])).collect();
        assert_eq!(spans, [(&json!("2020-01-01"), &json!("2026-12-31")), (&json!("2027-01-01"), &Value::Null)]);
    });
}

#[test]
fn an_entitlement_that_would_end_before_it_begins_is_taken_away() {
    run(async {
        let (world, operator, clerk, handle) = at_the_desk("people-member-reversed").await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        let write = |body: Value| {
            let mut body = body;
            for (name, value) in [("scheme", "etalons"), ("value", "A-1"), ("reason", "decision")] {
                body[name] = json!(value);
            }
            world.post("/groups/seniors/members").by(&editor).json(&body)
        };
        write(json!({"until": "2026-12-31"})).send().await.is_done();
        let begun = write(json!({"from": "2027-01-01"})).send().await;
        assert_eq!(begun.json()["taken_away"], false, "{begun:?}");
        let ended = write(json!({"until": "2026-12-30"})).send().await;
        assert_eq!((ended.status, &ended.json()["taken_away"]), (200, &json!(true)), "{ended:?}");
        assert_eq!(find(&world, &clerk, "A-1").await.status, 200, "who is there can be read");
        let entitlements = world.get(&format!("/people/{handle}/entitlements")).by(&clerk).send().await.json();
        let spans: Vec<_> =
            entitlements["items"].as_array().unwrap().iter().map(|it| (&it["from"], &it["until"])).collect();
        assert_eq!(spans, [(&json!("2020-01-01"), &json!("2026-12-31"))]);
    });
}

#[test]
fn what_nobody_types_is_not_added_at_a_desk_either() {
    run(async {
        let (world, _, clerk, handle) = at_the_desk("people-typed").await;
        let card = means(&world, &clerk, &handle).await.remove(0);
        let add = format!("/people/{handle}/means");
        let replace = format!("{add}/{}/replace", card["id"].as_str().unwrap());
        for (scheme, value, pointer) in [
            ("eid", "010190-12345", "/scheme"),
            ("bank-card", "CARD-1", "/value"),
            ("etalons", "4111 1111 1111 1111", "/value"),
            ("personal-code", "X-1", "/scheme"),
        ] {
            let body = json!({"scheme": scheme, "value": value});
            for path in [&add, &replace] {
                let refused = world.post(path).by(&clerk).once().json(&body).send().await;
                refused.is(422, "invalid");
                assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{refused:?}");
            }
        }
        let form = world.post("/forms").by(&clerk).once().json(&json!({"count": 1})).send().await.json();
        let enter = format!("/forms/{}/enter", form["numbers"][0].as_str().unwrap());
        let body =
            json!({"handle": handle, "at": world.clock.now(), "add": {"scheme": "eid", "value": "010190-12345"}});
        let refused = world.post(&enter).by(&clerk).json(&body).send().await;
        refused.is(422, "invalid");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/add/scheme");
        assert_eq!(means(&world, &clerk, &handle).await, [card], "nothing was added");
    });
}

#[test]
fn who_asked_for_an_erasure_does_not_confirm_it() {
    run(async {
        let (world, operator, _, _) = at_the_desk("people-own-erasure").await;
        // One user is clerk of the desk and operator.
        let (user, _) = world.join("both@desk.lv", "desk", Role::Clerk).await;
        let wanted = json!({"user": user, "party": "operator", "role": "op"});
        let grant = world.post("/grants").by(&operator).once().json(&wanted).send().await.id();
        let other = world.user(&operator, "operator", Role::Operator).await;
        world.post(&format!("/grants/{grant}/confirm")).by(&other).send().await.is_done();
        let both = world.sign_in("both@desk.lv").await;
        let at_desk = world.post("/people/find").by(&both).header("avis-party", "desk").json(&shown("etalons", "B-1"));
        let handle = at_desk.send().await.json()["handle"].as_str().unwrap().to_owned();
        let asked = world.post(&format!("/people/{handle}/erasure")).by(&both).header("avis-party", "desk").once();
        let path = format!("/erasures/{}/confirm", asked.send().await.id());
        world.post(&path).by(&both).header("avis-party", "operator").send().await.is(403, "own_work");
        world.post(&path).by(&other).send().await.is_done();
    });
}

#[test]
fn a_person_is_erased_by_two() {
    run(async {
        let (world, operator, clerk, handle) = at_the_desk("people-erased").await;
        let asked = world.post(&format!("/people/{handle}/erasure")).by(&clerk).once().send().await;
        assert_eq!((asked.status, &asked.json()["state"]), (201, &json!("asked")));
        let operator_again = world.sign_in("olga@avis.lv").await;
        let waiting = world.get("/erasures").by(&operator_again).send().await.json();
        assert_eq!(waiting["items"][0]["id"], asked.json()["id"]);
        let path = format!("/erasures/{}/confirm", asked.id());
        world.post(&path).by(&clerk).send().await.is(403, "not_your_role");
        let done = world.post(&path).by(&operator_again).send().await;
        assert_eq!((done.status, &done.json()["state"]), (200, &json!("done")), "{done:?}");
        assert_eq!(status(&world, "etalons", "A-1"), None);
        world.post(&path).by(&operator_again).send().await.is(409, "not_in_this_state");
        world.get(&format!("/people/{handle}")).by(&clerk).send().await.is(404, "not_found");
        find(&world, &clerk, "A-1").await.is(404, "not_found");
        drop(operator);
    });
}
