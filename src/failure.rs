//! What ends a command before its work is done.

use std::fmt;
use std::path::Path;

use avis_admin::LineFault;
use avis_core::Faults;
use avis_store::postgres::OpenError;

/// The exit code of a command whose input or surroundings can't be used.
pub(crate) const EXIT_CODE: u8 = 2;

/// Messages for standard error, one a line.
#[derive(Debug)]
pub(crate) struct Failure(Vec<String>);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(vec![message.into()])
    }

    /// An error that says it all.
    pub(crate) fn of(error: impl fmt::Display) -> Self {
        Self::new(error.to_string())
    }

    /// The database that nodes share can't be used: what is away, and what can be asked all the same.
    pub(crate) fn of_database(error: &OpenError) -> Self {
        match error {
            OpenError::Failed(cause) => Self::database_away(cause),
            OpenError::Newer { .. } | OpenError::Older { .. } | OpenError::OtherSchema { .. } | OpenError::OtherKey => {
                Self::of(error)
            }
        }
    }

    /// As [`Failure::of_database`], where only the cause is known.
    pub(crate) fn database_away(cause: &str) -> Self {
        // What the server adds in further lines is in its own log.
        let cause = cause.lines().next().unwrap_or_default();
        Self::new(format!(
            "the database that the nodes share (`cluster.database`) can't be used now: {cause}; engines sell on meanwhile, each \
             tells how it stands at its `/readyz` and `/metrics`, and `avis doctor`, `config`, `check` and `decide` need no database"
        ))
    }

    /// Several messages at once; at least one.
    pub(crate) fn of_many(messages: Vec<String>) -> Self {
        Self(messages)
    }

    /// What it says, on one line.
    pub(crate) fn told(&self) -> String {
        self.0.join("; ").replace('\n', " ")
    }

    /// Something about a file.
    pub(crate) fn of_file(path: &Path, detail: impl fmt::Display) -> Self {
        Self::new(format!("{}: {detail}", path.display()))
    }

    /// Every fault of a file: its name, the line where there are lines, the place.
    pub(crate) fn of_lines(path: &Path, faults: &[LineFault]) -> Self {
        let name = path.display();
        let told = faults.iter().map(|fault| match fault.line {
            Some(_) => format!("{name}:{fault}"),
            None => format!("{name}: {fault}"),
        });
        Self(told.collect())
    }
}

/// What became of writing to the standard output: a reader that has read enough is no failure.
pub(crate) fn written(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Every fault with where the document is, one a line.
pub(crate) fn listed(document: &str, faults: &Faults) -> Vec<String> {
    let mut lines: Vec<String> = faults.list.iter().map(|fault| format!("{document}: {fault}")).collect();
    if faults.unlisted > 0 {
        lines.push(format!("{document}: and {} more", faults.unlisted));
    }
    lines
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, line) in self.0.iter().enumerate() {
            if place > 0 {
                writeln!(out)?;
            }
            write!(out, "avis: {line}")?;
        }
        Ok(())
    }
}
