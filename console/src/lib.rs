//! The console of AVIS: pages on which the people of the parties do their daily work, made on the server. A page asks the control
//! plane what a program would ask, under the same policy, and shows no control that the policy refuses. All of it works without a
//! script; htmx spares reloading where there is one.

mod assets;
mod fields;
mod formats;
mod http;
mod language;
mod layout;
mod multipart;
mod pages;
mod reading;
mod searching;
mod sentence;
mod simulator;
mod texts;
mod view;
mod visit;
mod why;

pub use http::routes;
pub use simulator::{Setup as SimulatorSetup, Simulator};
