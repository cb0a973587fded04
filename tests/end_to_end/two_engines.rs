//! Limits that two engine processes share, drained by many tills at once.

use avis_testing::Together;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::deployment::{Deployment, new_id};
use crate::program::{Server, race_rounds};

const KEY: &str = "avis_test_two_engines_till";
const TILLS: usize = 200;

/// Three free trips for each holder, and a purse of 50.50 for all of them together.
fn deployment(test: &str, holders: usize) -> Deployment {
    let benefit = |product: &str, scope: &str, measure: &str, max: u32| {
        json!({
            "code": format!("{product}-benefit"), "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"},
            "priority": 1, "scope": {"providers": {"all": true}, "products": [product]},
            "effect": {"percent": {"rate": 10_000}}, "offline": "deny", "when": {"identifier": {"schemes": ["card"]}},
            "limits": [{"scope": scope, "measure": measure, "window": {"lifetime": {}}, "max": max}],
        })
    };
    let benefits = [benefit("three", "holder", "units", 3), benefit("budget", "benefit", "discount", 5_050)];
    let catalogue = json!({"currency": "EUR", "providers": [{"code": "bus", "tags": []}], "benefits": benefits});
    let people = (0..holders).map(|number| {
        let card = json!({"scheme": "card", "value": format!("CARD-{number}")});
        json!({"holder": format!("h-{number}"), "identifiers": [card]})
    });
    let till = json!({"terminal": "till", "provider": "bus", "key": KEY, "channels": ["till"], "schemes": ["card"]});
    Deployment::of(test, &catalogue, &people.collect(), &till)
}

fn sale(product: &str, holder: usize, price: u32) -> String {
    json!({
        "request_id": new_id(), "occurred_at": Timestamp::now().to_string(), "channel": "till", "currency": "EUR",
        "identifiers": [{"scheme": "card", "value": format!("CARD-{holder}")}],
        "lines": [{"line_id": "1", "product": product, "quantity": 1, "unit_price": price}],
    })
    .to_string()
}

fn sold(engine: &Server, body: &str) -> Value {
    let answer = engine.send(KEY, "/v1/authorizations", body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// F18, I1.
#[test]
fn two_hundred_tills_at_two_engines_share_three_trips() {
    let rounds = race_rounds(100);
    let deployment = deployment("three", rounds);
    let engines = [deployment.engine("one"), deployment.engine("two")];
    let together = Together::new(TILLS);
    let free: Vec<Vec<bool>> = std::thread::scope(|scope| {
        let tills: Vec<_> = (0..TILLS)
            .map(|till| {
                let (engine, together) = (&engines[till % 2], &together);
                scope.spawn(move || {
                    let one = |round| {
                        let body = sale("three", round, 85);
                        together.wait();
                        sold(engine, &body)["payable"] == 0
                    };
                    (0..rounds).map(one).collect()
                })
            })
            .collect();
        tills.into_iter().map(|till| till.join().unwrap()).collect()
    });
    for round in 0..rounds {
        assert_eq!(free.iter().filter(|till| till[round]).count(), 3, "round {round}");
    }
}

/// I1: a purse of all is drained to the last cent, by prices that do not divide it.
#[test]
fn a_budget_of_all_is_drained_to_the_cent_by_two_engines() {
    let deployment = deployment("budget", TILLS);
    let engines = [deployment.engine("one"), deployment.engine("two")];
    let price = 73;
    let discounts: Vec<i64> = std::thread::scope(|scope| {
        let tills: Vec<_> = (0..TILLS)
            .map(|till| {
                let engine = &engines[till % 2];
                scope.spawn(move || sold(engine, &sale("budget", till, price))["discount"].as_i64().unwrap())
            })
            .collect();
        tills.into_iter().map(|till| till.join().unwrap()).collect()
    });
    assert_eq!(discounts.iter().sum::<i64>(), 5_050);
    let (whole, last) = (5_050 / i64::from(price), 5_050 % i64::from(price));
    let granted =
        |amount: i64| i64::try_from(discounts.iter().filter(|discount| **discount == amount).count()).unwrap();
    assert_eq!((granted(i64::from(price)), granted(last)), (whole, 1));
}
