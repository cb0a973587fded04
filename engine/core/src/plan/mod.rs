//! The first half of a decision: which benefits are eligible for which lines, and which usage they need to know.

mod blame;
mod facts;
mod found;
mod lines;
mod loyalty;
mod moment;
mod need;
mod node;
mod reward;

use std::sync::Arc;

use jiff::Timestamp;
use smallvec::SmallVec;

use crate::document::{LimitScope, OnExhausted};
use crate::fault::Faults;
use crate::loyalty::{Known, PricesAt};
use crate::movement::ServiceDay;
use crate::person::Person;
use crate::request::{Line, LineFor, Request};
use crate::rules::{Id, Provider, RuleSet, Version};
use crate::trace::{Considered, LineVerdict, Obstacle, Recorder, SetAside, Standing};
use crate::truth::Truth;
use crate::usage::{Need, Quota, Subject, Totals};

pub(crate) use facts::Facts;
use found::{Found, LineBuckets};
pub(crate) use lines::LineSet;
pub(crate) use loyalty::LoyaltyFacts;
pub(crate) use moment::LocalMoment;

/// A request with the rules and the holder it was read with, its eligible benefits, and the usage they need.
///
/// It owns everything that [`Plan::decide`] reads, so it can wait in a queue; it is large, and is handed on in a box.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) facts: Facts,
    pub(crate) provider: Arc<Provider>,
    /// In the order of evaluation.
    pub(crate) candidates: SmallVec<[Candidate; 4]>,
    needs: SmallVec<[Need; 3]>,
    /// Versions that the index can't rule out, in the order of evaluation.
    found: SmallVec<[Found; 4]>,
    /// Where versions can be, by the places of the lines, line by line.
    buckets: LineBuckets,
}

/// A version that is eligible for at least one line.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) version: Id<Version>,
    pub(crate) eligible: LineSet,
    /// Where its needs begin: one for each limit, in their order, or one for a spend cap.
    pub(crate) first_need: usize,
}

/// What was used, in the order of a plan's needs.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    totals: SmallVec<[Totals; 4]>,
    /// Of what was granted and is no candidate.
    beyond: Vec<(Need, Totals)>,
}

impl Usage {
    /// With what the needs ask that go beyond those of the plan: [`Plan::needs_beyond`].
    #[must_use]
    pub fn with_beyond(self, beyond: Vec<(Need, Totals)>) -> Self {
        Self { beyond, ..self }
    }

    pub(crate) fn totals(&self) -> &[Totals] {
        &self.totals
    }

    pub(crate) fn get(&self, need: usize) -> &Totals {
        self.totals.get(need).unwrap_or(&Totals::NOTHING)
    }

    fn of(&self, need: &Need, plan: &Plan) -> Totals {
        let read = plan.needs().iter().zip(&self.totals).chain(self.beyond.iter().map(|(need, totals)| (need, totals)));
        read.into_iter().find(|(known, _)| *known == need).map(|(_, totals)| *totals).unwrap_or_default()
    }
}

/// Finds what can apply to a request of a provider's terminal.
///
/// # Errors
/// A currency other than the rule set's; everything else has a decision.
pub fn plan(rules: Arc<RuleSet>, provider: &str, person: Person, request: Request) -> Result<Box<Plan>, Faults> {
    plan_with(rules, provider, person, request, None, &mut ())
}

/// As [`plan`], with what loyalty knows of the request.
///
/// # Errors
/// As [`plan`].
pub fn plan_loyal(
    rules: Arc<RuleSet>,
    provider: &str,
    person: Person,
    request: Request,
    known: Option<Known>,
) -> Result<Box<Plan>, Faults> {
    plan_with(rules, provider, person, request, known, &mut ())
}

pub(crate) fn plan_with<R: Recorder>(
    rules: Arc<RuleSet>,
    provider: &str,
    person: Person,
    request: Request,
    known: Option<Known>,
    recorder: &mut R,
) -> Result<Box<Plan>, Faults> {
    if !request.currency.is(&rules.currency) {
        return Err(Faults::at("/currency", format!("expected `{}`, the only currency here", rules.currency)));
    }
    let provider = rules.provider(provider);
    let mut facts = Facts::new(rules, request, person);
    facts.loyalty = LoyaltyFacts::of(known);
    let buckets = found::buckets(&facts, &provider);
    let found = found::found::<R>(&facts, &buckets);
    let mut plan =
        Box::new(Plan { facts, provider, candidates: SmallVec::new(), needs: SmallVec::new(), found, buckets });
    plan.admit_all(recorder);
    Ok(plan)
}

impl Plan {
    /// Takes in what loyalty knows of the request by now: all that it needs to know of usage, the plan in prospect needed.
    pub fn know(&mut self, known: Known) {
        self.facts.loyalty = LoyaltyFacts::of(Some(known));
        self.candidates.clear();
        self.needs.clear();
        self.admit_all(&mut ());
    }

    fn admit_all<R: Recorder>(&mut self, recorder: &mut R) {
        for place in 0..self.found.len() {
            if let Some((id, eligible)) = self.found.get(place).and_then(|found| self.eligible(found, recorder)) {
                self.admit(id, eligible);
            }
        }
    }

    /// The usage that the decision must be given.
    pub fn needs(&self) -> &[Need] {
        &self.needs
    }

    /// Gathers the usage that the decision needs.
    pub fn usage(&self, sum: impl FnMut(&Need) -> Totals) -> Usage {
        let mut totals = SmallVec::with_capacity(self.needs.len());
        self.needs.iter().map(sum).for_each(|known| totals.push(known));
        Usage { totals, beyond: Vec::new() }
    }

    /// The prices that the provider told, if it told any.
    pub(crate) fn prices(&self) -> Option<PricesAt<'_>> {
        self.facts.rules.prices.at(&self.provider.code)
    }

    /// The request as it was read.
    pub fn request(&self) -> &Request {
        &self.facts.request
    }

    /// What loyalty knows of the request; none where it was not asked.
    pub fn known(&self) -> Option<Known> {
        self.facts.loyalty.told()
    }

    /// The provider's business day, where that is another one than the deployment's.
    pub fn own_day(&self, of_deployment: &ServiceDay) -> Option<ServiceDay> {
        self.provider.day.beside(of_deployment)
    }

    /// Who was recognised.
    pub fn person(&self) -> &Person {
        &self.facts.person
    }

    /// The lines for which a version is eligible; none if there are none.
    fn eligible<R: Recorder>(&self, found: &Found, recorder: &mut R) -> Option<(Id<Version>, LineSet)> {
        let version = self.facts.rules.versions.get(found.version);
        if let Some(standing) = self.set_aside(version) {
            recorder.set_aside(|| SetAside::of(version, standing));
            return None;
        }
        if found.in_scope.is_empty() {
            return None;
        }
        let whole = (!version.asks_of_line).then(|| self.is_true(version, None, recorder));
        recorder.considered(|| Considered::of(version));
        let mut eligible = LineSet::default();
        for place in found.in_scope.iter() {
            let Some(line) = self.facts.request.lines.get(place) else { continue };
            let is_true = whole.unwrap_or_else(|| self.is_true(version, Some(line), recorder));
            let obstacle = self.obstacle(version, line, is_true, found.beside_holder);
            if obstacle.is_none() {
                eligible.insert(place);
            }
            recorder.line(|| LineVerdict::of(line, obstacle));
        }
        (!eligible.is_empty()).then_some((found.version, eligible))
    }

    /// What stands in the way of a version on a line in its scope, given whether its condition is true and whether a line
    /// in its scope is the holder's own.
    fn obstacle(&self, version: &Version, line: &Line, is_true: bool, beside_holder: bool) -> Option<Obstacle> {
        if !version.covers.includes(line.passenger) {
            Some(Obstacle::NotCovered)
        } else if !is_true && !self.facts.may_come_true(version) {
            Some(Obstacle::Condition)
        } else if line.passenger == LineFor::Companion && !beside_holder {
            Some(Obstacle::WithoutHolder)
        } else if version.needs_holder && self.facts.holder().is_none() {
            Some(Obstacle::SubjectUnknown)
        } else {
            None
        }
    }

    fn is_true<R: Recorder>(&self, version: &Version, line: Option<&Line>, recorder: &mut R) -> bool {
        match &version.when {
            // Who listens hears each of its parts.
            Some(when) if R::FULL => self.facts.answer(when, version, line, recorder) == Truth::True,
            _ => self.facts.is_true(version, line),
        }
    }

    /// Why a version is no candidate at this moment, if it is none.
    fn set_aside(&self, version: &Version) -> Option<Standing> {
        let at = self.facts.request.occurred_at;
        // Nearly all that are found.
        if version.is_always_open() && version.counts.contains(at) { None } else { self.why_set_aside(version, at) }
    }

    fn why_set_aside(&self, version: &Version, at: Timestamp) -> Option<Standing> {
        if version.superseded.is_some_and(|superseded| at >= superseded) {
            Some(Standing::Superseded)
        } else if version.valid.from.is_some_and(|from| at < from) {
            Some(Standing::NotBegun)
        } else if version.valid.until.is_some_and(|until| at >= until) {
            Some(Standing::Ended)
        } else if self.facts.is_suspended(version) {
            Some(Standing::Suspended)
        } else if version.reward.is_some() && !self.facts.may_be_rewarded(version) {
            Some(Standing::NotAskedFor)
        } else {
            None
        }
    }

    fn admit(&mut self, id: Id<Version>, eligible: LineSet) {
        let first_need = self.needs.len();
        let version = self.facts.rules.versions.get(id);
        self.facts.add_needs(version, &self.provider, &mut self.needs);
        self.candidates.push(Candidate { version: id, eligible, first_need });
    }

    pub(crate) fn version(&self, candidate: &Candidate) -> &Version {
        self.facts.rules.versions.get(candidate.version)
    }

    /// The limits of a candidate that decline.
    pub(crate) fn quotas(&self, candidate: &Candidate) -> impl Iterator<Item = Quota> {
        let version = self.version(candidate);
        let needs = self.needs.iter().skip(candidate.first_need);
        let declining =
            version.limits.iter().zip(needs).filter(|(limit, _)| limit.on_exhausted == OnExhausted::Decline);
        declining.map(|(limit, need)| {
            let most = self.facts.allowed(version, limit);
            Quota { need: need.clone(), measure: limit.measure, most }
        })
    }

    /// Whose use a version's limits and caps count, each once: without a household, the holder's limit and the household's
    /// count the same.
    pub(crate) fn subjects(&self, version: &Version) -> SmallVec<[Subject; 2]> {
        let cap = version.effect.is_spend_cap().then_some(LimitScope::Holder);
        let scopes = cap.into_iter().chain(version.limits.iter().map(|limit| limit.scope));
        let mut subjects = SmallVec::new();
        for subject in scopes.filter_map(|scope| self.facts.subject(scope, &self.provider)) {
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        subjects
    }
}

#[cfg(test)]
mod tests {
    use super::Plan;

    #[test]
    fn a_plan_is_no_larger_than_what_allocators_keep_at_hand() {
        // That of glibc, for each thread: beyond it the whole heap is looked at, which costs a tenth of a decision.
        let at_hand = 1_032;
        assert!(size_of::<Plan>() <= at_hand, "{} bytes", size_of::<Plan>());
    }
}
