//! The health of a node that answers no terminal.

use std::process::Command;

use avis_testing::eventually;

use crate::program::{Folder, Server, avis, import_demo};

#[test]
fn an_admin_node_tells_its_health_as_an_engine_does() {
    let folder = format!("{}/avis", Folder::new("admin-health").path());
    import_demo(&folder);
    // It leaves for longer than this test takes, so that it can be looked at meanwhile.
    let settings = [("AVIS_ADMIN__LISTEN", "127.0.0.1:0"), ("AVIS_HTTP__LEAVE_S", "600")];
    let node = Server::run_in(&settings, &["serve", "--folder", &folder, "--role", "admin"], "this machine.\n");
    let (alive, ready) = (node.get("/healthz"), node.get("/readyz"));
    assert_eq!((alive.status, alive.text.as_str()), (200, "ok\n"));
    assert_eq!((ready.status, ready.text.as_str()), (200, "ready for the commands of this machine\n"));
    let answered = |count: u32| format!("\navis_operator_requests_total{{result=\"answered\"}} {count}\n");
    assert!(node.get("/metrics").text.contains(&answered(0)), "{}", node.get("/metrics").text);
    assert_eq!(avis(&["status", "--folder", &folder]).code, 0);
    let metrics = node.get("/metrics");
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(
        metrics.text.contains(&answered(1)) && metrics.text.contains("avis_redis_said_total 0"),
        "{}",
        metrics.text
    );
    // What an alert of engines would take for one without rules is not there.
    assert!(!metrics.text.contains("avis_benefit_versions"));
    let terminal = node.read("avis_demo_atd_desk", "/v1/terminal");
    assert_eq!((terminal.status, &terminal.json()["code"]), (404, &"no_such_path".into()));
    assert!(!terminal.text.contains("`GET /v1/"), "what tills call is not there: {}", terminal.text);
    let told = terminal.json()["detail"].as_str().unwrap().to_owned();
    let paths: Vec<&str> = told.split('`').filter_map(|part| part.strip_prefix("GET ")).collect();
    assert!(["/readyz", "/", "/admin/v1/docs"].iter().all(|path| paths.contains(path)), "{told}");
    for path in paths {
        assert_ne!(node.get(path).status, 404, "{path}");
    }
    let asked = Command::new("kill").args(["-TERM", &node.process_id().to_string()]).status().unwrap();
    assert!(asked.success());
    let text = || node.get("/readyz").text;
    eventually("it says that it leaves", text, |text| text == "not ready: this node is about to stop\n");
    assert_eq!((node.get("/readyz").status, node.get("/healthz").status), (503, 200));
    node.kill();
}
