//! Rewards that a request asks for.

use crate::loyalty::Costs;
use crate::plan::Plan;
use crate::rules::{Id, Version};

impl Plan {
    fn covers_a_line(&self, version: &Version) -> bool {
        self.facts.request.lines.iter().any(|line| version.scope.covers_product(line.product.as_str()))
    }

    /// The reward of a programme if it is a candidate, with what it costs. It need not be eligible for a line.
    pub(crate) fn reward(&self, program: &str, benefit: &str) -> Option<(Id<Version>, &Costs)> {
        let rules = &self.facts.rules;
        let mut versions = self.buckets.iter().flat_map(|(_, bucket)| rules.index.bucket(*bucket).versions());
        versions.find_map(|id| {
            let version = rules.versions.get(id);
            let costs = version.reward.as_deref()?.costs.as_ref()?;
            let is_it = *version.code == *benefit && *costs.program == *program;
            let is_candidate = || self.set_aside(version).is_none() && self.covers_a_line(version);
            (is_it && is_candidate()).then_some((id, costs))
        })
    }
}
