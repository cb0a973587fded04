//! A commit is whole or not at all.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use avis_store::{
    Announcing, Committed, Counts, Interrupted, Kind, LocalSignal, Revision, Row, RowFault, Scope, Signal, StoreError,
    Unchanged,
};
use avis_testing::DEADLINE;
use serde_json::json;

use crate::copy::Copy;
use crate::lookup::key;
use crate::office::{Adapter, Followed, Terms, at_once, commit, places, refusal};
use crate::rows::{gone, group, holder, row};

/// Nothing of what was tried is there, and the next commit goes as ever.
fn left_nothing(store: &dyn Followed, before: &Copy) {
    let after = Copy::of(store);
    assert_eq!((after.head, &after.rows), (before.head, &before.rows));
    assert_eq!(store.history(100).unwrap().len() as u64, before.head.revision.number);
    assert_eq!(store.verify(None).unwrap(), None);
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

pub(crate) fn a_commit_is_announced_whoever_makes_it(adapter: &dyn Adapter) {
    let signal = LocalSignal::default();
    let mut hints = signal.listen();
    let followed: Arc<dyn Followed> = Arc::from(adapter.open());
    let store = Announcing::new(followed, Arc::new(signal));
    assert_eq!(hints.wait(Duration::ZERO), None, "nothing is new");
    let committed = Terms::default().commit(&store, [group("a", 1)]).unwrap().head.revision.number;
    assert_eq!(hints.wait(Duration::ZERO), Some(committed));
    let refused = Terms::default().commit(&store, [holder("h", &["1"]), holder("i", &["1"])]);
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(hints.wait(Duration::ZERO), None, "what is refused is no news");
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
    let mut rows = [Ok(group("a", 2).into()), Ok(holder("h", &["1"]).into()), Err(ended.clone())].into_iter();
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

fn scope(scope: Scope, since: Revision) -> Unchanged {
    Unchanged::Scope { scope, since }
}

fn of_group(key: &str, since: Revision) -> Unchanged {
    Unchanged::Row { kind: Kind::Group, key: key.into(), since }
}

/// Commits under preconditions.
fn only_if(store: &dyn Followed, unchanged: &[Unchanged], row: Row) -> Result<u64, StoreError> {
    let committed = Terms { unchanged, ..Terms::default() }.commit(store, [row]);
    committed.map(|committed| committed.head.revision.number)
}

pub(crate) fn a_commit_holds_only_if_its_scope_is_unchanged(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, [group("a", 1)]);
    let since = store.head().unwrap().revision;
    commit(store, [holder("h", &["1"])]);
    assert_eq!(only_if(store, &[scope(Scope::Rules, since)], group("a", 2)), Ok(3), "people are another scope");
    let before = Copy::of(store);
    for changed in [Scope::Rules, Scope::Holders] {
        let late = only_if(store, &[scope(changed, since)], group("b", 1));
        assert_eq!(late, Err(StoreError::Changed(scope(changed, since))));
    }
    left_nothing(store, &before);
    let head = store.head().unwrap().revision;
    commit(store, [gone(Kind::Group, "a")]);
    let late = only_if(store, &[scope(Scope::Rules, head)], group("b", 1));
    assert_eq!(late, Err(StoreError::Changed(scope(Scope::Rules, head))), "a removal is a change");
}

/// Two who edit two rows don't collide; two who edit one do, and the second is told which.
pub(crate) fn a_commit_holds_only_if_its_rows_are_unchanged(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, [group("a", 1), group("b", 1)]);
    let since = store.head().unwrap().revision;
    assert_eq!(only_if(store, &[of_group("a", since)], group("a", 2)), Ok(2));
    assert_eq!(only_if(store, &[of_group("b", since)], group("b", 2)), Ok(3), "another row");
    let before = Copy::of(store);
    let late = only_if(store, &[of_group("c", since), of_group("a", since)], group("a", 3));
    assert_eq!(late, Err(StoreError::Changed(of_group("a", since))), "the one that changed");
    left_nothing(store, &before);
    let head = store.head().unwrap().revision;
    assert_eq!(only_if(store, &[of_group("a", head), of_group("b", head)], group("a", 3)), Ok(5));
    let slot = Unchanged::Row { kind: Kind::Slot, key: "a".into(), since };
    assert_eq!(only_if(store, &[slot], row(Kind::Slot, "a", "{}")), Ok(6), "kinds are apart");
}

pub(crate) fn a_commit_holds_only_if_what_it_names_is_unchanged(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, [group("a", 1), group("b", 1)]);
    let since = store.head().unwrap().revision;
    let brought = |rows: &[Row], dry_run| {
        let unchanged = &[Unchanged::Brought { since }];
        Terms { unchanged, dry_run, ..Terms::default() }.commit(store, rows.to_vec()).map(|committed| committed.counts)
    };
    commit(store, [group("b", 2), group("new", 1), gone(Kind::Group, "a")]);
    commit(store, [group("c", 1)]);
    let before = Copy::of(store);
    for key in ["a", "b", "new"] {
        for dry_run in [true, false] {
            let late = brought(&[group("other", 1), group(key, 3)], dry_run);
            assert_eq!(late, Err(StoreError::Changed(of_group(key, since))));
        }
    }
    left_nothing(store, &before);
    assert_eq!(brought(&[group("other", 1)], false).unwrap().added, 1, "rows that it does not bring may change");
}

pub(crate) fn a_row_that_comes_or_goes_is_changed(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, [group("a", 1)]);
    let since = store.head().unwrap().revision;
    commit(store, [gone(Kind::Group, "a"), group("new", 1)]);
    for key in ["a", "new"] {
        let late = only_if(store, &[of_group(key, since)], group(key, 2));
        assert_eq!(late, Err(StoreError::Changed(of_group(key, since))));
    }
    assert_eq!(only_if(store, &[of_group("never", since)], group("never", 1)), Ok(3), "what is not there is unchanged");
}

pub(crate) fn a_precondition_of_another_life_or_ahead_is_refused(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, [group("a", 1)]);
    let before = Copy::of(store);
    let of_another = Revision { incarnation: uuid::Uuid::from_u128(7), ..before.head.revision };
    let ahead = Revision { number: 2, ..before.head.revision };
    for (since, refused) in [(of_another, StoreError::OtherIncarnation), (ahead, StoreError::Ahead)] {
        assert_eq!(only_if(store, &[of_group("a", since)], group("b", 1)), Err(refused.clone()));
        assert_eq!(only_if(store, &[scope(Scope::Rules, since)], group("b", 1)), Err(refused));
    }
    left_nothing(store, &before);
}

/// However many edit one row at once, having read the same: one of them.
pub(crate) fn of_many_who_edit_one_row_at_once_one_succeeds(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, [group("a", 0)]);
    let since = store.head().unwrap().revision;
    let edits = at_once(8, |number| {
        loop {
            match only_if(store, &[of_group("a", since)], group("a", number as u64 + 1)) {
                Err(StoreError::Busy) => {}
                done => return done,
            }
        }
    });
    let (made, refused): (Vec<_>, Vec<_>) = edits.into_iter().partition(Result::is_ok);
    assert_eq!(made, [Ok(2)]);
    assert!(refused.iter().all(|one| *one == Err(StoreError::Changed(of_group("a", since)))), "{refused:?}");
}

/// Begins a commit whose source goes on until the sender is gone, and returns when its first row was taken.
fn slow_commit<'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    store: &'scope dyn Followed,
    terms: Terms<'scope>,
) -> (mpsc::Sender<Row>, std::thread::ScopedJoinHandle<'scope, Result<Committed, StoreError>>) {
    let (rows, source) = mpsc::channel();
    let (begun, taken) = mpsc::channel();
    let commit = scope.spawn(move || terms.commit(store, source.into_iter().inspect(|_| _ = begun.send(()))));
    rows.send(group("slow", 1)).unwrap();
    taken.recv_timeout(DEADLINE).unwrap();
    (rows, commit)
}

/// F11: who uploads slowly stops no key from being revoked and no card from being blocked.
pub(crate) fn f11_a_short_commit_goes_through_while_an_import_is_staged(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, [group("short", 1)]);
    std::thread::scope(|scope| {
        let (rows, slow) = slow_commit(scope, store, Terms::default());
        let (tried, trying) = slow_commit(scope, store, Terms { dry_run: true, ..Terms::default() });
        assert_eq!(commit(store, [group("short", 2)]), 2);
        // More than waits in memory.
        (0..5_000).for_each(|number| rows.send(holder(&format!("h-{number}"), &[&format!("{number}")])).unwrap());
        assert_eq!(commit(store, [group("short", 3)]), 3);
        rows.send(group("short", 4)).unwrap();
        drop(rows);
        let slow = slow.join().unwrap().unwrap();
        assert_eq!(
            (slow.head.revision.number, slow.counts.added, slow.counts.changed),
            (4, 5_001, 1),
            "onto the newest"
        );
        drop(tried);
        let trying = trying.join().unwrap().unwrap();
        assert_eq!((trying.head, trying.counts.unchanged), (slow.head, 1), "as of its end");
        assert_eq!(commit(store, [group("short", 5)]), 5);
    });
    assert_eq!(store.verify(None).unwrap(), None);
    Copy::of(store);
}

/// A precondition is of the moment in which the revision is made, not of the one in which its first row came.
pub(crate) fn what_changes_while_an_import_is_staged_breaks_its_precondition(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, [group("a", 1)]);
    let since = store.head().unwrap().revision;
    let unchanged: &[Unchanged] = &[scope(Scope::Rules, since), of_group("a", since)];
    for dry_run in [false, true] {
        std::thread::scope(|threads| {
            let (rows, slow) = slow_commit(threads, store, Terms { unchanged, dry_run, ..Terms::default() });
            commit(store, [group("a", 2 + u64::from(dry_run))]);
            drop(rows);
            assert_eq!(slow.join().unwrap(), Err(StoreError::Changed(unchanged[0].clone())));
        });
    }
}

/// F10: the order of revisions is that of the commits.
pub(crate) fn f10_two_commits_end_in_the_reverse_of_their_start(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    let mut copy = Copy::of(store);
    std::thread::scope(|scope| {
        let (rows, first) = slow_commit(scope, store, Terms::default());
        let second = commit(store, [group("second", 1)]);
        assert_eq!(copy.follow(store), 1, "nothing of the first is seen before it is whole");
        drop(rows);
        let first = first.join().unwrap().unwrap().head.revision.number;
        assert_eq!((first, second), (2, 1), "who ends first is first, and no number is skipped");
    });
    assert_eq!(copy.follow(store), 1);
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
    // Who was gone comes back, some change, some have another card, and some are new.
    let mixed = (0..11_000).map(|number| match number % 100 {
        8 => holder(&format!("h-{number}"), &[&format!("new card {number}")]),
        _ => holder(&format!("h-{number}"), &[&format!("card {number}")]),
    });
    let counts = Terms::default().commit(&*store, mixed).unwrap().counts;
    assert_eq!((counts.added, counts.changed, counts.unchanged), (1_100, 100, 9_800));
    assert_eq!(Copy::of(&*store).rows.len(), 11_000);
    let cards = ["card 8", "new card 8", "card 7", "card 10999"].map(key);
    let known = [None, Some("h-8".into()), Some("h-7".into()), Some("h-10999".into())];
    assert_eq!(store.codes_by(&cards).unwrap(), known);
    let far_apart = holders().chain([holder("h-3", &["another"])]);
    assert_eq!(rows_of(&refusal(&*store, far_apart)), [10_000]);
    let taken = holders().map(|row| if &*row.key == "h-9999" { holder("h-9999", &["card 0"]) } else { row });
    assert_eq!(places(&refusal(&*store, taken)), [(9_999, "/identifiers/0")]);
    assert_eq!(store.verify(None).unwrap(), None);
}
