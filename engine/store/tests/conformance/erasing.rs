//! A person is erased from a ledger: nothing in any table tells what was known of them, amounts stay, and so do the seals.

use std::sync::Arc;

use avis_core::authorization::OperationKind;
use avis_store::BrokenSeal;
use serde_json::json;
use uuid::Uuid;

use crate::points;
use crate::recorded::Readable;
use crate::rows::Tables;
use crate::sealed::{Sealed, verified};
use crate::till::{Adapter, PROVIDER, TestClock, Till, catalogue, id_of, operation};

const CODE: &str = "h-planted";
/// What is known of the person.
const PLANTED: [&str; 6] = ["1931-05-17", "lv.planted.place", "hh-planted", "group-planted", "fact-planted", CODE];

/// Tables of records and of what follows from them.
const TABLES: [&str; 15] = [
    "request",
    "authorization",
    "authorization_event",
    "movement",
    "movement_line",
    "entry",
    "usage",
    "usage_window",
    "over_grant",
    "points_account",
    "points_lot",
    "points_use",
    "points_entry",
    "points_event",
    "erased_unit",
];

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn till_of(adapter: &dyn Adapter) -> Till {
    let holder = json!({
        "holder": CODE, "birth_date": PLANTED[0], "household": PLANTED[2],
        "residences": [{"territory": PLANTED[1]}], "entitlements": [{"group": PLANTED[3]}],
        "attributes": [{"name": "school", "value": PLANTED[4]}],
    });
    Till::of(adapter, &Arc::new(TestClock::default()), &catalogue(), &holder)
}

/// Which of the planted words stand in a table.
fn found(tables: &dyn Tables) -> Vec<String> {
    let schema = tables.dialect().schema;
    let mut found = Vec::new();
    for table in TABLES {
        let rows = tables.texts(&format!("{schema}{table}"));
        // In texts, and in bytes as an answer has them.
        let is_in = |row: &String, word: &str| row.contains(word) || row.contains(&hex(word.as_bytes()));
        let planted = PLANTED.iter().filter(|word| rows.iter().any(|row| is_in(row, word)));
        found.extend(planted.map(|word| format!("{word} in {table}")));
    }
    found
}

pub(crate) fn what_is_left_of_an_erased_person_are_amounts_under_another_subject(
    adapter: &(impl Tables + Sealed + Readable),
) {
    let till = till_of(adapter);
    let other = till.answer(till.sale_to("h-other", crate::till::new_id(), "gift", 2));
    let sold = till.sell("three", 1);
    let held = till.hold("gift", 1);
    let voided = till.hold("gift", 1);
    till.answer(operation(OperationKind::Void, &voided, None));
    till.sell("transfer", 1);
    verified(adapter);
    for word in [PLANTED[0], PLANTED[1], PLANTED[3], PLANTED[4], CODE] {
        assert!(found(adapter).iter().any(|place| place.starts_with(word)), "{word} was there: {:?}", found(adapter));
    }
    assert_eq!(till.ledger.erase(CODE).unwrap().records, 4);
    assert_eq!(found(adapter), Vec::<String>::new());
    let (_, reading) = adapter.recorded().record(id_of(&sold)).unwrap().unwrap();
    assert!(reading.is_erased() && reading.person.holder.is_none(), "{reading:?}");
    let (_, reading) = adapter.recorded().record(id_of(&other)).unwrap().unwrap();
    assert!(!reading.is_erased(), "another's is as it was");
    let schema = adapter.dialect().schema;
    let amounts = adapter.rows(&format!(
        "SELECT count(DISTINCT holder), sum(discount) FROM {schema}movement WHERE holder LIKE 'erased-%'"
    ));
    assert_eq!(amounts, [["1", "200"]], "one subject has them all");
    // A limit that was used up is the other's by now, and who comes under the code begins anew.
    assert_eq!(till.sell("three", 3)["lines"][0]["discounts"][0]["units"], 3);
    // A hold goes on.
    till.answer(operation(OperationKind::Capture, &held, None));
    assert_eq!(till.ledger.erase("h-nobody").unwrap().records, 0);
    assert!(verified(adapter).is_whole());
}

pub(crate) fn an_erased_record_is_given_back_as_ever_and_its_seals_hold(adapter: &(impl Tables + Sealed)) {
    let till = till_of(adapter);
    let sold = till.sell("three", 3);
    till.answer(operation(OperationKind::Refund, &sold, Some(1)));
    verified(adapter);
    let told = till.ledger.authorization(PROVIDER, id_of(&sold)).unwrap();
    till.ledger.erase(CODE).unwrap();
    assert_eq!(till.ledger.authorization(PROVIDER, id_of(&sold)).unwrap(), told);
    let found = verified(adapter);
    assert!(found.is_whole() && found.whole == 2, "{found:?}");
    till.answer(operation(OperationKind::Refund, &sold, Some(1)));
    let found = verified(adapter);
    assert!(found.is_whole() && found.whole == 3, "{found:?}");
    // Once more changes nothing: nothing is the person's any more.
    assert_eq!(till.ledger.erase(CODE).unwrap().records, 0);
    assert!(verified(adapter).is_whole());
}

pub(crate) fn points_of_an_erased_person_are_nobodys_who_comes_under_the_code(adapter: &(impl Tables + Sealed)) {
    let clock = Arc::new(TestClock::default());
    let till = points::shop(adapter, &clock);
    let sold = points::sell(&till, &clock, &[("tea", 2)], &json!({}));
    let before = points::balance(&till, &clock, "stamps");
    assert!(before > 0);
    verified(adapter);
    let code = till.holder().code.clone();
    till.ledger.erase(&code).unwrap();
    assert_eq!(points::balance(&till, &clock, "stamps"), 0, "who comes under the code has none of them");
    assert!(verified(adapter).is_whole());
    till.answer(operation(OperationKind::Refund, &sold, None));
    assert!(verified(adapter).is_whole());
}

pub(crate) fn what_was_changed_behind_the_ledger_stays_found_after_an_erasure(adapter: &(impl Tables + Sealed)) {
    let till = till_of(adapter);
    let (changed, later) = (till.sell("gift", 1), till.sell("gift", 1));
    verified(adapter);
    let discount = |by: i64, id: Uuid| {
        adapter.change(&format!("UPDATE avis.movement SET gross = gross + {by} WHERE authorization_id = {{id}}"), id);
    };
    let is_found = |id: Uuid| verified(adapter).broken == [BrokenSeal::Changed { authorization: id, event: 0 }];
    discount(1, id_of(&changed));
    assert!(is_found(id_of(&changed)));
    till.ledger.erase(CODE).unwrap();
    assert!(is_found(id_of(&changed)), "an erasure does not cover it");
    discount(-1, id_of(&changed));
    discount(1, id_of(&later));
    assert!(verified(adapter).broken.contains(&BrokenSeal::Changed { authorization: id_of(&later), event: 0 }));
    discount(-1, id_of(&later));
}
