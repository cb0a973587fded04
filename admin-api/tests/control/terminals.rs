//! A provider runs its own terminals and their keys.

use std::sync::Arc;

use avis_admin::control::Role;
use avis_server::{RefusedCall, TERMINAL_CALLS_KIND, Terminal, TerminalCalls};
use avis_store::records::RecordFilter;
use avis_store::{Kind, Scope, Stored};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{Answered, World, run};

impl World {
    /// The row of a terminal as engines follow it.
    fn terminal_row(&self, code: &str) -> Value {
        let mut found = Value::Null;
        let mut sink = |stored| {
            if let Stored::Row(row) = stored
                && row.kind == Kind::Terminal
                && *row.key == *code
            {
                found = serde_json::from_str(&row.content.unwrap()).unwrap();
            }
        };
        self.store.snapshot(&[Scope::Terminals], &mut sink).unwrap();
        found
    }
}

fn new(code: &str) -> Value {
    json!({"code": code, "channels": ["desk", "app"], "schemes": ["card"], "reason": "a new till"})
}

#[test]
fn a_provider_makes_a_terminal_and_its_keys_which_are_shown_once() {
    run(async {
        let (world, operator) = World::with_parties("terminals").await;
        let bus = world.user(&operator, "bus", Role::Provider).await;
        let made = world.post("/terminals").by(&bus).once().json(&new("bus-2")).send().await;
        assert_eq!((made.status, &made.json()["provider"]), (201, &json!("bus")), "{made:?}");
        world.post("/terminals").by(&bus).once().json(&new("bus-2")).send().await.is(409, "exists");
        let key = world.key();
        let body = json!({"others_for_s": 60, "reason": "the first"});
        let ask = || world.post("/terminals/bus-2/keys").by(&bus).header("idempotency-key", &key).json(&body);
        let first = ask().send().await.json();
        let secret = first["secret"].as_str().unwrap();
        let hash: String = Sha256::digest(secret).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(world.terminal_row("bus-2")["keys"][0]["sha256"], json!(hash));
        assert!(secret.starts_with(first["prefix"].as_str().unwrap()));
        let replayed = ask().send().await;
        assert_eq!((&replayed.json()["secret"], &replayed.headers["idempotent-replayed"][..]), (&Value::Null, "true"));
        assert_eq!(world.terminal_row("bus-2")["keys"].as_array().unwrap().len(), 1, "a repeat makes no key");

        let second =
            world.post("/terminals/bus-2/keys").by(&bus).once().json(&json!({"reason": "lost"})).send().await.json();
        let shown = world.get("/terminals/bus-2").by(&bus).send().await;
        let keys = shown.json()["keys"].clone();
        assert_eq!(keys[0]["until"], second["others_until"], "the first is taken for a while yet");
        assert!(!shown.text.contains("sha256") && !shown.text.contains(secret));
        let path = format!("/terminals/bus-2/keys/{}", first["prefix"].as_str().unwrap());
        let etag = &shown.headers["etag"];
        let end = |path: &str, etag: &str| {
            let request = world.request("DELETE", path).by(&bus).header("if-match", etag);
            request.json(&json!({"reason": "lost"})).send()
        };
        let no_etag = world.request("DELETE", &path).by(&bus).json(&json!({"reason": "lost"}));
        no_etag.send().await.is(428, "precondition_required");
        let ended = end(&path, etag).await;
        assert_eq!((ended.status, ended.json()["revision"].is_u64()), (200, true), "{ended:?}");
        end(&path, etag).await.is(412, "changed");
        let head = world.store.head().unwrap();
        end(&path, &ended.headers["etag"]).await.is(409, "not_in_this_state");
        assert_eq!(world.store.head().unwrap(), head, "what ended already makes no revision");
        assert_ne!(world.terminal_row("bus-2")["keys"][0]["until"], second["others_until"], "it ended at once");
        end("/terminals/bus-2/keys/avis_nothing", "\"0\"").await.is(404, "not_found");
    });
}

#[test]
fn an_operator_alone_gives_explain_and_an_old_page_changes_nothing() {
    run(async {
        let (world, operator) = World::with_parties("terminals-scopes").await;
        let bus = world.user(&operator, "bus", Role::Provider).await;
        let city = world.user(&operator, "city", Role::Editor).await;
        let explaining =
            json!({"channels": ["desk"], "schemes": [], "scopes": ["sell", "explain"], "reason": "a desk"});
        let etag = world.get("/terminals/bus-1").by(&bus).send().await.headers["etag"].clone();
        let put = |cookie: &str, etag: &str| {
            world.request("PUT", "/terminals/bus-1").by(cookie).header("if-match", etag).json(&explaining)
        };
        put(&bus, &etag).send().await.is(403, "not_yours");
        put(&city, &etag).send().await.is(403, "not_your_role");
        let changed = put(&operator, &etag).send().await;
        assert_eq!(changed.json()["scopes"], json!(["sell", "explain"]), "{changed:?}");
        put(&operator, &etag).send().await.is(412, "changed");
        assert_eq!(world.terminal_row("bus-1")["keys"][0]["prefix"], "avis_abcdefgh", "its keys stay");
        let tram = world.user(&operator, "tram", Role::Provider).await;
        world.get("/terminals/bus-1").by(&tram).send().await.is(404, "not_found");
        let list = world.get("/terminals").by(&tram).send().await.text;
        assert!(list.contains("tram-1") && !list.contains("bus-1"), "{list}");
        let unknown = json!({"code": "x", "channels": [], "schemes": [], "provider": "tram", "reason": "a trick"});
        world.post("/terminals").by(&bus).once().json(&unknown).send().await.is(422, "invalid");
        world.post("/terminals").by(&operator).once().json(&new("desk")).send().await.is(422, "invalid");
    });
}

#[test]
fn a_key_that_is_taken_never_makes_room_for_another() {
    run(async {
        let (world, operator) = World::with_parties("terminals-keys").await;
        let bus = world.user(&operator, "bus", Role::Provider).await;
        let make = |others_for_s: u32| {
            let body = json!({"others_for_s": others_for_s, "reason": "another"});
            world.post("/terminals/bus-1/keys").by(&bus).once().json(&body).send()
        };
        for _ in 0..7 {
            assert_eq!(make(3_600).await.status, 201);
        }
        let before = world.terminal_row("bus-1");
        make(3_600).await.is(409, "too_many_objects");
        assert_eq!(world.terminal_row("bus-1"), before);
        assert_eq!(make(0).await.status, 201, "the others end with it");
        assert_eq!(world.terminal_row("bus-1")["keys"].as_array().unwrap().len(), 8);
    });
}

#[test]
fn what_trains_neither_sells_nor_enrols() {
    run(async {
        let (world, operator) = World::with_parties("terminals-train").await;
        let bus = world.user(&operator, "bus", Role::Provider).await;
        let make = |scopes: Value| {
            let body = json!({"code": "bus-school", "channels": ["desk"], "schemes": [], "scopes": scopes, "reason": "a course"});
            world.post("/terminals").by(&bus).once().json(&body).send()
        };
        for real in ["enrol", "sell"] {
            let refused = make(json!(["train", real])).await;
            refused.is(422, "invalid");
            let told = format!(
                "`train` alone or with `explain`: what is for training changes nothing real, and `{real}` would"
            );
            assert!(refused.text.contains("/scopes") && refused.text.contains(&told), "{refused:?}");
        }
        world.get("/terminals/bus-school").by(&bus).send().await.is(404, "not_found");
        assert_eq!(make(json!(["train"])).await.status, 201);
        assert_eq!(world.terminal_row("bus-school")["scopes"], json!(["train"]));
    });
}

#[test]
fn no_scope_at_all_is_no_change_of_scopes() {
    run(async {
        let (world, operator) = World::with_parties("terminals-none").await;
        let etag = world.get("/terminals/bus-1").by(&operator).send().await.headers["etag"].clone();
        let put = |scopes: Value| {
            let body = json!({"channels": ["desk"], "schemes": [], "scopes": scopes, "reason": "a desk"});
            world.request("PUT", "/terminals/bus-1").by(&operator).header("if-match", &etag).json(&body).send()
        };
        put(json!([])).await.is(422, "invalid");
        assert_eq!(put(Value::Null).await.json()["scopes"], json!(["sell"]));
    });
}

#[test]
fn who_tries_the_codes_of_others_is_in_the_audit() {
    run(async {
        let (world, operator) = World::with_parties("terminals-taken").await;
        let auditor = world.user(&operator, "operator", Role::Auditor).await;
        let bus = world.user(&operator, "bus", Role::Provider).await;
        for code in ["bus-1", "tram-1"] {
            world.post("/terminals").by(&bus).once().json(&new(code)).send().await.is(409, "exists");
        }
        let refused = world.get("/audit?action=refused&party=bus").by(&auditor).send().await.json();
        let refused: Vec<_> =
            refused["items"].as_array().unwrap().iter().map(|entry| &entry["after"]["code"]).collect();
        assert_eq!(refused, ["exists"], "of another's alone");
    });
}

#[test]
fn its_own_people_are_told_when_a_terminal_called_what_it_was_refused_and_what_is_missing() {
    run(async {
        let (world, operator) = World::with_parties("terminals-calls").await;
        let bus = world.user(&operator, "bus", Role::Provider).await;
        let tram = world.user(&operator, "tram", Role::Provider).await;
        let city = world.user(&operator, "city", Role::Editor).await;
        world.post("/terminals").by(&bus).once().json(&new("bus-2")).send().await;
        let read = |by: &str| world.get("/terminals/bus-2/calls").by(by).send();
        let silent = json!({"terminal": "bus-2", "last_call_at": null, "taken_at": null, "refused": [], "last_number": null,
                            "missing": []});
        assert_eq!(read(&bus).await.json(), silent);

        let terminal: Arc<Terminal> = Arc::new(serde_json::from_value(world.terminal_row("bus-2")).unwrap());
        let (one, two) = (TerminalCalls::default(), TerminalCalls::default());
        let at = |second: i64| Timestamp::from_second(1_763_446_320 + second).unwrap();
        let (call, code) = ("POST /v1/quote".to_owned(), "invalid_request".to_owned());
        let refused = RefusedCall { at: at(1), call, code, pointer: Some("/lines".to_owned()) };
        one.record(&terminal, at(1), Some(refused.clone()));
        one.note_uploaded(&terminal, at(2), [1, 2, 7]);
        two.record(&terminal, at(3), None);
        two.note_uploaded(&terminal, at(4), [3, 5]);
        one.tell(&*world.registry, "one", at(5)).unwrap();
        two.tell(&*world.registry, "two", at(5)).unwrap();
        let told = json!({"terminal": "bus-2", "last_call_at": at(4), "taken_at": at(3), "refused": [refused],
            "last_number": 7, "missing": [{"first": 4, "last": 4}, {"first": 6, "last": 6}]});
        assert_eq!(read(&bus).await.json(), told);
        assert_eq!(read(&operator).await.json(), told);
        // What it called while it was another's is told to nobody who has it now.
        let moved = Arc::new(Terminal { provider: "tram".to_owned(), ..Terminal::clone(&terminal) });
        let three = TerminalCalls::default();
        three.record(&moved, at(6), Some(RefusedCall { at: at(6), ..refused.clone() }));
        three.tell(&*world.registry, "three", at(7)).unwrap();
        assert_eq!((read(&bus).await.json(), read(&operator).await.json()), (told.clone(), told.clone()));
        let back = TerminalCalls::default();
        back.record(&terminal, at(1), None);
        back.tell(&*world.registry, "three", at(8)).unwrap();
        assert_eq!(read(&bus).await.json(), told);
        read(&tram).await.is(404, "not_found");
        read(&city).await.is(403, "not_your_role");

        let listed = |answered: Answered| {
            let json = answered.json();
            let items = json["items"].as_array().unwrap();
            let found = items.iter().find(|item| item["code"] == "bus-2").unwrap();
            (found["last_call_at"].clone(), found["gaps"].clone())
        };
        assert_eq!(listed(world.get("/terminals").by(&bus).send().await), (json!(at(4)), json!(2)));
        let others = listed(world.get("/terminals").by(&city).send().await);
        assert_eq!(others, (Value::Null, Value::Null), "who may read every terminal is not told how it is used");
    });
}

#[test]
fn terminals_of_which_nothing_can_be_told_hold_up_no_others() {
    run(async {
        let (world, _) = World::with_parties("terminals-told").await;
        let at = Timestamp::from_second(1_763_446_320).unwrap();
        let note = |calls: &TerminalCalls, code: String| {
            let (channels, schemes, scopes, keys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            let terminal = Terminal { code, provider: "bus".to_owned(), channels, schemes, scopes, keys };
            calls.record(&Arc::new(terminal), at, None);
        };
        let calls = TerminalCalls::default();
        // No registry takes so long a key.
        note(&calls, "a".repeat(400));
        (0..60).for_each(|number| note(&calls, format!("till-{number:02}")));
        calls.tell(&*world.registry, "one", at).unwrap_err();
        let filter = RecordFilter { kind: TERMINAL_CALLS_KIND, ..RecordFilter::default() };
        assert_eq!(
            world.registry.records(&filter, 100).unwrap().len(),
            11,
            "all but those that are told together with it"
        );
    });
}
