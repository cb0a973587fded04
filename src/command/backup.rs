//! `avis backup`: a copy of a ledger as of one moment.

use std::path::PathBuf;
use std::process::ExitCode;

use avis_store::sqlite::Archive;
use clap::Args;
use indicatif::ProgressBar;

use crate::failure::Failure;
use crate::settings::Settings;

/// Copies a ledger with its identifier key to a new folder, as of one moment; whoever serves the folder goes on.
///
/// `avis restore` brings it back.
#[derive(Args)]
#[command(after_help = "Example:\n  avis backup --folder avis-data --to /mnt/copies/2026-11-24")]
pub(crate) struct Backup {
    /// Where the ledger is.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// A folder that is not there yet.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

/// How often the spinner turns.
const TURN: std::time::Duration = std::time::Duration::from_millis(100);

impl Backup {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        if settings.cluster.database().is_some() {
            return Err(Failure::new(
                "the ledger is in a database (`cluster.database`): copy that with its own tools, such as pg_dump, and keep \
                 `identifier.key` apart from it",
            ));
        }
        let progress = ProgressBar::new_spinner().with_message("copying the ledger");
        progress.enable_steady_tick(TURN);
        let copied = Archive::open(&self.folder).and_then(|archive| archive.back_up(&self.to));
        progress.finish_and_clear();
        copied.map_err(|error| Failure::new(error.to_string()))?;
        Ok(ExitCode::SUCCESS)
    }
}
