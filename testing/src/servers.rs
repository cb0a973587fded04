//! Private servers as tests want them: there, or the test is over.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Once, OnceLock};

use avis_private_servers::{Durability, Encrypted, PrivatePostgres, PrivateRedis, Program};

/// The PostgreSQL of this process, without durability.
pub fn postgres() -> &'static PrivatePostgres {
    static SHARED: OnceLock<PrivatePostgres> = OnceLock::new();
    SHARED.get_or_init(|| own_postgres(Durability::InMemory, &[]))
}

/// A PostgreSQL for one test, with further lines for its configuration.
pub fn own_postgres(durability: Durability, settings: &[&str]) -> PrivatePostgres {
    install_what_is_missing();
    PrivatePostgres::start(durability, settings).unwrap_or_else(|error| panic!("{error}"))
}

/// The Redis of this process.
pub fn redis() -> &'static PrivateRedis {
    static SHARED: OnceLock<PrivateRedis> = OnceLock::new();
    SHARED.get_or_init(own_redis)
}

/// A Redis for one test.
pub fn own_redis() -> PrivateRedis {
    install_what_is_missing();
    PrivateRedis::start().unwrap_or_else(|error| panic!("{error}"))
}

/// A Redis for one test that talks TLS only.
pub fn encrypted_redis(encrypted: Encrypted) -> PrivateRedis {
    install_what_is_missing();
    PrivateRedis::encrypted(encrypted).unwrap_or_else(|error| panic!("{error}"))
}

/// Installs the packages of all servers that are not there, where that is ours to do.
pub fn install_what_is_missing() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let missing = || Program::ALL.into_iter().filter(|program| program.find().is_err());
        if missing().next().is_some() {
            // One process at a time; the others find it installed. The folder itself is locked: nothing is left in it.
            let lock = File::open(std::env::temp_dir()).unwrap();
            lock.lock().unwrap();
            missing().for_each(|program| install(program.package()));
        }
    });
}

/// Installs a browser and what drives it, where they are not there and that is ours to do.
pub fn install_browser() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let is_there = |program: &str| Path::new("/usr/bin").join(program).is_file();
        if !is_there("chromium") || !is_there("chromedriver") {
            let lock = File::open(std::env::temp_dir()).unwrap();
            lock.lock().unwrap();
            ["chromium", "chromium-driver"].into_iter().for_each(install);
        }
    });
}

fn install(package: &str) {
    let apt = Path::new("/usr/bin/apt-get");
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if !is_root || !apt.is_file() {
        return;
    }
    eprintln!("avis-testing: installing the package `{package}` with apt-get");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(apt);
        // A runlevel at which no service is started: the tests start their own.
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !run(&["update", "-q"]) || !run(&["install", "-q", "-y", "--no-install-recommends", package]) {
        eprintln!("avis-testing: `{package}` could not be installed");
    }
}
