//! `avis completions`: what a shell needs to complete commands and options, made of what `--help` says.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::failure::{self, Failure};

/// Prints what a shell needs to complete commands and options of `avis`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  avis completions bash > /usr/local/share/bash-completion/completions/avis
  avis completions zsh > /usr/local/share/zsh/site-functions/_avis
  avis completions fish > /usr/local/share/fish/vendor_completions.d/avis.fish
  source <(avis completions bash)    for this shell alone")]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::Arguments::command(), "avis", &mut script);
        failure::written(io::stdout().write_all(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
