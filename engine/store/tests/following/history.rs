//! What was is told as it was.

use std::collections::BTreeMap;

use avis_store::{Act, Actor, Counts, Header, Kind, Row, Scope, StoreError};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;

use crate::copy::Copy;
use crate::office::{Adapter, Terms, commit, now};
use crate::rows::{gone, group, holder, row};

pub(crate) fn history_says_who_when_why_and_what(adapter: &dyn Adapter) {
    let store = adapter.open();
    let first = Terms { actor: "berta", reason: "", ..Terms::default() };
    let first = first.commit(&*store, [group("a", 1), group("b", 1)]).unwrap().head.revision;
    let at = now() + jiff::SignedDuration::from_millis(1);
    let second = Terms { actor: "čaks", reason: "prices; they're new", at, ..Terms::default() };
    let rows = [group("a", 2), gone(Kind::Group, "b"), group("c", 1)];
    let second = second.commit(&*store, rows).unwrap().head.revision;
    let header = |revision, at, actor: &str, reason: &str, counts| Header {
        revision,
        at,
        act: Act { reason: Some(reason.to_owned()), ..Act::new(Actor::machine(actor), "changed") },
        counts,
    };
    let expected = [
        header(second, at, "čaks", "prices; they're new", Counts { added: 1, changed: 1, removed: 1, unchanged: 0 }),
        header(first, now(), "berta", "", Counts { added: 2, ..Counts::default() }),
    ];
    assert_eq!(store.history(10).unwrap(), expected);
}

pub(crate) fn a_revision_is_found_by_its_number(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1)]);
    commit(&*store, [group("a", 2)]);
    let history = store.history(2).unwrap();
    assert_eq!(store.revision(1).unwrap().as_ref(), history.last());
    assert_eq!(store.revision(2).unwrap().as_ref(), history.first());
    assert_eq!((store.revision(0).unwrap(), store.revision(3).unwrap()), (None, None));
}

pub(crate) fn history_is_as_long_as_was_asked_for(adapter: &dyn Adapter) {
    let store = adapter.open();
    assert!(store.history(10).unwrap().is_empty());
    (1..=5).for_each(|edition| _ = commit(&*store, [group("a", edition)]));
    let numbers = |most| store.history(most).unwrap().iter().map(|header| header.revision.number).collect::<Vec<_>>();
    assert_eq!(numbers(2), [5, 4]);
    assert_eq!(numbers(usize::MAX), [5, 4, 3, 2, 1]);
    assert!(numbers(0).is_empty());
}

/// Commits of a few keys each, so that they meet.
fn edits() -> impl Strategy<Value = Vec<Vec<Row>>> {
    let kinds = select(vec![Kind::Group, Kind::Benefit, Kind::Deployment, Kind::Holder, Kind::Terminal]);
    let one = (kinds, select(vec!["a", "b", "c"]), 0..4u64).prop_map(|(kind, key, edition)| match (kind, edition) {
        (_, 0) => gone(kind, key),
        (Kind::Holder, _) => holder(key, &[&format!("{key} {edition}")]),
        _ => row(kind, key, &edition.to_string()),
    });
    let commit = prop::collection::vec(one, 0..5).prop_map(|rows| {
        let once: BTreeMap<_, _> = rows.into_iter().map(|row| ((row.kind, row.key.clone()), row)).collect();
        once.into_values().collect()
    });
    prop::collection::vec(commit, 1..12)
}

pub(crate) fn rules_as_of_gives_back_each_past_state(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    let states = std::cell::RefCell::new(BTreeMap::from([(0, BTreeMap::new())]));
    TestRunner::new(config)
        .run(&edits(), |commits| {
            let mut states = states.borrow_mut();
            let mut copy = Copy::of(store);
            for rows in commits {
                Terms::default().commit(store, rows).unwrap();
                copy.follow(store);
                let mut rules = copy.rows.clone();
                rules.retain(|(kind, _), _| kind.scope() == Scope::Rules);
                states.insert(copy.head.revision.number, rules);
            }
            for (number, state) in states.iter().rev().take(12) {
                let rules: Vec<Row> = store.rules_as_of(*number).unwrap();
                let count = rules.len();
                let rules: BTreeMap<_, _> =
                    rules.into_iter().map(|row| ((row.kind, row.key), row.content.unwrap())).collect();
                prop_assert_eq!(&rules, state);
                prop_assert_eq!(rules.len(), count, "each once");
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(store.verify(None).unwrap(), None);
}

pub(crate) fn rules_as_of_what_is_still_to_come_are_refused(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1)]);
    assert_eq!(store.rules_as_of(0).unwrap(), []);
    assert_eq!(store.rules_as_of(1).unwrap(), [group("a", 1)]);
    assert_eq!(store.rules_as_of(2), Err(StoreError::Ahead));
    assert_eq!(store.rules_as_of(u64::MAX), Err(StoreError::Ahead));
}
