//! What was authorized is given back by units, to the cent, and undone without a trace.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;

use avis_core::Totals;
use avis_core::authorization::{
    Authorization, OperationBody, Origin, Refusal, State, StoredAuthorization, StoredEvent, Undone, UnitsOfLine,
};
use common::Till;
use common::generate::{World, world};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

fn id(number: usize) -> Uuid {
    Uuid::from_u128(number as u128)
}

fn by(number: usize) -> Origin {
    let at = Timestamp::UNIX_EPOCH;
    Origin { at, terminal: Some("t".into()), request_id: Some(id(number)), reason: None }
}

fn units(line: usize, units: i64) -> UnitsOfLine {
    UnitsOfLine { line_id: line.to_string().into(), units }
}

/// Sells what a world asks for, as held or captured.
fn sold(world: &World, mode: &str) -> Vec<Authorization> {
    let mut till = Till::new(&world.catalogue, &world.holders, world.provider);
    let sell = |request: &Value| {
        let mut request = request.clone();
        request["mode"] = json!(mode);
        let plan = till.plan(&request);
        let decision = plan.decide(&plan.usage(|need| till.book.sum(need)));
        till.book.charge(&decision.charges);
        Authorization::new(plan.request(), decision, Vec::new())
    };
    world.requests.iter().map(sell).collect()
}

fn total_left(authorization: &Authorization) -> i64 {
    let lines = 0..authorization.lines.len();
    lines.map(|line| authorization.left(line).parts.iter().sum::<i64>()).sum()
}

fn gross(authorization: &Authorization) -> i64 {
    authorization.lines.iter().map(|line| line.decided.gross).sum()
}

fn consumes_nothing(authorization: &Authorization) -> bool {
    authorization.consumed().iter().all(|charge| charge.totals == Totals::default())
}

/// A sale of a basket of three for 12.00 each, 9.00 off the basket.
fn basket(mode: &str) -> Authorization {
    let catalogue = json!({
        "currency": "EUR", "providers": [{"code": "shop", "tags": []}],
        "benefits": [{
            "code": "nine", "version": 1, "grantor": "shop", "name": {"lv": "n", "en": "n"}, "priority": 1,
            "scope": {"providers": {"all": true}}, "effect": {"amount_off": {"amount": 900, "per": "basket"}},
        }],
    });
    let line = |line: usize| json!({"line_id": line.to_string(), "product": "shop", "quantity": 1, "unit_price": 1200});
    let request = json!({
        "request_id": Uuid::nil(), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
        "lines": [line(0), line(1), line(2)],
    });
    let world = World { catalogue, holders: Vec::new(), provider: "shop", requests: vec![request] };
    sold(&world, mode).remove(0)
}

#[test]
fn a_refund_never_spreads_a_basket_discount_anew() {
    let mut sale = basket("sale");
    let refund = sale.refund(by(1), &[units(0, 1)]).unwrap();
    assert_eq!(refund.moves()[0].parts, [900, 300], "9.00 to the person, 3.00 to the payer");
    assert_eq!(sale.state(), State::PartlyRefunded);
    assert_eq!((&sale.left(1).parts, &sale.left(2).parts), (&vec![900, 300], &vec![900, 300]));
    sale.refund(by(2), &[]).unwrap();
    assert_eq!((sale.state(), total_left(&sale)), (State::Refunded, 0));
    assert_eq!(sale.refund(by(3), &[]), Err(Refusal::NotInState(State::Refunded)));
}

#[test]
fn each_operation_is_allowed_in_its_states_only() {
    let hold = || basket("hold");
    let mut captured = hold();
    assert_eq!(captured.refund(by(1), &[]), Err(Refusal::NotInState(State::Held)));
    captured.capture(by(1), &[units(0, 1)]).unwrap();
    assert_eq!((captured.state(), total_left(&captured)), (State::Captured, 1200), "the rest is released");
    assert_eq!(captured.capture(by(2), &[]), Err(Refusal::NotInState(State::Captured)));
    assert_eq!(captured.expire(Origin::default()), Err(Refusal::NotInState(State::Captured)));
    let mut voided = hold();
    voided.void(by(1)).unwrap();
    assert_eq!((voided.state(), total_left(&voided)), (State::Voided, 0));
    assert_eq!(voided.void(by(2)), Err(Refusal::NotInState(State::Voided)));
    let mut expired = hold();
    expired.expire(Origin::default()).unwrap();
    assert_eq!(expired.capture(by(1), &[]), Err(Refusal::NotInState(State::Expired)));
    let mut refunded = basket("sale");
    refunded.refund(by(1), &[units(2, 1)]).unwrap();
    assert_eq!(refunded.void(by(2)), Err(Refusal::NotInState(State::PartlyRefunded)));
}

#[test]
fn units_and_lines_that_are_not_there_are_refused_and_nothing_happens() {
    let mut sale = basket("sale");
    let before = sale.clone();
    assert_eq!(sale.refund(by(1), &[units(0, 1), units(7, 1)]), Err(Refusal::UnknownLine { place: 1 }));
    assert_eq!(sale.refund(by(1), &[units(0, 2)]), Err(Refusal::TooManyUnits { place: 0, left: 1 }));
    assert_eq!(sale, before);
}

#[test]
fn undoing_a_capture_holds_again_and_undoes_its_refunds() {
    let mut hold = basket("hold");
    let before = (hold.state(), hold.consumed());
    hold.capture(by(1), &[units(1, 1)]).unwrap();
    hold.refund(by(2), &[]).unwrap();
    assert_eq!(hold.reverse(by(90), id(1), false), Undone::Now);
    assert_eq!((hold.state(), hold.consumed()), before);
    assert_eq!(
        (hold.reverse(by(90), id(1), false), hold.reverse(by(90), id(2), false), hold.reverse(by(90), id(9), false)),
        (Undone::Already, Undone::Already, Undone::Already)
    );
    assert_eq!((hold.reverse(by(91), id(0), true), hold.reverse(by(92), id(0), true)), (Undone::Now, Undone::Already));
    assert_eq!((hold.state(), total_left(&hold)), (State::Reversed, 0));
}

#[test]
fn bodies_are_read_strictly() {
    let request_id = id(7);
    let parse = |body: Value, lines, reason| OperationBody::parse(body.to_string().as_bytes(), lines, reason);
    let pointers = |body: Value, lines, reason| -> Vec<String> {
        parse(body, lines, reason).unwrap_err().list.into_iter().map(|fault| fault.pointer).collect()
    };
    let line = json!({"line_id": "1", "units": 1});
    assert_eq!(parse(json!({"request_id": request_id, "lines": [line]}), true, false).unwrap().lines.len(), 1);
    assert_eq!(pointers(json!({"request_id": request_id, "lines": [line, line]}), true, true), ["/lines/1/line_id"]);
    assert_eq!(pointers(json!({"request_id": request_id, "lines": [line]}), false, true), ["/lines"]);
    assert_eq!(pointers(json!({"request_id": request_id, "reason": "r"}), true, false), ["/reason"]);
    assert_eq!(
        pointers(json!({"lines": [{"line_id": "1", "units": 0}]}), true, true),
        ["/request_id", "/lines/0/units"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn giving_back_unit_by_unit_gives_back_everything(world in world(), held in any::<bool>(), steps in prop::collection::vec((0..5usize, 1..4i64), 1..12)) {
        for mut authorization in sold(&world, if held { "hold" } else { "sale" }) {
            if held {
                let first = authorization.lines[0].quantity;
                let named: Vec<_> = (0..authorization.lines.len()).map(|line| units(line, authorization.lines[line].quantity.min(first))).collect();
                authorization.capture(by(0), &named).unwrap();
            }
            let captured = total_left(&authorization);
            let mut returned = 0;
            for (number, (line, count)) in steps.iter().enumerate() {
                if let Ok(refund) = authorization.refund(by(number + 1), &[units(*line, *count)]) {
                    prop_assert!(refund.moves().iter().all(|moved| moved.parts.iter().chain(&moved.covered).all(|part| *part >= 0)));
                    returned += refund.moves().iter().flat_map(|moved| &moved.parts).sum::<i64>();
                }
                prop_assert_eq!(returned + total_left(&authorization), captured, "nothing is lost and nothing is made");
                let left: Vec<_> = (0..authorization.lines.len()).map(|line| authorization.left(line)).collect();
                prop_assert!(left.iter().all(|left| left.parts.iter().chain(&left.covered).all(|part| *part >= 0)));
            }
            let _ = authorization.refund(by(99), &[]);
            prop_assert_eq!(authorization.state(), State::Refunded);
            prop_assert!(total_left(&authorization) == 0 && consumes_nothing(&authorization));
        }
    }

    #[test]
    fn what_is_consumed_is_what_was_charged_until_something_is_given_back(world in world()) {
        for mut sale in sold(&world, "sale") {
            let charged = sale.consumed();
            prop_assert_eq!(&charged, sale.charged());
            prop_assert_eq!(total_left(&sale), gross(&sale));
            sale.void(by(1)).unwrap();
            prop_assert!(consumes_nothing(&sale));
            prop_assert_eq!(sale.reverse(by(90), id(1), false), Undone::Now);
            prop_assert_eq!(sale.consumed(), charged);
        }
    }

    #[test]
    fn an_authorization_reads_back_as_it_was_stored(world in world()) {
        for mut sale in sold(&world, "sale") {
            let _ = sale.refund(by(1), &[units(0, 1)]);
            let _ = sale.refund(by(2), &[]);
            sale.reverse(by(3), id(1), false);
            sale.reverse(by(4), id(1), false);
            prop_assert_eq!(stored_and_read(&sale), sale);
        }
    }
}

/// The authorization as it is opened from its stored form, and its history replayed.
fn stored_and_read(authorization: &Authorization) -> Authorization {
    let opened = serde_json::to_string(&StoredAuthorization::new(authorization)).unwrap();
    let mut read = serde_json::from_str::<StoredAuthorization<'_>>(&opened).unwrap().open();
    for event in authorization.history() {
        let stored = serde_json::to_string(&StoredEvent::new(event)).unwrap();
        read.replay(serde_json::from_str(&stored).unwrap()).unwrap();
    }
    read
}
