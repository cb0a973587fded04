//! The control plane of the program: the first operator's link, and the port of each role.

use avis_testing::eventually;
use serde_json::{Value, json};

use crate::deployment::Deployment;
use crate::program::{Folder, Server, agent, avis, import_demo};

/// An answer's status and body.
fn answered(response: ureq::http::Response<ureq::Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.into_body().read_to_string().unwrap();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

/// Takes up a link, as whoever has it does; the status.
fn accept(server: &str, link: &str, email: &str) -> u16 {
    let body = json!({"link": link, "email": email, "name": "Kāds", "password": "tilts pāri lielajai upei"});
    posted(&format!("{server}/admin/v1/invitations/accept"), &body).status().as_u16()
}

fn posted(url: &str, body: &Value) -> ureq::http::Response<ureq::Body> {
    agent().post(url).content_type("application/json").send(body.to_string()).unwrap()
}

#[test]
fn the_first_operator_comes_in_by_a_link_for_the_owner_of_the_folder_alone() {
    let files = Folder::new("control-first");
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let server = Server::serve(&folder);
    let path = format!("{folder}/first-operator.link");
    let link = std::fs::read_to_string(&path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let (address, _) = link.trim().split_once("/join#").unwrap();
    assert_eq!(address, server.url(""));
    assert_eq!(accept(address, link.trim(), "olga@avis.lv"), 201);
    assert_eq!(accept(address, link.trim(), "oto@avis.lv"), 422, "it was used");

    let invited = avis(&["user", "--folder", &folder, "invite"]);
    assert_eq!(invited.code, 0, "{}", invited.err);
    let second = invited.out.lines().next().unwrap();
    assert_eq!(accept(address, second, "oto@avis.lv"), 201);
    let body = json!({"email": "olga@avis.lv", "password": "tilts pāri lielajai upei"});
    let signed_in = posted(&format!("{address}/admin/v1/sessions"), &body);
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let users = agent().get(format!("{address}/admin/v1/users")).header("cookie", &cookie).call().unwrap();
    let (status, users) = answered(users);
    let states: Vec<_> =
        users["items"].as_array().unwrap().iter().map(|user| user["roles"][0]["state"].as_str().unwrap()).collect();
    assert_eq!((status, states), (200, vec!["counts", "asked"]), "a second operator waits for the first");
    let benefits = agent().get(format!("{address}/admin/v1/benefits?limit=1")).header("cookie", &cookie).call();
    assert_eq!(answered(benefits.unwrap()).1["items"].as_array().unwrap().len(), 1);
    let reset = avis(&["user", "--folder", &folder, "reset", "oto@avis.lv"]);
    assert_eq!(accept(address, reset.out.lines().next().unwrap(), "oto@avis.lv"), 201, "{}", reset.err);
    let enabled = avis(&["user", "--folder", &folder, "enable", "OTO@avis.lv"]);
    assert_eq!((enabled.code, enabled.out.trim()), (0, "The user may sign in again."), "{}", enabled.err);
    let nobody = avis(&["user", "--folder", &folder, "enable", "nobody@avis.lv"]);
    assert!(nobody.code == 2 && nobody.err.contains("no user has this address"), "{nobody:?}");
    drop(server);
    let server = Server::serve(&folder);
    assert!(!std::path::Path::new(&path).exists(), "there is a user now");
    let me = agent().get(server.url("/admin/v1/me")).header("cookie", &cookie).call().unwrap();
    assert_eq!(answered(me).0, 200, "a session outlives a restart");
}

/// The only operator has nobody else to ask.
#[test]
fn in_a_cluster_the_owner_of_a_machine_lets_the_only_operator_in_again() {
    let deployment = Deployment::of_the_demo("control-recovery");
    let folder = deployment.folder("office");
    let invited = deployment.avis(&["user", "--folder", &folder, "invite"]);
    let settings = [("AVIS_CLUSTER__DATABASE", &*deployment.url), ("AVIS_ADMIN__LISTEN", "127.0.0.1:0")];
    let node = Server::run_in(&settings, &["serve", "--folder", &folder, "--role", "admin"], "this machine.\n");
    let address = node.url("");
    assert_eq!(accept(&address, invited.out.lines().next().unwrap(), "olga@avis.lv"), 201, "{}", invited.err);
    let sign_in = |password: &str| {
        let body = json!({"email": "olga@avis.lv", "password": password});
        posted(&format!("{address}/admin/v1/sessions"), &body).status().as_u16()
    };
    let guess = || sign_in("not the password at all");
    eventually("an account that must wait", guess, |status| *status == 429);
    let reset = deployment.avis(&["user", "--folder", &folder, "reset", "olga@avis.lv"]);
    assert_eq!(accept(&address, reset.out.lines().next().unwrap(), "olga@avis.lv"), 201, "{}", reset.err);
    assert_eq!(sign_in("tilts pāri lielajai upei"), 201, "failures are forgotten");
    let another = deployment.folder("another");
    let enabled = deployment.avis(&["user", "--folder", &another, "enable", "olga@avis.lv"]);
    assert_eq!(enabled.code, 0, "from any machine of the deployment: {}", enabled.err);
}

#[test]
fn an_unknown_role_or_party_is_refused_by_name() {
    let files = Folder::new("control-invite");
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    for (arguments, named) in [
        (&["--role", "king"][..], "expected op, ad"),
        (&["--party", "nobody", "--role", "ad"], "no active party `nobody`"),
        (&["--role", "ed"], "capacity `grantor`"),
    ] {
        let ran = avis(&[&["user", "--folder", &folder, "invite"], arguments].concat());
        assert!(ran.code == 2 && ran.err.contains(named), "{ran:?}");
    }
}

#[test]
fn an_admin_node_has_the_control_plane_and_an_engine_has_none() {
    let files = Folder::new("control-roles");
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let settings = [("AVIS_ADMIN__LISTEN", "127.0.0.1:0")];
    let node = Server::run_in(&settings, &["serve", "--folder", &folder, "--role", "admin"], "this machine.\n");
    let description = node.get("/admin/v1/openapi.json");
    assert_eq!((description.status, &description.json()["openapi"]), (200, &"3.1.0".into()));
    assert_eq!(node.get("/admin/v1/me").status, 401);
    assert_eq!(node.read("avis_demo_atd_desk", "/admin/v1/me").status, 401, "a terminal's key is none of a user");
    drop(node);
    let arguments = ["serve", "--folder", &folder, "--listen", "127.0.0.1:0", "--role", "engine"];
    let engine = Server::run(&arguments, " terminals.\n");
    let none = engine.get("/admin/v1/me");
    assert_eq!((none.status, &none.json()["code"]), (404, &"no_such_path".into()));
}
