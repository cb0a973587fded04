//! The engine of AVIS in memory, and the endpoints that terminals call.

pub mod http;

mod credentials;
mod directory;
mod engine;
mod metrics;

pub use credentials::{Credentials, CredentialsError, KEY_CHARACTERS_MIN, Terminal};
pub use directory::{Directory, PackedHolder, Refusal};
pub use engine::{Engine, LOADED_REVISION};
pub use metrics::Metrics;
