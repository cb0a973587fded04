//! `avis check`: validates a catalogue and runs the cases beside its rules.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use avis_admin::{CaseRunner, FailedCase};
use avis_core::Catalogue;
use clap::Args;

use crate::failure::{self, Failure};
use crate::files;
use crate::settings::Settings;

/// Validates a catalogue and runs the cases beside its rules.
///
/// Names every fault with its place (exit code 2), and of every case that fails the part of the answer that is not as
/// expected (exit code 1).
#[derive(Args)]
#[command(after_help = "Example:\n  avis check demo/catalogue.json")]
pub(crate) struct Check {
    /// The rules: a JSON document.
    catalogue: PathBuf,
}

impl Check {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let catalogue = files::catalogue(&self.catalogue)?;
        let runner = CaseRunner { secret: files::passing_secret()?, zone: settings.zone()? };
        let failed = runner.failed(&catalogue);
        let report: String = failed.iter().map(told).collect();
        failure::written(writeln!(io::stdout(), "{report}{}", summary(&catalogue, failed.len())))?;
        Ok(ExitCode::from(u8::from(!failed.is_empty())))
    }
}

fn summary(catalogue: &Catalogue, failed: usize) -> String {
    let (versions, cases) = (catalogue.benefits.len(), catalogue.cases.len());
    match failed {
        0 => format!("ok: {versions} versions of benefits are valid, {cases} cases pass"),
        _ => format!("{failed} of {cases} cases fail; {versions} versions of benefits are valid"),
    }
}

fn told(failed: &FailedCase) -> String {
    let faults: String = failed.faults.iter().map(|fault| format!("        {fault}\n")).collect();
    format!("FAILED  {}\n{faults}", failed.name)
}
