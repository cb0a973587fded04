//! What the code holds to.

use super::{table, texts};

const LINES_MAX: usize = 500;

#[test]
fn the_core_depends_on_nothing_that_reaches_out() {
    let manifest = table("engine/core/Cargo.toml");
    let names: Vec<&String> = manifest["dependencies"].as_table().unwrap().keys().collect();
    assert_eq!(names, ["blake3", "foldhash", "jiff", "serde", "serde_json", "thiserror", "uuid"]);
}

#[test]
fn every_crate_of_the_workspace_takes_its_lints() {
    let root = table("Cargo.toml");
    let members = root["workspace"]["members"].as_array().unwrap().iter();
    let manifests = members.map(|member| format!("{}/Cargo.toml", member.as_str().unwrap()));
    for manifest in manifests.chain(["Cargo.toml".to_owned()]) {
        assert_eq!(table(&manifest)["lints"]["workspace"].as_bool(), Some(true), "{manifest}");
    }
}

#[test]
fn nothing_is_left_behind_in_the_code() {
    // Written in two parts, so that this file does not name them itself.
    let leftovers = ["todo!", "unimplemented!", "dbg!"].map(|name| format!("{name}{}", '('));
    let ignored = format!("#[{}", "ignore");
    for (path, text) in texts(&["rs"]) {
        for left in leftovers.iter().chain([&ignored]) {
            assert!(!text.contains(left), "{path}: {left}");
        }
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{path} has {lines} lines: would two files with two names be easier to live in?");
    }
}
