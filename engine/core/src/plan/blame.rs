//! Why a candidate is not eligible for a line, in the words of the till.

use crate::condition::Condition;
use crate::plan::Facts;
use crate::plan::truth::Truth;
use crate::reason::Reason;
use crate::request::Line;
use crate::rules::{Question, Version};

impl Facts {
    /// The reason of the first leaf that keeps the condition from being true: in `all` that of the first part that is not
    /// true, in `any`, where no part is, that of the first; under `not` the same with true and false exchanged.
    pub(crate) fn blame(&self, condition: &Condition<Question>, version: &Version, line: &Line) -> Reason {
        self.first_not(Truth::True, condition, version, line).unwrap_or(Reason::NoRight)
    }

    /// The reason of the first leaf by which a condition is not `wished`; none if it is.
    fn first_not(
        &self,
        wished: Truth,
        condition: &Condition<Question>,
        version: &Version,
        line: &Line,
    ) -> Option<Reason> {
        if self.answer(condition, version, Some(line), &mut ()) == wished {
            return None;
        }
        match condition {
            Condition::Leaf(question) => Some(question.reason()),
            Condition::Not(inner) => self.first_not(wished.not(), inner, version, line),
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().find_map(|part| self.first_not(wished, part, version, line))
            }
        }
    }
}
