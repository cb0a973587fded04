//! The interfaces of AVIS's stores, what they promise, and their adapters.

pub mod postgres;
pub mod redis;
pub mod sqlite;

mod answer;
mod audit;
mod chain;
mod clock;
mod committing;
mod ledger;
mod record;
mod recording;
mod registry;
mod revision;
mod row;
mod signal;
mod store;

pub use clock::{Clock, SystemClock};
pub use ledger::{Ledger, LedgerError, NewAuthorization, Pending, Refused, RequestKey, Statistics, Task, Verdict};
pub use record::{Advised, Record};
pub use registry::{Broken, Header, Registry, SecurityEvent, SecurityEventKind};
pub use revision::{Digest, Digests, Head, Revision, RowHasher};
pub use row::{Kind, Row, Scope, version_key, version_of_key};
pub use signal::{Hints, LocalSignal, Signal};
pub use store::{Commit, Committed, Counts, Interrupted, RowFault, Store, StoreError, Stored, Unchanged};
