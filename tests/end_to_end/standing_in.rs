//! Engines that go on, and start, while the database is away.

use std::path::Path;

use avis_testing::{eventually, postgres};
use serde_json::{Value, json};

use crate::deployment::{BUS, DESK, Deployment, new_id, single, trip};
use crate::program::{Answer, Server, avis_in};

/// The value of a metric.
fn metric(server: &Server, name: &str) -> f64 {
    let text = server.get("/metrics").text;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
    line.unwrap_or_else(|| panic!("{name} in {text}")).parse().unwrap()
}

/// Sells until it is sold: the first who find the database away are told to ask again.
fn sold(server: &Server, request: &Value) -> Answer {
    let sent = || server.send(DESK, "/v1/authorizations", request.to_string());
    eventually("a sale", sent, |answer| {
        let put_off = (answer.status, answer.header("retry-after")) == (503, "1");
        assert!(put_off || answer.status == 200, "{}", answer.text);
        !put_off
    })
}

pub(crate) fn until_handed_in(server: &Server) {
    let standing = || (metric(server, "avis_stand_in_journal"), metric(server, "avis_stand_in_away_seconds"));
    eventually("an empty journal and a ledger that is there", standing, |standing| *standing == (0.0, 0.0));
}

fn records(deployment: &Deployment) -> String {
    postgres().sql(&deployment.database, "SELECT count(*) FROM avis.authorization").unwrap()
}

/// Until a sale that was never sent before is answered.
pub(crate) fn until_new_sales_go_on(engine: &Server) {
    let sale = || engine.send(DESK, "/v1/authorizations", single(&new_id()).to_string()).status;
    eventually("a new sale without the database", sale, |status| *status == 200);
}

/// Until the engine has written a local snapshot.
pub(crate) fn until_copied(server: &Server) {
    // It is there before it is counted.
    eventually("a local snapshot", || metric(server, "avis_local_snapshot_age_seconds"), |age| *age > 0.0);
}

/// F36.
#[test]
fn what_is_sold_without_the_database_is_handed_in_once_and_every_engine_repeats_it() {
    let deployment = Deployment::of_the_demo("standing-in");
    let (proxy, url) = deployment.way();
    let (engine, other) = (deployment.engine_behind("one", &url), deployment.engine("two"));
    let before = sold(&engine, &single(&new_id()));
    assert_eq!(before.json()["stale"], false);
    let free_trip = || engine.send(BUS, "/v1/authorizations", trip(&new_id())).json()["payable"] == 0;
    assert!(free_trip() && free_trip());
    proxy.part();
    let requests: Vec<Value> = (0..20).map(|_| single(&new_id())).collect();
    // One that was on its way when the database went stays with it: only the database knows what became of it.
    until_new_sales_go_on(&engine);
    let answers: Vec<Answer> = requests.iter().map(|request| sold(&engine, request)).collect();
    for answer in &answers {
        let json = answer.json();
        assert_eq!((&json["stale"], &json["outcome"]), (&json!(true), &json!("approved")), "{}", answer.text);
        assert_eq!(json["payable"], before.json()["payable"], "a right without limits is as ever");
    }
    // Its policy allows as many as a month has; two of them are known to be used, for they were sold here. A quote says the same.
    let quoted = || engine.quote(BUS, trip(&new_id())).json();
    let given = (0..25).filter(|_| {
        let quoted = quoted();
        let is_free = free_trip();
        assert_eq!((quoted["payable"] == 0, &quoted["stale"]), (is_free, &json!(true)), "{quoted}");
        is_free
    });
    assert_eq!(given.count(), 18);
    assert!(quoted()["reasons"].as_array().unwrap().contains(&json!("limit_reached")));
    assert!(engine.get("/readyz").text.contains("away"));
    assert!(metric(&engine, "avis_stand_in_journal") >= 46.0);
    proxy.mend();
    until_handed_in(&engine);
    for (request, answer) in requests.iter().zip(&answers) {
        for server in [&engine, &other] {
            let again = server.send(DESK, "/v1/authorizations", request.to_string());
            assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (answer.text.as_str(), "true"));
        }
        let refund = json!({"request_id": new_id(), "lines": [{"line_id": "1", "units": 1}]}).to_string();
        let id = answer.json()["authorization_id"].as_str().unwrap().to_owned();
        let refunded = other.send(DESK, &format!("/v1/authorizations/{id}/refunds"), refund);
        assert_eq!(refunded.json()["state"], "refunded", "{}", refunded.text);
    }
    assert_eq!(sold(&engine, &single(&new_id())).json()["stale"], false);
    assert!(!free_trip(), "the month is used up");
    let over = "SELECT count(*), sum(grantor), sum(provider) FROM avis.over_grant";
    assert_eq!(postgres().sql(&deployment.database, over).unwrap(), "0||", "nothing was given beyond the month");
    assert_eq!(
        (metric(&engine, "avis_stand_in_differing_total"), metric(&engine, "avis_stand_in_set_aside_total")),
        (0.0, 0.0)
    );
}

/// F14, F36, I8: a node that is killed in an outage, and started again before the outage ends.
#[test]
fn a_node_starts_from_its_snapshot_and_what_it_sold_before_is_not_lost() {
    let deployment = Deployment::of_the_demo("starts-without");
    let (proxy, url) = deployment.way();
    let folder = deployment.folder("one");
    let engine = deployment.engine_in(&folder, "one", &url, &[]);
    until_copied(&engine);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(format!("{folder}/store.snapshot")).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    proxy.part();
    until_new_sales_go_on(&engine);
    let (request, id) = (single(&new_id()), new_id());
    let answer = sold(&engine, &request);
    engine.kill();
    // Meanwhile the store goes on without it.
    let key = deployment.avis(&[
        "key",
        "--folder",
        &deployment.folder("office"),
        "create",
        "new",
        "--provider",
        "atd",
        "--channels",
        "desk",
        "--schemes",
        "etalons",
    ]);
    let key = key.out.lines().next().unwrap().to_owned();
    let engine = deployment.engine_in(&folder, "one", &url, &[]);
    let quote = engine.quote(DESK, single(&id).to_string()).json();
    assert_eq!((&quote["stale"], &quote["payable"]), (&json!(true), &answer.json()["payable"]));
    assert_eq!(engine.quote(&key, single(&id).to_string()).status, 401, "it can't know that key yet");
    let again = engine.send(DESK, "/v1/authorizations", request.to_string());
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (answer.text.as_str(), "true"));
    assert_eq!(sold(&engine, &single(&new_id())).json()["stale"], true);
    let before = records(&deployment);
    proxy.mend();
    until_handed_in(&engine);
    assert_eq!(before, "0", "all of it was sold without the database");
    assert_eq!(records(&deployment), "3");
    eventually("the new key", || engine.quote(&key, single(&new_id()).to_string()).status, |status| *status == 200);
    let quote = || engine.quote(DESK, single(&new_id()).to_string()).json();
    eventually("a quote that is not stale", quote, |quote| quote["stale"] == false);
    let again = engine.send(DESK, "/v1/authorizations", request.to_string());
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (answer.text.as_str(), "true"));
    assert_eq!(metric(&engine, "avis_follower_reloads_total"), 1.0, "from the snapshot it went on by changes");
}

/// F14: a snapshot that can't be believed starts nothing.
#[test]
fn a_snapshot_that_is_damaged_or_too_old_or_not_there_is_refused_by_name() {
    let deployment = Deployment::of_the_demo("bad-snapshot");
    let (proxy, url) = deployment.way();
    let folder = deployment.folder("one");
    let engine = deployment.engine_in(&folder, "one", &url, &[]);
    until_copied(&engine);
    assert!(engine.stop().0.success());
    proxy.part();
    let start = |settings: &[(&str, &str)]| {
        let environment = [&[("AVIS_CLUSTER__DATABASE", &*url)], settings].concat();
        let ran = avis_in(&environment, &["serve", "--listen", "127.0.0.1:0", "--folder", &folder]);
        assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
        ran.err
    };
    let too_old = start(&[("AVIS_STAND_IN__STALE_MAX_S", "0")]);
    assert!(too_old.contains("further from now than is allowed"), "{too_old}");
    let path = Path::new(&folder).join("store.snapshot");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let damaged = start(&[]);
    assert!(damaged.contains("it is no whole local snapshot"), "{damaged}");
    std::fs::remove_file(&path).unwrap();
    let missing = start(&[]);
    assert!(missing.contains("there is no local snapshot") && missing.contains("database"), "{missing}");
    proxy.mend();
    std::fs::write(&path, &bytes).unwrap();
    let engine = deployment.engine_in(&folder, "one", &url, &[]);
    assert_eq!(engine.quote(DESK, single(&new_id()).to_string()).status, 200, "the store has everything");
}
