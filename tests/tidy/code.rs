//! What the code holds to.

use super::{table, texts};

const LINES_MAX: usize = 500;

#[test]
fn the_core_depends_on_nothing_that_reaches_out() {
    let manifest = table("engine/core/Cargo.toml");
    let names: Vec<&String> = manifest["dependencies"].as_table().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "blake3",
            "foldhash",
            "jiff",
            "serde",
            "serde_json",
            "sha2",
            "smallvec",
            "thiserror",
            "unicode-normalization",
            "utoipa",
            "uuid"
        ]
    );
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

/// A library does not write to the output of the program that uses it: what happens is an event with a level and a target.
#[test]
fn libraries_log_and_print_nothing() {
    let printing = ["println!", "eprintln!", "print!", "eprint!", "io::stdout", "io::stderr"];
    let libraries = ["engine/core/src/", "engine/store/src/", "engine/server/src/", "admin-api/src/", "console/src/"];
    let levels = ["error!(", "warn!(", "info!(", "debug!(", "trace!("];
    for (path, text) in texts(&["rs"]) {
        if !libraries.iter().any(|library| path.starts_with(library)) {
            continue;
        }
        let printed = text.lines().find(|line| printing.iter().any(|word| line.contains(word)));
        assert_eq!(printed, None, "{path}");
        let rests = text.split("tracing::").skip(1);
        for arguments in rests.filter_map(|rest| levels.iter().find_map(|level| rest.strip_prefix(level))) {
            let has_target = arguments.trim_start().starts_with("target: \"avis::");
            assert!(has_target, "{path}: an event needs a target of ours: {arguments:.80}");
        }
    }
}

/// Names that were replaced by the field's own; `ARCHITECTURE.md` lists those in use.
#[test]
fn retired_names_stay_away() {
    // Each as it stands between two characters that are part of no name.
    let retired = [
        "RequestKey",
        "Told",
        "Places",
        "Revising",
        "asking",
        "Mirror",
        "Exactness",
        "Leaving",
        "Asked",
        "Wish",
        "begin_another_life",
    ];
    let is_of_a_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    for (path, text) in texts(&["rs"]) {
        if path.starts_with("tests/tidy/") {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            // Comments are sentences, texts are data.
            let code = line.split("//").next().unwrap_or_default().split('"').step_by(2);
            let mut names = code.flat_map(|code| code.split(|letter| !is_of_a_name(letter)));
            let name = names.find(|name| retired.contains(name));
            assert_eq!(name, None, "{path}:{}: a retired name", at + 1);
        }
    }
}

/// Closing another descriptor of a database file drops every lock that the process has on it, and the next program that opens it for
/// writing deletes the log from under this one. Where databases are kept only these open files by themselves: a lock, a key, a list; a
/// file that is not there yet; a copy. Other crates, which know no database by its file, are not looked at.
const OPENED_BY_THEMSELVES: [&str; 3] = ["folder.rs", "private.rs", "backup.rs"];

#[test]
fn database_files_are_opened_by_sqlite_alone() {
    let mut opening = Vec::new();
    for (path, text) in texts(&["rs"]) {
        let Some(name) = path.strip_prefix("engine/store/src/sqlite/") else { continue };
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let ways =
            ["File::open", "File::create", "File::options", "OpenOptions", "fs::read(", "fs::copy(", "fs::write("];
        if ways.iter().any(|way| code.contains(way)) {
            opening.push(name.to_owned());
        }
    }
    opening.sort();
    let mut known = OPENED_BY_THEMSELVES.map(str::to_owned);
    known.sort();
    assert_eq!(opening, known, "database files are opened by SQLite alone");
}
