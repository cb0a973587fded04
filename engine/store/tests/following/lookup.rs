//! Single rows of what engines follow.

use avis_core::IdentifierKey;
use avis_store::{Head, Kind, StoreError, Stored, Unchanged};

use crate::office::{Adapter, Followed, Terms, commit, secret};
use crate::rows::{gone, group, holder};

pub(crate) fn key(value: &str) -> IdentifierKey {
    IdentifierKey::of("etalons", value, &secret()).unwrap()
}

/// Which holders are known by some values; a name in brackets where the row was altered.
fn found(store: &dyn Followed, values: &[&str]) -> (Head, Vec<String>) {
    let keys: Vec<IdentifierKey> = values.iter().map(|value| key(value)).collect();
    let (head, holders) = store.holders_by(&keys).unwrap();
    let name = |stored: Option<Stored>| match stored {
        None => "-".to_owned(),
        Some(Stored::Row(row)) => row.key.into(),
        Some(Stored::Altered { key, .. }) => format!("[{key}]"),
        Some(Stored::Unknown { kind }) => panic!("{kind}"),
    };
    (head, holders.into_iter().map(name).collect())
}

pub(crate) fn rows_are_found_by_their_keys(adapter: &dyn Adapter) {
    let store = adapter.open();
    assert_eq!(store.rows(Kind::Group, &["a"]).unwrap().1, [None]);
    commit(&*store, [group("a", 1), group("b", 1), group("c", 1)]);
    commit(&*store, [group("a", 2), gone(Kind::Group, "b")]);
    let (head, rows) = store.rows(Kind::Group, &["c", "b", "a", "c"]).unwrap();
    let found = |row| Some(Stored::Row(row));
    assert_eq!(head, store.head().unwrap());
    assert_eq!(
        rows,
        [found(group("c", 1)), None, found(group("a", 2)), found(group("c", 1))],
        "a tombstone is nothing"
    );
    assert_eq!(store.rows(Kind::Slot, &["a"]).unwrap().1, [None], "of another kind");
}

pub(crate) fn holders_are_found_by_any_of_their_identifiers(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1", "2"]), holder("i", &["3"])]);
    let (head, holders) = found(&*store, &["2", "9", "3", "1", "2"]);
    assert_eq!((head, holders), (store.head().unwrap(), ["h", "-", "i", "h", "h"].map(String::from).to_vec()));
    commit(&*store, [holder("h", &["2"]), gone(Kind::Holder, "i")]);
    assert_eq!(found(&*store, &["1", "2", "3"]).1, ["-", "h", "-"], "given up, kept, and of one who is gone");
    assert_eq!(found(&*store, &[]).1, Vec::<String>::new());
}

pub(crate) fn what_was_found_is_changed_as_it_was_or_not_at_all(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1"]), holder("i", &["2"])]);
    let (head, _) = found(&*store, &["1"]);
    let unchanged = [Unchanged::Row { kind: Kind::Holder, key: "h".into(), since: head.revision }];
    let over = Terms { unchanged: &unchanged, ..Terms::default() };
    commit(&*store, [holder("i", &["2", "3"])]);
    over.commit(&*store, [holder("h", &["1", "4"])]).unwrap();
    assert!(matches!(over.commit(&*store, [holder("h", &["1"])]), Err(StoreError::Changed(_))));
}

pub(crate) fn of_an_altered_row_only_the_name_is_found(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [holder("h", &["1"]), holder("i", &["2"])]);
    drop(store);
    adapter.tamper("UPDATE followed SET content = '{}' WHERE key = 'h'");
    let store = adapter.open();
    assert_eq!(found(&*store, &["1", "2"]).1, ["[h]", "i"]);
    let altered = Stored::Altered { kind: Kind::Holder, key: "h".into() };
    assert_eq!(store.rows(Kind::Holder, &["h"]).unwrap().1, [Some(altered)]);
}
