//! `avis check`: validates a catalogue and runs the cases beside its rules.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use avis_admin::{CaseRunner, FailedCase, LineFault, import};
use avis_core::limits::CATALOGUE_BYTES_MAX;
use avis_core::telling::Language;
use avis_core::{Catalogue, Faults};
use clap::Args;
use serde_json::Value;

use crate::failure::{self, Failure};
use crate::files;
use crate::operator::Administered;
use crate::settings::Settings;
use crate::tree;

/// Validates a catalogue and runs the cases beside its rules.
///
/// Names every fault with its place (exit code 2), and of every case that fails the part of the answer that is not as
/// expected (exit code 1).
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis check demo/catalogue.json\n  avis check next-version.json --beside demo/catalogue.json\n  avis check next-version.json --beside avis-data    beside what is published in an installation"
)]
pub(crate) struct Check {
    /// The rules: a JSON document.
    catalogue: PathBuf,
    /// Rules beside which it is checked, as it would be imported: a file may be a single new version then. Other files, or the
    /// folder of an installation.
    #[arg(long, value_name = "FILE|FOLDER")]
    beside: Vec<PathBuf>,
    /// The language of what a failing case got, and why.
    #[arg(long, value_name = "lv|en", default_value = "en")]
    language: Language,
}

impl Check {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let catalogue = self.catalogue(settings)?;
        let runner = CaseRunner { secret: files::passing_secret(settings)?, zone: settings.zone()? };
        let failed = runner.failed(&catalogue);
        let mut report = Vec::new();
        for case in &failed {
            // Writing to memory can't fail.
            let _ = told(&mut report, &runner, &catalogue, case, self.language);
        }
        let summary = summary(&catalogue, failed.len());
        failure::written(io::stdout().write_all(&report).and_then(|()| writeln!(io::stdout(), "{summary}")))?;
        Ok(ExitCode::from(u8::from(!failed.is_empty())))
    }
}

impl Check {
    fn catalogue(&self, settings: &Settings) -> Result<Catalogue, Failure> {
        let others: Vec<Value> = self.beside.iter().map(|path| rules(path, settings)).collect::<Result<_, _>>()?;
        let json = files::read(&self.catalogue, CATALOGUE_BYTES_MAX)?;
        let catalogue = import::beside(&json, &others).map_err(|faults| Failure::of_lines(&self.catalogue, &faults))?;
        let warnings = Faults { list: catalogue.warnings(), unlisted: 0 };
        // What is beside is warned of when it is checked itself.
        let own = LineFault::located(&json, warnings).into_iter().filter(|warning| warning.entry.is_some());
        for warning in own {
            eprintln!("avis: warning: {}:{warning}", self.catalogue.display());
        }
        Ok(catalogue)
    }
}

/// The rules of a file, or those that an installation has.
fn rules(path: &Path, settings: &Settings) -> Result<Value, Failure> {
    if path.is_dir() {
        let administered = Administered::reach(path, settings)?;
        let published = administered.read("catalogue")?;
        return serde_json::from_reader(published).map_err(|error| Failure::of_file(path, error));
    }
    // Read as a whole first, so that a fault of its own is not told as one of the catalogue.
    files::catalogue(path)?;
    files::document(path)
}

fn summary(catalogue: &Catalogue, failed: usize) -> String {
    let (versions, cases) = (catalogue.benefits.len(), catalogue.cases.len());
    let valid = match versions {
        1 => "1 version of a benefit is valid".to_owned(),
        _ => format!("{versions} versions of benefits are valid"),
    };
    match (failed, cases) {
        (0, 1) => format!("ok: {valid}, 1 case passes"),
        (0, _) => format!("ok: {valid}, {cases} cases pass"),
        (1, _) => format!("1 of {cases} cases fails; {valid}"),
        _ => format!("{failed} of {cases} cases fail; {valid}"),
    }
}

/// What a case got that it does not expect, and why it got that.
fn told(
    out: &mut Vec<u8>,
    runner: &CaseRunner,
    catalogue: &Catalogue,
    failed: &FailedCase,
    language: Language,
) -> io::Result<()> {
    writeln!(out, "FAILED  {}", failed.name)?;
    failed.faults.iter().try_for_each(|fault| writeln!(out, "        {fault}"))?;
    let Some(case) = catalogue.cases.get(failed.place) else { return Ok(()) };
    for (request_id, decision, trace) in runner.explained(catalogue, case) {
        tree::write(out, request_id, &decision, &trace, language)?;
    }
    Ok(())
}
