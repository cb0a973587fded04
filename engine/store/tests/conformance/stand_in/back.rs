//! When the ledger is there again, it gets what was sold, once.

use std::sync::Arc;

use avis_core::authorization::OperationKind;
use avis_store::{LedgerError, Refused, Verdict};
use avis_testing::eventually;
use serde_json::{Value, json};
use uuid::Uuid;

use super::wire::{Passing, Wire};
use super::{Shop, adapter, json};
use crate::advices::over_granted;
use crate::till::{TestClock, new_id, operation, reversal};

const RECORDED: &str = "SELECT count(*) FROM authorization";
const USED: &str = "SELECT coalesce(sum(units), 0) FROM usage WHERE code = 'three-benefit'";

/// F36, I2, I8.
#[test]
fn what_was_sold_is_handed_in_once_and_repeated_with_the_same_bytes_by_any_engine() {
    let beside = adapter("handed-in");
    let shop = Shop::new(&beside);
    shop.go_away();
    let sales = [("gift", 2), ("three", 1), ("three", 1), ("purse", 1), ("nothing", 1)].map(|(product, units)| {
        let id = new_id();
        (id, product, units, shop.bytes(id, product, units))
    });
    shop.come_back();
    assert_eq!(shop.stand_in.standing().handed_in, 5);
    assert_eq!(beside.sql(RECORDED), 3, "what was declined is no record");
    assert_eq!(beside.sql(USED), 2);
    for (id, product, units, bytes) in sales {
        assert_eq!(shop.repeated_by_the_ledger(id, product, units), Some(bytes.clone()), "{product}");
        assert_eq!(shop.bytes(id, product, units), bytes);
    }
    assert_eq!(beside.sql(RECORDED), 3);
    assert_eq!(shop.stand_in.standing().differing, 0);
}

#[test]
fn a_record_is_what_the_terminal_was_told() {
    let shop = Shop::new(&adapter("as-told"));
    shop.go_away();
    let sold = [shop.till.sell("three", 1), shop.till.sell("three", 1), shop.till.sell("gift", 3)];
    shop.come_back();
    for sold in &sold {
        let read = shop.till.read(sold);
        for field in ["authorization_id", "request_id", "gross", "discount", "payable", "state", "stale"] {
            assert_eq!(read[field], sold[field], "{field}");
        }
        assert_eq!(over_granted(&read), [], "it is within the limits");
    }
}

/// I1: what both together overran is listed, the grantor's within the caps.
#[test]
fn what_went_beyond_a_limit_is_listed_with_who_is_liable() {
    let shop = Shop::new(&adapter("over-granted"));
    shop.sold_elsewhere("three", 2);
    shop.go_away();
    let within = shop.till.sell("three", 1);
    let beyond = shop.till.sell("three", 1);
    assert_eq!([&within["payable"], &beyond["payable"]], [0, 50]);
    shop.come_back();
    assert_eq!(over_granted(&shop.till.read(&within)), []);
    assert_eq!(over_granted(&shop.till.read(&beyond)), [(50, 0)]);
    assert_eq!(shop.till.sell("three", 1)["outcome"], "declined", "the limit is used up");
}

#[test]
fn sales_of_many_holders_are_handed_in_together_and_those_of_one_in_their_order() {
    let beside = adapter("together");
    let shop = Shop::new(&beside);
    shop.go_away();
    let of = |holder: usize, units: i64| {
        shop.till.answer(shop.till.sale_to(&format!("holder-{holder}"), new_id(), "gift", units))
    };
    (0..40).for_each(|holder| drop(of(holder, 1)));
    let second: Vec<Value> = (0..3).map(|holder| of(holder, 2)).collect();
    shop.wire.pass(Passing::Unanswered);
    eventually("the first sale of each holder on its way", || shop.wire.unanswered(), |count| *count == 40);
    shop.wire.pass(Passing::Nothing);
    shop.wire.tell_at_last();
    assert_eq!(shop.stand_in.standing().in_journal, 43, "nothing left the journal without an answer");
    shop.come_back();
    assert_eq!((beside.sql(RECORDED), shop.stand_in.standing().handed_in), (43, 43));
    second.iter().for_each(|sold| assert_eq!(shop.till.read(sold)["state"], "captured"));
}

/// Some are handed in, the answer to the next is lost after the ledger has recorded it, and the engine stops and starts again.
#[test]
fn a_crash_in_the_middle_of_handing_in_doubles_and_loses_nothing() {
    let beside = adapter("crash-in-the-middle");
    let mut shop = Shop::new(&beside);
    shop.go_away();
    let sales: Vec<(Uuid, Vec<u8>)> = (0..10)
        .map(|_| {
            let id = new_id();
            (id, shop.bytes(id, "gift", 1))
        })
        .collect();
    for round in 1..=3 {
        shop.wire.pass(Passing::Answers(2));
        let recorded = || beside.sql(RECORDED);
        eventually("one more record than was answered", recorded, |recorded| *recorded == 2 * round + 1);
        shop.wire.pass(Passing::Nothing);
        let standing = || shop.stand_in.standing();
        eventually("a journal without what was answered", standing, |standing| standing.handed_in == 2);
        shop = shop.restarted(&beside);
        assert_eq!(i64::try_from(shop.stand_in.standing().in_journal), Ok(10 - 2 * round), "the others are kept");
    }
    shop.come_back();
    assert_eq!(beside.sql(RECORDED), 10);
    assert_eq!(shop.stand_in.standing().differing, 0);
    for (id, bytes) in sales {
        assert_eq!(shop.repeated_by_the_ledger(id, "gift", 1), Some(bytes));
    }
}

#[test]
fn an_engine_that_starts_while_the_ledger_is_away_sells_and_hands_in() {
    let beside = adapter("starts-away");
    let clock = Arc::<TestClock>::default();
    let wire = Arc::new(Wire::to(beside.cluster(clock.clone())));
    wire.pass(Passing::Nothing);
    let shop = Shop::at(&beside, wire, clock);
    assert_eq!(shop.till.sell("gift", 2)["payable"], 100);
    shop.come_back();
    assert_eq!(beside.sql(RECORDED), 1);
    assert_eq!(shop.till.sell("gift", 2)["stale"], false);
}

/// Two engines sold one request each their own way: it is one sale, and somebody is told that the answers differ.
#[test]
fn one_request_sold_by_two_engines_is_one_sale() {
    let (one, other) = (adapter("two-engines-one"), adapter("two-engines-other"));
    let clock = Arc::<TestClock>::default();
    let wire = Arc::new(Wire::to(one.cluster(clock.clone())));
    let engines = [Shop::at(&one, wire.clone(), clock.clone()), Shop::at(&other, wire.clone(), clock.clone())];
    engines.iter().for_each(Shop::go_away);
    let id = new_id();
    let first = engines[0].bytes(id, "gift", 2);
    clock.go(1);
    let second = engines[1].bytes(id, "gift", 2);
    assert_ne!(first, second);
    engines.iter().for_each(Shop::come_back);
    assert_eq!(one.sql(RECORDED), 1);
    let differing: u64 = engines.iter().map(|engine| engine.stand_in.standing().differing).sum();
    assert_eq!(differing, 1);
    assert_eq!(engines[0].bytes(id, "gift", 2), engines[1].bytes(id, "gift", 2), "from now on one answer");
    for bytes in [first, second] {
        let told = json(&bytes);
        let refund = engines[1].till.answer(operation(OperationKind::Refund, &told, Some(1)));
        assert_eq!(refund["authorization_id"], told["authorization_id"], "whichever answer a terminal has");
    }
}

/// What the ledger refuses is kept for somebody to look at, and holds up nothing behind it.
#[test]
fn what_the_ledger_refuses_is_set_aside() {
    let beside = adapter("set-aside");
    let shop = Shop::new(&beside);
    shop.go_away();
    let id = new_id();
    let bytes = shop.bytes(id, "gift", 2);
    let next = shop.till.sell("gift", 1);
    // Another engine used the id for something else.
    let other = shop.till.sale(id, "sale", "gift", 7);
    shop.wire.ledger().submit(other).unwrap().blocking_recv().unwrap().unwrap();
    shop.wire.pass(Passing::Everything);
    let standing = || shop.stand_in.standing();
    let standing = eventually("the one behind it handed in", standing, |standing| standing.handed_in == 1);
    assert_eq!((standing.set_aside, standing.in_journal), (1, 1));
    assert_eq!(shop.till.read(&next)["state"], "captured");
    assert_eq!(shop.bytes(id, "gift", 2), bytes, "who got that answer gets it again");
    let shop = shop.restarted(&beside);
    assert_eq!(shop.bytes(id, "gift", 2), bytes);
}

/// New sales don't wait for those that are handed in; what belongs to those does.
#[test]
fn what_is_about_a_sale_that_is_not_handed_in_yet_waits_for_that() {
    let beside = adapter("not-yet");
    let shop = Shop::new(&beside);
    shop.go_away();
    let id = new_id();
    let bytes = shop.bytes(id, "gift", 2);
    let sold: Value = json(&bytes);
    shop.wire.pass(Passing::NoAnswers);
    eventually("the ledger", || shop.stand_in.standing(), |standing| standing.away_since.is_none());
    let refund = || shop.tried(operation(OperationKind::Refund, &sold, None));
    assert!(matches!(refund(), Err(LedgerError::Failed(_))));
    let repeated = shop.tried(shop.till.sale(id, "sale", "gift", 2));
    assert_eq!(repeated, Ok(Verdict::repeated(bytes.clone(), false)));
    let other = shop.tried(shop.till.sale(id, "sale", "gift", 1));
    assert_eq!(other, Ok(Verdict::Refused(Refused::RequestIdReused)));
    shop.come_back();
    let refunded = shop.till.answer(operation(OperationKind::Refund, &sold, None));
    assert_eq!((&refunded["state"], beside.sql(RECORDED)), (&json!("refunded"), 1));
    shop.till.answer(reversal(id));
    let repeated = shop.tried(shop.till.sale(id, "sale", "gift", 2));
    assert_eq!(repeated, Ok(Verdict::repeated(bytes, true)), "the bytes stay");
}
