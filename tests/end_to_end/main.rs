//! AVIS as its users meet it: the real program, its files and its HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod administration;
mod authorizations;
mod check;
mod cluster;
mod decide;
mod demo;
mod program;
mod quote;
mod schemathesis;
mod serve;
