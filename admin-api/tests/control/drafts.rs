//! A benefit's life: one edits, another approves, and every engine follows what they publish.

use avis_admin::control::Role;
use avis_store::{Clock, Kind};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};

use crate::office::{Office, cases, content, text};
use crate::world::{Answered, run};

#[test]
fn a_benefit_is_drafted_approved_by_another_and_published_as_the_next_version() {
    run(async {
        let office = Office::open("draft-story").await;
        let first = office.approved(&content(5000), &cases(100), None).await;
        let published = office.publish(&first).await;
        assert_eq!(published.status, 200, "{published:?}");
        let published = published.json();
        assert_eq!((&published["state"], &published["version"]), (&json!("published"), &json!(1)));
        assert_eq!(office.world.rule_keys(Kind::Benefit), ["rides/1"]);
        assert_eq!(office.world.rule_keys(Kind::Case), ["rides: a ticket"]);
        let benefit = office.world.get("/benefits/rides").by(&office.editor).send().await.json();
        assert_eq!((&benefit["grantor"], &benefit["content"]["effect"]), (&json!("city"), &content(5000)["effect"]));
        // What is published is done.
        office.publish(&first).await.is(409, "not_in_this_state");

        let second = office.approved(&content(2500), &json!([]), Some(1)).await;
        let late = office.approved(&content(1000), &json!([]), Some(1)).await;
        assert_eq!(office.publish(&second).await.json()["version"], 2);
        assert!(office.world.rule_keys(Kind::Case).is_empty(), "a case that was dropped is gone");
        office.publish(&late).await.is(409, "outdated");
        assert_eq!(office.read(&late).await.0["state"], "approved");
    });
}

#[test]
fn f26_nobody_approves_their_own_work_or_another_content() {
    run(async {
        let office = Office::open("draft-eyes").await;
        let draft = office.drafted(&content(5000), &cases(100), None).await;
        let (id, hash) = (text(&draft["id"]), json!({"content_hash": draft["content_hash"]}));
        let other = json!({"content_hash": "0".repeat(64)});
        office.step(&office.editor, &id, "submit", &other).await.is(409, "content_changed");
        office.step(&office.approver, &id, "approve", &hash).await.is(409, "not_in_this_state");
        assert_eq!(office.step(&office.editor, &id, "submit", &hash).await.status, 200);
        office.step(&office.editor, &id, "approve", &hash).await.is(403, "not_your_role");
        office.step(&office.approver, &id, "approve", &other).await.is(409, "content_changed");
        // Somebody who may both edit and approve.
        let (both, _) = office.world.join("both@city.lv", "city", Role::Editor).await;
        let grant = json!({"user": both, "party": "city", "role": "ap"});
        let asked = office.world.post("/grants").by(&office.operator).once().json(&grant).send().await.json();
        let second = office.world.user(&office.operator, "operator", Role::Operator).await;
        office.world.post(&format!("/grants/{}/confirm", text(&asked["id"]))).by(&second).send().await;
        let both = office.world.sign_in("both@city.lv").await;
        let (_, etag) = office.read(&id).await;
        let body = json!({"content": content(4000), "cases": cases(120)});
        let changed = office.world.request("PUT", &format!("/drafts/{id}")).by(&both).header("if-match", &etag);
        let changed = changed.json(&body).send().await.json();
        assert_eq!(changed["state"], "draft");
        let hash = json!({"content_hash": changed["content_hash"]});
        assert_eq!(office.step(&both, &id, "submit", &hash).await.status, 200);
        office.step(&both, &id, "approve", &hash).await.is(403, "own_work");
        let rejected = office.step(&office.approver, &id, "reject", &json!({"reason": "too much"})).await.json();
        assert_eq!((&rejected["state"], &rejected["rejected_because"]), (&json!("draft"), &json!("too much")));
        office.publish(&id).await.is(409, "not_in_this_state");
    });
}

#[test]
fn what_cannot_be_published_is_told_by_its_place_and_changes_nothing() {
    run(async {
        let office = Office::open("draft-faults").await;
        let mut wrong = content(5000);
        wrong["effect"] = json!({"percent": {"rate": 10_001}});
        wrong["slot"] = json!("nowhere");
        let draft = office.drafted(&wrong, &json!([]), None).await;
        let check = |id: String| {
            let (world, editor) = (&office.world, &office.editor);
            async move { world.post(&format!("/drafts/{id}/check")).by(editor).send().await }
        };
        let checked = check(text(&draft["id"])).await;
        checked.is(422, "invalid");
        let errors = checked.json()["errors"].to_string();
        assert!(errors.contains("/content/effect/percent/rate") && errors.contains("/content/slot"), "{errors}");

        let failing = office.drafted(&content(5000), &cases(99), None).await;
        let failed = check(text(&failing["id"])).await;
        failed.is(422, "case_failed");
        assert!(failed.text.contains("expected 99, got 100"), "{failed:?}");
        let well = office.drafted(&content(5000), &cases(100), None).await;
        assert_eq!(check(text(&well["id"])).await.json()["cases"], 1);

        let post = |body: Value| {
            let (world, editor) = (&office.world, &office.editor);
            async move { world.post("/drafts").by(editor).once().json(&body).send().await }
        };
        let mut named = content(5000);
        named["grantor"] = json!("town");
        let named = post(json!({"code": "rides", "content": named})).await;
        assert!(named.status == 422 && named.text.contains("/content/grantor"), "{named:?}");
        let based = post(json!({"code": "rides", "content": content(1), "base": 7})).await;
        assert!(based.status == 422 && based.text.contains("/base"), "{based:?}");
        post(json!({"code": "rides", "content": content(1), "owner": "town"})).await.is(422, "invalid");
        assert!(office.world.rule_keys(Kind::Benefit).is_empty());
    });
}

#[test]
fn an_old_page_changes_nothing_and_another_grantors_benefit_is_not_drafted() {
    run(async {
        let office = Office::open("draft-old").await;
        let draft = office.drafted(&content(5000), &json!([]), None).await;
        let (id, path) = (text(&draft["id"]), format!("/drafts/{}", text(&draft["id"])));
        let (_, etag) = office.read(&id).await;
        let put = || office.world.request("PUT", &path).by(&office.editor).json(&json!({"content": content(1)}));
        put().send().await.is(428, "precondition_required");
        assert_eq!(put().header("if-match", &etag).send().await.status, 200);
        put().header("if-match", &etag).send().await.is(412, "changed");
        let town = office.world.user(&office.operator, "town", Role::Editor).await;
        office.world.get(&path).by(&town).send().await.is(404, "not_found");
        let published = office.approved(&content(5000), &json!([]), None).await;
        assert_eq!(office.publish(&published).await.status, 200);
        let body = json!({"code": "rides", "base": 1, "content": content(1)});
        office.world.post("/drafts").by(&town).once().json(&body).send().await.is(403, "not_yours");
    });
}

#[test]
fn what_a_process_left_half_published_is_found_again() {
    run(async {
        let office = Office::open("draft-crash").await;
        let id = office.approved(&content(5000), &cases(100), None).await;
        let claimed = |is_published: bool| {
            let registry = &office.world.registry;
            let record = registry.record("draft", &id).unwrap().unwrap();
            let mut object: Value = serde_json::from_str(&record.value.content).unwrap();
            object["is_publishing"] = json!(true);
            if is_published {
                object["published"] = Value::Null;
            }
            let state = "approved".to_owned();
            let value = avis_store::records::RecordValue { state, content: object.to_string(), ..record.value.clone() };
            registry.change(&[avis_store::records::RecordChange::replace(&record, value)], &[]).unwrap();
        };
        // It ended before the commit: nobody changes the draft, and publishing goes on.
        claimed(false);
        office.step(&office.editor, &id, "withdraw", &Value::Null).await.is(409, "not_in_this_state");
        assert_eq!(office.publish(&id).await.json()["version"], 1);
        // It ended after the commit and before the mark: no second version is made.
        claimed(true);
        let head = office.world.store.head().unwrap().revision.number;
        let again = office.publish(&id).await.json();
        assert_eq!((&again["version"], &again["revision"]), (&json!(1), &json!(head)));
        assert_eq!(office.world.rule_keys(Kind::Benefit), ["rides/1"]);
        // What was stopped meanwhile stays so.
        claimed(true);
        let stop = json!({"reason": "a mistake"});
        office.world.post("/benefits/rides/suspend").by(&office.approver).json(&stop).send().await.is_done();
        assert_eq!(office.publish(&id).await.json()["version"], 1);
        let benefit = office.world.get("/benefits/rides").by(&office.editor).send().await.json();
        assert_eq!(benefit["content"]["suspensions"].as_array().unwrap().len(), 1, "{benefit}");
    });
}

#[test]
fn a_group_is_its_grantors_and_made_once() {
    run(async {
        let office = Office::open("groups").await;
        let make = |code: &str| {
            let body = json!({"code": code, "reason": "a new list"});
            let (world, editor) = (&office.world, &office.editor);
            async move { world.post("/groups").by(editor).once().json(&body).send().await }
        };
        let made = make("boat-people").await;
        assert_eq!((made.status, &made.json()["owner"]), (201, &json!("city")), "{made:?}");
        make("boat-people").await.is(409, "exists");
        make("seniors").await.is(409, "exists");
        let mut content = content(5000);
        content["when"] = json!({"member_of": {"groups": ["boat-people"]}});
        let draft = office.drafted(&content, &json!([]), None).await;
        let hash = json!({"content_hash": draft["content_hash"]});
        assert_eq!(office.step(&office.editor, &text(&draft["id"]), "submit", &hash).await.status, 200);
    });
}

#[test]
fn benefits_that_end_by_a_day_are_those_that_did_not_end_yet() {
    run(async {
        let office = Office::open("ends_until").await;
        let world = &office.world;
        let now = world.clock.now();
        let today = TimeZone::get("Europe/Riga").unwrap().to_datetime(now).date();
        let day = |days: i64| json!(today.saturating_add(days.days()));
        let at = |hours: i64| json!(now.saturating_add(hours.hours()).unwrap());
        let ends = [
            ("yesterday", day(-1)),
            ("today", day(0)),
            ("in-a-week", day(7)),
            ("in-two-weeks", day(14)),
            ("an-hour-ago", at(-1)),
            ("in-two-days", at(48)),
            ("in-ten-days", at(240)),
            ("never", Value::Null),
        ];
        for (code, until) in ends {
            let valid = if until.is_null() {
                json!({"from": "2020-01-01"})
            } else {
                json!({"from": "2020-01-01", "until": until})
            };
            world.import(&json!({"code": code, "version": 1, "grantor": "city", "name": {"lv": code}, "priority": 1,
                "valid": valid, "scope": {"providers": {"codes": ["bus"]}}, "effect": {"percent": {"rate": 5000}}}));
        }
        let found = |until: &str| world.get(&format!("/benefits?ends_until={until}")).by(&office.editor).send();
        let codes = |answered: Answered| -> Vec<String> {
            answered.json()["items"].as_array().unwrap().iter().map(|benefit| text(&benefit["code"])).collect()
        };
        assert_eq!(codes(found(day(7).as_str().unwrap()).await), ["in-a-week", "in-two-days", "today"]);
        assert_eq!(codes(found(day(0).as_str().unwrap()).await), ["today"]);
        found("soon").await.is(422, "invalid");
    });
}

#[test]
fn one_approver_suspends_resumes_and_ends_without_an_etag() {
    run(async {
        let office = Office::open("stopping").await;
        let town = office.world.user(&office.operator, "town", Role::Approver).await;
        let id = office.approved(&content(5000), &cases(100), None).await;
        assert_eq!(office.publish(&id).await.status, 200);
        let post = |path: &'static str, body: Value| {
            let (world, approver) = (&office.world, &office.approver);
            async move { world.post(path).by(approver).json(&body).send().await }
        };
        let read =
            || async { office.world.get("/benefits/rides").by(&office.editor).send().await.json()["content"].clone() };
        post("/benefits/rides/resume", json!({"reason": "all is well"})).await.is(409, "not_in_this_state");
        post("/benefits/rides/suspend", json!({})).await.is(422, "invalid");
        let nobody = json!({"reason": "a mistake", "except_groups": ["nobody"]});
        let nobody = post("/benefits/rides/suspend", nobody).await;
        assert!(nobody.status == 422 && nobody.text.contains("/except_groups/0"), "{nobody:?}");
        let suspended =
            post("/benefits/rides/suspend", json!({"reason": "a mistake", "except_groups": ["seniors"]})).await;
        assert_eq!(suspended.json()["versions"], json!([{"code": "rides", "version": 1}]), "{suspended:?}");
        let now = office.world.clock.now();
        let suspension = read().await["suspensions"][0].clone();
        assert_eq!((&suspension["except_groups"], &suspension["until"]), (&json!(["seniors"]), &Value::Null));
        office.world.clock.pass(SignedDuration::from_mins(1));
        post("/benefits/rides/resume", json!({"reason": "all is well"})).await.is_done();
        assert!(read().await["suspensions"][0]["until"].is_string());
        let later = office.world.clock.now() + SignedDuration::from_mins(10);
        let set = json!({"codes": ["rides"], "reason": "a holiday", "from": later});
        post("/suspensions", set).await.is_done();
        assert_eq!(read().await["suspensions"].as_array().unwrap().len(), 2);
        post("/benefits/rides/end", json!({"reason": "over", "until": now})).await.is(422, "invalid");
        post("/benefits/rides/end", json!({"reason": "over", "until": later})).await.is_done();
        assert_eq!(read().await["valid"], json!({"from": "2026-01-01", "until": later}));
        let farther = later + SignedDuration::from_hours(1);
        post("/benefits/rides/end", json!({"reason": "longer", "until": farther})).await.is(409, "not_in_this_state");
        let backwards = json!({"reason": "a slip", "from": later, "until": now});
        post("/benefits/rides/suspend", backwards).await.is(422, "invalid");
        office.world.clock.pass(SignedDuration::from_mins(20));
        post("/benefits/rides/suspend", json!({"reason": "too late"})).await.is(409, "not_in_this_state");
        // Nobody else's.
        let stopped =
            office.world.post("/benefits/rides/suspend").by(&town).json(&json!({"reason": "envy"})).send().await;
        stopped.is(403, "not_yours");
    });
}

#[test]
fn a_benefit_ends_with_the_version_that_has_yet_to_begin() {
    run(async {
        let office = Office::open("ended-before").await;
        let first = office.approved(&content(5000), &json!([]), None).await;
        office.publish(&first).await.is_done();
        let mut later = content(6000);
        later["valid"] = json!({"from": "2031-01-01"});
        let second = office.approved(&later, &json!([]), Some(1)).await;
        office.publish(&second).await.is_done();
        let end = || office.world.post("/benefits/rides/end").by(&office.approver).json(&json!({"reason": "over"}));
        let ended = end().send().await;
        assert_eq!(ended.json()["versions"].as_array().map(Vec::len), Some(2), "{ended:?}");
        let read =
            |version: i64| office.world.get(&format!("/benefits/rides/versions/{version}")).by(&office.editor).send();
        assert!(read(1).await.json()["content"]["valid"]["until"].is_string());
        let second = read(2).await.json()["content"].clone();
        let (begins, ends) = ("2030-12-31T22:00:00Z", "2030-12-31T22:00:00.001Z");
        assert_eq!(second["valid"]["until"], ends, "{second}");
        assert_eq!(second["suspensions"], json!([{"from": begins, "until": ends}]), "it gives nothing in it");
        let benefit = office.world.get("/benefits/rides").by(&office.editor).send().await.json();
        assert_eq!(benefit["state"], "ended", "{benefit}");
        end().send().await.is(409, "not_in_this_state");
        // What ended is not there beside others, and the next version takes its place.
        let third = office.approved(&content(100), &cases(198), Some(2)).await;
        office.publish(&third).await.is_done();
    });
}

#[test]
fn what_is_published_is_what_was_approved() {
    run(async {
        let office = Office::open("approved-hash").await;
        let id = office.approved(&content(5000), &json!([]), None).await;
        office.keep(&id, |draft| draft["content"]["effect"]["percent"]["rate"] = json!(9_999));
        office.publish(&id).await.is(409, "content_changed");
        assert!(office.world.rule_keys(Kind::Benefit).is_empty());
        let (draft, _) = office.read(&id).await;
        assert_eq!(draft["state"], "approved", "{draft}");
    });
}

#[test]
fn names_of_a_draft_are_no_place_for_an_identifier() {
    run(async {
        let office = Office::open("draft-names").await;
        let mut named = content(5000);
        named["public_name"] = json!({"lv": "Annai 010190-12345", "en": "For Anna"});
        let mut case = cases(100);
        case[0]["name"] = json!("of 010190-12345");
        for (content, cases, pointer) in
            [(named, json!([]), "/content/public_name"), (content(5000), case, "/cases/0/name")]
        {
            let body = json!({"code": "rides", "content": content, "cases": cases});
            let refused = office.world.post("/drafts").by(&office.editor).once().json(&body).send().await;
            refused.is(422, "looks_like_an_identifier");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{refused:?}");
        }
    });
}

#[test]
fn a_suspension_is_made_once_and_what_others_planned_outlives_a_resumption() {
    run(async {
        let office = Office::open("planned").await;
        let id = office.approved(&content(5000), &cases(100), None).await;
        assert_eq!(office.publish(&id).await.status, 200);
        let post = |step: &str, body: &Value| {
            office.world.post(&format!("/benefits/rides/{step}")).by(&office.approver).json(body).send()
        };
        let count = || async {
            let read = office.world.get("/benefits/rides").by(&office.editor).send().await.json();
            read["content"]["suspensions"].as_array().unwrap().len()
        };
        let stop = json!({"reason": "a mistake"});
        post("suspend", &stop).await.is_done();
        post("suspend", &stop).await.is(409, "not_in_this_state");
        post("suspend", &json!({"reason": "a mistake", "except_groups": ["seniors"]}))
            .await
            .is(409, "not_in_this_state");
        assert_eq!(count().await, 1, "one that is there stops as much already");
        let later = office.world.clock.now() + SignedDuration::from_hours(1);
        let until = later + SignedDuration::from_hours(1);
        office.world.clock.pass(SignedDuration::from_mins(1));
        post("resume", &json!({"reason": "all is well"})).await.is_done();
        post("suspend", &json!({"reason": "a holiday", "from": later, "until": until})).await.is_done();
        post("resume", &json!({"reason": "all is well"})).await.is(409, "not_in_this_state");
        assert_eq!(count().await, 2, "a planned one stays");
        post("resume", &json!({"reason": "no holiday", "from": until})).await.is(409, "not_in_this_state");
        post("resume", &json!({"reason": "no holiday", "from": later})).await.is_done();
        assert_eq!(count().await, 1);
    });
}

#[test]
fn a_draft_may_be_as_large_as_a_mebibyte() {
    run(async {
        let office = Office::open("large-draft").await;
        let draft = |bytes: usize| {
            let mut content = content(5000);
            content["name"]["en"] = json!("x".repeat(bytes));
            let body = json!({"code": "rides", "content": content});
            office.world.post("/drafts").by(&office.editor).once().json(&body).send()
        };
        assert_eq!(draft(600 * 1024).await.status, 201);
        draft(1024 * 1024).await.is(413, "too_large");
    });
}

#[test]
fn a_dry_run_does_all_but_the_commit() {
    run(async {
        let office = Office::open("dry-run").await;
        let (world, operator) = (&office.world, &office.operator);
        let provider = world.user(operator, "bus", Role::Provider).await;
        let refused = office.approved(&content(5000), &cases(100), None).await;
        let id = office.approved(&content(2500), &cases(150), None).await;
        let head = world.store.head().unwrap();
        let would = |answered: Answered, counts: [u64; 2]| {
            assert_eq!((answered.status, &*answered.headers["avis-dry-run"]), (200, "true"), "{answered:?}");
            let told = answered.json();
            assert_eq!((&told["counts"]["added"], &told["counts"]["changed"]), (&json!(counts[0]), &json!(counts[1])));
            assert_eq!(world.store.head().unwrap(), head, "nothing was committed");
        };
        let decided = json!({"reason": "decided"});
        would(office.step(&office.approver, &id, "publish?dry_run=true", &decided).await, [3, 0]);
        assert_eq!(office.read(&id).await.0["state"], "approved");
        let group = json!({"code": "walkers", "reason": "a new list"});
        would(world.post("/groups?dry_run=true").by(&office.editor).json(&group).send().await, [1, 0]);
        let terminal = json!({"code": "bus-2", "channels": [], "schemes": [], "reason": "a new till"});
        would(world.post("/terminals?dry_run=true").by(&provider).json(&terminal).send().await, [1, 0]);
        let etag = world.get("/terminals/bus-1").by(&provider).send().await.headers["etag"].clone();
        let change = json!({"channels": ["app"], "schemes": [], "reason": "an app"});
        let put = |etag: &str| {
            let request = world.request("PUT", "/terminals/bus-1?dry_run=true").by(&provider);
            request.header("if-match", etag).json(&change).send()
        };
        would(put(&etag).await, [0, 1]);
        put("\"0\"").await.is(412, "changed");
        let key = json!({"reason": "another"});
        let made = world.post("/terminals/bus-1/keys?dry_run=true").by(&provider).json(&key).send().await;
        assert!(!made.text.contains("secret"), "{made:?}");
        would(made, [0, 1]);
        world.post("/groups?dry_run=perhaps").by(&office.editor).json(&group).send().await.is(422, "invalid");
        world.post("/groups?dry_run=false").by(&office.editor).json(&group).send().await.is(422, "invalid");
        assert_eq!(office.publish(&id).await.status, 200);
        let again = office.step(&office.approver, &refused, "publish?dry_run=true", &decided).await;
        again.is(409, "outdated");
        let stop = json!({"reason": "a mistake"});
        let suspend = world.post("/benefits/rides/suspend?dry_run=true").by(&office.approver).json(&stop).send().await;
        assert_eq!(suspend.json()["counts"]["changed"], 1, "{suspend:?}");
        assert!(
            world.get("/benefits/rides").by(&office.editor).send().await.json()["content"]["suspensions"].is_null()
        );
    });
}
