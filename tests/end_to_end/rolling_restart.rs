//! Engines that are replaced one after the other while terminals sell.

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use avis_testing::{SetOnDrop, eventually, postgres};
use serde_json::json;

use crate::deployment::{DESK, Deployment, new_id, single};
use crate::program::{Server, agent};

/// Long enough for a till to ask whether a node is ready and to send a request meanwhile, as a balancer does.
const LEAVE: &[(&str, &str)] = &[("AVIS_HTTP__LEAVE_S", "2")];

/// Sends a sale to a node that says that it is ready, as a balancer would; whether any was.
fn sells(agent: &ureq::Agent, nodes: &RwLock<[String; 2]>, first: usize) -> bool {
    let nodes = nodes.read().unwrap().clone();
    let ready = (0..2).map(|place| &nodes[(first + place) % 2]).find(|node| {
        // A connection over which a node's last answer came is not used again.
        agent.get(format!("{node}/readyz")).call().is_ok_and(|answer| answer.status() == 200)
    });
    let Some(node) = ready else { return false };
    let request = agent.post(format!("{node}/v1/authorizations")).header("authorization", format!("Bearer {DESK}"));
    let answer = request.content_type("application/json").send(single(&new_id()).to_string());
    let answer = answer.unwrap_or_else(|error| panic!("a request was lost: {error}"));
    assert_eq!(answer.status(), 200);
    true
}

#[test]
fn a_rolling_restart_loses_no_request() {
    let deployment = Deployment::of_the_demo("rolling");
    let start = |name: &str| deployment.engine_in(&deployment.folder(name), name, &deployment.url, LEAVE);
    let (one, two) = (start("one"), start("two"));
    let nodes = RwLock::new([one.url(""), two.url("")]);
    let (is_over, sold) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let tills: Vec<_> = (0..6)
            .map(|till| {
                let (nodes, is_over, sold) = (&nodes, &is_over, &sold);
                scope.spawn(move || {
                    let agent = agent();
                    while !is_over.load(Ordering::SeqCst) {
                        assert!(sells(&agent, nodes, till % 2), "one of both is always ready");
                        sold.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        let until_more = |more: usize| {
            let before = sold.load(Ordering::SeqCst);
            let seen = || (sold.load(Ordering::SeqCst), tills.iter().any(|till| till.is_finished()));
            eventually("more sales", seen, |(sold, has_failed)| *sold >= before + more || *has_failed);
        };
        let restart = |server: Server, place: usize, name: &str| {
            until_more(50);
            let (status, said) = server.stop();
            assert!(status.success() && said.contains("stopped"), "{said}");
            let server = start(name);
            nodes.write().unwrap()[place] = server.url("");
            until_more(50);
            server
        };
        let over = SetOnDrop(&is_over);
        let one = restart(one, 0, "one");
        let two = restart(two, 1, "two");
        drop(over);
        for till in tills {
            till.join().unwrap();
        }
        drop((one, two));
    });
}

/// F33: the schema of a later version is there already, and nodes of this one go on until they are replaced.
#[test]
fn a_schema_that_a_later_version_added_to_leaves_running_nodes_selling_and_equal() {
    let deployment = Deployment::of_the_demo("later-schema");
    let (one, two) = (deployment.engine("one"), deployment.engine("two"));
    let before = single(&new_id()).to_string();
    let sold = one.send(DESK, "/v1/authorizations", &before);
    // What a migration may do: it adds, and takes nothing away.
    let later = "ALTER TABLE avis.followed ADD COLUMN weight bigint;
        ALTER TABLE avis.revision ADD COLUMN approved_by text NOT NULL DEFAULT '';
        ALTER TABLE avis.authorization ADD COLUMN note text NOT NULL DEFAULT '';
        ALTER TABLE avis.usage ADD COLUMN note text;
        CREATE TABLE avis.later (number bigint PRIMARY KEY);
        UPDATE avis.schema_version SET version = 1000";
    postgres().sql(&deployment.database, later).unwrap();
    let again = two.send(DESK, "/v1/authorizations", &before);
    assert_eq!((again.text.as_str(), again.header("idempotent-replayed")), (sold.text.as_str(), "true"));
    let id = sold.json()["authorization_id"].as_str().unwrap().to_owned();
    let refund = json!({"request_id": new_id(), "lines": [{"line_id": "1", "units": 1}]}).to_string();
    assert_eq!(two.send(DESK, &format!("/v1/authorizations/{id}/refunds"), refund).json()["state"], "refunded");
    assert_eq!(one.send(DESK, "/v1/authorizations", single(&new_id()).to_string()).status, 200);

    let folder = format!("{}/one", deployment.files.path());
    let holders = deployment.avis(&["export", "--folder", &folder, "holders"]).out;
    let anna = holders.lines().find(|line| line.contains("\"h-anna\"")).unwrap();
    let blocked = anna.replace("\"status\":\"active\"", "\"status\":\"blocked\"");
    let blocked = deployment.files.write("blocked.ndjson", &blocked);
    let imported = deployment.avis(&["import", "--folder", &folder, "--holders", &blocked]);
    assert!(imported.out.contains("1 changed"), "{}{}", imported.out, imported.err);
    for engine in [&one, &two] {
        let quote = || engine.quote(DESK, single(&new_id()).to_string()).json();
        eventually("the blocked card at every engine", quote, |quote| quote["outcome"] == "declined");
    }
    let told = || {
        let status = deployment.avis(&["status", "--folder", &folder]).out;
        let rows = status.lines().filter(|line| line.starts_with("one ") || line.starts_with("two "));
        rows.map(str::to_owned).collect::<Vec<_>>()
    };
    let rows = eventually("both engines at the newest revision", told, |rows| {
        rows.len() == 2 && rows.iter().all(|row| row.split_whitespace().nth(2) == Some("0"))
    });
    let rows = rows.join("\n");
    assert_eq!(rows.matches(" equal ").count(), 2, "{rows}");

    let (status, _) = two.stop();
    assert!(status.success());
    let refused = deployment.avis(&["serve", "--listen", "127.0.0.1:0", "--folder", &deployment.folder("two")]);
    assert!(refused.code == 2 && refused.err.contains("1000"), "this version starts no more: {}", refused.err);
}
