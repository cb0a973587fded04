//! Settlement: statements, held against cases that were counted by hand and against a naive reading on random ledgers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod cases;
mod matching;
mod naive;
mod naive_matching;
mod naive_statements;
mod properties;
mod reconciliation;
mod reports;
mod shop;
mod stated;
mod world;
