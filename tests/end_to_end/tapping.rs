//! Means that a person taps at a till become theirs, by a code that they were given.

use std::sync::Arc;

use avis_core::{IdentifierSecret, tap_code};
use avis_store::records::{RecordChange, RecordValue, Records};
use avis_store::sqlite::{Folder as StoreFolder, SqliteStore};
use avis_store::{TapCode, tap_code_key};
use avis_testing::eventually;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::deployment::new_id;
use crate::program::{Folder, Server, avis};

const TILL: &str = "avis_test_tapping_till";

/// Two people with a card each, and one of them with a lost one, at a till at which one may tap.
fn import(files: &Folder, folder: &str) {
    let card = |value: &str| json!([{"scheme": "card", "value": value}]);
    let mut people = json!([{"holder": "h-1", "identifiers": card("1")}, {"holder": "h-2", "identifiers": card("2")}]);
    let lost = json!({"scheme": "card", "value": "1-lost", "status": "blocked"});
    people[0]["identifiers"].as_array_mut().unwrap().push(lost);
    let terminal = json!({"terminal": "till", "provider": "cafe-1", "key": TILL, "channels": ["till"],
        "schemes": ["card"], "scopes": ["sell", "enrol"]});
    let catalogue = json!({"currency": "EUR", "providers": [{"code": "cafe-1", "tags": []}]});
    let sources = [
        ("--catalogue", files.write("catalogue.json", &catalogue)),
        ("--holders", files.write_lines("holders.ndjson", &people)),
        ("--terminals", files.write("terminals.json", &json!({"terminals": [terminal]}))),
    ];
    let mut arguments = vec!["import", "--folder", folder];
    sources.iter().for_each(|(option, file)| arguments.extend([*option, file.as_str()]));
    let ran = avis(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

/// Codes as the control plane gives them, each until a moment.
fn give(folder: &str, codes: &[(&str, &str, SignedDuration)]) {
    let key: [u8; 32] = std::fs::read(format!("{folder}/identifier.key")).unwrap().try_into().unwrap();
    let secret = IdentifierSecret::new(key);
    let store = SqliteStore::open(Arc::new(StoreFolder::open(folder.as_ref()).unwrap()), &secret).unwrap();
    for (written, holder, good_for) in codes {
        let code = TapCode { holder: (*holder).to_owned(), label: None };
        let value = RecordValue {
            owner: secret.subject(holder),
            expires_at: Some(Timestamp::now() + *good_for),
            content: serde_json::to_string(&code).unwrap(),
            ..RecordValue::default()
        };
        let key = tap_code_key(&tap_code(written).unwrap(), &secret);
        store.change(&[RecordChange::make(TapCode::KIND, &key, value)], &[]).unwrap();
    }
}

fn tapped(server: &Server, id: &str, code: &str, card: &str) -> (u16, Value) {
    let body = json!({"request_id": id, "code": code, "identifiers": [{"scheme": "card", "value": card}]});
    let answer = server.send(TILL, "/v1/means", body.to_string());
    (answer.status, answer.json())
}

/// What a till is told of a card as of a revision.
fn verdict(server: &Server, card: &str, revision: &Value) -> Value {
    let body = json!({"request_id": new_id(), "occurred_at": Timestamp::now(), "currency": "EUR", "min_revision": revision,
        "identifiers": [{"scheme": "card", "value": card}],
        "lines": [{"line_id": "1", "product": "coffee", "quantity": 1, "unit_price": 250}]});
    let quote = || server.quote(TILL, body.to_string());
    let answer = eventually("a quote as of the revision", quote, |answer| answer.status != 503);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["identifiers"][0].clone()
}

#[test]
fn a_card_that_is_tapped_with_a_code_is_the_persons_once_and_nobody_elses() {
    let files = Folder::new("tapping");
    let folder = format!("{}/avis", files.path());
    import(&files, &folder);
    let (long, over) = (SignedDuration::from_mins(10), SignedDuration::from_mins(-1));
    give(&folder, &[("AAAA-2222", "h-1", long), ("BBBB-3333", "h-2", long), ("CCCC-4444", "h-2", over)]);
    let server = Server::serve_as_it_is(&folder);
    let refused = |id: &str, code: &str, card: &str| {
        let (status, answer) = tapped(&server, id, code, card);
        assert_eq!((status, &answer["code"]), (422, &json!("invalid_request")), "{answer}");
        answer["pointer"].as_str().unwrap().to_owned()
    };
    // Neither a code that nobody was given, nor one that ended; and whose card it is already is not told.
    assert_eq!(refused(&new_id(), "ZZZZ-9999", "new"), "/code");
    assert_eq!(refused(&new_id(), "CCCC-4444", "new"), "/code");
    assert_eq!(refused(&new_id(), "AAAA-2222", "2"), "/identifiers/0");
    assert_eq!(refused(&new_id(), "AAAA-2222", "1-lost"), "/identifiers/0", "a tap brings nothing back");
    let id = new_id();
    let (status, answer) = tapped(&server, &id, "aaaa2222", "new");
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer.as_object().unwrap().keys().collect::<Vec<_>>(), ["request_id", "revision"]);
    let known = verdict(&server, "1", &answer["revision"]);
    assert_eq!(verdict(&server, "new", &answer["revision"])["status"], known["status"], "it is known as the first is");
    // The same request is answered as before; another finds the code used, and the card taken.
    assert_eq!(tapped(&server, &id, "AAAA-2222", "new"), (200, answer));
    assert_eq!(refused(&new_id(), "AAAA-2222", "other"), "/code");
    assert_eq!(refused(&new_id(), "BBBB-3333", "new"), "/identifiers/0");
    let (status, reused) = tapped(&server, &id, "BBBB-3333", "other");
    assert_eq!((status, &reused["code"]), (409, &json!("request_id_reused")));
    let guesses = (0..200).map(|guess| tapped(&server, &new_id(), &format!("guess{guess:03}"), "other"));
    let stopped = guesses.into_iter().find(|(status, _)| *status == 429);
    assert_eq!(stopped.map(|(_, answer)| answer["code"].clone()), Some(json!("too_many_unknown")));
    assert_eq!(tapped(&server, &new_id(), "BBBB-3333", "third").0, 429, "a right code is no way around it");
    let audit = avis(&["audit", "--folder", &folder, "--json"]);
    assert!(audit.out.contains("means_proved") && !audit.out.contains("h-1"), "{}{}", audit.out, audit.err);
}
