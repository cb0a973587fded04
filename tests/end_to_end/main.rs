//! AVIS as its users meet it: the real program, its files and its HTTP.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod admin_health;
mod administration;
mod anchored;
mod authorizations;
mod beginning;
mod beside;
mod broken_folders;
mod check;
mod clients;
mod cluster;
mod console;
mod control;
mod decide;
mod demo;
mod demo_cluster;
mod deployment;
mod docs_page;
mod doctor;
mod encryption;
mod from_draft_to_till;
mod full_disk;
mod hostile;
mod interrupted;
mod ledger_rows;
mod loyalty;
mod members;
mod offline;
mod one_price;
mod people;
mod plane;
mod points_in_mid_flight;
mod points_rows;
mod power_cuts;
mod program;
mod public_cases;
mod quote;
mod readme;
mod reconcile;
mod remote;
mod request_log;
mod restored;
mod rolling_restart;
mod schemathesis;
mod security;
mod serve;
mod settings;
mod settled;
mod silent;
mod simulator;
mod standing_in;
mod statement;
mod storm;
mod story_of_points;
mod tampered;
mod tapping;
mod terminal;
mod test_means;
mod trace;
mod training;
mod two_engines;
mod two_engines_points;
mod whole_story;
