//! What holds of loyalty, whatever the programmes, the members and what they do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may stop at what it does not expect, and its numbers are small"
)]

mod common;
mod oracle;

use std::collections::HashMap;

use avis_core::loyalty::LedgerAccount;
use common::generate::world;
use common::points::{PointsWorld, points_world};
use common::points_till::PointsTill;
use proptest::prelude::*;
use serde_json::{Value, json};

fn till(world: &PointsWorld) -> PointsTill {
    PointsTill::new(&world.catalogue, &world.holders, world.provider)
}

/// The sum of the entries so far in an account of the ledger.
fn sum(till: &PointsTill, of: LedgerAccount) -> i64 {
    till.books.entries().iter().filter(|entry| entry.ledger_account == of).map(|entry| entry.points).sum()
}

/// What each discount takes and who pays it, whatever stands beside it.
fn discounts(answer: &Value) -> Vec<Value> {
    answer["lines"].as_array().unwrap().iter().map(|line| line["discounts"].clone()).collect()
}

/// How many worlds each property is tried on; `PROPTEST_CASES` sets another number.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_oracle_says_the_same_of_points(world in points_world()) {
        let mut till = PointsTill::new(&world.catalogue, &world.holders, world.provider);
        let mut ledger = oracle::loyalty::Ledger::new(&world.catalogue, &world.holders, world.provider);
        for line in &world.lines {
            let statement = oracle::loyalty::statement_of;
            prop_assert_eq!(statement(&till.take(line)), statement(&ledger.take(line)), "{}", line);
        }
    }

    #[test]
    fn entries_sum_to_zero_and_lots_and_balances_are_sums_of_entries(world in points_world()) {
        let mut till = till(&world);
        for line in &world.lines {
            till.take(line);
            let mut transactions: HashMap<_, i64> = HashMap::new();
            let mut lots: HashMap<_, i64> = HashMap::new();
            let mut owed: HashMap<_, i64> = HashMap::new();
            for entry in till.books.entries() {
                *transactions.entry((&entry.key, entry.transaction)).or_default() += entry.points;
                match (entry.ledger_account, entry.lot) {
                    (LedgerAccount::Points, Some(lot)) => *lots.entry((&entry.key, lot)).or_default() += entry.points,
                    (LedgerAccount::Owed, _) => *owed.entry(&entry.key).or_default() -= entry.points,
                    _ => {}
                }
            }
            prop_assert!(transactions.values().all(|sum| *sum == 0));
            for (key, account) in till.books.accounts() {
                for (place, lot) in account.every_lot() {
                    prop_assert!(lot.left >= 0);
                    prop_assert_eq!(lots.get(&(key, place)).copied().unwrap_or_default(), lot.left);
                }
                prop_assert_eq!(owed.get(key).copied().unwrap_or_default(), account.owed());
                // Who owes has no points.
                let now = till.books.clock().unwrap();
                prop_assert!(account.owed() == 0 || account.lots(now).is_empty());
            }
        }
        prop_assert!(sum(&till, LedgerAccount::Issued) <= 0);
        prop_assert!(sum(&till, LedgerAccount::Redeemed) >= 0 && sum(&till, LedgerAccount::Reserved) >= 0);
    }

    #[test]
    fn what_is_undone_leaves_nothing_spent_and_nothing_earned(world in points_world()) {
        let mut till = till(&world);
        for line in &world.lines {
            till.take(line);
        }
        for (number, line) in world.lines.iter().enumerate().filter(|(_, line)| line["operation"].is_null()) {
            let id = format!("0190f6a2-0000-7000-8000-{:012}", 1000 + number);
            till.take(&json!({"operation": "reversal", "request_id": id, "original_request_id": line["request_id"]}));
        }
        prop_assert_eq!((sum(&till, LedgerAccount::Redeemed), sum(&till, LedgerAccount::Reserved)), (0, 0));
    }

    #[test]
    fn booking_what_has_expired_changes_no_answer(world in points_world(), every in 1..4usize) {
        let (mut plain, mut booked) = (till(&world), till(&world));
        for (place, line) in world.lines.iter().enumerate() {
            prop_assert_eq!(plain.take(line), booked.take(line));
            if place % every == 0 {
                booked.books.book_expiry();
            }
        }
    }

    /// A holder of the first world is a member in the other.
    #[test]
    fn a_benefit_that_asks_nothing_of_loyalty_reads_nothing_of_it(world in world(), points in points_world()) {
        let mut catalogue = world.catalogue.clone();
        catalogue["programs"] = points.catalogue["programs"].clone();
        catalogue["campaigns"] = points.catalogue["campaigns"].clone();
        let members: Vec<Value> = world.holders.iter().map(|holder| {
            let mut holder = holder.clone();
            holder["memberships"] = points.holders[0]["memberships"].clone();
            holder
        }).collect();
        let mut without = PointsTill::new(&world.catalogue, &world.holders, world.provider);
        let mut with = PointsTill::new(&catalogue, &members, world.provider);
        for request in &world.requests {
            let mut redeeming = request.clone();
            redeeming["redeem"] = json!([{"program": "m0", "max": true}]);
            let (plain, loyal) = (without.take(request), with.take(&redeeming));
            prop_assert_eq!(discounts(&plain), discounts(&loyal));
            prop_assert_eq!(&plain["payable"], &loyal["payable"]);
            let due = loyal["due"].as_i64().unwrap() + loyal["tender"].as_i64().unwrap();
            prop_assert_eq!(json!(due), loyal["payable"].clone());
        }
    }

    #[test]
    fn explaining_settles_the_same(world in points_world()) {
        let mut till = till(&world);
        for line in &world.lines {
            let explained = till.explained(line);
            let answer = till.take(line);
            prop_assert!(explained.is_none_or(|explained| explained == answer));
        }
    }
}

/// Of these members the second one is held out of `spring`.
#[test]
fn a_coupon_is_not_good_for_who_is_held_out_and_an_explanation_tells_it() {
    let member = |holder: &str| {
        json!({"holder": holder, "identifiers": [{"scheme": "card", "value": holder}],
               "memberships": [{"program": "club", "consent": "terms"}]})
    };
    let catalogue = json!({
        "currency": "EUR", "providers": [{"code": "p1", "tags": []}], "programs": [{"code": "club", "version": 1, "owner": "shop"}],
        "campaigns": [{"code": "spring", "owner": "shop", "valid": {"from": "2025-01-01"}, "hold_out": {"program": "club", "share": 1_000}}],
        "coupons": [{"campaign": "spring", "code": "AB-1"}],
        "benefits": [{"code": "fifth", "version": 1, "grantor": "shop", "name": {"lv": "n", "en": "n"}, "priority": 1,
            "scope": {"providers": {"all": true}}, "when": {"coupon": {"campaign": "spring"}}, "effect": {"percent": {"rate": 2000}}}],
    });
    let till = || PointsTill::new(&catalogue, &[member("h-1"), member("h-7")], "p1");
    let request = |identifiers: Value| {
        json!({"request_id": "00000000-0000-0000-0000-000000000001", "occurred_at": "2025-05-05T09:00:00+03:00", "currency": "EUR",
            "identifiers": identifiers, "coupons": ["AB1"],
            "lines": [{"line_id": "1", "product": "book", "quantity": 1, "unit_price": 1_000}]})
    };
    let card = |holder: &str| request(json!([{"scheme": "card", "value": holder}]));
    let answered = |request: &Value| {
        let answer = till().take(request);
        (answer["payable"].as_i64().unwrap(), answer["coupons"][0]["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(answered(&card("h-1")), (800, "taken".to_owned()));
    assert_eq!(answered(&card("h-7")), (1_000, "not_now".to_owned()));
    assert_eq!(answered(&request(json!([]))), (800, "taken".to_owned()), "who is nobody's member");
    let told = |holder: &str| till().trace(&card(holder)).to_string().contains(r#""held_out":true"#);
    assert_eq!((told("h-7"), told("h-1")), (true, false));
}
