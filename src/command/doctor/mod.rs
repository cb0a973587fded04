//! `avis doctor`: what a folder and its settings need before they can be served.

mod disk;
mod finding;
mod folder;
mod reached;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use self::finding::{Findings, Verdict};
use crate::failure::Failure;
use crate::settings::Settings;

/// Checks a folder and the settings, and says what they need before they can be served. Changes nothing.
///
/// Each line is `ok`, a `warning` that does not keep it from being served, or a `problem` that does, with what to do about it. A
/// folder that is being served now can be checked, too.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis doctor --folder avis-data\n  avis --config avis.toml doctor --folder avis-data --json   for a program\n\nExit code: 1 if there is a problem, 0 if there is none."
)]
pub(crate) struct Doctor {
    /// Where everything is, or will be.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// Write a JSON document instead of lines.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) fn run(&self, settings: Result<&Settings, Failure>) -> Result<ExitCode, Failure> {
        let mut findings = Findings::default();
        let settings = match settings {
            Ok(settings) => {
                findings.add(Verdict::Ok, "settings", settings.shape());
                Some(settings)
            }
            Err(failure) => {
                let says = format!("{}; what depends on them is not checked", failure.told());
                findings.add(Verdict::Problem, "settings", says);
                None
            }
        };
        let folder = folder::check(&self.folder, settings, &mut findings);
        if let Some(settings) = settings {
            reached::check(settings, &folder, &mut findings);
        }
        disk::check(&self.folder, &mut findings);
        findings.show(self.json)?;
        Ok(ExitCode::from(u8::from(findings.have_problem())))
    }
}
