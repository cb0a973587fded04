//! Other programs that read the files of a folder beside the server that writes them.

use std::path::Path;

use avis_testing::eventually;
use rusqlite::Connection;

use crate::deployment::{DESK, new_id, single};
use crate::program::{Folder, Server};

/// A sale, and where it is read back.
fn sold(server: &Server) -> String {
    let sold = server.send(DESK, "/v1/authorizations", single(&new_id()).to_string());
    assert_eq!(sold.status, 200, "{}", sold.text);
    format!("/v1/authorizations/{}", sold.json()["authorization_id"].as_str().unwrap())
}

/// Which of the files that are always open no process has a lock on.
#[cfg(target_os = "linux")]
fn unlocked(folder: &Path) -> Vec<&'static str> {
    use std::os::unix::fs::MetadataExt;
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let is_locked = |name: &str| {
        let inode = format!(":{}", std::fs::metadata(folder.join(name)).unwrap().ino());
        locks.lines().filter_map(|lock| lock.split_whitespace().nth(5)).any(|file| file.ends_with(&inode))
    };
    ["ledger.db", "registry.db", "administration.db"].into_iter().filter(|name| !is_locked(name)).collect()
}

/// Who opens a file for writing and is the last to close it puts the log into it and deletes the log: never beside a server.
#[test]
fn a_report_by_another_program_loses_no_sale() {
    let files = Folder::new("beside");
    let folder = format!("{}/avis", files.path());
    let path = Path::new(&folder);
    let server = Server::serve(&folder);
    let before = sold(&server);
    eventually("what moved to be added up", || path.join("tally.db").exists(), |exists| *exists);
    #[cfg(target_os = "linux")]
    assert_eq!(unlocked(path), Vec::<&str>::new());
    for file in ["ledger.db", "registry.db", "administration.db", "tally.db"] {
        let look = || {
            let other = Connection::open(path.join(file)).unwrap();
            other.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).unwrap()
        };
        eventually(&format!("the tables of {file}"), look, |tables| *tables > 0);
    }
    for name in ["ledger.db-wal", "registry.db-wal", "administration.db-wal"] {
        assert!(path.join(name).exists(), "{name} was taken from under the server");
    }
    let after = sold(&server);
    server.kill();
    let server = Server::serve_as_it_is(&folder);
    for sale in [before, after] {
        assert_eq!(server.read(DESK, &sale).status, 200, "{sale} is lost");
    }
    server.stop();
    for name in ["ledger.db-wal", "registry.db-wal", "administration.db-wal"] {
        assert!(!path.join(name).exists(), "{name} is in its file when the server has ended");
    }
}
