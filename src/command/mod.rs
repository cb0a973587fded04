//! What the program can do, one file a command.

mod check;
mod decide;
mod demo;
mod serve;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Failure;
use crate::settings::Settings;

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    Decide(decide::Decide),
    Check(check::Check),
    Demo(demo::Demo),
    Serve(serve::Serve),
}

impl Command {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        match self {
            Self::Decide(decide) => decide.run(settings),
            Self::Check(check) => check.run(settings),
            Self::Demo(demo) => demo.run(settings),
            Self::Serve(serve) => serve.run(settings),
        }
    }
}
