//! How long commands wait for who answers them: a process that is stopped answers nothing.

use std::time::Duration;

/// Until a question or a change is answered: a change waits for who writes before it, 30 seconds at most.
pub(crate) const ANSWER: Duration = Duration::from_secs(40);

/// Between two pieces of a file, either way.
pub(crate) const PIECE: Duration = Duration::from_mins(5);

/// Until what was sent as a file, or is verified as a whole, is answered.
pub(crate) const WORK: Duration = Duration::from_hours(4);
