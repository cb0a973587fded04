//! The rules of the house, as far as a machine can hold them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

use std::path::{Path, PathBuf};

const LINES_MAX: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn table(path: &str) -> toml::Table {
    read(path).parse().unwrap()
}

/// Every file of the project, but for what is built, made elsewhere or fuzzed.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            let skipped = [".git", "target", "corpus", "artifacts", "data"];
            if !skipped.iter().any(|skipped| name == *skipped) {
                files(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

fn texts(extensions: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(root(), &mut found);
    let wanted =
        |path: &PathBuf| path.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one));
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    found.into_iter().filter(wanted).map(named).collect()
}

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

#[test]
fn every_setting_is_explained_where_it_stands() {
    let text = read("config/default.toml");
    let mut explained = false;
    for line in text.lines() {
        match line.chars().next() {
            Some('#') => explained = true,
            Some('[') | None => explained = false,
            Some(_) => {
                assert!(explained, "`{line}` has no comment of its own");
                explained = false;
            }
        }
    }
}

#[test]
fn every_metric_is_documented() {
    let page = read("docs/terminals.md");
    let source = read("engine/server/src/metrics.rs");
    let names = source.split('"').filter(|text| text.starts_with("avis_"));
    let missing: Vec<&str> = names.filter(|name| !page.contains(name)).collect();
    assert!(missing.is_empty(), "not in docs/terminals.md: {missing:?}");
}

#[test]
fn every_problem_is_documented() {
    let page = read("docs/terminals.md");
    let source = read("engine/server/src/http/problem.rs");
    let codes: Vec<&str> = source.split("StatusCode::").filter_map(|text| text.split('"').nth(1)).collect();
    for code in ["invalid_request", "unauthorized", "stale_data", "no_such_path"] {
        assert!(codes.contains(&code), "{code} is read from the source: {codes:?}");
    }
    let words = codes.iter().filter(|code| code.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'));
    let missing: Vec<_> = words.filter(|code| !page.contains(*code)).collect();
    assert!(missing.is_empty(), "not in docs/terminals.md: {missing:?}");
}

#[test]
fn the_map_names_every_room() {
    let map = read("ARCHITECTURE.md");
    let mut found = Vec::new();
    files(root(), &mut found);
    for path in found.iter().filter(|path| path.file_name().is_some_and(|name| name == "mod.rs")) {
        let room = path.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
        let tests = path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "benches");
        assert!(tests || map.contains(&format!("{room}/")), "{} is not in ARCHITECTURE.md", path.display());
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    for (path, text) in texts(&["md"]) {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") {
                let folder = Path::new(&path).parent().unwrap();
                assert!(root().join(folder).join(file).exists(), "{path}: {target}");
            }
        }
    }
}

#[test]
fn the_pipeline_runs_the_test_command_of_the_readme() {
    let command = "cargo test --workspace --all-targets";
    assert!(read("README.md").contains(&format!("```sh\n{command}\n```")));
    assert!(read(".ci/run").lines().any(|line| line == command));
}

#[test]
fn no_machine_is_named() {
    let homes = ["home", "root", "work", "Users"].map(|name| format!("/{name}/"));
    for (path, text) in texts(&["rs", "md", "toml", "json", "py", "sh"]) {
        let named = homes.iter().find(|home| text.contains(*home));
        assert_eq!(named, None, "{path}");
    }
}
