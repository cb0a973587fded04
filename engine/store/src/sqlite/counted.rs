//! How many statements a thread ran: tests hold what is asked of a store to a bound. Counted where debug assertions are on alone.

use std::cell::Cell;

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

thread_local! {
    static RUN: Cell<u64> = const { Cell::new(0) };
}

/// Counts what a connection runs.
pub(super) fn watched(mut connection: Connection) -> rusqlite::Result<Connection> {
    if cfg!(debug_assertions) {
        let count = |_: TraceEvent<'_>| RUN.with(|run| run.set(run.get() + 1));
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(count))?;
    }
    Ok(connection)
}

/// Statements of SQLite that this thread ran so far, the beginnings and ends of transactions among them; 0 without debug assertions.
pub fn statements_run() -> u64 {
    RUN.get()
}
