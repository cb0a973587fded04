//! Holds that are not captured in time give back what they held.

use std::sync::Arc;

use avis_core::authorization::{OperationKind, Refusal, State};
use avis_store::Refused;

use crate::till::{Adapter, HOLD, TestClock, Till, operation};

fn hold_s() -> i64 {
    HOLD.as_secs()
}

/// F23.
pub(crate) fn a_hold_expires_by_elapsed_time_and_gives_back(adapter: &dyn Adapter) {
    let clock = Arc::<TestClock>::default();
    let till = Till::open(adapter, &clock);
    let hold = till.hold("three", 3);
    clock.go(hold_s() - 1);
    assert_eq!(till.sell("three", 1)["outcome"], "declined");
    clock.go(1);
    assert_eq!(till.sell("three", 3)["payable"], 0);
    let refused = till.refusal(operation(OperationKind::Capture, &hold, None));
    assert_eq!(refused, Refused::Operation(Refusal::NotInState(State::Expired)));
    assert_eq!(till.read(&hold)["history"][0]["kind"], "expiry");
}

/// However many are due at once, each gives back before the next decision.
pub(crate) fn many_holds_expire_before_the_next_decision(adapter: &dyn Adapter) {
    let clock = Arc::<TestClock>::default();
    let till = Till::open(adapter, &clock);
    (0..300).for_each(|_| drop(till.hold("gift", 1)));
    clock.go(1);
    till.hold("three", 3);
    clock.go(hold_s());
    assert_eq!(till.sell("three", 3)["payable"], 0);
}

pub(crate) fn a_hold_expires_across_a_restart(adapter: &dyn Adapter) {
    let clock = Arc::<TestClock>::default();
    let till = Till::open(adapter, &clock);
    till.hold("three", 3);
    drop(till);
    clock.go(hold_s());
    assert_eq!(Till::open(adapter, &clock).sell("three", 3)["payable"], 0);
}

/// F23.
pub(crate) fn a_clock_that_went_back_never_prolongs_a_hold(adapter: &dyn Adapter) {
    let clock = Arc::<TestClock>::default();
    let till = Till::open(adapter, &clock);
    till.hold("three", 3);
    drop(till);
    clock.go(-24 * 3600);
    drop(Till::open(adapter, &clock));
    clock.go(1);
    let till = Till::open(adapter, &clock);
    assert_eq!(till.sell("three", 1)["outcome"], "declined");
    clock.go(hold_s());
    assert_eq!(till.sell("three", 3)["payable"], 0, "its whole time from the restart at most");
}
