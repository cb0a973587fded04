//! `avis replay`: decides records again from what they read, and compares.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use avis_admin::control::differences;
use avis_core::telling::Language;
use avis_core::{Mismatch, RuleSet};
use avis_store::RulesRead;
use clap::Args;
use uuid::Uuid;

use crate::failure::{self, Failure};
use crate::records::Records;
use crate::settings::Settings;
use crate::{files, tree};

/// Decides authorizations again, from what they read when they were made, and compares with what was recorded.
///
/// The rules are those of the record's revision, whatever was published since. Says of each whether it comes out the same; exit
/// code 1 if one does not, or is not there. What a terminal granted offline is compared with what would have been decided.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis replay --folder avis-data 0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11\n  … --explain    why, as a tree"
)]
pub(crate) struct Replay {
    /// Where the ledger is; of a cluster's node, where its key is.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// Other rules than those of then: a JSON document.
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Tell why, too.
    #[arg(long)]
    explain: bool,
    /// The language of what is told to people.
    #[arg(long, value_name = "lv|en", default_value = "en")]
    language: Language,
    /// The authorizations.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<Uuid>,
}

impl Replay {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let others = self.catalogue.as_deref().map(files::catalogue).transpose()?;
        let others = others.map(|catalogue| Arc::new(RuleSet::compile(&catalogue)));
        let records = Records::reach(&self.folder, settings)?;
        let mut all_same = true;
        let mut out = io::stdout();
        for id in self.ids {
            let Some((record, reading)) = records.record(id)? else {
                all_same = false;
                failure::written(writeln!(out, "{id}: there is no such record"))?;
                continue;
            };
            let rules = match &others {
                Some(others) => others.clone(),
                None => rules_of_then(&records, record.rules)?,
            };
            if reading.is_erased() {
                return Err(Failure::new(format!("{id}: what was read was erased with the person")));
            }
            let again = reading.decide_again(rules);
            let (decision, _, trace) = again.map_err(|faults| Failure::new(format!("{id}: {faults}")))?;
            if self.explain {
                failure::written(tree::write(&mut out, record.request_id, &decision, &trace, self.language))?;
            }
            let wrong = differences(&record, &decision);
            all_same &= wrong.is_empty();
            failure::written(writeln!(out, "{id}: {}", told(&wrong)))?;
        }
        Ok(ExitCode::from(u8::from(!all_same)))
    }
}

/// The rules that a record was decided by.
fn rules_of_then(records: &Records, read: RulesRead) -> Result<Arc<RuleSet>, Failure> {
    let rows = records.rules_read(read)?;
    let rules = avis_server::rules_of(&rows);
    rules.map(Arc::new).ok_or_else(|| Failure::new(format!("there were no rules at revision {}", read.revision)))
}

fn told(wrong: &[Mismatch]) -> String {
    if wrong.is_empty() {
        return "the same".to_owned();
    }
    let parts = wrong.iter().map(|mismatch| {
        let got = mismatch.got.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
        format!("\n  {}: recorded {}, now {got}", mismatch.pointer, mismatch.expected)
    });
    format!("differs{}", parts.collect::<String>())
}
