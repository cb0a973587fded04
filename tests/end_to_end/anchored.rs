//! Seals that were made anew over records that were rewritten: told by who kept the seals of before elsewhere.

use std::path::Path;

use rusqlite::Connection;

use crate::deployment::{DESK, new_id, single};
use crate::program::{Folder, Ran, Server, avis};

/// Sells some tickets; all of it is sealed when the server has ended.
fn sold(folder: &str, count: usize) {
    let server = Server::serve_as_it_is(folder);
    for _ in 0..count {
        let sold = server.send(DESK, "/v1/authorizations", single(&new_id()).to_string());
        assert_eq!(sold.status, 200, "{}", sold.text);
    }
    server.stop();
}

fn verified(folder: &str, anchor: &str) -> Ran {
    avis(&["status", "--folder", folder, "--verify", "--anchor", anchor])
}

#[test]
fn who_kept_the_seals_elsewhere_is_told_that_they_were_made_anew() {
    let files = Folder::new("anchored");
    let [folder, anchor, other] = ["avis", "kept", "other"].map(|name| format!("{}/{name}", files.path()));
    Server::serve(&folder).stop();
    sold(&folder, 2);
    for count in [0, 1] {
        sold(&folder, count);
        let before = std::fs::read(&anchor).unwrap_or_default();
        let ran = verified(&folder, &anchor);
        assert!(ran.code == 0 && ran.out.contains("it tells of those of now"), "{ran:?}");
        assert_ne!(std::fs::read(&anchor).unwrap(), before, "it was brought up to date");
    }
    // Who can write every row, and has no key: the ledger itself seals it again.
    let ledger = Connection::open(Path::new(&folder).join("ledger.db")).unwrap();
    ledger
        .execute_batch(
            "UPDATE authorization SET record = replace(record, '\"atd-desk\"', '\"atd-dusk\"');
             UPDATE movement SET terminal = 'atd-dusk';
             INSERT INTO unsealed (authorization_id, event) SELECT authorization_id, event FROM seal;
             DELETE FROM seal; UPDATE seal_head SET position = 0, link = zeroblob(32)",
        )
        .unwrap();
    assert!(ledger.query_row("SELECT count(*) FROM unsealed", [], |row| row.get::<_, i64>(0)).unwrap() > 2);
    drop(ledger);
    sold(&folder, 0);
    let ran = verified(&folder, &other);
    assert!(ran.code == 0 && ran.out.contains("ledger               whole"), "the seals alone tell nothing: {ran:?}");
    let kept = std::fs::read(&anchor).unwrap();
    let ran = verified(&folder, &anchor);
    assert!(ran.code == 1 && ran.out.contains("lane 0: its seals are not those of the file"), "{ran:?}");
    assert_eq!(std::fs::read(&anchor).unwrap(), kept, "what tells it stays");
    std::fs::write(&other, "no cursor").unwrap();
    let ran = verified(&folder, &other);
    assert!(ran.code == 2 && ran.err.contains(&other), "{ran:?}");
    assert_eq!(avis(&["status", "--folder", &folder, "--anchor", &anchor]).code, 2, "of what is not verified");
}
