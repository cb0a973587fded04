//! The level of an account: a pure function of the rules, of what stands recorded, and of a moment.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::loyalty::account::{Account, Use};
use crate::loyalty::{Downgrade, TierMeasure, Tiers, Upgrade};
use crate::window::{DateRange, Window};

/// What an account has reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Reached {
    /// The number of its level; 0 is none.
    pub(crate) level: usize,
    /// What counts towards the next one.
    pub(crate) counted: i64,
}

/// What stands by service date, in its order, with running sums.
struct Counted {
    days: Vec<Date>,
    /// Before each day; the last is all.
    sums: Vec<i64>,
}

impl Counted {
    fn new(measured: &[(Date, i64)]) -> Self {
        let mut sums = vec![0];
        let mut sum = 0_i64;
        for (_, amount) in measured {
            sum = sum.saturating_add(*amount);
            sums.push(sum);
        }
        Self { days: measured.iter().map(|(date, _)| *date).collect(), sums }
    }

    fn within(&self, range: DateRange) -> i64 {
        let sum = |place: usize| self.sums.get(place).copied().unwrap_or_default();
        let from = self.days.partition_point(|day| *day < range.from);
        sum(self.days.partition_point(|day| *day <= range.until)) - sum(from)
    }
}

impl Tiers {
    /// The first service date that counts for the level on another.
    pub(crate) fn counted_since(&self, date: Date) -> Date {
        match self.window {
            // The last day of the grace looks back furthest.
            Window::Rolling { .. } => {
                let day = date.checked_sub(self.grace_days.days()).unwrap_or(Date::MIN);
                self.window.around(day).from
            }
            _ => Date::MIN,
        }
    }

    /// What an account has reached at an instant, which is on a service date.
    pub(crate) fn reached_by(&self, account: &Account, at: Timestamp, date: Date) -> Reached {
        let measure: fn(&Use) -> i64 = match self.measure {
            TierMeasure::Points => |one| one.stands.earned,
            TierMeasure::Spend => |one| one.stands.measured,
        };
        reached(self, &account.measured_before(at, measure), date)
    }
}

/// The level on a service date, given what stands by service date, in its order.
fn reached(tiers: &Tiers, measured: &[(Date, i64)], date: Date) -> Reached {
    let counted = Counted::new(measured);
    let now = counted.within(tiers.window.around(date));
    let level = match tiers.window {
        Window::Lifetime => tiers.level(now),
        Window::Rolling { .. } => rolling(tiers, &counted, date),
        _ => by_periods(tiers, &counted, date),
    };
    Reached { level, counted: now }
}

/// The highest on any day of the grace.
fn rolling(tiers: &Tiers, counted: &Counted, date: Date) -> usize {
    let levels = (0..=tiers.grace_days).map(|back| {
        let day = date.checked_sub(back.days()).unwrap_or(Date::MIN);
        tiers.level(counted.within(tiers.window.around(day)))
    });
    levels.max().unwrap_or_default()
}

/// From the period of the first authorization on: what is held to its end, and with what the next one begins.
fn by_periods(tiers: &Tiers, counted: &Counted, date: Date) -> usize {
    let at_once = tiers.upgrade == Upgrade::AtOnce;
    let this = tiers.window.around(date);
    let first = counted.days.first().copied().unwrap_or(date).min(date);
    let mut period = tiers.window.around(first);
    let (mut base, mut held_before) = (0_usize, 0_usize);
    while period.until < this.from {
        let reached = tiers.level(counted.within(period));
        let held = if at_once { base.max(reached) } else { base };
        let kept = if tiers.downgrade == Downgrade::OneStep { held.saturating_sub(1) } else { 0 };
        (base, held_before) = (reached.max(kept), held);
        let Ok(next) = period.until.tomorrow() else { break };
        period = tiers.window.around(next);
    }
    let now = if at_once { base.max(tiers.level(counted.within(this))) } else { base };
    let days = this.from.until(date).map_or(0, |span| i64::from(span.get_days()));
    if days < tiers.grace_days { now.max(held_before) } else { now }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use serde_json::json;

    fn tiers(more: &serde_json::Value) -> Tiers {
        let mut written = json!({"measure": "points", "window": {"year": {}},
            "levels": [{"code": "silver", "min": 10}, {"code": "gold", "min": 100}]});
        for (name, value) in more.as_object().unwrap() {
            written[name] = value.clone();
        }
        crate::read::parsed(&written).unwrap()
    }

    fn level(tiers: &Tiers, measured: &[(Date, i64)], on: Date) -> usize {
        reached(tiers, measured, on).level
    }

    #[test]
    fn a_level_lasts_to_the_end_of_the_period_after() {
        let year = tiers(&json!({}));
        let bought = [(date(2024, 3, 1), 100)];
        assert_eq!(level(&year, &bought, date(2024, 3, 2)), 2);
        assert_eq!(level(&year, &bought, date(2025, 12, 31)), 2);
        assert_eq!(level(&year, &bought, date(2026, 1, 1)), 0);
    }

    #[test]
    fn one_step_at_a_time_and_grace() {
        let slow = tiers(&json!({"downgrade": "one_step", "grace_days": 10}));
        let bought = [(date(2024, 3, 1), 100)];
        assert_eq!(level(&slow, &bought, date(2026, 1, 10)), 2, "within the grace");
        assert_eq!(level(&slow, &bought, date(2026, 1, 11)), 1);
        assert_eq!(level(&slow, &bought, date(2027, 2, 1)), 0);
    }

    #[test]
    fn an_upgrade_may_wait_for_the_next_period() {
        let later = tiers(&json!({"upgrade": "next_period"}));
        let bought = [(date(2024, 3, 1), 100)];
        assert_eq!(level(&later, &bought, date(2024, 12, 31)), 0);
        assert_eq!(level(&later, &bought, date(2025, 1, 1)), 2);
    }

    #[test]
    fn a_rolling_level_falls_after_its_grace() {
        let rolling = tiers(&json!({"window": {"rolling": {"days": 30}}, "grace_days": 5}));
        let bought = [(date(2025, 3, 1), 100)];
        assert_eq!(level(&rolling, &bought, date(2025, 3, 30)), 2);
        assert_eq!(level(&rolling, &bought, date(2025, 4, 4)), 2);
        assert_eq!(level(&rolling, &bought, date(2025, 4, 5)), 0);
    }
}
