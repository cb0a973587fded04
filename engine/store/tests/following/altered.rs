//! A row that was changed behind the store's back is known as such, by who follows and by who verifies.

use avis_store::{AlteredRows, Kind, Revision, Row, RowName, Scope, Stored};

use crate::office::{Adapter, Followed, commit};
use crate::rows::{gone, group, holder, row};

/// A row of each kind under its word, and another beside each.
fn of_every_kind(store: &dyn Followed) {
    let rows = Kind::ALL.into_iter().flat_map(|kind| ["one", "other"].map(|key| of(kind, key, 1)));
    commit(store, rows.collect::<Vec<_>>());
}

fn of(kind: Kind, key: &str, edition: u64) -> Row {
    match kind {
        Kind::Holder => holder(key, &[&format!("{key}-{edition}")]),
        _ => row(kind, key, &format!(r#"{{"edition":{edition}}}"#)),
    }
}

/// What is handed out under a key, by a snapshot and by the changes since the beginning.
fn handed_out(store: &dyn Followed, wanted: &str) -> [Vec<Stored>; 2] {
    let is_wanted = |stored: &Stored| match stored {
        Stored::Row(row) => *row.key == *wanted,
        Stored::Altered { key, .. } => **key == *wanted,
        Stored::Unknown { .. } => false,
    };
    let (mut all, mut changes) = (Vec::new(), Vec::new());
    let head = store.snapshot(&Scope::ALL, &mut |stored| all.push(stored)).unwrap();
    let beginning = Revision { number: 0, ..head.revision };
    store.changes_after(beginning, &mut |stored| changes.push(stored)).unwrap();
    [all, changes].map(|rows| rows.into_iter().filter(is_wanted).collect())
}

fn is_altered(stored: &[Stored], kinds: usize) -> bool {
    stored.len() == kinds && stored.iter().all(|stored| matches!(stored, Stored::Altered { .. }))
}

fn named(found: &AlteredRows) -> Vec<(&str, &str)> {
    found.named.iter().map(|RowName { kind, key }| (&**kind, &**key)).collect()
}

fn altered(store: &dyn Followed) -> AlteredRows {
    store.altered_rows().unwrap()
}

pub(crate) fn what_was_committed_is_as_it_was(adapter: &dyn Adapter) {
    let store = adapter.open();
    assert_eq!(altered(&*store), AlteredRows::default(), "an empty one");
    of_every_kind(&*store);
    commit(&*store, [of(Kind::Group, "one", 2), gone(Kind::Slot, "one"), of(Kind::Holder, "one", 2)]);
    commit(&*store, [gone(Kind::Holder, "one"), of(Kind::Slot, "one", 3)]);
    assert_eq!(altered(&*store), AlteredRows::default());
}

pub(crate) fn of_a_changed_row_of_any_kind_nothing_but_the_name_is_handed_out(adapter: &dyn Adapter) {
    of_every_kind(&*adapter.open());
    let kinds = Kind::ALL.len();
    for sql in [
        "UPDATE followed SET content = '{}' WHERE key = 'one'",
        // With a digest that is some row's.
        "UPDATE followed SET digest = (SELECT digest FROM followed WHERE key = 'other' AND kind = 'group') WHERE key = 'one'",
    ] {
        adapter.tamper(sql);
        let store = adapter.open();
        let [all, changes] = handed_out(&*store, "one");
        assert!(is_altered(&all, kinds) && is_altered(&changes, kinds), "{sql}: {all:?} {changes:?}");
        let [all, changes] = handed_out(&*store, "other");
        assert!(all.iter().chain(&changes).all(|stored| matches!(stored, Stored::Row(_))), "{sql}: {all:?}");
        let found = altered(&*store);
        assert_eq!((found.count, found.named.len()), (kinds, kinds), "{sql}: {found:?}");
        assert_eq!(store.verify(None).unwrap(), None, "the audit itself was not touched");
    }
}

/// Whoever can write a row can write back what it was once, with the digest that it had then.
pub(crate) fn an_older_edition_in_the_place_of_the_newest_is_found(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, [group("a", 1), group("b", 1)]);
    drop(store);
    adapter.tamper("INSERT INTO followed (kind, key, content, digest, revision) SELECT kind, 'kept', content, digest, 1 FROM followed WHERE key = 'a'");
    let store = adapter.open();
    commit(&*store, [group("a", 2)]);
    drop(store);
    adapter.tamper(
        "UPDATE followed SET content = (SELECT content FROM followed WHERE key = 'kept'),
                             digest = (SELECT digest FROM followed WHERE key = 'kept') WHERE key = 'a'",
    );
    adapter.tamper("DELETE FROM followed WHERE key = 'kept'");
    let store = adapter.open();
    assert_eq!(named(&altered(&*store)), [("group", "a")]);
    commit(&*store, [group("a", 3)]);
    assert_eq!(altered(&*store), AlteredRows::default(), "what is committed again is what was committed");
}

pub(crate) fn a_row_that_was_put_in_taken_out_or_ascribed_to_another_revision_is_found(adapter: &dyn Adapter) {
    for sql in [
        "INSERT INTO followed (kind, key, content, digest, revision)
         SELECT kind, 'z', content, digest, revision FROM followed WHERE key = 'a'",
        "DELETE FROM followed WHERE key = 'z'",
        "UPDATE followed SET revision = 1 WHERE key = 'b'",
        "UPDATE followed SET revision = 9 WHERE key = 'b'",
        "UPDATE followed SET revision = -1 WHERE key = 'b'",
        "UPDATE followed SET content = NULL, digest = NULL WHERE key = 'b'",
        "DELETE FROM followed WHERE key = 'b'",
    ] {
        if adapter.open().head().unwrap().revision.number == 0 {
            let store = adapter.open();
            commit(&*store, [group("a", 1), group("b", 1)]);
            commit(&*store, [group("b", 2)]);
        }
        adapter.tamper(sql);
        let found = altered(&*adapter.open());
        let expected = match sql {
            _ if sql.starts_with("INSERT") => vec![("group", "z")],
            _ if sql.ends_with("'z'") => vec![],
            _ => vec![("group", "b")],
        };
        assert_eq!(named(&found), expected, "{sql}");
    }
}

pub(crate) fn rows_that_differ_are_named_up_to_a_bound_and_counted(adapter: &dyn Adapter) {
    let store = adapter.open();
    commit(&*store, (0..150).map(|number| group(&format!("g-{number}"), 1)));
    drop(store);
    adapter.tamper("UPDATE followed SET content = '{}'");
    let found = altered(&*adapter.open());
    assert_eq!((found.count, found.named.len()), (150, 100));
}
