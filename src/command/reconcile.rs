//! `avis reconcile`: a provider's own file beside what the ledger has.

mod steps;

use std::convert::Infallible;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use avis_admin::{LineFault, read_sheet};
use avis_core::Faults;
use avis_core::limits::{CATALOGUE_BYTES_MAX, RECONCILED_BYTES_MAX};
use avis_core::movement::ServiceDay;
use avis_core::settlement::reconcile::{
    BadCell, Dates, Finding, Held, Listed, Profile, Reconciliation, Sheet, Status, Sums, Totals, reconcile,
};
use avis_core::settlement::{Money, PostedMovement};
use clap::Args;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::failure::{self, Failure};
use crate::files;
use crate::movements;
use crate::settings::Settings;
use steps::Step;

/// Holds what a provider says that it sold against what the ledger has, by files or in a control plane.
///
/// Movements come from `avis export movements`; how the provider's file is written stands in a profile, as `docs/settlement.md`
/// shows it. It prints what does not match and a summary, and ends with exit code 1 if there is anything to look at. A file that can't
/// be used at all is refused with every reason and exit code 2; a row that can't be read is told and fails alone. In a control plane
/// it is done as who signed in (`avis sign-in`).
#[derive(Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Reconcile {
    #[command(subcommand)]
    step: Option<Step>,
    #[command(flatten)]
    files: Option<Files>,
}

#[derive(Args)]
struct Files {
    /// What the provider says: CSV, or a workbook (XLSX).
    file: PathBuf,
    /// How the file is written: a JSON document.
    #[arg(long, value_name = "FILE")]
    profile: PathBuf,
    /// What was sold and given back: NDJSON, as exported.
    #[arg(long, value_name = "FILE")]
    movements: PathBuf,
    /// The provider whose file it is.
    #[arg(long, value_name = "CODE")]
    provider: String,
    /// The first day.
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// The first day after it; 92 days later at most.
    #[arg(long, value_name = "DATE")]
    until: Date,
    /// Where the provider's days are counted; in the time zone of the settings where it is not said.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// When the provider's days turn, by its clocks.
    #[arg(long, value_name = "HH:MM", default_value = "00:00")]
    service_day_start: Time,
    /// Print everything as JSON, also what matches.
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  avis reconcile demo/carrier-sales.csv --profile demo/carrier-profile.json --movements demo/movements.ndjson \\
                 --provider atd --from 2026-11-01 --until 2026-12-01
  … --json                            for a program, with what matches
  avis reconcile upload carrier-sales.csv --from 2026-11-01 --until 2026-12-01 --profile demo/carrier-profile.json
  avis reconcile list
  avis reconcile findings 0190f6a2-…
  avis reconcile resolve 0190f6a2-… KEY ignore --reason \"a test ticket of the technician\"
  avis reconcile resolve 0190f6a2-… KEY dispute --reason \"the till gave more\" --more 0.50";

/// All that is to be said.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    reconciliation: &'a Reconciliation,
    bad_rows: &'a [BadCell],
    bad_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sums: Option<Sums>,
}

impl Reconcile {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        match (self.step, self.files) {
            (Some(step), _) => step.run(),
            (None, Some(files)) => files.run(settings),
            (None, None) => Err(Failure::new("expected a provider's file, or a step such as `upload`")),
        }
    }
}

impl Files {
    fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let dates = Dates::new(self.from, self.until).ok_or_else(|| {
            Failure::new(format!("--until: expected a day after --from, {} days at most", Dates::DAYS_MAX))
        })?;
        let json = files::read(&self.profile, CATALOGUE_BYTES_MAX)?;
        let of_profile = |faults: Faults| Failure::of_lines(&self.profile, &LineFault::located(&json, faults));
        let profile = Profile::from_json(&json).map_err(of_profile)?;
        let zone = self.time_zone.as_deref().map(|name| {
            TimeZone::get(name).map_err(|_| Failure::new(format!("--time-zone: unknown time zone `{name}`")))
        });
        let zone = zone.unwrap_or_else(|| settings.zone())?;
        let day = ServiceDay::new(zone.clone(), self.service_day_start);
        let sheet = self.sheet(&profile, &day)?;
        let listed = if self.json { Listed::All } else { Listed::Unmatched };
        let mut own = Vec::new();
        movements::each(&self.movements, |movement| {
            if *movement.provider == *self.provider {
                own.push(movement);
            }
            Ok(())
        })?;
        if own.is_empty() {
            eprintln!("avis: --provider: {} has no movement of `{}`", self.movements.display(), self.provider);
        }
        let reconciliation = self.reconciliation(&sheet, &own, Held { profile: &profile, dates, zone: &zone, listed });
        let report = Report {
            reconciliation: &reconciliation,
            bad_rows: &sheet.bad,
            bad_count: sheet.bad_count,
            sums: sheet.sums,
        };
        let written = if self.json {
            serde_json::to_writer(io::stdout(), &report).map_err(io::Error::from).and_then(|()| writeln!(io::stdout()))
        } else {
            io::stdout().write_all(report.told(&self.file).as_bytes())
        };
        failure::written(written)?;
        Ok(ExitCode::from(u8::from(!report.is_clean())))
    }

    /// What they come to; of many rows it is shown how many are settled.
    fn reconciliation(&self, sheet: &Sheet, own: &[PostedMovement], asked: Held<'_>) -> Reconciliation {
        let progress = files::progress_of_rows(&self.file, sheet.count);
        let Ok(found) = reconcile(sheet, own, asked, &mut |settled| {
            progress.set_position(settled);
            Ok::<_, Infallible>(())
        });
        progress.finish_and_clear();
        found
    }

    /// The rows of the file; a long one shows how far it is.
    fn sheet(&self, profile: &Profile, day: &ServiceDay) -> Result<Sheet, Failure> {
        let file = files::open(&self.file)?;
        let progress = files::progress(&self.file, &file);
        if progress.length().is_some_and(|bytes| bytes > RECONCILED_BYTES_MAX) {
            return Err(Failure::of_file(&self.file, format!("expected at most {RECONCILED_BYTES_MAX} bytes")));
        }
        let read = read_sheet(&mut progress.wrap_read(file), profile, day, &mut |_| Ok(()));
        progress.finish_and_clear();
        read.map_err(|faults: Faults| Failure::of_many(failure::listed(&self.file.display().to_string(), &faults)))
    }
}

impl Report<'_> {
    fn is_clean(&self) -> bool {
        let is_alike = |sums: Sums| sums.written == sums.of_rows;
        let only_matched = self.reconciliation.summary.keys().all(|status| *status == Status::Matched);
        only_matched && self.bad_count == 0 && self.sums.is_none_or(is_alike)
    }

    /// For people: what is to be looked at, then what it comes to.
    fn told(&self, file: &Path) -> String {
        let name = file.display();
        let mut text = String::new();
        let mut line = |told: String| text.extend([&*told, "\n"]);
        for BadCell { line: number, field, expected } in self.bad_rows {
            let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
            line(format!("{name}:{number}: {field}expected {expected}"));
        }
        if self.bad_count > self.bad_rows.len() as u64 {
            line(format!("{name}: {} more rows can't be read", self.bad_count - self.bad_rows.len() as u64));
        }
        self.reconciliation.findings.iter().for_each(|finding| line(told(finding)));
        for (status, count) in &self.reconciliation.summary {
            line(format!("{:<15} {count}", status.word()));
        }
        if self.reconciliation.outside > 0 {
            line(format!("{:<15} {} rows of other days", "outside", self.reconciliation.outside));
        }
        line(format!("{:<15} {}", "theirs", amounts(&self.reconciliation.theirs)));
        line(format!("{:<15} {}", "ours", amounts(&self.reconciliation.ours)));
        if let Some(Sums { written, of_rows }) = self.sums {
            for (field, amount) in written.present().filter(|(field, amount)| *amount != of_rows.get(*field)) {
                let (written, of_rows) = (Money(amount), Money(of_rows.get(field)));
                line(format!(
                    "the last row says {} {written}, the rows that can be read come to {of_rows}",
                    field.word()
                ));
            }
        }
        text
    }
}

fn told(finding: &Finding) -> String {
    let lines: Vec<String> = finding.lines.iter().map(u64::to_string).collect();
    let also: String = finding.also.iter().map(|status| format!(", {}", status.word())).collect();
    let rows = if lines.is_empty() { String::new() } else { format!("  line {}", lines.join(", ")) };
    let movements =
        if finding.movements.is_empty() { String::new() } else { format!("  {}", finding.movements.join(", ")) };
    let (status, difference) = (finding.status.word(), amounts(&finding.difference));
    format!("{status}{also}{rows}{movements}  difference {difference}")
}

/// Each amount that the file has.
fn amounts(totals: &Totals) -> String {
    let parts = totals.present().map(|(field, amount)| format!("{} {}", field.word(), Money(amount)));
    parts.collect::<Vec<_>>().join(", ")
}
