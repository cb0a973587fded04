//! What may have been recorded is not sold again.

use std::sync::Arc;
use std::time::Duration;

use avis_store::{LedgerError, StandInLimits, Verdict};
use avis_testing::eventually;
use serde_json::Value;

use super::wire::{Passing, Wire};
use super::{LIMITS, Shop, adapter, json};
use crate::till::{TestClock, new_id, reversal};

#[test]
fn a_sale_whose_answer_was_lost_waits_for_the_ledger_which_alone_can_tell() {
    let beside = adapter("lost-answer");
    let shop = Shop::new(&beside);
    // The ledger records a full discount; standing in there would be none.
    let id = new_id();
    shop.wire.pass(Passing::NoAnswers);
    let sale = || shop.tried(shop.till.sale(id, "sale", "purse", 1));
    assert!(matches!(sale(), Err(LedgerError::Failed(_))));
    shop.go_away();
    assert!(matches!(sale(), Err(LedgerError::Failed(_))), "it is not sold again");
    assert_eq!(shop.till.sell("purse", 1)["outcome"], "declined", "another is");
    shop.come_back();
    let Ok(Verdict::Answered { body, replayed: true, reversed: false, .. }) = sale() else { panic!() };
    assert_eq!(json(&body)["payable"], 0);
    assert_eq!(beside.sql("SELECT count(*) FROM authorization"), 1);
}

/// A till that lost the answer on its own side repeats the sale in the outage.
#[test]
fn a_sale_that_was_recorded_before_the_outage_is_not_sold_again() {
    let beside = adapter("recorded-before");
    let shop = Shop::new(&beside);
    let id = new_id();
    let bytes = shop.bytes(id, "gift", 1);
    shop.go_away();
    assert!(matches!(shop.tried(shop.till.sale(id, "sale", "gift", 1)), Err(LedgerError::Failed(_))));
    shop.come_back();
    assert_eq!(shop.bytes(id, "gift", 1), bytes);
    let handed_in = new_id();
    shop.go_away();
    let bytes = shop.bytes(handed_in, "gift", 1);
    shop.come_back();
    shop.go_away();
    assert!(shop.tried(shop.till.sale(handed_in, "sale", "gift", 1)).is_err(), "nor one of an earlier outage");
    shop.come_back();
    assert_eq!(shop.bytes(handed_in, "gift", 1), bytes);
    assert_eq!(beside.sql("SELECT count(*) FROM authorization"), 2);
}

/// Its reversal came first, and was answered; the sale itself comes late, in the outage.
#[test]
fn a_sale_that_was_reversed_before_it_came_is_not_sold_in_the_outage() {
    let beside = adapter("reversed-before");
    let shop = Shop::new(&beside);
    let id = new_id();
    assert_eq!(shop.till.answer(reversal(id))["authorization_id"], Value::Null);
    shop.go_away();
    assert!(matches!(shop.tried(shop.till.sale(id, "sale", "gift", 1)), Err(LedgerError::Failed(_))));
    shop.come_back();
    assert_eq!(shop.till.answer(shop.till.sale(id, "sale", "gift", 1))["outcome"], "reversed");
    assert_eq!(beside.sql("SELECT count(*) FROM authorization"), 0);
}

#[test]
fn a_sale_that_never_arrived_is_sold_once_the_ledger_is_there() {
    let shop = Shop::new(&adapter("never-arrived"));
    let id = new_id();
    shop.wire.pass(Passing::Nothing);
    let sale = || shop.tried(shop.till.sale(id, "sale", "purse", 1));
    assert!(sale().is_err());
    shop.until_it_stands_in();
    assert!(sale().is_err());
    shop.come_back();
    let Ok(Verdict::Answered { replayed: false, .. }) = sale() else { panic!() };
}

/// The first sale finds out that the ledger can't even be reached: nobody needs to be asked what became of it.
#[test]
fn a_sale_for_which_the_ledger_was_out_of_reach_is_sold_when_it_comes_again() {
    let beside = adapter("out-of-reach");
    let shop = Shop::new(&beside);
    let id = new_id();
    shop.wire.pass(Passing::OutOfReach);
    let sale = || shop.tried(shop.till.sale(id, "sale", "gift", 1));
    assert!(matches!(sale(), Err(LedgerError::OutOfReach(_))));
    shop.until_it_stands_in();
    let Ok(Verdict::Answered { body, replayed: false, reversed: false, .. }) = sale() else { panic!() };
    assert_eq!(json(&body)["stale"], true);
    shop.come_back();
    assert_eq!(shop.bytes(id, "gift", 1), body);
    assert_eq!(beside.sql("SELECT count(*) FROM authorization"), 1);
}

/// The terminal was told to come again before it was known that the ledger was out of reach.
#[test]
fn a_sale_of_which_that_is_known_late_is_sold_from_then_on() {
    let (beside, clock) = (adapter("out-of-reach-late"), Arc::<TestClock>::default());
    let wire = Arc::new(Wire::to(beside.cluster(clock.clone())));
    let limits = StandInLimits { patience: Duration::from_millis(200), ..LIMITS };
    let shop = Shop::within(limits, &beside, wire, clock);
    let id = new_id();
    shop.wire.pass(Passing::OutOfReachLate);
    let sale = || shop.tried(shop.till.sale(id, "sale", "gift", 1));
    assert!(matches!(sale(), Err(LedgerError::Failed(_))));
    shop.until_it_stands_in();
    assert!(sale().is_err(), "nobody knows yet what became of it");
    shop.wire.tell_at_last();
    eventually("a sale", sale, Result::is_ok).unwrap();
    shop.come_back();
}

#[test]
fn a_failure_while_the_ledger_answers_is_no_outage() {
    let shop = Shop::new(&adapter("no-outage"));
    shop.wire.pass(Passing::NoAnswers);
    let id = new_id();
    let sale = || shop.tried(shop.till.sale(id, "sale", "three", 1));
    assert!(sale().is_err());
    shop.wire.pass(Passing::Everything);
    let Ok(Verdict::Answered { replayed: true, .. }) = sale() else { panic!() };
    assert_eq!(shop.stand_in.standing().away_since, None);
}
