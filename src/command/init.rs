//! `avis init`: a folder to begin with.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::failure::{self, Failure};

/// Makes a folder with a small catalogue and a holder to begin with: files to change and to import.
///
/// Nothing that is there is touched.
#[derive(Args)]
#[command(after_help = "Example:\n  avis init my-rules")]
pub(crate) struct Init {
    /// A folder that is not there yet, or is empty.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// What it makes, by their names.
const FILES: [(&str, &str); 3] = [
    ("catalogue.json", include_str!("init/catalogue.json")),
    ("holders.ndjson", include_str!("init/holders.ndjson")),
    ("catalogue.schema.json", include_str!("../../schema/catalogue.schema.json")),
];

impl Init {
    pub(crate) fn run(&self) -> Result<ExitCode, Failure> {
        make(&self.folder)?;
        let folder = self.folder.display();
        failure::written(write!(
            io::stdout(),
            "made {folder}/catalogue.json and {folder}/holders.ndjson, and {folder}/catalogue.schema.json, by which an editor completes and
checks the rules; what follows serves them:

avis check {folder}/catalogue.json
avis import --folder {folder}/avis --catalogue {folder}/catalogue.json --holders {folder}/holders.ndjson
avis key --folder {folder}/avis create till-1 --provider bus --channels desk --schemes card
avis serve --folder {folder}/avis
"
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn make(folder: &Path) -> Result<(), Failure> {
    let at = |error: io::Error| Failure::of_file(folder, error);
    std::fs::create_dir_all(folder).map_err(at)?;
    if std::fs::read_dir(folder).map_err(at)?.next().is_some() {
        return Err(Failure::of_file(folder, "expected a folder that is not there yet, or is empty"));
    }
    FILES.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text)).map_err(at)
}
