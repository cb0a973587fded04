//! `avis check`: validates a catalogue and runs the cases beside its rules.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use avis_core::document::Case;
use avis_core::{Book, Catalogue, IdentifierSecret, Mismatch, RuleSet, mismatches};
use avis_server::{Directory, Engine};
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
        let rules = Arc::new(RuleSet::compile(&catalogue));
        let secret = files::passing_secret()?;
        let bench = Bench { rules, secret, settings };
        let mut failed = 0;
        let mut report = String::new();
        for case in &catalogue.cases {
            let wrong = bench.run(case)?;
            if !wrong.is_empty() {
                failed += 1;
                report += &format!("FAILED  {}\n        {}\n", case.name, wrong.join("\n        "));
            }
        }
        failure::written(writeln!(io::stdout(), "{report}{}", summary(&catalogue, failed)))?;
        Ok(ExitCode::from(u8::from(failed > 0)))
    }
}

fn summary(catalogue: &Catalogue, failed: usize) -> String {
    let (versions, cases) = (catalogue.benefits.len(), catalogue.cases.len());
    match failed {
        0 => format!("ok: {versions} versions of benefits are valid, {cases} cases pass"),
        _ => format!("{failed} of {cases} cases fail; {versions} versions of benefits are valid"),
    }
}

/// What all cases share.
struct Bench<'a> {
    rules: Arc<RuleSet>,
    secret: IdentifierSecret,
    settings: &'a Settings,
}

impl Bench<'_> {
    /// What is not as a case expects, one a line.
    fn run(&self, case: &Case) -> Result<Vec<String>, Failure> {
        let directory = Directory::default();
        if let Some(holder) = &case.holder
            && let Err(refusal) = directory.add(holder, &self.secret)
        {
            return Ok(vec![format!("/holder{refusal}")]);
        }
        let zone = self.settings.zone()?;
        let engine = Engine::new(directory, self.secret.clone(), zone);
        let mut book = Book::default();
        let mut wrong = Vec::new();
        for (place, (request, expected)) in case.requests.iter().zip(&case.expect).enumerate() {
            let plan = match engine.plan(self.rules.clone(), &case.provider, request.clone()) {
                Ok(plan) => plan,
                Err(faults) => {
                    wrong.push(format!("/requests/{place}{faults}"));
                    continue;
                }
            };
            let decision = plan.decide(&plan.usage(|need| book.sum(need)));
            book.charge(&decision.charges);
            let answer = serde_json::to_value(&decision).unwrap_or_default();
            wrong.extend(mismatches(expected, &answer).iter().map(|mismatch| told(place, mismatch)));
        }
        Ok(wrong)
    }
}

fn told(request: usize, mismatch: &Mismatch) -> String {
    let got = mismatch.got.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
    format!("/expect/{request}{}: expected {}, got {got}", mismatch.pointer, mismatch.expected)
}
