//! `avis demo`: the engine on the demo data, with requests to try.

use std::io::BufReader;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use avis_admin::AdminError;
use avis_admin::import::{self, Imported, Order};
use avis_core::limits::CATALOGUE_BYTES_MAX;
use avis_server::Engine;
use avis_server::http::Selling;
use clap::Args;
use jiff::SignedDuration;
use serde::Deserialize;

use crate::command::serve::held;
use crate::failure::Failure;
use crate::files;
use crate::installation::{Installation, Need};
use crate::serving;
use crate::settings::Settings;

/// Starts AVIS on the demo data and prints requests to paste into another terminal.
///
/// Nothing is kept: stop it with Ctrl-C or SIGTERM and everything is as before.
#[derive(Args)]
#[command(after_help = "Examples:\n  avis demo\n  avis demo --listen 127.0.0.1:0    on any free port")]
pub(crate) struct Demo {
    /// The folder with catalogue.json, holders.ndjson, terminals.json and try.json.
    #[arg(long, value_name = "FOLDER", default_value = "demo")]
    data: PathBuf,
    /// Address and port to listen on, instead of the setting `http.listen`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// A request to try, with the terminal that sends it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Try {
    say: String,
    key: String,
    request: serde_json::Value,
}

/// The largest file of requests to try, or of terminals.
const TRY_BYTES_MAX: u64 = 1024 * 1024;

impl Demo {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let tries = self.tries()?;
        let file = |name| self.data.join(name);
        let folder = PassingFolder::new();
        let installation = Installation::open(&folder.0, settings, Need::Now)?;
        let order = Order {
            actor: "demo".to_owned(),
            reason: "the demo data".to_owned(),
            at: installation.clock.now(),
            dry_run: false,
        };
        let store = &*installation.store;
        let (catalogue, terminals) = (file("catalogue.json"), file("terminals.json"));
        let json = files::read(&catalogue, CATALOGUE_BYTES_MAX)?;
        imported(&catalogue, import::catalogue(store, &json, &order))?;
        let holders = file("holders.ndjson");
        let lines = BufReader::new(files::open(&holders)?);
        imported(&holders, import::holders(store, lines, &installation.secret, &order))?;
        let json = files::read(&terminals, TRY_BYTES_MAX)?;
        imported(&terminals, import::terminals(store, &json, &order))?;
        // The days that the demo tells of lie anywhere.
        let selling = Selling { past: SignedDuration::MAX, future: SignedDuration::MAX, ..settings.selling() };
        let listen = self.listen.unwrap_or(settings.http.listen);
        let welcome = |engine: &Engine, address: &str| welcome(engine, address, &tries);
        serving::run(&installation, selling, (listen, true), settings, welcome)?;
        Ok(ExitCode::SUCCESS)
    }

    fn tries(&self) -> Result<Vec<Try>, Failure> {
        let path = self.data.join("try.json");
        let bytes = files::read(&path, TRY_BYTES_MAX)?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::of_file(&path, error))
    }
}

/// Every fault of a file of the demo, each with its place.
fn imported(path: &Path, imported: Result<Imported, AdminError>) -> Result<(), Failure> {
    match imported {
        Ok(_) => Ok(()),
        Err(AdminError::Faults(faults)) => {
            let told = faults.iter().map(|fault| format!("{}: {fault}", path.display()));
            Err(Failure::of_many(told.collect()))
        }
        Err(error) => Err(Failure::of_file(path, error)),
    }
}

/// The folder of one run, gone with it.
struct PassingFolder(PathBuf);

impl PassingFolder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("avis-demo-{}", std::process::id())))
    }
}

impl Drop for PassingFolder {
    fn drop(&mut self) {
        // What can't be removed is left to the system, as all that lies there.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn welcome(engine: &Engine, address: &str, tries: &[Try]) -> String {
    let mut text = format!("AVIS listens on {address} with {}.\nPaste these into another terminal:", held(engine));
    for attempt in tries {
        // A single quote ends a quoted word of the shell, so it is written outside of it.
        let body = attempt.request.to_string().replace('\'', r"'\''");
        text.push_str(&format!(
            "\n\n# {}\ncurl -s {address}/v1/quote -H 'authorization: Bearer {}' -H 'content-type: application/json' -d '{body}'",
            attempt.say, attempt.key,
        ));
    }
    text.push_str("\n\nStop with Ctrl-C.");
    text
}
