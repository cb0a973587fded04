//! Why candidates are not eligible for a line, in the words of the till.

use crate::condition::Condition;
use crate::plan::{Facts, Plan};
use crate::reason::{Reason, Reasons};
use crate::request::Line;
use crate::rules::{CompiledCondition, Id, Version};
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
        let Some(asked) = self.facts.request.lines.get(line) else { return Reasons::default() };
        let passenger = asked.passenger;
        let mut heard = Heard::default();
        for found in &self.found {
            if self.is_eligible(found.version, line) {
                heard.a_candidate = true;
            } else if found.in_scope.contains(line) {
                let version = self.facts.rules.versions.get(found.version);
                self.hear(version, (version.says.of_line(passenger), found.beside_holder), asked, &mut heard);
            }
        }
        // They come by lines.
        let first = self.buckets.partition_point(|(place, _)| place.place() < line);
        let buckets = self.buckets.iter().skip(first).take_while(|(place, _)| place.place() == line);
        for (_, bucket) in buckets {
            for gated in &self.facts.rules.index.bucket(*bucket).gated {
                let says = gated.says.of_line(passenger);
                for id in &gated.versions {
                    if heard.reasons.includes(says) {
                        break;
                    }
                    let version = self.facts.rules.versions.get(*id);
                    let is_other = self.found.binary_search_by_key(id, |found| found.version).is_err();
                    if is_other && !version.scope.excepts(asked.product.as_str()) {
                        // Its condition is not true, so nothing else stands in the way.
                        self.hear(version, (says, true), asked, &mut heard);
                    }
                }
            }
        }
        if heard.a_candidate { heard.reasons } else { heard.reasons.with(Reason::NoBenefit) }
    }

    /// Hears a version that is not eligible for a line in its scope, given what it can say.
    fn hear(&self, version: &Version, (says, beside_holder): (Reasons, bool), line: &Line, heard: &mut Heard) {
        if !heard.reasons.includes(says) && self.set_aside(version).is_none() {
            heard.a_candidate = true;
            // Who can say only one thing says it: its condition needn't be asked.
            heard.reasons.add(says.only().unwrap_or_else(|| self.blame(version, line, beside_holder)));
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
        condition: &CompiledCondition,
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
