//! The engine of AVIS in memory, and the endpoints that terminals call.

pub mod http;

mod credentials;
mod directory;
mod engine;
mod follower;
mod guessing;
mod local_copy;
mod metrics;
mod mirror;
mod security;
mod terminal;

pub use credentials::{Credentials, Found};
pub use directory::{Directory, PackedHolder, Packer, Refusal};
pub use engine::{Engine, Known};
pub use follower::{Counted, Followed, Follower, Following, Standing, rules_of};
pub use guessing::Guessing;
pub use local_copy::{LocalCopy, LocalCopyPlan};
pub use metrics::Metrics;
pub use mirror::{Exactness, Mirror};
pub use security::SecurityLog;
pub use terminal::{KEY_CHARACTERS_MIN, Key, KeyHash, Scope, Terminal};
