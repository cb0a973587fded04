//! What the signal over Redis counts.

use avis_store::redis::RedisCounted;
use metrics::{Counter, Recorder};

use super::counter;

/// Each is there from the start, at zero, on every node.
pub(super) struct RedisMetrics {
    subscriptions: Counter,
    deaf: Counter,
    heard: Counter,
    said: Counter,
    failures: Counter,
}

impl RedisMetrics {
    pub(super) fn of(recorder: &impl Recorder) -> Self {
        let subscriptions = "Subscriptions at Redis that came to be.";
        let deaf = "Subscriptions at Redis that were given up since nothing was heard on them.";
        Self {
            subscriptions: counter(recorder, "avis_redis_subscriptions_total", subscriptions),
            deaf: counter(recorder, "avis_redis_deaf_total", deaf),
            heard: counter(recorder, "avis_redis_heard_total", "Messages heard from Redis."),
            said: counter(recorder, "avis_redis_said_total", "Messages sent to Redis."),
            failures: counter(recorder, "avis_redis_failures_total", "Messages to Redis that could not be sent."),
        }
    }

    pub(super) fn take_over(&self, counted: RedisCounted) {
        self.subscriptions.absolute(counted.subscriptions);
        self.deaf.absolute(counted.deaf);
        self.heard.absolute(counted.heard);
        self.said.absolute(counted.said);
        self.failures.absolute(counted.failures);
    }
}
