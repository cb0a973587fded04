//! Requests that were told to come again later, because the shared ledger was away: what became of them is open until then.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use crate::arrivals::Dice;
use crate::load::Load;
use crate::report::{Kind, locked};
use crate::sent::{Sent, Shared};
use crate::standing::Step;
use crate::till::Till;
use crate::work::Visit;

/// One of them.
pub(crate) enum Owed {
    /// A sale or a hold.
    Authorization { kind: Kind, engine: usize, terminal: usize, id: Uuid, body: Value },
    /// Something done to an authorization, of which nobody else has hold meanwhile.
    Operation { shared: Shared, step: Step, id: Uuid },
    /// The reversal of a sale whose answer never came.
    Reversal { engine: usize, sent: Sent },
}

/// All of them.
#[derive(Default)]
pub(crate) struct Debts(Mutex<Vec<Owed>>);

/// How long what was sold without the ledger may take until it is handed in.
const HAND_IN_TIME: Duration = Duration::from_secs(90);

impl Debts {
    pub(crate) fn owe(&self, owed: Owed) {
        locked(&self.0).push(owed);
    }

    /// Sends them all again on so many connections, and waits until every engine handed in what it sold; a line for the report, and
    /// how many sales the engines counted that two of them had sold.
    pub(crate) fn settle(&self, load: &Load, connections: usize) -> (String, u64) {
        let count = locked(&self.0).len();
        std::thread::scope(|scope| {
            for connection in 0..connections {
                scope.spawn(move || {
                    let (till, other) = (Till::new(load, connection), Till::new(load, connection));
                    // Nobody is put off any more, so none comes back.
                    while let Some(owed) = { locked(&self.0).pop() } {
                        let (due, dice) = (Instant::now(), Dice::new(0));
                        Visit { load, till: &till, other: &other, due, dice }.settle(owed);
                    }
                });
            }
        });
        let (mut handed_in, mut twice) = (0, 0);
        for engine in 0..load.target.count() {
            let metrics = until_handed_in(load, engine);
            let of = |name| metrics.as_deref().and_then(|text| value(text, name)).unwrap_or_default();
            handed_in += of("avis_stand_in_handed_in_total");
            twice += of("avis_stand_in_differing_total");
            let set_aside = of("avis_stand_in_set_aside_total");
            if set_aside > 0 {
                load.findings.violation(format!("I8: engine {engine} set {set_aside} sales aside"));
            }
        }
        let told = format!(
            "{count} requests were put off and sent again; {handed_in} sales were handed in by the engines that stand now, {twice} of \
             them sold by two since one died with its answer.\n"
        );
        (told, twice)
    }
}

/// Waits until an engine has nothing left to hand in; what it says of itself then.
fn until_handed_in(load: &Load, engine: usize) -> Option<String> {
    let till = Till::new(load, engine);
    let begun = Instant::now();
    while begun.elapsed() < HAND_IN_TIME {
        let metrics = till.metrics(engine);
        let of = |name| metrics.as_deref().and_then(|text| value(text, name));
        // What was set aside stays there.
        if of("avis_stand_in_journal").is_some_and(|kept| Some(kept) <= of("avis_stand_in_set_aside_total")) {
            return metrics;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    load.findings.violation(format!("I8: engine {engine} does not hand in what it sold"));
    None
}

fn value(metrics: &str, name: &str) -> Option<u64> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}
