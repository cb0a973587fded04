//! What went wrong in public with other systems: the cases of `engine/core/tests/data/public_cases/` by the program, and those that need
//! a ledger to be told right: refunds, holds, repeats, and what is revoked.

use std::path::Path;
use std::sync::Barrier;

use avis_core::mismatches;
use avis_testing::eventually;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::deployment::new_id;
use crate::program::{Answer, Folder, Server, avis};

const TILL: &str = "avis_public_case_key_1";

/// A shop that gives some benefits to everybody, in a folder of its own.
struct Shop {
    folder: String,
    files: Folder,
    server: Server,
}

fn benefit(code: &str, more: &Value) -> Value {
    let mut benefit = json!({
        "code": code, "version": 1, "grantor": "city", "name": {"lv": code, "en": code}, "priority": 100,
        "scope": {"providers": {"all": true}},
    });
    benefit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    benefit
}

fn request(lines: &Value) -> Value {
    json!({"request_id": new_id(), "occurred_at": Timestamp::now(), "channel": "till", "currency": "EUR", "lines": lines})
}

fn line(id: &str, product: &str, quantity: i64, unit_price: i64) -> Value {
    json!({"line_id": id, "product": product, "quantity": quantity, "unit_price": unit_price})
}

impl Shop {
    fn open(test: &str, benefits: &[Value], holders: &Value) -> Self {
        let files = Folder::new(test);
        let folder = format!("{}/avis", files.path());
        let catalogue = json!({"currency": "EUR", "providers": [{"code": "shop", "tags": []}], "benefits": benefits});
        let terminal =
            json!({"terminal": "till", "provider": "shop", "key": TILL, "channels": ["till"], "schemes": ["etalons"]});
        let catalogue = files.write("catalogue.json", &catalogue);
        let (holders, terminals) = (
            files.write_lines("holders.ndjson", holders),
            files.write("terminals.json", &json!({"terminals": [terminal]})),
        );
        let sources = ["--catalogue", &catalogue, "--holders", &holders, "--terminals", &terminals];
        let ran = avis(&[&["import", "--folder", &folder], &sources[..]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let server = Server::serve_as_it_is(&folder);
        Self { folder, files, server }
    }

    fn sell(&self, request: &Value) -> Answer {
        self.server.send(TILL, "/v1/authorizations", request.to_string())
    }

    fn operate(&self, id: &str, operation: &str, body: &Value) -> Answer {
        self.server.send(TILL, &format!("/v1/authorizations/{id}/{operation}"), body.to_string())
    }

    fn refund(&self, id: &str, line: &str, units: i64) -> Answer {
        let lines = json!([{"line_id": line, "units": units}]);
        self.operate(id, "refunds", &json!({"request_id": new_id(), "lines": lines}))
    }

    fn refused(answer: &Answer, status: u16, code: &str) {
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{}", answer.text);
    }
}

fn id_of(answer: &Answer) -> String {
    answer.json()["authorization_id"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned()
}

/// Runs one run of a case, and says where it differs from what is expected.
fn differences(case: &Path, provider: &Value, run: &Value) -> Vec<String> {
    let file = |what: &str, usual: &str| case.join(run[what].as_str().unwrap_or(usual)).to_str().unwrap().to_owned();
    let (catalogue, holders) = (file("catalogue", "catalogue.json"), file("holders", "holders.ndjson"));
    let requests = file("requests", "requests.ndjson");
    let sources = ["--catalogue", &catalogue, "--holders", &holders, "--requests", &requests];
    let ran = avis(&[&["decide", "--provider", provider.as_str().unwrap()], &sources[..]].concat());
    let mut found = Vec::new();
    if i64::from(ran.code) != run["exit"].as_i64().unwrap_or(0) {
        found.push(format!("exit {}: {}", ran.code, ran.err));
    }
    let said = run["stderr_has"].as_array().into_iter().flatten().map(|words| words.as_str().unwrap());
    found.extend(said.filter(|words| !ran.err.contains(words)).map(|words| format!("no `{words}` in {}", ran.err)));
    let Some(expected) = run["answers"].as_array() else { return found };
    let answers = ran.answers();
    if answers.len() != expected.len() {
        found.push(format!("{} answers, not {}", answers.len(), expected.len()));
    }
    let compared = expected.iter().zip(&answers).zip(1..);
    found.extend(compared.flat_map(|((expected, answer), number)| {
        mismatches(expected, answer).into_iter().map(move |mismatch| format!("answer {number}: {mismatch:?}"))
    }));
    found
}

#[test]
fn each_case_comes_out_by_the_program() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/core/tests/data/public_cases");
    let (mut wrong, mut ran) = (Vec::new(), 0);
    for case in cases.read_dir().unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let expected: Value =
            serde_json::from_str(&std::fs::read_to_string(case.join("expected.json")).unwrap()).unwrap();
        let runs = expected.get("runs").map_or(std::slice::from_ref(&expected), |runs| runs.as_array().unwrap());
        for run in runs {
            let found = differences(&case, &expected["provider"], run);
            wrong.extend(found.iter().map(|found| format!("{} {}: {found}", case.display(), run["name"])));
            ran += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ran > 50, "{ran}");
}

/// Case 4, woocommerce/woocommerce#64668: a full refund came to a cent more than was paid, and was blocked.
#[test]
fn units_given_back_one_by_one_come_to_what_was_paid() {
    let shop =
        Shop::open("public-4", &[benefit("quarter", &json!({"effect": {"percent": {"rate": 2_500}}}))], &json!([]));
    for (lines, paid) in [
        (json!([line("1", "x", 10, 2390)]), 17_925),
        (json!([line("1", "a", 1, 1349), line("2", "b", 1, 1449)]), 2_099),
        (json!([line("1", "x", 7, 1449)]), 7_607),
    ] {
        let sold = shop.sell(&request(&lines));
        assert_eq!(sold.json()["payable"], paid, "{}", sold.text);
        let (mut back, mut discount, mut state) = (0, 0, Value::Null);
        for line in lines.as_array().unwrap() {
            for _ in 0..line["quantity"].as_i64().unwrap() {
                let given = shop.refund(&id_of(&sold), line["line_id"].as_str().unwrap(), 1);
                assert_eq!(given.status, 200, "{}", given.text);
                let moved = &given.json()["operation"]["lines"][0];
                back += moved["payable"].as_i64().unwrap();
                discount += moved["gross"].as_i64().unwrap() - moved["payable"].as_i64().unwrap();
                state = given.json()["state"].clone();
            }
        }
        assert_eq!((back, json!(discount), state), (paid, sold.json()["discount"].clone(), json!("refunded")));
        Shop::refused(&shop.refund(&id_of(&sold), "1", 1), 409, "not_in_state");
    }
}

/// Case 11, solidusio/solidus#512: one item of an order with a discount on all of it.
#[test]
fn a_refund_under_an_orders_discount_leaves_the_others_their_prices() {
    let ten = benefit(
        "ten",
        &json!({"effect": {"percent": {"rate": 1_000}}, "scope": {"providers": {"all": true}, "products": ["a"]}}),
    );
    let off = json!({"amount_off": {"amount": 7_000, "per": "basket"}});
    let seventy = benefit("seventy", &json!({"effect": off, "scope": {"providers": {"all": true}, "products": ["b"]}}));
    let shop = Shop::open("public-11", &[ten, seventy], &json!([]));
    let left = |answer: &Answer| -> Vec<i64> {
        answer.json()["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["left"]["payable"].as_i64().unwrap())
            .collect()
    };
    let sold = shop.sell(&request(&json!([line("1", "a.x", 1, 600), line("2", "a.y", 1, 400)])));
    assert_eq!(sold.json()["payable"], 900);
    let back = shop.refund(&id_of(&sold), "1", 1);
    assert_eq!((&back.json()["operation"]["lines"][0]["payable"], left(&back)), (&json!(540), vec![0, 360]));
    let sold = shop.sell(&request(&json!([
        line("1", "b.x", 1, 25_000),
        line("2", "b.y", 1, 20_000),
        line("3", "b.z", 1, 10_000)
    ])));
    let split: Vec<_> = sold.json()["lines"].as_array().unwrap().iter().map(|line| line["payable"].clone()).collect();
    assert_eq!((&sold.json()["payable"], split), (&json!(48_000), vec![json!(21_818), json!(17_455), json!(8_727)]));
    let back = shop.refund(&id_of(&sold), "2", 1);
    assert_eq!(
        (&back.json()["operation"]["lines"][0]["payable"], left(&back)),
        (&json!(17_455), vec![21_818, 0, 8_727])
    );
}

/// Case 27, magento/magento2#6364: a coupon of one use was used twice.
#[test]
fn one_coupon_at_thirty_tills_is_given_once() {
    let limit = json!([{"scope": "benefit", "measure": "uses", "window": {"lifetime": {}}, "max": 1}]);
    let once = benefit("one-use", &json!({"effect": {"percent": {"rate": 5_000}}, "limits": limit}));
    let shop = Shop::open("public-27", &[once], &json!([]));
    let all_at_once = || -> Vec<Answer> {
        let together = Barrier::new(30);
        let till = |number: usize| {
            let mut sale = request(&json!([line("1", "x", 1, 1_000)]));
            sale["mode"] = json!(if number.is_multiple_of(2) { "sale" } else { "hold" });
            together.wait();
            shop.sell(&sale)
        };
        std::thread::scope(|scope| {
            let tills: Vec<_> = (0..30).map(|number| scope.spawn(move || till(number))).collect();
            tills.into_iter().map(|till| till.join().unwrap()).collect()
        })
    };
    let won = |answers: &[Answer]| -> Vec<String> {
        let declined = answers.iter().filter(|answer| answer.json()["outcome"] == "declined");
        assert!(declined.clone().all(|answer| answer.json()["reasons"] == json!(["limit_reached"])));
        assert_eq!(declined.count(), 29);
        answers.iter().filter(|answer| answer.json()["outcome"] == "approved").map(id_of).collect()
    };
    let first = won(&all_at_once());
    assert_eq!(first.len(), 1);
    let called_off = shop.operate(&first[0], "void", &json!({"request_id": new_id()}));
    assert_eq!((called_off.status, &called_off.json()["state"]), (200, &json!("voided")), "{}", called_off.text);
    assert_eq!(won(&all_at_once()).len(), 1, "the next one gets it");
}

/// Case 28, Mangopay and juspay/hyperswitch#13853: equal refunds that were taken for one, and a void that was done twice.
#[test]
fn equal_refunds_are_two_and_a_repeat_is_one() {
    let shop =
        Shop::open("public-28", &[benefit("half", &json!({"effect": {"percent": {"rate": 5_000}}}))], &json!([]));
    let sold = id_of(&shop.sell(&request(&json!([line("1", "x", 5, 1_000)]))));
    let refund = |id: &str, units: i64| {
        shop.operate(&sold, "refunds", &json!({"request_id": id, "lines": [{"line_id": "1", "units": units}]}))
    };
    let ids = [new_id(), new_id()];
    let (first, second, again) = (refund(&ids[0], 1), refund(&ids[1], 1), refund(&ids[0], 1));
    for answer in [&first, &second] {
        assert_eq!(answer.json()["operation"]["lines"][0]["payable"], 500, "{}", answer.text);
    }
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (first.text.as_str(), "true"));
    assert_eq!(second.json()["lines"][0]["left"]["payable"], 1_500);
    Shop::refused(&refund(&ids[0], 2), 409, "request_id_reused");
    assert!([409, 422].contains(&refund(&new_id(), 4).status), "more than is left");
    let void = |id: &str| shop.operate(id, "void", &json!({"request_id": new_id()}));
    Shop::refused(&void(&sold), 409, "not_in_state");
    let sold = id_of(&shop.sell(&request(&json!([line("1", "x", 1, 1_000)]))));
    assert_eq!(void(&sold).json()["state"], "voided");
    Shop::refused(&void(&sold), 409, "not_in_state");
    Shop::refused(&shop.refund(&sold, "1", 1), 409, "not_in_state");
    let mut hold = request(&json!([line("1", "x", 3, 1_000)]));
    hold["mode"] = json!("hold");
    let held = id_of(&shop.sell(&hold));
    let lines = json!([{"line_id": "1", "units": 1}]);
    let captured = shop.operate(&held, "capture", &json!({"request_id": new_id(), "lines": lines}));
    let said = captured.json();
    assert_eq!(
        (&said["state"], &said["lines"][0]["left"]["payable"]),
        (&json!("captured"), &json!(500)),
        "{}",
        captured.text
    );
    assert_eq!(shop.operate(&held, "capture", &json!({"request_id": new_id()})).status, 409, "the rest is released");
    assert!([409, 422].contains(&shop.refund(&held, "1", 2).status), "more than was captured");
    assert_eq!(shop.refund(&held, "1", 1).json()["state"], "refunded");
}

/// Case 29, Unleash/unleash-edge#1875: what was revoked came back with a restart.
#[test]
fn what_is_revoked_or_blocked_stays_so_through_restarts_and_crashes() {
    let when = json!({"identifier": {"schemes": ["etalons"]}});
    let half = benefit("half", &json!({"effect": {"percent": {"rate": 5_000}}, "when": when}));
    let card = |status: &str| json!([{"holder": "h", "identifiers": [{"scheme": "etalons", "value": "E1", "status": status}]}]);
    let Shop { folder, files, mut server } = Shop::open("public-29", &[half], &card("active"));
    let quote = |server: &Server, key: &str, min_revision: Option<u64>| {
        let mut quote = request(&json!([line("1", "x", 1, 1_000)]));
        quote["identifiers"] = json!([{"scheme": "etalons", "value": "E1"}]);
        quote["min_revision"] = json!(min_revision);
        server.quote(key, quote.to_string())
    };
    assert_eq!(quote(&server, TILL, None).json()["payable"], 500);
    let keys = |arguments: &[&str]| {
        let ran = avis(&[&["key", "--folder", &folder], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out.trim().to_owned()
    };
    let key = keys(&["create", "till-2", "--provider", "shop", "--channels", "till", "--schemes", "etalons"]);
    eventually("the new key", || quote(&server, &key, None).status, |status| *status == 200);
    keys(&["revoke", "till-2"]);
    eventually("the revoked key", || quote(&server, &key, None).status, |status| *status == 401);
    server.stop();
    server = Server::serve_as_it_is(&folder);
    assert_eq!(quote(&server, &key, None).status, 401, "after a restart");
    server.kill();
    server = Server::serve_as_it_is(&folder);
    assert_eq!(quote(&server, &key, None).status, 401, "after a crash");
    let blocked = files.write_lines("blocked.ndjson", &card("blocked"));
    let imported = avis(&["import", "--folder", &folder, "--holders", &blocked]);
    let revision: u64 = imported.out.rsplit("revision ").next().unwrap().trim_end_matches(")\n").parse().unwrap();
    let refused = quote(&server, TILL, Some(revision));
    let reasons = &refused.json()["reasons"];
    assert_eq!(
        (refused.status, reasons),
        (200, &json!(["identifier_blocked", "not_with_this_means"])),
        "{}",
        refused.text
    );
    server.kill();
    server = Server::serve_as_it_is(&folder);
    assert_eq!(quote(&server, TILL, None).json()["payable"], 1_000, "after a crash");
}
