//! A real provider of OpenID Connect, `oidc-provider` from npm, on loopback for one test.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const VERSION: &str = "9.13.3";
const PROGRAM: &str = include_str!("identity_provider.mjs");

/// A provider whose clients are `avis` (RS256, its secret in the header, userinfo as JSON), `avis-form` (ES256, in the form, userinfo signed
/// likewise) and `avis-mixed` (ES256, in the header, userinfo signed by RS256). Whoever comes signs in as the `login_hint` that they bring;
/// that is the subject, and under the scope `eid` the claim `serial_number`.
pub struct IdentityProvider {
    /// Its address.
    pub issuer: String,
    child: Child,
}

impl IdentityProvider {
    /// The scope of the claim.
    pub const SCOPE: &str = "eid";

    /// Starts one for clients with a secret, that sends people back to these addresses. What it needs is installed into a folder; none
    /// where that can't be had.
    ///
    /// # Panics
    /// It is installed and does not start.
    pub fn start(folder: &Path, secret: &str, redirects: &[&str]) -> Option<Self> {
        let installed = installed(folder)?;
        let quoted: Vec<String> = redirects.iter().map(|redirect| format!("{redirect:?}")).collect();
        let settings =
            format!(r#"{{"secret": {secret:?}, "redirects": [{}], "scope": "{}"}}"#, quoted.join(", "), Self::SCOPE);
        let mut node = Command::new("node");
        node.current_dir(installed).args(["identity_provider.mjs", &settings]);
        let mut child = node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut issuer = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut issuer).unwrap();
        let issuer = issuer.trim().to_owned();
        assert!(!issuer.is_empty(), "oidc-provider {VERSION} did not start");
        Some(Self { issuer, child })
    }
}

impl Drop for IdentityProvider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The folder with the program and what it needs; none where that can't be installed.
fn installed(folder: &Path) -> Option<PathBuf> {
    // One process at a time; the others find it installed.
    let lock = File::open(folder).unwrap();
    lock.lock().unwrap();
    let (whole, partial) = (folder.join(format!("oidc-provider-{VERSION}")), folder.join("oidc-provider.partial"));
    if !whole.is_dir() {
        let _ = fs::remove_dir_all(&partial);
        fs::create_dir(&partial).unwrap();
        let mut npm = Command::new("npm");
        npm.current_dir(&partial).args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"]);
        if let Err(missing) = runs(npm.arg(format!("oidc-provider@{VERSION}"))) {
            let told = format!(
                "\nSKIPPED: nobody signed in through a real provider, since oidc-provider {VERSION} can't be installed: \
                 {missing}\nIt needs `node` (20 or later) with `npm`, and a registry that npm can reach.\n"
            );
            // Past the test's capture: who reads that all is well reads this too.
            let _ = std::io::stderr().write_all(told.as_bytes());
            return None;
        }
        fs::rename(&partial, &whole).unwrap();
    }
    let program = whole.join("identity_provider.mjs");
    // Another process may be reading it.
    if fs::read_to_string(&program).is_ok_and(|there| there == PROGRAM) {
        return Some(whole);
    }
    fs::write(program, PROGRAM).unwrap();
    Some(whole)
}

/// Runs to its end; what it said if that was not well.
fn runs(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let told = [output.stdout, output.stderr].concat();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&told).trim().to_owned()) }
}
