//! What is changed behind the store's back grants nothing, is told, and is found.

use avis_testing::eventually;
use jiff::Timestamp;
use serde_json::json;

use crate::program::{Folder, Ran, Server, avis, import_demo};

const DESK: &str = "avis_demo_atd_desk";

fn single(card: &str) -> String {
    json!({
        "request_id": "0190f6a2-8000-7000-8000-000000000001", "occurred_at": Timestamp::now().to_string(),
        "channel": "desk", "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": card}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}],
    })
    .to_string()
}

fn verified(folder: &str) -> Ran {
    avis(&["status", "--folder", folder, "--verify"])
}

/// Gives a holder a right behind the store's back.
fn tamper(folder: &str, holder: &str) {
    let registry = rusqlite::Connection::open(format!("{folder}/registry.db")).unwrap();
    let changed = registry.execute(
        "UPDATE followed SET content = replace(content, '\"entitlements\":[', '\"entitlements\":[{\"group\":\"goda-gimene\"},')
         WHERE kind = 'holder' AND key = ?1",
        [holder],
    );
    assert_eq!(changed.unwrap(), 1);
}

#[test]
fn a_right_that_was_written_into_the_files_is_not_granted_and_its_row_is_named() {
    let files = Folder::new("tampered");
    let (folder, copy) = (format!("{}/avis", files.path()), format!("{}/copy", files.path()));
    for path in [&folder, &copy, &format!("{copy}-restored")] {
        let _ = std::fs::remove_dir_all(path);
    }
    import_demo(&folder);
    let stranger = json!([{"holder": "h-mallory", "identifiers": [{"scheme": "etalons", "value": "MALLORY"}]}]);
    let path = files.write_lines("mallory.ndjson", &stranger);
    let import = ["import", "--folder", &folder, "--holders", &path];
    assert_eq!(avis(&import).code, 0);
    let ran = verified(&folder);
    assert!(ran.code == 0 && ran.out.contains("followed rows        as committed"), "{}", ran.out);
    tamper(&folder, "h-mallory");

    let server = Server::serve_as_it_is(&folder);
    let answer = server.quote(DESK, single("MALLORY")).json();
    assert_eq!((&answer["outcome"], &answer["payable"]), (&json!("declined"), &json!(715)), "{answer}");
    assert_eq!(server.quote(DESK, single("ANNA-0001")).json()["outcome"], "approved", "others go on");
    let ready = || server.get("/readyz");
    let said = eventually("an engine that tells of it", ready, |ready| ready.text.contains("not what was committed"));
    assert_eq!(said.status, 200);
    let metrics = eventually(
        "the settled finding",
        || server.get("/metrics").text,
        |text| text.contains("\navis_follower_differs 1\n"),
    );
    assert!(metrics.contains("\navis_follower_altered 1\n"), "{metrics}");
    let ran = verified(&folder);
    assert!(ran.out.contains("changed afterwards   holder `h-mallory`\n"), "{}", ran.out);
    assert!(ran.code == 1 && ran.out.contains("altered rows         1\n"), "{}", ran.out);

    let ran = avis(&["backup", "--folder", &folder, "--to", &copy]);
    assert!(ran.code == 1 && ran.out.contains("holder `h-mallory`"), "{} {}", ran.out, ran.err);
    let ran = avis(&["restore", "--from", &copy, "--folder", &format!("{copy}-restored")]);
    assert!(ran.code == 1 && ran.out.contains("holder `h-mallory`"), "{} {}", ran.out, ran.err);
    let ran = avis(&["export", "--folder", &folder, "holders"]);
    assert_eq!(ran.code, 2, "half of the holders are no export: {}", ran.err);

    // What is imported again is what was committed.
    assert_eq!(avis(&import).code, 0);
    eventually("an engine that is well again", ready, |ready| ready.text == "ready\n");
    let ran = verified(&folder);
    assert!(ran.code == 0 && ran.out.contains("followed rows        as committed"), "{}", ran.out);
    server.stop();
}
