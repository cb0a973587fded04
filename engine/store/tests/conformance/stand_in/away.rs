//! While the ledger is away.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use avis_core::authorization::OperationKind;
use avis_store::{LedgerError, Refused, StandInLimits, Verdict};
use serde_json::json;

use super::wire::{Passing, Wire};
use super::{LIMITS, Shop, adapter};
use crate::till::{TestClock, at_once, new_id, operation, reversal};

/// F36: what has no limits goes on.
#[test]
fn what_has_no_limits_is_sold_on_and_the_answer_says_stale() {
    let shop = Shop::new(&adapter("unlimited"));
    assert_eq!(shop.till.sell("gift", 2)["stale"], false);
    shop.go_away();
    let sold = shop.till.sell("gift", 2);
    assert_eq!(
        (&sold["outcome"], &sold["payable"], &sold["state"]),
        (&json!("approved"), &json!(100), &json!("captured"))
    );
    assert_eq!((&sold["stale"], &sold["advice"]), (&json!(true), &json!(null)));
}

/// F36: what is limited goes on as far as its `offline` policy allows, for each holder.
#[test]
fn what_is_limited_is_held_to_its_offline_policy() {
    let shop = Shop::new(&adapter("limited"));
    shop.go_away();
    let denied = shop.till.sell("purse", 1);
    assert_eq!((&denied["outcome"], &denied["reasons"]), (&json!("declined"), &json!(["limit_reached"])));
    let payable = || shop.till.sell("three", 1)["payable"].clone();
    assert_eq!([payable(), payable(), payable()], [0, 50, 100], "150 and two uses for a holder");
    let other = shop.till.answer(shop.till.sale_to("h-2", new_id(), "three", 1));
    assert_eq!(other["payable"], 0, "another holder has caps of their own");
}

/// A free ride is a use, also of an offline policy.
#[test]
fn what_costs_nothing_is_held_to_the_offline_policy_as_well() {
    let shop = Shop::new(&adapter("free-rides"));
    shop.go_away();
    let ride = || {
        let line = json!({"line_id": "1", "product": "three", "quantity": 1, "unit_price": 0});
        let request = json!({
            "request_id": new_id(), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR", "lines": [line],
        });
        shop.till.answer(shop.till.request("bus", &request))["outcome"].clone()
    };
    assert_eq!([ride(), ride(), ride()], ["approved", "approved", "declined"]);
}

/// The caps are for one outage, and for one service date where that is longer.
#[test]
fn another_outage_on_one_day_has_no_new_caps_and_another_day_has() {
    let beside = adapter("caps");
    let shop = Shop::new(&beside);
    shop.go_away();
    assert_eq!(shop.till.sell("three", 1)["payable"], 0);
    let shop = shop.restarted(&beside);
    assert_eq!(shop.till.sell("three", 1)["payable"], 50, "also across a restart");
    shop.come_back();
    shop.clock.go(60);
    shop.go_away();
    assert_eq!(shop.till.sell("three", 1)["outcome"], "declined");
    let line = json!({"line_id": "1", "product": "three", "quantity": 1, "unit_price": 100});
    let next_day = json!({
        "request_id": new_id(), "occurred_at": "2026-11-19T08:12:00+02:00", "currency": "EUR", "lines": [line],
    });
    assert_eq!(shop.till.answer(shop.till.request("bus", &next_day))["payable"], 0);
}

/// I2.
#[test]
fn a_repeat_is_answered_with_the_same_bytes_and_another_meaning_is_refused() {
    let beside = adapter("repeats");
    let shop = Shop::new(&beside);
    shop.go_away();
    for product in ["gift", "three", "purse", "nothing"] {
        let id = new_id();
        let bytes = shop.bytes(id, product, 1);
        let again = shop.till.ask(shop.till.sale(id, "sale", product, 1));
        assert_eq!(again, Verdict::repeated(bytes.clone(), false), "{product}");
        assert_eq!(shop.till.refusal(shop.till.sale(id, "sale", product, 2)), Refused::RequestIdReused);
        assert_eq!(shop.till.ledger.request("bus", id).unwrap(), Some(bytes), "{product}");
    }
    let id = new_id();
    let bytes = at_once(50, |_| match shop.tried(shop.till.sale(id, "sale", "three", 1)) {
        Ok(Verdict::Answered { body, .. }) => Some(body),
        // One that overtook the first asks again.
        Err(_) => None,
        Ok(Verdict::Refused(refused)) => panic!("{refused}"),
    });
    let first = shop.bytes(id, "three", 1);
    assert!(bytes.iter().flatten().all(|bytes| *bytes == first));
    assert!(bytes.iter().flatten().count() > 0);
}

/// I8: what was answered is on disk before. The files are taken as they are, as a crash leaves them.
#[test]
fn what_was_answered_is_there_after_a_crash() {
    let beside = adapter("crash");
    let shop = Shop::new(&beside);
    shop.go_away();
    let (id, declined) = (new_id(), new_id());
    let bytes = [shop.bytes(id, "three", 1), shop.bytes(declined, "purse", 1)];
    let crashed = adapter("crash-left");
    std::fs::create_dir_all(crashed.0.join("journal")).unwrap();
    for file in ["journal.db", "journal.db-wal"] {
        std::fs::copy(beside.0.join("journal").join(file), crashed.0.join("journal").join(file)).unwrap();
    }
    let wire = Arc::new(Wire::to(crashed.cluster(shop.clock.clone())));
    wire.pass(Passing::Nothing);
    let after = Shop::at(&crashed, wire, shop.clock.clone());
    assert_eq!(after.stand_in.standing().away_since, shop.stand_in.standing().away_since, "it is the same outage");
    assert_eq!([after.bytes(id, "three", 1), after.bytes(declined, "purse", 1)], bytes);
    after.come_back();
    assert_eq!(after.repeated_by_the_ledger(id, "three", 1).as_ref(), Some(&bytes[0]));
}

#[test]
fn what_only_the_ledger_can_do_waits_for_it() {
    let shop = Shop::new(&adapter("waits"));
    let before = shop.till.sell("three", 1);
    let held = shop.till.hold("half", 1);
    shop.go_away();
    let sold = shop.till.sell("gift", 1);
    let id = sold["request_id"].as_str().unwrap().parse().unwrap();
    for task in [
        shop.till.sale(new_id(), "hold", "gift", 1),
        operation(OperationKind::Capture, &held, None),
        operation(OperationKind::Refund, &before, None),
        operation(OperationKind::Refund, &sold, None),
        reversal(id),
        crate::advices::advice(&shop.till, new_id(), "gift", 1, 50),
    ] {
        let what = format!("{task:?}");
        assert!(matches!(shop.tried(task), Err(LedgerError::Failed(_))), "{what}");
    }
    assert!(shop.till.ledger.usage(&[]).is_err(), "nobody knows what was used");
    assert!(shop.till.ledger.authorization("bus", crate::till::id_of(&sold)).is_err());
    shop.come_back();
    assert_eq!(shop.till.answer(operation(OperationKind::Capture, &held, None))["state"], "captured");
    assert_eq!(shop.till.answer(operation(OperationKind::Refund, &sold, None))["state"], "refunded", "under its id");
    assert_eq!(shop.till.answer(reversal(id))["state"], "reversed");
}

#[test]
fn nothing_is_sold_when_the_outage_or_the_data_is_too_old() {
    let shop = Shop::new(&adapter("too-old"));
    shop.go_away();
    let (id, stale_max) = (new_id(), LIMITS.stale_max.as_secs());
    let bytes = shop.bytes(id, "gift", 1);
    shop.known.age.store(stale_max, Ordering::SeqCst);
    shop.till.sell("gift", 1);
    shop.known.age.store(stale_max + 1, Ordering::SeqCst);
    let is_refused = || shop.tried(shop.till.sale(new_id(), "sale", "gift", 1)).is_err();
    assert!(is_refused(), "the data");
    shop.known.age.store(0, Ordering::SeqCst);
    shop.clock.go(i64::try_from(stale_max).unwrap());
    shop.till.sell("gift", 1);
    shop.clock.go(1);
    assert!(is_refused(), "the outage");
    assert_eq!(shop.bytes(id, "gift", 1), bytes, "what was sold is repeated all the same");
    shop.come_back();
    shop.till.sell("gift", 1);
}

#[test]
fn the_journal_has_bounds() {
    let beside = adapter("bounds");
    let clock = Arc::<TestClock>::default();
    let wire = Arc::new(Wire::to(beside.cluster(clock.clone())));
    let shop = Shop::within(StandInLimits { in_journal_max: 3, ..LIMITS }, &beside, wire, clock);
    shop.go_away();
    (0..3).for_each(|_| drop(shop.till.sell("gift", 1)));
    let refused = shop.tried(shop.till.sale(new_id(), "sale", "gift", 1));
    assert_eq!(refused, Err(LedgerError::Overloaded));
    shop.come_back();
    shop.go_away();
    shop.till.sell("gift", 1);
}
