//! The first steps of a newcomer: from any folder, and with files to begin with.

use std::process::{Command, Stdio};

use avis_testing::KillAtDeadline;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::program::{AVIS, Folder, Server, avis, command};

#[test]
fn what_init_makes_is_checked_imported_and_served() {
    let files = Folder::new("init");
    let made = format!("{}/rules", files.path());
    let _ = std::fs::remove_dir_all(&made);
    let ran = avis(&["init", &made]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (catalogue, holders, folder) =
        (format!("{made}/catalogue.json"), format!("{made}/holders.ndjson"), format!("{made}/avis"));
    assert_eq!(std::fs::read_to_string(&catalogue).unwrap().lines().count(), 10);
    let rules: Value = serde_json::from_str(&std::fs::read_to_string(&catalogue).unwrap()).unwrap();
    let schema = std::fs::read_to_string(format!("{made}/{}", rules["$schema"].as_str().unwrap())).unwrap();
    assert!(schema.contains("\"no_mismatch\""), "an editor completes what there is");
    let ran = avis(&["check", &catalogue]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "ok: 1 version of a benefit is valid, 1 case passes\n"),
        "{}",
        ran.err
    );
    let ran = avis(&["import", "--folder", &folder, "--catalogue", &catalogue, "--holders", &holders]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let create = ["create", "till-1", "--provider", "bus", "--channels", "desk", "--schemes", "card"];
    let ran = avis(&[&["key", "--folder", &folder][..], &create].concat());
    let key = ran.out.strip_suffix('\n').unwrap();
    assert!(!key.contains(char::is_whitespace) && ran.err.contains("`till-1`"), "the key alone: {}", ran.out);
    let server = Server::serve_as_it_is(&folder);
    let request = json!({
        "request_id": "0190f6a2-8000-7000-8000-000000000001", "occurred_at": Timestamp::now().to_string(),
        "channel": "desk", "currency": "EUR", "identifiers": [{"scheme": "card", "value": "CARD-1"}],
        "lines": [{"line_id": "1", "product": "ticket", "quantity": 1, "unit_price": 150}],
    });
    assert_eq!(server.send(key, "/v1/authorizations", request.to_string()).json()["payable"], 75);
    server.stop();
    // Nothing that is there is touched.
    let ran = avis(&["init", &made]);
    assert!(ran.code == 2 && ran.err.contains("is empty"), "{}", ran.err);
    as_json(&folder, &format!("{made}/copy"));
}

fn as_json(folder: &str, copy: &str) {
    let json = |arguments: &[&str]| -> Value {
        let ran = avis(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        serde_json::from_str(&ran.out).unwrap()
    };
    let status = json(&["status", "--folder", folder, "--verify", "--json"]);
    assert_eq!((&status["store"]["audit"], &status["store"]["altered"]["count"]), (&json!("whole"), &json!(0)));
    assert_eq!((&status["ledger"]["requests"], &status["sealed"]["broken_count"]), (&json!(1), &json!(0)));
    let rotated = json(&["key", "--folder", folder, "--json", "rotate", "till-1", "--overlap-s", "0"]);
    assert_eq!(rotated["terminal"], "till-1");
    assert!(rotated["key"].as_str().unwrap().len() > 20);
    assert_eq!(json(&["key", "--folder", folder, "list", "--json"])["terminals"][0]["terminal"], "till-1");
    let backup = json(&["backup", "--folder", folder, "--to", copy, "--json"]);
    assert_eq!((&backup["rows"]["terminal"], &backup["requests"]), (&json!(1), &json!(1)));
}

#[test]
fn the_demo_runs_from_any_folder() {
    let child = command(&["demo", "--listen", "127.0.0.1:0"]).current_dir(Folder::new("demo-anywhere").path()).spawn();
    let server = Server::started(child.unwrap(), "Stop with Ctrl-C.\n").unwrap();
    assert_eq!(server.get("/readyz").text, "ready\n");
    assert!(server.welcome.contains("4000 holders"), "{}", server.welcome);
}

#[test]
fn version_is_the_programs() {
    assert_eq!(avis(&["version"]).out, format!("avis {}\n", env!("CARGO_PKG_VERSION")));
}

/// Whether who started the tests ignores a hang-up, and so does every program that they start.
#[cfg(unix)]
fn hang_ups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[test]
#[cfg(unix)]
fn a_terminal_that_hangs_up_ends_the_demo_without_leftovers() {
    if hang_ups_are_ignored() {
        return println!("SIGHUP is ignored here, as by `nohup`: what a terminal does that hangs up is not tried");
    }
    let left = Folder::new("demo-hangup");
    let mut asked = Command::new(AVIS);
    asked.args(["demo", "--listen", "127.0.0.1:0"]).env("TMPDIR", left.path()).stdout(Stdio::piped());
    let server = Server::started(asked.spawn().unwrap(), "Stop with Ctrl-C.\n").unwrap();
    let id = server.process_id();
    let _deadline = KillAtDeadline::new(id, "a demo to end");
    assert!(std::fs::read_dir(left.path()).unwrap().count() > 0, "what it works on is there");
    assert!(Command::new("kill").args(["-HUP", &id.to_string()]).status().unwrap().success());
    assert!(server.ended().success());
    assert_eq!(std::fs::read_dir(left.path()).unwrap().count(), 0);
}

/// The first stop goes on answering for longer than anybody waits.
#[test]
#[cfg(unix)]
fn who_asks_a_second_time_waits_for_nothing() {
    let arguments = ["demo", "--listen", "127.0.0.1:0"];
    let server = Server::run_in(&[("AVIS_HTTP__LEAVE_S", "3600")], &arguments, "Stop with Ctrl-C.\n");
    let id = server.process_id();
    let _deadline = KillAtDeadline::new(id, "a demo to end");
    let interrupt = || assert!(Command::new("kill").args(["-INT", &id.to_string()]).status().unwrap().success());
    interrupt();
    avis_testing::eventually("a demo that leaves", || server.get("/readyz").status, |status| *status == 503);
    interrupt();
    assert!(server.ended().success());
}
