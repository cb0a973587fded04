//! The interfaces of AVIS's stores, what they promise, and their adapters.

pub mod postgres;
pub mod records;
pub mod redis;
pub mod sqlite;

mod accounts;
mod announcing;
mod answer;
mod audit;
mod authorities;
mod background;
mod bytes;
mod chain;
mod claims;
mod clock;
mod committing;
mod days;
mod erasing;
mod giving_way;
mod ledger;
mod local_snapshot;
mod lookup;
mod means;
mod movements;
mod record;
mod recorded;
mod recording;
mod registry;
mod reports;
mod revision;
mod row;
mod schema_step;
mod sealing;
mod signal;
mod spill;
mod staging;
mod stand_in;
mod store;

pub use accounts::{
    AccountEntry, AccountOperation, Accounts, Bought, PointsAtProvider, PointsFigures, PointsOfRule, PointsPaid,
};
pub use announcing::Announcing;
pub use answer::{AuthorizationAnswer, NothingReversed, ReversedBefore};
pub use audit::{
    Act, Actor, ActorKind, AlteredRows, Anchor, Audit, AuditEntry, AuditFilter, AuditObject, Broken, RowName,
    SequencedEntry,
};
pub use background::{Background, Control};
pub use clock::{Clock, SystemClock};
pub use days::{
    ChangeSink, ClosedDay, DAY_KIND, DAYS_CLOSED_MAX, DayAnswer, Days, DaysError, EntryOf, PairMonth, ReadRecords,
    TERMINAL_DAY_KIND, TallyVerification, ToldDay, WholeMonth, Whose, closed_by_all,
};
pub use erasing::Erased;
pub use giving_way::give_way;
pub use ledger::{
    AccountChange, AccountTask, AwayDecision, IdempotencyKey, Ledger, LedgerError, NewAuthorization, OfflineAnswer,
    Pending, ReadBack, Recording, Refused, Statistics, Task, Verdict,
};
pub use local_snapshot::{
    Entry as LocalSnapshotEntry, LocalSnapshot, LocalSnapshotError, NotWritten, PackedHolders, PackedRow,
};
pub use lookup::{Lookup, without_coupons};
pub use means::{KeptMeans, TapCode, means_id, tap_code_key};
pub use movements::{Cursor, Followed, Mark, Movements, MovementsError, Sink, StoredMovement, UnreadableMovement};
pub use record::{Advised, Record, UnreadableRecord};
pub use recorded::{Metered, Recorded, RecordedError, RecordedFilter};
pub use registry::{EngineReport, Header, History, Nodes, Registry};
pub use reports::{
    Authorizations, Between, Borne, BusinessDates, ClosedDays, Entries, Mover, Posting, PostingSink, Reports, Taken,
    Tallied, Tallies, TallyPart, TallyRow, TallySink, UNSEALED_MAX, Wanted,
};
pub use revision::{Digest, Digests, Head, Revision, RowHasher, RulesRead};
pub use row::{Kind, Row, Scope, version_key, version_of_key};
pub use sealing::{BrokenSeal, SealKey, Verification};
pub use signal::{Hints, LocalSignal, Signal};
pub use spill::unnamed_file;
pub use stand_in::{Knowledge, OpenCluster, StandIn, StandInLimits, StandInStanding};
pub use store::{
    Commit, Committed, Counts, Interrupted, NewRow, RowFault, Store, StoreError, Stored, Unchanged, Unchecked,
};
