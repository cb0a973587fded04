//! `avis serve`: an installation that lasts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use avis_server::Engine;
use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::installation::{Installation, Need};
use crate::serving;
use crate::settings::Settings;
use crate::simulator;

/// Serves what is in a folder: rules, holders and terminals that were imported, and a ledger of what is sold.
///
/// `avis import` makes the folder, with the key under which identifiers are hashed (`identifier.key`): keep it with the rest,
/// neither is of use without the other. One process uses a folder at a time. What is imported meanwhile counts at once.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis import --folder avis-data --catalogue demo/catalogue.json --holders demo/holders.ndjson \\\n              --terminals demo/terminals.json\n  avis serve --folder avis-data\n  avis serve --folder avis-data --create    begin with nothing, and import while it is served"
)]
pub(crate) struct Serve {
    /// Where everything is.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// Make an empty installation if there is none in the folder, instead of refusing it.
    #[arg(long)]
    create: bool,
    /// What this node does
    #[arg(long, value_name = "ROLE", default_value = "all")]
    role: Role,
    /// Address and port to listen on, instead of the setting `http.listen`.
    #[arg(long, value_name = "ADDRESS", value_parser = crate::settings::address)]
    listen: Option<SocketAddr>,
}

/// What a node does.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Role {
    /// Answers terminals, and the commands of this machine
    All,
    /// Answers terminals only
    Engine,
    /// Answers the commands of this machine only
    Admin,
}

impl Serve {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let need = if self.role == Role::Admin { Need::Now } else { Need::Later };
        let installation = if self.create {
            let installation = Installation::create(&self.folder, settings, need)?;
            installation.finish()?;
            installation
        } else {
            Installation::open(&self.folder, settings, need)?
        };
        if self.role == Role::Admin {
            serving::administer(&installation, settings)?;
            return Ok(ExitCode::SUCCESS);
        }
        let is_administered = self.role == Role::All;
        let listen = self.listen.unwrap_or(settings.http.listen);
        let (selling, simulator) = (settings.selling(), simulator::of_settings(settings)?);
        serving::run(&installation, selling, (listen, is_administered), settings, simulator, |engine, address| {
            let hint = if engine.known().rules.is_some() {
                ""
            } else {
                "\nThere are no rules yet: `avis import --folder … --catalogue …` brings them."
            };
            let folder = self.folder.display();
            format!(
                "AVIS listens on {address} and serves the folder {folder}.\nHow to call it: {address}/docs\nIt has {}.{hint}",
                held(engine)
            )
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// How much an engine knows.
pub(crate) fn held(engine: &Engine) -> String {
    let known = engine.known();
    format!(
        "{} versions of benefits, {} holders and {} terminals",
        known.rules.as_ref().map_or(0, |rules| rules.version_count()),
        engine.directory.holder_count(),
        known.credentials.count(),
    )
}
