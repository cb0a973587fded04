//! What is counted, and how it is shown.

mod admin;
mod cluster;
mod redis;

use std::time::Duration;

use actix_web::http::StatusCode;
use avis_store::redis::RedisCounted;
use avis_store::{StandInStanding, Statistics};
use jiff::Timestamp;
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::engine::Engine;
use crate::follower::Standing;
pub use admin::AdminMetrics;
use cluster::ClusterMetrics;
use redis::RedisMetrics;

/// Upper bounds of the histogram of quotes, in seconds.
const QUOTE_SECONDS: [f64; 8] = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1];

/// Handles of every metric, made once: counting is an addition.
pub struct Metrics {
    prometheus: PrometheusHandle,
    /// By operation and result.
    answered: Vec<[Counter; 3]>,
    batches: Counter,
    tasks: Counter,
    ledger_failures: Counter,
    waited: Gauge,
    sealed: Counter,
    unsealed: Gauge,
    quote_seconds: Histogram,
    held: Held,
    followed: FollowedMetrics,
    cluster: ClusterMetrics,
    redis: RedisMetrics,
}

/// What is in memory.
struct Held {
    holders: Gauge,
    identifiers: Gauge,
    benefit_versions: Gauge,
    terminals: Gauge,
}

/// How following goes.
struct FollowedMetrics {
    revision: Gauge,
    age: Gauge,
    rows: Counter,
    reloads: Counter,
    mismatches: Counter,
    failures: Counter,
    unreadable: Gauge,
    altered: Gauge,
    in_vain: Gauge,
}

/// What a terminal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// What would apply.
    Quote,
    /// A sale or a hold.
    Authorize,
    /// A hold becomes a sale.
    Capture,
    /// A sale or a hold is called off.
    Void,
    /// Units are given back.
    Refund,
    /// A request is undone.
    Reverse,
    /// Sales without a connection are uploaded.
    Advise,
    /// What stands.
    Read,
    /// Why.
    Explain,
    /// Who joins a programme or leaves it.
    Enrol,
    /// Means become a person's.
    Tap,
    /// A terminal closes its day.
    Close,
    /// Who the caller is.
    Terminal,
}

impl Operation {
    const ALL: [Self; 13] = [
        Self::Quote,
        Self::Authorize,
        Self::Capture,
        Self::Void,
        Self::Refund,
        Self::Reverse,
        Self::Advise,
        Self::Read,
        Self::Explain,
        Self::Enrol,
        Self::Tap,
        Self::Close,
        Self::Terminal,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::Reverse => "reverse",
            Self::Advise => "advise",
            Self::Read => "read",
            Self::Explain => "explain",
            Self::Enrol => "enrol",
            Self::Tap => "tap",
            Self::Close => "close",
            Self::Terminal => "terminal",
        }
    }
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

impl Metrics {
    /// Every metric at zero.
    ///
    /// # Errors
    /// None with the fixed bounds of this build; the builder's type has them.
    pub fn new() -> Result<Self, BuildError> {
        let builder = PrometheusBuilder::new();
        let recorder = builder
            .set_buckets_for_metric(Matcher::Full("avis_quote_seconds".into()), &QUOTE_SECONDS)?
            .build_recorder();
        recorder.describe_counter("avis_requests_total".into(), None, "Requests by what became of them.".into());
        let quotes = "From the whole body of a quote to its answer.";
        recorder.describe_histogram("avis_quote_seconds".into(), None, quotes.into());
        let gauge = |name, help| gauge(&recorder, name, help);
        let total = |name, help| counter(&recorder, name, help);
        let counter = |operation: Operation, result: &'static str| -> Counter {
            let labels = vec![
                Label::from_static_parts("operation", operation.word()),
                Label::from_static_parts("result", result),
            ];
            recorder.register_counter(&Key::from_parts("avis_requests_total", labels), &METADATA)
        };
        let results = |operation| RESULTS.map(|result| counter(operation, result));
        let waited = "Seconds that tasks waited for their commit, in all.";
        let age = "Seconds since the engine last knew itself equal to the store.";
        let reloads = "Times that everything of some scopes was read, the first included.";
        let mismatches = "Times that the copy was not what the store said it should be.";
        let altered = "Rows that are not what was committed; they grant nothing.";
        let in_vain = "1 while the copy differs from the store and reading it again did not mend that.";
        let unreadable = "Rows and versions that can't be read now; they grant nothing.";
        Ok(Self {
            answered: Operation::ALL.map(results).into(),
            batches: total("avis_ledger_batches_total", "Commits of the ledger."),
            tasks: total("avis_ledger_tasks_total", "Tasks in those commits."),
            ledger_failures: total("avis_ledger_failures_total", "Commits that failed."),
            waited: gauge("avis_ledger_wait_seconds_total", waited),
            sealed: total("avis_ledger_sealed_total", "What requests appended to the ledger and this node sealed."),
            unsealed: gauge("avis_ledger_unsealed", "What is recorded and not sealed yet, by whichever node."),
            quote_seconds: recorder.register_histogram(&Key::from_static_name("avis_quote_seconds"), &METADATA),
            held: Held {
                holders: gauge("avis_holders", "Holders in memory."),
                identifiers: gauge("avis_identifiers", "Identifiers in memory."),
                benefit_versions: gauge("avis_benefit_versions", "Versions of benefits in the rule set."),
                terminals: gauge("avis_terminals", "Terminals that may call."),
            },
            followed: FollowedMetrics {
                revision: gauge("avis_revision", "Number of the revision that is applied."),
                age: gauge("avis_follower_age_seconds", age),
                rows: total("avis_follower_rows_total", "Rows that were applied."),
                reloads: total("avis_follower_reloads_total", reloads),
                mismatches: total("avis_follower_mismatches_total", mismatches),
                failures: total("avis_follower_failures_total", "Looks at the store that failed."),
                unreadable: gauge("avis_follower_unreadable", unreadable),
                altered: gauge("avis_follower_altered", altered),
                in_vain: gauge("avis_follower_differs", in_vain),
            },
            cluster: ClusterMetrics::of(&recorder),
            redis: RedisMetrics::of(&recorder),
            prometheus: recorder.handle(),
        })
    }

    /// Notes how long a decision took, from the whole body to its answer.
    pub fn took(&self, took: Duration) {
        self.quote_seconds.record(took.as_secs_f64());
    }

    /// Counts an answer by its status.
    pub fn answered(&self, operation: Operation, status: StatusCode) {
        let results = self.answered.get(operation as usize);
        if let Some(counter) = results.and_then(|results| results.get(place_of(status))) {
            counter.increment(1);
        }
    }

    /// Takes over what a ledger counted.
    pub fn ledger(&self, counted: Statistics) {
        self.batches.absolute(counted.batches);
        self.tasks.absolute(counted.tasks);
        self.ledger_failures.absolute(counted.failures);
        self.waited.set(Duration::from_micros(counted.waited_us).as_secs_f64());
        self.sealed.absolute(counted.sealed);
        self.unsealed.set(wide(usize::try_from(counted.unsealed).unwrap_or(usize::MAX)));
    }

    /// Takes over what an engine holds, and how following goes.
    pub fn engine(&self, engine: &Engine, standing: Option<&Standing>) {
        let known = engine.known();
        self.held.holders.set(wide(engine.directory.holder_count()));
        self.held.identifiers.set(wide(engine.directory.identifier_count()));
        self.held.benefit_versions.set(wide(known.rules.as_ref().map_or(0, |rules| rules.version_count())));
        self.held.terminals.set(wide(known.credentials.count()));
        let Some(Standing { counted, failures, .. }) = standing else { return };
        let followed = &self.followed;
        followed.revision.set(wide(usize::try_from(known.revision()).unwrap_or(usize::MAX)));
        followed.age.set(engine.age().as_secs_f64());
        followed.rows.absolute(counted.rows);
        followed.reloads.absolute(counted.reloads);
        followed.mismatches.absolute(counted.mismatches);
        followed.failures.absolute(*failures);
        followed.altered.set(wide(usize::try_from(counted.altered).unwrap_or(usize::MAX)));
        followed.in_vain.set(f64::from(u8::from(counted.in_vain)));
        followed.unreadable.set(wide(usize::try_from(counted.unreadable + counted.quarantined).unwrap_or(usize::MAX)));
    }

    /// Takes over how standing in goes.
    pub fn stand_in(&self, standing: StandInStanding, now: Timestamp) {
        self.cluster.stand_in(standing, now);
    }

    /// Takes over when the local snapshot was taken.
    pub fn snapshot(&self, taken_at: Option<Timestamp>, now: Timestamp) {
        self.cluster.snapshot(taken_at, now);
    }

    /// Takes over what the signal over Redis counted.
    pub fn redis(&self, counted: RedisCounted) {
        self.redis.take_over(counted);
    }

    /// The text that Prometheus reads.
    pub fn render(&self) -> String {
        self.prometheus.render()
    }

    /// Folds what was recorded since the last time, so that memory stays bounded also where nobody scrapes.
    pub fn fold(&self) {
        self.prometheus.run_upkeep();
    }
}

/// What became of a request, in the order of its counters.
const RESULTS: [&str; 3] = ["answered", "refused", "failed"];

/// The place in [`RESULTS`] of an answer.
fn place_of(status: StatusCode) -> usize {
    match status.as_u16() {
        200..=299 => 0,
        400..=499 => 1,
        _ => 2,
    }
}

/// A gauge that is described and registered.
fn gauge(recorder: &impl Recorder, name: &'static str, help: &'static str) -> Gauge {
    recorder.describe_gauge(name.into(), None, help.into());
    recorder.register_gauge(&Key::from_static_name(name), &METADATA)
}

/// A counter that is described and registered.
fn counter(recorder: &impl Recorder, name: &'static str, help: &'static str) -> Counter {
    recorder.describe_counter(name.into(), None, help.into());
    recorder.register_counter(&Key::from_static_name(name), &METADATA)
}

#[allow(clippy::cast_precision_loss, reason = "a gauge is a float, and no count here comes near 2^53")]
fn wide(count: usize) -> f64 {
    count as f64
}
