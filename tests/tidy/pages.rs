//! What the pages say is there.

use std::path::Path;

use super::{files, read, root, texts};

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
