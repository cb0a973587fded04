//! Holders as they are kept and exported.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at what it does not expect")]

use avis_core::{IdentifierSecret, RegisteredHolder, WrittenHolder};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

fn moment() -> impl Strategy<Value = String> {
    (-60_000_000_000_000_i64..200_000_000_000_000)
        .prop_map(|micros| Timestamp::from_microsecond(micros * 20).unwrap().to_string())
}

fn bound() -> impl Strategy<Value = String> {
    prop_oneof![moment(), select(vec!["0001-01-01", "2024-02-29", "9999-12-31"]).prop_map(str::to_owned)]
}

fn dated(fact: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    (fact, prop_oneof![bound().prop_map(|from| ("from", from)), bound().prop_map(|until| ("until", until))]).prop_map(
        |(mut fact, (end, bound))| {
            fact[end] = json!(bound);
            fact
        },
    )
}

fn holder() -> impl Strategy<Value = Value> {
    let text = || "[^\\p{C}\\s]{1,12}";
    let value = prop_oneof![any::<i64>().prop_map(Value::from), text().prop_map(Value::from), Just(json!(true))];
    let attribute = dated((text(), value).prop_map(|(name, value)| json!({"name": name, "value": value})));
    let group = dated(text().prop_map(|group| json!({"group": group})));
    let residence = dated("[a-z]{1,5}(\\.[a-z]{1,5}){0,3}".prop_map(|territory| json!({"territory": territory})));
    let status = select(vec!["active", "blocked", "expired"]);
    let identifier = (select(vec!["etalons", "qr", "eid"]), text(), status, of(moment()), of(bound()));
    let identifier = identifier.prop_map(|(scheme, value, status, since, until)| {
        json!({"scheme": scheme, "value": value, "status": status, "since": since, "valid_until": until})
    });
    let facts = (vec(attribute, 0..3), vec(group, 0..3), vec(residence, 0..3), vec(identifier, 0..3));
    (text(), of(select(vec!["2012-02-29", "1890-01-01"])), of(text()), facts).prop_map(
        |(code, birth, household, (attributes, entitlements, residences, identifiers))| {
            json!({
                "holder": code, "birth_date": birth, "household": household, "attributes": attributes,
                "entitlements": entitlements, "residences": residences, "identifiers": identifiers,
            })
        },
    )
}

/// None if the dice gave a holder that no file may have, such as one with an identifier twice.
fn registered(written: &Value) -> Option<RegisteredHolder> {
    let secret = IdentifierSecret::new([1; 32]);
    WrittenHolder::from_value(written).ok()?.register(&secret).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_exported_is_imported_as_it_was(written in holder()) {
        let Some(holder) = registered(&written) else { return Err(TestCaseError::reject("no holder")) };
        let exported = holder.to_json();
        let imported = WrittenHolder::parse(exported.as_bytes()).unwrap().registered().unwrap();
        prop_assert_eq!(imported.to_json(), exported, "and in the same bytes");
        prop_assert_eq!(imported, holder);
    }

    #[test]
    fn what_is_imported_again_stays_as_it_was(written in holder(), earlier in moment(), later in moment()) {
        let Some(mut holder) = registered(&written) else { return Err(TestCaseError::reject("no holder")) };
        holder.stopped_at(earlier.parse().unwrap(), None);
        let mut again = registered(&written).unwrap();
        again.stopped_at(later.parse().unwrap(), Some(&holder));
        prop_assert_eq!(again, holder);
    }
}
