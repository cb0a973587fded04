//! The adapter on SQLite.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_store::sqlite::{Folder, SqliteStore};
use rusqlite::Connection;

use crate::office::{Adapter, Followed};

pub(crate) struct Sqlite(PathBuf);

/// A new folder for each test.
pub(crate) fn adapter(test: &str) -> Sqlite {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("following").join(test);
    if path.exists() {
        std::fs::remove_dir_all(&path).unwrap();
    }
    Sqlite(path)
}

impl Sqlite {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn file(&self) -> Connection {
        let file = Connection::open(self.0.join("registry.db")).unwrap();
        file.pragma_update(None, "foreign_keys", false).unwrap();
        let administration = self.0.join("administration.db");
        file.execute("ATTACH ?1 AS administration", [administration.to_str().unwrap()]).unwrap();
        file
    }
}

impl Adapter for Sqlite {
    fn open_under(&self, secret: &IdentifierSecret) -> Result<Box<dyn Followed>, String> {
        let folder = Arc::new(Folder::create(&self.0).unwrap());
        let store = SqliteStore::open(folder, secret).map_err(|error| error.to_string())?;
        Ok(Box::new(store))
    }

    fn tamper(&self, sql: &str) {
        assert!(self.file().execute(sql, []).unwrap() > 0, "{sql}");
    }

    fn hold_turn(&self) -> Box<dyn std::any::Any> {
        let registry = Connection::open(self.0.join("registry.db")).unwrap();
        registry.execute_batch("BEGIN IMMEDIATE").unwrap();
        Box::new(registry)
    }

    fn everything(&self) -> Vec<u8> {
        let files = std::fs::read_dir(&self.0).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    fn start_new_incarnation(&self) {
        SqliteStore::start_new_incarnation(&Folder::create(&self.0).unwrap()).unwrap();
    }

    fn age(&self) {
        self.file().pragma_update(None, "user_version", 1_000).unwrap();
    }
}

#[test]
fn its_files_are_for_their_owner_alone_also_in_a_folder_that_others_may_enter() {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let adapter = adapter("sqlite-private");
        std::fs::create_dir_all(adapter.path()).unwrap();
        std::fs::set_permissions(adapter.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let store = adapter.open();
        crate::office::commit(&*store, [crate::rows::group("a", 1)]);
        let mut looked_at = 0;
        for file in std::fs::read_dir(adapter.path()).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            if name.contains(".db") {
                looked_at += 1;
                assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{name}");
            }
        }
        assert!(looked_at >= 4, "both files, and what SQLite has beside them");
    }
}

/// The program ended between a revision and its entry in the other file.
#[test]
fn a_revision_whose_entry_was_not_appended_has_it_at_the_next_start() {
    let adapter = adapter("sqlite-late-entry");
    let store = adapter.open();
    crate::office::commit(&*store, [crate::rows::group("a", 1)]);
    crate::office::commit(&*store, [crate::rows::group("a", 2)]);
    let anchor = store.anchor().unwrap();
    drop(store);
    adapter.tamper("DELETE FROM audit WHERE revision = 2");
    let store = adapter.open();
    assert_eq!(store.anchor().unwrap(), anchor, "the same entry");
    assert_eq!(store.verify(anchor).unwrap(), None);
}

/// Else the audit would lack a change until the next one, and nobody would know.
#[test]
fn an_entry_that_could_not_be_appended_is_tried_again_with_the_next_report_or_event() {
    let adapter = adapter("sqlite-audit-behind");
    let store = adapter.open();
    let administration = Connection::open(adapter.path().join("administration.db")).unwrap();
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    administration.execute_batch(refuse).unwrap();
    assert_eq!(crate::office::commit(&*store, [crate::rows::group("a", 1)]), 1, "the revision is there");
    assert_eq!(store.anchor().unwrap(), None, "and its entry is not");
    store.report(&crate::fleet::report("one", store.head().unwrap())).unwrap();
    assert_eq!(store.anchor().unwrap(), None);
    administration.execute_batch("DROP TRIGGER full").unwrap();
    store.report(&crate::fleet::report("one", store.head().unwrap())).unwrap();
    assert_eq!(store.anchor().unwrap().map(|anchor| anchor.seq), Some(1));
    assert_eq!(store.verify(None).unwrap(), None);
}
