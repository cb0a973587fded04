//! F21: disks that are full and disks that fail. Quotes go on, nothing that was answered is lost, and it recovers.

use std::cell::Cell;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use avis_testing::eventually;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::program::{Answer, Folder, Server, avis};
use crate::trace::{Failing, can_trace};

const APP: &str = "avis_demo_atd_app";
const BUS: &str = "avis_demo_jelgava_bus";

fn sale(number: usize, mode: &str, at: Timestamp) -> Value {
    json!({
        "request_id": format!("0190f6a2-3000-7000-8000-{number:012}"), "mode": mode, "occurred_at": at.to_string(),
        "channel": "app", "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}],
    })
}

fn sell(server: &Server, number: usize, at: Timestamp) -> Answer {
    server.send(APP, "/v1/authorizations", sale(number, "sale", at).to_string())
}

/// A quote whose limit asks the ledger for what was used.
fn quote_of_velta(server: &Server, at: Timestamp) -> u16 {
    let quote = json!({
        "request_id": "0190f6a2-3000-7000-8000-000000009999", "occurred_at": at.to_string(), "channel": "conductor",
        "currency": "EUR", "identifiers": [{"scheme": "resident-card", "value": "VELTA-0004"}],
        "lines": [{"line_id": "1", "product": "transport.bus.city.single", "quantity": 1, "unit_price": 85}],
    });
    server.quote(BUS, quote.to_string()).status
}

fn metric(server: &Server, name: &str) -> u64 {
    let metrics = server.get("/metrics").text;
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().parse().unwrap()
}

/// What is answered while nothing can be recorded: quotes as ever, sales with a refusal that says what to do.
fn only_quotes(server: &Server, number: usize, at: Timestamp) {
    let failed = metric(server, "avis_ledger_failures_total");
    let refused = sell(server, number, at);
    let code = &refused.json()["code"];
    assert_eq!((refused.status, code, refused.header("retry-after")), (503, &json!("outcome_unknown"), "1"));
    assert_eq!(refused.json()["recorded"], "unknown", "a commit that failed may have reached the disk");
    assert!(metric(server, "avis_ledger_failures_total") > failed, "it is counted");
    let ready = server.get("/readyz");
    assert_eq!((ready.status, ready.text.as_str()), (200, "ready for quotes: the ledger's newest commit failed\n"));
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.quote(APP, sale(number, "sale", at).to_string()).status, 200);
    assert_eq!(quote_of_velta(server, at), 200);
}

/// What is answered once there is room again, without a restart.
fn everything(server: &Server, number: usize, at: Timestamp) -> String {
    let sold = sell(server, number, at);
    assert_eq!(sold.status, 200, "{}", sold.text);
    assert_eq!(server.get("/readyz").text, "ready\n");
    sold.text
}

/// A file of newcomers, more than what a file has room for already.
fn newcomers(files: &Folder, number: usize, count: usize) -> String {
    let holder = |place: usize| {
        let card = format!("NEW-{number}-{place}");
        json!({"holder": format!("h-new-{number}-{place}"), "identifiers": [{"scheme": "etalons", "value": card}]})
    };
    files.write_lines("new.ndjson", &(0..count).map(holder).collect())
}

const NEWCOMERS: usize = 5_000;

/// More than the log of the registry has room for without growing: as long as it was once, it stays, and what fits is written.
const MORE_THAN_THE_LOG_HOLDS: usize = 20_000;

/// After another power cut everything that was answered is there, and both files are sound.
fn all_is_there(server: Server, folder: &str, answers: &[(usize, String)], at: Timestamp) {
    server.kill();
    let server = Server::serve_as_it_is(folder);
    for (number, answer) in answers {
        assert_eq!(&sell(&server, *number, at).text, answer, "sale {number}");
    }
    assert!(server.get("/metrics").text.contains("avis_follower_mismatches_total 0\n"));
    server.stop();
    let status = avis(&["status", "--folder", folder, "--verify"]);
    assert!(status.code == 0 && status.out.contains("audit                whole"), "{}{}", status.out, status.err);
    for file in ["ledger.db", "registry.db", "administration.db"] {
        let connection = rusqlite::Connection::open(Path::new(folder).join(file)).unwrap();
        let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok", "{file}");
    }
}

/// A small disk of its own, which goes with it.
struct SmallDisk(String);

impl SmallDisk {
    /// None where this user may not mount.
    fn mount(path: &str) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=128m", "avis-test", path]).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(path.to_owned()))
    }

    fn fill(&self) {
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        let zeros = [0; 4096];
        while filler.write_all(&zeros).is_ok() {}
    }

    fn filler(&self) -> String {
        format!("{}/filler", self.0)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// F21.
#[test]
fn a_full_disk_takes_no_quotes_down_and_recovers_without_a_restart() {
    let files = Folder::new("f21-full");
    let Some(disk) = SmallDisk::mount(&format!("{}/disk", files.path())) else {
        eprintln!("SKIPPED a_full_disk_takes_no_quotes_down_and_recovers_without_a_restart: this user may not mount");
        return;
    };
    let (folder, at) = (format!("{}/avis", disk.0), Timestamp::now());
    let server = Server::serve(&folder);
    let mut answers = vec![(0, everything(&server, 0, at))];
    for round in 1..=3 {
        disk.fill();
        only_quotes(&server, round, at);
        std::fs::remove_file(disk.filler()).unwrap();
        answers.push((round, everything(&server, round, at)));
    }
    disk.fill();
    let import = ["import", "--folder", &folder, "--holders", &newcomers(&files, 1, MORE_THAN_THE_LOG_HOLDS)];
    let refused = avis(&import);
    assert_eq!((refused.code, refused.out.as_str()), (2, ""));
    assert!(refused.err.contains("full"), "{}", refused.err);
    std::fs::remove_file(disk.filler()).unwrap();
    let imported = avis(&import);
    assert!(imported.out.contains("holders: 20000 added, 0 changed"), "{}{}", imported.out, imported.err);
    all_is_there(server, &folder, &answers, at);
}

/// F21: the system says that it can't write, or that what was written may not last.
#[test]
fn a_disk_that_fails_takes_no_quotes_down_and_loses_nothing() {
    if !can_trace("a_disk_that_fails_takes_no_quotes_down_and_loses_nothing") {
        return;
    }
    let files = Folder::new("f21-fails");
    let (folder, at) = (format!("{}/avis", files.path()), Timestamp::now());
    let server = Server::serve(&folder);
    let mut answers = vec![(0, everything(&server, 0, at))];
    let ways = [("fdatasync,fsync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC")];
    for (number, (calls, error)) in (1..).zip(ways) {
        let import = ["import", "--folder", &folder, "--holders", &newcomers(&files, number, NEWCOMERS)];
        let failing = Failing::start(server.process_id(), calls, error);
        only_quotes(&server, number, at);
        let refused = avis(&import);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{}", refused.err);
        drop(failing);
        answers.push((number, everything(&server, number, at)));
        let imported = avis(&import);
        assert!(imported.out.contains("holders: 5000 added, 0 changed"), "{}{}", imported.out, imported.err);
    }
    all_is_there(server, &folder, &answers, at);
}

/// F21: some writes fail, in the middle of what is being copied into the main file, too.
#[test]
fn a_disk_that_fails_now_and_then_loses_nothing() {
    if !can_trace("a_disk_that_fails_now_and_then_loses_nothing") {
        return;
    }
    let files = Folder::new("f21-now-and-then");
    let (folder, at) = (format!("{}/avis", files.path()), Timestamp::now());
    let server = Server::serve(&folder);
    let failing = Failing::start(server.process_id(), "pwrite64", "EIO:when=7+97");
    let refused = Cell::new(0);
    let answers: Vec<_> = (0..150)
        .map(|number| {
            let sold = eventually(
                "a sale",
                || sell(&server, number, at),
                |answer| {
                    refused.set(refused.get() + usize::from(answer.status != 200));
                    answer.status == 200
                },
            );
            (number, sold.text)
        })
        .collect();
    assert!(refused.get() > 0);
    drop(failing);
    all_is_there(server, &folder, &answers, at);
}
