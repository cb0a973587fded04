//! AVIS, the program: the command line and the wiring. What is decided and served lives in the crates under `engine/`.

mod command;
mod controlling;
mod failure;
mod files;
mod following;
mod installation;
mod logging;
mod movements;
mod operating;
mod operator;
mod passing_folder;
mod patience;
mod records;
mod remote;
mod reporting;
mod serving;
mod settings;
mod shutdown;
mod simulator;
mod table;
mod told;
mod tree;

use std::process::ExitCode;

use clap::Parser;

/// Decides which public benefits and offers apply to a basket, in which order, and who pays for each cent.
#[derive(Parser)]
#[command(name = "avis", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A file of settings, as `config/default.toml` but with only what differs.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
    #[command(subcommand)]
    command: command::Command,
}

const EXAMPLES: &str = "\
Examples:
  avis demo                           start on the demo data and print requests to try
  avis init my-rules                  make files to begin with
  avis import --folder avis-data …    rules, holders and terminals from files
  avis serve --folder avis-data       serve them, with a ledger that lasts
  avis status --folder avis-data      how it stands
  avis audit --folder avis-data       who did what
  avis events --folder avis-data      what concerns security
  avis sign-in https://avis.example.lv --email anna@riga.lv
  avis benefit list                   as who signed in, from any machine
  avis doctor --folder avis-data      what it would need before it can be served
  avis config                         the settings, and where each comes from
  avis check demo/catalogue.json      validate rules and run the cases beside them
  avis decide --catalogue demo/catalogue.json --holders demo/holders.ndjson \\
              --requests demo/requests.ndjson --provider atd --explain";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let sources = settings::Sources::load(arguments.config.as_deref());
    let loaded = sources.and_then(|sources| Ok((settings::Settings::of(&sources)?, sources)));
    let _log = loaded.as_ref().ok().and_then(|(settings, _)| logging::start(settings.log));
    let done = arguments.command.run(loaded);
    match done {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure::EXIT_CODE)
        }
    }
}
