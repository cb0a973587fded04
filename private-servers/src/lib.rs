//! Real servers for a while: PostgreSQL and Redis on loopback, in folders of their own, gone when the process that started
//! them ends, however it ends. For the demo of a cluster, and for tests. On Unix only.

#![forbid(unsafe_code)]

mod error;
mod folder;
mod postgres;
mod program;
mod redis;
mod watchdog;

pub use error::ServerError;
pub use folder::new_folder;
pub use postgres::{Durability, PrivatePostgres};
pub use program::Program;
pub use redis::{Encrypted, PrivateRedis};
pub use watchdog::Watchdog;

/// A port of loopback that was free just now.
fn free_port() -> Result<u16, ServerError> {
    let bound = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|error| ServerError::System { what: "a free port".to_owned(), error })
}
