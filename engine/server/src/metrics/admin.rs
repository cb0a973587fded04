//! What a node that is administered counts.

use actix_web::http::StatusCode;
use avis_store::redis::RedisCounted;
use metrics::{Counter, Key, Label, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::redis::RedisMetrics;
use super::{METADATA, RESULTS, place_of};

/// Handles of the metrics of the operator's endpoints.
pub struct AdminMetrics {
    prometheus: PrometheusHandle,
    answered: [Counter; 3],
    redis: RedisMetrics,
}

impl Default for AdminMetrics {
    /// Every metric at zero.
    fn default() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let about = "Requests of the commands that administer the node, by what became of them.";
        recorder.describe_counter("avis_operator_requests_total".into(), None, about.into());
        let answered = RESULTS.map(|result| {
            let label = vec![Label::from_static_parts("result", result)];
            recorder.register_counter(&Key::from_parts("avis_operator_requests_total", label), &METADATA)
        });
        Self { answered, redis: RedisMetrics::of(&recorder), prometheus: recorder.handle() }
    }
}

impl AdminMetrics {
    /// Counts an answer by its status.
    pub fn answered(&self, status: StatusCode) {
        if let Some(counter) = self.answered.get(place_of(status)) {
            counter.increment(1);
        }
    }

    /// The text that Prometheus reads, with what the signal over Redis counted.
    pub(crate) fn render(&self, counted: Option<RedisCounted>) -> String {
        if let Some(counted) = counted {
            self.redis.take_over(counted);
        }
        self.prometheus.render()
    }
}
