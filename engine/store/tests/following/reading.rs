//! What is read is one moment, and stops nobody.

use std::sync::mpsc;

use avis_store::{Kind, Row, Scope, Stored};
use avis_testing::DEADLINE;

use crate::copy::Copy;
use crate::office::{Adapter, Followed, Terms, commit, commit_in_turn};
use crate::rows::{gone, group, holder, row};

fn rows_of(store: &dyn Followed, scopes: &[Scope]) -> Vec<(Kind, Box<str>)> {
    let mut rows = Vec::new();
    let sink = &mut |stored| match stored {
        Stored::Row(Row { kind, key, content }) => {
            assert!(content.is_some(), "a snapshot has no tombstones");
            rows.push((kind, key));
        }
        other => panic!("{other:?}"),
    };
    store.snapshot(scopes, sink).unwrap();
    rows.sort();
    rows
}

pub(crate) fn a_snapshot_has_the_scopes_that_were_asked_for(adapter: &dyn Adapter) {
    let store = adapter.open();
    let rows = Kind::ALL.map(|kind| match kind {
        Kind::Holder => holder("x", &["1"]),
        _ => row(kind, "x", "{}"),
    });
    commit(&*store, rows);
    commit(&*store, [group("gone", 1)]);
    commit(&*store, [gone(Kind::Group, "gone")]);
    let all: Vec<_> = Kind::ALL.into_iter().map(|kind| (kind, Box::from("x"))).collect();
    assert_eq!(rows_of(&*store, &Scope::ALL), all);
    for scope in Scope::ALL {
        let own: Vec<_> = all.iter().filter(|(kind, _)| kind.scope() == scope).cloned().collect();
        assert_eq!(rows_of(&*store, &[scope]), own);
    }
    assert!(rows_of(&*store, &[]).is_empty());
}

/// Every revision writes the same edition to groups at both ends of the alphabet.
fn editions(store: &dyn Followed) {
    let pair = |edition| [group("a", edition), group("z", edition)];
    commit(store, pair(0));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for edition in 1..=60 {
                Terms::default().commit(store, pair(edition)).unwrap();
            }
        });
        let mut copy = Copy::of(store);
        loop {
            let ended = writer.is_finished();
            // Each compares its digests with its head's.
            for read in [&Copy::of(store).rows, {
                copy.follow(store);
                &copy.rows
            }] {
                let edition = |key: &str| {
                    let content: serde_json::Value = serde_json::from_str(&read[&(Kind::Group, key.into())]).unwrap();
                    content["edition"].clone()
                };
                assert_eq!(edition("a"), edition("z"), "both are of one moment");
            }
            if ended {
                break;
            }
        }
    });
}

pub(crate) fn a_snapshot_taken_while_commits_go_on_is_one_moment(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, (0..100).map(|number| group(&format!("g-{number}"), 1)));
    let known = store.head().unwrap();
    let mut handed = 0;
    let head = store
        .snapshot(&Scope::ALL, &mut |stored| {
            if handed == 0 {
                let all = (0..100).map(|number| group(&format!("g-{number}"), 2)).chain([group("new", 1)]);
                std::thread::scope(|scope| scope.spawn(|| commit(store, all)).join().unwrap());
            }
            handed += 1;
            let Stored::Row(Row { content: Some(content), .. }) = stored else { panic!("{stored:?}") };
            assert!(content.contains(r#""edition":1"#), "{content}");
        })
        .unwrap();
    assert_eq!((head, handed), (known, 100));
    editions(store);
}

pub(crate) fn changes_pulled_while_commits_go_on_are_one_moment(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    let before = store.head().unwrap();
    commit(store, (0..100).map(|number| group(&format!("g-{number}"), 1)));
    let known = store.head().unwrap();
    let mut handed = 0;
    let head = store
        .changes_after(before.revision, &mut |stored| {
            if handed == 0 {
                let all = (0..100).map(|number| group(&format!("g-{number}"), 2)).chain([group("new", 1)]);
                std::thread::scope(|scope| scope.spawn(|| commit(store, all)).join().unwrap());
            }
            handed += 1;
            let Stored::Row(Row { content: Some(content), .. }) = stored else { panic!("{stored:?}") };
            assert!(content.contains(r#""edition":1"#), "{content}");
        })
        .unwrap();
    assert_eq!((head, handed), (known, 100));
}

pub(crate) fn readers_go_on_during_a_long_commit(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, [group("a", 1), holder("h", &["1"])]);
    let mut copy = Copy::of(store);
    let (rows, source) = mpsc::channel();
    let (begun, taken) = mpsc::channel();
    std::thread::scope(|scope| {
        let long = scope.spawn(move || commit(store, source.into_iter().inspect(|_| _ = begun.send(()))));
        for number in 0..5_000 {
            rows.send(holder(&format!("long-{number}"), &[&format!("long {number}")])).unwrap();
        }
        (0..5_000).for_each(|_| taken.recv_timeout(DEADLINE).unwrap());
        assert_eq!(store.head().unwrap(), copy.head);
        assert_eq!(copy.follow(store), 0);
        assert_eq!(Copy::of(store).rows, copy.rows);
        assert_eq!(store.rules_as_of(1).unwrap().len(), 1);
        assert_eq!(store.history(9).unwrap().len(), 1);
        assert_eq!(store.verify(None).unwrap(), None);
        drop(rows);
        assert_eq!(long.join().unwrap(), 2);
    });
    assert_eq!(copy.follow(store), 5_000);
}

pub(crate) fn who_reads_slowly_stops_nobody(adapter: &dyn Adapter) {
    let store = adapter.open();
    let store = &*store;
    commit(store, [group("a", 1), group("b", 1)]);
    let nought = avis_store::Revision { number: 0, ..store.head().unwrap().revision };
    let others = || {
        let (done, finished) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let read = (store.head().unwrap(), Copy::of(store).rows.len(), store.history(9).unwrap().len());
                let committed = commit_in_turn(store, &group("c", read.0.revision.number));
                let _ = done.send(committed);
            });
            finished.recv_timeout(DEADLINE).unwrap_or_else(|_| {
                eprintln!("who reads holds up the others");
                // The others would never end, and neither would the test.
                std::process::abort()
            })
        });
    };
    for read in [false, true] {
        let mut handed = 0;
        let sink = &mut |_| {
            handed += 1;
            if handed == 1 {
                others();
            }
        };
        let head = if read { store.snapshot(&Scope::ALL, sink) } else { store.changes_after(nought, sink) };
        head.unwrap();
        assert!(handed >= 2);
    }
    assert_eq!(store.head().unwrap().revision.number, 3);
}

pub(crate) fn a_tombstone_reaches_followers(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1), holder("h", &["1"])]);
    let mut copy = Copy::of(&*store);
    commit(&*store, [gone(Kind::Group, "a"), gone(Kind::Holder, "h")]);
    let mut handed = Vec::new();
    store.changes_after(copy.head.revision, &mut |stored| handed.push(stored)).unwrap();
    let expected = [gone(Kind::Group, "a"), gone(Kind::Holder, "h")].map(Stored::Row);
    assert!(expected.iter().all(|row| handed.contains(row)) && handed.len() == 2, "{handed:?}");
    copy.follow(&*store);
    assert!(copy.rows.is_empty());
}

pub(crate) fn a_kind_of_a_later_program_is_handed_out_as_unknown(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1), group("b", 1)]);
    let before = store.head().unwrap().revision;
    commit(&*store, [group("b", 2), group("c", 1)]);
    drop(store);
    adapter.tamper("UPDATE followed SET kind = 'voucher' WHERE key = 'b'");
    let store = adapter.open();
    let later = Stored::Unknown { kind: "voucher".into() };
    let mut handed = Vec::new();
    store.changes_after(before, &mut |stored| handed.push(stored)).unwrap();
    assert!(handed.contains(&later) && handed.contains(&Stored::Row(group("c", 1))), "{handed:?}");
    for scope in Scope::ALL {
        let mut handed = Vec::new();
        store.snapshot(&[scope], &mut |stored| handed.push(stored)).unwrap();
        assert!(handed.contains(&later), "its scope is not known, so it may be any: {handed:?}");
    }
    assert_eq!(store.rules_as_of(2).unwrap().len(), 2);
}
