//! The engine of AVIS in memory, and the endpoints that terminals call.

pub mod http;

mod credentials;
mod directory;
mod engine;
mod guessing;
mod metrics;

pub use credentials::{Credentials, CredentialsError, KEY_CHARACTERS_MIN, Scope, Terminal};
pub use directory::{Directory, PackedHolder, Refusal};
pub use engine::{Engine, LOADED_REVISION};
pub use guessing::Guessing;
pub use metrics::Metrics;
