//! `GET /v1/terminal`: the first call of a till.

use jiff::Timestamp;
use serde_json::json;

use crate::program::{Folder, Server, avis};

#[test]
fn a_key_learns_who_it_is_and_what_is_taken_from_it() {
    let folder = format!("{}/avis", Folder::new("terminal").path());
    let server = Server::serve(&folder);
    let before = Timestamp::now();
    let answer = server.read("avis_demo_atd_desk", "/v1/terminal");
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{}", answer.text);
    let told = answer.json();
    assert_eq!((&told["terminal"], &told["provider"]), (&json!("atd-desk"), &json!("atd")));
    assert_eq!((&told["channels"], &told["scopes"]), (&json!(["desk"]), &json!(["sell"])));
    assert!(told["schemes"].as_array().unwrap().contains(&json!("etalons")));
    assert_eq!(told["key"], json!({"prefix": "avis_d", "until": null}), "never the whole key");
    assert_eq!((&told["currency"], &told["time_zone"]), (&json!("EUR"), &json!("Europe/Riga")));
    assert_eq!(told["sales"], json!({"past_s": 86400, "future_s": 300, "hold_s": 1800}));
    let time: Timestamp = told["time"].as_str().unwrap().parse().unwrap();
    assert!(before.duration_until(time).abs() < jiff::SignedDuration::from_mins(1));
    let revision = told["revision"]["applied"].as_u64().unwrap();
    assert_eq!(told["revision"], json!({"applied": revision, "oldest": revision, "newest": revision}));
    assert_eq!((revision > 0, &told["stale"]), (true, &json!(false)));
}

#[test]
fn any_scope_will_do_and_a_key_that_ends_says_when() {
    let folder = format!("{}/avis", Folder::new("terminal-keys").path());
    let server = Server::serve(&folder);
    let told = server.read("avis_demo_atd_service_desk", "/v1/terminal").json();
    assert!(told["scopes"].as_array().unwrap().contains(&json!("explain")), "{told}");
    let rotated = avis(&["key", "--folder", &folder, "rotate", "atd-desk", "--overlap-s", "3600"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    let until = || server.read("avis_demo_atd_desk", "/v1/terminal").json()["key"]["until"].clone();
    let until = avis_testing::eventually("the end of the old key", until, |until| !until.is_null());
    assert!(until.as_str().unwrap().parse::<Timestamp>().unwrap() > Timestamp::now(), "{until}");
    for key in ["avis_nobody_0123456789", ""] {
        let answer = server.read(key, "/v1/terminal");
        assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("unauthorized")));
    }
    let wrong = server.send("avis_demo_atd_desk", "/v1/terminal", "{}");
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET"));
}
