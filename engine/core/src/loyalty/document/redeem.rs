//! What points pay as a tender.

use serde_json::Value;

use crate::condition::Condition;
use crate::document::Scope;
use crate::limits::{LOYALTY_POINTS_MAX, RATE_WHOLE};
use crate::loyalty::document::EarnLimit;
use crate::loyalty::document::programme::products;
use crate::loyalty::document::rule::limits;
use crate::read::{Object, Place, Read};

/// What points pay as a tender.
#[derive(Clone, Debug, PartialEq)]
pub struct Redeem {
    /// So many points…
    pub points: i64,
    /// …are worth so many minor units.
    pub amount: i64,
    /// Points of which what is redeemed is a multiple.
    pub step: i64,
    /// The least that is redeemed; a multiple of the step.
    pub min: i64,
    /// Basis points of the whole payable that points may pay.
    pub max_share: i64,
    /// On what.
    pub products: Scope,
    /// When.
    pub when: Option<Condition>,
    /// The most in windows, in points.
    pub limits: Vec<EarnLimit>,
}

impl Redeem {
    /// What so many points are worth, in minor units.
    pub(crate) fn value(&self, points: i64) -> i64 {
        crate::money::proportion(points, self.amount, self.points)
    }

    /// The least points that are worth an amount: a multiple of the step, not below the minimum.
    pub(crate) fn least_worth(&self, amount: i64) -> i64 {
        let exact = i128::from(amount) * i128::from(self.points);
        let least = (exact + i128::from(self.amount) - 1) / i128::from(self.amount.max(1));
        let least = least.max(i128::from(self.min));
        let step = i128::from(self.step.max(1));
        i64::try_from((least + step - 1) / step * step).unwrap_or(i64::MAX)
    }

    /// The most points that are worth no more than an amount: a multiple of the step.
    pub(crate) fn most_within(&self, amount: i64) -> i64 {
        let above = (i128::from(amount) + 1) * i128::from(self.points) - 1;
        let most = i64::try_from(above / i128::from(self.amount.max(1))).unwrap_or(i64::MAX);
        self.stepped(most)
    }

    /// Down to a multiple of the step.
    pub(crate) fn stepped(&self, points: i64) -> i64 {
        points - points.rem_euclid(self.step.max(1))
    }
}

impl Read for Redeem {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let points = object.bounded("points", 1, LOYALTY_POINTS_MAX);
        let amount = object.bounded("amount", 1, LOYALTY_POINTS_MAX);
        let step = object.bounded_or("step", 1, 1, LOYALTY_POINTS_MAX);
        let min = object.bounded_or("min", 0, 0, LOYALTY_POINTS_MAX);
        let max_share = object.bounded_or("max_share", RATE_WHOLE, 0, RATE_WHOLE);
        let products = products(&object, place);
        let (when, limits) = (object.optional("when"), limits(&object));
        object.close();
        if let (Some(min), Some(step)) = (min, step)
            && min % step != 0
        {
            return place.field("min").fault("expected a multiple of `step`");
        }
        Some(Self {
            points: points?,
            amount: amount?,
            step: step?,
            min: min?,
            max_share: max_share?,
            products: products?,
            when: when?,
            limits: limits?,
        })
    }
}
