//! `avis import`, `export`, `key`: what is served is administered while it is served, and while it is not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::program::{Folder, Server, agent, avis, demo_data, import_demo};

const DESK: &str = "avis_demo_atd_desk";

/// An empty folder of one test's own, beside its files.
fn folder(test: &str) -> (Folder, String) {
    let files = Folder::new(test);
    let path = format!("{}/avis", files.path());
    (files, path)
}

fn single(request: u32) -> Value {
    json!({
        "request_id": format!("0190f6a2-8000-7000-8000-{request:012}"), "occurred_at": Timestamp::now().to_string(),
        "channel": "desk", "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}],
    })
}

fn done(arguments: &[&str]) -> String {
    let ran = avis(arguments);
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
    ran.out
}

fn refused(arguments: &[&str]) -> String {
    let ran = avis(arguments);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {}", ran.err);
    ran.err
}

/// The revision that an import came to.
fn revision(told: &str) -> u64 {
    told.rsplit("(revision ").next().unwrap().trim().trim_end_matches(')').parse().unwrap()
}

#[test]
fn a_file_that_was_imported_already_changes_nothing() {
    let (_, folder) = folder("import-twice");
    import_demo(&folder);
    let holders = demo_data().join("holders.ndjson");
    let again = done(&["import", "--folder", &folder, "--holders", holders.to_str().unwrap()]);
    assert_eq!(again, "holders: 0 added, 0 changed, 4000 are as they were (revision 3)\n");
}

#[test]
fn what_is_exported_is_imported_again_as_it_was() {
    let (files, first) = folder("export");
    import_demo(&first);
    let second = format!("{}/second", files.path());
    let _ = std::fs::remove_dir_all(&second);
    // Identifiers stand by what they hash to, so the key goes with them.
    std::fs::create_dir_all(&second).unwrap();
    std::fs::copy(format!("{first}/identifier.key"), format!("{second}/identifier.key")).unwrap();
    for what in ["catalogue", "terminals", "holders"] {
        let exported = done(&["export", "--folder", &first, what]);
        let path = files.write(what, &exported);
        done(&["import", "--folder", &second, &format!("--{what}"), &path]);
        assert_eq!(done(&["export", "--folder", &second, what]), exported, "{what}");
        assert!(!exported.contains("ANNA-0001") && !exported.contains(DESK), "{what} tells no secret");
    }
    let server = Server::serve_as_it_is(&second);
    assert_eq!(server.send(DESK, "/v1/authorizations", single(1).to_string()).json()["outcome"], "approved");
}

#[test]
fn what_is_imported_while_it_is_served_counts_at_once_and_can_be_demanded() {
    let (files, folder) = folder("import-served");
    let server = Server::serve(&folder);
    let stranger = json!([{"holder": "h-new", "entitlements": [{"group": "goda-gimene"}],
                           "identifiers": [{"scheme": "etalons", "value": "NEW-1"}]}]);
    let path = files.write_lines("new.ndjson", &stranger);
    let reached = revision(&done(&["import", "--folder", &folder, "--holders", &path, "--reason", "a new member"]));
    let mut request = single(1);
    request["identifiers"][0]["value"] = json!("new 1");
    request["min_revision"] = json!(reached);
    let answer = server.send(DESK, "/v1/authorizations", request.to_string()).json();
    assert_eq!((&answer["outcome"], &answer["revision"]), (&json!("approved"), &json!(reached)));
    request["min_revision"] = json!(reached + 1);
    let answer = server.quote(DESK, request.to_string());
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("stale_data")));
    assert_eq!(answer.header("retry-after"), "1");
    assert!(done(&["status", "--folder", &folder]).contains("by operator: a new member (1 added"));
}

#[test]
fn f29_a_blocked_identifier_is_refused_from_the_revision_that_blocks_it() {
    let (files, folder) = folder("f29-block");
    let server = Server::serve(&folder);
    let before = Timestamp::now();
    let anna = done(&["export", "--folder", &folder, "holders"]);
    let anna = anna.lines().find(|line| line.contains("\"h-anna\"")).unwrap();
    let blocked = anna.replace("\"status\":\"active\"", "\"status\":\"blocked\"");
    let path = files.write("blocked.ndjson", &blocked);
    let reached = revision(&done(&["import", "--folder", &folder, "--holders", &path]));
    let mut request = single(2);
    request["min_revision"] = json!(reached);
    let answer = server.send(DESK, "/v1/authorizations", request.to_string()).json();
    assert_eq!(
        (&answer["outcome"], &answer["reasons"][0]),
        (&json!("declined"), &json!("identifier_blocked")),
        "{answer}"
    );
    // What was sold before it was blocked is judged as of its time.
    request["occurred_at"] = json!(before.to_string());
    request["request_id"] = json!("0190f6a2-8000-7000-8000-000000000003");
    assert_eq!(server.send(DESK, "/v1/authorizations", request.to_string()).json()["outcome"], "approved");
}

/// An upload to the operator's endpoints, chunk by chunk.
struct Upload(TcpStream);

impl Upload {
    fn begin(folder: &str, path: &str) -> Self {
        let file: Value = serde_json::from_slice(&std::fs::read(format!("{folder}/operator.json")).unwrap()).unwrap();
        let (address, token) = (file["address"].as_str().unwrap(), file["token"].as_str().unwrap());
        let mut stream = TcpStream::connect(address).unwrap();
        let minute = Some(Duration::from_secs(60));
        stream.set_read_timeout(minute).and_then(|()| stream.set_write_timeout(minute)).unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n");
        stream.write_all(format!("{head}connection: close\r\ntransfer-encoding: chunked\r\n\r\n").as_bytes()).unwrap();
        Self(stream)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).unwrap();
        self.0.write_all(bytes).and_then(|()| self.0.write_all(b"\r\n")).unwrap();
    }

    fn answer(mut self) -> Value {
        self.0.write_all(b"0\r\n\r\n").unwrap();
        let mut answer = BufReader::new(self.0);
        let mut line = String::new();
        while answer.read_line(&mut line).unwrap() > 2 {
            line.clear();
        }
        let mut body = String::new();
        answer.read_to_string(&mut body).unwrap();
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
    }
}

/// Who uploads slowly, on purpose or not, stops nobody from taking a key or a card away.
#[test]
fn a_key_is_revoked_and_a_card_is_blocked_while_a_file_is_uploaded_slowly() {
    let (files, folder) = folder("slow-upload");
    let server = Server::serve(&folder);
    let mut upload = Upload::begin(&folder, "/operator/v1/holders");
    upload.send(b"{\"holder\": \"h-slow\"}\n");
    // More than lies between the two ends: once it is sent, the first line was read.
    let blank = " ".repeat(64 * 1024 - 1) + "\n";
    (0..16 * 16).for_each(|_| upload.send(blank.as_bytes()));
    let (done_with_it, goes_on) = channel::<()>();
    let dripping = std::thread::spawn(move || {
        while goes_on.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout) {
            upload.send(b" ");
        }
        upload.answer()
    });
    let before = revision(&done(&["import", "--folder", &folder, "--holders", &files.write("none.ndjson", "")]));
    done(&["key", "--folder", &folder, "revoke", "demo-shop-till"]);
    let anna = done(&["export", "--folder", &folder, "holders"]);
    let anna = anna.lines().find(|line| line.contains("\"h-anna\"")).unwrap();
    let blocked = files.write("blocked.ndjson", &anna.replace("\"status\":\"active\"", "\"status\":\"blocked\""));
    let tried = done(&["import", "--folder", &folder, "--dry-run", "--holders", &blocked]);
    assert!(tried.contains("1 would be changed"), "{tried}");
    let reached = revision(&done(&["import", "--folder", &folder, "--holders", &blocked]));
    assert_eq!(reached, before + 2, "both came through, and the upload is not written yet");
    let mut request = single(4);
    request["min_revision"] = json!(reached);
    let declined = server.send(DESK, "/v1/authorizations", request.to_string()).json();
    assert_eq!(declined["reasons"][0], "identifier_blocked", "{declined}");
    drop(done_with_it);
    let answer = dripping.join().unwrap();
    assert_eq!((&answer["revision"], &answer["counts"]["added"]), (&json!(reached + 1), &json!(1)), "{answer}");
}

#[test]
fn a_bad_file_is_refused_whole_with_every_place_and_no_value() {
    let (files, folder) = folder("import-bad");
    import_demo(&folder);
    let import = |what: &str, path: &str| refused(&["import", "--folder", &folder, &format!("--{what}"), path]);
    let holders = "{\"holder\": \"h-1\"}\n\n{\"holder\": 2}\nSECRET-9\n{\"holder\": \"h-3\", \"identifiers\": [{\"scheme\": \"eid\", \"value\": \"SECRET-1\", \"x\": 1}]}\n";
    let told = import("holders", &files.write("bad.ndjson", holders));
    for place in ["bad.ndjson:3: /holder: ", "bad.ndjson:4: document: ", "bad.ndjson:5: /identifiers/0: "] {
        assert!(told.contains(place), "{place} in {told}");
    }
    assert!(!told.contains("SECRET"), "{told}");
    let taken =
        json!([{"holder": "h-x"}, {"holder": "h-y", "identifiers": [{"scheme": "etalons", "value": "anna0001"}]}]);
    let told = import("holders", &files.write_lines("taken.ndjson", &taken));
    assert!(told.contains("taken.ndjson:2: /identifiers/0: this identifier is another holder's"), "{told}");

    let mut catalogue: Value = serde_json::from_str(&done(&["export", "--folder", &folder, "catalogue"])).unwrap();
    let count = catalogue["benefits"].as_array().unwrap().len();
    catalogue["benefits"][0]["priority"] = json!(1 + catalogue["benefits"][0]["priority"].as_i64().unwrap());
    let told = import("catalogue", &files.write("changed.json", &catalogue));
    assert!(
        told.contains("changed.json:1: /benefits/0/priority (benefit `")
            && told.contains("): this version is published"),
        "{told}"
    );
    let foreign = json!({"currency": "USD"});
    assert!(import("catalogue", &files.write("usd.json", &foreign)).contains("/currency: expected `EUR`"));
    let lost = json!({"currency": "EUR", "benefits": [{"code": "x", "version": 1, "grantor": "g", "priority": 1, "slot": "nowhere",
        "name": {"lv": "x", "en": "x"}, "scope": {"providers": {"all": true}}, "effect": {"percent": {"rate": 1}}}]});
    assert!(
        import("catalogue", &files.write("lost.json", &lost))
            .contains("/benefits/0/slot (benefit `x` version 1): unknown slot")
    );
    let orphan = json!({"terminals": [{"terminal": "t", "provider": "nobody", "channels": [], "schemes": [], "key": "0123456789abcdef"}]});
    assert!(import("terminals", &files.write("orphan.json", &orphan)).contains("unknown provider `nobody`"));
    let status = done(&["status", "--folder", &folder]);
    assert!(status.contains("revision             3\n"), "nothing came of it: {status}");
    let after: Value = serde_json::from_str(&done(&["export", "--folder", &folder, "catalogue"])).unwrap();
    assert_eq!(after["benefits"].as_array().unwrap().len(), count);
}

#[test]
fn a_published_version_may_be_suspended_and_ended() {
    let (files, folder) = folder("suspend");
    let server = Server::serve(&folder);
    let mut catalogue: Value = serde_json::from_str(&done(&["export", "--folder", &folder, "catalogue"])).unwrap();
    for benefit in catalogue["benefits"].as_array_mut().unwrap() {
        benefit["suspensions"] = json!([{"from": "2026-01-01"}]);
    }
    let path = files.write("suspended.json", &catalogue);
    // Cases of days in which everything is suspended say otherwise.
    let import = ["import", "--folder", &folder, "--catalogue", &path, "--despite-failing-cases"];
    let would = done(&[&import[..], &["--dry-run"]].concat());
    assert!(would.contains("would be changed"), "{would}");
    assert_eq!(server.quote(DESK, single(1).to_string()).json()["outcome"], "approved", "a dry run does nothing");
    let mut request = single(1);
    request["min_revision"] = json!(revision(&done(&import)));
    assert_eq!(server.quote(DESK, request.to_string()).json()["outcome"], "declined");
}

/// F31.
#[test]
fn keys_are_made_changed_with_an_overlap_and_revoked() {
    let (_, folder) = folder("f31-keys");
    let server = Server::serve(&folder);
    let key = |told: String| told.lines().next().unwrap().to_owned();
    let keys = ["key", "--folder", &folder];
    let create = ["create", "new-desk", "--provider", "atd", "--channels", "desk", "--schemes", "etalons"];
    let first = key(done(&[&keys[..], &create].concat()));
    // What a command did holds when it ends: nobody waits for the next look.
    let status = |key: &str, request: u32| server.send(key, "/v1/authorizations", single(request).to_string()).status;
    assert_eq!(status(&first, 1), 200);
    assert!(refused(&[&keys[..], &create].concat()).contains("`new-desk` already"));
    let second = key(done(&[&keys[..], &["rotate", "new-desk", "--overlap-s", "3600"]].concat()));
    assert_eq!((status(&first, 2), status(&second, 3)), (200, 200), "both while they overlap");
    done(&[&keys[..], &["revoke", "new-desk", "--prefix", &first[..13]]].concat());
    assert_eq!((status(&first, 4), status(&second, 5)), (401, 200), "the revoked one is known no more");
    assert_eq!(
        server.read(&second, "/v1/requests/0190f6a2-8000-7000-8000-000000000004").status,
        404,
        "nothing was done"
    );
    let third = key(done(&[&keys[..], &["rotate", "new-desk", "--overlap-s", "0"]].concat()));
    assert_eq!((status(&second, 6), status(&third, 7)), (401, 200));
    // What a key is not for: another provider's records, another scope, channel or scheme.
    let id =
        server.read(&third, "/v1/requests/0190f6a2-8000-7000-8000-000000000007").json()["authorization_id"].clone();
    let path = format!("/v1/authorizations/{}", id.as_str().unwrap());
    assert_eq!(server.read("avis_demo_vivi_conductor", &path).status, 404);
    assert_eq!(server.read(&third, &format!("{path}/explain")).status, 403);
    let mut app = single(8);
    app["channel"] = json!("app");
    let mut eid = single(8);
    eid["identifiers"][0]["scheme"] = json!("eid");
    assert_eq!(server.quote(&third, app.to_string()).status, 403);
    assert_eq!(server.quote(&third, eid.to_string()).status, 403);
    let list = done(&[&keys[..], &["list"]].concat());
    assert!(list.contains(&third[..13]) && ![&first, &second, &third].iter().any(|key| list.contains(*key)), "{list}");
    assert!(refused(&[&keys[..], &["revoke", "nobody"]].concat()).contains("no terminal `nobody`"));
    server.stop();
    let _ = done(&[&keys[..], &["revoke", "new-desk"]].concat());
    assert!(done(&["status", "--folder", &folder, "--verify"]).contains("audit                whole"));
}

/// The catalogue of the demo, with its cases.
fn demo_catalogue() -> Value {
    serde_json::from_slice(&std::fs::read(demo_data().join("catalogue.json")).unwrap()).unwrap()
}

/// With another rate of the free days, which a case of the demo shows.
fn with_a_wrong_rate(mut catalogue: Value) -> Value {
    let benefits = catalogue["benefits"].as_array_mut().unwrap();
    let free_day = benefits.iter_mut().rfind(|benefit| benefit["code"] == "lv-goda-gimene-free-day");
    free_day.unwrap()["effect"]["percent"]["rate"] = json!(9_900);
    catalogue
}

#[test]
fn a_catalogue_is_not_published_while_a_case_of_it_fails_unless_it_is_said_and_the_audit_says_so() {
    let (files, folder) = folder("failing-cases");
    let path = files.write("catalogue.json", &with_a_wrong_rate(demo_catalogue()));
    let import = ["import", "--folder", &folder, "--catalogue", &path];
    for arguments in [&import[..], &[&import[..], &["--dry-run"]].concat()] {
        let told = refused(arguments);
        assert!(told.contains("/payable (case `T1 1.6") && told.contains("): fails: expected 0, got 7"), "{told}");
        assert!(!std::path::Path::new(&folder).exists(), "nothing is made");
    }
    let despite = done(&[&import[..], &["--despite-failing-cases", "--reason", "known"]].concat());
    assert!(despite.contains(", although 5 of the cases fail (revision 1)"), "{despite}");
    assert!(done(&["status", "--folder", &folder]).contains("by operator: known, although cases failed ("));
}

#[test]
fn a_new_version_that_breaks_a_case_that_is_there_is_refused_while_the_folder_is_served() {
    let (files, folder) = folder("failing-cases-there");
    let server = Server::serve(&folder);
    let mut catalogue = with_a_wrong_rate(demo_catalogue());
    let benefits = catalogue["benefits"].as_array_mut().unwrap();
    let mut version = benefits.iter().rfind(|benefit| benefit["code"] == "lv-goda-gimene-free-day").unwrap().clone();
    // A day later, and for all cards: the next version is what the cases meet.
    version["version"] = json!(3);
    version["valid"] = json!({"from": "2021-07-02"});
    let next = json!({"currency": "EUR", "benefits": [version]});
    let path = files.write("next.json", &next);
    let import = ["import", "--folder", &folder, "--catalogue", &path];
    let told = refused(&import);
    assert!(told.contains("/cases: breaks case `T1 1.6") && told.contains("expected 0, got 7"), "{told}");
    // Over the operator's port as by the command.
    let file: Value =
        serde_json::from_str(&std::fs::read_to_string(format!("{folder}/operator.json")).unwrap()).unwrap();
    let url = format!("http://{}/operator/v1/catalogue", file["address"].as_str().unwrap());
    let token = format!("Bearer {}", file["token"].as_str().unwrap());
    let sent = |query: &str| {
        let request = agent().post(format!("{url}{query}")).header("authorization", &token);
        let mut answer = request.content_type("application/json").send(next.to_string()).unwrap();
        (answer.status().as_u16(), serde_json::from_slice::<Value>(&answer.body_mut().read_to_vec().unwrap()).unwrap())
    };
    for query in ["", "?dry_run=true"] {
        let (status, answer) = sent(query);
        assert_eq!((status, &answer["code"]), (422, &json!("invalid_file")), "{answer}");
        assert!(answer["errors"][0]["detail"].as_str().unwrap().contains("breaks case `T1 1.6"), "{answer}");
    }
    assert!(!done(&["status", "--folder", &folder]).contains("revision 4 "));
    let (status, answer) = sent("?despite_failing_cases=true");
    assert_eq!((status, &answer["revision"], &answer["failing_cases"]), (200, &json!(4), &json!(5)), "{answer}");
    assert!(done(&["status", "--folder", &folder]).contains(", although cases failed ("));
    server.stop();
}

#[test]
fn the_operators_endpoints_open_to_the_token_only() {
    let (_, folder) = folder("operator-token");
    let server = Server::serve(&folder);
    let file = format!("{folder}/operator.json");
    let told: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let url = format!("http://{}/operator/v1/holders", told["address"].as_str().unwrap());
    let agent = agent();
    for token in ["", "Bearer x", "Bearer avis_demo_atd_desk"] {
        assert_eq!(agent.get(&url).header("authorization", token).call().unwrap().status(), 401);
        assert_eq!(agent.post(&url).header("authorization", token).send("{}").unwrap().status(), 401);
    }
    server.stop();
    assert!(!std::path::Path::new(&file).exists(), "nobody is to look for what is not there");
}

#[test]
fn an_empty_folder_is_served_and_says_that_it_has_no_rules() {
    let (_, folder) = folder("empty");
    done(&["import", "--folder", &folder, "--holders", demo_data().join("holders.ndjson").to_str().unwrap()]);
    let server = Server::run(&["serve", "--listen", "127.0.0.1:0", "--folder", &folder], "brings them.\n");
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 503));
    assert_eq!(server.quote(DESK, single(1).to_string()).status, 401, "nor a terminal");
}
