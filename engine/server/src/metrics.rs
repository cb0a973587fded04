//! What is counted, and how it is shown.

use std::time::Duration;

use actix_web::http::StatusCode;
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::engine::Engine;

/// Upper bounds of the histogram of quotes, in seconds.
const QUOTE_SECONDS: [f64; 8] = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1];

/// Handles of every metric, made once: counting is an addition.
pub struct Metrics {
    prometheus: PrometheusHandle,
    answered: Counter,
    refused: Counter,
    failed: Counter,
    quote_seconds: Histogram,
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
        recorder.describe_counter("avis_quotes_total".into(), None, "Quotes by what became of them.".into());
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
        let counter = |result: &'static str| -> Counter {
            let key = Key::from_parts("avis_quotes_total", vec![Label::from_static_parts("result", result)]);
            recorder.register_counter(&key, &METADATA)
        };
        Ok(Self {
            answered: counter("answered"),
            refused: counter("refused"),
            failed: counter("failed"),
            quote_seconds: recorder.register_histogram(&Key::from_static_name("avis_quote_seconds"), &METADATA),
            prometheus: recorder.handle(),
        })
    }

    /// Notes how long a decision took, from the whole body to its answer.
    pub fn took(&self, took: Duration) {
        self.quote_seconds.record(took.as_secs_f64());
    }

    /// Counts a quote by its status.
    pub fn quoted(&self, status: StatusCode) {
        let counter = match status.as_u16() {
            200..=299 => &self.answered,
            400..=499 => &self.refused,
            _ => &self.failed,
        };
        counter.increment(1);
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
