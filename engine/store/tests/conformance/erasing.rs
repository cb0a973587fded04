//! A person is erased from a ledger: nothing in any table tells what was known of them, amounts stay, and so do the seals.

use std::sync::Arc;

use avis_core::authorization::OperationKind;
use avis_store::BrokenSeal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::accounts;
use crate::points;
use crate::recorded::Readable;
use crate::rows::Tables;
use crate::sealed::{Sealed, verified};
use crate::till::{Adapter, PROVIDER, TestClock, Till, catalogue, id_of, new_id, operation};

const CODE: &str = "h-planted";
/// What is known of the person.
const PLANTED: [&str; 5] = ["1931-05-17", "lv.planted.place", "group-planted", "fact-planted", CODE];
/// Of the household, by which use goes on being counted.
const HOUSEHOLD: &str = "home-planted";

/// Tables of records and of what follows from them.
const TABLES: [&str; 16] = [
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
    "erasure",
];

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn till_of(adapter: &dyn Adapter) -> Till {
    let holder = json!({
        "holder": CODE, "birth_date": PLANTED[0], "household": HOUSEHOLD,
        "residences": [{"territory": PLANTED[1]}], "entitlements": [{"group": PLANTED[2]}],
        "attributes": [{"name": "school", "value": PLANTED[3]}],
    });
    Till::of(adapter, &Arc::new(TestClock::default()), &catalogue(), &holder)
}

/// Which of some words stand in which table.
fn found(tables: &dyn Tables, words: &[&str]) -> Vec<String> {
    let schema = tables.dialect().schema;
    let mut found = Vec::new();
    for table in TABLES {
        let rows = tables.texts(&format!("{schema}{table}"));
        // In texts, and in bytes as an answer has them.
        let is_in = |row: &String, word: &str| row.contains(word) || row.contains(&hex(word.as_bytes()));
        let words = words.iter().filter(|word| rows.iter().any(|row| is_in(row, word)));
        found.extend(words.map(|word| format!("{word} in {table}")));
    }
    found
}

pub(crate) fn what_is_left_of_an_erased_person_are_amounts_under_another_subject(
    adapter: &(impl Tables + Sealed + Readable),
) {
    let till = till_of(adapter);
    let other = till.answer(till.sale_to("h-other", new_id(), "gift", 2));
    let sold = till.sell("three", 1);
    let held = till.hold("gift", 1);
    let voided = till.hold("gift", 1);
    till.answer(operation(OperationKind::Void, &voided, None));
    till.sell("transfer", 1);
    till.sell("half", 1);
    verified(adapter);
    for word in PLANTED {
        assert!(!found(adapter, &[word]).is_empty(), "{word} was there");
    }
    assert_eq!(till.ledger.erase(CODE).unwrap().records, 5);
    assert_eq!(found(adapter, &PLANTED), Vec::<String>::new());
    let places = ["authorization", "usage"].map(|table| format!("{HOUSEHOLD} in {table}"));
    assert_eq!(found(adapter, &[HOUSEHOLD]), places, "it is counted on, and nothing that was read tells it");
    let (_, reading) = adapter.recorded().record(id_of(&sold)).unwrap().unwrap();
    assert!(reading.is_erased() && reading.person.holder.is_none(), "{reading:?}");
    let (_, reading) = adapter.recorded().record(id_of(&other)).unwrap().unwrap();
    assert!(!reading.is_erased(), "another's is as it was");
    let schema = adapter.dialect().schema;
    let amounts = adapter.rows(&format!(
        "SELECT count(DISTINCT holder), sum(discount) FROM {schema}movement WHERE holder LIKE 'erased-%'"
    ));
    assert_eq!(amounts, [["1", "250"]], "one subject has them all");
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

/// Of each portion all is done or nothing, and tills sell between them: also to who is being erased.
pub(crate) fn an_erasure_goes_in_portions_and_one_that_was_cut_off_is_gone_on_with(adapter: &(impl Tables + Sealed)) {
    const SOLD: usize = 45;
    let till = till_of(adapter);
    let limited = till.sell("three", 2);
    let sold: Vec<Value> = (1..SOLD).map(|_| till.sell("half", 1)).collect();
    verified(adapter);
    let schema = adapter.dialect().schema;
    let left = || {
        let records = adapter.texts(&format!("{schema}authorization"));
        records.iter().filter(|record| record.contains(CODE)).count()
    };
    assert_eq!(left(), SOLD);
    // One can't be rewritten that is in no first portion, whether they go by their ids or as they came.
    let last = sold[20..].iter().map(id_of).max().unwrap();
    adapter.change("UPDATE avis.authorization SET record = record || 'x' WHERE id = {id}", last);
    till.ledger.erase(CODE).unwrap_err();
    let between = left();
    assert!((1..SOLD).contains(&between), "{between} are left");
    till.answer(till.sale_to("h-other", new_id(), "gift", 2));
    assert_eq!(till.sell("three", 2)["lines"][0]["discounts"][0]["units"], 1, "a limit holds all the while");
    till.answer(operation(OperationKind::Refund, &limited, Some(1)));
    till.answer(operation(OperationKind::Refund, &sold[0], Some(1)));
    till.answer(operation(OperationKind::Void, &sold[SOLD - 3], None));
    adapter
        .change("UPDATE avis.authorization SET record = substr(record, 1, length(record) - 1) WHERE id = {id}", last);
    verified(adapter);
    assert_eq!(till.ledger.erase(CODE).unwrap().records, between as u64 + 1);
    assert_eq!(found(adapter, &PLANTED), Vec::<String>::new());
    let subjects = format!("SELECT count(DISTINCT holder) FROM {schema}movement WHERE holder LIKE 'erased-%'");
    assert_eq!(adapter.rows(&subjects), [["1"]], "it goes on under the same subject");
    assert!(verified(adapter).is_whole(), "{:?}", verified(adapter));
}

/// Anna and Berta share an account of points, and Anna has stamps of her own.
pub(crate) fn points_of_an_erased_person_are_nobodys_who_comes_under_the_code(adapter: &(impl Tables + Sealed)) {
    let clock = Arc::new(TestClock::default());
    let till = points::shop(adapter, &clock);
    till.answer(accounts::adjusting(new_id(), accounts::own_stamps(), 7, Some(30)));
    clock.go(40 * 86_400);
    till.answer(accounts::booking(accounts::own_stamps()));
    let sold = points::sell(&till, &clock, &[("tea", 2)], &json!({}));
    // What it keeps of a hold has no entry.
    let held = till.answer(till.request(PROVIDER, &points::basket(&clock, "hold", &[("tea", 1)], &json!({}))));
    points::sell_to(&till, &clock, "berta", &[("tea", 1)]);
    let (shared, own) = (points::balance(&till, &clock, "points"), points::balance(&till, &clock, "stamps"));
    assert!(shared > 0 && own > 0);
    verified(adapter);
    let places = |word: &str| found(adapter, &[word]);
    let another = places("berta");
    assert!(another.contains(&"berta in points_use".to_owned()), "{another:?}");
    for table in ["authorization", "points_account", "points_lot", "points_use", "points_entry", "points_event"] {
        assert!(places("anna").contains(&format!("anna in {table}")), "{:?}", places("anna"));
    }
    assert_eq!(till.ledger.erase("anna").unwrap().records, 2);
    assert_eq!(places("anna"), Vec::<String>::new());
    assert_eq!(places("berta"), another, "another's are as they were");
    assert_eq!(points::balance(&till, &clock, "stamps"), 0, "who comes under the code has none of them");
    assert_eq!(points::balance(&till, &clock, "points"), shared, "what is shared stays with those who share it");
    assert!(verified(adapter).is_whole());
    till.answer(operation(OperationKind::Refund, &sold, None));
    till.answer(operation(OperationKind::Capture, &held, None));
    assert_eq!(places("anna"), Vec::<String>::new(), "what comes later is not under the code either");
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
