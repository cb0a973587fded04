//! Faults with points in the basket, by their numbers, and the arithmetic and races of points that real programmes ask for.

use std::sync::Arc;

use avis_core::authorization::OperationKind;
use avis_core::{Catalogue, RuleSet};
use avis_store::{Refused, Verdict};
use serde_json::{Value, json};

use crate::points::{balance, basket, sell, shop};
use crate::till::{
    Adapter, PROVIDER, TestClock, Till, at_once, id_of, new_id, operation, operation_under, reversal, rounds,
};

fn points_of<'a>(answer: &'a Value, program: &str) -> &'a Value {
    let programmes = answer["loyalty"].as_array().unwrap_or_else(|| panic!("{answer}"));
    programmes.iter().find(|one| one["program"] == program).unwrap_or_else(|| panic!("{program} in {answer}"))
}

/// Somebody with so many points of the shop.
fn with_points(adapter: &dyn Adapter, clock: &Arc<TestClock>, points: i64) -> Till {
    let till = shop(adapter, clock);
    sell(&till, clock, &[("coffee", points / 10)], &json!({}));
    assert_eq!(balance(&till, clock, "points"), points);
    till
}

/// A request that is sent again and again, of a bag paid with points.
fn paid_with(clock: &TestClock, points: i64) -> Value {
    basket(clock, "sale", &[("bag", 1)], &json!({"redeem": [{"program": "points", "points": points}]}))
}

pub(crate) fn f16_t16_7_fifty_at_once_under_one_id_spend_and_earn_once(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = with_points(adapter, &clock, 100);
    let request = paid_with(&clock, 40);
    let verdicts = at_once(50, |_| till.ask(till.request(PROVIDER, &request)));
    let answered = verdicts.into_iter().map(|verdict| match verdict {
        Verdict::Answered { body, replayed, .. } => (body, replayed),
        Verdict::Refused(refused) => panic!("{refused}"),
    });
    let answered: Vec<(Vec<u8>, bool)> = answered.collect();
    assert_eq!(answered.iter().filter(|(_, replayed)| !replayed).count(), 1, "one effect");
    assert!(answered.iter().all(|(body, _)| *body == answered[0].0), "one answer");
    assert_eq!(balance(&till, &clock, "points"), 100 - 40 + 6, "40 pay, and 60 cents earn 6");
}

pub(crate) fn f17_other_points_under_one_id_are_refused_and_move_nothing(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = with_points(adapter, &clock, 100);
    let mut request = paid_with(&clock, 40);
    till.answer(till.request(PROVIDER, &request));
    let before = balance(&till, &clock, "points");
    for redeem in [json!([{"program": "points", "points": 41}]), json!([]), json!([{"program": "points", "max": true}])]
    {
        request["redeem"] = redeem;
        assert_eq!(till.refusal(till.request(PROVIDER, &request)), Refused::RequestIdReused);
    }
    request["redeem"] = json!([{"program": "points", "points": 40}]);
    request["coupons"] = json!(["AB-1"]);
    assert_eq!(till.refusal(till.request(PROVIDER, &request)), Refused::RequestIdReused);
    assert_eq!(balance(&till, &clock, "points"), before);
    let coupon = sell(&till, &clock, &[("tea", 1)], &json!({"coupons": ["AB-1"]}));
    assert_eq!(coupon["coupons"][0]["state"], "taken", "it was not used by what was refused");
}

pub(crate) fn f18_a_rule_that_gives_three_times_gives_three_times_to_many_at_once(adapter: &dyn Adapter) {
    let clock: Arc<TestClock> = Arc::default();
    let catalogue = json!({
        "currency": "EUR", "providers": [{"code": PROVIDER, "tags": []}],
        "programs": [{"code": "thrice", "version": 1, "owner": "shop", "scope": {"providers": {"all": true}},
            "earn": {"rules": [{"code": "welcome", "fixed": 7, "uses": {"window": {"day": {}}, "max": 3}}]}}],
        "benefits": [],
    });
    for round in 0..rounds() {
        let holder = json!({"holder": format!("h-{round}"), "memberships": [{"program": "thrice", "consent": "c"}]});
        let till = Till::of(adapter, &clock, &catalogue, &holder);
        let earned = at_once(40, |_| {
            let answer = till.answer(till.request(PROVIDER, &basket(&clock, "sale", &[("tea", 1)], &json!({}))));
            points_of(&answer, "thrice")["earned"]["points"].as_i64().unwrap_or_default()
        });
        assert_eq!(earned.iter().filter(|points| **points == 7).count(), 3, "{earned:?}");
        assert_eq!(earned.iter().sum::<i64>(), 21, "{earned:?}");
    }
}

pub(crate) fn f19_capture_and_void_race_and_points_follow_the_legal_order(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = with_points(adapter, &clock, 1_000);
    for _ in 0..rounds() {
        let more = json!({"redeem": [{"program": "points", "points": 30}]});
        let hold = till.answer(till.request(PROVIDER, &basket(&clock, "hold", &[("bag", 2)], &more)));
        at_once(2, |number| {
            let kind = if number == 0 { OperationKind::Capture } else { OperationKind::Void };
            till.ask(operation(kind, &hold, None))
        });
        assert_eq!(till.read(&hold)["state"], "voided");
        assert_eq!(balance(&till, &clock, "points"), 1_000, "whichever came first");
    }
}

pub(crate) fn f19_two_equal_refunds_race_and_each_gives_its_points_back(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = with_points(adapter, &clock, 1_000);
    for _ in 0..rounds() {
        let sold = sell(&till, &clock, &[("bag", 3)], &json!({"redeem": [{"program": "points", "points": 30}]}));
        assert_eq!(balance(&till, &clock, "points"), 1_000 - 30 + 27);
        let refunds = at_once(2, |_| till.answer(operation(OperationKind::Refund, &sold, Some(1))));
        for refund in &refunds {
            let moved = points_of(refund, "points");
            assert_eq!((&moved["returned"], &moved["taken_back"]), (&json!(10), &json!(9)), "{refund}");
        }
        till.answer(operation(OperationKind::Refund, &sold, None));
        assert_eq!(balance(&till, &clock, "points"), 1_000);
    }
}

pub(crate) fn f20_a_sale_with_points_that_was_answered_is_there_after_a_restart_and_is_answered_the_same(
    adapter: &dyn Adapter,
) {
    let clock = Arc::default();
    let till = with_points(adapter, &clock, 100);
    let request = paid_with(&clock, 40);
    let Verdict::Answered { body, .. } = till.ask(till.request(PROVIDER, &request)) else { panic!() };
    drop(till);
    let till = shop(adapter, &clock);
    assert_eq!(till.ask(till.request(PROVIDER, &request)), Verdict::repeated(body, false));
    assert_eq!(balance(&till, &clock, "points"), 66);
}

/// F24: who planned by one version and who planned by the next are recorded as each of them planned.
pub(crate) fn f24_each_sale_earns_by_the_one_version_that_it_was_planned_by(adapter: &dyn Adapter) {
    let clock: Arc<TestClock> = Arc::default();
    let catalogue = |versions: i64| {
        let program = |version: i64| {
            json!({"code": "changing", "version": version, "owner": "shop", "scope": {"providers": {"all": true}},
                "earn": {"per": 100, "rules": [{"code": "base", "money": version}]}})
        };
        json!({"currency": "EUR", "providers": [{"code": PROVIDER, "tags": []}], "benefits": [],
            "programs": (1..=versions).map(program).collect::<Vec<_>>()})
    };
    let holder = json!({"holder": "h-1", "memberships": [{"program": "changing", "consent": "c"}]});
    let till = Till::of(adapter, &clock, &catalogue(1), &holder);
    let rules =
        [1, 2].map(|versions| Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue(versions)).unwrap())));
    let answers = at_once(20, |number| {
        let request = basket(&clock, "sale", &[("tea", 5)], &json!({}));
        till.answer(till.planned_by(&rules[number % 2], PROVIDER, &request, till.holder()))
    });
    for (number, answer) in answers.iter().enumerate() {
        let told = points_of(answer, "changing");
        let version = i64::try_from(number % 2).unwrap() + 1;
        assert_eq!((&told["version"], &told["earned"]["points"]), (&json!(version), &json!(5 * version)), "{answer}");
        let (reading, _) = till.ledger.reading(PROVIDER, id_of(answer)).unwrap().unwrap();
        let (_, again, _) = reading.decide_again(rules[number % 2].clone()).unwrap();
        assert_eq!(json!(again.unwrap().loyalty), answer["loyalty"], "I5: decided again it is the same");
    }
}

pub(crate) fn t16_1_of_twenty_who_want_all_of_a_balance_one_gets_it(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = with_points(adapter, &clock, 100);
    let spent = at_once(20, |_| {
        let answer = till.answer(till.request(PROVIDER, &paid_with(&clock, 100)));
        answer["tender"].as_i64().unwrap()
    });
    // What the others pay in money earns a few points, which the next of them spends.
    assert_eq!(spent.iter().filter(|tender| **tender == 100).count(), 1, "{spent:?}");
    let earned: i64 = spent.iter().map(|tender| (100 - tender) / 10).sum();
    assert_eq!(balance(&till, &clock, "points"), 100 - spent.iter().sum::<i64>() + earned);
    assert!(balance(&till, &clock, "points") >= 0);
}

pub(crate) fn t16_2_of_five_orders_with_one_coupon_one_takes_it(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = shop(adapter, &clock);
    for number in 0..rounds().min(8) {
        let code = json!({"coupons": [format!("AB-{number}")]});
        let orders = at_once(5, |_| sell(&till, &clock, &[("tea", 1)], &code));
        let taken = orders.iter().filter(|answer| answer["coupons"][0]["state"] == "taken");
        assert_eq!((taken.clone().count(), taken.clone().all(|answer| answer["payable"] == 50)), (1, true));
        assert_eq!(orders.iter().filter(|answer| answer["payable"] == 100).count(), 4);
    }
}

/// T16.5 and T16.6: what the loser of a race undoes is its own, and a rollback reverses entries, whatever was spent meanwhile.
pub(crate) fn t16_5_t16_6_a_rollback_beside_others_gives_back_its_own_and_overwrites_no_balance(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = with_points(adapter, &clock, 1_000);
    for _ in 0..rounds() {
        let before = balance(&till, &clock, "points");
        let spend = json!({"redeem": [{"program": "points", "points": 50}]});
        let sold: Vec<Value> = (0..4).map(|_| sell(&till, &clock, &[("bag", 1)], &spend)).collect();
        at_once(8, |number| match sold.get(number) {
            // They are rolled back by void and by reversal, while others buy.
            Some(sale) if number % 2 == 0 => drop(till.ask(operation(OperationKind::Void, sale, None))),
            Some(sale) => drop(till.ask(reversal(sale["request_id"].as_str().unwrap().parse().unwrap()))),
            None => drop(sell(&till, &clock, &[("bag", 1)], &spend)),
        });
        // Four were given back, four others spent 50 and earned 5 each.
        assert_eq!(balance(&till, &clock, "points"), before - 4 * 45);
        sell(&till, &clock, &[("coffee", 18)], &json!({}));
        assert_eq!(balance(&till, &clock, "points"), before);
    }
}

/// A programme of points that are good after a day, for tea, and pay for bags; with other terms.
fn slow(code: &str, more: &Value) -> Value {
    let mut program = json!({
        "code": code, "version": 1, "owner": "shop", "scope": {"providers": {"all": true}},
        "earn": {"per": 100, "rules": [{"code": "base", "money": 1, "products": ["tea"]}]}, "redeem": {"points": 1, "amount": 1, "products": ["bag"]},
    });
    program.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    program
}

fn member_of(adapter: &dyn Adapter, clock: &Arc<TestClock>, program: &Value) -> Till {
    let catalogue = json!({"currency": "EUR", "providers": [{"code": PROVIDER, "tags": []}], "programs": [program], "benefits": []});
    let holder = json!({"holder": "anna", "memberships": [{"program": program["code"], "consent": "c"}]});
    Till::of(adapter, clock, &catalogue, &holder)
}

pub(crate) fn t17_9_points_of_the_last_of_january_end_with_the_last_of_february(adapter: &dyn Adapter) {
    let clock: Arc<TestClock> = Arc::default();
    let till = member_of(adapter, &clock, &slow("month", &json!({"expiry": {"months": 1}})));
    for (day, end) in [("2025-01-31", "2025-02-28T22:00:00Z"), ("2024-01-31", "2024-02-29T22:00:00Z")] {
        let mut request = basket(&clock, "sale", &[("tea", 3)], &json!({}));
        request["occurred_at"] = json!(format!("{day}T12:00:00+02:00"));
        let sold = till.answer(till.request(PROVIDER, &request));
        assert_eq!(points_of(&sold, "month")["earned"]["expires_at"], end, "{sold}");
    }
}

pub(crate) fn t17_11_a_return_takes_back_what_the_policy_lets_it_find(adapter: &dyn Adapter) {
    for (policy, taken_back, balance_after) in
        [("only_pending", 20, 10), ("within_balance", 30, 0), ("unlimited", 50, -20)]
    {
        let clock: Arc<TestClock> = Arc::default();
        let terms = json!({"pending": {"days": 1}, "returns": {"earned": policy}});
        let till = member_of(adapter, &clock, &slow(&policy.replace('_', "-"), &terms));
        let program = policy.replace('_', "-");
        let first = sell(&till, &clock, &[("tea", 50)], &json!({}));
        clock.go(2 * 86_400);
        let spent = sell(&till, &clock, &[("bag", 1)], &json!({"redeem": [{"program": program, "points": 40}]}));
        assert_eq!(spent["tender"], 40, "{spent}");
        sell(&till, &clock, &[("tea", 20)], &json!({}));
        let refund = till.answer(operation(OperationKind::Refund, &first, None));
        let moved = points_of(&refund, &program);
        assert_eq!(
            (&moved["taken_back"], &moved["balance_after"]),
            (&json!(taken_back), &json!(balance_after)),
            "{refund}"
        );
        let short = if policy == "unlimited" { 0 } else { 50 - taken_back };
        assert_eq!(moved["short"], short, "{refund}");
    }
}

pub(crate) fn t17_12_buying_and_giving_back_twice_returns_points_to_where_they_were(adapter: &dyn Adapter) {
    let clock: Arc<TestClock> = Arc::default();
    let till = with_points(adapter, &clock, 100);
    let before = (balance(&till, &clock, "points"), balance(&till, &clock, "stamps"));
    for _ in 0..2 {
        let sold = sell(&till, &clock, &[("bag", 2)], &json!({"redeem": [{"program": "points", "points": 33}]}));
        assert_ne!(balance(&till, &clock, "points"), before.0);
        till.answer(operation_under(new_id(), OperationKind::Refund, &sold, None));
        assert_eq!((balance(&till, &clock, "points"), balance(&till, &clock, "stamps")), before);
    }
}
