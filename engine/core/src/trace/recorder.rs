//! Who listens while a decision is made.

use crate::trace::{Considered, LineVerdict, LoyaltyStep, Node, SetAside, Trace, TurnTrace};

/// Listens to a decision. What it is told is only built if it wants to hear it.
pub(crate) trait Recorder {
    /// Whether everything is looked at, also what can't change the decision.
    const FULL: bool;

    /// A condition begins; the parts that follow are its own.
    fn enter(&mut self);
    /// The condition that began last ends.
    fn leave(&mut self, node: impl FnOnce() -> Node);
    /// A version does not count.
    fn set_aside(&mut self, set_aside: impl FnOnce() -> SetAside);
    /// A candidate is considered; a condition that just ended is its own.
    fn considered(&mut self, considered: impl FnOnce() -> Considered);
    /// The verdict of that candidate for a line; a condition that just ended was asked of the line.
    fn line(&mut self, verdict: impl FnOnce() -> LineVerdict);
    /// A benefit's turn came on a line.
    fn turn(&mut self, turn: impl FnOnce() -> TurnTrace);
    /// Something of loyalty happened; a condition that just ended is that of a rule.
    fn loyalty(&mut self, step: impl FnOnce() -> LoyaltyStep);
}

/// Nobody listens.
impl Recorder for () {
    const FULL: bool = false;

    fn enter(&mut self) {}
    fn leave(&mut self, _: impl FnOnce() -> Node) {}
    fn set_aside(&mut self, _: impl FnOnce() -> SetAside) {}
    fn considered(&mut self, _: impl FnOnce() -> Considered) {}
    fn line(&mut self, _: impl FnOnce() -> LineVerdict) {}
    fn turn(&mut self, _: impl FnOnce() -> TurnTrace) {}
    fn loyalty(&mut self, _: impl FnOnce() -> LoyaltyStep) {}
}

impl Recorder for Trace {
    const FULL: bool = true;

    fn enter(&mut self) {
        self.open.push(Vec::new());
    }

    fn leave(&mut self, node: impl FnOnce() -> Node) {
        let node = Node { parts: self.open.pop().unwrap_or_default(), ..node() };
        match self.open.last_mut() {
            Some(parts) => parts.push(node),
            None => self.ended = Some(node),
        }
    }

    fn set_aside(&mut self, set_aside: impl FnOnce() -> SetAside) {
        self.set_aside.push(set_aside());
    }

    fn considered(&mut self, considered: impl FnOnce() -> Considered) {
        self.candidates.push(Considered { when: self.ended.take(), ..considered() });
    }

    fn line(&mut self, verdict: impl FnOnce() -> LineVerdict) {
        let verdict = LineVerdict { when: self.ended.take(), ..verdict() };
        if let Some(candidate) = self.candidates.last_mut() {
            candidate.lines.push(verdict);
        }
    }

    fn turn(&mut self, turn: impl FnOnce() -> TurnTrace) {
        self.turns.push(turn());
    }

    fn loyalty(&mut self, step: impl FnOnce() -> LoyaltyStep) {
        let ended = self.ended.take();
        self.loyalty.push(step().with(ended));
    }
}
