//! Lists in and out: whole or not at all, each fault by line and field, and a file that comes again is the first job.

use avis_admin::control::{Role, encoded};
use avis_core::IdentifierKey;
use avis_store::records::{RecordChange, RecordValue};
use avis_store::{Act, Actor, AuditObject, Clock, Commit, Kind, Row, Stored};
use avis_testing::eventually;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::world::{Answered, World, run};

/// An editor of the city, and an operator.
async fn office(test: &str) -> (World, String, String) {
    let (world, operator) = World::with_parties(test).await;
    let editor = world.user(&operator, "city", Role::Editor).await;
    (world, operator, editor)
}

const DELTA: &str = "kind=entitlements&group=seniors&reason=monthly";
const FULL: &str = "kind=entitlements&group=seniors&mode=full&reason=monthly";

pub(crate) async fn upload(world: &World, by: &str, query: &str, file: &str) -> Answered {
    let request = world.post(&format!("/imports?{query}")).by(by);
    request.header("content-type", "text/csv").bytes(file.as_bytes()).send().await
}

/// The job once it has ended.
pub(crate) async fn ended(world: &World, by: &str, begun: &Answered) -> Value {
    assert_eq!(begun.status, 202, "{begun:?}");
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(begun.headers["location"], format!("/admin/v1/imports/{id}"));
    let state = || world.registry.record("job", &id).unwrap().unwrap().value.state;
    eventually("the end of a job", state, |state| state != "running");
    world.get(&format!("/imports/{id}")).by(by).send().await.json()
}

pub(crate) async fn imported(world: &World, by: &str, query: &str, file: &str) -> Value {
    let begun = upload(world, by, query, file).await;
    ended(world, by, &begun).await
}

/// The holder whom a card names, as it is kept.
pub(crate) fn holder(world: &World, scheme: &str, card: &str) -> Value {
    let key = IdentifierKey::of(scheme, card, &world.secret).unwrap();
    match world.registry.holders_by(&[key]).unwrap().1.remove(0) {
        Some(Stored::Row(row)) => serde_json::from_str(row.content.as_deref().unwrap()).unwrap(),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn faults(world: &World, by: &str, job: &Value) -> Vec<(u64, String, String)> {
    let path = format!("/imports/{}/report", job["id"].as_str().unwrap());
    let report = world.get(&path).by(by).send().await.json();
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    let items = report["items"].as_array().unwrap();
    items.iter().map(|it| (it["line"].as_u64().unwrap(), text(it, "field"), text(it, "code"))).collect()
}

#[test]
fn a_list_of_members_is_one_revision_and_the_same_file_again_is_the_first_job() {
    run(async {
        let (world, _, editor) = office("imports-delta").await;
        let before = world.store.head().unwrap().revision.number;
        let file = "scheme,value,from,until\netalons,a-1,2020-01-01,2026-12-31\r\netalons,B1,2027-01-01,\n";
        let dry = imported(&world, &editor, &format!("{DELTA}&dry_run=true"), file).await;
        assert_eq!(
            (&dry["state"], &dry["result"]["changed"], &dry["revision"]),
            (&json!("done"), &json!(2), &Value::Null)
        );
        assert_eq!(world.store.head().unwrap().revision.number, before);
        let begun = upload(&world, &editor, DELTA, file).await;
        let job = ended(&world, &editor, &begun).await;
        assert_eq!((&job["state"], &job["revision"]), (&json!("done"), &json!(before + 1)), "{job}");
        assert_eq!(job["progress"], json!({"done": 2, "of": 2, "unit": "rows"}));
        let spans = |card| holder(&world, "etalons", card)["entitlements"].clone();
        assert_eq!(spans("A-1"), json!([{"group": "seniors", "from": "2020-01-01", "until": "2026-12-31"}]));
        assert_eq!(
            spans("B-1"),
            json!([{"group": "seniors", "from": "2020-01-01"}, {"group": "seniors", "from": "2027-01-01"}])
        );
        let again = upload(&world, &editor, DELTA, file).await;
        assert_eq!((again.status, &again.json()["id"]), (202, &job["id"]));
        let reworded = file.replace("from,until", "from,until,group").replace("2026-12-31", "2026-12-31,seniors");
        let reworded = reworded.replace("2027-01-01,", "2027-01-01,,seniors");
        let same = imported(&world, &editor, DELTA, &reworded).await;
        assert_eq!((&same["result"]["unchanged"], &same["revision"]), (&json!(2), &json!(before + 1)), "{same}");
    });
}

#[test]
fn bad_rows_are_told_by_line_and_field_and_change_nothing() {
    run(async {
        let (world, _, editor) = office("imports-bad").await;
        let before = world.store.head().unwrap();
        let file = "scheme;value;from\netalons;A-1;2026-13-01\netalons;SECRET-1;2026-01-01\n\netalons;B-1\netalons;-;\n\
                    etalons;B-1;2026-01-01\netalons;B-1;2026-01-01\n";
        let job = imported(&world, &editor, DELTA, file).await;
        assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("bad_rows")), "{job}");
        let expected =
            [(2, "from", "invalid"), (5, "", "other_columns"), (6, "value", "invalid"), (3, "value", "unknown_person")];
        let told = faults(&world, &editor, &job).await;
        assert_eq!(told, expected.map(|(line, field, code)| (line, field.to_owned(), code.to_owned())));
        let file = "scheme,value,from\netalons,B-1,2026-01-01\netalons,B-1,2026-01-01\n";
        let job = imported(&world, &editor, DELTA, file).await;
        assert_eq!(faults(&world, &editor, &job).await, [(3, "from".to_owned(), "repeated".to_owned())]);
        assert_eq!(world.store.head().unwrap(), before);
        for (file, code) in
            [("scheme,value,name\n", "invalid"), ("scheme,value,value\n", "invalid"), ("\u{1}\0\n", "invalid")]
        {
            upload(&world, &editor, DELTA, file).await.is(422, code);
        }
        let told = format!("{:?}", world.registry.entries(&avis_store::AuditFilter::default(), 1_000).unwrap());
        assert!(!told.contains("SECRET"), "{told}");
    });
}

#[test]
fn a_few_bad_rows_are_left_out_where_that_is_asked_for() {
    run(async {
        let (world, _, editor) = office("imports-aside").await;
        let set_aside = format!("{DELTA}&bad_rows=set_aside");
        let row = |number: u64| format!("etalons,A-1,{}-01-01\n", 1900 + number);
        let good: String = (0..100).map(row).collect();
        let file = format!("scheme,value,from\n{good}etalons,nobody,2026-01-01\n");
        let job = imported(&world, &editor, &set_aside, &file).await;
        assert_eq!((&job["state"], &job["result"]["bad_rows"]), (&json!("done"), &json!(1)), "{job}");
        assert_eq!(faults(&world, &editor, &job).await.len(), 1);
        let job = imported(&world, &editor, &set_aside, &file.replace("etalons,A-1,1900-01-01\n", "")).await;
        assert_eq!(job["state"], "done", "1 of 100");
        let repeated = file.replace("etalons,nobody,2026", "etalons,A-1,1950");
        let job = imported(&world, &editor, &set_aside, &repeated).await;
        assert_eq!((&job["state"], &job["result"]["bad_rows"]), (&json!("done"), &json!(1)), "{job}");
        let few = "scheme,value\netalons,A-1\netalons,nobody\n";
        assert_eq!(imported(&world, &editor, &set_aside, few).await["problem"]["code"], "bad_rows");
    });
}

#[test]
fn a_full_list_ends_who_is_not_in_it() {
    run(async {
        let (world, _, editor) = office("imports-full").await;
        let file = "scheme,value,from\netalons,A-1,2020-01-01\n";
        let job = imported(&world, &editor, FULL, file).await;
        assert_eq!(job["problem"]["code"], "too_many_ends", "{job}");
        let job = imported(&world, &editor, &format!("{FULL}&ends=1"), file).await;
        assert_eq!((&job["state"], &job["result"]["ended"]), (&json!("done"), &json!(1)), "{job}");
        let ended = holder(&world, "etalons", "B-1")["entitlements"][0]["until"].as_str().unwrap().to_owned();
        assert!(ended.parse::<Timestamp>().unwrap() <= world.clock.now(), "{ended}");
        assert_eq!(
            holder(&world, "etalons", "A-1")["entitlements"],
            json!([{"group": "seniors", "from": "2020-01-01"}])
        );
    });
}

#[test]
fn a_full_list_that_takes_a_right_of_today_away_counts_whom_it_names() {
    run(async {
        let (world, _, editor) = office("imports-later").await;
        let file = "scheme,value,from\netalons,A-1,2027-01-01\netalons,B-1,2027-01-01\n";
        let job = imported(&world, &editor, FULL, file).await;
        assert_eq!(job["problem"]["code"], "too_many_ends", "{job}");
        let job = imported(&world, &editor, &format!("{FULL}&ends=2"), file).await;
        assert_eq!((&job["state"], &job["result"]["ended"]), (&json!("done"), &json!(2)), "{job}");
        let kept = holder(&world, "etalons", "A-1")["entitlements"].clone();
        assert!(kept.as_array().unwrap().len() > 1, "what was stays, and is over: {kept}");
    });
}

#[test]
fn what_is_exported_and_imported_again_changes_nothing() {
    run(async {
        let (world, operator, editor) = office("imports-round").await;
        imported(&world, &editor, DELTA, "scheme,value,until\netalons,A-1,2026-11-18T06:00:00Z\n").await;
        let exported = world.get("/exports/entitlements?group=seniors&reason=check").by(&editor).send().await;
        assert_eq!((exported.status, &*exported.headers["content-type"]), (200, "text/csv; charset=utf-8"));
        assert_eq!(exported.text.lines().count(), 4, "{}", exported.text);
        let again = imported(&world, &editor, FULL, &exported.text).await;
        assert_eq!((&again["result"]["changed"], &again["result"]["unchanged"]), (&json!(0), &json!(2)), "{again}");
        world.get("/exports/entitlements?group=pupils&reason=x").by(&editor).send().await.is(403, "not_yours");
        world.get("/exports/entitlements?group=seniors&reason=x").by(&operator).send().await.is(403, "not_your_role");
    });
}

#[test]
fn a_provider_imports_means_of_schemes_that_it_issues() {
    run(async {
        let (world, operator, editor) = office("imports-means").await;
        let provider = world.user(&operator, "bus", Role::Provider).await;
        let query = "kind=means&reason=new+cards";
        let file = "scheme,value,new_scheme,new_value,valid_until\netalons,A-1,isic,I-1,2027-06-30\n";
        assert_eq!(imported(&world, &provider, query, file).await["state"], "done");
        assert_eq!(holder(&world, "isic", "I-1")["identifiers"][1]["valid_until"], "2027-06-30");
        let block = "scheme,value,status\nisic,I-1,blocked\n";
        assert_eq!(imported(&world, &provider, query, block).await["state"], "done");
        assert_eq!(holder(&world, "isic", "I-1")["identifiers"][1]["status"], "blocked");
        let later = "scheme,value,valid_until\nisic,I-1,2028-06-30\n";
        assert_eq!(imported(&world, &provider, query, later).await["state"], "done");
        let card = &holder(&world, "isic", "I-1")["identifiers"][1];
        assert_eq!([&card["status"], &card["valid_until"]], ["blocked", "2028-06-30"], "what is not named stays");
        let job = imported(&world, &provider, query, "scheme,value,status\nisic,I-1,active\n").await;
        assert_eq!(faults(&world, &provider, &job).await, [(2, "status".to_owned(), "blocked".to_owned())]);
        let other = "scheme,value,status\netalons,A-1,blocked\n";
        let job = imported(&world, &provider, query, other).await;
        assert_eq!(faults(&world, &provider, &job).await, [(2, "scheme".to_owned(), "not_issued".to_owned())]);
        let of_another = "scheme,value,new_scheme,new_value\netalons,B-1,isic,I-1\n";
        let job = imported(&world, &provider, query, of_another).await;
        assert_eq!(faults(&world, &provider, &job).await, [(2, String::new(), "not_added".to_owned())], "{job}");
        let exported = world.get("/exports/means?reason=check").by(&provider).send().await;
        assert_eq!(exported.text.lines().count(), 2, "{}", exported.text);
        upload(&world, &editor, query, file).await.is(403, "not_your_role");
        upload(&world, &provider, DELTA, file).await.is(403, "not_your_role");
        upload(&world, &editor, "kind=entitlements&group=pupils&reason=x", file).await.is(403, "not_yours");
    });
}

#[test]
fn whom_nothing_identifies_no_list_ends() {
    run(async {
        let (world, operator, editor) = office("imports-unnamed").await;
        let clerk = world.user(&operator, "desk", Role::Clerk).await;
        let shown = json!({"scheme": "etalons", "value": "A-1", "reason": {"code": "at_desk", "text": "moved"}});
        let found = world.post("/people/find").by(&clerk).json(&shown).send().await.json();
        let means = format!("/people/{}/means", found["handle"].as_str().unwrap());
        let card = world.get(&means).by(&clerk).send().await.json()["items"][0]["id"].as_str().unwrap().to_owned();
        world.request("DELETE", &format!("{means}/{card}")).by(&clerk).send().await.is_done();
        let exported = world.get("/exports/entitlements?group=seniors&reason=check").by(&editor).send().await;
        assert_eq!(exported.text.lines().count(), 2, "{}", exported.text);
        let again = imported(&world, &editor, FULL, &exported.text).await;
        assert_eq!((&again["result"]["changed"], &again["result"]["ended"]), (&json!(0), &json!(0)), "{again}");
    });
}

#[test]
fn one_job_of_a_party_runs_at_a_time_and_one_whose_revision_is_there_is_done() {
    run(async {
        let (world, _, editor) = office("imports-places").await;
        let value = |now: Timestamp| RecordValue {
            expires_at: Some(now + SignedDuration::from_mins(1)),
            content: json!({"job": "x"}).to_string(),
            ..RecordValue::default()
        };
        let taken = RecordChange::make("job_place", "party city", value(world.clock.now()));
        world.registry.change(&[taken], &[]).unwrap();
        upload(&world, &editor, DELTA, "scheme,value\n").await.is(429, "too_many_requests");
        world.clock.pass(SignedDuration::from_mins(2));
        assert_eq!(imported(&world, &editor, DELTA, "scheme,value\n").await["state"], "done", "nobody renewed it");
        let id = world.job_of("city");
        let object = Some(AuditObject { kind: "job".into(), key: id.clone() });
        let act = &Act { object, ..Act::new(Actor::machine("anna"), "entitlements_imported") };
        let row = Row { kind: Kind::Group, key: "new".into(), content: Some("{}".into()) };
        let rows = &mut [Ok(row.into())].into_iter();
        let commit = Commit { rows, unchanged: &[], act, at: world.clock.now(), dry_run: false };
        let revision = world.store.commit(commit).unwrap().head.revision.number;
        world.clock.pass(SignedDuration::from_mins(3));
        let job = world.get(&format!("/jobs/{id}")).by(&editor).send().await.json();
        assert_eq!((&job["state"], &job["revision"]), (&json!("done"), &json!(revision)));
    });
}

#[test]
fn a_job_is_cancelled_and_one_that_fell_silent_left_nothing() {
    run(async {
        let (world, _, editor) = office("imports-jobs").await;
        let (first, second) = (world.job_of("city"), world.job_of("city"));
        let cancelled = world.post(&format!("/jobs/{first}/cancel")).by(&editor).send().await;
        assert_eq!((cancelled.status, &cancelled.json()["state"]), (200, &json!("cancelled")));
        world.post(&format!("/jobs/{first}/cancel")).by(&editor).send().await.is(409, "not_in_this_state");
        world.clock.pass(SignedDuration::from_mins(3));
        let silent = world.get(&format!("/jobs/{second}")).by(&editor).send().await.json();
        assert_eq!((&silent["state"], &silent["problem"]["code"]), (&json!("failed"), &json!("interrupted")));
        let states = world.get("/jobs").by(&editor).send().await.json();
        assert_eq!(states["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn an_import_that_is_cancelled_in_its_work_leaves_nothing_and_makes_room_for_the_next() {
    run(async {
        let (world, operator, _) = office("imports-cancelled").await;
        let import = |number: u64, people: u64| {
            let person = move |place: u64| {
                let card = json!([{"scheme": "etalons", "value": format!("C-{number}-{place}")}]);
                format!("{}\n", json!({"holder": format!("h-{number}-{place}"), "identifiers": card}))
            };
            let file: String = (0..people).map(person).collect();
            let request = world.post("/imports?kind=holders&reason=x").by(&operator);
            request.header("content-type", "application/x-ndjson").bytes(file.as_bytes()).send()
        };
        // One that was too fast is tried again.
        let cancelled = 'cancelled: {
            for number in 0..20 {
                let begun = import(number, 20_000).await;
                let path = format!("/jobs/{}", begun.json()["id"].as_str().unwrap());
                let cancelled = world.post(&format!("{path}/cancel")).by(&operator).send().await;
                if cancelled.status == 200 {
                    break 'cancelled number;
                }
                cancelled.is(409, "not_in_this_state");
                ended(&world, &operator, &begun).await;
            }
            panic!("none of twenty was cancelled in its work")
        };
        // Its place is free once who worked on it has seen it.
        let again = || world.registry.record("job_place", "party operator").unwrap().is_none();
        eventually("the place of a cancelled job", again, |is_free| *is_free);
        let person = IdentifierKey::of("etalons", &format!("C-{cancelled}-0"), &world.secret).unwrap();
        assert_eq!(world.registry.holders_by(&[person]).unwrap().1, [None]);
        let next = import(100, 1).await;
        assert_eq!(ended(&world, &operator, &next).await["state"], "done");
    });
}

#[test]
fn a_file_of_another_kind_is_refused_before_it_is_read() {
    run(async {
        let (world, _, editor) = office("imports-media").await;
        let send = |media_type: &str, query: &str| {
            world
                .post(&format!("/imports?{query}"))
                .by(&editor)
                .header("content-type", media_type)
                .bytes(b"scheme,value\n")
        };
        send("application/json", DELTA).send().await.is(415, "wrong_media_type");
        send("text/csv", DELTA).header("content-encoding", "gzip").send().await.is(415, "wrong_media_type");
        send("text/csv", "kind=entitlements&reason=x").send().await.is(422, "invalid");
        send("text/csv", "kind=means&mode=full&reason=x").send().await.is(403, "not_your_role");
        let ndjson =
            world.post(&format!("/imports?{DELTA}")).by(&editor).header("content-type", "application/x-ndjson");
        let rows = b"{\"scheme\":\"etalons\",\"value\":\"A-1\",\"from\":\"2027-01-01\"}\n{\"name\":1}\n[]\n{";
        let begun = ndjson.bytes(rows).send().await;
        let job = ended(&world, &editor, &begun).await;
        let codes: Vec<String> = faults(&world, &editor, &job).await.into_iter().map(|(.., code)| code).collect();
        assert_eq!(codes, ["unknown_field", "malformed", "malformed"]);
    });
}

#[test]
fn columns_that_are_called_otherwise_are_named_and_others_passed_over() {
    run(async {
        let (world, _, editor) = office("imports-columns").await;
        let columns = encoded(r#"{"Karte": "value", "Veids": "scheme", "Piezīmes": null}"#);
        let query = format!("{DELTA}&columns={columns}");
        let file = "Karte;Veids;Piezīmes;from\nA-1;etalons;zvanīja;2025-03-01\n";
        let job = imported(&world, &editor, &query, file).await;
        assert_eq!((&job["state"], &job["result"]["changed"]), (&json!("done"), &json!(1)), "{job}");
        let spans = holder(&world, "etalons", "A-1")["entitlements"].clone();
        assert!(spans.as_array().unwrap().iter().any(|one| one["from"] == "2025-03-01"), "{spans}");
        // The same file read in another way is another import.
        upload(&world, &editor, DELTA, file).await.is(422, "invalid");
        for (columns, file) in [
            (r#"{"Karte": "value"}"#, "scheme,value\n"),
            (r#"{"Karte": "value", "Cita": "value"}"#, "Karte,Cita\n"),
            (r#"{"Karte": "number"}"#, "Karte\n"),
            (r#"{"Karte": null}"#, "Karte\n"),
            (r#"{"Karte": 1}"#, "Karte\n"),
            ("[]", "Karte\n"),
        ] {
            let query = format!("{DELTA}&columns={}", encoded(columns));
            upload(&world, &editor, &query, file).await.is(422, "invalid");
        }
        let json = world.post(&format!("/imports?{query}")).by(&editor).header("content-type", "application/x-ndjson");
        json.bytes(b"{}").send().await.is(422, "invalid");
    });
}
