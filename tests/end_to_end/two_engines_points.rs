//! One balance of points and one coupon that two engine processes share, wanted by many tills at once.

use avis_testing::Together;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::deployment::{Deployment, new_id};
use crate::program::{Server, race_rounds};

const KEY: &str = "avis_test_points_till";
const TILLS: usize = 200;
const COUPON_TILLS: usize = 50;
/// What each account has when its round begins.
const POINTS: i64 = 100;

/// A hundred is what is promised.
const ROUNDS: usize = 3;

/// Points come by `opening` alone, so that what is spent in a round is not earned in it.
fn deployment(test: &str, rounds: usize) -> Deployment {
    let programme = json!({"code": "points", "version": 1, "owner": "shop",
        "scope": {"providers": {"all": true}},
        "earn": {"per": 100, "rules": [{"code": "base", "money": 1, "products": ["opening"]}]},
        "redeem": {"points": 1, "amount": 1, "products": ["ticket"]}});
    let gift = json!({"code": "gift", "version": 1, "grantor": "shop", "name": {"lv": "n", "en": "n"}, "priority": 1,
        "scope": {"providers": {"all": true}, "products": ["gift"]}, "effect": {"percent": {"rate": 10_000}},
        "when": {"coupon": {"campaign": "spring"}}});
    let coupons = (0..rounds).map(|round| json!({"campaign": "spring", "code": format!("SPRING-{round}")}));
    let catalogue = json!({"currency": "EUR", "providers": [{"code": "shop-1", "tags": []}], "programs": [programme],
        "benefits": [gift], "campaigns": [{"code": "spring", "owner": "shop", "uses": 1}],
        "coupons": coupons.collect::<Value>()});
    // Two members share each account.
    let people = (0..rounds * 2).map(|number| {
        json!({"holder": format!("h-{number}"), "identifiers": [{"scheme": "card", "value": format!("CARD-{number}")}],
               "memberships": [{"program": "points", "account": format!("family-{}", number / 2), "consent": "terms"}]})
    });
    let till = json!({"terminal": "till", "provider": "shop-1", "key": KEY, "channels": ["till"], "schemes": ["card"]});
    Deployment::of(test, &catalogue, &people.collect(), &till)
}

fn sale(holder: usize, (product, price): (&str, i64), more: &Value) -> String {
    let mut sale = json!({
        "request_id": new_id(), "occurred_at": Timestamp::now().to_string(), "channel": "till", "currency": "EUR",
        "identifiers": [{"scheme": "card", "value": format!("CARD-{holder}")}],
        "lines": [{"line_id": "1", "product": product, "quantity": 1, "unit_price": price}],
    });
    sale.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sale.to_string()
}

fn sold(engine: &Server, body: &str) -> Value {
    let answer = engine.send(KEY, "/v1/authorizations", body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// What each of many tills is answered in each round, all asking at once at two engines.
fn raced(
    engines: &[Server; 2],
    (tills, rounds): (usize, usize),
    ask: impl Fn(usize, usize) -> String + Sync,
) -> Vec<Vec<Value>> {
    let together = Together::new(tills);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..tills)
            .map(|till| {
                let (engine, together, ask) = (&engines[till % 2], &together, &ask);
                scope.spawn(move || {
                    let one = |round| {
                        let body = ask(till, round);
                        together.wait();
                        sold(engine, &body)
                    };
                    (0..rounds).map(one).collect()
                })
            })
            .collect();
        running.into_iter().map(|till| till.join().unwrap()).collect()
    })
}

#[test]
fn two_hundred_tills_at_two_engines_spend_one_balance_once() {
    let rounds = race_rounds(ROUNDS);
    let deployment = deployment("points", rounds);
    let engines = [deployment.engine("one"), deployment.engine("two")];
    for round in 0..rounds {
        let opening = sold(&engines[0], &sale(round * 2, ("opening", POINTS * 100), &json!({})));
        assert_eq!(opening["loyalty"][0]["balance_after"], POINTS);
    }
    let redeem = json!({"redeem": [{"program": "points", "points": 3}]});
    let answers =
        raced(&engines, (TILLS, rounds), |till, round| sale(round * 2 + till / 2 % 2, ("ticket", 200), &redeem));
    for round in 0..rounds {
        let of_round = || answers.iter().map(|till| &till[round]);
        let spent = |answer: &Value| answer["tender"].as_i64().unwrap();
        assert_eq!(of_round().map(spent).sum::<i64>(), POINTS, "round {round}");
        assert_eq!(
            of_round().filter(|answer| spent(answer) == 3).count(),
            33,
            "round {round}: and one had the last point"
        );
        let mut after: Vec<i64> =
            of_round().map(|answer| answer["loyalty"][0]["balance_after"].as_i64().unwrap()).collect();
        after.sort_unstable();
        assert!(after[0] == 0 && after[TILLS - 1] == POINTS - 3, "never below nothing: {after:?}");
        assert!(of_round().all(|answer| answer["due"] == 200 - spent(answer)), "every cent has a payer");
    }
}

#[test]
fn one_coupon_at_fifty_tills_of_two_engines_is_taken_once() {
    let rounds = race_rounds(ROUNDS);
    let deployment = deployment("coupon", rounds);
    let engines = [deployment.engine("one"), deployment.engine("two")];
    let answers = raced(&engines, (COUPON_TILLS, rounds), |_, round| {
        sale(round * 2, ("gift", 500), &json!({"coupons": [format!("spring {round}")]}))
    });
    for round in 0..rounds {
        let taken = answers.iter().filter(|till| till[round]["coupons"][0]["state"] == "taken");
        assert_eq!(taken.clone().count(), 1, "round {round}");
        assert!(taken.clone().all(|till| till[round]["payable"] == 0));
        let free = answers.iter().filter(|till| till[round]["payable"] == 0).count();
        let used = answers.iter().filter(|till| till[round]["coupons"][0]["state"] == "used").count();
        assert_eq!((free, used), (1, COUPON_TILLS - 1), "round {round}");
    }
}
