//! Revisions are dense and in the order of commits, and who follows has what the store has.

use avis_core::IdentifierSecret;
use avis_store::{Digests, Kind, Revision, StoreError};
use uuid::Uuid;

use crate::copy::Copy;
use crate::office::{Adapter, at_once, commit, commit_in_turn};
use crate::rows::{gone, group, holder};

pub(crate) fn a_new_store_is_at_nought_with_nothing_in_it(adapter: &dyn Adapter) {
    let store = adapter.open();
    let head = store.head().unwrap();
    assert_eq!((head.revision.number, head.digests), (0, Digests::default()));
    assert!(Copy::of(&*store).rows.is_empty());
}

pub(crate) fn revisions_are_dense_however_many_commit_at_once(adapter: &dyn Adapter) {
    const EACH: u64 = 25;
    let store = adapter.open();
    let store = &*store;
    let made = at_once(8, |thread| {
        let rows = (0..EACH).map(|edition| group(&format!("g-{thread}"), edition));
        rows.map(|row| commit_in_turn(store, &row).number).collect::<Vec<_>>()
    });
    assert!(made.iter().all(|own| own.is_sorted()), "each one's commits are in its order");
    let mut numbers = made.concat();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8 * EACH).collect::<Vec<_>>());
    assert_eq!(store.head().unwrap().revision.number, 8 * EACH);
}

pub(crate) fn who_follows_sees_each_revision_in_order_and_has_the_digests_of_the_head(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    let committed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|thread| {
                let committed = &committed;
                scope.spawn(move || {
                    for edition in 0..20 {
                        let row = group(&format!("g-{}", (thread + edition) % 5), edition * 10 + thread);
                        let revision = commit_in_turn(store, &row);
                        committed.lock().unwrap().push((revision.number, row));
                    }
                })
            })
            .collect();
        let mut copy = Copy::of(store);
        let mut seen = copy.head.revision.number;
        loop {
            let ended = writers.iter().all(std::thread::ScopedJoinHandle::is_finished);
            copy.follow(store);
            assert!(copy.head.revision.number >= seen, "the head never falls");
            seen = copy.head.revision.number;
            if ended {
                break;
            }
        }
        assert_eq!(seen, store.head().unwrap().revision.number);
        assert_eq!(copy.rows, Copy::of(store).rows, "nothing was skipped");
    });
    let mut committed = committed.into_inner().unwrap();
    committed.sort_by_key(|(number, _)| *number);
    let newest: std::collections::BTreeMap<_, _> =
        committed.into_iter().map(|(_, row)| ((row.kind, row.key), row.content.unwrap())).collect();
    assert_eq!(Copy::of(store).rows, newest, "the order of revisions is the order in which rows were written");
}

pub(crate) fn who_skips_revisions_sees_each_row_once_as_it_is_at_the_end(adapter: &dyn Adapter) {
    let store = adapter.open();
    let mut copy = Copy::of(&*store);
    (1..=3).for_each(|edition| _ = commit(&*store, [group("a", edition)]));
    commit(&*store, [group("b", 1), holder("h", &["1"])]);
    commit(&*store, [gone(Kind::Group, "b")]);
    assert_eq!(copy.follow(&*store), 3);
    assert_eq!(copy.content(Kind::Group, "a"), group("a", 3).content.as_deref());
    assert_eq!(copy.content(Kind::Group, "b"), None);
    assert_eq!(copy.follow(&*store), 0, "nothing is new after the head");
}

pub(crate) fn a_digest_depends_on_the_rows_and_not_on_the_way_to_them(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1), group("b", 1)]);
    let before = store.head().unwrap().digests;
    commit(&*store, [group("a", 2)]);
    assert_ne!(store.head().unwrap().digests, before);
    commit(&*store, [gone(Kind::Group, "a")]);
    commit(&*store, [group("a", 1)]);
    assert_eq!(store.head().unwrap().digests, before);
    commit(&*store, [gone(Kind::Group, "a"), gone(Kind::Group, "b")]);
    assert_eq!(store.head().unwrap().digests, Digests::default());
}

pub(crate) fn a_restart_keeps_incarnation_head_and_digests(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1), holder("h", &["1"])]);
    let (head, rows) = (store.head().unwrap(), Copy::of(&*store).rows);
    drop(store);
    let store = adapter.open();
    assert_eq!(store.head().unwrap(), head);
    assert_eq!(Copy::of(&*store).rows, rows);
    assert_eq!(commit(&*store, [group("a", 2)]), head.revision.number + 1);
}

pub(crate) fn changes_after_another_incarnation_or_ahead_are_refused(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1)]);
    let known = store.head().unwrap().revision;
    let of = |revision| store.changes_after(revision, &mut |_| panic!("nothing is handed out"));
    let other = Revision { incarnation: Uuid::from_u128(7), ..known };
    assert_eq!(of(other), Err(StoreError::OtherIncarnation));
    assert_eq!(of(Revision { number: known.number + 1, ..known }), Err(StoreError::Ahead));
    assert_eq!(of(Revision { number: u64::MAX, ..known }), Err(StoreError::Ahead), "also a number beyond all columns");
    assert!(of(known).is_ok());
}

/// F37.
pub(crate) fn after_a_restore_it_is_another_incarnation(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1)]);
    let old = store.head().unwrap();
    drop(store);
    adapter.start_new_incarnation();
    let store = adapter.open();
    let head = store.head().unwrap();
    assert_ne!(head.revision.incarnation, old.revision.incarnation);
    assert_eq!((head.revision.number, head.digests), (old.revision.number, old.digests));
    assert_eq!(store.changes_after(old.revision, &mut |_| {}), Err(StoreError::OtherIncarnation));
    assert_eq!(Copy::of(&*store).head, head);
    assert_eq!(commit(&*store, [group("a", 2)]), 2);
    assert_eq!(store.verify(None).unwrap(), None, "what was sealed before the restore still is");
}

pub(crate) fn another_key_is_refused(adapter: &dyn Adapter) {
    drop(adapter.open());
    let error = adapter.open_under(&IdentifierSecret::new([8; 32])).err().unwrap();
    assert!(error.contains("written under another identifier key"), "{error}");
    drop(adapter.open());
}

pub(crate) fn a_newer_schema_is_refused(adapter: &dyn Adapter) {
    drop(adapter.open());
    adapter.age();
    let error = adapter.open_under(&crate::office::secret()).err().unwrap();
    assert!(error.contains("start the AVIS that wrote it"), "{error}");
}
