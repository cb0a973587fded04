//! The parts of a cluster, each to be stopped and started again.

use avis_private_servers::{PrivatePostgres, PrivateRedis};

use super::node::{Launch, Node};
use crate::failure::Failure;

/// What can be stopped, as a crash would, and started again.
pub(super) trait Stops {
    fn runs(&mut self) -> bool;
    fn stop(&mut self) -> Result<(), Failure>;
    fn start_again(&mut self, launch: &Launch) -> Result<(), Failure>;
}

impl Stops for Node {
    fn runs(&mut self) -> bool {
        Self::runs(self)
    }

    fn stop(&mut self) -> Result<(), Failure> {
        self.kill();
        Ok(())
    }

    fn start_again(&mut self, launch: &Launch) -> Result<(), Failure> {
        Self::start_again(self, launch)
    }
}

impl Stops for Server<PrivateRedis> {
    fn runs(&mut self) -> bool {
        self.runs
    }

    fn stop(&mut self) -> Result<(), Failure> {
        self.server.stop();
        self.runs = false;
        Ok(())
    }

    fn start_again(&mut self, _: &Launch) -> Result<(), Failure> {
        self.server.run().map_err(Failure::of)?;
        self.runs = true;
        Ok(())
    }
}

impl Stops for Server<PrivatePostgres> {
    fn runs(&mut self) -> bool {
        self.runs
    }

    fn stop(&mut self) -> Result<(), Failure> {
        // One that can't be stopped ended by itself.
        self.runs = false;
        self.server.stop().map_err(Failure::of)
    }

    fn start_again(&mut self, _: &Launch) -> Result<(), Failure> {
        self.server.run().map_err(Failure::of)?;
        self.runs = true;
        Ok(())
    }
}

/// A server that is stopped now and then.
pub(super) struct Server<T> {
    server: T,
    runs: bool,
}

impl<T> Server<T> {
    pub(super) fn running(server: T) -> Self {
        Self { server, runs: true }
    }
}
