//! What a decision read, so that it can be made again and explained, years later.

use std::sync::Arc;

use crate::decision::Decision;
use crate::fault::Faults;
use crate::person::Person;
use crate::plan::{Plan, Usage};
use crate::request::Request;
use crate::rules::RuleSet;
use crate::trace::{Trace, explain};
use crate::usage::Totals;

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
}

impl Reading {
    /// What a plan read, with the usage that it was given.
    pub fn of(plan: &Plan, usage: &Usage) -> Self {
        Self {
            provider: (&*plan.provider.code).into(),
            request: plan.facts.request.clone(),
            person: plan.facts.person.clone(),
            usage: usage.totals().to_vec(),
        }
    }

    /// Decides again and tells why.
    ///
    /// # Errors
    /// Rules of another currency.
    pub fn decide_again(self, rules: Arc<RuleSet>) -> Result<(Decision, Trace), Faults> {
        let mut read = self.usage.into_iter();
        explain(rules, &self.provider, self.person, self.request, |_| read.next().unwrap_or_default())
    }
}
