//! Metrics, and what watches them.

use super::{read, texts};

fn source() -> String {
    let of_metrics = texts(&["rs"]).into_iter().filter(|(path, _)| path.starts_with("engine/server/src/metrics/"));
    of_metrics.map(|(_, text)| text).collect()
}

#[test]
fn every_metric_is_documented() {
    let source = source();
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
    let source = source();
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
