//! The thread that speaks: what is announced at once, and the last of it each second, by which listeners know that they hear.

use std::sync::PoisonError;
use std::time::Duration;

use redis::{Connection, RedisResult};

use super::pause::Pauses;
use super::{Shared, State};

/// How often the last number is said again.
const HEARTBEAT: Duration = Duration::from_secs(1);

impl Shared {
    pub(super) fn speak(&self) {
        let (mut connection, mut pauses) = (None, Pauses::default());
        while let Some(number) = self.next_to_say() {
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
                    self.pause(pauses.next());
                }
            }
        }
    }

    /// What was announced, as soon as anything is; what was announced last, if nothing is for a while. None when it is to stop.
    fn next_to_say(&self) -> Option<u64> {
        let is_quiet = |state: &mut State| !state.stopping && state.unsaid.is_none();
        let waited = self.changed.wait_timeout_while(self.state(), HEARTBEAT, is_quiet);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let number = state.unsaid.take().unwrap_or(state.last);
        (!state.stopping).then_some(number)
    }

    fn say(&self, connection: &mut Option<Connection>, number: u64) -> RedisResult<()> {
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(self.connect()?),
        };
        redis::cmd("PUBLISH").arg(&self.channel).arg(number).exec(connection)
    }
}
