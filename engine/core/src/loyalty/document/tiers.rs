//! Levels of members.

use serde_json::Value;

use crate::limits::{LOYALTY_DAYS_MAX, LOYALTY_LEVELS_MAX, LOYALTY_POINTS_MAX};
use crate::read::{Object, Place, Read, word};
use crate::window::Window;

/// Levels of members, by what they earn or spend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tiers {
    /// What is counted.
    pub measure: TierMeasure,
    /// Over which service dates.
    pub window: Window,
    /// From the lowest to the highest.
    pub levels: Vec<Level>,
    /// When a level begins.
    pub upgrade: Upgrade,
    /// What follows the end of a level.
    pub downgrade: Downgrade,
    /// Days for which a level that ended is kept.
    pub grace_days: i64,
}

/// What levels count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierMeasure {
    /// Earned points.
    Points,
    /// Minor units paid for what is in scope.
    Spend,
}

/// A level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// Unique in its programme.
    pub code: Box<str>,
    /// At least so much.
    pub min: i64,
}

/// When a level begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// As soon as it is reached.
    AtOnce,
    /// With the period after.
    NextPeriod,
}

/// What follows the end of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Downgrade {
    /// What was reached in the period before.
    Recompute,
    /// At most one level less.
    OneStep,
}

impl Tiers {
    /// The number of the level that an amount reaches; 0 is none.
    pub(crate) fn level(&self, amount: i64) -> usize {
        self.levels.iter().take_while(|level| level.min <= amount).count()
    }

    /// The number of a level by its code.
    pub(crate) fn number(&self, code: &str) -> Option<usize> {
        self.levels.iter().position(|level| *level.code == *code).map(|place| place + 1)
    }

    /// The code of a level by its number.
    pub(crate) fn code(&self, number: usize) -> Option<&str> {
        number.checked_sub(1).and_then(|place| self.levels.get(place)).map(|level| &*level.code)
    }
}

impl Read for Tiers {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (measure, window) = (object.required("measure"), object.required::<Window>("window"));
        let levels: Option<Vec<Level>> = object.list("levels", LOYALTY_LEVELS_MAX);
        let (upgrade, downgrade) =
            (object.or("upgrade", Upgrade::AtOnce), object.or("downgrade", Downgrade::Recompute));
        let grace_days = object.bounded_or("grace_days", 0, 0, LOYALTY_DAYS_MAX);
        object.close();
        let mut whole = check_levels(levels.as_deref(), &place.field("levels"));
        if window.is_some_and(|window| matches!(window, Window::Lifetime | Window::Rolling { .. })) {
            for (field, refused) in [
                ("upgrade", upgrade == Some(Upgrade::NextPeriod)),
                ("downgrade", downgrade == Some(Downgrade::OneStep)),
            ] {
                if refused {
                    whole = place.field(field).fault("possible only with a window of periods");
                }
            }
        }
        if window == Some(Window::Lifetime) && grace_days.is_some_and(|days| days > 0) {
            whole = place.field("grace_days").fault("a level for a lifetime does not end");
        }
        whole?;
        Some(Self {
            measure: measure?,
            window: window?,
            levels: levels?,
            upgrade: upgrade?,
            downgrade: downgrade?,
            grace_days: grace_days?,
        })
    }
}

fn check_levels(levels: Option<&[Level]>, place: &Place<'_>) -> Option<()> {
    let levels = levels?;
    if levels.is_empty() {
        return place.fault("expected at least one entry");
    }
    let mut before = 0;
    let mut whole = Some(());
    for (index, level) in levels.iter().enumerate() {
        if level.min <= before {
            whole = place.item(index).field("min").fault("expected levels that rise from above 0");
        }
        before = level.min;
    }
    whole
}

impl Read for Level {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (code, min) = (object.required("code"), object.bounded("min", 0, LOYALTY_POINTS_MAX));
        object.close();
        Some(Self { code: code?, min: min? })
    }
}

impl Read for TierMeasure {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("points", Self::Points), ("spend", Self::Spend)])
    }
}

impl Read for Upgrade {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("at_once", Self::AtOnce), ("next_period", Self::NextPeriod)])
    }
}

impl Read for Downgrade {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("recompute", Self::Recompute), ("one_step", Self::OneStep)])
    }
}
