//! Why a batch failed, and what can be done about it.

use tokio_postgres::error::{Severity, SqlState};

use crate::ledger::LedgerError;
use crate::postgres::migration::told;

/// Why a batch failed.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum BatchError {
    /// The connection is gone, so nobody knows what became of it: the same again settles it.
    #[error("the connection to the database is gone: {0}")]
    Lost(String),
    /// It met another one; nothing was recorded, and the same again will do.
    #[error("the database asks to try again: {0}")]
    Again(String),
    /// What it would have written was refused: one of its tasks is to blame.
    #[error("the database refused what was to be recorded: {0}")]
    Refused(String),
    /// The database can't do it now; nothing was recorded.
    #[error("the database failed: {0}")]
    Failed(String),
}

impl BatchError {
    /// What its tasks are told; whether any attempt left open what became of them, the caller knows.
    pub(super) fn told(&self, in_doubt: bool) -> LedgerError {
        match self {
            Self::Lost(_) if !in_doubt => LedgerError::OutOfReach(self.to_string()),
            _ => LedgerError::Failed(self.to_string()),
        }
    }

    /// Whether the connection is of no use any more.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_))
    }
}

impl From<tokio_postgres::Error> for BatchError {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = told(&error);
        let Some(database) = error.as_db_error() else {
            return Self::Lost(text);
        };
        if matches!(database.parsed_severity(), Some(Severity::Fatal | Severity::Panic)) {
            return Self::Lost(text);
        }
        let code = database.code();
        let class = code.code().get(..2).unwrap_or_default();
        match class {
            _ if *code == SqlState::READ_ONLY_SQL_TRANSACTION => Self::Lost(text),
            "40" => Self::Again(text),
            // Data, constraints, and what is too large.
            "21" | "22" | "23" | "54" => Self::Refused(text),
            // Shutting down, and the connection itself.
            "08" | "57" if *code != SqlState::QUERY_CANCELED => Self::Lost(text),
            _ => Self::Failed(text),
        }
    }
}

impl From<deadpool_postgres::PoolError> for BatchError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::Lost(told(&error))
    }
}

impl From<BatchError> for LedgerError {
    fn from(error: BatchError) -> Self {
        Self::Failed(error.to_string())
    }
}
