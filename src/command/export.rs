//! `avis export`: rules, holders and terminals to files.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::failure::{self, Failure};
use crate::operator::{Administered, copied};
use crate::settings::Settings;

/// Writes what is there as a file that can be imported again.
///
/// Works while the folder is served, and while it is not. Identifiers of holders stand by what they hash to, never by their
/// values: such a file is of use under the same `identifier.key` only.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis export --folder avis-data catalogue > catalogue.json\n  avis export --folder avis-data holders --output holders.ndjson"
)]
pub(crate) struct Export {
    /// Where everything is.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// What to write.
    what: What,
    /// Into which file, which must not be there yet; the standard output without.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// The rules: a JSON document.
    Catalogue,
    /// The holders: one JSON document a line.
    Holders,
    /// Who may call: a JSON document.
    Terminals,
}

impl Export {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let administered = Administered::reach(&self.folder, settings)?;
        let path = match self.what {
            What::Catalogue => "catalogue",
            What::Holders => "holders",
            What::Terminals => "terminals",
        };
        let exported = administered.read(path)?;
        match &self.output {
            None => failure::written(copied(exported, io::stdout().lock()))?,
            Some(output) => {
                let file = File::create_new(output).map_err(|error| Failure::of_file(output, error))?;
                copied(exported, io::BufWriter::new(file)).map_err(|error| Failure::of_file(output, error))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
