//! What tests need: real servers of their own, wires to break, and an end for what hangs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "only tests use it, and a test may stop at what it does not expect"
)]

mod authority;
mod folder;
mod hang;
mod identity_provider;
mod proxy;
mod servers;
mod waiting;

pub use authority::Authority;
pub use avis_private_servers::{Durability, Encrypted, PrivatePostgres, PrivateRedis};
pub use folder::TempFolder;
pub use hang::end_if_it_hangs;
pub use identity_provider::IdentityProvider;
pub use proxy::{Direction, Proxy};
pub use servers::{
    encrypted_redis, install_browser, install_what_is_missing, own_postgres, own_redis, postgres, redis,
};
pub use waiting::{DEADLINE, KillAtDeadline, SetOnDrop, Together, eventually};
