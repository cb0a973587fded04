//! The engine of AVIS in memory, and the endpoints that terminals call.

pub mod http;

mod credentials;
mod directory;
mod engine;
mod follower;
mod identifier_throttle;
mod local_copy;
mod metrics;
mod security;
mod sequences;
mod sha256;
mod terminal;
mod terminal_calls;
mod usage_cache;

pub use credentials::{Credentials, Found};
pub use directory::{Directory, PackedHolder, Packer, Refusal};
pub use engine::{Engine, Known};
pub use follower::{Counted, Followed, Follower, Following, Standing, catalogue_of, rules_of};
pub use identifier_throttle::IdentifierThrottle;
pub use local_copy::{LocalCopy, LocalCopyPlan};
pub use metrics::{AdminMetrics, Metrics};
pub use security::{SecurityLog, terminal_security_events};
pub use sequences::Sequences;
pub use terminal::{KEY_CHARACTERS_MIN, Key, KeyHash, Scope, Terminal};
pub use terminal_calls::{CallsOfTerminal, RefusedCall, TERMINAL_CALLS_KIND, TerminalCalls};
pub use usage_cache::{UsageCache, UsageConfidence};
