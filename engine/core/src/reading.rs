//! What a decision read, so that it can be made again and explained, years later.

use std::sync::Arc;

use crate::decision::Decision;
use crate::explain::explain_loyal;
use crate::fault::Faults;
use crate::loyalty::{Inquiry, Known, LoyaltyRequest, Settlement, inquire};
use crate::person::Person;
use crate::plan::{Plan, Usage, plan_loyal};
use crate::request::Request;
use crate::rules::RuleSet;
use crate::trace::Trace;
use crate::usage::{Need, Totals};

/// Everything that a decision read but the rules. No value of an identifier is in it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reading {
    /// Whose terminal asked.
    pub provider: Box<str>,
    /// What it asked.
    pub request: Request,
    /// Who was recognised, with the facts of that moment.
    pub person: Person,
    /// What was used before, in the order of the plan's needs.
    usage: Vec<Totals>,
    /// What was known of accounts and coupons; none where loyalty was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loyalty: Option<Box<Known>>,
    /// Whether the person was erased since, with all that is known of people and what they used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
}

impl Reading {
    /// What a plan read, with the usage that it was given.
    pub fn of(plan: &Plan, usage: &Usage) -> Self {
        Self {
            provider: (&*plan.provider.code).into(),
            request: plan.facts.request.clone(),
            person: plan.facts.person.clone(),
            usage: usage.totals().to_vec(),
            loyalty: plan.known().map(Box::new),
            erased: false,
        }
    }

    /// What is left once the person is erased: what the terminal asked.
    #[must_use]
    pub fn without_person(self) -> Self {
        Self { person: Person::default(), usage: Vec::new(), loyalty: None, erased: true, ..self }
    }

    /// Whether the person was erased since, so that it can't be decided again.
    pub fn is_erased(&self) -> bool {
        self.erased
    }

    /// Which accounts and coupons a ledger must know to record it afterwards.
    pub fn inquire(&self, rules: &Arc<RuleSet>) -> Option<Inquiry> {
        let (coupons, redeem) = self.loyalty.as_ref().map(|known| known.asked()).unwrap_or_default();
        let asked = LoyaltyRequest { request: self.request.clone(), coupons, redeem };
        inquire(rules, &self.provider, self.person.holder.as_deref(), &asked)
    }

    /// Decides again by other rules, with the usage for which the rules of then asked; what they did not ask for counts as unused.
    ///
    /// # Errors
    /// Rules of another currency.
    pub fn decide_by(&self, then: &Arc<RuleSet>, others: Arc<RuleSet>) -> Result<Decision, Faults> {
        let planned = |rules: Arc<RuleSet>| {
            let known = self.loyalty.clone().map(|known| known.placed_in(&rules));
            plan_loyal(rules, &self.provider, self.person.clone(), self.request.clone(), known)
        };
        let asked = planned(then.clone())?;
        let known = |need: &Need| {
            let of = asked.needs().iter().zip(&self.usage).find(|(known, _)| *known == need);
            of.map(|(_, totals)| *totals).unwrap_or_default()
        };
        let plan = planned(others)?;
        Ok(plan.decide(&plan.usage(known)))
    }

    /// Decides again, with what points make of it, and tells why.
    ///
    /// # Errors
    /// Rules of another currency.
    pub fn decide_again(self, rules: Arc<RuleSet>) -> Result<(Decision, Option<Settlement>, Trace), Faults> {
        let mut read = self.usage.into_iter();
        let known = self.loyalty.map(|known| known.placed_in(&rules));
        let sum = |_: &Need| read.next().unwrap_or_default();
        explain_loyal(rules, &self.provider, self.person, self.request, known, sum)
    }
}
