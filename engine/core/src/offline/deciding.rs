//! Deciding where nobody can say all that was used: benefits with limits are held to what their `offline` policy allows, too.

use crate::decision::Decision;
use crate::document::Offline;
use crate::offline::{OverGrantKey, OverGranted};
use crate::plan::{Plan, Usage};
use crate::rules::Version;

impl Plan {
    /// Whose grants without the ledger must be known to decide without it: a key for each benefit with limits that can be
    /// given, and whose `offline` policy allows something. None where nobody was recognised, for the caps are each holder's.
    pub fn offline_keys(&self) -> Vec<OverGrantKey> {
        let Some(holder) = self.facts.holder() else { return Vec::new() };
        let versions = self.candidates.iter().map(|candidate| self.version(candidate));
        let capped = versions.filter(|version| !version.limits.is_empty() && version.offline != Offline::Deny);
        let key = |version: &Version| OverGrantKey {
            benefit: version.code.clone(),
            holder: holder.code.clone(),
            date: self.facts.service_date(version),
        };
        capped.map(key).collect()
    }

    /// Decides knowing only the `least` that was used: others may have used more. A benefit without limits is given as ever; one
    /// with limits within what these have left after the least, and within what its `offline` policy has left after what was
    /// granted `before`, in the order of the keys; a spend cap counts only what is known to be paid, so it gives at most what is
    /// due. What is not given stays to be paid, and `limit_reached` says so.
    pub fn decide_offline(&self, least: &Usage, before: &[OverGranted]) -> Decision {
        let keys = self.offline_keys();
        self.decide_held(least, |version| {
            let known = keys.iter().zip(before).find(|(key, _)| key.benefit == version.code);
            match (version.offline, known) {
                _ if version.limits.is_empty() => None,
                (Offline::Allow { max_discount, max_uses }, Some((_, before))) => {
                    Some((max_uses.saturating_sub(before.uses), max_discount.saturating_sub(before.discount)))
                }
                _ => Some((0, 0)),
            }
        })
    }
}
