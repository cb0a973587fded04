//! Runs of a provider's files over the same days, and what of them is kept; drafts of statements, and who takes steps and why.

use std::net::{IpAddr, Ipv4Addr};

use avis_admin::control::{Question, Role, Visitor};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::parties::{Parties, on_each_store};
use crate::till::Till;
use crate::world::{Answered, run};

const RUNS: &str = "/providers/bus/reconciliations";

async fn reconciled(parties: &Parties, lines: &Value) -> Answered {
    let body = json!({"from": "2026-11-18", "until": "2026-11-19", "lines": lines});
    parties.make(&parties.bus, RUNS, &body).await
}

async fn items(parties: &Parties, path: &str) -> Vec<Value> {
    parties.get(&parties.bus, path).await.json()["items"].as_array().unwrap().clone()
}

on_each_store! {
    async fn runs_are_in_the_order_of_time_and_the_last_of_the_same_days_counts(parties) {
        let mut made = Vec::new();
        for number in 1..=6 {
            let lines = json!([{"occurred_at": format!("2026-11-18T05:0{number}:00Z"), "discount": number}]);
            // The first ones at the same moment.
            parties.world.clock.pass(SignedDuration::from_secs(i64::from(number > 4)));
            made.push(reconciled(&parties, &lines).await.id());
        }
        let told = |runs: Vec<Value>| -> Vec<(String, bool)> {
            let of = |run: &Value| (run["id"].as_str().unwrap().to_owned(), run["counts"].as_bool().unwrap());
            runs.iter().map(of).collect()
        };
        let expected: Vec<(String, bool)> = made.iter().enumerate().map(|(place, id)| (id.clone(), place == 5)).collect();
        assert_eq!(told(items(&parties, RUNS).await), expected);
        let newest = told(items(&parties, &format!("{RUNS}?newest_first=true&limit=2")).await);
        assert_eq!(newest, [expected[5].clone(), expected[4].clone()]);
        let others = json!({"from": "2026-11-17", "until": "2026-11-19", "lines": []});
        let other = parties.make(&parties.bus, RUNS, &others).await;
        assert_eq!(other.json()["counts"], json!(true), "of other days");
        let ignore = json!({"action": "ignore", "reason": "a test"});
        for (place, code) in [(4, 409), (5, 200)] {
            let path = format!("/reconciliations/{}/findings", made[place]);
            let key = items(&parties, &path).await[0]["key"].as_str().unwrap().to_owned();
            let resolve = parties.world.post(&format!("{path}/{key}/resolve")).by(&parties.bus).json(&ignore);
            assert_eq!(resolve.send().await.status, code);
        }
    }
}

#[test]
fn lines_are_counted_from_one_and_each_fault_is_told_with_its_place() {
    run(async {
        let parties = Parties::new("lines").await;
        Till::new(&parties.world).sell("2026-11-18T05:00:00Z", 1_000).await;
        let at = "2026-11-18T05:00:00Z";
        let refused = async |lines: Value| {
            let refused = reconciled(&parties, &lines).await;
            refused.is(422, "invalid");
            let errors = refused.json()["errors"].as_array().unwrap().clone();
            errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(refused(json!([{"occurred_at": at}, {"occurred_at": at}])).await, ["/lines/0", "/lines/1"]);
        let unlike = json!([{"occurred_at": at, "gross": 1_000}, {"occurred_at": at, "discount": 500}]);
        assert_eq!(refused(unlike).await, ["/lines/0/discount", "/lines/1/gross"]);
        let nothing = reconciled(&parties, &json!([])).await.json();
        assert_eq!(nothing["summary"], json!({"missing_there": 1}), "a day without sales: {nothing}");
        assert_eq!(nothing["ours"], json!({"gross": 1_000, "discount": 500, "payable": 500}));
        let lines = json!([{"occurred_at": at, "discount": 500, "terminal": "a\nb"},
                           {"occurred_at": at, "discount": 7, "terminal": "c;\"d"}]);
        let run = reconciled(&parties, &lines).await;
        assert_eq!(run.json()["bad_rows"][0]["line"], json!(1), "{run:?}");
        let found = items(&parties, &format!("/reconciliations/{}/findings", run.id())).await;
        assert!(found.iter().any(|finding| finding["lines"] == json!([2])), "{found:?}");
    });
}

#[test]
fn a_finding_tells_of_which_sales_it_is() {
    run(async {
        let parties = Parties::new("moved").await;
        let sold = Till::new(&parties.world).sell("2026-11-18T05:00:00Z", 1_000).await;
        let line = json!({"occurred_at": "2026-11-18T05:00:01Z", "discount": 400, "authorization_ids": [sold]});
        let of_nothing = json!({"occurred_at": "2026-11-18T09:00:00Z", "discount": 7});
        let run = reconciled(&parties, &json!([line, of_nothing])).await;
        let found = items(&parties, &format!("/reconciliations/{}/findings", run.id())).await;
        let of = |status: &str| found.iter().find(|finding| finding["status"] == status).unwrap();
        let moved = json!([{"movement": format!("{sold}/1"), "authorization": sold, "kind": "sale", "direction": "sale",
            "terminal": "desk", "occurred_at": "2026-11-18T05:00:00Z", "gross": 1_000, "discount": 500, "payable": 500}]);
        let differs = of("amount_differs");
        assert_eq!((&differs["moved"], &differs["movements"]), (&moved, &json!([format!("{sold}/1")])));
        assert_eq!(of("missing_here")["moved"], json!([]));
    });
}

#[test]
fn statements_are_drafted_between_parties_that_there_are_and_so_many() {
    run(async {
        let parties = Parties::new("drafts-of-pairs").await;
        let body = |grantor: &str, provider: &str| json!({"grantor": grantor, "provider": provider, "from": "2026-11-01", "until": "2026-11-02"});
        for (by, grantor, provider, pointer) in
            [(&parties.bus, "nobody", "bus", "/grantor"), (&parties.approver, "city", "nobody", "/provider")]
        {
            let refused = parties.make(by, "/statements", &body(grantor, provider)).await;
            refused.is(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], json!(pointer), "{refused:?}");
        }
        for _ in 0..24 {
            assert_eq!(parties.make(&parties.bus, "/statements", &body("city", "bus")).await.status, 201);
        }
        parties.make(&parties.bus, "/statements", &body("city", "bus")).await.is(409, "too_many_objects");
        let drafted = parties.get(&parties.bus, "/statements").await.json()["items"][0]["id"].clone();
        let path = format!("/statements/{}", drafted.as_str().unwrap());
        let etag = parties.get(&parties.bus, &path).await.headers["etag"].clone();
        let removed = parties.world.request("DELETE", &path).by(&parties.bus).header("if-match", &etag).send().await;
        assert_eq!(removed.status, 204, "{removed:?}");
        // Of both sides that draft the last one at once, one does.
        let draft = |by: &str| {
            let body = body("city", "bus");
            let key = Some(parties.world.key());
            let path = "/statements".to_owned();
            let question = Question { method: "POST", path, body, idempotency_key: key, ..Question::default() };
            let visitor = Visitor::within(IpAddr::V4(Ipv4Addr::LOCALHOST), Some(by), parties.world.control.now());
            parties.world.control.ask(&visitor, question).is_ok()
        };
        let made = std::thread::scope(|threads| {
            let sides = [&parties.bus, &parties.approver].map(|by| threads.spawn(move || draft(by)));
            sides.map(|side| side.join().unwrap())
        });
        assert_eq!(made.iter().filter(|is_made| **is_made).count(), 1, "{made:?}");
    });
}

#[test]
fn nothing_is_drafted_with_a_grantor_that_was_closed() {
    run(async {
        let parties = Parties::new("drafts-of-closed").await;
        let operator = parties.world.sign_in("olga@avis.lv").await;
        let read = parties.world.get("/parties/town").by(&operator).send().await;
        let mut town = read.json();
        town.as_object_mut().unwrap().remove("code");
        town["state"] = json!("closed");
        let close =
            parties.world.request("PUT", "/parties/town").by(&operator).header("if-match", &read.headers["etag"]);
        close.json(&town).send().await.is_done();
        let body = json!({"grantor": "town", "provider": "bus", "from": "2026-11-01", "until": "2026-11-02"});
        let refused = parties.make(&parties.bus, "/statements", &body).await;
        refused.is(422, "invalid");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/grantor");
    });
}

#[test]
fn a_step_says_why_and_an_administrator_closes_days() {
    run(async {
        let parties = Parties::new("why").await;
        let operator = parties.world.sign_in("olga@avis.lv").await;
        let administrator = parties.world.user(&operator, "bus", Role::Administrator).await;
        let close = parties.world.post("/providers/bus/days/2026-11-18/close").by(&administrator);
        close.json(&json!({})).send().await.is_done();
        parties.get(&administrator, "/providers/bus/days/2026-11-18").await.is_done();
        let path = parties.draft(&parties.bus, "2026-11-01", "2026-11-19").await;
        parties.step(&administrator, &path, "issue", None).await.is(403, "not_your_role");
        let why = |reason: &str| json!({"reason": reason});
        parties.step(&parties.bus, &path, "issue", Some(&why("the month is over"))).await.is_done();
        parties.step(&parties.approver, &path, "agree", Some(&why("as we have it"))).await.is_done();
        let pay = json!({"paid_on": "2026-11-18", "reference": "r", "reason": "by the order of today"});
        let paid = parties.step(&parties.approver, &path, "pay", Some(&pay)).await.json();
        let steps = paid["steps"].as_array().unwrap();
        let told: Vec<&str> = steps.iter().map(|step| step["reason"].as_str().unwrap()).collect();
        assert_eq!(told, ["the month is over", "as we have it", "by the order of today"]);
    });
}
