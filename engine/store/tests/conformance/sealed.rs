//! What moved is rows: they are followed without gaps, and what is changed afterwards is found.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use avis_core::authorization::OperationKind;
use avis_store::{BrokenSeal, BusinessDates, Cursor, Movements, MovementsError, SealKey, StoredMovement, Verification};
use avis_testing::eventually;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::points;
use crate::till::{Adapter, Till, id_of, new_id, operation, reversal, secret};

/// An adapter whose rows are looked at, and changed behind its back.
pub(crate) trait Sealed: Adapter {
    fn movements(&self) -> Box<dyn Movements>;

    /// Runs a statement in which tables are named `avis.…` and ids stand as `{id}`.
    fn change(&self, statement: &str, id: Uuid);

    /// Takes all seals away, so that everything is sealed anew.
    fn queue_again(&self);
}

/// Movements as `<authorization>/<number>`.
fn names(movements: &[StoredMovement]) -> Vec<String> {
    movements.iter().map(|movement| format!("{}/{}", movement.authorization(), movement.number())).collect()
}

fn name(answer: &Value, number: u32) -> String {
    format!("{}/{number}", id_of(answer))
}

/// Follows from a cursor, a few of each lane at a time, until there are so many.
pub(crate) fn followed(adapter: &dyn Sealed, cursor: &mut Cursor, count: usize) -> Vec<String> {
    let movements = adapter.movements();
    let mut found = Vec::new();
    let look = || {
        let followed = movements.movements_after(cursor, 2).unwrap();
        found.extend(names(&followed.movements));
        *cursor = followed.cursor;
        found.len()
    };
    eventually(&format!("{count} sealed movements"), look, |found| *found >= count);
    found
}

/// Waits until everything is sealed, and goes through it.
pub(crate) fn verified(adapter: &dyn Sealed) -> Verification {
    let (key, movements) = (SealKey::new(&secret()), adapter.movements());
    eventually("a ledger that is sealed", || movements.verify(&key).unwrap(), |found| found.unsealed == 0)
}

fn lines(adapter: &dyn Sealed) -> Vec<Value> {
    let (mut lines, closed) = (Vec::new(), BTreeMap::new());
    let mut dates = BusinessDates::by(&closed);
    let mut sink = |movement: StoredMovement| {
        let mut line = Vec::new();
        movement.write_line(dates.of(&movement)?, &mut line)?;
        assert_eq!((line.pop(), line.contains(&b'\n')), (Some(b'\n'), false));
        lines.push(serde_json::from_slice(&line).unwrap());
        Ok(())
    };
    adapter.movements().each_movement(&mut sink).unwrap();
    lines
}

pub(crate) fn each_movement_is_followed_once_and_a_cursor_goes_on_where_it_was(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let mut cursor = Cursor::default();
    let sold: Vec<Value> =
        (0..5).map(|number| till.answer(till.sale_to(&format!("h-{number}"), new_id(), "gift", 2))).collect();
    let mut expected: Vec<String> = sold.iter().map(|sale| name(sale, 1)).collect();
    let mut found = followed(adapter, &mut cursor, 5);
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(adapter.movements().movements_after(&cursor, 100).unwrap().cursor, cursor, "nothing is new");
    till.answer(operation(OperationKind::Refund, &sold[0], Some(1)));
    till.answer(operation(OperationKind::Refund, &sold[0], Some(1)));
    let held = till.hold("gift", 1);
    till.answer(operation(OperationKind::Capture, &held, None));
    drop(till);
    // A cursor is kept as JSON, and the ledger was started again.
    let mut cursor: Cursor = serde_json::from_str(&serde_json::to_string(&cursor).unwrap()).unwrap();
    let till = Till::new(adapter);
    let found = followed(adapter, &mut cursor, 3);
    let refunds: Vec<&String> = found.iter().filter(|found| **found != name(&held, 1)).collect();
    assert_eq!(refunds, [&name(&sold[0], 2), &name(&sold[0], 3)], "those of one authorization in their order");
    assert_eq!(found.len(), 3, "a hold moves nothing until it is captured");
    drop(till);
}

pub(crate) fn a_cursor_of_a_ledger_that_was_restored_is_refused(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let sold = till.sell("gift", 1);
    let mut cursor = Cursor::default();
    followed(adapter, &mut cursor, 1);
    // The same position, and something else at it.
    let text = serde_json::to_string(&cursor).unwrap();
    let link = &cursor.marks().next().unwrap().1.link;
    let other: Cursor = serde_json::from_str(&text.replace(link, "0123456789abcdef")).unwrap();
    assert!(matches!(adapter.movements().movements_after(&other, 1), Err(MovementsError::Diverged(_))));
    adapter.change("DELETE FROM avis.seal", id_of(&sold));
    assert!(matches!(adapter.movements().movements_after(&cursor, 1), Err(MovementsError::Diverged(_))));
}

/// Settlement 1.1, to the field.
pub(crate) fn an_export_has_a_movement_a_line(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let sold = till.sell("gift", 3);
    let refunded = till.answer(operation(OperationKind::Refund, &sold, Some(1)));
    let reversed = refunded["operation"]["request_id"].as_str().unwrap().parse().unwrap();
    till.answer(reversal(reversed));
    let lines = lines(adapter);
    let id = id_of(&sold);
    let discount = |units: i64| {
        json!([{"benefit": "gift-benefit", "version": 1, "grantor": "state", "units": units, "amount": 50 * units,
                "entries": [{"payer": "state", "cause": "", "amount": 50 * units}]}])
    };
    let expected = |number: u32, kind: &str, direction: &str, request: &Value, original: Value, units: i64| {
        let terminal = match kind {
            "sale" => "t",
            "refund" => "desk",
            _ => "office",
        };
        json!({
            "movement": format!("{id}/{number}"), "authorization_id": id, "request_id": request,
            "original_request_id": original, "provider": "bus", "terminal": terminal, "kind": kind, "direction": direction,
            "occurred_at": "2026-11-18T06:12:00Z", "recorded_at": "2026-11-18T06:12:00Z", "authorized_on": "2026-11-18",
            "natural_date": "2026-11-18", "business_date": "2026-11-18", "late": false,
            "gross": 100 * units, "discount": 50 * units, "payable": 50 * units,
            "lines": [{"line_id": "1", "product": "gift", "units": units, "gross": 100 * units, "payable": 50 * units,
                       "discounts": discount(units)}],
        })
    };
    let refund = &refunded["operation"]["request_id"];
    assert_eq!(lines[0], expected(1, "sale", "sale", &sold["request_id"], Value::Null, 3));
    assert_eq!(lines[1], expected(2, "refund", "return", refund, Value::Null, -1));
    let reversal = &lines[2]["request_id"];
    assert_eq!(lines[2], expected(3, "reversal", "sale", reversal, refund.clone(), 1));
    assert_eq!(lines.len(), 3);
}

/// Whatever rows are kept in; the record has what the terminal sent.
pub(crate) fn an_export_tells_instants_to_the_millisecond(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let request = json!({
        "request_id": new_id(), "occurred_at": "2026-11-18T08:12:00.123456789+02:00", "currency": "EUR",
        "lines": [{"line_id": "1", "product": "gift", "quantity": 1, "unit_price": 100}],
    });
    let sold = till.answer(till.request("bus", &request));
    assert_eq!(lines(adapter)[0]["occurred_at"], "2026-11-18T06:12:00.123Z");
    assert_eq!(till.read(&sold)["occurred_at"], "2026-11-18T06:12:00.123456789Z");
}

/// What reports sum is what the terminals were told.
pub(crate) fn entries_add_up_to_what_was_answered(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let mut told: HashMap<Uuid, i64> = HashMap::new();
    for (product, units) in [("gift", 3), ("three", 2), ("purse", 1), ("half", 4), ("nothing", 1)] {
        let sold = till.sell(product, units);
        if sold["authorization_id"].is_string() {
            told.insert(id_of(&sold), sold["discount"].as_i64().unwrap());
        }
    }
    let voided = till.sell("half", 2);
    till.answer(operation(OperationKind::Void, &voided, None));
    told.insert(id_of(&voided), 0);
    let mut entered: HashMap<Uuid, i64> = HashMap::new();
    for line in lines(adapter) {
        let id = line["authorization_id"].as_str().unwrap().parse().unwrap();
        let entries = line["lines"].as_array().unwrap().iter().flat_map(|line| line["discounts"].as_array().unwrap());
        let entries = entries.flat_map(|discount| discount["entries"].as_array().unwrap());
        *entered.entry(id).or_default() += entries.map(|entry| entry["amount"].as_i64().unwrap()).sum::<i64>();
    }
    assert_eq!(entered, told);
}

pub(crate) fn what_is_untouched_is_found_whole(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let sold = till.sell("three", 2);
    till.answer(operation(OperationKind::Refund, &sold, Some(1)));
    let held = till.hold("half", 1);
    till.answer(operation(OperationKind::Void, &held, None));
    till.sell("nothing", 1);
    let found = verified(adapter);
    assert_eq!((found.whole, found.broken), (4, Vec::new()), "two that were opened, and an event of each");
    drop(till);
    let till = Till::new(adapter);
    till.sell("gift", 1);
    assert_eq!((verified(adapter).whole, verified(adapter).broken_count), (5, 0), "the chain goes on after a restart");
}

pub(crate) fn a_row_that_was_changed_or_deleted_is_found(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let sold = till.sell("gift", 3);
    till.answer(operation(OperationKind::Refund, &sold, Some(1)));
    let others = [till.sell("three", 1), till.sell("half", 1)];
    let authorization = id_of(&sold);
    assert!(verified(adapter).is_whole());
    let changes = [
        (0, "UPDATE avis.authorization SET record = replace(record, 'gift', 'gisp') WHERE id = {id}"),
        (0, "UPDATE avis.authorization SET reading = replace(reading, 'gift', 'gisp') WHERE id = {id}"),
        (0, "UPDATE avis.movement SET gross = gross + 1 WHERE authorization_id = {id} AND number = 1"),
        (1, "UPDATE avis.movement SET terminal = 'u' WHERE authorization_id = {id} AND number = 2"),
        (1, "UPDATE avis.authorization_event SET content = content || ' ' WHERE authorization_id = {id}"),
        (0, "UPDATE avis.movement_line SET units = units + 1 WHERE authorization_id = {id} AND number = 1"),
        (1, "UPDATE avis.entry SET amount = amount - 1 WHERE authorization_id = {id} AND number = 2"),
        (0, "UPDATE avis.entry SET payer = 'another' WHERE authorization_id = {id} AND number = 1"),
        (1, "DELETE FROM avis.authorization_event WHERE authorization_id = {id}"),
        (1, "DELETE FROM avis.entry WHERE authorization_id = {id} AND number = 2"),
        (1, "DELETE FROM avis.movement WHERE authorization_id = {id} AND number = 2"),
        (0, "DELETE FROM avis.authorization WHERE id = {id}"),
    ];
    let mut broken = Vec::new();
    for (event, change) in changes {
        adapter.change(change, authorization);
        let expected = BrokenSeal::Changed { authorization, event };
        if !broken.contains(&expected) {
            broken.push(expected);
            broken.sort_by_key(|broken| matches!(broken, BrokenSeal::Changed { event: 1, .. }));
        }
        let found = verified(adapter);
        let changed = found.broken.iter().filter(|broken| matches!(broken, BrokenSeal::Changed { .. }));
        assert_eq!(changed.cloned().collect::<Vec<_>>(), broken, "{change}");
        assert_eq!(found.whole, 4 - broken.len() as u64, "{change}");
    }
    others.iter().for_each(|other| assert_eq!(till.read(other)["state"], "captured"));
}

/// What a hold's end and what may be done with an authorization follow from is not sealed: it follows from the history.
pub(crate) fn a_state_that_was_changed_is_found(adapter: &dyn Sealed) {
    let clock = Arc::default();
    let till = Till::open(adapter, &clock);
    let (sold, held) = (till.sell("gift", 3), till.hold("half", 1));
    clock.go(60);
    till.hold("half", 1);
    let expected = |answer: &Value| BrokenSeal::State { authorization: id_of(answer) };
    assert!(verified(adapter).is_whole());
    adapter.change("UPDATE avis.authorization SET state = 'voided' WHERE id = {id}", id_of(&sold));
    assert_eq!(verified(adapter).broken, [expected(&sold)]);
    adapter.change("UPDATE avis.authorization SET state = 'captured' WHERE id = {id}", id_of(&sold));
    assert!(verified(adapter).is_whole());
    let later =
        "UPDATE avis.authorization SET expires_at = (SELECT max(expires_at) FROM avis.authorization) WHERE id = {id}";
    adapter.change(later, id_of(&held));
    assert_eq!(verified(adapter).broken, [expected(&held)], "its end was put off");
}

/// As somebody does who can write every row, and has no key: all seals of the lane are made again by the ledger itself.
pub(crate) fn a_movement_that_was_changed_and_sealed_anew_is_found(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let sold = till.sell("gift", 3);
    till.answer(operation(OperationKind::Refund, &sold, Some(1)));
    let other = till.sell("three", 1);
    let authorization = id_of(&sold);
    assert!(verified(adapter).is_whole());
    drop(till);
    for change in [
        "UPDATE avis.movement SET discount = discount + 50, payable = payable - 50 WHERE authorization_id = {id} AND number = 1",
        "UPDATE avis.entry SET amount = amount + 50 WHERE authorization_id = {id} AND number = 1",
        "UPDATE avis.movement_line SET payable = payable - 50 WHERE authorization_id = {id} AND number = 1",
    ] {
        adapter.change(change, authorization);
    }
    adapter.queue_again();
    let till = Till::new(adapter);
    let found = verified(adapter);
    assert_eq!((found.whole, found.broken), (3, vec![BrokenSeal::Unfounded { authorization, number: 1 }]));
    assert_eq!(till.read(&other)["state"], "captured");
}

/// One row that is damaged keeps nothing else from being compared.
pub(crate) fn a_record_that_cannot_be_read_is_told_and_all_others_are_compared(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let [first, second, third, last] = ["gift", "three", "half", "gift"].map(|product| id_of(&till.sell(product, 1)));
    assert!(verified(adapter).is_whole());
    drop(till);
    adapter.change("UPDATE avis.authorization SET record = 'none' WHERE id = {id}", first);
    adapter.change("UPDATE avis.movement SET gross = gross + 1 WHERE authorization_id = {id}", second);
    adapter.change(
        "UPDATE avis.authorization SET record = replace(record, '\"format\":1', '\"format\":99') WHERE id = {id}",
        third,
    );
    adapter.change("UPDATE avis.entry SET amount = amount + 1 WHERE authorization_id = {id}", last);
    adapter.queue_again();
    let _till = Till::new(adapter);
    let unreadable = |authorization| BrokenSeal::Unreadable { authorization };
    let unfounded = |authorization| BrokenSeal::Unfounded { authorization, number: 1 };
    let found = verified(adapter);
    let expected = [unreadable(first), unfounded(second), unreadable(third), unfounded(last)];
    assert_eq!((found.whole, found.broken_count), (4, 4), "{found:?}");
    assert!(expected.iter().all(|broken| found.broken.contains(broken)), "{found:?}");
    assert!(unreadable(first).to_string().contains(&first.to_string()));
}

/// Also where whatever is left was sealed anew.
pub(crate) fn rows_whose_record_is_gone_and_a_record_whose_rows_are_gone_are_found(adapter: &dyn Sealed) {
    let clock = Arc::default();
    let till = points::shop(adapter, &clock);
    let gone = id_of(&points::sell(&till, &clock, &[("coffee", 1)], &json!({})));
    let refunded = points::sell(&till, &clock, &[("coffee", 3)], &json!({}));
    till.answer(operation(OperationKind::Refund, &refunded, Some(1)));
    let bare = id_of(&points::sell(&till, &clock, &[("coffee", 1)], &json!({})));
    assert!(verified(adapter).is_whole());
    drop(till);
    adapter.change("DELETE FROM avis.authorization WHERE id = {id}", gone);
    adapter.change("DELETE FROM avis.authorization_event WHERE authorization_id = {id}", id_of(&refunded));
    adapter.change("DELETE FROM avis.movement WHERE authorization_id = {id}", bare);
    adapter.change("DELETE FROM avis.movement_line WHERE authorization_id = {id}", bare);
    adapter.queue_again();
    let _till = points::shop(adapter, &clock);
    let without = |authorization, table| BrokenSeal::WithoutRecord { authorization, table };
    let unfounded = |authorization, number| BrokenSeal::Unfounded { authorization, number };
    let refunded = id_of(&refunded);
    let expected = [
        BrokenSeal::State { authorization: refunded },
        unfounded(refunded, 2),
        unfounded(bare, 1),
        without(gone, "movement"),
        without(gone, "points_entry"),
        without(refunded, "points_entry"),
        without(gone, "request"),
    ];
    let found = verified(adapter);
    assert_eq!(found.broken_count, expected.len() as u64, "{found:?}");
    assert!(expected.iter().all(|broken| found.broken.contains(broken)), "{found:?}");
}

pub(crate) fn an_entry_of_points_that_was_changed_deleted_or_added_is_found(adapter: &dyn Sealed) {
    let clock = Arc::default();
    let till = points::shop(adapter, &clock);
    let sold = points::sell(&till, &clock, &[("coffee", 3)], &json!({}));
    let other = points::sell(&till, &clock, &[("coffee", 1)], &json!({}));
    let (authorization, other) = (id_of(&sold), id_of(&other));
    assert!(verified(adapter).is_whole());
    let refunded = till.answer(operation(OperationKind::Refund, &sold, Some(1)));
    assert_eq!(refunded["state"], "partly_refunded");
    assert_eq!(verified(adapter).whole, 3);
    let changes = [
        (
            "UPDATE avis.points_entry SET points = points + 1 WHERE authorization_id = {id} AND event = 1",
            authorization,
            1,
        ),
        ("UPDATE avis.points_entry SET expires_at = NULL WHERE authorization_id = {id}", other, 0),
        (
            "DELETE FROM avis.points_entry WHERE authorization_id = {id} AND event = 0 AND ledger_account = 'issued'",
            authorization,
            0,
        ),
    ];
    for (place, (change, authorization, event)) in changes.into_iter().enumerate() {
        adapter.change(change, authorization);
        let found = verified(adapter);
        assert!(found.broken.contains(&BrokenSeal::Changed { authorization, event }), "{change}: {found:?}");
        assert_eq!(found.whole, 2 - place as u64, "{change}");
    }
    adapter.change("UPDATE avis.points_entry SET event = 7 WHERE authorization_id = {id} AND event = 1", authorization);
    let added = BrokenSeal::Added { authorization, number: 7, table: "points_entry" };
    assert!(verified(adapter).broken.contains(&added));
}

pub(crate) fn a_row_that_was_added_is_found(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let sold = till.sell("gift", 1);
    let authorization = id_of(&sold);
    assert!(verified(adapter).is_whole());
    adapter.change(
        "INSERT INTO avis.authorization_event (authorization_id, number, recorded_at, content)
         SELECT id, 7, recorded_at, '{{}}' FROM avis.authorization WHERE id = {id}",
        authorization,
    );
    let added = |number, table| BrokenSeal::Added { authorization, number, table };
    assert_eq!(verified(adapter).broken, [added(7, "authorization_event")]);
    adapter.change(
        "INSERT INTO avis.movement_line (authorization_id, number, line, line_id, product, units, gross, payable)
         VALUES ({id}, 9, 1, '1', 'gift', 1, 1, 1)",
        authorization,
    );
    assert_eq!(verified(adapter).broken, [added(7, "authorization_event"), added(9, "entry")]);
}

pub(crate) fn a_seal_that_was_changed_or_deleted_is_found(adapter: &dyn Sealed) {
    let till = Till::new(adapter);
    let sold: Vec<Value> = (0..3).map(|_| till.sell("gift", 1)).collect();
    assert!(verified(adapter).is_whole());
    // What a seal keeps of its movement: by that it is found where it counts late.
    for (change, back) in [
        ("natural_date = natural_date + 1", "natural_date = natural_date - 1"),
        ("provider = 'another'", "provider = (SELECT provider FROM avis.movement WHERE authorization_id = {id})"),
    ] {
        let set = |what: &str| format!("UPDATE avis.seal SET {what} WHERE authorization_id = {{id}}");
        adapter.change(&set(change), id_of(&sold[0]));
        let expected = BrokenSeal::Changed { authorization: id_of(&sold[0]), event: 0 };
        assert_eq!(verified(adapter).broken, [expected], "{change}");
        adapter.change(&set(back), id_of(&sold[0]));
        assert!(verified(adapter).is_whole());
    }
    adapter.change("UPDATE avis.seal SET event = 5 WHERE position = 3", id_of(&sold[0]));
    let found = verified(adapter);
    let added = found.broken.iter().filter(|broken| matches!(broken, BrokenSeal::Added { .. })).count();
    assert!(matches!(&found.broken[0], BrokenSeal::Changed { event: 5, .. }), "{found:?}");
    assert_eq!((added, found.broken.len()), (2, 3), "its record and its movement have no seal any more: {found:?}");
    adapter.change("DELETE FROM avis.seal WHERE position = 2", id_of(&sold[0]));
    let found = verified(adapter);
    assert!(found.broken.iter().any(|broken| matches!(broken, BrokenSeal::Missing { position: 2, .. })), "{found:?}");
    adapter.change("DELETE FROM avis.seal WHERE position = 3", id_of(&sold[0]));
    let found = verified(adapter);
    assert!(found.broken.iter().any(|broken| matches!(broken, BrokenSeal::Missing { position: 2, .. })), "{found:?}");
}
