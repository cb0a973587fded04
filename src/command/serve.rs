//! `avis serve`: the engine with a ledger that lasts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::serving::{self, Sources};
use crate::settings::Settings;

/// Starts AVIS with a ledger in a folder, on rules, holders and terminals from files.
///
/// The folder is made at the first start, with the key under which identifiers are hashed (`identifier.key`): keep it with the
/// ledger, neither is of use without the other. One process uses a folder at a time.
#[derive(Args)]
#[command(
    after_help = "Example:\n  avis serve --folder avis-data --catalogue demo/catalogue.json --holders demo/holders.ndjson \\\n             --terminals demo/terminals.json"
)]
pub(crate) struct Serve {
    /// Where the ledger is.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// The rules: a JSON document.
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// The holders: one JSON document a line.
    #[arg(long, value_name = "FILE")]
    holders: PathBuf,
    /// Who may call: a JSON document.
    #[arg(long, value_name = "FILE")]
    terminals: PathBuf,
    /// Address and port to listen on, instead of the setting `http.listen`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let sources = Sources { catalogue: self.catalogue, holders: self.holders, terminals: self.terminals };
        let listen = self.listen.unwrap_or(settings.http.listen);
        serving::run(&sources, &self.folder, settings.selling(), listen, settings, |engine, address| {
            format!(
                "AVIS listens on http://{address} with {} versions of benefits, {} holders and {} terminals.",
                engine.rules().version_count(),
                engine.directory.holder_count(),
                engine.credentials.count(),
            )
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
