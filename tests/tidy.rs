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
    for path in ["config/default.toml", "config/cluster.toml"] {
        let mut explained = false;
        for line in read(path).lines() {
            match line.chars().next() {
                Some('#') => explained = true,
                Some('[') | None => explained = false,
                Some(_) => {
                    assert!(explained, "{path}: `{line}` has no comment of its own");
                    explained = false;
                }
            }
        }
    }
}

#[test]
fn a_cluster_sets_what_can_be_set() {
    fn check(path: &str, over: &toml::Table, under: &toml::Table) {
        for (name, value) in over {
            let path = format!("{path}.{name}");
            let default = under.get(name).unwrap_or_else(|| panic!("config/default.toml has no {path}"));
            assert_eq!(value.type_str(), default.type_str(), "{path}");
            if let (Some(over), Some(under)) = (value.as_table(), default.as_table()) {
                check(&path, over, under);
            }
        }
    }
    check("", &table("config/cluster.toml"), &table("config/default.toml"));
}

#[test]
fn a_service_manager_waits_longer_than_a_stop_takes() {
    // Answering on in a cluster, the drain of open requests, then ten seconds of the ledger's.
    let seconds = |path, name| table(path)["http"][name].as_integer().unwrap();
    let takes = seconds("config/cluster.toml", "leave_s") + seconds("config/cluster.toml", "drain_s") + 10;
    for path in ["config/avis.service", "config/avis-engine.service"] {
        let text = read(path);
        let waits = text.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap();
        assert!(waits.parse::<i64>().unwrap() > takes, "{path}");
    }
    let compose = read("config/compose.yaml");
    let waits = compose.lines().find_map(|line| line.strip_prefix("  stop_grace_period: ")).unwrap();
    assert!(waits.trim_end_matches('s').parse::<i64>().unwrap() > takes);
}

#[test]
fn every_metric_is_documented() {
    let source = ["mod.rs", "cluster.rs"].map(|file| read(&format!("engine/server/src/metrics/{file}"))).concat();
    for path in ["docs/terminals.md", "docs/operate.md"] {
        let page = read(path);
        let names = source.split('"').filter(|text| text.starts_with("avis_"));
        let missing: Vec<&str> = names.filter(|name| !page.contains(name)).collect();
        assert!(missing.is_empty(), "not in {path}: {missing:?}");
    }
}

/// Words that name a metric. Keys of terminals begin alike, but have digits or are the demo's.
fn metrics_named(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| {
        word.strip_prefix("avis_").is_some_and(|rest| {
            let is_name = rest.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
            is_name && !rest.is_empty() && !rest.starts_with("demo_")
        })
    })
}

#[test]
fn every_metric_that_is_watched_exists() {
    let source = ["mod.rs", "cluster.rs"].map(|file| read(&format!("engine/server/src/metrics/{file}"))).concat();
    let exists = |name: &str| source.contains(&format!("\"{name}\""));
    let is_histogram = |name: &str| source.contains(&format!("register_histogram(&Key::from_static_name(\"{name}\")"));
    let of_histogram = |name: &str| {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
        base.is_some_and(is_histogram)
    };
    let mut watching: Vec<(String, String)> =
        texts(&["md"]).into_iter().filter(|(path, _)| path.starts_with("docs/")).collect();
    let all: usize = watching.iter().map(|(_, text)| metrics_named(text).count()).sum();
    assert!(all > 0, "pages name metrics");
    for path in ["config/alerts.yml", "config/dashboard.json"] {
        assert!(metrics_named(&read(path)).count() > 0, "{path} names metrics");
        watching.push((path.to_owned(), read(path)));
    }
    for (path, text) in &watching {
        let unknown: Vec<&str> = metrics_named(text).filter(|name| !exists(name) && !of_histogram(name)).collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}

#[test]
fn every_alert_says_what_to_do() {
    let (alerts, page) = (read("config/alerts.yml"), read("docs/operate.md"));
    let values = |field: &str| -> Vec<String> {
        let lines = alerts.lines().filter_map(|line| line.trim_start().strip_prefix(field));
        lines.map(|value| value.trim().trim_matches('"').to_owned()).collect()
    };
    let (names, told) = (values("- alert:"), values("runbook:"));
    assert!(!names.is_empty() && names.len() == told.len());
    for (name, told) in names.iter().zip(&told) {
        assert!(page.contains(&format!("\n### {name}\n")), "{name} is not in docs/operate.md");
        assert!(told.ends_with(&format!(" docs/operate.md#{}", name.to_lowercase())), "{name}: {told}");
    }
}

/// What is wrong with a YAML file of our style: two blanks a step, and quotes and brackets that end on their line.
fn crooked(text: &str) -> Option<String> {
    let mut deepest = 0;
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        let content = line.trim_start_matches(' ');
        let depth = line.len() - content.len();
        let (mut quote, mut open, mut escaped) = (None, 0, false);
        for letter in content.chars() {
            match (quote, letter) {
                (Some('"'), _) if escaped => escaped = false,
                (Some('"'), '\\') => escaped = true,
                (Some(begun), _) if begun == letter => quote = None,
                (None, '"' | '\'') => quote = Some(letter),
                (None, '[' | '{') => open += 1,
                (None, ']' | '}') => open -= 1,
                _ => {}
            }
        }
        let has_name = content.contains(": ") || content.ends_with(':');
        let is_entry = has_name || content.starts_with("- ");
        if depth % 2 != 0 || depth > deepest || content.contains('\t') || quote.is_some() || open != 0 || !is_entry {
            return Some(line.to_owned());
        }
        let named = content.split(" &").next().unwrap_or(content);
        deepest = if named.ends_with(':') || content.starts_with("- ") { depth + 2 } else { depth };
    }
    None
}

#[test]
fn files_for_who_runs_it_can_be_read() {
    for (path, text) in texts(&["yml", "yaml"]) {
        assert_eq!(crooked(&text), None, "{path}");
    }
    for bad in ["a:\n   b: 1", "a: 1\n  b: 2", "a: \"b", "a: [1", "a:\n\tb: 1", "a: 1\nb"] {
        assert!(crooked(bad).is_some(), "{bad}");
    }
    let dashboard: serde_json::Value = serde_json::from_str(&read("config/dashboard.json")).unwrap();
    assert!(!dashboard["panels"].as_array().unwrap().is_empty());
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
