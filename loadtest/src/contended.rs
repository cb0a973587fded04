//! The quota that many tills sell at once: how much it is, and what was surely in use at any moment.

use std::sync::Mutex;
use std::time::Instant;

use avis_core::{DateRange, Totals, UsageRange};
use serde_json::Value;
use uuid::Uuid;

use crate::arrivals::Dice;
use crate::basket;
use crate::people::{Identifier, World};
use crate::report::locked;

/// Demo data: twenty free trips a month for a pensioner of Jelgava.
const PROVIDER: &str = "jelgava-bus";
const PRODUCT: &str = "transport.bus.city.single";
const IDENTIFIER: (&str, &str) = ("resident-card", "VELTA-0004");
/// More than any quota.
const MANY: i64 = 100_000;

/// One holder's quota of one benefit.
#[derive(Debug)]
pub(crate) struct Contended {
    /// By its place among the terminals.
    pub(crate) terminal: usize,
    /// In units, for the month in which the load began.
    pub(crate) size: i64,
    /// How many of those were left then.
    pub(crate) limit: i64,
    window: DateRange,
    /// Units that an answer gave, and units about to be given back.
    events: Mutex<Vec<(Instant, i64)>>,
}

impl Contended {
    /// Finds it in the data; how much it is, the core says.
    ///
    /// # Errors
    /// Data without it.
    pub(crate) fn find(world: &World) -> Result<Self, String> {
        let missing = || format!("the data has no quota of `{PRODUCT}` at a terminal of `{PROVIDER}`");
        let terminal = world.terminals.iter().position(|terminal| terminal.provider == PROVIDER);
        let mut quota = Self {
            terminal: terminal.ok_or_else(missing)?,
            size: 0,
            limit: 0,
            window: everything(),
            events: Mutex::default(),
        };
        (quota.size, quota.window) = quota.now(world)?;
        quota.limit = quota.size;
        if quota.size > 0 && quota.size < MANY { Ok(quota) } else { Err(missing()) }
    }

    /// Its size, and the dates in which it counts, at this moment.
    fn now(&self, world: &World) -> Result<(i64, DateRange), String> {
        let Some(terminal) = world.terminals.get(self.terminal) else { return Ok((0, everything())) };
        let plan = world.plan(terminal, &self.everything_asked(world, &mut Dice::new(0)).to_string())?;
        let decision = plan.decide(&plan.usage(|_| Totals::default()));
        let discounts = decision.lines.iter().flat_map(|line| &line.discounts);
        let window = plan.needs().first().map_or_else(everything, |need| match need.range {
            UsageRange::Dates(range) => range,
            UsageRange::FromFirst { .. } => everything(),
        });
        Ok((discounts.map(|discount| discount.units).sum(), window))
    }

    /// Whether it is the quota that it was when the load began: a month may have turned.
    pub(crate) fn is_the_same(&self, world: &World) -> bool {
        self.now(world) == Ok((self.size, self.window))
    }

    /// A sale or hold of a few units.
    pub(crate) fn asked(&self, world: &World, id: Uuid, mode: &str, units: i64, dice: &mut Dice) -> Value {
        let (scheme, value) = IDENTIFIER;
        let identifier = Identifier { scheme: scheme.into(), value: value.into() };
        world.terminals.get(self.terminal).map_or(Value::Null, |terminal| {
            basket::units(world, terminal, id, mode, (&identifier, PRODUCT, units), dice)
        })
    }

    /// A quote that is given all that is left.
    pub(crate) fn everything_asked(&self, world: &World, dice: &mut Dice) -> Value {
        let id = basket::new_id(dice);
        self.asked(world, id, "sale", MANY, dice)
    }

    /// Notes units that an answer gave, or, as a negative number, that are about to be given back.
    pub(crate) fn note(&self, units: i64) {
        if units != 0 {
            locked(&self.events).push((Instant::now(), units));
        }
    }

    /// The most units that were surely in use at one moment: their answer had come, and nobody had begun to give them back.
    pub(crate) fn most(&self) -> i64 {
        most(&locked(&self.events))
    }
}

/// What is given back at the same moment goes first: it is not surely in use any more.
fn most(events: &[(Instant, i64)]) -> i64 {
    let mut events = events.to_vec();
    events.sort_unstable();
    let sums = events.iter().scan(0, |sum, (_, units)| {
        *sum += units;
        Some(*sum)
    });
    sums.max().unwrap_or_default()
}

fn everything() -> DateRange {
    DateRange { from: jiff::civil::Date::MIN, until: jiff::civil::Date::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_what_is_surely_in_use_counts() {
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        assert_eq!(most(&[]), 0);
        assert_eq!(most(&[(at(0), 3), (at(2), 2), (at(1), -3)]), 3);
        assert_eq!(most(&[(at(0), 3), (at(1), 2), (at(1), -3), (at(2), 4)]), 6);
    }
}
