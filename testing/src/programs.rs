//! Finds the programs of servers, and installs them where that is ours to do.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program on the path or in the folders of its package; its package is installed where it is missing and we may.
pub(crate) fn program(name: &str, package: &str) -> PathBuf {
    if let Some(found) = find(name) {
        return found;
    }
    install(package);
    find(name).unwrap_or_else(|| panic!("`{name}` is not installed: install the package `{package}`"))
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Where the packages of Debian put the server; the latest version first.
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// One process at a time; the others find it installed.
fn install(package: &str) {
    let apt = Path::new("/usr/bin/apt-get");
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if !is_root || !apt.is_file() {
        return;
    }
    let lock = File::create(std::env::temp_dir().join("avis-testing-install.lock")).unwrap();
    lock.lock().unwrap();
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
