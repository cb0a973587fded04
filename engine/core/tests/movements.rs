//! What moves sums to what stands sold, whatever happens, and says who bears it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use avis_core::authorization::{Authorization, Balance, OperationKind, Origin, State, Undone, UnitsOfLine};
use avis_core::movement::{Cause, Direction, Movement, MovementKind, ServiceDay};
use avis_core::offline::OverGrant;
use common::Till;
use common::generate::world;
use jiff::civil::date;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn provider() -> Arc<str> {
    "shop".into()
}

fn id(number: usize) -> Uuid {
    Uuid::from_u128(number as u128)
}

fn by(number: usize) -> Origin {
    Origin { request_id: Some(id(number)), ..Origin::default() }
}

fn units(line: usize, units: i64) -> UnitsOfLine {
    UnitsOfLine { line_id: line.to_string().into(), units }
}

/// Two lines of three for 2.00 each: the state and the shop share half of the price of the first, all of the second is free.
fn sold(mode: &str, over_granted: Vec<OverGrant>) -> Authorization {
    let benefit = |code: &str, rate: i64, product: &str, funding: Value| {
        json!({
            "code": code, "version": 3, "grantor": "state", "name": {"lv": "n", "en": "n"}, "priority": 1,
            "scope": {"providers": {"all": true}, "products": [product]}, "effect": {"percent": {"rate": rate}},
            "funding": funding,
        })
    };
    let shared = json!([{"payer": "state", "rate": 7500}, {"payer": "shop", "rate": 2500}]);
    let catalogue = json!({
        "currency": "EUR", "providers": [{"code": "shop", "tags": []}],
        "benefits": [
            benefit("half", 5000, "bread", shared),
            benefit("free", 10_000, "milk", json!([{"payer": "state", "rate": 10_000}])),
        ],
    });
    let line = |line: usize, product: &str| json!({"line_id": line.to_string(), "product": product, "quantity": 3, "unit_price": 200});
    let request = json!({
        "request_id": id(0), "mode": mode, "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
        "lines": [line(0, "bread"), line(1, "milk")],
    });
    let till = Till::new(&catalogue, &[], "shop");
    let plan = till.plan(&request);
    let decision = plan.decide(&plan.usage(|_| avis_core::Totals::default()));
    Authorization::new(plan.request(), decision, over_granted)
}

fn moved(before: &Balance, authorization: &Authorization) -> Option<Movement> {
    Movement::of_last_event(before, authorization, &provider())
}

/// Gross, discount, payable, and each entry of a movement as `line payer cause amount`.
fn told(movement: &Movement) -> (i64, i64, i64, Vec<String>) {
    let mut entries = Vec::new();
    for line in &movement.lines {
        for entry in line.discounts.iter().flat_map(|discount| &discount.entries) {
            entries.push(format!("{} {} {} {}", line.line_id, entry.payer, entry.cause.word(), entry.amount));
        }
    }
    (movement.gross, movement.discount, movement.payable, entries)
}

fn entries(movement: &Movement) -> Vec<String> {
    told(movement).3
}

#[test]
fn a_sale_moves_all_of_it_and_a_hold_nothing() {
    let movement = Movement::opening(&sold("sale", vec![]), &provider(), MovementKind::Sale).unwrap();
    assert_eq!(movement.direction, Direction::Sale);
    let all = vec!["0 state  225".to_owned(), "0 shop  75".to_owned(), "1 state  600".to_owned()];
    assert_eq!(told(&movement), (1200, 900, 300, all));
    let line = &movement.lines[0];
    assert_eq!((&*line.product, line.units, line.gross, line.payable), ("bread", 3, 600, 300));
    let discount = &line.discounts[0];
    assert_eq!((&*discount.benefit, discount.version, discount.units, discount.amount), ("half", 3, 3, 300));
    assert_eq!(discount.grantor.as_deref(), Some("state"));
    assert_eq!(Movement::opening(&sold("hold", vec![]), &provider(), MovementKind::Sale), None);
}

#[test]
fn a_capture_moves_what_it_names_and_what_is_released_moves_nothing() {
    let mut hold = sold("hold", vec![]);
    let before = hold.balance().clone();
    hold.capture(by(1), &[units(1, 2)]).unwrap();
    let movement = moved(&before, &hold).unwrap();
    assert_eq!((movement.kind, movement.direction), (MovementKind::Capture, Direction::Sale));
    assert_eq!(told(&movement), (400, 400, 0, vec!["1 state  400".to_owned()]));
    assert_eq!(hold.movements(), 1);
}

#[test]
fn the_void_the_expiry_and_the_reversal_of_a_hold_move_nothing() {
    for end in 0..3 {
        let mut hold = sold("hold", vec![]);
        let before = hold.balance().clone();
        match end {
            0 => drop(hold.void(by(1)).unwrap().clone()),
            1 => drop(hold.expire(Origin::default()).unwrap().clone()),
            _ => assert_eq!(hold.reverse(by(1), id(0), true), Undone::Now),
        }
        assert_eq!((moved(&before, &hold), hold.movements()), (None, 0));
    }
}

#[test]
fn lines_that_do_not_change_are_left_out_and_a_refund_is_a_return() {
    let mut sale = sold("sale", vec![]);
    let before = sale.balance().clone();
    sale.refund(by(1), &[units(0, 1)]).unwrap();
    let movement = moved(&before, &sale).unwrap();
    assert_eq!((movement.direction, movement.lines.len()), (Direction::Return, 1));
    assert_eq!(told(&movement), (-200, -100, -100, vec!["0 state  -75".to_owned(), "0 shop  -25".to_owned()]));
    assert_eq!((movement.lines[0].units, movement.lines[0].discounts[0].units), (-1, -1));
}

#[test]
fn a_reversal_is_a_return_where_less_stands_sold_than_before_and_else_a_sale() {
    let mut sale = sold("sale", vec![]);
    let mut step = |change: &dyn Fn(&mut Authorization)| {
        let before = sale.balance().clone();
        change(&mut sale);
        moved(&before, &sale).map(|movement| (movement.direction, movement.gross))
    };
    assert_eq!(step(&|sale| drop(sale.refund(by(1), &[]).unwrap().clone())), Some((Direction::Return, -1200)));
    assert_eq!(
        step(&|sale| {
            sale.reverse(by(2), id(1), false);
        }),
        Some((Direction::Sale, 1200))
    );
    assert_eq!(step(&|sale| drop(sale.void(by(3)).unwrap().clone())), Some((Direction::Return, -1200)));
    assert_eq!(
        step(&|sale| {
            sale.reverse(by(4), id(3), false);
        }),
        Some((Direction::Sale, 1200))
    );
    assert_eq!(
        step(&|sale| {
            sale.reverse(by(5), id(0), true);
        }),
        Some((Direction::Return, -1200))
    );
    assert_eq!(
        step(&|sale| {
            sale.reverse(by(6), id(0), true);
        }),
        None
    );
}

#[test]
fn what_was_refunded_in_full_moves_nothing_as_it_is_reversed() {
    let mut sale = sold("sale", vec![]);
    sale.refund(by(1), &[]).unwrap();
    let before = sale.balance().clone();
    assert_eq!((sale.state(), sale.movements()), (State::Refunded, 2));
    sale.reverse(by(2), id(0), true);
    assert_eq!((moved(&before, &sale), sale.movements()), (None, 2));
}

#[test]
fn an_already_reversed_request_moves_nothing_though_something_stands() {
    let mut sale = sold("sale", vec![]);
    sale.refund(by(1), &[units(0, 1)]).unwrap();
    sale.reverse(by(2), id(1), false);
    let movements = sale.movements();
    assert_eq!(sale.reverse(by(3), id(1), false), Undone::Already);
    assert_eq!((movements, sale.movements(), sale.history().len()), (3, 3, 3));
}

#[test]
fn what_an_advice_gives_beyond_moves_under_over_granted_and_is_given_back_first() {
    let beyond = OverGrant { line_id: "1".into(), benefit: "free".into(), version: 3, grantor: 250, provider: 0 };
    let mut sale = sold("sale", vec![beyond]);
    let movement = Movement::opening(&sale, &provider(), MovementKind::Advice).unwrap();
    assert_eq!(entries(&movement)[2..], ["1 state  350", "1 state over_granted 250"]);
    let mut given_back = Vec::new();
    for number in 1..=3 {
        let before = sale.balance().clone();
        sale.refund(by(number), &[units(1, 1)]).unwrap();
        given_back.push(entries(&moved(&before, &sale).unwrap()));
    }
    let expected: [&[&str]; 3] =
        [&["1 state over_granted -200"], &["1 state  -150", "1 state over_granted -50"], &["1 state  -200"]];
    assert_eq!(given_back, expected);
    // What comes back by a reversal comes back under the entry itself.
    let before = sale.balance().clone();
    sale.reverse(by(4), id(1), false);
    assert_eq!(entries(&moved(&before, &sale).unwrap()), ["1 state  200"]);
    assert_eq!(sale.standing_over_grants(), []);
}

#[test]
fn what_comes_back_beyond_a_limit_is_the_providers_and_is_given_back_first_of_all() {
    let beyond =
        |grantor, provider| OverGrant { line_id: "1".into(), benefit: "free".into(), version: 3, grantor, provider };
    let mut sale = sold("sale", vec![beyond(100, 0)]);
    sale.refund(by(1), &[units(1, 1)]).unwrap();
    assert_eq!(sale.standing_over_grants(), []);
    let before = sale.balance().clone();
    sale.reverse(by(2), id(1), false);
    sale.bear_beyond(&before, vec![beyond(0, 200)]);
    assert_eq!(entries(&moved(&before, &sale).unwrap()), ["1 shop over_granted 200"]);
    assert_eq!(sale.standing_over_grants(), [beyond(0, 200)]);
    let before = sale.balance().clone();
    sale.refund(by(3), &[units(1, 2)]).unwrap();
    assert_eq!(entries(&moved(&before, &sale).unwrap()), ["1 state  -200", "1 shop over_granted -200"]);
    assert_eq!(sale.standing_over_grants(), []);
}

#[test]
fn what_came_back_beyond_a_limit_while_it_was_held_is_the_providers_once_it_is_captured() {
    let beyond = OverGrant { line_id: "1".into(), benefit: "free".into(), version: 3, grantor: 0, provider: 600 };
    let mut hold = sold("hold", vec![]);
    hold.void(by(1)).unwrap();
    let before = hold.balance().clone();
    hold.reverse(by(2), id(1), false);
    hold.bear_beyond(&before, vec![beyond]);
    assert_eq!(moved(&before, &hold), None);
    let before = hold.balance().clone();
    hold.capture(by(3), &[units(1, 2)]).unwrap();
    // What is released is taken from it first.
    assert_eq!(entries(&moved(&before, &hold).unwrap()), ["1 shop over_granted 400"]);
}

#[test]
fn a_day_of_a_provider_is_a_local_one() {
    for (zone, turns) in [("Europe/Riga", "22:00:00"), ("America/Los_Angeles", "08:00:00"), ("UTC", "00:00:00")] {
        let day = ServiceDay::of_deployment(TimeZone::get(zone).unwrap());
        let turn: jiff::Timestamp = format!("2026-11-18T{turns}Z").parse().unwrap();
        let before = day.date(turn - jiff::SignedDuration::from_secs(1));
        assert_eq!(day.date(turn), before.tomorrow().unwrap(), "{zone}");
    }
    // A day that turns at 04:30 has 25 hours when clocks go back, and 23 when they go on.
    let bus = ServiceDay::new(TimeZone::get("Europe/London").unwrap(), jiff::civil::time(4, 30, 0, 0));
    let turns = ["2026-03-28T04:30:00Z", "2026-03-29T03:30:00Z", "2026-10-24T03:30:00Z", "2026-10-25T04:30:00Z"];
    for turn in turns.map(|turn| turn.parse::<jiff::Timestamp>().unwrap()) {
        let before = bus.date(turn - jiff::SignedDuration::from_secs(1));
        assert_eq!(bus.date(turn), before.tomorrow().unwrap(), "{turn}");
    }
    let riga = ServiceDay::of_deployment(TimeZone::get("Europe/Riga").unwrap());
    assert_eq!(riga.date("2026-11-18T21:59:59Z".parse().unwrap()), date(2026, 11, 18));
}

/// What all movements so far sum to.
#[derive(Default)]
struct Sums {
    lines: BTreeMap<String, (i64, i64, i64)>,
    discounts: BTreeMap<(String, String), (i64, i64)>,
    entries: BTreeMap<(String, String, String, &'static str), i64>,
}

impl Sums {
    fn add(&mut self, movement: &Movement) {
        assert_eq!(movement.gross, movement.discount + movement.payable);
        assert_eq!(movement.gross, movement.lines.iter().map(|line| line.gross).sum::<i64>());
        for line in &movement.lines {
            let sums = self.lines.entry(line.line_id.to_string()).or_default();
            *sums = (sums.0 + line.units, sums.1 + line.gross, sums.2 + line.payable);
            for discount in &line.discounts {
                let key = (line.line_id.to_string(), discount.benefit.to_string());
                assert_eq!(discount.amount, discount.entries.iter().map(|entry| entry.amount).sum::<i64>());
                let sums = self.discounts.entry(key.clone()).or_default();
                *sums = (sums.0 + discount.units, sums.1 + discount.amount);
                let mut causes: Vec<(&str, Cause)> = Vec::new();
                for entry in &discount.entries {
                    assert!(entry.amount != 0 && !causes.contains(&(&*entry.payer, entry.cause)), "one entry each");
                    causes.push((&entry.payer, entry.cause));
                    let key = (key.0.clone(), key.1.clone(), entry.payer.to_string(), entry.cause.word());
                    *self.entries.entry(key).or_default() += entry.amount;
                }
            }
        }
    }

    /// Whether they are what stands sold.
    fn are(&self, authorization: &Authorization) {
        let sold = authorization.balance().is_sold();
        for (line, left) in authorization.lines.iter().zip(authorization.balance().lines()) {
            let line_id = line.decided.line_id.to_string();
            let stands = |amount: i64| if sold { amount } else { 0 };
            let expected = (stands(left.units), stands(left.parts.iter().sum()), stands(left.parts[0]));
            assert_eq!(self.lines.get(&line_id).copied().unwrap_or_default(), expected);
            let amounts = line.discounts_of(left);
            for ((discount, covered), amount) in line.decided.discounts.iter().zip(&left.covered).zip(amounts) {
                let sum = self.discounts.get(&(line_id.clone(), discount.benefit.to_string())).copied();
                assert_eq!(sum.unwrap_or_default(), (stands(*covered), stands(amount)));
            }
        }
        assert!(self.entries.values().all(|amount| *amount >= 0), "nobody bears less than nothing: {:?}", self.entries);
    }
}

/// What is left by the simplest reading: of each line, the operations that stand, one after the other.
fn left_by_hand(authorization: &Authorization, line: usize) -> Vec<i64> {
    let frozen = &authorization.lines[line];
    let whole: Vec<i64> =
        std::iter::once(frozen.decided.payable).chain(frozen.funding().map(|entry| entry.amount)).collect();
    let nothing = vec![0; whole.len()];
    if authorization.state() == State::Reversed {
        return nothing;
    }
    authorization.standing_operations().fold(whole, |left, (_, operation)| {
        let moved = operation.moves.iter().find(|moved| moved.line == line).map(|moved| moved.parts.clone());
        match (operation.kind, moved) {
            (OperationKind::Capture, Some(moved)) => moved,
            (OperationKind::Refund, Some(moved)) => left.iter().zip(moved).map(|(left, moved)| left - moved).collect(),
            (OperationKind::Refund, None) => left,
            _ => nothing.clone(),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_movements_sum_to_what_stands_sold(
        world in world(),
        held in any::<bool>(),
        shares in prop::collection::vec(0..101i64, 4),
        steps in prop::collection::vec((0..8usize, 0..5usize, 1..4i64, any::<bool>()), 1..14),
    ) {
        let mut till = Till::new(&world.catalogue, &world.holders, world.provider);
        let provider: Arc<str> = world.provider.into();
        for request in &world.requests {
            let mut request = request.clone();
            request["mode"] = json!(if held { "hold" } else { "sale" });
            let plan = till.plan(&request);
            let decision = plan.decide(&plan.usage(|need| till.book.sum(need)));
            till.book.charge(&decision.charges);
            let beyond = over_granted(&decision.lines, &shares);
            let mut authorization = Authorization::new(plan.request(), decision, beyond);
            let mut sums = Sums::default();
            let mut count = 0_u32;
            if let Some(movement) = Movement::opening(&authorization, &provider, MovementKind::Sale) {
                sums.add(&movement);
                count += 1;
            }
            sums.are(&authorization);
            for (number, (what, line, named, beyond)) in steps.iter().enumerate() {
                let before = authorization.balance().clone();
                let events = authorization.history().len();
                take(&mut authorization, number + 1, (*what, *line, *named), *beyond);
                if authorization.history().len() == events {
                    continue;
                }
                if let Some(movement) = Movement::of_last_event(&before, &authorization, &provider) {
                    sums.add(&movement);
                    count += 1;
                }
                sums.are(&authorization);
                prop_assert_eq!(authorization.movements(), count);
                for line in 0..authorization.lines.len() {
                    prop_assert_eq!(&authorization.left(line).parts, &left_by_hand(&authorization, line));
                }
            }
        }
    }
}

/// Something of some discounts was granted beyond what was due.
fn over_granted(lines: &[avis_core::DecidedLine], shares: &[i64]) -> Vec<OverGrant> {
    let discounts = lines.iter().flat_map(|line| line.discounts.iter().map(move |discount| (line, discount)));
    let beyond = discounts.zip(shares.iter().cycle()).map(|((line, discount), share)| {
        let own = discount.funding.iter().find(|entry| Some(&entry.payer) == discount.grantor.as_ref());
        let grantor = own.map_or(0, |entry| entry.amount * share / 100);
        let (line_id, benefit) = (line.line_id.clone(), discount.benefit.clone());
        OverGrant { line_id, benefit, version: discount.version, grantor, provider: 0 }
    });
    beyond.collect()
}

/// One step, if the state allows it.
fn take(authorization: &mut Authorization, number: usize, (what, line, named): (usize, usize, i64), beyond: bool) {
    let origin = by(number);
    match what {
        0 => drop(authorization.capture(origin, &[units(line, named)]).cloned()),
        1 => drop(authorization.capture(origin, &[]).cloned()),
        2..=4 => drop(authorization.refund(origin, &[units(line, named)]).cloned()),
        5 => drop(authorization.void(origin).cloned()),
        6 if line == 0 && named == 3 => {
            authorization.reverse(origin, id(0), true);
        }
        _ => {
            let before = authorization.balance().clone();
            // Of an earlier step, whether it was an operation or not.
            authorization.reverse(origin, id(1 + (line + usize::try_from(named).unwrap()) % number), false);
            if beyond {
                let all = authorization.lines.iter().flat_map(|line| {
                    line.decided.discounts.iter().map(move |discount| OverGrant {
                        line_id: line.decided.line_id.clone(),
                        benefit: discount.benefit.clone(),
                        version: discount.version,
                        grantor: 0,
                        provider: 0,
                    })
                });
                let all = all.collect();
                authorization.bear_beyond(&before, all);
            }
        }
    }
}
