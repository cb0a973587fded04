//! `avis doctor`: it names what is wrong with a folder and its settings, and changes nothing.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use avis_testing::{Authority, own_redis, postgres};
use serde_json::Value;

use crate::deployment::Deployment;
use crate::program::{Folder, Server, avis_in, import_demo};

/// A folder into which the demo was imported.
fn imported(test: &str) -> String {
    let folder = format!("{}/avis", Folder::new(test).path());
    import_demo(&folder);
    folder
}

/// Every file of a folder with what is in it; of those that SQLite keeps beside a file only that they are there.
fn contents(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    let content = |file: std::fs::DirEntry| {
        let name = file.file_name().into_string().unwrap();
        let passes = name.ends_with("-wal") || name.ends_with("-shm");
        let bytes = if passes { Vec::new() } else { std::fs::read(file.path()).unwrap() };
        (name, bytes)
    };
    files.map(content).collect()
}

/// What was found: the verdict and the words of each check.
struct Report {
    code: i32,
    findings: Vec<(String, String, String)>,
}

impl Report {
    #[track_caller]
    fn has(&self, check: &str, verdict: &str, words: &str) {
        let has =
            |(of, found, says): &&(String, String, String)| of == check && found == verdict && says.contains(words);
        assert!(self.findings.iter().any(|finding| has(&finding)), "{check}, {verdict}: {words}\n{:#?}", self.findings);
        assert_eq!(self.code, i32::from(self.findings.iter().any(|(_, verdict, _)| verdict == "problem")));
    }

    /// The checks that are not well; how much room this machine has is its own affair.
    fn unwell(&self) -> Vec<&str> {
        let unwell = self.findings.iter().filter(|(check, verdict, _)| verdict != "ok" && check != "disk");
        unwell.map(|(check, ..)| check.as_str()).collect()
    }
}

/// Runs the doctor, as lines and as JSON, which say the same; the folder is as it was.
fn examined_in(environment: &[(&str, &str)], folder: &str, before: &[&str]) -> Report {
    let files = contents(folder);
    let port = [("AVIS_HTTP__LISTEN", "127.0.0.1:0")];
    let environment = [&port[..], environment].concat();
    let arguments = [before, &["doctor", "--folder", folder]].concat();
    let lines = avis_in(&environment, &arguments);
    let json = avis_in(&environment, &[&arguments[..], &["--json"]].concat());
    assert_eq!(lines.code, json.code, "{}{}", lines.err, json.err);
    let document: Value = serde_json::from_str(&json.out).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    let findings: Vec<(String, String, String)> =
        findings.map(|finding| ["check", "verdict", "says"].map(|name| text(&finding[name])).into()).collect();
    assert_eq!(lines.out.lines().count(), findings.len(), "{}", lines.out);
    let width = findings.iter().map(|(check, ..)| check.len()).max().unwrap();
    for (line, (check, verdict, says)) in lines.out.lines().zip(&findings) {
        assert!(line.starts_with(&format!("{verdict:<9}{check:<width$}  ")), "{line}");
        assert!(!says.starts_with(' '), "{says}");
    }
    assert!(contents(folder) == files, "something was changed");
    Report { code: json.code, findings }
}

fn examined(folder: &str) -> Report {
    examined_in(&[], folder, &[])
}

#[test]
fn a_folder_is_well_before_it_is_served_and_while_it_is() {
    let folder = imported("doctor-well");
    let report = examined(&folder);
    assert_eq!(report.unwell(), Vec::<&str>::new());
    report.has("use", "ok", "no process uses it now");
    let server = Server::serve_as_it_is(&folder);
    let address = server.url("").strip_prefix("http://").unwrap().to_owned();
    let report = examined_in(&[("AVIS_HTTP__LISTEN", &address)], &folder, &[]);
    assert_eq!(report.unwell(), Vec::<&str>::new());
    report.has("use", "ok", "it is served now, and administered at http://127.0.0.1:");
    report.has("http.listen", "ok", "in use");
    for (file, version) in
        [("registry.db", "version 2"), ("administration.db", "version 1"), ("ledger.db", "version 5")]
    {
        report.has(file, "ok", version);
    }
    server.kill();
    let report = examined(&folder);
    assert_eq!(report.unwell(), Vec::<&str>::new(), "a crash leaves nothing that keeps it from being served");
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let folder = format!("{}/nowhere", Folder::new("doctor-nowhere").path());
    let report = examined(&folder);
    assert_eq!((report.code, report.unwell()), (0, vec!["folder"]));
    report.has("folder", "warning", "`avis import` makes one");
    assert!(!Path::new(&folder).exists());
    let file = Folder::new("doctor-file").write("file", "");
    let report = avis_in(&[], &["doctor", "--folder", &file]);
    assert!(report.code == 1 && report.out.contains("a folder was expected here"), "{}", report.out);
    let empty = Folder::new("doctor-empty");
    examined(empty.path()).has("folder", "warning", "there is no installation in this folder");
}

#[test]
fn settings_that_cannot_be_used_are_named_and_the_folder_is_looked_at_all_the_same() {
    let (folder, files) = (imported("doctor-settings"), Folder::new("doctor-settings-files"));
    for (text, named) in [
        ("speed = 1", "speed"),
        ("[http]\ndrain_s = \"soon\"", "avis.toml:2: `http.drain_s`: expected a whole number from 0 to 3600"),
        ("admin.listen = \"nowhere\"", "avis.toml:1: `admin.listen`: expected an address and a port"),
        ("[http]\n\nworkers = 513", "avis.toml:3: `http.workers`: expected a whole number from 0 to 512"),
        ("[http", "http"),
        ("time_zone = \"Nowhere/Nowhere\"", "time_zone"),
    ] {
        let report = examined_in(&[], &folder, &["--config", &files.write("avis.toml", text)]);
        report.has("settings", "problem", named);
        report.has("registry.db", "ok", "version");
    }
    examined_in(&[], &folder, &["--config", "/nowhere/avis.toml"]).has("settings", "problem", "/nowhere/avis.toml");
    examined_in(&[("AVIS_HTTP__DRAIN_S", "soon")], &folder, &[]).has("settings", "problem", "AVIS_HTTP__DRAIN_S");
}

#[test]
fn a_key_that_is_missing_broken_or_anothers_is_named() {
    let folder = imported("doctor-key");
    let key = format!("{folder}/identifier.key");
    let right = std::fs::read(&key).unwrap();
    std::fs::write(&key, [7; 32]).unwrap();
    examined(&folder).has("registry.db", "problem", "another identifier key");
    std::fs::write(&key, [7; 5]).unwrap();
    examined(&folder).has("key", "problem", "expected 32 bytes");
    std::fs::remove_file(&key).unwrap();
    examined(&folder).has("key", "problem", "put the `identifier.key` back");
    std::fs::write(&key, right).unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    let report = examined(&folder);
    report.has("key", "warning", "chmod 600");
    report.has("folder", "warning", "chmod 700");
    assert_eq!(report.code, 0);
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = imported("doctor-files");
    let registry = format!("{folder}/registry.db");
    let later = rusqlite::Connection::open(&registry).unwrap();
    later.pragma_update(None, "user_version", 99).unwrap();
    drop(later);
    examined(&folder).has("registry.db", "problem", "of version 99");
    std::fs::write(&registry, "no file of SQLite, but long enough to be looked into".repeat(40)).unwrap();
    examined(&folder).has("registry.db", "problem", "not a database");
    std::fs::remove_file(&registry).unwrap();
    examined(&folder).has("registry.db", "problem", "this file of the installation is missing");
}

#[test]
fn files_that_are_damaged_are_named() {
    let folder = imported("doctor-damaged");
    std::fs::write(format!("{folder}/tally.db"), "whatever the disk came up with".repeat(200)).unwrap();
    examined(&folder).has("tally.db", "problem", "the next start makes it again");
    std::fs::remove_file(format!("{folder}/tally.db")).unwrap();
    let ledger = format!("{folder}/ledger.db");
    let file = rusqlite::Connection::open(&ledger).unwrap();
    let tables: i64 = file.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    // Closed, it has all of its log in it.
    drop(file);
    assert!(tables > 0);
    let mut bytes = std::fs::read(&ledger).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 3_000].fill(0xa5);
    std::fs::write(&ledger, bytes).unwrap();
    examined(&folder).has("ledger.db", "problem", "it is damaged");
}

#[test]
fn what_is_no_whole_installation_is_named() {
    let folder = imported("doctor-whole");
    let copy = format!("{folder}-copy");
    let _ = std::fs::remove_dir_all(&copy);
    assert_eq!(avis_in(&[], &["backup", "--folder", &folder, "--to", &copy]).code, 0);
    examined(&copy).has("folder", "problem", "this is a backup");
    std::fs::write(format!("{folder}/unfinished"), "").unwrap();
    examined(&folder).has("folder", "problem", "was interrupted");
}

#[test]
fn a_clock_behind_what_was_written_is_named() {
    let folder = imported("doctor-clock");
    let lock = std::fs::File::options().write(true).open(format!("{folder}/lock")).unwrap();
    lock.set_modified(SystemTime::now() + Duration::from_secs(3_600)).unwrap();
    examined(&folder).has("clock", "problem", "set the clock right");
}

#[test]
fn ports_and_certificates_that_cannot_be_used_are_named() {
    let (folder, files) = (imported("doctor-ports"), Folder::new("doctor-ports"));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (setting, check) in [
        ("AVIS_HTTP__LISTEN", "http.listen"),
        ("AVIS_OPERATOR__LISTEN", "operator.listen"),
        ("AVIS_ADMIN__LISTEN", "admin.listen"),
    ] {
        examined_in(&[(setting, &address)], &folder, &[]).has(check, "problem", &address);
    }
    examined_in(&[("AVIS_HTTP__LISTEN", "0.0.0.0:0")], &folder, &[]).has("certificate", "warning", "in the clear");
    let authority = Authority::new();
    let with = |certificate: &str, key: &str| {
        let (certificate, key) = (files.write("server.crt", certificate), files.write("server.key", key));
        examined_in(&[("AVIS_HTTP__CERTIFICATE", &certificate), ("AVIS_HTTP__CERTIFICATE_KEY", &key)], &folder, &[])
    };
    let (sound, other) = (authority.vouch(), authority.vouch());
    with(&sound.certificate, &sound.key).has("certificate", "ok", "counts until");
    with(&sound.certificate, &other.key).has("certificate", "problem", "server.key");
    with("no certificate", &sound.key).has("certificate", "problem", "server.crt");
    let day = |days: i64| {
        let (now, far) = (SystemTime::now(), Duration::from_secs(86_400 * days.unsigned_abs()));
        if days < 0 { now - far } else { now + far }
    };
    for (from, until, verdict, words) in
        [(-20, -10, "problem", "it has ended"), (10, 20, "problem", "counts from"), (-10, 3, "warning", "soon")]
    {
        let vouched = authority.vouch_between(day(from), day(until));
        with(&vouched.certificate, &vouched.key).has("certificate", verdict, words);
    }
    let alone = [("AVIS_HTTP__CERTIFICATE", "server.crt")];
    examined_in(&alone, &folder, &[]).has("certificate", "problem", "needs `http.certificate_key`");
}

#[test]
fn a_database_is_looked_at_and_left_as_it_is() {
    let deployment = Deployment::empty("doctor-database");
    let folder = deployment.folder("first");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();
    let key = format!("{folder}/identifier.key");
    std::fs::write(&key, [7; 32]).unwrap();
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o600)).unwrap();
    let look = || examined_in(&[("AVIS_CLUSTER__DATABASE", &deployment.url)], &folder, &[]);
    look().has("database", "problem", "run `avis migrate` first");
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'avis'";
    assert_eq!(postgres().sql(&deployment.database, schemas).unwrap(), "0");
    assert_eq!(deployment.avis(&["migrate"]).code, 0);
    let report = look();
    assert_eq!(report.unwell(), Vec::<&str>::new());
    report.has("database", "ok", "PostgreSQL");
    report.has("clocks", "ok", "agree");
    report.has("replica", "ok", "none");
    let reports_from = |url: &str| {
        let both = [("AVIS_CLUSTER__DATABASE", &*deployment.url), ("AVIS_CLUSTER__REPORTS_DATABASE", url)];
        examined_in(&both, &folder, &[])
    };
    reports_from(&deployment.url).has("replica", "warning", "is no replica");
    reports_from("postgres://127.0.0.1:1/avis").has("replica", "warning", "reports read the database itself");
    let taken = "SELECT (SELECT count(*) FROM avis.identifier_key) + (SELECT count(*) FROM avis.store)";
    assert_eq!(postgres().sql(&deployment.database, taken).unwrap(), "0", "it takes no key, and begins no store");
    assert_eq!(deployment.avis(&["status", "--folder", &folder]).code, 0);
    std::fs::write(&key, [8; 32]).unwrap();
    look().has("database", "problem", "another identifier key");
    std::fs::write(&key, [7; 32]).unwrap();
    postgres().sql(&deployment.database, "UPDATE avis.schema_version SET version = 99").unwrap();
    look().has("database", "problem", "of version 99");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = [("AVIS_CLUSTER__DATABASE", &*format!("postgres://postgres:secret@{free}/avis"))];
    let report = examined_in(&away, &folder, &[]);
    report.has("database", "problem", "see whether it runs");
    assert!(report.findings.iter().all(|(.., says)| !says.contains("secret")), "no password is shown");
}

#[test]
fn a_redis_that_is_away_is_a_warning() {
    let (folder, redis) = (imported("doctor-redis"), own_redis());
    let url = redis.url();
    let look = |url: &str| examined_in(&[("AVIS_CLUSTER__REDIS", url)], &folder, &[]);
    look(&url).has("redis", "ok", "it answers");
    redis.stop();
    look(&url).has("redis", "warning", "Redis does not answer");
    look("http://:secret@").has("redis", "problem", "expected `redis://host:port`");
}
