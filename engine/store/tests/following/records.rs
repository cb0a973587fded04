//! What the control plane keeps: compare-and-set, lists in order, and the audit in the same transaction.

use avis_store::records::{CONTENT_BYTES_MAX, Record, RecordChange, RecordFilter, RecordValue, WORD_BYTES_MAX};
use avis_store::{Act, Actor, AuditEntry, AuditFilter, StoreError};
use jiff::SignedDuration;

use crate::office::{Adapter, Followed, at_once, now};

fn value(owner: &str, state: &str, content: &str) -> RecordValue {
    RecordValue { owner: owner.into(), state: state.into(), expires_at: None, content: content.into() }
}

fn entry(action: &str) -> AuditEntry {
    AuditEntry::new(now(), Act::new(Actor::machine("anna"), action))
}

fn make(store: &dyn Followed, key: &str, value: RecordValue) {
    store.change(&[RecordChange::make("draft", key, value)], &[]).unwrap();
}

fn read(store: &dyn Followed, key: &str) -> Option<Record> {
    store.record("draft", key).unwrap()
}

fn actions(store: &dyn Followed) -> Vec<String> {
    let entries = store.entries(&AuditFilter::default(), 100).unwrap();
    entries.into_iter().map(|kept| kept.entry.act.action).collect()
}

fn lost(key: &str) -> Result<(), StoreError> {
    Err(StoreError::RecordChanged { kind: "draft".into(), key: key.into() })
}

pub(crate) fn a_record_is_read_back_as_it_was_written(adapter: &dyn Adapter) {
    let store = adapter.open();
    assert_eq!(read(&*store, "a"), None);
    let written = RecordValue { expires_at: Some(now()), ..value("city", "open", r#"{"x": "ā"}"#) };
    make(&*store, "a", written.clone());
    drop(store);
    let read = read(&*adapter.open(), "a").unwrap();
    assert_eq!(read, Record { kind: "draft".into(), key: "a".into(), value: written, version: 1 });
    assert!(!read.is_live_at(now()) && read.is_live_at(now() - SignedDuration::from_millis(1)), "half-open");
}

pub(crate) fn a_version_rises_with_each_change(adapter: &dyn Adapter) {
    let store = adapter.open();
    make(&*store, "a", value("city", "open", "1"));
    let first = read(&*store, "a").unwrap();
    store.change(&[RecordChange::replace(&first, value("town", "shut", "2"))], &[]).unwrap();
    let second = read(&*store, "a").unwrap();
    assert_eq!((second.version, &second.value), (2, &value("town", "shut", "2")));
    store.change(&[RecordChange::remove(&second)], &[]).unwrap();
    assert_eq!(read(&*store, "a"), None);
}

pub(crate) fn a_change_of_another_version_is_refused(adapter: &dyn Adapter) {
    let store = adapter.open();
    make(&*store, "a", value("", "", "1"));
    let stale = read(&*store, "a").unwrap();
    store.change(&[RecordChange::replace(&stale, value("", "", "2"))], &[]).unwrap();
    let absent = Record { key: "b".into(), ..stale.clone() };
    for (change, key) in [
        (RecordChange::make("draft", "a", value("", "", "3")), "a"),
        (RecordChange::replace(&stale, value("", "", "3")), "a"),
        (RecordChange::remove(&stale), "a"),
        (RecordChange::replace(&absent, value("", "", "3")), "b"),
        (RecordChange::remove(&absent), "b"),
    ] {
        assert_eq!(store.change(&[change], &[]), lost(key));
    }
    assert_eq!(read(&*store, "a").unwrap().value.content, "2");
    assert_eq!(read(&*store, "b"), None);
}

pub(crate) fn a_change_is_whole_with_its_entries_or_not_at_all(adapter: &dyn Adapter) {
    let store = adapter.open();
    let made = |key| RecordChange::make("draft", key, value("", "", "1"));
    store.change(&[made("a"), made("b")], &[entry("two_made")]).unwrap();
    assert_eq!(actions(&*store), ["two_made"]);
    assert_eq!(store.change(&[made("c"), made("a")], &[entry("never")]), lost("a"));
    assert_eq!((read(&*store, "c"), actions(&*store)), (None, vec!["two_made".to_owned()]));
    assert_eq!(store.verify(None).unwrap(), None);
}

pub(crate) fn of_many_who_change_one_version_one_succeeds(adapter: &dyn Adapter) {
    let store = adapter.open();
    make(&*store, "a", value("", "", "0"));
    let first = read(&*store, "a").unwrap();
    let change = |number: usize| {
        let change = RecordChange::replace(&first, value("", "", &number.to_string()));
        store.change(&[change], &[entry(&format!("by-{number}"))])
    };
    let done = at_once(8, change);
    let winners: Vec<usize> = (0..8).filter(|number| done[*number].is_ok()).collect();
    assert_eq!(winners.len(), 1, "{done:?}");
    assert_eq!(read(&*store, "a").unwrap().value.content, winners[0].to_string());
    assert_eq!(actions(&*store), [format!("by-{}", winners[0])]);
    let losers = done.iter().filter(|done| **done == lost("a")).count();
    assert_eq!(losers, 7, "{done:?}");
}

pub(crate) fn a_list_is_in_the_order_of_keys_and_filtered(adapter: &dyn Adapter) {
    let store = adapter.open();
    for (key, owner, state) in [
        ("b", "city", "open"),
        ("ā", "city", "open"),
        ("a", "city", "shut"),
        ("B", "town", "open"),
        ("c", "city", "open"),
    ] {
        make(&*store, key, value(owner, state, "1"));
    }
    store.change(&[RecordChange::make("other", "a", value("city", "open", "1"))], &[]).unwrap();
    let keys = |filter: RecordFilter<'_>, most| {
        let records = store.records(&RecordFilter { kind: "draft", ..filter }, most).unwrap();
        records.into_iter().map(|record| record.key).collect::<Vec<_>>()
    };
    let all = RecordFilter::default();
    assert_eq!(keys(all, 10), ["B", "a", "b", "c", "ā"], "by bytes, whatever the language of the database");
    assert_eq!(keys(all, 2), ["B", "a"]);
    assert_eq!(keys(RecordFilter { after: "a", ..all }, 2), ["b", "c"]);
    assert_eq!(keys(RecordFilter { owner: Some("city"), ..all }, 10), ["a", "b", "c", "ā"]);
    assert_eq!(keys(RecordFilter { owner: Some("city"), state: Some("open"), ..all }, 10), ["b", "c", "ā"]);
    assert_eq!(keys(RecordFilter { state: Some("open"), after: "b", ..all }, 10), ["c", "ā"]);
    assert_eq!(keys(RecordFilter { owner: Some("nobody"), ..all }, 10), [""; 0]);
    let down = RecordFilter { newest_first: true, ..all };
    assert_eq!(keys(down, 10), ["ā", "c", "b", "a", "B"]);
    assert_eq!(keys(RecordFilter { after: "c", ..down }, 2), ["b", "a"]);
    assert_eq!(keys(RecordFilter { owner: Some("city"), state: Some("open"), after: "ā", ..down }, 10), ["c", "b"]);
}

pub(crate) fn what_expired_is_removed_the_oldest_first(adapter: &dyn Adapter) {
    let store = adapter.open();
    for (key, seconds) in [("a", -2), ("b", -1), ("c", 0), ("d", 1)] {
        let expires_at = Some(now() + SignedDuration::from_secs(seconds));
        make(&*store, key, RecordValue { expires_at, ..value("", "", "1") });
    }
    make(&*store, "e", value("", "", "1"));
    let left = || {
        let records = store.records(&RecordFilter { kind: "draft", ..RecordFilter::default() }, 10).unwrap();
        records.into_iter().map(|record| record.key).collect::<String>()
    };
    assert_eq!((store.remove_expired(now(), 1).unwrap(), left()), (1, "bcde".to_owned()));
    assert_eq!((store.remove_expired(now(), 10).unwrap(), left()), (2, "de".to_owned()));
    assert_eq!((store.remove_expired(now(), 10).unwrap(), left()), (0, "de".to_owned()));
}

pub(crate) fn what_is_too_long_or_has_no_key_is_refused(adapter: &dyn Adapter) {
    let store = adapter.open();
    let word = |bytes| "x".repeat(bytes);
    let content = |bytes| value("", "", &word(bytes));
    make(&*store, &word(WORD_BYTES_MAX), content(CONTENT_BYTES_MAX));
    for change in [
        RecordChange::make("draft", &word(WORD_BYTES_MAX + 1), content(1)),
        RecordChange::make("draft", "a", content(CONTENT_BYTES_MAX + 1)),
        RecordChange::make("draft", "a", value(&word(WORD_BYTES_MAX + 1), "", "1")),
        RecordChange::make("draft", "a", value("", &word(WORD_BYTES_MAX + 1), "1")),
        RecordChange::make("draft", "", content(1)),
        RecordChange::make("", "a", content(1)),
    ] {
        let refused = store.change(&[change], &[entry("never")]);
        assert!(matches!(&refused, Err(StoreError::Failed(error)) if error.contains("record")), "{refused:?}");
    }
    assert_eq!((read(&*store, "a"), actions(&*store).len()), (None, 0));
}

pub(crate) fn records_change_while_a_revision_is_written(adapter: &dyn Adapter) {
    let store = adapter.open();
    let turn = adapter.hold_turn();
    store.change(&[RecordChange::make("draft", "a", value("", "", "1"))], &[entry("made")]).unwrap();
    drop(turn);
    assert_eq!(actions(&*store), ["made"]);
}
