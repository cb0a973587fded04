//! Following, simulated: the product's own follower on a store, a signal and a clock that a seed decides. No threads, no time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod clock;
mod directed;
mod node;
mod office;
mod random;
mod reader;
mod rows;
mod seeds;
mod store;
mod world;
