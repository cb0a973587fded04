//! F37: a folder that was put back from a backup is another life, and nobody takes the one for the other.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::program::{Folder, Server, avis};

const DESK: &str = "avis_demo_atd_desk";
const SERVICE_DESK: &str = "avis_demo_atd_service_desk";

fn sale(number: u32, card: &str, least: u64, at: Timestamp) -> String {
    json!({
        "request_id": format!("0190f6a2-3700-7000-8000-{number:012}"), "occurred_at": at.to_string(), "channel": "desk",
        "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": card}], "min_revision": least,
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}],
    })
    .to_string()
}

fn done(arguments: &[&str]) -> String {
    let ran = avis(arguments);
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
    ran.out
}

/// What `status` says under a name.
fn told(folder: &str, name: &str) -> String {
    let status = done(&["status", "--folder", folder]);
    status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
}

#[test]
fn what_was_lost_with_a_restore_is_demanded_in_vain_and_never_taken_for_what_came_after() {
    let files = Folder::new("f37");
    let (folder, copy) = (format!("{}/avis", files.path()), format!("{}/copy", files.path()));
    for path in [&folder, &copy] {
        let _ = std::fs::remove_dir_all(path);
    }
    let at = Timestamp::now();
    let newcomer = |code: &str| {
        let holder: Value = json!([{"holder": code, "entitlements": [{"group": "goda-gimene"}],
                                    "identifiers": [{"scheme": "etalons", "value": code}]}]);
        let path = files.write_lines("new.ndjson", &holder);
        done(&["import", "--folder", &folder, "--holders", &path]);
        told(&folder, "revision ").parse::<u64>().unwrap()
    };
    let server = Server::serve(&folder);
    let kept = server.send(DESK, "/v1/authorizations", sale(1, "ANNA-0001", 0, at));
    done(&["backup", "--folder", &folder, "--to", &copy]);
    let life = told(&folder, "incarnation");
    let lost = newcomer("h-lost");
    let sold = server.send(DESK, "/v1/authorizations", sale(2, "h-lost", lost, at));
    assert_eq!(sold.json()["outcome"], "approved");
    server.stop();

    std::fs::remove_dir_all(&folder).unwrap();
    done(&["restore", "--from", &copy, "--folder", &folder]);
    let server = Server::serve_as_it_is(&folder);
    assert_ne!(told(&folder, "incarnation"), life);
    let demanded = server.send(DESK, "/v1/authorizations", sale(2, "h-lost", lost, at));
    assert_eq!((demanded.status, &demanded.json()["code"]), (503, &json!("stale_data")));
    assert_eq!(server.send(DESK, "/v1/authorizations", sale(1, "ANNA-0001", 0, at)).text, kept.text);
    // The same number means something else in this life: the lost holder is not in it.
    assert_eq!(newcomer("h-other"), lost);
    let demanded = server.send(DESK, "/v1/authorizations", sale(2, "h-lost", lost, at));
    assert_eq!((demanded.status, &demanded.json()["outcome"]), (200, &json!("declined")));
    let other = server.send(DESK, "/v1/authorizations", sale(3, "h-other", lost, at));
    assert_eq!(other.json()["outcome"], "approved");
    assert!(server.get("/metrics").text.contains("avis_follower_mismatches_total 0\n"));
}

#[test]
fn a_record_is_not_explained_by_other_rules_that_bear_their_number_after_a_restore() {
    let files = Folder::new("f37-rules");
    let (folder, copy) = (format!("{}/avis", files.path()), format!("{}/copy", files.path()));
    for path in [&folder, &copy] {
        let _ = std::fs::remove_dir_all(path);
    }
    let publish = |name: &str, until: &str| {
        let mut rules: Value = serde_json::from_str(&done(&["export", "--folder", &folder, "catalogue"])).unwrap();
        rules["benefits"][0]["valid"]["until"] = json!(until);
        done(&["import", "--folder", &folder, "--catalogue", &files.write(name, &rules)]);
        told(&folder, "revision ").parse::<u64>().unwrap()
    };
    let server = Server::serve(&folder);
    done(&["backup", "--folder", &folder, "--to", &copy]);
    let revision = publish("first.json", "2101-01-01");
    let sold = server.send(DESK, "/v1/authorizations", sale(1, "ANNA-0001", revision, Timestamp::now())).json();
    assert_eq!(sold["revision"], json!(revision));
    let id = sold["authorization_id"].as_str().unwrap();
    assert_eq!(done(&["replay", "--folder", &folder, id]), format!("{id}: the same\n"));
    server.stop();

    // The rules alone are those of the backup again, and others get the number under which the sale was decided.
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{folder}/registry.db{ending}"));
    }
    std::fs::copy(format!("{copy}/registry.db"), format!("{folder}/registry.db")).unwrap();
    let server = Server::serve_as_it_is(&folder);
    let refused = |revision: u64| {
        let replayed = avis(&["replay", "--folder", &folder, id]);
        let told = format!("the rules of revision {revision} are not those of the record");
        assert!(replayed.code == 2 && replayed.err.contains(&told), "{}{}", replayed.out, replayed.err);
        let explained = server.read(SERVICE_DESK, &format!("/v1/authorizations/{id}/explain"));
        assert_eq!((explained.status, &explained.json()["code"]), (409, &json!("rules_replaced")));
    };
    refused(revision);
    assert_eq!(publish("second.json", "2102-01-01"), revision);
    refused(revision);
    // The same rules explain it, whatever their number is.
    publish("first-again.json", "2101-01-01");
    assert_eq!(server.read(SERVICE_DESK, &format!("/v1/authorizations/{id}/explain")).status, 200);
}

#[test]
fn a_copy_that_was_never_finished_is_not_taken_for_one() {
    let files = Folder::new("f37-part");
    let (folder, copy) = (format!("{}/avis", files.path()), format!("{}/copy", files.path()));
    let part = format!("{copy}.part");
    for path in [&folder, &copy, &part] {
        let _ = std::fs::remove_dir_all(path);
    }
    Server::serve(&folder).stop();
    std::fs::create_dir(&part).unwrap();
    let refused = avis(&["backup", "--folder", &folder, "--to", &copy]);
    let told = format!("{part}: left by a copy that was never finished; remove it first");
    assert!(refused.code == 2 && refused.err.contains(&told), "{}", refused.err);
    std::fs::remove_dir(&part).unwrap();
    done(&["backup", "--folder", &folder, "--to", &copy]);
    // Nothing is left of what was begun with a file that is none.
    std::fs::write(format!("{copy}/registry.db"), "torn").unwrap();
    let restored = format!("{}/restored", files.path());
    let _ = std::fs::remove_dir_all(&restored);
    let refused = avis(&["restore", "--from", &copy, "--folder", &restored]);
    assert!(refused.code == 2 && refused.err.contains("registry.db"), "{}", refused.err);
    for path in [&restored, &format!("{restored}.part")] {
        assert!(!std::path::Path::new(path).exists(), "{path}");
    }
}

#[test]
fn only_a_whole_backup_is_restored() {
    let files = Folder::new("no-backup");
    let path = |name: &str| format!("{}/{name}", files.path());
    let (folder, copied, copy, restored) = (path("avis"), path("copied"), path("copy"), path("restored"));
    for path in [&folder, &copied, &copy, &restored] {
        let _ = std::fs::remove_dir_all(path);
    }
    let refused = |arguments: &[&str], reasons: &[&str]| {
        let ran = avis(arguments);
        assert!(ran.code == 2 && reasons.iter().all(|reason| ran.err.contains(reason)), "{arguments:?}: {}", ran.err);
        assert!(!std::path::Path::new(&restored).exists());
    };
    let server = Server::serve(&folder);
    let sold = server.send(DESK, "/v1/authorizations", sale(1, "ANNA-0001", 0, Timestamp::now()));
    assert_eq!(sold.json()["outcome"], "approved");
    // By hand, without what SQLite keeps beside the databases.
    std::fs::create_dir(&copied).unwrap();
    for file in ["identifier.key", "ledger.db", "registry.db", "administration.db"] {
        std::fs::copy(format!("{folder}/{file}"), format!("{copied}/{file}")).unwrap();
    }
    let (nowhere, no_backup) = (path("nowhere"), "it has no `backup.json`");
    for (source, reason) in [(&folder, no_backup), (&copied, no_backup), (&nowhere, "there is no such folder")] {
        refused(&["restore", "--from", source, "--folder", &restored], &[source, reason]);
    }
    let inside = format!("{folder}/backups/today");
    refused(&["backup", "--folder", &folder, "--to", &inside], &[&inside, "outside of the installation"]);
    done(&["backup", "--folder", &folder, "--to", &copy]);
    server.stop();
    // A backup is not used as an installation: it would not be the same afterwards.
    for command in [&["serve"][..], &["status"], &["backup", "--to", &restored]] {
        refused(&[command, &["--folder", &copy]].concat(), &[&copy, "this is a backup"]);
    }
    let file = format!("{copy}/ledger.db");
    let whole = std::fs::read(&file).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    for (bytes, reason) in [(&changed[..], "not as it was"), (&whole[..whole.len() / 2], "not as it was")] {
        std::fs::write(&file, bytes).unwrap();
        refused(&["restore", "--from", &copy, "--folder", &restored], &[&file, reason]);
    }
    std::fs::remove_file(&file).unwrap();
    refused(&["restore", "--from", &copy, "--folder", &restored], &[&file, "missing"]);
    std::fs::write(&file, &whole).unwrap();
    let out = done(&["restore", "--from", &copy, "--folder", &restored]);
    assert!(out.contains("  requests answered: 1\n") && out.contains("  captured: 1\n"), "{out}");
}

#[test]
fn an_installation_that_was_never_served_can_be_backed_up() {
    let files = Folder::new("never-served");
    let path = |name: &str| format!("{}/{name}", files.path());
    let (folder, copy, restored) = (path("avis"), path("copy"), path("restored"));
    for path in [&folder, &copy, &restored] {
        let _ = std::fs::remove_dir_all(path);
    }
    crate::program::import_demo(&folder);
    done(&["backup", "--folder", &folder, "--to", &copy]);
    done(&["restore", "--from", &copy, "--folder", &restored]);
    Server::serve_as_it_is(&restored).stop();
}
