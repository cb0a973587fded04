//! What meets at a provider, in the order in which a decision looks at it.

use jiff::Timestamp;

use crate::condition::Condition;
use crate::document::{Benefit, Catalogue, Slot};
use crate::path::DottedPath;
use crate::rules::compile::{Ranked, in_order_of_evaluation, timelines_of_benefits};
use crate::rules::{Provider, unreachable};
use crate::span::Interval;

/// A version of a benefit at its place among those that meet at a provider.
#[derive(Clone, Debug)]
pub struct Meeting<'c> {
    /// The version.
    pub benefit: &'c Benefit,
    /// The slot in which it stands; none is a slot of its own.
    pub slot: Option<&'c Slot>,
    /// Whether it is suspended at that moment, if not for everybody.
    pub is_suspended: bool,
    /// What is proved to leave it nothing, if something is.
    pub unreachable: Option<Unreachable<'c>>,
}

/// The proof that a benefit takes nothing off any line: another one that comes before it has taken all, or stands for it in their
/// slot. On a line that costs nothing it may be counted all the same.
#[derive(Clone, Copy, Debug)]
pub struct Unreachable<'c> {
    /// The version that comes before it.
    pub by: &'c Benefit,
    /// The least that must remain to be paid on a line for that, in minor units: of less, the other's share may round to nothing.
    pub from: i64,
}

/// A version at a provider, as the proof looks at it.
pub(super) struct Rival<'c> {
    pub(super) ranked: Ranked<'c>,
    /// When it counts.
    pub(super) counts: Interval,
    /// When it is suspended, if not for everybody.
    pub(super) suspended: Vec<Interval>,
    /// Whether it gives by its effect alone.
    pub(super) is_whole: bool,
    /// What must be true at once; none of what asks nothing.
    pub(super) conjuncts: Vec<&'c Condition>,
}

impl Catalogue {
    /// The versions that meet at a provider at a moment, of a product or of any, in the order of evaluation; those that a
    /// suspension stops are among them. Whether one can be reached is judged over all the time in which it counts.
    pub fn meeting(&self, provider: &str, at: Timestamp, product: Option<&DottedPath>) -> Vec<Meeting<'_>> {
        let there = self.providers.iter().find(|known| *known.code == *provider);
        let there = Provider::new(provider.into(), there.map_or(&[], |known| known.tags.as_slice()), Vec::new());
        let timelines = timelines_of_benefits(self);
        let rivals = in_order_of_evaluation(self).into_iter().filter(|ranked| {
            let scope = &ranked.benefit.scope;
            there.covered_by(&scope.providers) && product.is_none_or(|product| scope.covers_product(product.as_str()))
        });
        let rivals: Vec<Rival<'_>> = rivals
            .map(|ranked| {
                let benefit = ranked.benefit;
                let superseded =
                    timelines.get(&*benefit.code).and_then(|timeline| timeline.superseded(benefit.version));
                let valid = benefit.valid.resolve(&benefit.time_zone);
                let ends = valid.until.into_iter().chain(superseded).min();
                let suspended = benefit.suspensions.iter().map(|one| one.span.resolve(&benefit.time_zone));
                Rival {
                    ranked,
                    counts: Interval { until: ends, ..valid },
                    suspended: suspended.collect(),
                    is_whole: unreachable::is_whole(benefit),
                    conjuncts: benefit.when.as_ref().map(unreachable::conjuncts).unwrap_or_default(),
                }
            })
            .collect();
        let mut whole: Vec<&Rival<'_>> = Vec::new();
        rivals
            .iter()
            .filter_map(|rival| {
                let earlier = whole.len();
                if rival.is_whole {
                    whole.push(rival);
                }
                if !rival.counts.contains(at) {
                    return None;
                }
                let benefit = rival.ranked.benefit;
                let named = benefit.slot.as_deref().filter(|_| !benefit.effect.is_spend_cap());
                Some(Meeting {
                    benefit,
                    slot: named.and_then(|name| self.slots.iter().find(|slot| *slot.name == *name)),
                    is_suspended: rival.suspended.iter().any(|during| during.contains(at)),
                    unreachable: unreachable::proved(whole.get(..earlier).unwrap_or_default(), rival),
                })
            })
            .collect()
    }
}
