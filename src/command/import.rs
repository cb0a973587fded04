//! `avis import`: rules, holders and terminals from files.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use avis_admin::http::CommitOptions;
use avis_admin::import::Imported;
use avis_store::sqlite::Folder;
use clap::Args;

use super::lists::ToPlane;
use crate::failure::{self, Failure};
use crate::files;
use crate::operator::Administered;
use crate::passing_folder::PassingFolder;
use crate::settings::Settings;

/// Imports files, each whole or not at all with every reason. What a file does not name stays as it is.
///
/// Works while the folder is served, and while it is not. A file that was imported already changes nothing. A published version
/// of a benefit never changes, but for its suspensions and its end. A catalogue of which a case fails is refused, with what was expected
/// and what came.
#[derive(Args, Clone)]
#[command(
    after_help = "Examples:\n  avis import --folder avis-data --catalogue demo/catalogue.json --terminals demo/terminals.json\n  avis import --folder avis-data --holders demo/holders.ndjson --dry-run    say what it would do\n  avis import --at https://avis.example.lv --kind entitlements --group seniors --full --list seniors.csv --reason \"monthly list\"\n\nExit code: 0 if all was imported, 2 with the reasons if not."
)]
pub(crate) struct Import {
    /// Where everything is; made if it is missing.
    #[arg(long, value_name = "FOLDER", required_unless_present = "at")]
    folder: Option<PathBuf>,
    /// The rules: a JSON document.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["holders", "terminals", "at"])]
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
    /// Publish the catalogue although cases fail: its own, or those that pass without it and are of the same grantors or of nobody; the audit says so.
    #[arg(long, requires = "catalogue")]
    despite_failing_cases: bool,
    /// Why, for the audit.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    list: ToPlane,
}

impl Import {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        if let Some(at) = &self.list.at {
            self.list.send(at, self.reason.as_deref(), self.dry_run)?;
            return Ok(ExitCode::SUCCESS);
        }
        let folder = self.folder.clone().unwrap_or_default();
        let is_new = !Folder::is_installation(&folder).map_err(Failure::of)?;
        if !self.dry_run {
            let made = Made::before(&folder);
            let imported = self.import_into(&folder, settings);
            if imported.is_err() && is_new {
                made.undo();
            }
            imported?;
        } else if is_new && settings.cluster.database().is_none() {
            // Imported for real into a folder that is forgotten.
            let passing = PassingFolder::new();
            Self { dry_run: false, ..self.clone() }
                .import_all(&Administered::reach_or_create(&passing.0, settings)?, true)?;
        } else {
            self.import_all(&Administered::reach(&folder, settings)?, true)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn import_into(&self, folder: &Path, settings: &Settings) -> Result<(), Failure> {
        let administered = Administered::reach_or_create(folder, settings)?;
        self.import_all(&administered, false)?;
        administered.finish()
    }

    /// Imports the files in the order in which they build on each other.
    fn import_all(&self, administered: &Administered, is_tried: bool) -> Result<(), Failure> {
        let files = [("catalogue", &self.catalogue), ("holders", &self.holders), ("terminals", &self.terminals)];
        for (what, path) in files.into_iter().filter_map(|(what, path)| Some((what, path.as_deref()?))) {
            let imported = self.import(administered, what, path)?;
            failure::written(writeln!(io::stdout(), "{}", told(what, &imported, is_tried)))?;
        }
        Ok(())
    }

    fn import(&self, administered: &Administered, what: &str, path: &Path) -> Result<Imported, Failure> {
        let file = files::open(path)?;
        let progress = files::progress(path, &file);
        let query = CommitOptions {
            actor: None,
            reason: self.reason.clone(),
            dry_run: self.dry_run,
            providers: self.providers_of_the_catalogue(what)?,
            despite_failing_cases: self.despite_failing_cases && what == "catalogue",
        };
        let imported = administered.send(what, &query, progress.wrap_read(file));
        progress.finish_and_clear();
        imported.map_err(|refused| {
            if refused.faults.is_empty() {
                return Failure::of_file(path, refused.detail);
            }
            Failure::of_lines(path, &refused.faults)
        })
    }

    /// The providers that the catalogue of this command brings: terminals are judged together with it, also where nothing is
    /// imported.
    fn providers_of_the_catalogue(&self, what: &str) -> Result<Option<String>, Failure> {
        match &self.catalogue {
            Some(path) if what == "terminals" && self.dry_run => {
                let catalogue = files::catalogue(path)?;
                let codes: Vec<&str> = catalogue.providers.iter().map(|provider| &*provider.code).collect();
                Ok(Some(codes.join(",")))
            }
            _ => Ok(None),
        }
    }
}

/// What an import makes where there was no installation, so that one that fails leaves nothing.
struct Made {
    folder: PathBuf,
    /// The topmost folder that is missing; none if the folder exists.
    missing: Option<PathBuf>,
    existing: BTreeSet<OsString>,
}

impl Made {
    fn before(folder: &Path) -> Self {
        let missing = folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).last();
        Self { folder: folder.to_owned(), missing: missing.map(Path::to_owned), existing: names(folder).collect() }
    }

    /// Removes what was made since. What can't be removed is left as unfinished, which every other command refuses.
    fn undo(&self) {
        if let Some(missing) = &self.missing {
            let _ = std::fs::remove_dir_all(missing);
            return;
        }
        for name in names(&self.folder).filter(|name| !self.existing.contains(name)) {
            let _ = std::fs::remove_file(self.folder.join(name));
        }
    }
}

fn names(folder: &Path) -> impl Iterator<Item = OsString> {
    std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.file_name()))
}

fn told(what: &str, imported: &Imported, dry_run: bool) -> String {
    let counts = &imported.counts;
    let would = if dry_run { "would be " } else { "" };
    let counted = format!(
        "{} {would}added, {} {would}changed, {} are as they were",
        counts.added, counts.changed, counts.unchanged
    );
    let despite = match imported.failing_cases {
        0 => String::new(),
        count => format!(", although {count} of the cases fail"),
    };
    let warned = match imported.warned_cases {
        0 => String::new(),
        count => format!(", with which {count} of the cases of others fail that passed before"),
    };
    format!("{what}: {counted}{despite}{warned} (revision {})", imported.revision)
}
