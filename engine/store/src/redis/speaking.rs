//! The thread that speaks: what is announced at once, and the last of it each second, by which listeners know that they hear.

use std::time::{Duration, Instant};

use redis::{Connection, RedisResult};

use super::Shared;
use super::pause::Pauses;
use crate::background::Control;

/// How often the last number is said again.
const HEARTBEAT: Duration = Duration::from_secs(1);

impl Shared {
    pub(super) fn speak(&self, control: &Control) {
        let (mut connection, mut pauses) = (None, Pauses::default());
        while let Some(number) = self.next_to_say(control) {
            match self.say(&mut connection, number) {
                Ok(()) => {
                    pauses = Pauses::default();
                    self.count(|counted| counted.said += 1);
                }
                Err(_) => {
                    connection = None;
                    {
                        let mut state = self.state();
                        state.counted.failures += 1;
                        state.unsaid = state.unsaid.max(Some(number));
                    }
                    if !control.sleep(pauses.next()) {
                        return;
                    }
                }
            }
        }
    }

    /// What was announced, as soon as anything is; what was announced last, if nothing is for a while. None when it is to stop.
    fn next_to_say(&self, control: &Control) -> Option<u64> {
        let begun = Instant::now();
        while self.state().unsaid.is_none()
            && let Some(left) = HEARTBEAT.checked_sub(begun.elapsed())
        {
            if !control.wait(left) {
                return None;
            }
        }
        let mut state = self.state();
        let number = state.unsaid.take().unwrap_or(state.last);
        (!control.is_stopped()).then_some(number)
    }

    fn say(&self, connection: &mut Option<Connection>, number: u64) -> RedisResult<()> {
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(self.connect()?),
        };
        redis::cmd("PUBLISH").arg(&self.channel).arg(number).exec(connection)
    }
}
