//! `avis backup`: a copy of an installation as of one moment.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use avis_store::sqlite::{self, Content};
use clap::Args;
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde_json::json;

use crate::command::status::altered_lines;
use crate::failure::{self, Failure};
use crate::settings::Settings;

/// Copies an installation with its identifier key to a new folder, as of one moment; a process that serves it goes on.
///
/// `avis restore` brings it back, and notices when the copy is damaged or was changed. A row of the installation that is not what
/// was committed is copied and named (exit code 1).
#[derive(Args)]
#[command(after_help = "Example:\n  avis backup --folder avis-data --to /mnt/copies/2026-11-24")]
pub(crate) struct Backup {
    /// Where the installation is.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// A folder that is not there yet.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Write a JSON document.
    #[arg(long)]
    json: bool,
}

/// How often the spinner turns.
const TURN: std::time::Duration = std::time::Duration::from_millis(100);

impl Backup {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        if settings.cluster.database().is_some() {
            return Err(Failure::new(
                "the ledger is in a database (`cluster.database`): copy that with its own tools, such as pg_dump, and keep \
                 `identifier.key` apart from it",
            ));
        }
        let progress = ProgressBar::new_spinner().with_message("copying");
        progress.enable_steady_tick(TURN);
        let copied = sqlite::back_up(&self.folder, &self.to, Timestamp::now());
        progress.finish_and_clear();
        let content = copied.map_err(Failure::of)?;
        let text = if self.json { document(&content) } else { described("backed up", &content) };
        failure::written(write!(io::stdout(), "{text}"))?;
        Ok(ExitCode::from(u8::from(content.altered.count > 0)))
    }
}

/// What a backup holds, for a program.
fn document(content: &Content) -> String {
    let Content { made_at, incarnation, revision, rows, ledger, altered } = content;
    let rows: BTreeMap<_, _> = rows.iter().map(|(kind, count)| (kind, count)).collect();
    let states: BTreeMap<_, _> = ledger.authorizations.iter().map(|(state, count)| (state, count)).collect();
    let document = json!({
        "made_at": made_at, "incarnation": incarnation.to_string(), "revision": revision, "rows": rows,
        "requests": ledger.requests, "authorizations": states, "altered": altered,
    });
    format!("{document:#}\n")
}

/// What a backup holds, for people.
pub(super) fn described(done: &str, content: &Content) -> String {
    let Content { made_at, incarnation, revision, rows, ledger, altered } = content;
    let mut text = format!("{done}: revision {revision} of incarnation {incarnation}, as of {made_at}\n");
    for (kind, count) in rows {
        text += &format!("  {kind}: {count}\n");
    }
    text += &format!("  requests answered: {}\n", ledger.requests);
    for (state, count) in &ledger.authorizations {
        text += &format!("  {state}: {count}\n");
    }
    if altered.count > 0 {
        altered_lines(&mut text, altered);
    }
    text
}
