//! What all connections share.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

use crate::arrivals::Arrivals;
use crate::contended::Contended;
use crate::outages::Outages;
use crate::owed::Debts;
use crate::people::World;
use crate::report::{Findings, Timings, locked};
use crate::sent::Register;
use crate::target::Target;

/// Unknown identifiers that a terminal presents in a minute. The server allows 120 in a minute of its own, which may lie
/// across two of ours.
const UNKNOWN_PER_MINUTE: u32 = 50;

/// One run.
pub(crate) struct Load {
    pub(crate) world: World,
    pub(crate) target: Target,
    pub(crate) contended: Contended,
    pub(crate) arrivals: Mutex<Arrivals>,
    pub(crate) begun: Instant,
    /// After the beginning: what could not be sent by then is not sent any more.
    pub(crate) give_up: Duration,
    pub(crate) findings: Findings,
    pub(crate) timings: Mutex<Timings>,
    pub(crate) register: Register,
    pub(crate) unknown: Unknown,
    pub(crate) debts: Debts,
    pub(crate) outages: Outages,
    /// Requests whose connection died after they were recorded.
    pub(crate) recovered: AtomicU64,
    /// Arrivals that came too late for every connection.
    pub(crate) unsent: AtomicU64,
    /// Whether the load is over, and nothing is killed any more.
    pub(crate) over: AtomicBool,
}

/// How many unknown identifiers each terminal presented in each minute of the run.
#[derive(Debug, Default)]
pub(crate) struct Unknown(Mutex<HashMap<(usize, u64), u32>>);

impl Unknown {
    /// Whether a terminal may present another one now.
    pub(crate) fn may(&self, terminal: usize, since: Instant) -> bool {
        let mut minutes = locked(&self.0);
        let presented = minutes.entry((terminal, since.elapsed().as_secs() / 60)).or_default();
        *presented += 1;
        *presented <= UNKNOWN_PER_MINUTE
    }
}
