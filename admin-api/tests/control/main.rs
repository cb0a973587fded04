//! The control plane through its real HTTP handlers, on a store in a folder: who may do what, and what every answer promises.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod added_up;
mod attacks;
mod both_make;
mod both_sides;
mod bounds;
mod breaking;
mod consultations;
mod coupons;
mod disputes;
mod drafts;
mod erasing;
mod explaining;
mod filters;
mod forger;
mod forms;
mod ground;
mod groups;
mod imports;
mod laws;
mod lists;
mod manners;
mod members;
mod office;
mod oidc;
mod own_days;
mod parties;
mod people;
mod planted;
mod points;
mod prices;
mod priorities;
mod profiles;
mod programmes;
mod records;
mod relatives;
mod reports;
mod residents;
mod resolving;
mod resuming;
mod runs;
mod schedules;
mod separation;
mod services;
mod settlement;
mod sign_in;
mod stores;
mod terminals;
mod through;
mod till;
mod trying;
mod unmade;
mod uplift;
mod uploads;
mod users;
mod walk;
mod workbooks;
mod world;
