//! Why candidates are not eligible for a line, in the words of the till.

use crate::condition::Condition;
use crate::plan::{Facts, Found, Plan};
use crate::reason::{Reason, Reasons};
use crate::request::Line;
use crate::rules::{Id, Question, Says, Version};
use crate::trace::Obstacle;
use crate::truth::Truth;

/// What candidates said about a line so far.
#[derive(Default)]
struct Heard {
    a_candidate: bool,
    reasons: Reasons,
}

impl Plan {
    /// The reasons of the candidates that are not eligible for a line, and `no_benefit` where there is no candidate.
    ///
    /// Versions that have nothing new to say are not looked at: most differ only in groups that were never the holder's.
    pub(crate) fn reasons_of_others(&self, line: usize) -> Reasons {
        let Some(passenger) = self.facts.request.lines.get(line).map(|line| line.passenger) else {
            return Reasons::default();
        };
        let mut heard = Heard::default();
        for found in &self.found {
            self.hear(*found, self.facts.rules.versions.get(found.version).says, line, &mut heard);
        }
        // They come by lines.
        let first = self.buckets.partition_point(|(place, _)| place.place() < line);
        let buckets = self.buckets.iter().skip(first).take_while(|(place, _)| place.place() == line);
        for (_, bucket) in buckets {
            for gated in &self.facts.rules.index.bucket(*bucket).gated {
                for id in &gated.versions {
                    if heard.reasons.includes(gated.says.of_line(passenger)) {
                        break;
                    }
                    if self.found.binary_search_by_key(id, |found| found.version).is_err() {
                        // Its condition is not true, so nothing else stands in the way.
                        self.hear(Found { version: *id, beside_holder: true }, gated.says, line, &mut heard);
                    }
                }
            }
        }
        if heard.a_candidate { heard.reasons } else { heard.reasons.with(Reason::NoBenefit) }
    }

    fn hear(&self, found: Found, says: Says, line: usize, heard: &mut Heard) {
        if self.is_eligible(found.version, line) {
            heard.a_candidate = true;
            return;
        }
        let Some(asked) = self.facts.request.lines.get(line) else { return };
        let version = self.facts.rules.versions.get(found.version);
        let says = says.of_line(asked.passenger);
        let unheard = !heard.reasons.includes(says);
        if unheard && version.scope.covers_product(asked.product.as_str()) && self.set_aside(version).is_none() {
            heard.a_candidate = true;
            // Who can say only one thing says it: its condition needn't be asked.
            let said = says.only().unwrap_or_else(|| self.blame(version, asked, found.beside_holder));
            heard.reasons.add(said);
        }
    }

    fn is_eligible(&self, id: Id<Version>, line: usize) -> bool {
        let place = self.candidates.binary_search_by_key(&id, |candidate| candidate.version).ok();
        place.and_then(|place| self.candidates.get(place)).is_some_and(|candidate| candidate.eligible.contains(line))
    }

    /// Why a candidate is not eligible for a line in its scope.
    fn blame(&self, version: &Version, line: &Line, beside_holder: bool) -> Reason {
        let not = version.when.as_ref().and_then(|when| self.facts.first_not(Truth::True, when, version, line));
        match (self.obstacle(version, line, not.is_none(), beside_holder), not) {
            (Some(Obstacle::Condition), Some(reason)) => reason,
            (Some(Obstacle::NotCovered | Obstacle::WithoutHolder), _) => Reason::NotThisWay,
            _ => Reason::NoRight,
        }
    }
}

impl Facts {
    /// The reason of the first leaf by which a condition is not `wished`; none if it is. In `all` it is that of the first part
    /// that is not true, in `any`, where no part is, that of the first; under `not` the same with true and false exchanged.
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
