//! What a node of a cluster counts beside the rest: standing in, and its local snapshot.

use avis_store::StandInStanding;
use jiff::{SignedDuration, Timestamp};
use metrics::{Counter, Gauge, Recorder};

use super::{counter, gauge, wide};

/// Each is there from the start, at zero, on every node.
pub(super) struct ClusterMetrics {
    away: Gauge,
    in_journal: Gauge,
    handed_in: Counter,
    differing: Counter,
    set_aside: Counter,
    snapshot_age: Gauge,
}

impl ClusterMetrics {
    pub(super) fn of(recorder: &impl Recorder) -> Self {
        let away = "Seconds for which the cluster's ledger is away; 0 while it is there.";
        let in_journal = "Sales in the journal that the cluster's ledger does not have yet, those set aside included.";
        let handed_in = "Sales of the journal that were handed in to the cluster's ledger.";
        let differing = "Of those, sales that the cluster's ledger had answered otherwise before.";
        let set_aside = "Sales of the journal that the cluster's ledger refused.";
        let age = "Seconds since the local snapshot was taken; 0 where there is none.";
        Self {
            away: gauge(recorder, "avis_stand_in_away_seconds", away),
            in_journal: gauge(recorder, "avis_stand_in_journal", in_journal),
            handed_in: counter(recorder, "avis_stand_in_handed_in_total", handed_in),
            differing: counter(recorder, "avis_stand_in_differing_total", differing),
            set_aside: counter(recorder, "avis_stand_in_set_aside_total", set_aside),
            snapshot_age: gauge(recorder, "avis_local_snapshot_age_seconds", age),
        }
    }

    pub(super) fn stand_in(&self, standing: StandInStanding, now: Timestamp) {
        self.away.set(standing.away_since.map_or(0.0, |since| seconds(now.duration_since(since))));
        self.in_journal.set(wide(standing.in_journal));
        self.handed_in.absolute(standing.handed_in);
        self.differing.absolute(standing.differing);
        self.set_aside.absolute(standing.set_aside);
    }

    pub(super) fn snapshot(&self, taken_at: Option<Timestamp>, now: Timestamp) {
        self.snapshot_age.set(taken_at.map_or(0.0, |at| seconds(now.duration_since(at))));
    }
}

fn seconds(duration: SignedDuration) -> f64 {
    duration.as_secs_f64().max(0.0)
}
