//! `avis statement`: what grantors owe a provider, from exported movements and a file of contracts.

mod steps;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use avis_admin::LineFault;
use avis_core::limits::CATALOGUE_BYTES_MAX;
use avis_core::settlement::{Money, SettlementFile, Statement};
use clap::Args;

use crate::failure::{self, Failure};
use crate::files;
use crate::movements;
use steps::Step;

/// Makes the statements of what grantors owe for what was sold, or takes those of a control plane through their steps.
///
/// Movements come from `avis export movements`; contracts and the periods of statements from a file as `docs/settlement.md` shows it.
/// It prints a line for each statement, with the hash of its sealed bytes; the bytes themselves go to a folder, or one to the
/// standard output. A file that can't be used is refused whole with every reason and exit code 2. Steps are taken as who signed in (`avis
/// sign-in`), of the statement as it stands.
#[derive(Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Statements {
    #[command(subcommand)]
    step: Option<Step>,
    #[command(flatten)]
    files: Option<Files>,
}

#[derive(Args)]
struct Files {
    /// Contracts and statements: a JSON document.
    settlement: PathBuf,
    /// What was sold and given back: NDJSON, as exported.
    #[arg(long, value_name = "FILE")]
    movements: PathBuf,
    /// Write each statement as `GRANTOR_PROVIDER_NUMBER.csv` (of a draft `draft`) into this folder, with `%` and its code for what
    /// is no small letter, digit, dot or hyphen; a file that is there is not overwritten.
    #[arg(long, value_name = "FOLDER", conflicts_with = "print")]
    output: Option<PathBuf>,
    /// Print the sealed bytes of one statement instead of the list; a draft's number is `draft`.
    #[arg(long, value_name = "GRANTOR/PROVIDER/NUMBER")]
    print: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  avis export --folder avis-data movements --output movements.ndjson
  avis statement demo/settlement.json --movements movements.ndjson
  avis statement demo/settlement.json --movements movements.ndjson --output statements
  avis statement demo/settlement.json --movements movements.ndjson --print lv-state/atd/1 | sha256sum
  avis statement list
  avis statement draft 2026-11-01 2026-12-01 --grantor lv-state
  avis statement issue 0190f6a2-…
  avis statement dispute 0190f6a2-… 3 --claimed 120.50 --reason \"twelve tickets of the 4th are missing\"
  avis statement end 0190f6a2-… 3 --amount 7.15 --reason \"one ticket was found\"
  avis statement agree 0190f6a2-…
  avis statement pay 0190f6a2-… --on 2026-12-20 --reference \"order 2026-118\"
  avis statement show 0190f6a2-… --csv | sha256sum";

impl Statements {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match (self.step, self.files) {
            (Some(step), _) => step.run().map(|()| ExitCode::SUCCESS),
            (None, Some(files)) => files.run(),
            (None, None) => Err(Failure::new("expected a file of contracts and statements, or a step such as `list`")),
        }
    }
}

impl Files {
    fn run(self) -> Result<ExitCode, Failure> {
        let json = files::read(&self.settlement, CATALOGUE_BYTES_MAX)?;
        let refused = |faults| Failure::of_lines(&self.settlement, &LineFault::located(&json, faults));
        let file = SettlementFile::from_json(&json).map_err(refused)?;
        let mut settling = file.settling();
        movements::each(&self.movements, |movement| settling.add(&movement))?;
        let statements = settling.statements().map_err(refused)?;
        match (&self.print, &self.output) {
            (Some(name), _) => {
                let statement = named(&statements, name)?;
                failure::written(io::stdout().write_all(statement.sealed(&file.currency).csv.as_bytes()))?;
            }
            (None, Some(folder)) => write_all(folder, &statements, &file.currency)?,
            (None, None) => {}
        }
        if self.print.is_none() {
            failure::written(io::stdout().write_all(list(&statements, &file.currency).as_bytes()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn named<'s>(statements: &'s [Statement], name: &str) -> Result<&'s Statement, Failure> {
    let name_of = |statement: &Statement| format!("{}/{}/{}", statement.grantor, statement.provider, number(statement));
    statements.iter().find(|statement| name_of(statement) == name).ok_or_else(|| {
        let known: Vec<String> = statements.iter().map(name_of).collect();
        Failure::new(format!("--print: expected one of {}", known.join(", ")))
    })
}

/// The number of a statement as it is named.
fn number(statement: &Statement) -> String {
    statement.number.map_or_else(|| "draft".to_owned(), |number| number.to_string())
}

/// The name of a statement's file: whatever codes are, it is in no other folder, and no two are alike or differ in case alone.
fn file_name(statement: &Statement) -> String {
    format!("{}_{}_{}.csv", plain(&statement.grantor), plain(&statement.provider), number(statement))
}

/// A code with `%` and two digits for each byte that is no small letter, digit, dot or hyphen.
fn plain(code: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let written = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") };
    code.bytes().map(written).collect()
}

fn write_all(folder: &Path, statements: &[Statement], currency: &str) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| Failure::of_file(folder, error))?;
    for statement in statements {
        let path = folder.join(file_name(statement));
        let written = files::create(&path)?.write_all(statement.sealed(currency).csv.as_bytes());
        written.map_err(|error| Failure::of_file(&path, error))?;
    }
    Ok(())
}

fn list(statements: &[Statement], currency: &str) -> String {
    let mut text = String::new();
    for statement in statements {
        let Statement { grantor, provider, period, lines, .. } = statement;
        text.push_str(&format!(
            "{grantor}/{provider}/{}  {} until {}  {} lines  opening {}  total {}  balance {} {currency}\n  sha256 {}\n",
            number(statement),
            period.from(),
            period.until(),
            lines.len(),
            Money(statement.opening),
            Money(statement.total()),
            Money(statement.balance()),
            statement.sealed(currency).hash,
        ));
    }
    text
}
