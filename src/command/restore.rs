//! `avis restore`: an installation from a backup.

use std::path::PathBuf;
use std::process::ExitCode;

use avis_store::sqlite;
use clap::Args;

use crate::failure::Failure;

/// Makes a new folder of a backup.
///
/// What is restored begins another life (a new incarnation): every engine that followed the old one reads everything again. The
/// backup stays as it is.
#[derive(Args)]
#[command(after_help = "Example:\n  avis restore --from backup-2026-11-24 --folder avis-data")]
pub(crate) struct Restore {
    /// The backup.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// Where it is to be; must not be there yet.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
}

impl Restore {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        sqlite::restore(&self.from, &self.folder).map_err(Failure::of)?;
        Ok(ExitCode::SUCCESS)
    }
}
