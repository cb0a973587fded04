//! `avis export`: rules, holders, terminals and movements to files.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use avis_store::{BusinessDates, ClosedDays, MovementsError, StoredMovement};
use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::lists;
use crate::failure::{self, Failure};
use crate::files;
use crate::operator::{Administered, copied};
use crate::records::Records;
use crate::remote::Ask;
use crate::settings::Settings;

/// Writes rules, holders or terminals as a file that can be imported again, or what moved in the ledger.
///
/// Works while the folder is served, and while it is not. Identifiers of holders stand by what they hash to, never by their
/// values: such a file is of use under the same `identifier.key` only. Movements are one JSON document a line: what each sale,
/// capture, void, refund and reversal moved, and who bears it.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis export --folder avis-data catalogue > catalogue.json\n  avis export --folder avis-data holders --output holders.ndjson\n  avis export --folder avis-data movements --from 2026-11-01 --until 2026-12-01    all of November\n  avis export --at https://avis.example.lv entitlements --group seniors --reason check\n  avis export --at https://avis.example.lv movements --from 2026-11-01 --until 2026-12-01 --reason statement > november.ndjson"
)]
pub(crate) struct Export {
    /// Where everything is.
    #[arg(long, value_name = "FOLDER", required_unless_present = "at")]
    folder: Option<PathBuf>,
    /// The control plane from which the list comes, as who signed in there (`avis sign-in`).
    #[arg(long, value_name = "URL", conflicts_with = "folder", requires = "reason")]
    at: Option<String>,
    /// Why, for the audit of the control plane.
    #[arg(long, value_name = "TEXT", requires = "at")]
    reason: Option<String>,
    /// The group of a list of entitlements.
    #[arg(long, value_name = "CODE", requires = "at")]
    group: Option<String>,
    /// The provider of movements, where it is not the own party: what of them concerns the own party.
    #[arg(long, value_name = "CODE", requires = "at")]
    provider: Option<String>,
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
    /// With `--at`: the memberships of a group, as CSV.
    Entitlements,
    /// With `--at`: the means of the schemes that the own provider issues, as CSV.
    Means,
    /// With `--at`: who speaks for whom, as CSV.
    Relations,
    /// With `--at`: the own rules, each as a draft.
    Rules,
    /// With `--at`: records of use.
    Records,
}

impl Export {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        if self.what != What::Movements && (self.from.is_some() || self.until.is_some()) {
            return Err(Failure::new("`--from` and `--until` are for `movements` only"));
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && from >= until
        {
            return Err(Failure::new(format!(
                "`--until` {until} is the first day that is left out, so it is after `--from`, which is {from}"
            )));
        }
        if let Some(at) = &self.at {
            if self.what == What::Catalogue {
                return Err(Failure::new("a control plane has `rules` and `records`"));
            }
            lists::export(at, &self.asked(), self.output.as_deref())?;
            return Ok(ExitCode::SUCCESS);
        }
        let folder = self.folder.clone().unwrap_or_default();
        let path = match self.what {
            What::Entitlements | What::Means | What::Relations | What::Rules | What::Records => {
                return Err(Failure::new("this list comes from a control plane: `--at URL`"));
            }
            What::Catalogue => "catalogue",
            What::Holders => "holders",
            What::Terminals => "terminals",
            What::Movements => return self.movements(&folder, settings),
        };
        let administered = Administered::reach(&folder, settings)?;
        let exported = administered.read(path)?;
        match &self.output {
            None => failure::written(copied(exported, io::stdout().lock()))?,
            Some(output) => {
                let file = files::create(output)?;
                copied(exported, io::BufWriter::new(file)).map_err(|error| Failure::of_file(output, error))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What is asked of a control plane.
    fn asked(&self) -> Ask {
        let what = self.what.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let [from, until] = [self.from, self.until].map(|date| date.map(|date| date.to_string()));
        Ask::get(format!("/exports/{what}"))
            .with("group", self.group.as_deref())
            .with("provider", self.provider.as_deref())
            .with("from", from.as_deref())
            .with("until", until.as_deref())
            .with("reason", self.reason.as_deref())
    }

    fn movements(&self, folder: &Path, settings: &Settings) -> Result<ExitCode, Failure> {
        let records = Records::reach(folder, settings)?;
        // Before the movements are: what a later close took is not known of them.
        let closed = records.closed_days(self.from)?;
        match &self.output {
            None => match self.write_movements((&records, &closed), io::BufWriter::new(io::stdout().lock())) {
                Err(MovementsError::Sink(error)) => failure::written(Err(error))?,
                written => written.map_err(Failure::of)?,
            },
            Some(output) => {
                let file = files::create(output)?;
                let written = self.write_movements((&records, &closed), io::BufWriter::new(file));
                written.map_err(|error| Failure::of_file(output, error))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn write_movements(
        &self,
        (records, closed): (&Records, &BTreeMap<String, ClosedDays>),
        mut output: impl Write,
    ) -> Result<(), MovementsError> {
        let mut dates = BusinessDates::by(closed);
        records.movements().each_movement(&mut |movement: StoredMovement| {
            let date = dates.of(&movement)?;
            let is_wanted = self.from.is_none_or(|from| date >= from) && self.until.is_none_or(|until| date < until);
            if is_wanted { movement.write_line(date, &mut output) } else { Ok(()) }
        })?;
        Ok(output.flush()?)
    }
}
