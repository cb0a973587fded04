//! Settlement through the control plane: contracts by two persons, closed days, statements from draft to payment, reconciliation.

use avis_core::settlement::{SettlementFile, Total, Totals};
use avis_store::records::RecordFilter;
use avis_store::sqlite::SqliteReports;
use avis_store::{Act, Actor, AuditEntry, AuditFilter, Clock, DAY_KIND, Days, DaysError, ToldDay, Whose};
use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::parties::{Parties, on_each_store};
use crate::till::Till;
use crate::world::{Answered, run};

const DAY: Date = Date::constant(2026, 11, 18);

fn cents(of: &Answered, names: [&str; 3]) -> [i64; 3] {
    names.map(|name| of.json()[name].as_i64().unwrap_or_else(|| panic!("{name}: {of:?}")))
}

#[test]
fn a_contract_is_drafted_by_one_and_confirmed_by_another() {
    run(async {
        let parties = Parties::new("contracts").await;
        let body = json!({"provider": "bus", "from": "2026-11-01", "rate": 9500, "rates": {"city-half": 9000},
                          "rounding": "batch", "ceiling": {"per": "month", "amount": 1000}});
        let made = parties.make(&parties.approver, "/contracts", &body).await;
        let path = format!("/contracts/{}", made.id());
        assert_eq!((&made.json()["state"], &made.json()["version"]), (&json!("draft"), &Value::Null));
        parties.get(&parties.bus, &path).await.is(404, "not_found");
        parties.step(&parties.approver, &path, "confirm", None).await.is(403, "own_work");
        let etag = parties.get(&parties.editor, &path).await.headers["etag"].clone();
        let by_editor = parties.world.post(&format!("{path}/confirm")).by(&parties.editor).header("if-match", &etag);
        by_editor.send().await.is(403, "not_your_role");
        let confirmed = parties.step(&parties.other_approver, &path, "confirm", None).await;
        confirmed.is_done();
        assert_eq!((&confirmed.json()["state"], &confirmed.json()["version"]), (&json!("confirmed"), &json!(1)));
        let seen = parties.get(&parties.bus, &path).await;
        assert_eq!(
            (&seen.json()["rates"]["city-half"], &seen.json()["ceiling"]["per"]),
            (&json!(9000), &json!("month"))
        );
        assert_eq!(parties.get(&parties.bus, "/contracts").await.json()["items"].as_array().unwrap().len(), 1);
        parties.step(&parties.approver, &path, "confirm", None).await.is(409, "not_in_this_state");
        assert_eq!(parties.contract(json!({})).await.json()["version"], json!(2));
        for (field, value) in [
            ("rate", json!(10_001)),
            ("from", json!("2026-13-01")),
            ("until", json!("2026-11-01")),
            ("provider", json!("nobody")),
            ("rates", json!({"city-half": -1})),
            ("grantor", json!("town")),
        ] {
            let mut bad = body.clone();
            bad[field] = value;
            parties.make(&parties.editor, "/contracts", &bad).await.is(422, "invalid");
        }
    });
}

#[test]
fn a_closed_day_stays_as_it_is_and_what_comes_late_counts_on_the_next() {
    run(async {
        let parties = Parties::new("days").await;
        let till = Till::new(&parties.world);
        let first = till.sell("2026-11-18T05:00:00Z", 1000).await;
        till.sell("2026-11-18T05:10:00Z", 300).await;
        let open = parties.get(&parties.bus, "/providers/bus/days/2026-11-18").await;
        assert_eq!((&open.json()["state"], &open.json()["ours"]["sale"]["count"]), (&json!("open"), &json!(2)));
        let totals = json!({"sale": {"count": 2, "gross": 1300, "discount": 650, "payable": 651}});
        let closed = parties.close("2026-11-18", Some(&totals)).await;
        let sale = json!({"count": 2, "gross": 1300, "discount": 650, "payable": 650});
        assert_eq!(closed.json()["ours"], json!({"sale": sale}), "{closed:?}");
        assert_eq!(
            (&closed.json()["result"], &closed.json()["difference"]),
            (&json!("out_of_balance"), &json!({"sale": {"payable": 1}}))
        );
        till.refund(first).await;
        till.sell("2026-11-18T05:30:00Z", 200).await;
        let read = parties.get(&parties.bus, "/providers/bus/days/2026-11-18").await;
        assert_eq!(read.text, closed.text, "whatever comes later");
        let again = parties.close("2026-11-18", None).await;
        assert_eq!((&again.json()["already_closed"], &again.json()["ours"]), (&json!(true), &closed.json()["ours"]));
        assert_eq!(again.json()["closed_at"], closed.json()["closed_at"]);
        parties.close("2026-11-19", None).await.is(422, "day_not_begun");
        parties.world.clock.pass(SignedDuration::from_hours(48));
        let bus = parties.world.sign_in_again(&parties.bus).await;
        let ask = || parties.world.post("/providers/bus/days/2026-11-20/close").by(&bus).json(&json!({}));
        let (one, other) = (ask().send().await, ask().send().await);
        assert_eq!((one.status, other.status), (200, 200), "{one:?} {other:?}");
        let next = parties.world.get("/providers/bus/days/2026-11-19").by(&bus).send().await.json();
        let late = json!({"refund": {"count": 1, "gross": -1000, "discount": -500, "payable": -500},
                          "sale": {"count": 1, "gross": 200, "discount": 100, "payable": 100}});
        assert_eq!((&next["state"], &next["ours"], &next["late"]), (&json!("closed"), &late, &late));
        let before = parties.world.get("/providers/bus/days/2026-11-17").by(&bus).send().await.json();
        assert_eq!(
            (&before["state"], &before["ours"]),
            (&json!("closed"), &json!({})),
            "closing a day closed those before"
        );
        let listed = parties.world.get("/providers/bus/days").by(&bus).send().await.json();
        let dates: Vec<&str> =
            listed["items"].as_array().unwrap().iter().map(|day| day["date"].as_str().unwrap()).collect();
        assert_eq!(dates, ["2026-11-18", "2026-11-19", "2026-11-20"]);
    });
}

/// One party disputes a line and agrees in the end; the other one says what the dispute ends in.
async fn a_line_is_disputed_and_the_rest_agreed_to(parties: &Parties, path: &str) {
    parties.step(&parties.bus, path, "agree", None).await.is(403, "not_yours");
    let dispute = json!({"line": 1, "claimed": 500, "reason": "one ticket was never ridden"});
    parties
        .step(&parties.approver, path, "disputes", Some(&json!({"line": 9, "claimed": 1, "reason": "x"})))
        .await
        .is(422, "invalid");
    parties.step(&parties.approver, path, "disputes", Some(&dispute)).await.is_done();
    parties.step(&parties.approver, path, "disputes", Some(&dispute)).await.is(409, "exists");
    parties.step(&parties.approver, path, "agree", None).await.is(409, "not_in_this_state");
    let end = json!({"line": 1, "amount": -15, "reason": "half of it"});
    parties.step(&parties.approver, path, "disputes/end", Some(&end)).await.is(403, "not_yours");
    let ended = parties.step(&parties.bus, path, "disputes/end", Some(&end)).await.json()["disputes"][0].clone();
    assert_eq!((&ended["outcome"], &ended["amount"]), (&json!("adjusted"), &json!(-15)));
    assert!(ended["outcome_by"].is_string() && ended["outcome_by"] != ended["by"], "{ended}");
    assert!(ended["outcome_at"].is_string(), "{ended}");
    let noted = parties.get(&parties.auditor, "/audit?action=statement_dispute_ended").await.json();
    assert_eq!(
        noted["items"][0]["after"]["dispute"], ended,
        "the audit tells the line, what was claimed and what it ended in"
    );
    parties
        .step(&parties.approver, path, "pay", Some(&json!({"paid_on": "2026-11-18", "reference": "r"})))
        .await
        .is(409, "not_in_this_state");
    parties.step(&parties.approver, path, "agree", None).await.is_done();
}

/// The movements of a line, which sum to it, page by page and without whose they were.
async fn a_line_opens_to_its_movements(parties: &Parties, path: &str) {
    let opened = parties.get(&parties.approver, &format!("{path}/lines/1/movements")).await.json();
    let amounts: Vec<i64> =
        opened["items"].as_array().unwrap().iter().map(|moved| moved["amount"].as_i64().unwrap()).collect();
    assert_eq!((amounts.len(), amounts.iter().sum::<i64>()), (2, 650), "a line opens to its movements: {opened}");
    assert!(!opened.to_string().contains("h-1"), "and to nobody who bought: {opened}");
    let first_page = parties.get(&parties.bus, &format!("{path}/lines/1/movements?limit=1")).await.json();
    assert_eq!(first_page["items"], json!([opened["items"][0]]));
    let rest = format!("{path}/lines/1/movements?limit=1&cursor={}", first_page["next"].as_str().unwrap());
    assert_eq!(parties.get(&parties.bus, &rest).await.json()["items"], json!([opened["items"][1]]));
    parties.get(&parties.bus, &format!("{path}/lines/2/movements")).await.is(404, "not_found");
}

fn an_export_knows_that_what_came_back_is_late(parties: &Parties) {
    let exported = parties.world.movements();
    let back = exported.iter().find(|movement| movement.moved.gross < 0).unwrap();
    let dates = [back.natural_date, back.business_date].map(|date| date.to_string());
    assert_eq!((dates, back.is_late()), (["2026-11-18", "2026-11-19"].map(str::to_owned), true));
}

#[test]
fn a_statement_goes_from_a_draft_through_a_dispute_to_its_payment() {
    run(async {
        let parties = Parties::new("statements").await;
        let till = Till::new(&parties.world);
        let first = till.sell("2026-11-17T10:00:00Z", 1000).await;
        till.sell("2026-11-18T05:00:00Z", 300).await;
        parties.contract(json!({"rate": 9000})).await.is_done();
        let path = parties.draft(&parties.bus, "2026-11-01", "2026-11-19").await;
        let draft = parties.get(&parties.approver, &path).await;
        assert_eq!(cents(&draft, ["opening", "total", "balance"]), [0, 585, 585]);
        assert_eq!((&draft.json()["number"], &draft.json()["open_from"]), (&Value::Null, &json!("2026-11-01")));
        parties.step(&parties.bus, &path, "issue", None).await.is(409, "day_is_open");
        parties.close("2026-11-18", None).await.is_done();
        parties.step(&parties.bus, &path, "issue", None).await.is_done();
        let issued = parties.get(&parties.bus, &path).await;
        assert_eq!(cents(&issued, ["number", "total", "balance"]), [1, 585, 585]);
        let sealed = parties.get(&parties.approver, &format!("{path}/sealed")).await.json();
        let book = parties.get(&parties.approver, &format!("{path}/workbook")).await.text;
        assert!(book.starts_with("PK") && book.contains(r#"<t xml:space="preserve">city-half</t>"#), "{book}");
        let csv = sealed["csv"].as_str().unwrap();
        assert!(
            csv.contains(
                "1,city,bus,2026-11-01,2026-11-19,EUR,1,accrued,2026-11,city-half,1,city,city,,1,9000,2,2,6.50,5.85,\n"
            ),
            "{csv}"
        );
        assert_eq!(sealed["hash"], json!(sha256(csv)));
        a_line_opens_to_its_movements(&parties, &path).await;
        // What is given back from the closed days is a correction on the open ones.
        till.refund(first).await;
        assert_eq!(parties.get(&parties.bus, &path).await.text, issued.text, "a closed period never changes");
        an_export_knows_that_what_came_back_is_late(&parties);
        a_line_is_disputed_and_the_rest_agreed_to(&parties, &path).await;
        parties.world.clock.pass(SignedDuration::from_hours(24));
        let (bus, approver) =
            (parties.world.sign_in_again(&parties.bus).await, parties.world.sign_in_again(&parties.approver).await);
        parties.world.post("/providers/bus/days/2026-11-19/close").by(&bus).json(&json!({})).send().await.is_done();
        let next = parties.draft(&approver, "2026-11-19", "2026-11-20").await;
        let unpaid = parties.get(&approver, &next).await;
        assert_eq!(cents(&unpaid, ["opening", "total", "balance"]), [585, -465, 120]);
        let paid = parties
            .step(&approver, &path, "pay", Some(&json!({"paid_on": "2026-11-19", "reference": "order 1"})))
            .await;
        assert_eq!((&paid.json()["state"], &paid.json()["reference"]), (&json!("paid"), &json!("order 1")));
        assert_eq!(paid.json()["steps"].as_array().unwrap().len(), 5);
        let issued = parties.step(&approver, &next, "issue", None).await;
        assert_eq!(cents(&issued, ["number", "opening", "total"]), [2, 0, -465]);
        let parts: Vec<(Value, Value)> = issued.json()["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| (line["part"].clone(), line["note"].clone()))
            .collect();
        assert_eq!(parts, [(json!("correction"), Value::Null), (json!("adjustment"), json!("1/1: half of it"))]);
        // The days of an issued statement are stated for good.
        let again = parties.draft(&bus, "2026-11-18", "2026-11-20").await;
        let overtaken = parties.get(&bus, &again).await.json();
        assert_eq!((&overtaken["refused"]["code"], &overtaken["lines"]), (&json!("period_is_issued"), &json!([])));
        let body = json!({"provider": "bus", "from": "2026-11-19"});
        let made = parties.make(&approver, "/contracts", &body).await;
        let other = parties.world.sign_in_again(&parties.other_approver).await;
        parties.step(&other, &format!("/contracts/{}", made.id()), "confirm", None).await.is(409, "period_is_issued");
    });
}

on_each_store! {
    /// Authorization by authorization while something is not added up yet, and by months once it is.
    async fn a_months_statement_is_the_same_however_it_is_read(parties) {
        let till = Till::new(&parties.world);
        let first = till.sell("2026-11-17T10:00:00Z", 1001).await;
        till.sell("2026-11-18T05:00:00Z", 333).await;
        till.sell("2026-11-18T05:10:00Z", 333).await;
        let second = till.sell("2026-11-18T05:20:00Z", 777).await;
        till.refund(second).await;
        parties.contract(json!({"rate": 3333})).await.is_done();
        parties.world.clock.pass(SignedDuration::from_hours(24 * 15));
        let bus = parties.world.sign_in_again(&parties.bus).await;
        let close = |day: &str| parties.world.post(&format!("/providers/bus/days/{day}/close")).by(&bus).json(&json!({}));
        close("2026-11-30").send().await.is_done();
        let november = parties.draft(&bus, "2026-11-01", "2026-12-01").await;
        let by_rows = parties.get(&bus, &november).await;
        assert_eq!(by_rows.json()["lines"].as_array().unwrap().len(), 1, "{by_rows:?}");
        parties.world.added_up();
        assert_eq!(parties.get(&bus, &november).await.text, by_rows.text);
        let december = parties.draft(&bus, "2026-12-01", "2026-12-05").await;
        assert_eq!(parties.get(&bus, &december).await.json()["refused"]["code"], json!("gap"));
        parties.step(&bus, &november, "issue", None).await.is_done();
        let issued = parties.get(&bus, &november).await.json();
        assert_eq!((&issued["number"], &issued["lines"]), (&json!(1), &by_rows.json()["lines"]));
        till.refund(first).await;
        parties.world.added_up();
        assert_eq!(parties.get(&bus, &november).await.json()["lines"], issued["lines"]);
        let corrected = parties.get(&bus, &december).await.json();
        assert_eq!(corrected["lines"][0]["part"], json!("correction"), "{corrected}");
    }
}

#[test]
fn a_statement_leaves_nothing_out_and_is_of_ones_own_party() {
    run(async {
        let parties = Parties::new("periods").await;
        Till::new(&parties.world).sell("2026-11-17T10:00:00Z", 1000).await;
        let path = parties.draft(&parties.bus, "2026-11-18", "2026-11-19").await;
        assert_eq!(parties.get(&parties.bus, &path).await.json()["refused"]["code"], json!("gap"));
        let listed = parties.world.get("/statements").by(&parties.bus).send().await;
        assert_eq!(listed.json()["items"][0]["state"], json!("draft"));
        let of = |grantor: &str, provider: &str, until: &str| json!({"grantor": grantor, "provider": provider, "from": "2026-11-01", "until": until});
        let with_itself = of("bus", "bus", "2026-11-19");
        for body in [
            with_itself,
            of("town", "tram", "2026-11-19"),
            of("city", "bus", "2026-12-02"),
            of("city", "bus", "2026-11-01"),
        ] {
            parties.make(&parties.bus, "/statements", &body).await.is(422, "invalid");
        }
        let removed = parties.world.request("DELETE", &path).by(&parties.bus).header("if-match", "\"1\"").send().await;
        assert_eq!(removed.status, 204);
        parties.get(&parties.bus, &path).await.is(404, "not_found");
    });
}

#[test]
fn a_file_or_lines_are_held_against_the_ledger_and_findings_are_resolved() {
    run(async {
        let parties = Parties::new("reconciling").await;
        let till = Till::new(&parties.world);
        let known = till.sell("2026-11-18T05:00:00Z", 1000).await;
        till.sell("2026-11-18T05:10:00Z", 300).await;
        let profile = json!({"columns": {"occurred_at": "Laiks", "external_id": "Bons", "terminal": "Kase", "discount": "Atlaide",
                                         "authorization_id": "Darījums"},
                             "decimal": ",", "dates": ["DD.MM.YYYY HH:mm:ss"]});
        let file = format!(
            "Laiks;Bons;Kase;Atlaide;Darījums\n18.11.2026 05:00:01;T1;desk;4,00;{known}\n18.11.2026 05:10:02;T2;desk;1,50;\n\
             18.11.2026 06:00:00;T3;desk;2,00;\n18.11.2026 06:00:00;T4;desk;?;\n"
        );
        let body = json!({"from": "2026-11-18", "until": "2026-11-19", "file": file, "profile": profile});
        let path = "/providers/bus/reconciliations";
        let made = parties.make(&parties.bus, path, &body).await;
        assert_eq!(made.json()["summary"], json!({"amount_differs": 1, "matched": 1, "missing_here": 1}), "{made:?}");
        assert_eq!(
            (&made.json()["theirs"], &made.json()["ours"]),
            (&json!({"discount": 750}), &json!({"discount": 650}))
        );
        assert_eq!((&made.json()["bad_count"], &made.json()["bad_rows"][0]["line"]), (&json!(1), &json!(5)));
        let again = parties.make(&parties.bus, path, &body).await;
        assert_eq!(again.text, made.text, "the same file is the run that is there");
        let run = format!("/reconciliations/{}", made.id());
        let findings = || async {
            parties.get(&parties.bus, &format!("{run}/findings")).await.json()["items"].as_array().unwrap().clone()
        };
        let missing = findings().await.into_iter().find(|finding| finding["status"] == "missing_here").unwrap();
        assert_eq!((missing["lines"].clone(), findings().await.len()), (json!([4]), 2));
        let resolve = format!("{run}/findings/{}/resolve", missing["key"].as_str().unwrap());
        let resolved = |body: Value| parties.world.post(&resolve).by(&parties.bus).json(&body).send();
        resolved(json!({"action": "ignore"})).await.is(422, "invalid");
        let done = resolved(json!({"action": "ignore", "reason": "a test ticket"})).await;
        assert_eq!(
            (&done.json()["status"], &done.json()["resolution"]["prior"]),
            (&json!("resolved"), &json!("missing_here"))
        );
        // It holds for another run over the same days, and until it is opened again.
        let mut anew = body.clone();
        anew["again"] = json!(true);
        let other = parties.make(&parties.bus, path, &anew).await;
        assert_ne!(other.id(), made.id());
        let listed = parties.get(&parties.bus, &format!("/reconciliations/{}/findings", other.id())).await.json();
        assert!(listed["items"].as_array().unwrap().iter().any(|finding| finding["status"] == "resolved"), "{listed}");
        let other = |key: &str| format!("/reconciliations/{}/findings/{key}/resolve", other.id());
        let reopened = other(missing["key"].as_str().unwrap());
        let open = parties.world.post(&reopened).by(&parties.bus).json(&json!({"action": "reopen"})).send().await;
        assert_eq!(open.json()["status"], json!("missing_here"));
        let none = other(&"0".repeat(64));
        parties.world.post(&none).by(&parties.bus).json(&json!({"action": "accept"})).send().await.is(404, "not_found");
        let lines = json!([{"occurred_at": "2026-11-18T05:00:00.5Z", "terminal": "desk", "discount": 500, "gross": 1000},
                           {"occurred_at": "2026-11-18T05:10:00Z", "terminal": "desk", "discount": 150, "gross": 300}]);
        let of_lines = json!({"from": "2026-11-18", "until": "2026-11-19", "lines": lines});
        let made = parties.make(&parties.bus, path, &of_lines).await;
        assert_eq!(made.json()["summary"], json!({"matched": 2}), "{made:?}");
        parties.get(&parties.approver, &run).await.is(404, "not_found");
    });
}

#[test]
fn what_cannot_be_reconciled_is_refused() {
    run(async {
        let parties = Parties::new("not-reconciled").await;
        let lines = json!([{"occurred_at": "2026-11-18T05:10:00Z", "discount": 150}]);
        let profile =
            json!({"columns": {"occurred_at": "Laiks", "discount": "Atlaide"}, "dates": ["DD.MM.YYYY HH:mm:ss"]});
        for bad in [
            json!({"from": "2026-11-18", "until": "2026-11-19"}),
            json!({"from": "2026-11-18", "until": "2026-11-19", "lines": lines, "file": "x"}),
            json!({"from": "2026-11-18", "until": "2026-11-18", "lines": lines}),
            json!({"from": "2026-11-18", "until": "2026-11-19", "file": "x", "profile": {"columns": {}}}),
            json!({"from": "2026-11-18", "until": "2026-11-19", "file": "Laiks\n", "profile": profile}),
        ] {
            parties.make(&parties.bus, "/providers/bus/reconciliations", &bad).await.is(422, "invalid");
        }
        let listed = parties.get(&parties.bus, "/providers/bus/reconciliations").await.json();
        assert_eq!(listed["items"], json!([]), "and nothing is kept of it");
    });
}

on_each_store! {
    /// What the control plane seals is what both sides make of an export, and days and reconciliation show the same total.
    async fn what_is_issued_is_what_the_exported_movements_come_to(parties) {
        let till = Till::new(&parties.world);
        let mut sold = Vec::new();
        for number in 0..20_i64 {
            let at = format!("2026-11-{:02}T10:00:00Z", 1 + number % 17);
            sold.push(till.sell(&at, 101 + 37 * number).await);
        }
        for authorization in sold.into_iter().step_by(3) {
            till.refund(authorization).await;
        }
        let terms = json!({"rate": 3333, "ceiling": {"per": "month", "amount": 300}});
        parties.contract(terms.clone()).await.is_done();
        parties.close("2026-11-18", None).await.is_done();
        let path = parties.draft(&parties.bus, "2026-11-01", "2026-11-19").await;
        let issued = parties.step(&parties.bus, &path, "issue", None).await.json();
        let mut contract = json!({"grantor": "city", "provider": "bus", "version": 1, "from": "2026-11-01"});
        contract.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
        let file = json!({"currency": "EUR", "contracts": [contract], "statements": [{
            "grantor": "city", "provider": "bus", "from": "2026-11-01", "until": "2026-11-19", "issued_on": "2026-11-18"}]});
        let file = SettlementFile::from_json(file.to_string().as_bytes()).unwrap();
        let (mut settling, mut borne) = (file.settling(), 0);
        for movement in parties.world.movements() {
            borne += movement.moved.discount;
            settling.add(&movement).unwrap();
        }
        let by_file = settling.statements().unwrap().remove(0).sealed("EUR");
        let sealed = parties.get(&parties.bus, &format!("{path}/sealed")).await.json();
        assert_eq!((&sealed["csv"], &sealed["hash"]), (&json!(by_file.csv), &json!(by_file.hash)));
        let lines = issued["lines"].as_array().unwrap();
        assert_eq!(lines.iter().map(|line| line["amount"].as_i64().unwrap()).sum::<i64>(), borne);
        assert!(lines.iter().any(|line| line["part"] == "ceiling"), "{issued}");
        let mut closed = 0;
        for day in 1..=18 {
            let day = parties.get(&parties.bus, &format!("/providers/bus/days/2026-11-{day:02}")).await.json();
            let kinds = day["ours"].as_object().unwrap().values();
            closed += kinds.map(|total| total["discount"].as_i64().unwrap()).sum::<i64>();
        }
        assert_eq!(closed, borne);
        assert_eq!(parties.world.stores.sum("amount", "entry"), borne, "as an independent sum");
        let figures = parties.get(&parties.editor, "/reports/figures?from=2026-11-01&until=2026-11-19").await.json();
        assert_eq!(figures["items"][0]["discount"], json!(borne), "{figures}");
        let nothing = json!([{"occurred_at": "2026-11-18T00:00:00Z", "discount": 0}]);
        let body = json!({"from": "2026-11-01", "until": "2026-11-19", "lines": nothing});
        let reconciled = parties.make(&parties.bus, "/providers/bus/reconciliations", &body).await.json();
        assert_eq!(reconciled["ours"], json!({"discount": borne}));
    }
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_terminal_closes_its_own_day_and_what_comes_later_counts_on_its_next() {
    run(async {
        let parties = Parties::new("terminal-days").await;
        let (world, till) = (&parties.world, Till::new(&parties.world));
        let reports = SqliteReports::new(&world.folder.file(""));
        let desk = Whose { provider: "bus", terminal: Some("desk") };
        let entry =
            |_: &str, _: &ToldDay| AuditEntry::new(world.clock.now(), Act::new(Actor::machine("desk"), "day_closed"));
        let days = || Days {
            registry: &*world.registry,
            reports: &reports,
            day: world.clock.service_day().clone(),
            now: world.clock.now(),
        };
        let close = |theirs: Option<&Totals>| days().close(desk, DAY, theirs, ("desk", &entry)).unwrap();
        till.sell("2026-11-18T05:00:00Z", 1_000).await;
        let total = Total { count: 1, gross: 1_000, discount: 500, payable: 500 };
        let theirs = Totals::from([("sale".to_owned(), total)]);
        let closed = close(Some(&theirs)).shown(desk);
        assert_eq!([&closed["result"], &closed["terminal"]], ["in_balance", "desk"]);
        // It sells on; the provider's own day is open, and has what the terminal's has.
        till.sell("2026-11-18T05:30:00Z", 300).await;
        assert_eq!(days().read(desk, DAY).unwrap().shown(desk), closed, "for ever");
        let open = parties.get(&parties.bus, "/providers/bus/days/2026-11-18").await.json();
        assert_eq!((&open["state"], &open["ours"]["sale"]["count"]), (&json!("open"), &json!(1)));
        let again = close(None).shown(desk);
        assert_eq!((&again["already_closed"], &again["result"]), (&json!(true), &json!("totals")));
        let to_come = days().read(desk, DAY.tomorrow().unwrap()).unwrap_err();
        assert!(matches!(to_come, DaysError::NotBegun(_)), "{to_come}");
        world.clock.pass(SignedDuration::from_hours(24));
        let next = days().read(desk, DAY.tomorrow().unwrap()).unwrap().shown(desk);
        assert_eq!(
            (&next["ours"], &next["late"]),
            (&next["late"], &json!({"sale": {"count": 1, "gross": 300, "discount": 150, "payable": 150}}))
        );
        // Another terminal has its day until the provider closes it for all.
        let office = Whose { terminal: Some("office"), ..desk };
        assert_eq!(days().read(office, DAY).unwrap().closed_at, None);
        let of_all = days().close(Whose { terminal: None, ..desk }, DAY, None, ("bus", &entry)).unwrap();
        assert_eq!(days().read(office, DAY).unwrap().closed_at, of_all.closed_at);
        assert_eq!(days().read(desk, DAY).unwrap().shown(desk), closed);
    });
}

#[test]
fn a_day_that_nobody_closes_closes_by_itself_once() {
    run(async {
        let parties = Parties::new("overdue-days").await;
        let (world, till) = (&parties.world, Till::new(&parties.world));
        till.sell("2026-11-18T05:00:00Z", 1_000).await;
        let nodes: Vec<_> = std::iter::repeat_with(|| world.another_node()).take(3).collect();
        let look = || {
            std::thread::scope(|scope| {
                nodes.iter().for_each(|node| drop(scope.spawn(|| node.close_overdue_days(7))));
            });
        };
        world.clock.pass(SignedDuration::from_hours(7 * 24));
        look();
        let last_day = || {
            let filter = RecordFilter { kind: DAY_KIND, owner: Some("bus"), ..RecordFilter::default() };
            world.registry.records(&filter, 100).unwrap().last().map(|record| record.key.clone())
        };
        let of_bus = |date: &str| Some(format!("bus/{date}"));
        assert_eq!(last_day(), of_bus("2026-10-31"), "the seventh day after its end is not over");
        world.clock.pass(SignedDuration::from_hours(24));
        look();
        assert_eq!(last_day(), of_bus("2026-11-18"));
        let filter = AuditFilter { actions: vec!["day_closed".to_owned()], ..AuditFilter::default() };
        let entries = world.registry.entries(&filter, 10).unwrap();
        let objects = entries.iter().filter_map(|kept| kept.entry.act.object.as_ref());
        let closes = objects.filter(|object| Some(object.key.clone()) == last_day());
        assert_eq!(closes.count(), 1, "of several nodes one closed it");
        world.clock.pass(SignedDuration::from_hours(11 * 24));
        look();
        assert_eq!(last_day(), of_bus("2026-11-18"), "days on which nothing was sold wait for the end of their month");
        world.clock.pass(SignedDuration::from_hours(24));
        look();
        // The 8th of December: November has ended a week ago.
        assert_eq!(last_day(), of_bus("2026-11-30"));
    });
}
