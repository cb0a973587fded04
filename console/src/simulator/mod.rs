//! The till simulator: a till on a real engine, for who wants to see what it does. Its terminals train, so that nothing it sells is
//! real; its whole state stands in the address.

mod answer;
mod drafted;
mod engine;
mod fitting;
mod form;
mod page;
mod play;
mod request;
mod result;
mod setup;
mod shares;
mod state;
mod why;
mod wrong;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use engine::{Engine, Remote};

pub use setup::Setup;

pub(crate) use page::{STEPS, show};

/// The simulator of a node.
pub struct Simulator {
    setup: Setup,
    engine: Arc<dyn Engine>,
}

impl Simulator {
    /// With what a file says; on the engine that it names, else on the one at an address. None where there is neither.
    pub fn new(setup: Setup, own: Option<&str>) -> Option<Self> {
        let engine = Arc::new(Remote::at(setup.engine.as_deref().or(own)?));
        Some(Self { setup, engine })
    }

    /// Whether it is for who did not sign in, too.
    pub(crate) fn is_open(&self) -> bool {
        self.setup.open
    }
}
