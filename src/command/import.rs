//! `avis import`: rules, holders and terminals from files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use avis_admin::http::Asked;
use avis_admin::import::Imported;
use clap::Args;

use crate::failure::{self, Failure};
use crate::files;
use crate::operator::Administered;
use crate::settings::Settings;

/// Imports files, each whole or not at all with every reason. What a file does not name stays as it is.
///
/// Works while the folder is served, and while it is not. A file that was imported already changes nothing. A published version
/// of a benefit never changes, but for its suspensions and its end.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis import --folder avis-data --catalogue demo/catalogue.json --terminals demo/terminals.json\n  avis import --folder avis-data --holders demo/holders.ndjson --dry-run    say what it would do\n\nExit code: 0 if all was imported, 2 with the reasons if not."
)]
pub(crate) struct Import {
    /// Where everything is; made if it is missing.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// The rules: a JSON document.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["holders", "terminals"])]
    catalogue: Option<PathBuf>,
    /// The holders: one JSON document a line.
    #[arg(long, value_name = "FILE")]
    holders: Option<PathBuf>,
    /// Who may call: a JSON document.
    #[arg(long, value_name = "FILE")]
    terminals: Option<PathBuf>,
    /// Say what it would do, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Why, for the audit.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Import {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let administered = Administered::reach_or_make(&self.folder, settings)?;
        let files = [("catalogue", &self.catalogue), ("holders", &self.holders), ("terminals", &self.terminals)];
        for (what, path) in files.into_iter().filter_map(|(what, path)| Some((what, path.as_deref()?))) {
            let imported = self.import(&administered, what, path)?;
            failure::written(writeln!(io::stdout(), "{}", told(what, &imported, self.dry_run)))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn import(&self, administered: &Administered, what: &str, path: &Path) -> Result<Imported, Failure> {
        let file = files::open(path)?;
        let progress = files::progress(path, &file);
        let query = Asked { actor: None, reason: self.reason.clone(), dry_run: self.dry_run };
        let imported = administered.send(what, &query, progress.wrap_read(file));
        progress.finish_and_clear();
        imported.map_err(|refused| {
            let name = path.display();
            if refused.faults.is_empty() {
                return Failure::of_file(path, refused.detail);
            }
            // As in every message about a file: its name, the line where there are lines, the place.
            let told = refused.faults.iter().map(|fault| match fault.line {
                Some(_) => format!("{name}:{fault}"),
                None => format!("{name}: {fault}"),
            });
            Failure::of_many(told.collect())
        })
    }
}

fn told(what: &str, imported: &Imported, dry_run: bool) -> String {
    let counts = &imported.counts;
    let would = if dry_run { "would be " } else { "" };
    let counted = format!(
        "{} {would}added, {} {would}changed, {} are as they were",
        counts.added, counts.changed, counts.unchanged
    );
    format!("{what}: {counted} (revision {})", imported.revision)
}
