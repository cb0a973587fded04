//! The rules of the house, as far as a machine can hold them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod code;
mod metrics;
mod pages;
mod settings;
mod waits;
mod yaml;

use std::path::{Path, PathBuf};

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
