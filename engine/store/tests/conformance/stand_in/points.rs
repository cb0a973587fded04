//! Points while the ledger is away: earned on what is paid, never spent.

use std::sync::Arc;

use avis_core::authorization::OperationKind;
use serde_json::{Value, json};

use super::wire::Wire;
use super::{LIMITS, Shop, adapter};
use crate::points::{self, balance, sell};
use crate::till::{TestClock, operation};

/// F36 with points in the basket.
#[test]
fn f36_nothing_is_redeemed_and_what_is_paid_earns_points_when_it_is_handed_in() {
    let beside = adapter("away-with-points");
    let clock = Arc::<TestClock>::default();
    let wire = Arc::new(Wire::to(beside.cluster(clock.clone())));
    let shop = Shop::with(points::shop, LIMITS, &beside, wire, clock.clone());
    sell(&shop.till, &clock, &[("coffee", 4)], &json!({}));
    shop.go_away();
    let more = json!({"redeem": [{"program": "points", "max": true}], "coupons": ["AB-1"]});
    let away = sell(&shop.till, &clock, &[("coffee", 2), ("tea", 1)], &more);
    assert_eq!((&away["tender"], &away["due"], &away["stale"]), (&json!(0), &away["payable"], &json!(true)));
    assert_eq!(
        away["coupons"],
        json!([{"campaign": "spring", "state": "not_now"}]),
        "how often it was used is not known"
    );
    let told: Vec<&Value> = away["loyalty"].as_array().unwrap().iter().map(|one| &one["reasons"]).collect();
    assert_eq!(told, [&json!(["points_unavailable"]), &json!([])]);
    let earned = away["loyalty"][0]["earned"]["points"].as_i64().unwrap();
    assert!(earned >= 20, "{away}");
    shop.come_back();
    assert_eq!(balance(&shop.till, &clock, "points"), 40 + earned);
    let refunded = shop.till.answer(operation(OperationKind::Void, &away, None));
    assert_eq!((&refunded["loyalty"][0]["taken_back"], balance(&shop.till, &clock, "points")), (&json!(earned), 40));
}
