//! Engines that are restarted one after the other while terminals sell.

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::deployment::{DESK, Deployment, new_id, single};
use crate::program::Server;

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
                    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
                    while !is_over.load(Ordering::SeqCst) {
                        assert!(sells(&agent, nodes, till % 2), "one of both is always ready");
                        sold.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        let until_more = |more: usize| {
            let before = sold.load(Ordering::SeqCst);
            while sold.load(Ordering::SeqCst) < before + more && !tills.iter().any(|till| till.is_finished()) {
                std::thread::yield_now();
            }
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
        let one = restart(one, 0, "one");
        let two = restart(two, 1, "two");
        is_over.store(true, Ordering::SeqCst);
        for till in tills {
            till.join().unwrap();
        }
        drop((one, two));
    });
}
