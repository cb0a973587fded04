//! Joining a merchant's programme at a till, and leaving it.

use std::collections::HashSet;

use avis_testing::eventually;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::deployment::{Deployment, new_id};
use crate::program::{Folder, Server, avis};

const TILL: &str = "avis_test_members_till";
const SELLER: &str = "avis_test_members_seller";

fn import(files: &Folder, run: impl Fn(&[&str])) {
    let program = |code: &str, provider: &str| {
        json!({"code": code, "version": 1, "owner": "cafe", "scope": {"providers": {"codes": [provider]}},
               "earn": {"per": 100, "rules": [{"code": "base", "money": 1}]}})
    };
    let catalogue = json!({
        "currency": "EUR", "providers": [{"code": "cafe-1", "tags": []}, {"code": "other-1", "tags": []}],
        "programs": [program("stamps", "cafe-1"), program("others", "other-1")],
        "campaigns": [{"code": "spring", "owner": "cafe"}, {"code": "rival", "owner": "rival"}],
        "coupons": [{"campaign": "spring", "code": "OWN-1", "holder": "h-1"}, {"campaign": "spring", "code": "OWN-2", "holder": "h-2"},
                    {"campaign": "spring", "code": "BEARER"}, {"campaign": "rival", "code": "RIVAL-1", "holder": "h-1"}],
    });
    let card = |value: &str, status: &str| json!({"scheme": "card", "value": value, "status": status});
    let people = [
        json!({"holder": "h-1", "identifiers": [card("1", "active"), card("1-lost", "blocked")]}),
        json!({"holder": "h-2", "identifiers": [card("2", "active")]}),
    ];
    let terminal = |code: &str, key: &str, scopes: &[&str]| json!({"terminal": code, "provider": "cafe-1", "key": key, "channels": ["till"], "schemes": ["card"], "scopes": scopes});
    let terminals =
        json!({"terminals": [terminal("till", TILL, &["sell", "enrol"]), terminal("seller", SELLER, &["sell"])]});
    let catalogue = files.write("catalogue.json", &catalogue);
    let people = files.write_lines("holders.ndjson", &people.into_iter().collect());
    let terminals = files.write("terminals.json", &terminals);
    run(&["--catalogue", &catalogue, "--holders", &people, "--terminals", &terminals]);
}

fn asked(cards: &[&str], program: &str, id: &str) -> Value {
    let shown = cards.iter().map(|card| json!({"scheme": "card", "value": card}));
    json!({"request_id": id, "program": program, "identifiers": shown.collect::<Value>()})
}

fn joining(cards: &[&str], id: &str) -> Value {
    let mut body = asked(cards, "stamps", id);
    body["consent"] = json!("terms-3");
    body
}

fn send(server: &Server, path: &str, body: &Value) -> (u16, Value) {
    let answer = server.send(TILL, path, body.to_string());
    (answer.status, answer.json())
}

/// The programmes in play for who shows a card, as of a revision.
fn in_play(server: &Server, card: &str, revision: &Value) -> Vec<Value> {
    sold(server, (card, &[]), revision)["loyalty"].as_array().cloned().unwrap_or_default()
}

/// What becomes of coupons that the holder of a card presents.
fn presented(server: &Server, card: &str, coupons: &[&str], revision: &Value) -> Vec<String> {
    let sold = sold(server, (card, coupons), revision);
    let states = sold["coupons"].as_array().unwrap().iter();
    states.map(|coupon| coupon["state"].as_str().unwrap().to_owned()).collect()
}

fn sold(server: &Server, (card, coupons): (&str, &[&str]), revision: &Value) -> Value {
    let body = json!({
        "request_id": new_id(), "occurred_at": Timestamp::now().to_string(), "currency": "EUR", "min_revision": revision,
        "identifiers": [{"scheme": "card", "value": card}], "coupons": coupons,
        "lines": [{"line_id": "1", "product": "coffee", "quantity": 1, "unit_price": 250}],
    });
    let sell = || server.send(TILL, "/v1/authorizations", body.to_string());
    // Without a signal an engine looks at the store each second.
    let answer = eventually("a sale as of the revision", sell, |answer| answer.status != 503);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// Whoever keeps people: what one engine writes, all of them know.
fn members_come_and_go(engines: [&Server; 2]) {
    let [first, second] = engines;
    let id = new_id();
    let (status, joined) = send(first, "/v1/members", &joining(&["1"], &id));
    assert_eq!((status, &joined["member"], &joined["program"]), (200, &json!(true), &json!("stamps")), "{joined}");
    let play = in_play(second, "1", &joined["revision"]);
    assert_eq!((&play[0]["program"], &play[0]["earned"]["points"]), (&json!("stamps"), &json!(2)));
    let again = send(second, "/v1/members", &joining(&["1"], &new_id())).1;
    let fields = |answer: &Value| answer.as_object().unwrap().keys().cloned().collect::<HashSet<_>>();
    assert_eq!(
        (&again["member"], fields(&again)),
        (&json!(true), fields(&joined)),
        "a till can't tell who was one before"
    );
    let coupons = ["OWN-1", "BEARER", "RIVAL-1"];
    assert_eq!(presented(first, "1", &coupons, &joined["revision"]), ["not_needed"; 3]);
    let (status, left) = send(second, "/v1/members/leave", &asked(&["1"], "stamps", &new_id()));
    assert_eq!((status, &left["member"]), (200, &json!(false)), "{left}");
    let gone = presented(first, "1", &coupons, &left["revision"]);
    assert_eq!(
        gone,
        ["unknown", "not_needed", "not_needed"],
        "the merchant's coupons of that person go, and no others"
    );
    assert_eq!(presented(first, "2", &["OWN-2"], &left["revision"]), ["not_needed"]);
    assert_eq!(in_play(first, "1", &left["revision"]), [] as [Value; 0]);
    let late = send(second, "/v1/members", &joining(&["1"], &id));
    assert_eq!(late, (200, joined), "a repeat that comes late is answered as then");
    assert_eq!(in_play(first, "1", &left["revision"]), [] as [Value; 0], "and changes nothing");
    let never = send(first, "/v1/members/leave", &asked(&["2"], "stamps", &new_id())).1;
    assert_eq!((&never["member"], fields(&never)), (&json!(false), fields(&left)));
}

#[test]
fn members_come_and_go_in_one_process() {
    let files = Folder::new("members-alone");
    let folder = format!("{}/avis", files.path());
    import(&files, |sources| {
        let ran = avis(&[&["import", "--folder", &folder], sources].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
    });
    let server = Server::serve_as_it_is(&folder);
    members_come_and_go([&server, &server]);
    ids_are_of_one_request(&server);
    refusals(&server);
    let audit = avis(&["audit", "--folder", &folder, "--json"]);
    assert!(audit.out.contains("member_joined") && audit.out.contains("member_left"), "{}{}", audit.out, audit.err);
    assert!(!audit.out.contains("h-1"), "the audit names nobody: {}", audit.out);
}

#[test]
fn members_come_and_go_at_two_engines_on_postgresql() {
    let deployment = Deployment::empty("members");
    assert_eq!(deployment.avis(&["migrate"]).code, 0);
    let folder = deployment.folder("first");
    import(&deployment.files, |sources| {
        let ran = deployment.avis(&[&["import", "--folder", &folder], sources].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
    });
    let (one, two) = (deployment.engine("one"), deployment.engine("two"));
    members_come_and_go([&one, &two]);
    ids_are_of_one_request(&one);
}

/// An id is one request's, whatever it asks for: of an enrolment it is no sale's, and of a sale it is no enrolment's.
fn ids_are_of_one_request(server: &Server) {
    let code = |(status, answer): (u16, Value)| (status, answer["code"].as_str().unwrap_or_default().to_owned());
    let reused = (409, "request_id_reused".to_owned());
    let sale = |id: &str| {
        let line = json!({"line_id": "1", "product": "coffee", "quantity": 1, "unit_price": 250});
        let body =
            json!({"request_id": id, "occurred_at": Timestamp::now().to_string(), "currency": "EUR", "lines": [line]});
        send(server, "/v1/authorizations", &body)
    };
    let [joined, sold, undone] = [new_id(), new_id(), new_id()];
    assert_eq!(send(server, "/v1/members", &joining(&["2"], &joined)).0, 200);
    assert_eq!(code(sale(&joined)), reused);
    assert_eq!(code(send(server, "/v1/members/leave", &asked(&["2"], "stamps", &joined))), reused);
    assert_eq!(sale(&sold).0, 200);
    assert_eq!(code(send(server, "/v1/members", &joining(&["2"], &sold))), reused);
    assert_eq!(code(send(server, "/v1/members/leave", &asked(&["2"], "stamps", &sold))), reused);
    assert!(in_play(server, "2", &json!(1)).len() == 1, "who was to leave under a sale's id is still a member");
    let reversal = |original: &str| {
        let body = json!({"request_id": new_id(), "original_request_id": original, "reason": "no answer"});
        send(server, "/v1/reversals", &body)
    };
    assert_eq!(code(reversal(&joined)), (409, "not_reversible".to_owned()), "a membership is ended by leaving");
    assert_eq!(reversal(&undone).0, 200);
    assert_eq!(code(send(server, "/v1/members", &joining(&["2"], &undone))), reused, "what was undone before it came");
    assert_eq!(server.read(TILL, &format!("/v1/requests/{joined}")).status, 404);
}

fn refusals(server: &Server) {
    let pointer = |path: &str, body: &Value| {
        let (status, answer) = send(server, path, body);
        assert_eq!((status, &answer["code"]), (422, &json!("invalid_request")), "{answer}");
        (answer["pointer"].as_str().unwrap().to_owned(), answer["detail"].as_str().unwrap().to_owned())
    };
    // Unknown, blocked, and two persons: one answer, which tells nothing.
    let refused =
        [&["9"][..], &["1-lost"], &["1", "2"]].map(|cards| pointer("/v1/members", &joining(cards, &new_id())));
    assert!(refused.iter().all(|one| *one == refused[0] && one.0 == "/identifiers"), "{refused:?}");
    let mut elsewhere = joining(&["1"], &new_id());
    let of = |program: &str, body: &mut Value| {
        body["program"] = json!(program);
        pointer("/v1/members", body)
    };
    let (others, none) = (of("others", &mut elsewhere), of("none", &mut elsewhere));
    assert!(
        others == none && others.0 == "/program",
        "another merchant's programme is as good as none: {others:?} {none:?}"
    );
    let id = new_id();
    assert_eq!(send(server, "/v1/members", &joining(&["2"], &id)).0, 200);
    let other = send(server, "/v1/members", &joining(&["1"], &id));
    assert_eq!((other.0, &other.1["code"]), (409, &json!("request_id_reused")));
    let mut foreign = joining(&["2"], &new_id());
    foreign["identifiers"][0]["scheme"] = json!("eid");
    assert_eq!(send(server, "/v1/members", &foreign).1["code"], "not_allowed");
    let seller = server.send(SELLER, "/v1/members", joining(&["2"], &new_id()).to_string());
    assert_eq!((seller.status, &seller.json()["code"]), (403, &json!("out_of_scope")));
    let guesses = (0..200).map(|guess| send(server, "/v1/members", &joining(&[&format!("guess-{guess}")], &new_id())));
    let stopped = guesses.into_iter().find(|(status, _)| *status == 429);
    assert_eq!(stopped.map(|(_, answer)| answer["code"].clone()), Some(json!("too_many_unknown")));
}
