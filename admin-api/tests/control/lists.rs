//! Lists of people, terminals and rules in and out: what an export has, an import of it changes nothing.

use avis_admin::control::Role;
use avis_store::AuditFilter;
use avis_store::records::RecordFilter;
use avis_testing::eventually;
use serde_json::{Value, json};

use crate::imports::{ended, faults, holder};
use crate::office::{Office, cases, content};
use crate::stores::aside;
use crate::world::{Answered, World, run};

async fn upload(world: &World, by: &str, query: &str, lines: &[Value]) -> Answered {
    let file: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let request = world.post(&format!("/imports?reason=lists&{query}")).by(by);
    request.header("content-type", "application/x-ndjson").bytes(file.as_bytes()).send().await
}

async fn imported(world: &World, by: &str, query: &str, lines: &[Value]) -> Value {
    let begun = upload(world, by, query, lines).await;
    ended(world, by, &begun).await
}

async fn exported(world: &World, by: &str, what: &str) -> Vec<Value> {
    let answered = world.get(&format!("/exports/{what}?reason=check")).by(by).send().await;
    assert_eq!((answered.status, &*answered.headers["content-type"]), (200, "application/x-ndjson"), "{answered:?}");
    answered.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn one(line: u64, field: &str, code: &str) -> [(u64, String, String); 1] {
    [(line, field.to_owned(), code.to_owned())]
}

#[test]
fn an_operator_imports_people_and_the_auditor_of_the_operator_exports_them_without_codes() {
    run(async {
        let (world, operator) = World::with_parties("lists-people").await;
        let auditor = world.user(&operator, "operator", Role::Auditor).await;
        let new = json!({"holder": "h-cilda", "birth_date": "1990-01-01", "identifiers": [{"scheme": "etalons", "value": "C-1"}]});
        let by_means = json!({"birth_date": "1951-01-01", "identifiers": [{"scheme": "etalons", "value": "A-1"}]});
        let job = imported(&world, &operator, "kind=holders", &[new, by_means]).await;
        assert_eq!((&job["result"]["added"], &job["result"]["changed"]), (&json!(1), &json!(1)), "{job}");
        let anna = holder(&world, "etalons", "A-1");
        assert_eq!((&anna["holder"], &anna["birth_date"]), (&json!("h-anna"), &json!("1951-01-01")));

        let people = exported(&world, &auditor, "holders").await;
        assert_eq!(people.len(), 3);
        assert!(people.iter().all(|one| one.get("holder").is_none() && one.get("memberships").is_none()), "{people:?}");
        let again = imported(&world, &operator, "kind=holders", &people).await;
        assert_eq!((&again["result"]["unchanged"], &again["result"]["changed"]), (&json!(3), &json!(0)), "{again}");
        let other_auditor = world.user(&operator, "bus", Role::Auditor).await;
        for by in [&operator, &other_auditor] {
            world.get("/exports/holders?reason=check").by(by).send().await.is(403, "not_your_role");
        }
        let editor = world.user(&operator, "city", Role::Editor).await;
        upload(&world, &editor, "kind=holders", &[]).await.is(403, "not_your_role");
        let table = world.post("/imports?kind=holders&reason=x").by(&operator).header("content-type", "text/csv");
        table.bytes(b"holder\n").send().await.is(415, "wrong_media_type");
        upload(&world, &operator, "kind=holders&mode=full", &[]).await.is(422, "invalid");
    });
}

#[test]
fn a_list_of_people_names_nobody_twice_takes_nobodys_means_and_unblocks_no_card() {
    run(async {
        let (world, operator) = World::with_parties("lists-people-bad").await;
        let before = world.store.head().unwrap();
        let of_anna = json!({"holder": "h-new", "identifiers": [{"scheme": "etalons", "value": "A-1"}]});
        let job = imported(&world, &operator, "kind=holders", &[of_anna]).await;
        assert_eq!(faults(&world, &operator, &job).await, one(1, "identifiers", "not_added"), "{job}");
        let twice = json!({"holder": "h-new"});
        let job = imported(&world, &operator, "kind=holders", &[twice.clone(), twice]).await;
        assert_eq!(faults(&world, &operator, &job).await, one(2, "holder", "repeated"));
        let nobody = json!({"birth_date": "1990-01-01"});
        let late = json!({"holder": "h-new", "birth_date": "1990-13-01"});
        let job = imported(&world, &operator, "kind=holders", &[nobody, late]).await;
        let told = faults(&world, &operator, &job).await;
        assert_eq!(told, [one(1, "identifiers", "nobody"), one(2, "birth_date", "invalid")].concat());
        assert_eq!(world.store.head().unwrap(), before);

        let card = |status: &str| json!({"identifiers": [{"scheme": "etalons", "value": "B-1", "status": status}]});
        assert_eq!(imported(&world, &operator, "kind=holders", &[card("blocked")]).await["state"], "done");
        let job = imported(&world, &operator, "kind=holders", &[card("active")]).await;
        assert_eq!(faults(&world, &operator, &job).await, one(1, "identifiers", "blocked"));
        let dropped = json!({"holder": "h-berta", "birth_date": "1950-05-01"});
        let job = imported(&world, &operator, "kind=holders", &[dropped]).await;
        assert_eq!(faults(&world, &operator, &job).await, one(1, "identifiers", "blocked"));
    });
}

#[test]
fn a_provider_imports_terminals_of_its_own_and_their_keys_stay() {
    run(async {
        let (world, operator) = World::with_parties("lists-terminals").await;
        let provider = world.user(&operator, "bus", Role::Provider).await;
        let file = "terminal,channels,schemes\nbus-1,desk app,card\nbus-2,conductor,\n";
        let begun = world.post("/imports?kind=terminals&reason=lists").by(&provider).header("content-type", "text/csv");
        let begun = begun.bytes(file.as_bytes()).send().await;
        let job = ended(&world, &provider, &begun).await;
        assert_eq!((&job["result"]["added"], &job["result"]["changed"]), (&json!(1), &json!(1)), "{job}");
        let first = world.get("/terminals/bus-1").by(&provider).send().await.json();
        assert_eq!(
            (&first["channels"], &first["keys"][0]["prefix"]),
            (&json!(["desk", "app"]), &json!("avis_abcdefgh"))
        );

        let own = exported(&world, &provider, "terminals").await;
        assert_eq!(own.iter().map(|one| &one["terminal"]).collect::<Vec<_>>(), ["bus-1", "bus-2"]);
        assert!(!format!("{own:?}").contains("avis_"), "{own:?}");
        let again = imported(&world, &provider, "kind=terminals", &own).await;
        assert_eq!((&again["result"]["unchanged"], &again["result"]["changed"]), (&json!(2), &json!(0)), "{again}");
        let all = exported(&world, &operator, "terminals").await;
        assert_eq!(all.len(), 3);
        let again = imported(&world, &operator, "kind=terminals", &all).await;
        assert_eq!(again["result"]["unchanged"], 3, "{again}");
        for (row, field, code) in [
            (json!({"terminal": "tram-1", "channels": ["desk"]}), "terminal", "exists"),
            (json!({"terminal": "bus-3", "provider": "tram"}), "provider", "not_yours"),
            (json!({"terminal": "bus-3", "scopes": ["explain"]}), "scopes", "not_yours"),
            (json!({"terminal": "bus-3", "scopes": ["sell", "steal"]}), "scopes", "invalid"),
            (json!({"terminal": "bus-3", "scopes": ["train", "sell"]}), "scopes", "train_with_real"),
            (json!({"terminal": "bus-3", "scopes": ["enrol", "train"]}), "scopes", "train_with_real"),
            (json!({"terminal": "BUS 3"}), "terminal", "invalid"),
            (json!({"terminal": "bus-3", "channels": [1]}), "channels", "invalid"),
            (json!({"terminal": "bus-3", "keys": []}), "", "unknown_field"),
        ] {
            let job = imported(&world, &provider, "kind=terminals", std::slice::from_ref(&row)).await;
            assert_eq!(faults(&world, &provider, &job).await, one(1, field, code), "{row}");
        }
        let entries = world.registry.entries(&AuditFilter::default(), 100).unwrap();
        let tried = entries.iter().filter(|kept| kept.entry.act.action == "refused").count();
        assert_eq!(tried, 1, "who tries codes of others is in the audit");
        let trains = json!({"terminal": "bus-school", "scopes": ["train"]});
        let job = imported(&world, &provider, "kind=terminals", &[trains]).await;
        assert_eq!(job["result"]["added"], 1, "{job}");
        let kept = world.get("/terminals/bus-school").by(&provider).send().await.json();
        assert_eq!(kept["scopes"], json!(["train"]), "{kept}");
        upload(&world, &provider, "kind=terminals&group=seniors", &[]).await.is(422, "invalid");
    });
}

#[test]
fn rules_become_drafts_of_their_grantors_and_what_is_published_is_none() {
    run(async {
        let office = Office::open("lists-rules").await;
        let Office { world, operator, editor, .. } = &office;
        let row = json!({"code": "rides", "grantor": "city", "content": content(1_000), "cases": cases(180)});
        let dry = imported(world, operator, "kind=rules&dry_run=true", std::slice::from_ref(&row)).await;
        assert_eq!(dry["result"]["added"], 1, "{dry}");
        assert_eq!(world.get("/drafts").by(editor).send().await.json()["items"], json!([]));
        let job = imported(world, operator, "kind=rules", std::slice::from_ref(&row)).await;
        assert_eq!(
            (&job["state"], &job["result"]["added"], &job["revision"]),
            (&json!("done"), &json!(1), &Value::Null)
        );
        let again = imported(world, editor, "kind=rules", std::slice::from_ref(&row)).await;
        assert_eq!(again["result"]["unchanged"], 1, "it is drafted already: {again}");
        let draft = world.get("/drafts").by(editor).send().await.json()["items"][0].clone();
        let (id, hash) = (draft["id"].as_str().unwrap(), json!({"content_hash": draft["content_hash"]}));
        assert_eq!(office.step(editor, id, "submit", &hash).await.status, 200);
        assert_eq!(office.step(&office.approver, id, "approve", &hash).await.status, 200);
        assert_eq!(office.publish(id).await.status, 200);

        let exported = exported(world, editor, "rules").await;
        assert_eq!(exported.len(), 1);
        let again = imported(world, editor, "kind=rules", &exported).await;
        assert_eq!((&again["result"]["unchanged"], &again["result"]["added"]), (&json!(1), &json!(0)), "{again}");
        let mut other = exported[0].clone();
        other["content"]["priority"] = json!(11);
        let job = imported(world, editor, "kind=rules", &[other]).await;
        assert_eq!(job["result"]["added"], 1, "{job}");
        let drafts = world.get("/drafts").by(editor).send().await.json();
        let next = drafts["items"].as_array().unwrap().iter().find(|draft| draft["state"] == "draft").unwrap();
        assert_eq!(next["base"], 1, "{next}");
    });
}

#[test]
fn rows_that_are_no_drafts_are_told_and_none_is_made() {
    run(async {
        let office = Office::open("lists-rules-bad").await;
        let Office { world, operator, editor, .. } = &office;
        let good = json!({"code": "good", "grantor": "city", "content": content(1_000)});
        for (by, row, field, code) in [
            (editor, json!({"code": "r", "grantor": "town", "content": {}}), "grantor", "not_yours"),
            (operator, json!({"code": "r", "grantor": "bus", "content": {}}), "grantor", "unknown_grantor"),
            (operator, json!({"code": "r", "grantor": "city"}), "content", "invalid"),
            (operator, json!({"code": "r", "grantor": "city", "content": {"version": 2}}), "content", "unknown_field"),
            (operator, json!({"code": "r", "grantor": "city", "content": {}, "base": 7}), "base", "unknown_version"),
            (operator, json!({"code": "good", "grantor": "city", "content": {}}), "code", "repeated"),
            (
                operator,
                json!({"code": "r", "grantor": "city", "content": {}, "note": "of 010190-12345"}),
                "note",
                "looks_like_an_identifier",
            ),
        ] {
            let job = imported(world, by, "kind=rules", &[good.clone(), row.clone()]).await;
            assert_eq!(faults(world, by, &job).await, one(2, field, code), "{row}");
        }
        assert_eq!(world.get("/drafts").by(editor).send().await.json()["items"], json!([]));
        let auditor = world.user(operator, "city", Role::Auditor).await;
        upload(world, &auditor, "kind=rules", &[good]).await.is(403, "not_your_role");
    });
}

#[test]
fn the_auditor_of_the_operator_exports_the_means_of_every_scheme() {
    run(async {
        let (world, operator) = World::with_parties("lists-means").await;
        let auditor = world.user(&operator, "operator", Role::Auditor).await;
        let means = world.get("/exports/means?reason=check").by(&auditor).send().await;
        assert_eq!(means.text.lines().count(), 3, "{}", means.text);
        world.get("/exports/means?reason=check&group=seniors").by(&auditor).send().await.is(422, "invalid");
    });
}

#[test]
fn who_speaks_for_whom_comes_out_in_the_shape_in_which_it_came_in() {
    run(async {
        let (world, operator) = World::with_parties("lists-relations").await;
        world.register_rita();
        let auditor = world.user(&operator, "operator", Role::Auditor).await;
        let csv = "scheme;value;guardian_scheme;guardian_value;relation;from;until\n\
            etalons;A-1;etalons;R-1;child;2015-03-01;2033-03-01\netalons;A-1;etalons;R-2;child;2010-01-01;2012-01-01\n\
            etalons;B-1;etalons;R-1;ward;;\netalons;A-1;etalons;B-1;ward;2026-11-18T00:00:00Z;\n";
        let job = table(&world, &operator, "kind=relations", csv).await;
        assert_eq!((&job["state"], &job["result"]["added"]), (&json!("done"), &json!(4)), "{job}");
        let export = async |by: &str| world.get("/exports/relations?reason=check").by(by).send().await;
        let exported = export(&auditor).await;
        assert_eq!((exported.status, &*exported.headers["content-type"]), (200, "text/csv; charset=utf-8"));
        assert_eq!(exported.text.lines().count(), 5, "{}", exported.text);
        for hidden in ["h-anna", "h-rita", "A-1", "R-1", &*world.secret.subject("h-rita")] {
            assert!(!exported.text.contains(hidden), "{hidden} in {}", exported.text);
        }
        let before = world.registry.records(&guardians(), 10).unwrap();
        let again = table(&world, &operator, "kind=relations", &exported.text).await;
        assert_eq!((&again["result"]["unchanged"], &again["result"]["bad_rows"]), (&json!(4), &json!(0)), "{again}");
        assert_eq!(world.registry.records(&guardians(), 10).unwrap(), before);
        // It is of people: an operator never, an auditor of another party never, and who looked is in the audit.
        let other = world.user(&operator, "bus", Role::Auditor).await;
        for by in [&operator, &other] {
            export(by).await.is(403, "not_your_role");
        }
        let filter = AuditFilter { actions: vec!["people_exported".to_owned()], ..AuditFilter::default() };
        let entries = world.registry.entries(&filter, 10).unwrap();
        assert!(entries.len() == 1 && entries[0].entry.after.as_ref().unwrap().contains("export_relations"));
        let filter = AuditFilter { actions: vec!["export_ended".to_owned()], ..AuditFilter::default() };
        let ended = || aside(|| world.registry.entries(&filter, 10).unwrap().pop());
        let ended = aside(|| eventually("the end of an export", ended, Option::is_some)).unwrap().entry;
        assert_eq!(ended.after.as_deref(), Some(r#"{"list":"export_relations","whole":true}"#));
        assert_eq!(
            (&ended.act.request, &ended.act.actor),
            (&entries[0].entry.act.request, &entries[0].entry.act.actor)
        );
        world.clock.pass(jiff::SignedDuration::from_mins(11));
        export(&auditor).await.is(401, "sign_in_again");
    });
}

fn guardians() -> RecordFilter<'static> {
    RecordFilter { kind: "guardians", ..RecordFilter::default() }
}

async fn table(world: &World, by: &str, query: &str, csv: &str) -> Value {
    let begun = world.post(&format!("/imports?reason=lists&{query}")).by(by).header("content-type", "text/csv");
    ended(world, by, &begun.bytes(csv.as_bytes()).send().await).await
}
