//! Why a server can't be started, stopped or asked.

use std::io;
use std::path::Path;

use crate::program::Program;

/// Why a private server is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Its program is not there.
    #[error("`{}` is not installed: install the package `{}`", .0.name(), .0.package())]
    Missing(Program),
    /// No account is there under which it would run: it refuses to run as root.
    #[error("a server does not run as root, and there is no account `postgres` or `nobody` for it")]
    NoAccount,
    /// It failed, and said why.
    #[error("{}: {detail}", program.name())]
    Failed {
        /// What failed.
        program: Program,
        /// Its own words, or what it did not do.
        detail: String,
    },
    /// The system refused something.
    #[error("{what}: {error}")]
    System {
        /// What it was asked for.
        what: String,
        /// Its answer.
        error: io::Error,
    },
}

impl ServerError {
    /// Something about a file or folder.
    pub(crate) fn of(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::System { what: path.display().to_string(), error }
    }
}
