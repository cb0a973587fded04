//! The thread that listens. Whoever speaks each second hears itself: a subscription on which nothing is heard is deaf, whatever
//! its connection says, and another takes its place.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use redis::RedisResult;

use super::Shared;
use super::pause::Pauses;
use crate::background::Control;

/// After how long a silence a subscription counts as deaf.
const DEAF_AFTER: Duration = Duration::from_secs(3);

/// How often it looks whether it is deaf, or to stop.
const GLANCE: Duration = Duration::from_millis(200);

impl Shared {
    pub(super) fn listen(&self, control: &Control) {
        let mut pauses = Pauses::default();
        while !control.is_stopped() {
            let heard = self.state().counted.heard;
            // Why it ended makes no difference: there is one subscription at a time, and it is made anew.
            let _ = self.subscribed(control);
            if self.state().counted.heard > heard {
                pauses = Pauses::default();
            }
            if !control.sleep(pauses.next()) {
                return;
            }
        }
    }

    /// Listens on a subscription for as long as it is good for anything.
    fn subscribed(&self, control: &Control) -> RedisResult<()> {
        let mut connection = self.connect()?;
        let mut subscription = connection.as_pubsub();
        subscription.subscribe(&self.channel)?;
        subscription.set_read_timeout(Some(GLANCE))?;
        self.count(|counted| counted.subscriptions += 1);
        let mut heard_at = Instant::now();
        while !control.is_stopped() {
            match subscription.get_message() {
                Ok(message) => {
                    heard_at = Instant::now();
                    self.hear(message.get_payload_bytes());
                }
                Err(error) if error.is_timeout() && heard_at.elapsed() <= DEAF_AFTER => {}
                Err(error) => {
                    self.count(|counted| counted.deaf += u64::from(error.is_timeout()));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Hands a message to everybody who listens. The highest number is kept only until it is asked for: a forged one is soon past.
    fn hear(&self, message: &[u8]) {
        let number = number(message);
        let mut state = self.state();
        state.counted.heard += 1;
        state.counted.ignored += u64::from(number.is_none());
        let Some(number) = number else { return };
        state.inboxes.retain(|inbox| {
            let Some(inbox) = inbox.upgrade() else { return false };
            let mut heard = inbox.heard.lock().unwrap_or_else(PoisonError::into_inner);
            *heard = (*heard).max(Some(number));
            inbox.news.notify_all();
            true
        });
    }
}

/// A message is a decimal number; anything else is nothing.
fn number(message: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(message).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_decimal_number_or_nothing() {
        assert_eq!(number(b"0"), Some(0));
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        for message in [&b""[..], b"+5", b"-1", b"1e3", b" 7", b"18446744073709551616", b"\xff", b"7\n"] {
            assert_eq!(number(message), None, "{message:?}");
        }
    }
}
