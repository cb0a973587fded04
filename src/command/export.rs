//! `avis export`: rules, holders, terminals and movements to files.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use avis_store::{MovementsError, StoredMovement};
use clap::{Args, ValueEnum};
use jiff::civil::Date;

use crate::failure::{self, Failure};
use crate::operator::{Administered, copied};
use crate::records::Records;
use crate::settings::Settings;

/// Writes rules, holders or terminals as a file that can be imported again, or what moved in the ledger.
///
/// Works while the folder is served, and while it is not. Identifiers of holders stand by what they hash to, never by their
/// values: such a file is of use under the same `identifier.key` only. Movements are one JSON document a line: what each sale,
/// capture, void, refund and reversal moved, and who bears it.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis export --folder avis-data catalogue > catalogue.json\n  avis export --folder avis-data holders --output holders.ndjson\n  avis export --folder avis-data movements --from 2026-11-01 --until 2026-12-01    all of November"
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
    /// Only movements of this business date and later ones.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Only movements of earlier business dates than this.
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The rules: a JSON document.
    Catalogue,
    /// The holders: one JSON document a line.
    Holders,
    /// Who may call: a JSON document.
    Terminals,
    /// What moved in the ledger: one JSON document a line.
    Movements,
}

impl Export {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        if self.what != What::Movements && (self.from.is_some() || self.until.is_some()) {
            return Err(Failure::new("`--from` and `--until` are for `movements` only"));
        }
        let path = match self.what {
            What::Catalogue => "catalogue",
            What::Holders => "holders",
            What::Terminals => "terminals",
            What::Movements => return self.movements(settings),
        };
        let exported = Administered::reach(&self.folder, settings)?.read(path)?;
        match &self.output {
            None => failure::written(copied(exported, io::stdout().lock()))?,
            Some(output) => {
                let file = File::create_new(output).map_err(|error| Failure::of_file(output, error))?;
                copied(exported, io::BufWriter::new(file)).map_err(|error| Failure::of_file(output, error))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn movements(&self, settings: &Settings) -> Result<ExitCode, Failure> {
        let records = Records::reach(&self.folder, settings)?;
        match &self.output {
            None => match self.write_movements(&records, io::BufWriter::new(io::stdout().lock())) {
                Err(MovementsError::Sink(error)) => failure::written(Err(error))?,
                written => written.map_err(Failure::of)?,
            },
            Some(output) => {
                let file = File::create_new(output).map_err(|error| Failure::of_file(output, error))?;
                let written = self.write_movements(&records, io::BufWriter::new(file));
                written.map_err(|error| Failure::of_file(output, error))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn write_movements(&self, records: &Records, mut output: impl Write) -> Result<(), MovementsError> {
        records.movements().each_movement(&mut |movement: StoredMovement| {
            let date = movement.business_date()?;
            let is_wanted = self.from.is_none_or(|from| date >= from) && self.until.is_none_or(|until| date < until);
            if is_wanted { movement.write_line(&mut output) } else { Ok(()) }
        })?;
        Ok(output.flush()?)
    }
}
