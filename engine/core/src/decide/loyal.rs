//! A decision with what loyalty makes of it.

use crate::decide::Till;
use crate::decision::Decision;
use crate::loyalty::{Settlement, settle};
use crate::plan::{Plan, Usage};
use crate::trace::Recorder;

impl Plan {
    /// Decides, and settles what points pay and what is earned; no settlement where loyalty knows nothing of the request.
    pub fn decide_loyal(&self, usage: &Usage) -> (Decision, Option<Settlement>) {
        self.decide_loyal_with(usage, &mut ())
    }

    /// Settles a decision in which no reward was given, such as one that a terminal made: what is earned on what is due.
    pub fn settle_points(&self, decision: &mut Decision) -> Option<Settlement> {
        settle(self, decision, &[], &mut ())
    }

    pub(crate) fn decide_loyal_with<R: Recorder>(
        &self,
        usage: &Usage,
        recorder: &mut R,
    ) -> (Decision, Option<Settlement>) {
        let (mut decision, rewards) = Till::open(self, &self.entrants(), usage, recorder).run();
        let settlement = settle(self, &mut decision, &rewards, recorder);
        (decision, settlement)
    }
}
