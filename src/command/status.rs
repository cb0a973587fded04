//! `avis status`: what a ledger holds.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use avis_store::sqlite::Archive;
use clap::Args;

use crate::failure::{self, Failure};

/// Shows what a ledger holds; whoever serves the folder goes on.
#[derive(Args)]
#[command(after_help = "Example:\n  avis status --folder avis-data")]
pub(crate) struct Status {
    /// Where the ledger is.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
}

impl Status {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let told = Archive::open(&self.folder).and_then(|archive| archive.summary());
        let summary = told.map_err(|error| Failure::new(error.to_string()))?;
        let mut text = format!("requests answered    {}\n", summary.requests);
        for (state, count) in &summary.authorizations {
            text += &format!("{state:<20} {count}\n");
        }
        let (grantors, providers) = summary.over_granted;
        text += &format!("over-granted offline {grantors} for grantors, {providers} for providers");
        failure::written(writeln!(io::stdout(), "{text}"))?;
        Ok(ExitCode::SUCCESS)
    }
}
