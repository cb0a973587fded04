//! `avis demo`: the first command of a newcomer.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::deployment::{DESK, new_id, single};
use crate::plane::{DEMO_PASSWORD, Plane};
use crate::program::{Folder, Server, avis, avis_in_fed, demo_data, without_past};

#[test]
fn its_curl_lines_quote_the_free_day_at_the_desk_and_half_price_in_the_app() {
    let server = Server::start();
    let lines: Vec<&str> = server.welcome.lines().filter(|line| line.starts_with("curl ")).collect();
    assert!(lines.len() >= 3, "{}", server.welcome);
    let payable = |line: &str| quoted(&server, line)["payable"].as_i64().unwrap();
    assert_eq!((payable(lines[0]), payable(lines[1])), (0, 357));
    for line in &lines {
        let answer = quoted(&server, line);
        assert_ne!(answer["outcome"], "declined", "{line}\n{answer}");
    }
}

#[test]
fn its_registry_list_is_tried_and_imported_by_the_printed_lines() {
    let data = Folder::new("demo-list");
    let server = Server::start();
    let lines: Vec<&str> = server.welcome.lines().filter(|line| line.starts_with("avis ")).collect();
    let [sign_in, import] = lines[..] else { panic!("{}", server.welcome) };
    let home = format!("{}/home", data.path());
    let run = |arguments: &[&str], input: &str| {
        let ran = avis_in_fed(&[("XDG_CONFIG_HOME", &home)], arguments, input);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
        ran.out
    };
    let words: Vec<&str> = sign_in.split(' ').skip(1).collect();
    run(&words, &format!("{DEMO_PASSWORD}\n"));
    let (before, rest) = import.split_once(" --reason \"").unwrap();
    let (reason, dry) = rest.split_once("\" ").unwrap();
    let words: Vec<&str> = before.split(' ').skip(1).chain(["--reason", reason]).collect();
    let tried = run(&[&words[..], &[dry]].concat(), "");
    assert!(tried.contains("3 changed") && !tried.contains("revision"), "{tried}");
    assert!(run(&words, "").contains("(revision "));
}

/// Sends what a printed line sends; the machine need not have curl.
fn quoted(server: &Server, line: &str) -> Value {
    let parts: Vec<&str> = line.split('\'').collect();
    let [before, authorization, _, content_type, _, body, _] = parts[..] else { panic!("{line}") };
    assert!(before.contains(&server.url("/v1/quote")));
    let headers: Vec<_> = [authorization, content_type].iter().map(|header| header.split_once(": ").unwrap()).collect();
    let answer = server.post("/v1/quote", &headers, body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// What the same till is told under the same request, without what each ledger gives of its own.
fn told(server: &Server, path: &str, request: &Value) -> (u16, Value) {
    let answer = server.send(DESK, path, request.to_string());
    let mut told = answer.json();
    for own in ["authorization_id", "recorded_at", "revision", "expires_at", "request"] {
        told.as_object_mut().unwrap().remove(own);
    }
    (answer.status, told)
}

#[test]
fn it_takes_what_an_installation_takes() {
    // As somebody types it: its data in the program, and no settings.
    let demo = Server::run(&["demo", "--listen", "127.0.0.1:0"], "Stop with Ctrl-C.\n");
    let folder = format!("{}/avis", Folder::new("demo-and-installation").path());
    let installation = Server::serve(&folder);
    let (now, minute) = (Timestamp::now(), SignedDuration::from_mins(1));
    let at = |at: Timestamp| {
        let mut request = single(&new_id());
        request["occurred_at"] = json!(at);
        request
    };
    let mut hold = at(now);
    hold["mode"] = json!("hold");
    let mut of_another = at(now);
    of_another["channel"] = json!("app");
    let sales = [
        (at(now), 200),
        (at(now - 23 * 60 * minute), 200),
        (at(now - 25 * 60 * minute), 422),
        (at(now + 3 * minute), 200),
        (at(now + 8 * minute), 422),
        (at("2026-11-18T08:12:00+02:00".parse().unwrap()), 422),
        (hold, 200),
        (of_another, 403),
        (json!({}), 422),
    ];
    for (sale, status) in &sales {
        let ours = told(&demo, "/v1/authorizations", sale);
        assert_eq!((ours.0, &ours), (*status, &told(&installation, "/v1/authorizations", sale)), "{sale}");
        let quoted = told(&demo, "/v1/quote", sale);
        assert_eq!(quoted, told(&installation, "/v1/quote", sale), "{sale}");
        assert!(quoted.0 == 200 || *status == 403 || sale.as_object().unwrap().is_empty(), "a quote is of any time");
    }
    let history = at("2018-11-18T08:12:00+02:00".parse().unwrap());
    assert_eq!(told(&demo, "/v1/quote", &history), told(&installation, "/v1/quote", &history));
    assert_eq!(demo.read(DESK, "/v1/terminal").status, 200);
}

#[test]
fn it_has_a_past_drafts_in_each_state_and_statements_and_a_file_with_planted_faults_to_reconcile() {
    let server = Server::with_past();
    let plane = Plane(&server);
    let [editor, carrier] =
        ["elza@state.example", "peteris@atd.example"].map(|user| plane.sign_in_with(user, DEMO_PASSWORD));
    let states = |path: &str| {
        let listed = plane.read(&editor, path);
        let mut states: Vec<String> =
            listed["items"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect();
        states.sort();
        states
    };
    assert_eq!(states("/drafts"), ["approved", "draft", "scheduled", "submitted"]);
    assert_eq!(states("/statements"), ["agreed", "draft", "issued", "paid"]);
    let figures = plane.read(&editor, "/reports/figures?from=2026-09-01&until=2026-12-01&by=month");
    assert_eq!(figures["items"].as_array().unwrap().len(), 3, "{figures}");

    let merchant = plane.sign_in_with("solvita@shop.example", DEMO_PASSWORD);
    let figures = plane.read(&merchant, "/reports/figures?from=2026-09-01&until=2026-12-01&by=month");
    assert_eq!(figures["items"].as_array().unwrap().len(), 3, "the merchant's, too: {figures}");
    for day in ["2026-09-30", "2026-10-31"] {
        let closed = plane.read(&merchant, &format!("/providers/demo-shop/days/{day}"));
        assert_eq!(closed["state"], "closed", "{closed}");
    }

    let read = |name: &str| std::fs::read_to_string(demo_data().join(name)).unwrap();
    let profile: Value = serde_json::from_str(&read("carrier-profile.json")).unwrap();
    let file =
        json!({"from": "2026-11-01", "until": "2026-12-01", "file": read("carrier-sales.csv"), "profile": profile});
    let run = plane.done(&carrier, "/providers/atd/reconciliations", None, &file);
    let planted =
        json!({"matched": 5, "duplicate": 1, "clock": 1, "missing_here": 1, "amount_differs": 1, "missing_there": 1});
    assert_eq!((&run["summary"], &run["bad_count"]), (&planted, &json!(1)), "{run}");
}

#[test]
fn it_stops_cleanly_when_asked() {
    let server = Server::start();
    assert_eq!(server.get("/readyz").status, 200);
    let (status, said) = server.stop();
    assert!(status.success(), "{status}");
    assert!(said.contains("stopped"), "{said}");
}

#[test]
fn a_port_that_is_taken_is_named_with_a_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = avis(&["demo", "--listen", &address, "--data", demo_data().to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains(&address) && ran.err.contains("--listen"), "{}", ran.err);
}

#[test]
fn data_that_is_not_there_is_named() {
    let ran = avis(&["demo", "--data", "nowhere"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("nowhere"), "{}", ran.err);
}

#[test]
fn a_past_that_cannot_have_been_is_refused_by_its_file_and_step() {
    let past: Value = serde_json::from_slice(&std::fs::read(demo_data().join("history.json")).unwrap()).unwrap();
    let sale = past["steps"].as_array().unwrap().iter().position(|step| !step["do"]["sell"].is_null()).unwrap();
    let place = format!("/steps/{sale}");
    for (pointer, value, told) in [
        (format!("{place}/do/sell/key"), json!("avis_demo_nobody"), "no terminal has the key"),
        (format!("{place}/at"), json!("2020-01-01T00:00:00Z"), "not before that of the step before it"),
        (format!("{place}/do/sell/quantity"), json!(0), "quantity"),
    ] {
        let data = without_past();
        let mut wrong = past.clone();
        *wrong.pointer_mut(&pointer).unwrap() = value;
        std::fs::write(data.path().join("history.json"), wrong.to_string()).unwrap();
        let ran = avis(&["demo", "--listen", "127.0.0.1:0", "--data", data.path().to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{}", ran.out);
        for said in ["history.json", &place, told] {
            assert!(ran.err.contains(said), "{}", ran.err);
        }
    }
}
