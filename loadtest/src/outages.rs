//! What was sold while a part of the cluster was away.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::report::locked;

/// Sales that were answered, by what was away then.
#[derive(Debug, Default)]
pub(crate) struct Outages(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    now: Option<(&'static str, Instant)>,
    counted: BTreeMap<&'static str, Counted>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    lasted: Duration,
    sold: u64,
    stale: u64,
    put_off: u64,
}

/// When everything is there.
const NONE: &str = "nothing";

impl Outages {
    /// A part went away.
    pub(crate) fn begin(&self, part: &'static str) {
        locked(&self.0).now = Some((part, Instant::now()));
    }

    /// It is back.
    pub(crate) fn end(&self) {
        let mut state = locked(&self.0);
        if let Some((part, since)) = state.now.take() {
            state.counted.entry(part).or_default().lasted += since.elapsed();
        }
    }

    fn count(&self, change: impl FnOnce(&mut Counted)) {
        let mut state = locked(&self.0);
        let part = state.now.map_or(NONE, |(part, _)| part);
        change(state.counted.entry(part).or_default());
    }

    /// A sale or hold was answered.
    pub(crate) fn sold(&self, stale: bool) {
        self.count(|counted| {
            counted.sold += 1;
            counted.stale += u64::from(stale);
        });
    }

    /// A request was to be sent again later.
    pub(crate) fn put_off(&self) {
        self.count(|counted| counted.put_off += 1);
    }

    /// For the report.
    pub(crate) fn summary(&self) -> String {
        let state = locked(&self.0);
        let line = |(part, counted): (&&'static str, &Counted)| {
            let Counted { lasted, sold, stale, put_off } = counted;
            let lasted = if *part == NONE { String::new() } else { format!(" for {:.1} s", lasted.as_secs_f64()) };
            format!(
                "While {part} was away{lasted}: {sold} sales and holds answered, {stale} of them without the ledger; \
                 {put_off} requests put off.\n"
            )
        };
        state.counted.iter().map(line).collect()
    }
}
