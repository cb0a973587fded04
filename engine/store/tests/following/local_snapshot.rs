//! A local snapshot is what the store was, whole, or it is refused.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use avis_core::IdentifierSecret;
use avis_store::{
    Act, Actor, Commit, Digest, Digests, Kind, LocalSnapshot, LocalSnapshotEntry, LocalSnapshotError, PackedRow,
    Revision, Row, Scope, Store, StoreError, Stored,
};
use jiff::{SignedDuration, Timestamp};

use crate::copy::Copy;
use crate::office::{Adapter, Followed, commit, now, secret};
use crate::rows::{gone, group, holder};
use crate::sqlite::Sqlite;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A store with some rows, and where its local snapshot goes.
fn office(test: &str) -> (Sqlite, Box<dyn Followed>, PathBuf) {
    let adapter = crate::sqlite::adapter(&format!("local-snapshot-{test}"));
    let store = adapter.open();
    commit(&*store, (0..200).map(|number| group(&format!("g-{number}"), 1)));
    commit(&*store, (0..200).map(|number| holder(&format!("h-{number}"), &[&format!("card-{number}")])));
    let path = adapter.path().join("local.snapshot");
    (adapter, store, path)
}

fn write(path: &Path, store: &dyn Followed) {
    assert_eq!(LocalSnapshot::write(path, store, &secret(), now()).unwrap(), store.head().unwrap());
}

fn open(path: &Path) -> Result<LocalSnapshot, LocalSnapshotError> {
    LocalSnapshot::open(path, &secret(), now(), DAY)
}

fn rows(store: &dyn Store, scopes: &[Scope]) -> Vec<Row> {
    let mut rows = Vec::new();
    let head = store.snapshot(scopes, &mut |stored| match stored {
        Stored::Row(row) => rows.push(row),
        other => panic!("{other:?}"),
    });
    assert_eq!(head.unwrap(), store.head().unwrap());
    rows.sort_by(|left, right| (left.kind, &left.key).cmp(&(right.kind, &right.key)));
    rows
}

#[test]
fn a_local_snapshot_has_the_rows_the_head_and_the_digests_of_the_store() {
    let (_adapter, store, path) = office("equal");
    write(&path, &*store);
    let snapshot = open(&path).unwrap();
    assert_eq!(snapshot.head().unwrap(), store.head().unwrap());
    assert_eq!(snapshot.taken_at(), now());
    for scopes in [&Scope::ALL[..], &[Scope::Holders], &[Scope::Terminals]] {
        assert_eq!(rows(&snapshot, scopes), rows(&*store, scopes));
        assert_eq!(rows(&snapshot, scopes), rows(&*store, scopes), "as often as it is asked");
    }
}

#[test]
fn an_empty_store_has_a_local_snapshot() {
    let adapter = crate::sqlite::adapter("local-snapshot-empty");
    let store = adapter.open();
    let path = adapter.path().join("local.snapshot");
    write(&path, &*store);
    assert_eq!(open(&path).unwrap().head().unwrap().digests, Digests::default());
}

#[test]
fn who_loaded_it_goes_on_with_the_store() {
    let (_adapter, store, path) = office("goes-on");
    write(&path, &*store);
    commit(&*store, [group("g-1", 2), gone(Kind::Group, "g-2")]);
    commit(&*store, [group("new", 1)]);
    let mut copy = Copy::of(&open(&path).unwrap());
    assert_eq!(copy.follow(&*store), 3, "only what changed since");
    assert_eq!(copy.rows, Copy::of(&*store).rows);
}

#[test]
fn after_a_restore_of_the_store_who_loaded_it_is_told() {
    let (adapter, store, path) = office("restored");
    write(&path, &*store);
    drop(store);
    adapter.start_new_incarnation();
    let store = adapter.open();
    let loaded = open(&path).unwrap().head().unwrap().revision;
    assert_eq!(store.changes_after(loaded, &mut |_| ()), Err(StoreError::OtherIncarnation));
}

#[test]
fn nothing_comes_after_it_and_nothing_is_written_to_it() {
    let (_adapter, store, path) = office("stands-still");
    write(&path, &*store);
    let snapshot = open(&path).unwrap();
    let head = snapshot.head().unwrap();
    let revision = |number| Revision { number, ..head.revision };
    assert_eq!(snapshot.changes_after(head.revision, &mut |stored| panic!("{stored:?}")), Ok(head));
    assert!(matches!(snapshot.changes_after(revision(1), &mut |_| ()), Err(StoreError::Failed(_))));
    assert_eq!(snapshot.changes_after(revision(3), &mut |_| ()), Err(StoreError::Ahead));
    let rows = &mut [group("g-1", 2)].into_iter().map(|row| Ok(row.into()));
    let act = &Act::new(Actor::machine("anna"), "changed");
    let commit = Commit { rows, unchanged: &[], act, at: now(), dry_run: false };
    assert!(matches!(snapshot.commit(commit), Err(StoreError::Failed(_))));
}

#[test]
fn a_missing_one_is_told() {
    let (_adapter, _store, path) = office("missing");
    assert!(matches!(open(&path), Err(LocalSnapshotError::Missing(_))));
}

#[test]
fn one_that_is_torn_anywhere_is_refused() {
    let (_adapter, store, path) = office("torn");
    write(&path, &*store);
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.len() > 20 * 1024, "{} bytes", whole.len());
    let kilobytes = (0..whole.len()).step_by(1024);
    for length in (0..200).chain(kilobytes).chain(whole.len() - 200..whole.len()) {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(open(&path), Err(LocalSnapshotError::Damaged(_))), "{length} of {} bytes", whole.len());
    }
    std::fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
    assert!(matches!(open(&path), Err(LocalSnapshotError::Damaged(_))), "a byte more");
}

#[test]
fn one_in_which_a_bit_changed_is_refused() {
    let (_adapter, store, path) = office("changed");
    write(&path, &*store);
    let whole = std::fs::read(&path).unwrap();
    for place in (0..200).chain((200..whole.len()).step_by(997)).chain(whole.len() - 200..whole.len()) {
        let mut changed = whole.clone();
        changed[place] ^= 1 << (place % 8);
        std::fs::write(&path, changed).unwrap();
        assert!(open(&path).is_err(), "the byte at {place}");
    }
    std::fs::write(&path, whole).unwrap();
    open(&path).unwrap();
}

#[test]
fn one_of_another_key_is_refused_also_with_our_key_named_in_it() {
    let (_adapter, store, path) = office("another-key");
    let other = IdentifierSecret::new([8; 32]);
    LocalSnapshot::write(&path, &*store, &other, now()).unwrap();
    assert!(matches!(open(&path), Err(LocalSnapshotError::OtherKey(_))));
    let mut forged = std::fs::read(&path).unwrap();
    forged[12..28].copy_from_slice(&secret().check_value());
    std::fs::write(&path, forged).unwrap();
    assert!(matches!(open(&path), Err(LocalSnapshotError::Damaged(_))));
}

#[test]
fn one_of_another_format_is_refused() {
    let (_adapter, store, path) = office("another-format");
    write(&path, &*store);
    let whole = std::fs::read(&path).unwrap();
    let version = u32::from(whole[8]);
    for other in [version - 1, version + 1] {
        let mut changed = whole.clone();
        changed[8] = u8::try_from(other).unwrap();
        std::fs::write(&path, changed).unwrap();
        let refused = open(&path);
        assert!(
            matches!(&refused, Err(LocalSnapshotError::OtherFormat { found, known, .. }) if (*found, *known) == (other, version)),
            "{refused:?}"
        );
    }
}

/// Packs every other holder, with a word for each.
fn pack(row: &Row) -> Option<PackedRow> {
    let number: u8 = row.key.strip_prefix("h-")?.parse().ok()?;
    let words = if number == 4 { vec![] } else { vec![row.key.clone()] };
    number.is_multiple_of(2).then(|| PackedRow {
        names: vec![[number; 16], [number + 1; 16]],
        words,
        digest: Digest::from_bytes([number; 16]),
        bytes: [number; 3].into(),
    })
}

#[test]
fn what_was_packed_comes_back_as_it_was_and_the_rest_as_rows() {
    let (_adapter, store, path) = office("packed");
    let head = LocalSnapshot::write_packed(&path, &*store, &secret(), now(), &mut pack).unwrap();
    let snapshot = open(&path).unwrap();
    let (mut kept, mut words, mut packed, mut sum) = (Vec::new(), Vec::new(), 0, Digest::default());
    let read = snapshot.entries(&mut |entry| match entry {
        LocalSnapshotEntry::Stored(Stored::Row(row)) => kept.push(row),
        LocalSnapshotEntry::Stored(other) => panic!("{other:?}"),
        LocalSnapshotEntry::Word(word) => words.push(word),
        LocalSnapshotEntry::Packed { digest, count } => {
            packed += count;
            sum = sum.plus(digest);
        }
    });
    assert_eq!((read.unwrap(), head), (store.head().unwrap(), store.head().unwrap()));
    let expected = rows(&*store, &Scope::ALL);
    let (is_packed, others): (Vec<Row>, Vec<Row>) = expected.into_iter().partition(|row| pack(row).is_some());
    kept.sort_by(|left, right| (left.kind, &left.key).cmp(&(right.kind, &right.key)));
    assert_eq!(kept, others);
    assert_eq!((packed as usize, words.len()), (is_packed.len(), is_packed.len() - 1));
    let packed_rows: Vec<PackedRow> = is_packed.iter().filter_map(pack).collect();
    assert_eq!(sum, packed_rows.iter().fold(Digest::default(), |sum, row| sum.plus(row.digest)));
    let refused = snapshot.snapshot(&[Scope::Holders], &mut |_| ());
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
    assert_eq!(rows(&snapshot, &[Scope::Rules]), rows(&*store, &[Scope::Rules]));
    let holders = snapshot.into_packed();
    assert_eq!((holders.count() as usize, holders.name_count()), (packed_rows.len(), 2 * u64::from(packed)));
    for row in packed_rows {
        let found = row.names.iter().map(|name| holders.find(name, |bytes| bytes == &*row.bytes));
        let found: Vec<&[u8]> = found.map(|number| holders.get(number.unwrap())).collect();
        assert_eq!(found, [&*row.bytes, &*row.bytes]);
    }
    assert_eq!(holders.find(&[255; 16], |_| true), None);
}

#[test]
fn one_that_is_too_old_or_from_too_far_ahead_is_refused() {
    let (_adapter, store, path) = office("too-old");
    write(&path, &*store);
    let at = |now: Timestamp| LocalSnapshot::open(&path, &secret(), now, DAY);
    let moment = SignedDuration::from_millis(1);
    at(now() + DAY).unwrap();
    at(now() - DAY).unwrap();
    for now in [now() + DAY + moment, now() - DAY - moment] {
        assert!(matches!(at(now), Err(LocalSnapshotError::TooOld { .. })), "{now}");
    }
}

#[test]
fn it_is_for_its_owner_only_and_takes_the_place_of_the_one_before() {
    let (_adapter, store, path) = office("replaced");
    write(&path, &*store);
    let before = open(&path).unwrap();
    commit(&*store, [group("new", 1)]);
    std::fs::write(path.with_extension("new"), "left behind by a crash, for everyone to read").unwrap();
    write(&path, &*store);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!path.with_extension("new").exists());
    assert_eq!(rows(&open(&path).unwrap(), &Scope::ALL), rows(&*store, &Scope::ALL));
    assert_eq!(before.head().unwrap().revision.number, 2, "who opened the one before reads on in it");
    assert_eq!(rows(&before, &Scope::ALL).len(), 400);
}

#[test]
fn no_value_of_an_identifier_is_in_it() {
    let (_adapter, store, path) = office("no-values");
    write(&path, &*store);
    let whole = std::fs::read(&path).unwrap();
    assert!(!whole.windows(7).any(|bytes| bytes == b"card-17"));
}

#[test]
fn a_kind_of_a_later_program_is_handed_out_as_unknown() {
    let (adapter, store, path) = office("unknown");
    adapter.tamper("UPDATE followed SET kind = 'of-another-time' WHERE key = 'g-7'");
    write(&path, &*store);
    let mut unknown = Vec::new();
    let sink = &mut |stored| {
        if let Stored::Unknown { kind } = stored {
            unknown.push(kind);
        }
    };
    open(&path).unwrap().snapshot(&[Scope::Holders], sink).unwrap();
    assert_eq!(unknown, [Box::<str>::from("of-another-time")]);
}

#[test]
fn a_store_that_fails_leaves_the_one_before() {
    let (_adapter, store, path) = office("store-fails");
    write(&path, &*store);
    let before = std::fs::read(&path).unwrap();
    assert!(LocalSnapshot::write(&path, &Failing(store), &secret(), now()).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(!path.with_extension("new").exists());
}

/// A store whose connection is lost in the middle.
struct Failing(Box<dyn Followed>);

impl Store for Failing {
    fn head(&self) -> Result<avis_store::Head, StoreError> {
        self.0.head()
    }

    fn snapshot(&self, scopes: &[Scope], sink: &mut dyn FnMut(Stored)) -> Result<avis_store::Head, StoreError> {
        let mut left = 100;
        self.0.snapshot(scopes, &mut |stored| {
            if left > 0 {
                left -= 1;
                sink(stored);
            }
        })?;
        Err(StoreError::Failed("the wire was cut".to_owned()))
    }

    fn changes_after(&self, revision: Revision, sink: &mut dyn FnMut(Stored)) -> Result<avis_store::Head, StoreError> {
        self.0.changes_after(revision, sink)
    }

    fn commit(&self, commit: Commit<'_>) -> Result<avis_store::Committed, StoreError> {
        self.0.commit(commit)
    }
}

/// F21, F20: the disk takes a part of the file, then it is full, or the program is killed.
#[test]
fn a_full_disk_and_a_crash_leave_the_one_before() {
    for (ends, trap) in [("full", "trap '' XFSZ; "), ("killed", "ulimit -c 0; ")] {
        let (_adapter, store, path) = office(ends);
        write(&path, &*store);
        let before = std::fs::read(&path).unwrap();
        commit(&*store, [group("new", 1)]);
        let newer = path.with_extension("newer");
        write(&newer, &*store);
        // Files of that program may have 8 blocks; at the ninth the signal is ignored, or it kills.
        let limited = format!("{trap}ulimit -f 8; exec \"$0\" \"$@\"");
        let mut program = Command::new("sh");
        program.args(["-c", &limited]).arg(std::env::current_exe().unwrap());
        program.args(["local_snapshot::writes_where_it_is_told", "--exact", "--nocapture"]);
        let output = program.env("WRITE_TO", &path).env("WRITE_FROM", &newer).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.contains("not written"), ends == "full", "{output:?}");
        assert_eq!(output.status.success(), ends == "full", "{output:?}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "{ends}");
        assert_eq!(path.with_extension("new").exists(), ends == "killed");
        write(&path, &*store);
        assert_eq!(rows(&open(&path).unwrap(), &Scope::ALL), rows(&*store, &Scope::ALL));
    }
}

/// The other program of the test above; alone it has nothing to do.
#[test]
fn writes_where_it_is_told() {
    let (Some(to), Some(from)) = (std::env::var_os("WRITE_TO"), std::env::var_os("WRITE_FROM")) else { return };
    let from = open(Path::new(&from)).unwrap();
    match LocalSnapshot::write(Path::new(&to), &from, &secret(), now()) {
        Ok(head) => println!("written: {head:?}"),
        Err(error) => println!("not written: {error}"),
    }
}
