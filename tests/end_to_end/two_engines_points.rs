//! One balance of points and one coupon that two engine processes share, wanted by many tills at once.

use std::sync::{Mutex, RwLock};

use avis_testing::{Together, eventually};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::deployment::{Deployment, new_id};
use crate::points_rows;
use crate::program::{Server, agent, race_rounds};

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
fn f18_two_hundred_tills_at_two_engines_spend_one_balance_once() {
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
    let answers: Vec<Value> = answers.into_iter().flatten().collect();
    assert_eq!(points_rows::hold(&deployment.database, &answers), 34 * rounds);
}

#[test]
fn f18_t16_2_one_coupon_at_fifty_tills_of_two_engines_is_taken_once() {
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

/// Sales of each till in the test of kills.
const SALES: usize = 40;
const KILLS: usize = 3;
const KILL_TILLS: usize = 6;

/// The same body until it is answered, by one engine and then the other: who was killed with an answer is asked no more.
fn sold_whatever_happens(engines: &RwLock<[String; 2]>, first: usize, body: &str) -> String {
    let agent = agent();
    for attempt in first.. {
        let url = engines.read().unwrap()[attempt % 2].clone();
        let request = agent.post(url).header("authorization", format!("Bearer {KEY}"));
        let Ok(mut response) = request.content_type("application/json").send(body) else { continue };
        let Ok(text) = response.body_mut().read_to_string() else { continue };
        match response.status().as_u16() {
            200 => return text,
            503 => {}
            status => panic!("{status}: {text}"),
        }
    }
    unreachable!("attempts have no end")
}

/// F15 to F20 with points: what is earned and spent is recorded once, whenever an engine is killed with requests under way.
#[test]
fn f15_f16_f20_points_add_up_though_an_engine_is_killed_again_and_again() {
    let deployment = deployment("points-killed", 2);
    let (one, two) = (deployment.engine("one"), deployment.engine("two"));
    for holder in [0, 2] {
        sold(&one, &sale(holder, ("opening", POINTS * 100), &json!({})));
    }
    let urls = |two: &Server| [one.url("/v1/authorizations"), two.url("/v1/authorizations")];
    let (engines, sales) = (RwLock::new(urls(&two)), Mutex::new(Vec::new()));
    let mut killed = Some(two);
    std::thread::scope(|scope| {
        for till in 0..KILL_TILLS {
            let (engines, sales) = (&engines, &sales);
            scope.spawn(move || {
                for number in 0..SALES {
                    let redeem = json!({"redeem": [{"program": "points", "points": 3}]});
                    let (line, more) =
                        if number % 3 == 0 { (("opening", 200), json!({})) } else { (("ticket", 200), redeem) };
                    let holder = till % 4;
                    let body = sale(holder, line, &more);
                    let answer = sold_whatever_happens(engines, till + number, &body);
                    sales.lock().unwrap().push((holder / 2, body, answer));
                }
            });
        }
        for kill in 1..=KILLS {
            let enough = kill * KILL_TILLS * SALES / (KILLS + 2);
            eventually("more sales", || sales.lock().unwrap().len(), |count| *count >= enough);
            killed.take().unwrap().kill();
            let again = deployment.engine("two");
            *engines.write().unwrap() = urls(&again);
            killed = Some(again);
        }
    });
    let two = killed.unwrap();
    let sales = sales.into_inner().unwrap();
    assert_eq!(sales.len(), KILL_TILLS * SALES);
    let moved = |answer: &str| {
        let of: Value = serde_json::from_str(answer).unwrap();
        let points = |what: &str| of["loyalty"][0][what]["points"].as_i64().unwrap_or_default();
        points("earned") - points("redeemed")
    };
    for account in 0..2 {
        let own = sales.iter().filter(|(of, ..)| *of == account);
        let expected = POINTS + own.map(|(.., answer)| moved(answer)).sum::<i64>();
        for engine in [&one, &two] {
            let quote = engine.quote(KEY, sale(account * 2, ("ticket", 200), &json!({}))).json();
            assert_eq!(quote["loyalty"][0]["balance_before"].as_i64(), Some(expected), "{quote}");
        }
    }
    let answers: Vec<Value> = sales.iter().map(|(.., answer)| serde_json::from_str(answer).unwrap()).collect();
    assert!(points_rows::hold(&deployment.database, &answers) > 0);
    for (_, body, answer) in &sales {
        assert_eq!(&two.send(KEY, "/v1/authorizations", body).text, answer, "each has its one answer");
    }
}
