//! `avis migrate`: the tables of the shared database.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

use crate::failure::{self, Failure};
use crate::installation;
use crate::settings::Settings;

/// Brings the tables of the shared database up to date, or makes them.
///
/// All of it or nothing; who runs it at the same time waits. Nodes of the version before go on meanwhile.
#[derive(Args)]
#[command(after_help = "Example:\n  avis --config config/cluster.toml migrate")]
pub(crate) struct Migrate {}

impl Migrate {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let Self {} = self;
        installation::migrate(&settings.cluster)?;
        failure::written(writeln!(io::stdout(), "the database is up to date"))?;
        Ok(ExitCode::SUCCESS)
    }
}
