//! A merchant's programmes and campaigns: drafted, decided on and published as benefits are.

use avis_admin::control::Role;
use avis_store::{AuditFilter, Kind, Stored};
use serde_json::{Value, json};

use crate::office::{Office, text};
use crate::world::{World, run};

/// An office of the merchant.
async fn merchant(test: &str) -> Office {
    let office = Office::open(test).await;
    let editor = office.world.user(&office.operator, "shop", Role::Editor).await;
    let approver = office.world.user(&office.operator, "shop", Role::Approver).await;
    Office { editor, approver, ..office }
}

fn points(money: i64) -> Value {
    json!({"valid": {"from": "2026-01-01"}, "scope": {"providers": {"codes": ["bus"]}},
           "earn": {"per": 100, "rules": [{"code": "base", "money": money}]}, "redeem": {"points": 1, "amount": 1}})
}

fn case(points: i64) -> Value {
    json!([{"name": "a ticket", "provider": "bus",
            "holder": {"holder": "h", "memberships": [{"program": "points", "consent": "terms"}],
                       "identifiers": [{"scheme": "card", "value": "1"}]},
            "requests": [{"occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
                          "identifiers": [{"scheme": "card", "value": "1"}],
                          "lines": [{"line_id": "1", "product": "ticket", "quantity": 1, "unit_price": 200}]}],
            "expect": [{"loyalty": [{"earned": {"points": points}}]}]}])
}

async fn drafted(office: &Office, kind: &str, code: &str, content: Value, more: (Value, Option<i64>)) -> Value {
    let body = json!({"kind": kind, "code": code, "base": more.1, "content": content, "cases": more.0});
    let made = office.world.post("/drafts").by(&office.editor).once().json(&body).send().await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()
}

async fn published(office: &Office, draft: &Value) -> Value {
    let (id, hash) = (text(&draft["id"]), json!({"content_hash": draft["content_hash"]}));
    let submitted = office.step(&office.editor, &id, "submit", &hash).await;
    assert_eq!(submitted.status, 200, "{submitted:?}");
    assert_eq!(office.step(&office.approver, &id, "approve", &hash).await.status, 200);
    let published = office.publish(&id).await;
    assert_eq!(published.status, 200, "{published:?}");
    published.json()
}

#[test]
fn a_programme_is_drafted_approved_by_another_and_published_as_the_next_version() {
    run(async {
        let office = merchant("programme-story").await;
        let first = drafted(&office, "program", "points", points(1), (case(2), None)).await;
        assert_eq!((&first["kind"], &first["grantor"]), (&json!("program"), &json!("shop")));
        assert_eq!(published(&office, &first).await["version"], 1);
        assert_eq!(office.world.rule_keys(Kind::Program), ["points/1"]);
        assert_eq!(office.world.rule_keys(Kind::Case), ["program points: a ticket"]);
        let second = drafted(&office, "program", "points", points(3), (case(6), Some(1))).await;
        let path = format!("/drafts/{}/difference", text(&second["id"]));
        let differs = office.world.get(&path).by(&office.editor).send().await.json();
        assert_eq!(differs["changes"][0]["pointer"], "/earn/rules/0/money", "{differs}");
        assert_eq!(published(&office, &second).await["version"], 2);
        assert_eq!(office.world.rule_keys(Kind::Program), ["points/1", "points/2"]);
        for (query, versions) in [("", json!([1, 2])), ("?newest=true", json!([2])), ("?newest=false", json!([1, 2]))] {
            let listed = office.world.get(&format!("/programs{query}")).by(&office.editor).send().await.json();
            let told: Value = listed["items"].as_array().unwrap().iter().map(|one| one["version"].clone()).collect();
            assert_eq!(told, versions, "{query}: {listed}");
        }
        assert!(office.world.rule_keys(Kind::Benefit).is_empty());
    });
}

#[test]
fn a_programme_that_can_not_be_is_told_by_its_place_and_a_case_that_fails_by_what_it_got() {
    run(async {
        let office = merchant("programme-faults").await;
        let check = |draft: Value| {
            let (world, editor, id) = (&office.world, &office.editor, text(&draft["id"]));
            async move { world.post(&format!("/drafts/{id}/check")).by(editor).send().await }
        };
        let mut wrong = points(1);
        wrong["earn"]["rules"][0]["unit"] = json!(1);
        let checked = check(drafted(&office, "program", "points", wrong, (json!([]), None)).await).await;
        checked.is(422, "invalid");
        assert!(checked.text.contains("/content/earn/rules/0"), "{checked:?}");
        let failed = check(drafted(&office, "program", "points", points(1), (case(3), None)).await).await;
        failed.is(422, "case_failed");
        assert!(failed.text.contains("expected 3, got 2"), "{failed:?}");
        let mut named = points(1);
        named["owner"] = json!("city");
        let body = json!({"kind": "program", "code": "points", "content": named});
        let named = office.world.post("/drafts").by(&office.editor).once().json(&body).send().await;
        assert!(named.status == 422 && named.text.contains("/content/owner"), "{named:?}");
        assert!(office.world.rule_keys(Kind::Program).is_empty());
    });
}

#[test]
fn a_programme_is_suspended_resumed_and_ended_and_a_campaign_ended_by_one_of_their_owner() {
    run(async {
        let office = merchant("programme-stopped").await;
        let programme = drafted(&office, "program", "points", points(1), (json!([]), None)).await;
        published(&office, &programme).await;
        let campaign = drafted(&office, "campaign", "spring", json!({"uses": 1}), (json!([]), None)).await;
        published(&office, &campaign).await;
        let world = &office.world;
        let stop = async |by: &str, path: &str, body: Value| world.post(path).by(by).json(&body).send().await;
        let why = || json!({"reason": "codes were published"});
        let town = world.user(&office.operator, "town", Role::Approver).await;
        for path in ["/programs/points/suspend", "/campaigns/spring/end"] {
            stop(&town, path, why()).await.is(404, "not_found");
            stop(&office.editor, path, why()).await.is(403, "not_your_role");
        }
        stop(&office.approver, "/programs/none/suspend", why()).await.is(404, "not_found");
        let excepting = json!({"reason": "a mistake", "except_groups": []});
        stop(&office.approver, "/programs/points/suspend", excepting).await.is(422, "invalid");
        let suspended = stop(&office.approver, "/programs/points/suspend", why()).await;
        assert_eq!(suspended.json()["versions"], json!([{"code": "points", "version": 1}]), "{suspended:?}");
        stop(&office.approver, "/programs/points/suspend", why()).await.is(409, "not_in_this_state");
        let shown = async |path: &str| world.get(path).by(&office.editor).send().await.json()["items"][0].clone();
        assert_eq!(shown("/programs").await["suspensions"].as_array().unwrap().len(), 1);
        stop(&office.approver, "/programs/points/resume", why()).await.is_done();
        assert!(shown("/programs").await["suspensions"][0]["until"].is_string());
        for (path, listed) in [("/programs/points/end", "/programs"), ("/campaigns/spring/end", "/campaigns")] {
            stop(&office.approver, path, why()).await.is_done();
            assert!(shown(listed).await["valid"]["until"].is_string(), "{path}");
            stop(&office.approver, path, why()).await.is(409, "not_in_this_state");
        }
    });
}

#[test]
fn a_campaign_is_published_once_and_another_merchants_code_is_not_drafted() {
    run(async {
        let office = merchant("campaign-story").await;
        let campaign = drafted(&office, "campaign", "spring", json!({"uses": 1}), (json!([]), None)).await;
        assert_eq!(published(&office, &campaign).await["version"], 1);
        assert_eq!(office.world.rule_keys(Kind::Campaign), ["spring"]);
        for (code, uses) in [("spring", json!([1])), ("autumn", json!([]))] {
            let listed = office.world.get(&format!("/campaigns?code={code}")).by(&office.editor).send().await.json();
            let told: Value = listed["items"].as_array().unwrap().iter().map(|one| one["uses"].clone()).collect();
            assert_eq!(told, uses, "{code}: {listed}");
        }
        let programme = drafted(&office, "program", "points", points(1), (json!([]), None)).await;
        published(&office, &programme).await;
        let post = |by: String, body: Value| {
            let world = &office.world;
            async move { world.post("/drafts").by(&by).once().json(&body).send().await }
        };
        let again = json!({"kind": "campaign", "code": "spring", "base": 1, "content": {"uses": 2}});
        let again = post(office.editor.clone(), again).await;
        assert!(again.status == 422 && again.text.contains("does not change"), "{again:?}");
        let city = office.world.user(&office.operator, "city", Role::Editor).await;
        for (kind, code) in [("campaign", "spring"), ("program", "points")] {
            let foreign = post(city.clone(), json!({"kind": kind, "code": code, "content": {}})).await;
            foreign.is(403, "not_yours");
        }
        // A benefit may have the code of a programme: they are of two kinds.
        assert_eq!(post(city, json!({"code": "points", "content": {}})).await.status, 201);
    });
}

#[test]
fn a_merchant_enrols_with_consent_and_learns_nothing_else() {
    run(async {
        let (world, operator) = World::with_parties("programme-members").await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        let town = world.user(&operator, "town", Role::Editor).await;
        let write = |by: &str, path: &str, more: Value| {
            let mut body = json!({"scheme": "etalons", "value": "A-1", "reason": "signed at the desk"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            world.post(&format!("/programs/{path}")).by(by).json(&body)
        };
        let consent = || json!({"consent": "terms-1", "account": "family-7"});
        let joined = write(&editor, "city-points/members", consent()).send().await;
        joined.is_done();
        let joined = joined.json();
        assert_eq!((&joined["program"], &joined["state"]), (&json!("city-points"), &json!("member")));
        let fields: Vec<&String> = joined.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["from", "program", "revision", "state"], "nothing of the person");
        let (_, rows) = world.registry.rows(Kind::Holder, &["h-anna"]).unwrap();
        let Some(Some(Stored::Row(row))) = rows.into_iter().next() else { panic!("no holder") };
        let memberships =
            serde_json::from_str::<Value>(row.content.as_deref().unwrap()).unwrap()["memberships"].clone();
        let from = joined["from"].clone();
        assert_eq!(
            memberships,
            json!([{"program": "city-points", "account": "family-7", "from": from, "consent": "terms-1"}])
        );
        let again = write(&editor, "city-points/members", json!({"consent": "terms-2"})).send().await.json();
        assert_eq!(again["from"], joined["from"], "who is a member stays one, as it was");
        write(&editor, "city-points/members", json!({})).send().await.is(422, "invalid");
        write(&editor, "city-points/members", json!({"consent": "t", "value": "Z-9"})).send().await.is(422, "invalid");
        write(&town, "city-points/members", consent()).send().await.is(404, "not_found");
        let left = write(&editor, "city-points/members/leave", json!({})).send().await;
        assert_eq!(left.json()["state"], "left", "{left:?}");
        write(&editor, "city-points/members/leave", json!({})).send().await.is(409, "not_in_this_state");
        let shown = world.get("/programs").by(&editor).send().await;
        assert!(shown.text.contains("city-points") && !shown.text.contains("town-points"), "{shown:?}");
        let audit = world.registry.entries(&AuditFilter::default(), 200).unwrap();
        let told: Vec<_> =
            audit.iter().map(|entry| &entry.entry.act).filter(|act| act.action.starts_with("member_")).collect();
        assert!(told.len() >= 2 && told.iter().all(|act| act.object.as_ref().unwrap().key != "h-anna"), "{told:?}");
        // Whom nobody knows is asked for once already.
        for missed in 1..60 {
            let guess = json!({"consent": "t", "value": format!("Z-{missed}")});
            write(&editor, "city-points/members", guess).send().await.is(422, "invalid");
        }
        write(&editor, "city-points/members", consent()).send().await.is(429, "too_many_requests");
    });
}
