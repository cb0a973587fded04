//! Points and coupons: in the same step as the sale, as books in memory would have it, and never spent twice.

use std::sync::Arc;

use avis_core::authorization::OperationKind;
use avis_core::loyalty::{Books, FileLine, Inquiry, LoyaltyRequest, inquire};
use avis_core::{Holder, Person, WrittenHolder, plan_loyal};
use avis_store::{Clock, Task, Verdict};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::till::{Adapter, HOLD, PROVIDER, TestClock, Till, at_once, new_id, operation_under, reversal_under, rounds};

/// Points that pay a cent each and wait for nothing, stamps that expire, may be owed and have levels, a reward and coupons.
fn catalogue() -> Value {
    let benefit = |code: &str, product: &str, when: Value, more: Value| {
        let mut benefit = json!({
            "code": code, "version": 1, "grantor": "shop", "name": {"lv": "n", "en": "n"}, "priority": 1,
            "scope": {"providers": {"all": true}, "products": [product]}, "effect": {"percent": {"rate": 5_000}},
            "when": when,
        });
        for (name, value) in more.as_object().unwrap() {
            benefit[name] = value.clone();
        }
        benefit
    };
    json!({
        "currency": "EUR", "providers": [{"code": PROVIDER, "tags": []}, {"code": "tram", "tags": []}],
        "programs": [
            {"code": "points", "version": 1, "owner": "shop", "scope": {"providers": {"all": true}},
             "earn": {"per": 100, "rules": [{"code": "base", "money": 10}],
                      "limits": [{"window": {"day": {}}, "max": 100_000}]},
             "redeem": {"points": 1, "amount": 1}},
            {"code": "stamps", "version": 1, "owner": "shop", "scope": {"providers": {"all": true}},
             "earn": {"rules": [{"code": "unit", "unit": 1}, {"code": "double", "bonus": 10_000,
                      "when": {"tier": {"program": "stamps", "at_least": "gold"}}}]},
             "expiry": {"days": 30, "slides": true}, "redeem": {"points": 1, "amount": 5},
             "tiers": {"measure": "points", "window": {"year": {}}, "levels": [{"code": "gold", "min": 6}]},
             "returns": {"earned": "unlimited"}},
        ],
        "campaigns": [{"code": "spring", "owner": "shop", "uses": 1}],
        "coupons": (0..8).map(|number| json!({"campaign": "spring", "code": format!("AB-{number}")})).collect::<Vec<_>>(),
        "benefits": [
            benefit("half-off", "tea", json!({"coupon": {"campaign": "spring"}}), json!({})),
            benefit("gold", "cake", json!({"tier": {"program": "stamps", "at_least": "gold"}}), json!({})),
            benefit("free-bag", "bag", json!(null), json!({
                "effect": {"percent": {"rate": 10_000}}, "costs": {"program": "points", "points": 15}})),
        ],
    })
}

/// Anna and Berta share an account of points, and each has stamps of her own.
fn member(holder: &str) -> Value {
    let memberships =
        json!([{"program": "points", "account": "family", "consent": "c"}, {"program": "stamps", "consent": "c"}]);
    json!({"holder": holder, "memberships": memberships})
}

pub(crate) fn holder(code: &str) -> Arc<Holder> {
    Arc::new(WrittenHolder::from_value(&member(code)).unwrap().holder)
}

pub(crate) fn shop(adapter: &dyn Adapter, clock: &Arc<TestClock>) -> Till {
    Till::of(adapter, clock, &catalogue(), &member("anna"))
}

/// A request of several units of some products for 100 each, now.
pub(crate) fn basket(clock: &TestClock, mode: &str, lines: &[(&str, i64)], more: &Value) -> Value {
    let lines = (1..).zip(lines).map(|(line, (product, units))| {
        json!({"line_id": format!("{line}"), "product": product, "quantity": units, "unit_price": 100})
    });
    let mut request = json!({
        "request_id": new_id(), "mode": mode, "occurred_at": clock.now(), "currency": "EUR",
        "lines": lines.collect::<Vec<_>>(),
    });
    for (name, value) in more.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

pub(crate) fn sell(till: &Till, clock: &TestClock, lines: &[(&str, i64)], more: &Value) -> Value {
    till.answer(till.request(PROVIDER, &basket(clock, "sale", lines, more)))
}

/// A sale to another member.
pub(crate) fn sell_to(till: &Till, clock: &TestClock, code: &str, lines: &[(&str, i64)]) -> Value {
    till.answer(till.planned(PROVIDER, &basket(clock, "sale", lines, &json!({})), holder(code)))
}

fn of<'a>(answer: &'a Value, program: &str) -> &'a Value {
    let programmes = answer["loyalty"].as_array().unwrap_or_else(|| panic!("{answer}"));
    programmes.iter().find(|one| one["program"] == program).unwrap_or_else(|| panic!("{program} in {answer}"))
}

/// A sale of nothing in scope, and what must be known for it.
pub(crate) fn inquiry(till: &Till, clock: &TestClock) -> (LoyaltyRequest, Inquiry) {
    let request = LoyaltyRequest::from_value(&basket(clock, "sale", &[("bag", 1)], &json!({}))).unwrap();
    let inquiry = inquire(&till.rules(), PROVIDER, Some(&till.holder()), &request).unwrap();
    (request, inquiry)
}

/// What a member has, as a sale of nothing in scope would be told.
pub(crate) fn balance(till: &Till, clock: &TestClock, program: &str) -> i64 {
    let (request, inquiry) = inquiry(till, clock);
    let known = till.ledger.known(&inquiry, clock.now()).unwrap();
    let person = Person { holder: Some(till.holder()), identifiers: Vec::new() };
    let plan = plan_loyal(till.rules(), PROVIDER, person, request.request, Some(known)).unwrap();
    let mut used = till.ledger.usage(plan.needs()).unwrap().into_iter();
    let (_, settlement) = plan.decide_loyal(&plan.usage(|_| used.next().unwrap()));
    of(&json!({"loyalty": settlement.unwrap().loyalty}), program)["balance_before"].as_i64().unwrap()
}

pub(crate) fn points_are_earned_spent_and_given_back_by_units(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = shop(adapter, &clock);
    let bought = sell(&till, &clock, &[("coffee", 3)], &json!({}));
    assert_eq!((bought["due"].as_i64(), bought["lines"][0]["points"][0]["earned"].as_i64()), (Some(300), Some(30)));
    assert_eq!(of(&bought, "points")["balance_after"], 30);
    let paid = sell(&till, &clock, &[("coffee", 2)], &json!({"redeem": [{"program": "points", "points": 21}]}));
    assert_eq!(
        (paid["payable"].as_i64(), paid["tender"].as_i64(), paid["due"].as_i64()),
        (Some(200), Some(21), Some(179))
    );
    assert_eq!(paid["lines"][0]["tender"], json!([{"program": "points", "amount": 21, "payer": "shop"}]));
    let after = &of(&paid, "points");
    assert_eq!((after["earned"]["points"].as_i64(), after["balance_after"].as_i64()), (Some(17), Some(26)));
    // One of the two units: the floor of half of each, and then the rest.
    let refund = |units| operation_under(new_id(), OperationKind::Refund, &paid, units);
    let first = till.answer(refund(Some(1)));
    assert_eq!(
        (of(&first, "points")["returned"].as_i64(), of(&first, "points")["taken_back"].as_i64()),
        (Some(10), Some(8))
    );
    assert_eq!(first["operation"]["due"].as_i64(), Some(90));
    let left = &first["lines"][0]["left"];
    assert_eq!((left["payable"].as_i64(), left["due"].as_i64()), (Some(100), Some(89)));
    let rest = till.answer(refund(None));
    assert_eq!(
        (of(&rest, "points")["returned"].as_i64(), of(&rest, "points")["taken_back"].as_i64()),
        (Some(11), Some(9))
    );
    assert_eq!(of(&rest, "points")["balance_after"], 30);
    let read = till.read(&paid);
    assert_eq!((read["due"].as_i64(), &read["lines"][0]["points"][0]["spent"]), (Some(179), &json!(21)));
    assert_eq!(read["loyalty"], paid["loyalty"], "what the terminal was told");
    let whole: Vec<i64> = [&first, &rest].iter().map(|answer| answer["operation"]["due"].as_i64().unwrap()).collect();
    assert_eq!(whole.iter().sum::<i64>(), 179, "exactly what was paid comes back: {whole:?}");
}

pub(crate) fn what_is_recorded_of_points_is_there_after_a_restart(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let sold = sell(&shop(adapter, &clock), &clock, &[("coffee", 5)], &json!({}));
    let till = shop(adapter, &clock);
    assert_eq!((balance(&till, &clock, "points"), balance(&till, &clock, "stamps")), (50, 5));
    till.answer(operation_under(new_id(), OperationKind::Void, &sold, None));
    assert_eq!((balance(&till, &clock, "points"), balance(&till, &clock, "stamps")), (0, 0));
}

pub(crate) fn f18_many_tills_spend_one_balance_once(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = shop(adapter, &clock);
    let berta = holder("berta");
    for _ in 0..rounds() {
        let before = balance(&till, &clock, "points");
        let gift = sell(&till, &clock, &[("coffee", 10)], &json!({"redeem": [{"program": "points", "max": true}]}));
        let there = of(&gift, "points")["balance_after"].as_i64().unwrap();
        assert!(there > 0 && before >= 0);
        let spent = at_once(20, |number| {
            let request =
                basket(&clock, "sale", &[("bag", 9)], &json!({"redeem": [{"program": "points", "points": 7}]}));
            // Either of the two who share the account.
            let holder = if number % 2 == 0 { till.holder() } else { berta.clone() };
            let answer = till.answer(till.planned(PROVIDER, &request, holder));
            let points = of(&answer, "points");
            assert!(points["balance_after"].as_i64().unwrap() >= 0, "{answer}");
            points["redeemed"]["points"].as_i64().unwrap() - points["earned"]["points"].as_i64().unwrap()
        });
        assert_eq!(balance(&till, &clock, "points"), there - spent.iter().sum::<i64>());
    }
}

pub(crate) fn a_coupon_is_used_once_by_many_at_once(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = shop(adapter, &clock);
    for number in 0..rounds().min(8) {
        let code = json!({"coupons": [format!("ab {number}")]});
        let taken = at_once(20, |_| sell(&till, &clock, &[("tea", 1)], &code)["coupons"][0]["state"].clone());
        assert_eq!(taken.iter().filter(|state| **state == "taken").count(), 1, "{taken:?}");
        assert_eq!(taken.iter().filter(|state| **state == "used").count(), 19, "{taken:?}");
    }
}

pub(crate) fn a_hold_that_expires_gives_points_and_its_coupon_back(adapter: &dyn Adapter) {
    let clock: Arc<TestClock> = Arc::default();
    let till = shop(adapter, &clock);
    sell(&till, &clock, &[("coffee", 10)], &json!({}));
    let more = json!({"coupons": ["AB0"], "redeem": [{"program": "points", "points": 40}]});
    let hold = till.answer(till.request(PROVIDER, &basket(&clock, "hold", &[("tea", 2)], &more)));
    assert_eq!((hold["state"].as_str(), of(&hold, "points")["balance_after"].as_i64()), (Some("held"), Some(60)));
    assert_eq!(balance(&till, &clock, "points"), 60);
    let again = sell(&till, &clock, &[("tea", 1)], &json!({"coupons": ["AB0"]}));
    assert_eq!(again["coupons"], json!([{"campaign": "spring", "state": "used"}]));
    let before = balance(&till, &clock, "points");
    clock.go(HOLD.as_secs() + 1);
    let now = sell(&till, &clock, &[("tea", 1)], &json!({"coupons": ["AB0"]}));
    assert_eq!(now["coupons"], json!([{"campaign": "spring", "state": "taken"}]));
    assert_eq!(of(&now, "points")["balance_before"].as_i64(), Some(before + 40));
    assert_eq!(till.read(&hold)["state"], "expired");
}

pub(crate) fn buying_and_giving_back_changes_nothing(adapter: &dyn Adapter) {
    let clock = Arc::default();
    let till = shop(adapter, &clock);
    sell(&till, &clock, &[("coffee", 4)], &json!({}));
    let both = |till: &Till| (balance(till, &clock, "points"), balance(till, &clock, "stamps"));
    let before = both(&till);
    for kind in [OperationKind::Refund, OperationKind::Void, OperationKind::Refund] {
        let redeem = json!({"redeem": [{"program": "points", "max": true}, {"program": "stamps", "points": 2}]});
        let sold = sell(&till, &clock, &[("cake", 3), ("coffee", 1)], &redeem);
        assert_ne!(both(&till), before);
        till.answer(operation_under(new_id(), kind, &sold, None));
        assert_eq!(both(&till), before, "{kind:?}");
    }
}

pub(crate) fn what_depends_on_a_level_is_decided_with_its_limits(adapter: &dyn Adapter) {
    let clock: Arc<TestClock> = Arc::default();
    let till = shop(adapter, &clock);
    let discount = |answer: &Value| answer["discount"].as_i64().unwrap();
    assert_eq!(discount(&sell(&till, &clock, &[("cake", 1)], &json!({}))), 0);
    sell(&till, &clock, &[("coffee", 6)], &json!({}));
    clock.go(1);
    let gold = sell(&till, &clock, &[("cake", 1)], &json!({}));
    assert_eq!((discount(&gold), of(&gold, "stamps")["tier"].as_str()), (50, Some("gold")));
}

/// Numbers that look like chance, the same at each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % bound).unwrap()
    }

    fn units(&mut self, bound: u64) -> i64 {
        1 + i64::try_from(self.below(bound)).unwrap()
    }
}

/// A request at the ledger's till and in books in memory.
struct Both<'t> {
    till: &'t Till,
    books: Books,
    holders: [Arc<Holder>; 2],
}

impl Both<'_> {
    /// Sells in both, and compares what both say of points.
    fn sell(&mut self, request: &Value, holder: usize) -> Value {
        let holder = self.holders[holder].clone();
        let answer = self.till.answer(self.till.planned(PROVIDER, request, holder.clone()));
        let asked = LoyaltyRequest::from_value(request).unwrap();
        self.books.pass(asked.request.occurred_at);
        let rules = self.till.rules();
        let known = inquire(&rules, PROVIDER, Some(&holder), &asked).map(|inquiry| self.books.known(&inquiry));
        let person = Person { holder: Some(holder), identifiers: Vec::new() };
        let plan = plan_loyal(rules, PROVIDER, person, asked.request.clone(), known).unwrap();
        let (decision, settlement) = plan.decide_loyal(&plan.usage(|need| self.books.sum(need)));
        let settlement = settlement.unwrap();
        self.books.record(&asked.request, &decision, Some(&settlement));
        assert_eq!(answer["loyalty"], json!(settlement.loyalty), "{request}");
        assert_eq!(answer["coupons"], json!(settlement.coupons), "{request}");
        assert_eq!(answer["due"], json!(settlement.due), "{request}");
        answer
    }

    /// Operates in both, and compares; says whether it was possible.
    fn operate(&mut self, task: Task, line: &Value) -> bool {
        let Ok(FileLine::Operation(operation)) = FileLine::parse(line.to_string().as_bytes()) else { panic!("{line}") };
        let in_memory = self.books.operate(&operation);
        match self.till.ask(task) {
            Verdict::Answered { body, .. } => {
                let answer: Value = serde_json::from_slice(&body).unwrap();
                let in_memory = in_memory.unwrap_or_else(|refused| panic!("{line}: {refused}")).answer();
                assert_eq!(
                    (&answer["loyalty"], &answer["state"]),
                    (&in_memory["loyalty"], &in_memory["state"]),
                    "{line}"
                );
                true
            }
            Verdict::Refused(refused) => {
                assert!(in_memory.is_err(), "{line}: {refused}");
                false
            }
        }
    }
}

/// What a basket asks of programmes.
fn wishes(chance: &mut Chance) -> Value {
    let redeem = match chance.below(4) {
        0 => json!([]),
        1 => json!([{"program": "points", "max": true}]),
        2 => {
            json!([{"program": "stamps", "points": chance.units(9)}, {"program": "points", "points": chance.units(40)}])
        }
        _ => json!([{"program": "points", "reward": "free-bag", "units": 2}]),
    };
    let coupons = if chance.below(3) == 0 { json!([format!("AB{}", chance.below(9))]) } else { json!([]) };
    json!({"redeem": redeem, "coupons": coupons})
}

/// Something that is done to what was sold, by operations that were done before: for the ledger and as a line of a file.
fn something(chance: &mut Chance, clock: &TestClock, sold: &Value, before: &[Uuid]) -> (Uuid, Task, Value) {
    let (id, original) = (new_id(), sold["request_id"].clone());
    let mut line = json!({"request_id": id, "original_request_id": original, "occurred_at": clock.now()});
    if chance.below(4) == 0 {
        let whole = original.as_str().unwrap().parse().unwrap();
        let undone = before.get(chance.below(4)).copied().unwrap_or(whole);
        line["operation"] = json!("reversal");
        line["original_request_id"] = json!(undone);
        return (id, reversal_under(id, undone), line);
    }
    let kinds = [(OperationKind::Capture, "capture"), (OperationKind::Void, "void"), (OperationKind::Refund, "refund")];
    let (kind, word) = kinds[chance.below(3)];
    line["operation"] = json!(word);
    let units = (kind != OperationKind::Void && chance.below(2) == 0).then(|| chance.units(2));
    if let Some(units) = units {
        line["lines"] = json!([{"line_id": "1", "units": units}]);
    }
    (id, operation_under(id, kind, sold, units), line)
}

pub(crate) fn a_ledger_says_of_points_what_books_in_memory_say(adapter: &dyn Adapter) {
    let clock: Arc<TestClock> = Arc::default();
    let till = shop(adapter, &clock);
    let holders = ["anna", "berta"].map(holder);
    let mut both = Both { till: &till, books: Books::new(&till.rules()), holders };
    let mut chance = Chance(20_261_127);
    let mut sold: Vec<(Value, Vec<Uuid>)> = Vec::new();
    let mut done = 0;
    for _ in 0..40 * rounds() {
        clock.go(i64::try_from(chance.below(600_000)).unwrap());
        if sold.is_empty() || chance.below(2) == 0 {
            let product = ["coffee", "tea", "cake", "bag"][chance.below(4)];
            let lines = [(product, chance.units(4)), ("coffee", chance.units(3))];
            let mode = if chance.below(3) == 0 { "hold" } else { "sale" };
            let answer = both.sell(&basket(&clock, mode, &lines, &wishes(&mut chance)), chance.below(2));
            if !answer["authorization_id"].is_null() {
                sold.push((answer, Vec::new()));
            }
            continue;
        }
        // What was sold lately still allows something.
        let place = sold.len() - 1 - chance.below(sold.len().min(6) as u64);
        let (answer, operations) = &mut sold[place];
        let (id, task, line) = something(&mut chance, &clock, answer, operations);
        if both.operate(task, &line) {
            done += 1;
            if line["operation"] != "reversal" {
                operations.push(id);
            }
        }
    }
    assert!(done > 5 * rounds(), "{done}");
}
