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
#[command(
    after_help = "Examples:\n  avis --config config/cluster.toml migrate\n  avis --config config/cluster.toml migrate --restored    after a restore"
)]
pub(crate) struct Migrate {
    /// The database was put back from a copy: begin another incarnation, so that every engine reads everything again
    #[arg(long)]
    restored: bool,
}

impl Migrate {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        installation::migrate(&settings.cluster, self.restored)?;
        failure::written(writeln!(io::stdout(), "the database is up to date"))?;
        Ok(ExitCode::SUCCESS)
    }
}
