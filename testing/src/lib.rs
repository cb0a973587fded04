//! Real servers for tests: private, on loopback, gone when the tests end, however they end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "only tests use it, and a test may stop at what it does not expect"
)]

mod folder;
mod hang;
mod postgres;
mod programs;
mod proxy;
mod redis;
mod watchdog;

pub use hang::end_if_it_hangs;
pub use postgres::{Durability, PrivatePostgres};
pub use proxy::{Direction, Proxy};
pub use redis::{Encrypted, PrivateRedis};

/// A port of loopback that was free just now.
fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
