//! A password as somebody types it, which is not shown, or as a program feeds it.

use std::io::{self, IsTerminal, Write};
use std::process::Command;

use crate::failure::Failure;

/// Reads a line that is not shown.
///
/// # Errors
/// No line, or an empty one.
pub(crate) fn ask_password(prompt: &str) -> Result<String, Failure> {
    let is_typed = io::stdin().is_terminal();
    if is_typed {
        eprint!("{prompt}");
        io::stderr().flush().map_err(Failure::of)?;
        let _ = Command::new("stty").arg("-echo").status();
    }
    let line = read_line();
    if is_typed {
        let _ = Command::new("stty").arg("echo").status();
        eprintln!();
    }
    line?.filter(|line| !line.is_empty()).ok_or_else(|| Failure::new("expected a line on the standard input"))
}

fn read_line() -> Result<Option<String>, Failure> {
    let mut line = String::new();
    let count = io::stdin().read_line(&mut line).map_err(Failure::of)?;
    Ok((count > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}
