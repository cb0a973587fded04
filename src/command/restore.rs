//! `avis restore`: an installation from a backup.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use avis_store::sqlite;
use clap::Args;

use crate::command::backup::described;
use crate::failure::{self, Failure};

/// Makes a new folder of a backup.
///
/// The source must be a backup that `avis backup` made, whole and unchanged since; what was restored is printed, and its whole
/// audit is verified. Rows that were not what was committed when the backup was made are named (exit code 1); no engine grants
/// anything by them. The store begins a new incarnation: every engine that followed the old one reads everything again. The
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
        let restored = sqlite::restore(&self.from, &self.folder).map_err(Failure::of)?;
        failure::written(write!(io::stdout(), "{}", described("restored", &restored)))?;
        Ok(ExitCode::from(u8::from(restored.altered.count > 0)))
    }
}
