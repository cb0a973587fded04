//! What the program can do, one file a command.

mod anchor;
mod audit;
mod backup;
mod benefit;
mod check;
mod completions;
mod config;
mod day;
mod decide;
mod demo;
mod doctor;
mod export;
mod import;
mod init;
mod key;
mod lists;
mod man;
mod migrate;
mod party;
mod people;
mod reconcile;
mod replay;
mod report;
mod restore;
mod serve;
mod sign_in;
mod statement;
mod status;
mod user;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::{self, Failure};
use crate::settings::{Settings, Sources};

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    Decide(decide::Decide),
    Check(check::Check),
    Demo(demo::Demo),
    Serve(serve::Serve),
    Init(init::Init),
    Import(import::Import),
    /// Prints the version of this program.
    Version,
    Export(export::Export),
    #[command(name = "key")]
    Keys(key::Keys),
    #[command(name = "user")]
    Users(user::Users),
    SignIn(sign_in::SignIn),
    SignOut(sign_in::SignOut),
    #[command(name = "benefit")]
    Benefits(benefit::Benefits),
    People(people::People),
    #[command(name = "party")]
    Parties(party::Parties),
    Day(day::Day),
    Report(report::Report),
    #[command(name = "statement")]
    Statements(statement::Statements),
    Reconcile(reconcile::Reconcile),
    Status(status::Status),
    Audit(audit::Audit),
    Events(audit::Events),
    Config(config::Config),
    Doctor(doctor::Doctor),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Migrate(migrate::Migrate),
    Replay(replay::Replay),
    Man(man::Man),
    Completions(completions::Completions),
}

impl Command {
    /// Runs it. Where the settings can't be used, only the doctor has more to say than that.
    pub(crate) fn run(self, loaded: Result<(Settings, Sources), Failure>) -> Result<ExitCode, Failure> {
        let (settings, sources) = match (&self, loaded) {
            (_, Ok(loaded)) => loaded,
            (Self::Doctor(doctor), Err(failure)) => return doctor.run(Err(failure)),
            (_, Err(failure)) => return Err(failure),
        };
        let settings = &settings;
        match self {
            Self::Decide(decide) => decide.run(settings),
            Self::Check(check) => check.run(settings),
            Self::Demo(demo) => demo.run(settings),
            Self::Serve(serve) => serve.run(settings),
            Self::Init(init) => init.run(),
            Self::Import(import) => import.run(settings),
            Self::Version => {
                let version = writeln!(io::stdout(), "avis {}", env!("CARGO_PKG_VERSION"));
                failure::written(version).map(|()| ExitCode::SUCCESS)
            }
            Self::Export(export) => export.run(settings),
            Self::Keys(keys) => keys.run(settings),
            Self::Users(users) => users.run(settings),
            Self::SignIn(sign_in) => sign_in.run(),
            Self::SignOut(sign_out) => sign_out.run(),
            Self::Benefits(benefits) => benefits.run(),
            Self::People(people) => people.run(),
            Self::Parties(parties) => parties.run(),
            Self::Day(day) => day.run(),
            Self::Report(report) => report.run(),
            Self::Statements(statements) => statements.run(),
            Self::Reconcile(reconcile) => reconcile.run(settings),
            Self::Status(status) => status.run(settings),
            Self::Audit(audit) => audit.run(settings),
            Self::Events(events) => events.run(settings),
            Self::Config(config) => config.run(&sources),
            Self::Doctor(doctor) => doctor.run(Ok(settings)),
            Self::Backup(backup) => backup.run(settings),
            Self::Migrate(migrate) => migrate.run(settings),
            Self::Restore(restore) => restore.run(),
            Self::Replay(replay) => replay.run(settings),
            Self::Man(man) => man.run(),
            Self::Completions(completions) => completions.run(),
        }
    }
}
