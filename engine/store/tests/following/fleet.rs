//! How engines stand, as each says itself.

use avis_store::{Digest, EngineReport, Head, StandInStanding};

use crate::office::{Adapter, commit, now};
use crate::rows::group;

pub(crate) fn report(node: &str, head: Head) -> EngineReport {
    EngineReport {
        node: node.to_owned(),
        program: "1.2.3".to_owned(),
        revision: head.revision,
        digest: head.digests.total(),
        age_ms: 1500,
        unreadable: 0,
        stand_in: None,
        at: now(),
    }
}

pub(crate) fn an_engine_is_known_by_what_it_said_last(adapter: &dyn Adapter) {
    let store = adapter.open();
    assert!(store.fleet().unwrap().is_empty());
    commit(&*store, [group("a", 1)]);
    let first = store.head().unwrap();
    store.report(&report("two", first)).unwrap();
    store.report(&report("one", first)).unwrap();
    commit(&*store, [group("a", 2)]);
    let second = store.head().unwrap();
    let standing =
        StandInStanding { away_since: Some(now()), in_journal: 4, set_aside: 1, ..StandInStanding::default() };
    store
        .report(&EngineReport { age_ms: 7, unreadable: 3, stand_in: Some(standing), ..report("two", second) })
        .unwrap();
    let told: Vec<_> = store
        .fleet()
        .unwrap()
        .into_iter()
        .map(|report| (report.node, report.revision, report.digest, report.age_ms, report.unreadable, report.stand_in))
        .collect();
    let (of_first, of_second) = (first.digests.total(), second.digests.total());
    let expected = [
        ("one".to_owned(), first.revision, of_first, 1500, 0, None),
        ("two".to_owned(), second.revision, of_second, 7, 3, Some(standing)),
    ];
    assert_eq!(told, expected);
    assert!(of_first != of_second && of_first != Digest::default());
}
