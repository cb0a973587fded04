//! What was sold while a part of the cluster was away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::report::locked;

/// Sales that were answered, by what was away then.
#[derive(Debug, Default)]
pub(crate) struct Outages(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Which parts are away, and since when it is those.
    away: BTreeSet<&'static str>,
    since: Option<Instant>,
    counted: BTreeMap<String, Counted>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    lasted: Duration,
    sold: u64,
    stale: u64,
    put_off: u64,
}

impl Outages {
    /// A part went away, or is back.
    pub(crate) fn change(&self, part: &'static str, is_away: bool) {
        let mut state = locked(&self.0);
        let lasted = state.since.replace(Instant::now()).map_or(Duration::ZERO, |since| since.elapsed());
        state.now().lasted += lasted;
        if is_away {
            state.away.insert(part);
        } else {
            state.away.remove(part);
        }
    }

    /// A sale or hold was answered.
    pub(crate) fn sold(&self, stale: bool) {
        let mut state = locked(&self.0);
        let counted = state.now();
        counted.sold += 1;
        counted.stale += u64::from(stale);
    }

    /// A request was to be sent again later.
    pub(crate) fn put_off(&self) {
        locked(&self.0).now().put_off += 1;
    }

    /// For the report.
    pub(crate) fn summary(&self) -> String {
        let state = locked(&self.0);
        let line = |(parts, counted): (&String, &Counted)| {
            let Counted { lasted, sold, stale, put_off } = counted;
            let when = match parts.as_str() {
                "" => "Otherwise".to_owned(),
                parts => format!("While {parts} was away, {:.1} s", lasted.as_secs_f64()),
            };
            format!(
                "{when}: {sold} sales and holds answered, {stale} of them without the ledger; {put_off} requests put off.\n"
            )
        };
        state.counted.iter().map(line).collect()
    }
}

impl State {
    fn now(&mut self) -> &mut Counted {
        let parts = self.away.iter().copied().collect::<Vec<_>>().join(", ");
        self.counted.entry(parts).or_default()
    }
}
