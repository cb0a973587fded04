//! `avis serve`: a ledger that lasts.

use std::sync::atomic::{AtomicUsize, Ordering};

use avis_testing::eventually;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::program::{Folder, Server, agent, avis, demo_data, race_rounds};

const KEY: &str = "avis_demo_atd_desk";

fn sale(number: u32, occurred_at: Timestamp) -> String {
    json!({
        "request_id": format!("0190f6a2-6000-7000-8000-{number:012}"), "occurred_at": occurred_at.to_string(),
        "channel": "desk", "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}],
    })
    .to_string()
}

/// An empty folder of one test's own.
fn folder(test: &str) -> String {
    format!("{}/ledger", Folder::new(test).path())
}

fn serve_refused(folder: &str) -> String {
    let ran = avis(&["serve", "--listen", "127.0.0.1:0", "--folder", folder]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    ran.err
}

/// F20.
#[test]
fn what_was_answered_is_there_after_a_power_cut() {
    let folder = folder("power-cut");
    let now = Timestamp::now();
    let mut answers: Vec<String> = Vec::new();
    for round in 0..4 {
        let server = Server::serve(&folder);
        for (number, answer) in (0..).zip(&answers) {
            assert_eq!(&server.send(KEY, "/v1/authorizations", sale(number, now)).text, answer, "round {round}");
        }
        for number in (0..).skip(answers.len()).take(10) {
            answers.push(server.send(KEY, "/v1/authorizations", sale(number, now)).text);
        }
        server.kill();
    }
    assert!(answers.iter().all(|answer| answer.contains("\"captured\"")));
}

/// A trip of Velta's, of which twenty a month are free.
fn trip(number: usize, occurred_at: Timestamp) -> String {
    json!({
        "request_id": format!("0190f6a2-7000-7000-8000-{number:012}"), "occurred_at": occurred_at.to_string(),
        "channel": "conductor", "currency": "EUR", "identifiers": [{"scheme": "resident-card", "value": "VELTA-0004"}],
        "lines": [{"line_id": "1", "product": "transport.bus.city.single", "quantity": 1, "unit_price": 85}],
    })
    .to_string()
}

const TILLS: usize = 4;

/// Tills sell until the power is cut, after so many answers in all; each till's answers, and the trip that got none.
fn sell_until_the_cut(server: Server, first: usize, most: usize, at: Timestamp) -> Vec<(usize, Option<String>)> {
    let (next, answered) = (AtomicUsize::new(first), AtomicUsize::new(0));
    let url = server.url("/v1/authorizations");
    let till = || {
        let agent = agent();
        let mut sold = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            let request = agent.post(&url).header("authorization", "Bearer avis_demo_jelgava_bus");
            let sent = request.header("content-type", "application/json").send(trip(number, at));
            match sent.and_then(|mut answer| answer.body_mut().read_to_string()) {
                Ok(answer) => sold.push((number, Some(answer))),
                Err(_) => {
                    sold.push((number, None));
                    return sold;
                }
            }
            answered.fetch_add(1, Ordering::SeqCst);
        }
    };
    std::thread::scope(|scope| {
        let tills: Vec<_> = (0..TILLS).map(|_| scope.spawn(till)).collect();
        eventually("answers", || answered.load(Ordering::SeqCst), |answered| *answered >= most);
        server.kill();
        tills.into_iter().flat_map(|till| till.join().unwrap()).collect()
    })
}

/// F20 under load.
#[test]
fn a_power_cut_under_load_loses_nothing_and_exceeds_no_limit() {
    let folder = folder("cut-under-load");
    let rounds = race_rounds(3);
    let at = Timestamp::now();
    let mut sold: Vec<(usize, Option<String>)> = Vec::new();
    for round in 0..rounds {
        // The cut comes at another place of the work each time.
        let more = sell_until_the_cut(Server::serve(&folder), sold.len(), 7 + round % 5, at);
        sold.extend(more);
        sold.sort();
        let server = Server::serve(&folder);
        for (number, answer) in &mut sold {
            let again = server.send("avis_demo_jelgava_bus", "/v1/authorizations", trip(*number, at)).text;
            match answer {
                Some(answer) => assert_eq!(&again, answer, "trip {number} in round {round}"),
                // In doubt: it was recorded or not, and now it is.
                None => *answer = Some(again),
            }
        }
        server.stop();
    }
    let free =
        sold.iter().filter(|(_, answer)| answer.as_deref().is_some_and(|answer| answer.contains("\"payable\":0,")));
    assert_eq!(free.count(), sold.len().min(20), "of {} trips", sold.len());
}

#[test]
fn a_sale_takes_place_about_now_and_a_repeat_at_any_time() {
    let folder = folder("about-now");
    let server = Server::serve(&folder);
    let (now, hour) = (Timestamp::now(), jiff::SignedDuration::from_hours(1));
    for (number, at) in [(1, now - 25 * hour), (2, now + hour)] {
        let answer = server.send(KEY, "/v1/authorizations", sale(number, at));
        assert_eq!((answer.status, &answer.json()["pointer"]), (422, &json!("/occurred_at")));
        assert_eq!(server.quote(KEY, sale(number, at)).status, 200, "quotes may be for any time");
    }
    assert_eq!(server.send(KEY, "/v1/authorizations", sale(3, now - 23 * hour)).status, 200);
}

#[test]
fn a_folder_is_used_by_one_and_with_its_own_key_only() {
    let folder = folder("one-user");
    let server = Server::serve(&folder);
    assert!(serve_refused(&folder).contains("another process uses this folder"));
    server.stop();
    let key = format!("{folder}/identifier.key");
    std::fs::write(&key, [7; 32]).unwrap();
    assert!(serve_refused(&folder).contains("another identifier key"));
    std::fs::write(&key, [7; 5]).unwrap();
    assert!(serve_refused(&folder).contains("expected 32 bytes"));
}

#[test]
fn a_ledger_is_looked_at_copied_and_decided_again_while_it_is_served() {
    let folder = folder("tools");
    let server = Server::serve(&folder);
    let answer = server.send(KEY, "/v1/authorizations", sale(1, Timestamp::now()));
    let id = answer.json()["authorization_id"].as_str().unwrap().to_owned();
    let status = avis(&["status", "--folder", &folder]);
    assert_eq!(status.code, 0, "{}", status.err);
    assert!(status.out.contains("captured             1\n"), "{}", status.out);
    let same = avis(&["replay", "--folder", &folder, &id]);
    assert_eq!((same.code, same.out), (0, format!("{id}: the same\n")));
    let catalogue = std::fs::read_to_string(demo_data().join("catalogue.json")).unwrap();
    let tools = Folder::new("tools-files");
    let changed = tools.write("changed.json", &catalogue.replace("\"rate\": 5000", "\"rate\": 5100"));
    let differs = avis(&["replay", "--folder", &folder, "--catalogue", &changed, &id]);
    assert!(differs.code == 1 && differs.out.contains("/lines/0/payable: recorded"), "{}", differs.out);
    assert_eq!(avis(&["replay", "--folder", &folder, "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11"]).code, 1);
    // What is published later does not change what was decided: every rule is suspended from before it.
    let mut suspended: Value = serde_json::from_str(&catalogue).unwrap();
    for benefit in suspended["benefits"].as_array_mut().unwrap() {
        benefit["suspensions"] = json!([{"from": "2026-01-01"}]);
    }
    let suspended = tools.write("suspended.json", &suspended);
    let import = ["import", "--folder", &folder, "--catalogue", &suspended, "--despite-failing-cases"];
    assert_eq!(avis(&import).code, 0);
    let same = avis(&["replay", "--folder", &folder, &id]);
    assert_eq!((same.code, same.out), (0, format!("{id}: the same\n")));
    let copy = format!("{folder}-copy");
    let _ = std::fs::remove_dir_all(&copy);
    let backup = avis(&["backup", "--folder", &folder, "--to", &copy]);
    assert_eq!((backup.code, backup.err.as_str()), (0, ""));
    let again = avis(&["backup", "--folder", &folder, "--to", &copy]);
    assert!(again.code == 2 && again.err.contains("not there yet"), "{}", again.err);
    server.stop();
    let restored = format!("{folder}-restored");
    let _ = std::fs::remove_dir_all(&restored);
    let restore = avis(&["restore", "--from", &copy, "--folder", &restored]);
    assert_eq!((restore.code, restore.err.as_str()), (0, ""));
    assert_eq!(avis(&["restore", "--from", &copy, "--folder", &restored]).code, 2, "nothing is overwritten");
    assert!(restore.out.starts_with("restored: revision 4 of incarnation "), "{}", restore.out);
    for part in ["\n  holder: ", "\n  requests answered: ", "\n  captured: "] {
        assert!(restore.out.contains(part) && backup.out.contains(part), "{}{}", backup.out, restore.out);
    }
    let life = |folder: &str| {
        let status = avis(&["status", "--folder", folder, "--verify"]);
        assert!(status.code == 0 && status.out.contains("audit                whole"), "{}", status.out);
        status.out.lines().find(|line| line.starts_with("incarnation")).unwrap().to_owned()
    };
    let backed_up = backup.out.split_whitespace().nth(6).unwrap().trim_end_matches(',');
    assert_eq!(life(&folder).split_whitespace().nth(1), Some(backed_up));
    assert_ne!(life(&restored), life(&folder), "another life of the store");
    let server = Server::serve_as_it_is(&restored);
    let read = server.read(KEY, &format!("/v1/authorizations/{id}"));
    assert_eq!((read.status, &read.json()["state"]), (200, &json!("captured")));
    assert_eq!(avis(&["status", "--folder", "nowhere"]).code, 2);
}

#[test]
fn a_ledger_of_a_later_avis_is_refused() {
    let folder = folder("newer");
    Server::serve(&folder).stop();
    let ledger = rusqlite::Connection::open(format!("{folder}/ledger.db")).unwrap();
    ledger.pragma_update(None, "user_version", 99).unwrap();
    drop(ledger);
    assert!(serve_refused(&folder).contains("schema is of version 99"));
}

#[test]
fn no_value_of_an_identifier_is_in_any_file() {
    let folder = folder("no-values");
    let server = Server::serve(&folder);
    let answer: Value = server.send(KEY, "/v1/authorizations", sale(1, Timestamp::now())).json();
    assert_eq!(answer["outcome"], "approved");
    server.stop();
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes
            .windows(8)
            .any(|window| window.eq_ignore_ascii_case(b"ANNA0001") || window.eq_ignore_ascii_case(b"NNA-0001"));
        assert!(!found, "{}", path.display());
    }
}
