//! Settings: what cannot be is refused where it stands, and `avis config` tells what holds.

use serde_json::{Value, json};

use crate::program::{Folder, Server, avis, avis_in, import_demo};

#[test]
fn a_setting_that_cannot_be_is_refused_before_anything_is_done() {
    let files = Folder::new("settings-refused");
    let path = files.write("avis.toml", "# ours\n[http]\nworkers = 513\n\n[selling]\nhold_s = 4294967295\n");
    let folder = format!("{}/avis", files.path());
    let ran = avis(&["--config", &path, "serve", "--create", "--folder", &folder]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
    assert!(
        ran.err.contains(&format!("{path}:3: `http.workers`: expected a whole number from 0 to 512\n")),
        "{}",
        ran.err
    );
    assert!(ran.err.contains(&format!("{path}:6: `selling.hold_s`: expected a whole number from 1 to 604800\n")));
    assert!(!std::path::Path::new(&folder).exists());
}

#[test]
fn config_prints_what_holds_and_where_it_comes_from_and_no_password() {
    let files = Folder::new("settings-config");
    let path = files.write("avis.toml", "[http]\nworkers = 3\ndrain_s = 4\n");
    let variables = [("AVIS_HTTP__DRAIN_S", "5"), ("AVIS_CLUSTER__DATABASE", "postgres://avis:hidden@db.example/avis")];
    let ran = avis_in(&variables, &["--config", &path, "config"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let line = |name: &str| {
        let line = ran.out.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_once(" # ").map(|(value, from)| (value.trim_end().to_owned(), from.to_owned())).unwrap()
    };
    assert_eq!(line("workers"), ("workers = 3".into(), format!("{path}:2")));
    assert_eq!(line("drain_s"), ("drain_s = 5".into(), "variable `AVIS_HTTP__DRAIN_S`".into()));
    assert_eq!(line("time_zone"), ("time_zone = \"Europe/Riga\"".into(), "default".into()));
    assert!(ran.out.contains("postgres://avis:***@db.example/avis") && !ran.out.contains("hidden"), "{}", ran.out);
    // It is a file of settings that says the same.
    let again = avis(&["--config", &files.write("all.toml", &ran.out), "config"]);
    assert_eq!(again.code, 0, "{}", again.err);
    let values = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(" # ").next().unwrap().trim_end().to_owned()).collect()
    };
    assert_eq!(values(&again.out), values(&ran.out));
    let ran = avis_in(&variables, &["--config", &path, "config", "--json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    let settings = json["settings"].as_array().unwrap();
    let of = |name: &str| settings.iter().find(|setting| setting["name"] == name).unwrap();
    let workers =
        json!({"name": "http.workers", "value": 3, "from": "file", "file": path, "line": 2, "variable": null});
    assert_eq!(*of("http.workers"), workers);
    assert!(!ran.out.contains("hidden"));
}

#[test]
fn an_address_may_be_a_name() {
    let files = Folder::new("settings-address");
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let server = Server::run(&["serve", "--listen", "localhost:0", "--folder", &folder], " terminals.\n");
    assert_eq!(server.get("/healthz").status, 200);
}
