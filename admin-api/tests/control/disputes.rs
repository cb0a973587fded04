//! Lines of issued statements: opened to their movements page by page, disputed by findings, and paid.

use avis_store::Clock as _;
use serde_json::{Value, json};

use crate::parties::{Parties, on_each_store};
use crate::till::Till;
use crate::world::{Answered, run};

/// All movements of a line, so many a page.
async fn opened(parties: &Parties, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = parties.get(&parties.bus, &format!("{path}/movements?limit={limit}{cursor}")).await.json();
        items.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

/// The statement of the days until the 18th, which the city issued.
async fn issued(parties: &Parties) -> String {
    parties.close("2026-11-18", None).await.is_done();
    let path = parties.draft(&parties.approver, "2026-11-01", "2026-11-19").await;
    parties.step(&parties.approver, &path, "issue", None).await.is_done();
    path
}

on_each_store! {
    async fn a_line_opens_to_all_its_movements_however_many_stand_on_a_page(parties) {
        let till = Till::new(&parties.world);
        let many = till.sell_units("2026-11-18T05:00:00Z", 200, 14).await;
        for _ in 0..12 {
            till.refund_unit(many).await;
        }
        till.sell("2026-11-18T05:10:00Z", 300).await;
        parties.contract(json!({})).await.is_done();
        let statement = issued(&parties).await;
        let amount = parties.get(&parties.bus, &statement).await.json()["lines"][0]["amount"].as_i64();
        let path = format!("{statement}/lines/1");
        let whole = opened(&parties, &path, 200).await;
        assert_eq!(whole.len(), 14, "a sale with its refunds, and another");
        assert_eq!(whole.iter().map(|moved| moved["amount"].as_i64().unwrap()).sum::<i64>(), amount.unwrap());
        for limit in [1, 5, 13] {
            assert_eq!(opened(&parties, &path, limit).await, whole, "{limit} a page");
        }
    }
}

/// A sale of which the provider has 50 cents more of discount.
async fn differing(parties: &Parties, sold: &[&str]) -> (String, Vec<Value>) {
    let line = |at: &&str| json!({"occurred_at": at, "terminal": "desk", "gross": 1_000, "discount": 550});
    let lines: Vec<Value> = sold.iter().map(line).collect();
    let body = json!({"from": "2026-11-17", "until": "2026-11-19", "lines": lines});
    let run = parties.make(&parties.bus, "/providers/bus/reconciliations", &body).await;
    let path = format!("/reconciliations/{}/findings", run.id());
    let found = parties.get(&parties.bus, &path).await.json()["items"].as_array().unwrap().clone();
    assert!(found.iter().all(|finding| finding["status"] == "amount_differs"), "{found:?}");
    assert_eq!(found.len(), sold.len(), "{found:?}");
    (path, found)
}

async fn resolve(parties: &Parties, path: &str, finding: &Value, action: &str) -> Answered {
    let path = format!("{path}/{}/resolve", finding["key"].as_str().unwrap());
    let body = json!({"action": action, "reason": "the till gave more"});
    parties.world.post(&path).by(&parties.bus).json(&body).send().await
}

/// Lines with what they should say, of those that are disputed.
async fn claimed(parties: &Parties, statement: &str) -> Vec<(Value, Value)> {
    let shown = parties.get(&parties.bus, statement).await.json();
    let disputes = shown["disputes"].as_array().unwrap();
    disputes.iter().map(|dispute| (dispute["line"].clone(), dispute["claimed"].clone())).collect()
}

on_each_store! {
    /// Two lines are alike but for the contract: of the day before it changed, and of the day after.
    async fn a_finding_is_disputed_in_the_line_of_its_own_contract(parties) {
        let till = Till::new(&parties.world);
        let sold = ["2026-11-17T05:00:00Z", "2026-11-18T05:00:00Z"];
        for at in sold {
            till.sell(at, 1_000).await;
        }
        parties.contract(json!({"rate": 9_000})).await.is_done();
        parties.contract(json!({"rate": 4_000, "from": "2026-11-18"})).await.is_done();
        let (path, found) = differing(&parties, &sold).await;
        let line = |finding: &&Value| finding["lines"][0].as_u64();
        let (first, second) = (found.iter().min_by_key(line).unwrap(), found.iter().max_by_key(line).unwrap());
        resolve(&parties, &path, first, "dispute").await.is_done();
        let statement = issued(&parties).await;
        assert_eq!(claimed(&parties, &statement).await, [(json!(1), json!(450 + 45))], "what waited");
        resolve(&parties, &path, second, "dispute").await.is_done();
        let both = [(json!(1), json!(450 + 45)), (json!(2), json!(200 + 20))];
        assert_eq!(claimed(&parties, &statement).await, both, "and what is disputed of an issued one");
    }
}

on_each_store! {
    async fn findings_of_one_line_are_disputed_each_and_withdrawn_until_they_are_answered(parties) {
        let till = Till::new(&parties.world);
        let sold = ["2026-11-18T05:00:00Z", "2026-11-18T05:30:00Z"];
        for at in sold {
            till.sell(at, 1_000).await;
        }
        parties.contract(json!({"rate": 9_000})).await.is_done();
        let (path, found) = differing(&parties, &sold).await;
        let statement = issued(&parties).await;
        for finding in &found {
            resolve(&parties, &path, finding, "dispute").await.is_done();
        }
        assert_eq!(claimed(&parties, &statement).await, [(json!(1), json!(900 + 90))]);
        resolve(&parties, &path, &found[0], "dispute").await.is(409, "exists");
        resolve(&parties, &path, &found[0], "reopen").await.is_done();
        let shown = parties.get(&parties.approver, &statement).await.json();
        assert_eq!(claimed(&parties, &statement).await, [(json!(1), json!(900 + 45))], "{shown}");
        assert_eq!(shown["disputes"][0]["claims"].as_array().map(Vec::len), Some(1), "{shown}");
        assert_eq!(shown["steps"].as_array().unwrap().last().unwrap()["step"], json!("dispute_withdrawn"));
        resolve(&parties, &path, &found[1], "accept").await.is_done();
        assert_eq!(claimed(&parties, &statement).await, [], "who accepts what stands does not dispute it");
        resolve(&parties, &path, &found[0], "dispute").await.is_done();
        assert_eq!(claimed(&parties, &statement).await, [(json!(1), json!(900 + 45))]);
        let end = json!({"line": 1, "reason": "the till is right"});
        parties.step(&parties.approver, &statement, "disputes/end", Some(&end)).await.is_done();
        resolve(&parties, &path, &found[0], "reopen").await.is_done();
        assert_eq!(claimed(&parties, &statement).await.len(), 1, "what was answered stands");
        resolve(&parties, &path, &found[0], "dispute").await.is(409, "exists");
    }
}

#[test]
fn a_statement_is_paid_on_a_day_since_it_was_issued_under_any_reference() {
    run(async {
        let parties = Parties::new("paid").await;
        Till::new(&parties.world).sell("2026-11-18T05:00:00Z", 1_000).await;
        parties.contract(json!({})).await.is_done();
        let statement = issued(&parties).await;
        parties.step(&parties.bus, &statement, "agree", None).await.is_done();
        let today = parties.world.clock.now().to_string();
        assert!(today.starts_with("2026-11-18"), "{today}");
        let pay = async |on: &str, reference: &str| {
            let body = json!({"paid_on": on, "reference": reference});
            parties.step(&parties.approver, &statement, "pay", Some(&body)).await
        };
        for on in ["1900-01-01", "2026-11-17", "2026-11-19", "9999-12-31"] {
            let refused = pay(on, "r").await;
            refused.is(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], json!("/paid_on"), "{refused:?}");
        }
        pay("2026-11-18", "for 010190-12345").await.is(422, "looks_like_an_identifier");
        let paid = pay("2026-11-18", "MU 20261128001").await;
        assert_eq!(paid.json()["reference"], json!("MU 20261128001"), "{paid:?}");
    });
}

#[test]
fn a_day_has_one_address_and_totals_are_exact() {
    run(async {
        let parties = Parties::new("strict-days").await;
        parties.get(&parties.bus, "/providers/bus/days/20261118").await.is(404, "not_found");
        parties.get(&parties.bus, "/providers/bus/days/2026-11-18").await.is_done();
        for (name, value) in [("count", i64::MIN), ("gross", i64::MAX), ("payable", 9_007_199_254_740_992)] {
            let refused = parties.close("2026-11-18", Some(&json!({"sale": {name: value}}))).await;
            refused.is(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], json!(format!("/totals/sale/{name}")));
        }
        let open = parties.get(&parties.bus, "/providers/bus/days/2026-11-18").await.json();
        assert_eq!(open["state"], json!("open"));
        parties.close("2026-11-18", Some(&json!({"sale": {"gross": 9_007_199_254_740_991_i64}}))).await.is_done();
    });
}

/// A file with a byte order mark, and one with a letter that no text has.
#[test]
fn a_text_in_a_body_is_read_as_one_that_is_uploaded() {
    run(async {
        let parties = Parties::new("texts-in-bodies").await;
        Till::new(&parties.world).sell("2026-11-18T05:00:00Z", 1_000).await;
        let profile = |encoding: &str| {
            json!({"dates": ["YYYY-MM-DDTHH:mmZ"], "delimiter": ";", "encoding": encoding,
                   "columns": {"occurred_at": "Laiks", "discount": "Atlaide ā"}})
        };
        let body = |file: &str, encoding: &str| json!({"from": "2026-11-18", "until": "2026-11-19", "file": file, "profile": profile(encoding)});
        let text = "\u{feff}Laiks;Atlaide ā\n2026-11-18T05:00Z;5.00\n";
        for encoding in ["auto", "utf-8", "windows-1257"] {
            let run = parties.make(&parties.bus, "/providers/bus/reconciliations", &body(text, encoding)).await;
            assert_eq!(run.json()["summary"], json!({"matched": 1}), "{encoding}: {run:?}");
        }
        let text = text.replace("5.00", "5.00\0");
        let refused = parties.make(&parties.bus, "/providers/bus/reconciliations", &body(&text, "auto")).await;
        refused.is(422, "invalid");
    });
}
