//! Folders that can't be used: each is refused with its path and what to do, and stays as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::program::{Folder, Ran, Server, avis, demo_data};

/// A folder that was served, and is stopped.
fn folder(test: &str) -> String {
    let path = format!("{}/avis", Folder::new(test).path());
    let server = Server::serve(&path);
    // It answers, so it is there to be stopped in good order.
    assert_eq!(server.get("/readyz").status, 200);
    server.stop();
    settle(&path);
    path
}

/// What waits beside a database is put into it by whoever opens it next; here that is not to count as a change.
fn settle(folder: &str) {
    for file in ["ledger.db", "registry.db", "administration.db"] {
        let connection = rusqlite::Connection::open(Path::new(folder).join(file)).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
}

/// What every command makes of a folder, the copy of a backup beside it.
fn tried(folder: &str, commands: &[&str]) -> Vec<Ran> {
    let holders = demo_data().join("holders.ndjson").to_str().unwrap().to_owned();
    let copy = format!("{folder}-copy");
    let run = |command: &&str| {
        let more: &[&str] = match *command {
            "serve" => &["--listen", "127.0.0.1:0"],
            "import" => &["--holders", &holders],
            "export" => &["catalogue"],
            "key" => &["list"],
            "backup" => &["--to", &copy],
            _ => &[],
        };
        avis(&[&[command, "--folder", folder], more].concat())
    };
    let ran = commands.iter().map(run).collect();
    assert!(!Path::new(&copy).exists() && !Path::new(&format!("{copy}.part")).exists(), "no copy of it is made");
    ran
}

/// What is in a folder, but for what SQLite leaves beside a file that was looked into.
fn contents(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = files.map(|file| (file.file_name().to_string_lossy().into_owned(), file.path()));
    let lasting = files.filter(|(name, _)| !name.ends_with("-wal") && !name.ends_with("-shm"));
    lasting.map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

/// The names of the files that differ.
fn changed(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let names = before.keys().chain(after.keys());
    let differing: BTreeSet<&String> = names.filter(|name| before.get(*name) != after.get(*name)).collect();
    differing.into_iter().cloned().collect()
}

/// Each command ends with 2, says where and what, and leaves everything as it was.
fn refused(folder: &str, commands: &[&str], expected: &[&str]) {
    let before = contents(folder);
    for (command, ran) in commands.iter().zip(tried(folder, commands)) {
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{command}: {}", ran.err);
        for part in expected.iter().chain(&[folder]) {
            assert!(ran.err.contains(part), "{command}: `{part}` in {}", ran.err);
        }
    }
    assert_eq!(changed(&before, &contents(folder)), Vec::<String>::new(), "something was changed");
}

const ALL: [&str; 6] = ["serve", "import", "export", "key", "status", "backup"];
const READ_THE_LEDGER: [&str; 3] = ["serve", "status", "backup"];

#[test]
fn a_newer_schema_is_refused_by_all_who_read_it() {
    for (file, known, commands) in
        [("registry.db", 2, &ALL[..]), ("administration.db", 1, &ALL), ("ledger.db", 5, &READ_THE_LEDGER)]
    {
        let folder = folder("newer-schema");
        let path = format!("{folder}/{file}");
        rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let expected = format!(
            "its schema is of version 99, this AVIS knows {known}; start the AVIS that wrote it, or a later one"
        );
        refused(&folder, commands, &[&path, &expected]);
    }
}

#[test]
fn another_key_is_refused_and_never_copied() {
    let folder = folder("another-key");
    let key = format!("{folder}/identifier.key");
    std::fs::write(&key, [7; 32]).unwrap();
    refused(
        &folder,
        &ALL,
        &["it was written under another identifier key; put the `identifier.key` of that time back"],
    );
    std::fs::write(&key, [7; 5]).unwrap();
    refused(&folder, &ALL, &[&key, "expected 32 bytes"]);
}

#[test]
fn a_missing_key_is_not_made_anew() {
    let folder = folder("missing-key");
    let key = format!("{folder}/identifier.key");
    std::fs::remove_file(&key).unwrap();
    refused(
        &folder,
        &["serve", "import", "export", "key", "status"],
        &[&key, "it is missing; put the `identifier.key` back"],
    );
    refused(&folder, &["backup"], &[&key]);
}

#[test]
fn a_folder_that_is_locked_is_refused_to_who_does_not_reach_its_user() {
    let folder = folder("locked");
    let lock = std::fs::File::open(format!("{folder}/lock")).unwrap();
    lock.lock().unwrap();
    refused(&folder, &["serve"], &["another process uses this folder; stop it first, or choose another folder"]);
    let reached = ["import", "export", "key", "status"];
    refused(&folder, &reached, &["operator.json", "whoever uses this folder is not administered by it"]);
    // Left behind by a power cut, while another command uses the folder.
    let nobody = r#"{"address": "127.0.0.1:1", "token": "0123456789abcdef0123456789abcdef"}"#;
    std::fs::write(format!("{folder}/operator.json"), nobody).unwrap();
    for ran in tried(&folder, &reached) {
        assert!(ran.code == 2 && ran.err.contains("whoever uses the folder does not answer there"), "{}", ran.err);
    }
}

#[test]
fn a_folder_that_is_none_is_not_made_by_who_only_looks() {
    let files = Folder::new("no-installation");
    let folder = format!("{}/avis", files.path());
    for ran in tried(&folder, &["export", "key", "status", "backup"]) {
        assert!(ran.code == 2 && ran.err.contains(&folder), "{}", ran.err);
    }
    assert!(!Path::new(&folder).exists());
}

#[test]
fn what_is_misspelt_or_not_mounted_is_not_served_as_an_empty_installation() {
    let files = Folder::new("typo");
    let (missing, empty) = (format!("{}/missing", files.path()), format!("{}/empty", files.path()));
    for left in [&missing, &empty] {
        let _ = std::fs::remove_dir_all(left);
    }
    std::fs::create_dir(&empty).unwrap();
    for (folder, reason) in [(&missing, "there is no such folder"), (&empty, "there is no installation in this folder")]
    {
        for command in ["serve", "export", "key", "status", "backup"] {
            let ran = tried(folder, &[command]).remove(0);
            assert!(
                ran.code == 2 && ran.err.contains(folder.as_str()) && ran.err.contains(reason),
                "{command}: {}",
                ran.err
            );
        }
    }
    let ran = avis(&["restore", "--from", &missing, "--folder", &format!("{}/restored", files.path())]);
    assert!(ran.code == 2 && ran.err.contains("there is no such folder"), "{}", ran.err);
    assert!(!Path::new(&missing).exists() && contents(&empty).is_empty());
    let server = Server::run(&["serve", "--listen", "127.0.0.1:0", "--folder", &empty, "--create"], " brings them.\n");
    server.stop();
    Server::run(&["serve", "--listen", "127.0.0.1:0", "--folder", &empty], " brings them.\n").stop();
}

#[test]
fn a_database_that_is_gone_is_not_made_anew() {
    for (file, commands) in
        [("ledger.db", &["serve", "backup"][..]), ("registry.db", &ALL[..]), ("administration.db", &ALL)]
    {
        let folder = folder("file-missing");
        let path = format!("{folder}/{file}");
        std::fs::remove_file(&path).unwrap();
        for ran in tried(&folder, commands) {
            assert!(ran.code == 2 && ran.err.contains(&path), "{}", ran.err);
        }
        assert!(!Path::new(&path).exists(), "{file}");
    }
}

#[test]
fn an_import_that_fails_or_is_only_tried_makes_nothing() {
    let files = Folder::new("nothing-made");
    let above = format!("{}/new", files.path());
    let (new, empty) = (format!("{above}/avis"), format!("{}/empty", files.path()));
    for left in [&above, &empty] {
        let _ = std::fs::remove_dir_all(left);
    }
    std::fs::create_dir(&empty).unwrap();
    let file = |name: &str| demo_data().join(name).to_str().unwrap().to_owned();
    let (catalogue, holders, terminals) = (file("catalogue.json"), file("holders.ndjson"), file("terminals.json"));
    let wrong = files.write(
        "terminals.json",
        r#"{"terminals": [{"terminal": "x", "provider": "nobody", "channels": [], "schemes": []}]}"#,
    );
    for folder in [&new, &empty] {
        let import = |terminals: &str, more: &[&str]| {
            let sources = ["--catalogue", &catalogue, "--holders", &holders, "--terminals", terminals];
            avis(&[&["import", "--folder", folder], &sources[..], more].concat())
        };
        let failed = import(&wrong, &[]);
        assert!(failed.code == 2 && failed.err.contains("unknown provider `nobody`"), "{}", failed.err);
        let tried = import(&terminals, &["--dry-run"]);
        assert_eq!(tried.code, 0, "terminals are judged with the catalogue of their command: {}", tried.err);
        assert!(
            tried.out.lines().count() == 3 && tried.out.lines().all(|line| line.contains(" would be added")),
            "{}",
            tried.out
        );
        assert!(!Path::new(&above).exists() && contents(&empty).is_empty(), "{folder}");
    }
    // What is there stays, and terminals are judged with the catalogue of their command here, too.
    assert_eq!(avis(&["import", "--folder", &new, "--holders", &holders]).code, 0);
    settle(&new);
    let before = contents(&new);
    let tried = avis(&["import", "--folder", &new, "--catalogue", &catalogue, "--terminals", &terminals, "--dry-run"]);
    assert_eq!(tried.code, 0, "{}", tried.err);
    let failed = avis(&["import", "--folder", &new, "--terminals", &wrong]);
    assert_eq!((failed.code, changed(&before, &contents(&new))), (2, Vec::new()), "{}", failed.err);
}

#[cfg(unix)]
#[test]
fn what_is_in_a_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let files = Folder::new("owner-alone");
    let (folder, copy) = (format!("{}/avis", files.path()), format!("{}/copy", files.path()));
    for left in [&folder, &copy] {
        let _ = std::fs::remove_dir_all(left);
    }
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let check = |folder: &str| {
        assert_eq!(mode(Path::new(folder)), 0o700, "{folder}");
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
    };
    let catalogue = demo_data().join("catalogue.json");
    let ran = avis(&["import", "--folder", &folder, "--catalogue", catalogue.to_str().unwrap()]);
    assert!(ran.code == 0 && ran.err.contains("it is closed to them now"), "{}", ran.err);
    let server = Server::run(&["serve", "--listen", "127.0.0.1:0", "--folder", &folder], " terminals.\n");
    check(&folder);
    assert_eq!(avis(&["backup", "--folder", &folder, "--to", &copy]).code, 0);
    server.stop();
    check(&copy);
    std::fs::set_permissions(format!("{folder}/ledger.db"), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(avis(&["status", "--folder", &folder]).err.contains("it is closed to them now"));
    check(&folder);
}

/// A folder on a disk that can only be read; writable again when it is dropped.
struct ReadOnly<'a>(&'a str, bool);

impl<'a> ReadOnly<'a> {
    /// Root may write everywhere, but not on such a disk.
    fn make(folder: &'a str) -> Self {
        let mount =
            |arguments: &[&str]| Command::new("mount").args(arguments).status().is_ok_and(|done| done.success());
        let bound = mount(&["--bind", folder, folder]);
        if bound {
            assert!(mount(&["-o", "remount,bind,ro", folder]));
        } else {
            assert!(Command::new("chmod").args(["0500", folder]).status().unwrap().success());
        }
        Self(folder, bound)
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        let (program, arguments) = if self.1 { ("umount", vec![self.0]) } else { ("chmod", vec!["0700", self.0]) };
        let _ = Command::new(program).args(arguments).status();
    }
}

#[test]
fn a_folder_that_can_only_be_read_is_refused() {
    let folder = folder("read-only");
    let read_only = ReadOnly::make(&folder);
    let writing = ["serve", "import", "export", "key", "status"];
    let expected = if read_only.1 {
        ["Read-only file system", "it is on a disk that can only be read"]
    } else {
        ["Permission denied", "run it as the folder's owner"]
    };
    refused(&folder, &writing, &expected);
    drop(read_only);
    Server::serve_as_it_is(&folder).stop();
}
