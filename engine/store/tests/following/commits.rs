//! A commit is whole or not at all.

use std::sync::mpsc;

use avis_store::{Counts, Interrupted, Kind, Row, RowFault, Scope, StoreError, Unchanged};
use avis_testing::DEADLINE;
use serde_json::json;

use crate::copy::Copy;
use crate::office::{Adapter, Followed, Terms, commit, places, refusal};
use crate::rows::{gone, group, holder, row};

/// Nothing of what was tried is there, and the next commit goes as ever.
fn left_nothing(store: &dyn Followed, before: &Copy) {
    let after = Copy::of(store);
    assert_eq!((after.head, &after.rows), (before.head, &before.rows));
    assert_eq!(store.history(100).unwrap().len() as u64, before.head.revision.number);
    assert_eq!(store.verify().unwrap(), None);
    assert_eq!(commit(store, [group("next", 1)]), before.head.revision.number + 1);
    Copy::of(store);
}

pub(crate) fn what_changes_nothing_makes_no_revision(adapter: &dyn Adapter) {
    let store = adapter.open();
    let rows = [group("a", 1), holder("h", &["1"])];
    commit(&*store, rows.clone());
    let head = store.head().unwrap();
    let again = Terms::default().commit(&*store, rows).unwrap();
    assert_eq!((again.head, again.counts), (head, Counts { unchanged: 2, ..Counts::default() }));
    let nothing = Terms::default().commit(&*store, [gone(Kind::Group, "b")]).unwrap();
    assert_eq!((nothing.head, nothing.counts.unchanged), (head, 1), "what was never there can't go");
    assert_eq!(Terms::default().commit(&*store, []).unwrap().head, head);
    assert_eq!(store.head().unwrap(), head);
    assert_eq!(store.history(100).unwrap().len(), 1);
}

pub(crate) fn a_commit_says_what_it_did(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("same", 1), group("other", 1), group("away", 1)]);
    let rows = [group("same", 1), group("other", 2), gone(Kind::Group, "away"), group("new", 1)];
    let counts = Terms::default().commit(&*store, rows).unwrap().counts;
    assert_eq!(counts, Counts { added: 1, changed: 1, removed: 1, unchanged: 1 });
    let back = Terms::default().commit(&*store, [group("away", 1)]).unwrap().counts;
    assert_eq!(back.added, 1, "what went away comes anew");
}

pub(crate) fn a_dry_run_says_all_and_keeps_nothing(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1), holder("h", &["1"])]);
    let before = Copy::of(&*store);
    let terms = Terms { dry_run: true, ..Terms::default() };
    let rows = [group("a", 2), holder("h", &["2"]), holder("i", &["1"])];
    let tried = terms.commit(&*store, rows).unwrap();
    assert_eq!((tried.head, tried.counts), (before.head, Counts { added: 1, changed: 2, ..Counts::default() }));
    assert!(matches!(terms.commit(&*store, [holder("i", &["1"])]), Err(StoreError::Refused(_))));
    left_nothing(&*store, &before);
}

pub(crate) fn a_fault_in_a_middle_row_leaves_nothing(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1)]);
    let before = Copy::of(&*store);
    let broken = row(Kind::Holder, "h", r#"{"holder": 1}"#);
    let faults = refusal(&*store, [group("a", 2), broken, group("b", 1)]);
    assert_eq!(places(&faults), [(1, "/holder")]);
    left_nothing(&*store, &before);
}

pub(crate) fn an_interrupted_source_leaves_nothing(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1)]);
    let before = Copy::of(&*store);
    let ended = Interrupted("the upload ended early".to_owned());
    let mut rows = [Ok(group("a", 2)), Ok(holder("h", &["1"])), Err(ended.clone())].into_iter();
    assert_eq!(Terms::default().commit_from(&*store, &mut rows), Err(StoreError::Interrupted(ended)));
    left_nothing(&*store, &before);
}

pub(crate) fn a_source_that_panics_leaves_nothing_and_stops_nobody(adapter: &dyn Adapter) {
    let store = adapter.open();
    let before = Copy::of(&*store);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let rows = (0..3).map(|edition| if edition == 2 { panic!("in the source") } else { group("a", edition) });
        let _ = Terms::default().commit(&*store, rows);
    }));
    assert!(panicked.is_err());
    left_nothing(&*store, &before);
}

fn rows_of(faults: &[RowFault]) -> Vec<u64> {
    faults.iter().map(|fault| fault.row).collect()
}

pub(crate) fn a_key_stands_once_in_a_commit(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("same", 1), group("away", 1)]);
    let before = Copy::of(&*store);
    let again = |first: Row, second: Row| rows_of(&refusal(&*store, [group("b", 1), first, second]));
    assert_eq!(again(group("a", 1), group("a", 2)), [2]);
    assert_eq!(again(group("a", 1), group("a", 1)), [2], "also with the same content");
    assert_eq!(again(group("same", 1), group("same", 2)), [2], "also where the first changes nothing");
    assert_eq!(again(gone(Kind::Group, "away"), group("away", 1)), [2]);
    assert_eq!(again(gone(Kind::Group, "never"), group("never", 1)), [2]);
    left_nothing(&*store, &before);
    let slot = row(Kind::Slot, "same", "{}");
    assert_eq!(Terms::default().commit(&*store, [group("same", 3), slot]).unwrap().counts.added, 1, "kinds are apart");
}

pub(crate) fn what_is_not_json_or_has_no_key_is_refused(adapter: &dyn Adapter) {
    let store = adapter.open();
    let before = Copy::of(&*store);
    let group = |key, content| row(Kind::Group, key, content);
    let rows = [group("a", "{"), group("b", ""), group("", "{}"), group("c\0", "{}"), group("d", "{}")];
    assert_eq!(places(&refusal(&*store, rows)), [(0, ""), (1, ""), (2, ""), (3, "")]);
    left_nothing(&*store, &before);
}

pub(crate) fn a_holder_is_refused_with_the_place_of_each_fault(adapter: &dyn Adapter) {
    let store = adapter.open();
    let before = Copy::of(&*store);
    let content = json!({"holder": "h", "birth_date": "soon", "entitlements": [{"group": 1}]}).to_string();
    let faults = refusal(&*store, [row(Kind::Holder, "h", &content), row(Kind::Holder, "h-1", r#"{"holder": "h-2"}"#)]);
    assert_eq!(places(&faults), [(0, "/birth_date"), (0, "/entitlements/0/group"), (1, "/holder")]);
    left_nothing(&*store, &before);
}

pub(crate) fn no_value_of_an_identifier_is_kept(adapter: &dyn Adapter) {
    let store = adapter.open();
    let before = Copy::of(&*store);
    let content = json!({"holder": "h", "identifiers": [{"scheme": "eid", "value": "010190-12345"}]}).to_string();
    let faults = refusal(&*store, [row(Kind::Holder, "h", &content)]);
    assert_eq!(places(&faults), [(0, "/identifiers/0/value")]);
    assert!(!format!("{faults:?}").contains("010190"), "nor does a fault tell it");
    left_nothing(&*store, &before);
    commit(&*store, [holder("h", &["AB-77665544"])]);
    drop(store);
    let everything = adapter.everything();
    let holds = |text: &str| everything.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("etalons"), "it was written");
    assert!(!holds("010190") && !holds("77665544"));
}

pub(crate) fn faults_are_listed_up_to_a_bound(adapter: &dyn Adapter) {
    let store = adapter.open();
    let rows = (0..3_000).map(|number| row(Kind::Group, &format!("g-{number}"), "{"));
    assert_eq!(refusal(&*store, rows).len(), avis_core::limits::FAULTS_MAX);
}

pub(crate) fn a_commit_holds_only_if_its_scope_is_unchanged(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1)]);
    let since = store.head().unwrap().revision;
    let only_if = |scope, since| Terms { unchanged: Some(Unchanged { scope, since }), ..Terms::default() };
    commit(&*store, [holder("h", &["1"])]);
    assert!(only_if(Scope::Rules, since).commit(&*store, [group("a", 2)]).is_ok(), "people are another scope");
    let before = Copy::of(&*store);
    let late = only_if(Scope::Rules, since).commit(&*store, [group("b", 1)]);
    assert_eq!(late, Err(StoreError::Changed(Scope::Rules)));
    let late = only_if(Scope::Holders, since).commit(&*store, [group("b", 1)]);
    assert_eq!(late, Err(StoreError::Changed(Scope::Holders)));
    let mut other = since;
    other.incarnation = uuid::Uuid::from_u128(7);
    assert_eq!(only_if(Scope::Rules, other).commit(&*store, [group("b", 1)]), Err(StoreError::OtherIncarnation));
    other = before.head.revision;
    other.number += 1;
    assert_eq!(only_if(Scope::Rules, other).commit(&*store, [group("b", 1)]), Err(StoreError::Ahead));
    left_nothing(&*store, &before);
    let head = store.head().unwrap().revision;
    commit(&*store, [gone(Kind::Group, "a")]);
    let late = only_if(Scope::Rules, head).commit(&*store, [group("b", 1)]);
    assert_eq!(late, Err(StoreError::Changed(Scope::Rules)), "a removal is a change");
}

/// Begins a commit that stays open until the sender is gone, and returns when its first row was taken.
fn long_commit<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    store: &'scope dyn Followed,
) -> (mpsc::Sender<Row>, std::thread::ScopedJoinHandle<'scope, u64>) {
    let (rows, source) = mpsc::channel();
    let (begun, taken) = mpsc::channel();
    let commit = scope.spawn(move || commit(store, source.into_iter().inspect(|_| _ = begun.send(()))));
    rows.send(group("long", 1)).unwrap();
    taken.recv_timeout(DEADLINE).unwrap();
    (rows, commit)
}

pub(crate) fn another_commit_is_told_busy_while_a_long_one_goes_on(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    std::thread::scope(|scope| {
        let (rows, long) = long_commit(scope, store);
        assert_eq!(Terms::default().commit(store, [group("short", 1)]), Err(StoreError::Busy));
        rows.send(group("longer", 1)).unwrap();
        drop(rows);
        assert_eq!(long.join().unwrap(), 1);
        assert_eq!(commit(store, [group("short", 1)]), 2);
    });
    assert_eq!(Copy::of(store).rows.len(), 3);
}

/// F10: the order of revisions is that of the commits.
pub(crate) fn two_commits_end_in_the_reverse_of_their_start(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    let mut copy = Copy::of(store);
    std::thread::scope(|scope| {
        let (rows, first) = long_commit(scope, store);
        let second = scope.spawn(|| crate::office::commit_in_turn(store, &group("second", 1)).number);
        assert_eq!(copy.follow(store), 0, "nothing of it is seen before it is whole");
        drop(rows);
        let (first, second) = (first.join().unwrap(), second.join().unwrap());
        assert_eq!((first, second), (1, 2), "who holds the turn is first, and no number is skipped");
    });
    assert_eq!(copy.follow(store), 2);
}

pub(crate) fn ten_thousand_rows_are_one_revision(adapter: &dyn Adapter) {
    let store = adapter.open();
    let holders = || (0..10_000).map(|number| holder(&format!("h-{number}"), &[&format!("card {number}")]));
    let committed = Terms::default().commit(&*store, holders()).unwrap();
    assert_eq!((committed.head.revision.number, committed.counts.added), (1, 10_000));
    assert_eq!(Copy::of(&*store).rows.len(), 10_000);
    let changed =
        holders().enumerate().map(|(place, row)| if place % 100 == 7 { gone(row.kind, &row.key) } else { row });
    let counts = Terms::default().commit(&*store, changed).unwrap().counts;
    assert_eq!((counts.removed, counts.unchanged), (100, 9_900));
    let far_apart = holders().chain([holder("h-3", &["another"])]);
    assert_eq!(rows_of(&refusal(&*store, far_apart)), [10_000]);
    let taken = holders().map(|row| if &*row.key == "h-9999" { holder("h-9999", &["card 0"]) } else { row });
    assert_eq!(places(&refusal(&*store, taken)), [(9_999, "/identifiers/0")]);
    assert_eq!(store.verify().unwrap(), None);
}
