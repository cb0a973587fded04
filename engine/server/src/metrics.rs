//! What is counted, and how it is shown.

use std::time::Duration;

use actix_web::http::StatusCode;
use avis_store::Statistics;
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::engine::Engine;

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
    quote_seconds: Histogram,
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
}

impl Operation {
    const ALL: [Self; 9] = [
        Self::Quote,
        Self::Authorize,
        Self::Capture,
        Self::Void,
        Self::Refund,
        Self::Reverse,
        Self::Advise,
        Self::Read,
        Self::Explain,
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
        }
    }
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

impl Metrics {
    /// Every metric at zero, and the sizes of what the engine holds.
    ///
    /// # Errors
    /// None with the fixed bounds of this build; the builder's type has them.
    pub fn new(engine: &Engine) -> Result<Self, BuildError> {
        let builder = PrometheusBuilder::new();
        let recorder = builder
            .set_buckets_for_metric(Matcher::Full("avis_quote_seconds".into()), &QUOTE_SECONDS)?
            .build_recorder();
        recorder.describe_counter("avis_requests_total".into(), None, "Requests by what became of them.".into());
        recorder.describe_counter("avis_ledger_batches_total".into(), None, "Commits of the ledger.".into());
        recorder.describe_counter("avis_ledger_failures_total".into(), None, "Commits that failed.".into());
        recorder.describe_counter("avis_ledger_tasks_total".into(), None, "Tasks in those commits.".into());
        let waited = "Seconds that tasks waited for their commit, in all.";
        recorder.describe_gauge("avis_ledger_wait_seconds_total".into(), None, waited.into());
        recorder.describe_histogram(
            "avis_quote_seconds".into(),
            None,
            "From the whole body of a quote to its answer.".into(),
        );
        recorder.describe_gauge("avis_holders".into(), None, "Holders in memory.".into());
        recorder.describe_gauge("avis_identifiers".into(), None, "Identifiers in memory.".into());
        recorder.describe_gauge("avis_benefit_versions".into(), None, "Versions of benefits in the rule set.".into());
        recorder.describe_gauge("avis_terminals".into(), None, "Terminals that may call.".into());
        let gauge = |name: &'static str| -> Gauge { recorder.register_gauge(&Key::from_static_name(name), &METADATA) };
        gauge("avis_holders").set(wide(engine.directory.holder_count()));
        gauge("avis_identifiers").set(wide(engine.directory.identifier_count()));
        gauge("avis_benefit_versions").set(wide(engine.rules().version_count()));
        gauge("avis_terminals").set(wide(engine.credentials.count()));
        let counter = |operation: Operation, result: &'static str| -> Counter {
            let labels = vec![
                Label::from_static_parts("operation", operation.word()),
                Label::from_static_parts("result", result),
            ];
            recorder.register_counter(&Key::from_parts("avis_requests_total", labels), &METADATA)
        };
        let results = |operation| ["answered", "refused", "failed"].map(|result| counter(operation, result));
        let total =
            |name: &'static str| -> Counter { recorder.register_counter(&Key::from_static_name(name), &METADATA) };
        Ok(Self {
            answered: Operation::ALL.map(results).into(),
            batches: total("avis_ledger_batches_total"),
            tasks: total("avis_ledger_tasks_total"),
            ledger_failures: total("avis_ledger_failures_total"),
            waited: gauge("avis_ledger_wait_seconds_total"),
            quote_seconds: recorder.register_histogram(&Key::from_static_name("avis_quote_seconds"), &METADATA),
            prometheus: recorder.handle(),
        })
    }

    /// Notes how long a decision took, from the whole body to its answer.
    pub fn took(&self, took: Duration) {
        self.quote_seconds.record(took.as_secs_f64());
    }

    /// Counts an answer by its status.
    pub fn answered(&self, operation: Operation, status: StatusCode) {
        let result = match status.as_u16() {
            200..=299 => 0,
            400..=499 => 1,
            _ => 2,
        };
        if let Some(counter) = self.answered.get(operation as usize).and_then(|results| results.get(result)) {
            counter.increment(1);
        }
    }

    /// Takes over what a ledger counted.
    pub fn ledger(&self, counted: Statistics) {
        self.batches.absolute(counted.batches);
        self.tasks.absolute(counted.tasks);
        self.ledger_failures.absolute(counted.failures);
        self.waited.set(Duration::from_micros(counted.waited_us).as_secs_f64());
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

#[allow(clippy::cast_precision_loss, reason = "a gauge is a float, and no count here comes near 2^53")]
fn wide(count: usize) -> f64 {
    count as f64
}
