//! Findings of a reconciliation that are dealt with: a late advice made out of a row that is missing here, and a dispute of the
//! statement's line, now or when it is issued.

use avis_core::movement::MovementKind;
use avis_store::{Act, Actor, AuditFilter, AuditObject, Clock as _, Commit, Kind, Row};
use serde_json::{Value, json};

use crate::parties::{Parties, on_each_store};
use crate::till::{Till, half};
use crate::world::{Answered, run};

const RECONCILIATIONS: &str = "/providers/bus/reconciliations";

fn line(at: &str, terminal: Option<&str>, gross: i64, discount: i64) -> Value {
    json!({"occurred_at": at, "terminal": terminal, "gross": gross, "discount": discount})
}

/// A run over the day, held against these lines.
async fn reconciled(parties: &Parties, lines: &[Value]) -> Answered {
    let body = json!({"from": "2026-11-18", "until": "2026-11-19", "lines": lines, "again": true});
    parties.make(&parties.bus, RECONCILIATIONS, &body).await
}

/// The only finding of a run that does not match, and where it is resolved.
async fn finding(parties: &Parties, run: &Answered) -> (Value, String) {
    let path = format!("/reconciliations/{}/findings", run.id());
    let found = parties.get(&parties.bus, &path).await.json()["items"].as_array().unwrap().clone();
    assert_eq!(found.len(), 1, "{found:?}");
    let resolve = format!("{path}/{}/resolve", found[0]["key"].as_str().unwrap());
    (found[0].clone(), resolve)
}

async fn resolve(parties: &Parties, path: &str, body: &Value) -> Answered {
    parties.world.post(path).by(&parties.bus).json(body).send().await
}

/// What the row does not say of a sale of a ticket at half price.
fn advice(price: i64, granted: i64) -> Value {
    json!({"request": {"currency": "EUR", "channel": "desk",
                       "lines": [{"line_id": "1", "product": "ticket", "quantity": 1, "unit_price": price}]},
           "granted": [{"line_id": "1", "benefit": "city-half", "version": 1, "amount": granted}]})
}

fn advised(advice: &Value) -> Value {
    json!({"action": "advice", "reason": "the till was broken", "advice": advice})
}

on_each_store! {
    async fn a_sale_that_is_missing_here_becomes_a_late_advice_once(parties) {
        parties.world.import(&half());
        let lines = [line("2026-11-18T05:20:00Z", Some("bus-1"), 400, 200)];
        let run = reconciled(&parties, &lines).await;
        let (missing, path) = finding(&parties, &run).await;
        assert_eq!((&missing["status"], &missing["row"]["direction"]), (&json!("missing_here"), &json!("sale")));
        assert_eq!((&missing["row"]["gross"], &missing["row"]["terminal"]), (&json!(400), &json!("bus-1")));
        let with = |name: &str, value: Value| {
            let mut given = advice(400, 200);
            given["request"][name] = value;
            given
        };
        let mut elsewhere = advice(400, 200);
        elsewhere["terminal"] = json!("tram-1");
        let mut nothing = advice(400, 200);
        nothing["granted"] = json!([]);
        for (given, pointer) in [
            (advice(500, 200), "/advice/request/lines"),
            (advice(400, 100), "/advice/granted"),
            (nothing, "/advice/granted"),
            (elsewhere, "/advice/terminal"),
            (with("request_id", json!("0190f6a2-0000-7000-8000-000000000001")), "/advice/request/request_id"),
            (with("occurred_at", json!("2026-11-18T05:20:00Z")), "/advice/request/occurred_at"),
            (with("channel", json!("app")), "/advice/request/channel"),
            (
                with("identifiers", json!([{"scheme": "etalons", "value": "A-1"}])),
                "/advice/request/identifiers/0/scheme",
            ),
            (with("coupons", json!(["AB12-CD"])), "/advice/request"),
            (with("basket", json!([])), "/advice/request/basket"),
        ] {
            let refused = resolve(&parties, &path, &advised(&given)).await;
            refused.is(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], json!(pointer), "{refused:?}");
        }
        resolve(&parties, &path, &json!({"action": "advice"})).await.is(422, "invalid");
        resolve(&parties, &path, &json!({"action": "accept", "advice": advice(400, 200)})).await.is(422, "invalid");
        assert!(parties.world.movements().is_empty(), "what is refused records nothing");
        let done = resolve(&parties, &path, &advised(&advice(400, 200))).await;
        done.is_done();
        let authorization = done.json()["resolution"]["authorization"].clone();
        assert_eq!((&done.json()["status"], authorization.is_string()), (&json!("resolved"), true));
        let again = resolve(&parties, &path, &advised(&advice(400, 200))).await;
        assert_eq!(again.json()["resolution"]["authorization"], authorization, "twice is once");
        let movements = parties.world.movements();
        assert_eq!(movements.len(), 1);
        let moved = &movements[0];
        assert_eq!((moved.moved.kind, moved.moved.gross, moved.moved.discount), (MovementKind::Advice, 400, 200));
        assert_eq!((&*moved.terminal, moved.occurred_at.to_string()), ("bus-1", "2026-11-18T05:20:00Z".to_owned()));
        let mut other = advice(400, 200);
        other["request"]["lines"][0]["product"] = json!("pass");
        resolve(&parties, &path, &advised(&other)).await.is(409, "exists");
        let noted = parties.get(&parties.auditor, "/audit?action=finding_resolved").await.json();
        assert_eq!(noted["items"][0]["after"]["authorization"], authorization);
        let run = reconciled(&parties, &lines).await;
        assert_eq!(run.json()["summary"], json!({"matched": 1}), "it is not missing any more");
    }
}

/// A provider's file has its own numbers of tills, which nobody mapped: the terminal is given then, and it is one of the provider's.
#[test]
fn a_row_of_a_till_that_is_none_of_the_provider_s_is_advised_by_the_terminal_that_is_given() {
    run(async {
        let parties = Parties::new("advised-of-own-numbers").await;
        parties.world.import(&half());
        let known = reconciled(&parties, &[line("2026-11-18T05:20:00Z", Some("bus-1"), 400, 200)]).await;
        assert_eq!(finding(&parties, &known).await.0["row"]["own_terminal"], json!("bus-1"));
        let run = reconciled(&parties, &[line("2026-11-18T05:20:00Z", Some("KASE 3"), 400, 200)]).await;
        let (missing, path) = finding(&parties, &run).await;
        assert_eq!(missing["row"]["terminal"], json!("KASE 3"));
        assert!(missing["row"]["own_terminal"].is_null(), "{missing}");
        let given = |terminal: Value| {
            let mut given = advice(400, 200);
            given["terminal"] = terminal;
            advised(&given)
        };
        for terminal in [Value::Null, json!("tram-1"), json!("KASE-3")] {
            let refused = resolve(&parties, &path, &given(terminal.clone())).await;
            refused.is(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], json!("/advice/terminal"), "{terminal} {refused:?}");
        }
        resolve(&parties, &path, &given(json!("bus-1"))).await.is_done();
        let terminals: Vec<_> = parties.world.movements().iter().map(|moved| moved.terminal.to_string()).collect();
        assert_eq!(terminals, ["bus-1"]);
    });
}

#[test]
fn what_a_row_lacks_is_given_and_what_is_no_sale_becomes_no_advice() {
    run(async {
        let parties = Parties::new("given-by-hand").await;
        parties.world.import(&half());
        let run = reconciled(&parties, &[line("2026-11-18T05:20:00Z", None, 400, 200)]).await;
        let (_, path) = finding(&parties, &run).await;
        let refused = resolve(&parties, &path, &advised(&advice(400, 200))).await;
        assert_eq!(refused.json()["errors"][0]["pointer"], json!("/advice/terminal"), "{refused:?}");
        let mut given = advice(400, 200);
        given["terminal"] = json!("bus-1");
        resolve(&parties, &path, &advised(&given)).await.is_done();
        let lines =
            [line("2026-11-18T05:20:00Z", Some("bus-1"), 400, 200), line("2026-11-18T05:40:00Z", None, -90, -45)];
        let run = reconciled(&parties, &lines).await;
        let (_, path) = finding(&parties, &run).await;
        resolve(&parties, &path, &advised(&advice(90, 45))).await.is(409, "not_in_this_state");
        let run = reconciled(&parties, &[line("2026-11-18T05:20:00Z", Some("bus-1"), 400, 190)]).await;
        let (differs, path) = finding(&parties, &run).await;
        assert_eq!(differs["status"], json!("amount_differs"));
        resolve(&parties, &path, &advised(&advice(400, 190))).await.is(409, "not_in_this_state");
        assert_eq!(parties.world.movements().len(), 1);
    });
}

/// Puts a terminal of the bus that takes the scheme of Anna's card.
fn put_terminal(parties: &Parties, code: &str, scope: &str) {
    let content = json!({"terminal": code, "provider": "bus", "channels": ["desk"], "schemes": ["etalons"],
                         "scopes": [scope], "keys": [{"prefix": "avis_abcdefgh", "sha256": "0".repeat(64)}]});
    let row = Row { kind: Kind::Terminal, key: code.into(), content: Some(content.to_string().into()) };
    let (act, at) = (&Act::new(Actor::machine("anna"), "terminal_made"), parties.world.clock.now());
    let rows = &mut std::iter::once(Ok(row.into()));
    parties.world.store.commit(Commit { rows, unchanged: &[], act, at, dry_run: false }).unwrap();
}

#[test]
fn only_a_terminal_that_sells_for_real_advises_of_what_it_sold() {
    run(async {
        let parties = Parties::new("advised-by-training").await;
        parties.world.import(&half());
        for (code, scope) in [("bus-school", "train"), ("bus-club", "enrol")] {
            put_terminal(&parties, code, scope);
            let run = reconciled(&parties, &[line("2026-11-18T05:20:00Z", Some(code), 400, 200)]).await;
            let (_, path) = finding(&parties, &run).await;
            let refused = resolve(&parties, &path, &advised(&advice(400, 200))).await;
            refused.is(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], json!("/advice/terminal"), "{code}: {refused:?}");
        }
        assert!(parties.world.movements().is_empty());
    });
}

#[test]
fn whoever_looks_somebody_up_by_an_advice_is_known_to_the_audit() {
    run(async {
        let parties = Parties::new("advised-people").await;
        parties.world.import(&half());
        put_terminal(&parties, "bus-2", "sell");
        let run = reconciled(&parties, &[line("2026-11-18T05:20:00Z", Some("bus-2"), 400, 200)]).await;
        let (_, path) = finding(&parties, &run).await;
        let of = |card: &str| {
            let mut given = advice(400, 200);
            given["request"]["identifiers"] = json!([{"scheme": "etalons", "value": card}]);
            advised(&given)
        };
        resolve(&parties, &path, &of("Z-9")).await.is_done();
        let nobody = parties.get(&parties.auditor, "/audit?action=nobody_advised").await.json();
        assert_eq!(nobody["items"].as_array().map(Vec::len), Some(1), "{nobody}");
        resolve(&parties, &path, &of("A-1")).await.is(409, "exists");
        let object = Some(AuditObject { kind: "person".to_owned(), key: parties.world.secret.subject("h-anna") });
        let filter = AuditFilter { object, ..AuditFilter::default() };
        let entries = parties.world.registry.entries(&filter, 10).unwrap();
        let told = entries.first().map(|kept| (&*kept.entry.act.action, kept.entry.act.reason.as_deref()));
        assert_eq!(told, Some(("person_advised", Some("the till was broken"))), "whatever came of it");
    });
}

/// A statement of what was sold on the day, by whoever issues it.
async fn issued(parties: &Parties, by: &str) -> String {
    parties.contract(json!({"rate": 9000})).await.is_done();
    parties.close("2026-11-18", None).await.is_done();
    let path = parties.draft(by, "2026-11-01", "2026-11-19").await;
    parties.step(by, &path, "issue", None).await.is_done();
    path
}

const OF_FIFTY_MORE: &str = "the till gave more";

fn disputed() -> Value {
    json!({"action": "dispute", "reason": OF_FIFTY_MORE})
}

/// A sale of which the provider has 50 cents more of discount.
async fn differing(parties: &Parties) -> String {
    Till::new(&parties.world).sell("2026-11-18T05:00:00Z", 1000).await;
    let run = reconciled(parties, &[line("2026-11-18T05:00:00Z", Some("desk"), 1000, 550)]).await;
    finding(parties, &run).await.1
}

on_each_store! {
    async fn a_finding_is_disputed_in_the_line_of_the_statement_that_is_issued(parties) {
        let path = differing(&parties).await;
        let statement = issued(&parties, &parties.approver).await;
        resolve(&parties, &path, &json!({"action": "dispute"})).await.is(422, "invalid");
        let other = json!({"action": "dispute", "reason": "x", "dispute": {"benefit": "another"}});
        resolve(&parties, &path, &other).await.is(409, "not_in_this_state");
        let done = resolve(&parties, &path, &disputed()).await;
        done.is_done();
        assert_eq!(done.json()["resolution"]["statement"], json!(statement.rsplit('/').next()));
        let shown = parties.get(&parties.approver, &statement).await.json();
        let dispute = &shown["disputes"][0];
        assert_eq!((&dispute["line"], &dispute["claimed"]), (&json!(1), &json!(450 + 45)), "nine tenths of 50 more");
        assert_eq!(dispute["reason"], json!(OF_FIFTY_MORE));
        let noted = parties.get(&parties.auditor, "/audit?action=statement_disputed").await.json();
        assert_eq!(noted["items"][0]["after"]["dispute"], *dispute);
        parties.step(&parties.bus, &statement, "agree", None).await.is(409, "not_in_this_state");
        resolve(&parties, &path, &disputed()).await.is(409, "exists");
    }
}

on_each_store! {
    async fn a_finding_of_days_that_are_not_stated_is_disputed_when_they_are(parties) {
        let path = differing(&parties).await;
        let mut exact = disputed();
        exact["dispute"] = json!({"amount": 20});
        let waits = resolve(&parties, &path, &exact).await;
        assert_eq!(
            (&waits.json()["status"], &waits.json()["resolution"]["statement"]),
            (&json!("resolved"), &Value::Null)
        );
        let statement = issued(&parties, &parties.approver).await;
        let shown = parties.get(&parties.bus, &statement).await.json();
        assert_eq!(shown["disputes"][0]["claimed"], json!(450 + 20), "{shown}");
        assert_eq!(shown["state"], json!("issued"));
        let end = json!({"line": 1, "amount": 20, "reason": "the till is right"});
        parties.step(&parties.approver, &statement, "disputes/end", Some(&end)).await.is_done();
        parties.step(&parties.bus, &statement, "agree", None).await.is_done();
    }
}

#[test]
fn who_issues_what_was_read_before_a_finding_was_disputed_loses() {
    run(async {
        let parties = Parties::new("disputed-meanwhile").await;
        let path = differing(&parties).await;
        parties.contract(json!({"rate": 9000})).await.is_done();
        // What issuing reads first, and writes over.
        let pair = || parties.world.registry.record("settled_pair", "city/bus").unwrap().unwrap();
        let before = pair();
        resolve(&parties, &path, &disputed()).await.is_done();
        let after = pair();
        assert_eq!(after.value.content, before.value.content);
        assert!(before.version < after.version, "{before:?} {after:?}");
        let late = avis_store::records::RecordChange::replace(&before, before.value.clone());
        assert!(parties.world.registry.change(&[late], &[]).is_err(), "it would not know of the claim");
    });
}

#[test]
fn what_is_opened_again_is_not_disputed_and_nobody_disputes_what_is_its_own() {
    run(async {
        let parties = Parties::new("disputed-never").await;
        let path = differing(&parties).await;
        resolve(&parties, &path, &disputed()).await.is_done();
        resolve(&parties, &path, &json!({"action": "reopen"})).await.is_done();
        let statement = issued(&parties, &parties.bus).await;
        assert_eq!(parties.get(&parties.bus, &statement).await.json()["disputes"], json!([]));
        resolve(&parties, &path, &disputed()).await.is(403, "not_yours");
        let run = reconciled(
            &parties,
            &[line("2026-11-18T05:00:00Z", Some("desk"), 1000, 500), line("2026-11-18T05:30:00Z", None, 20, 10)],
        )
        .await;
        let (missing, path) = finding(&parties, &run).await;
        assert_eq!(missing["status"], json!("missing_here"));
        resolve(&parties, &path, &disputed()).await.is(409, "not_in_this_state");
    });
}

on_each_store! {
    async fn what_is_accepted_stands_as_the_ledger_has_it_until_it_is_opened_again(parties) {
        let path = differing(&parties).await;
        resolve(&parties, &path, &json!({"action": "accept", "advice": advice(1_000, 550)})).await.is(422, "invalid");
        let done = resolve(&parties, &path, &json!({"action": "accept", "reason": "the till was wrong"})).await;
        assert_eq!((&done.json()["status"], &done.json()["resolution"]["action"]), (&json!("resolved"), &json!("accept")));
        let lines = [line("2026-11-18T05:00:00Z", Some("desk"), 1000, 550)];
        let again = reconciled(&parties, &lines).await;
        assert_eq!(finding(&parties, &again).await.0["status"], json!("resolved"), "it holds for the next run");
        resolve(&parties, &path, &json!({"action": "reopen"})).await.is(409, "not_in_this_state");
        let path = finding(&parties, &again).await.1;
        resolve(&parties, &path, &json!({"action": "reopen"})).await.is_done();
        assert_eq!(finding(&parties, &again).await.0["status"], json!("amount_differs"));
        let statement = issued(&parties, &parties.approver).await;
        assert_eq!(parties.get(&parties.bus, &statement).await.json()["disputes"], json!([]));
    }
}
