//! What a request asks of programmes: coupons presented, and points to redeem.

use serde_json::Value;

use crate::fault::Faults;
use crate::limits::{COUPONS_MAX, LOYALTY_POINTS_MAX, QUANTITY_MAX, REDEMPTIONS_MAX};
use crate::loyalty::document::coupon::coupon_code;
use crate::read::{self, Object, Place, Read, whole};
use crate::request::Request;

/// A request with what it asks of programmes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoyaltyRequest {
    /// The basket and all that any request has.
    pub request: Request,
    /// Codes of coupons in their normal form, in order.
    pub coupons: Vec<Box<str>>,
    /// Points to redeem, in order.
    pub redeem: Vec<Redemption>,
}

/// Points to redeem.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Redemption {
    /// The programme's code.
    pub program: Box<str>,
    /// For what.
    pub of: RedemptionOf,
}

/// For what points are redeemed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RedemptionOf {
    /// As a tender, so many points.
    Points(i64),
    /// As a tender, as many as possible.
    Max,
    /// For a reward.
    Reward {
        /// The benefit's code.
        benefit: Box<str>,
        /// Units; 1 if it is not said.
        units: i64,
    },
}

impl LoyaltyRequest {
    /// Reads a request from bytes of JSON.
    ///
    /// # Errors
    /// Every fault with its place; no value is repeated.
    pub fn parse(json: &[u8]) -> Result<Self, Faults> {
        // Most requests ask nothing of programmes, and for those there is a short way.
        Request::quick(json).map(Self::plain).map_or_else(|| read::document(json), Ok)
    }

    /// Reads a request as a line of a file.
    ///
    /// # Errors
    /// Every fault with its place; no value is repeated.
    pub fn from_value(value: &Value) -> Result<Self, Faults> {
        read::parsed(value)
    }

    /// A request that asks nothing of programmes.
    pub fn plain(request: Request) -> Self {
        Self { request, coupons: Vec::new(), redeem: Vec::new() }
    }

    /// Whether it asks anything of programmes.
    pub fn asks(&self) -> bool {
        !self.coupons.is_empty() || !self.redeem.is_empty()
    }
}

impl Read for LoyaltyRequest {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        Self::read_with_id(value, place, None)
    }
}

impl LoyaltyRequest {
    /// Reads a request whose id may be left out where `absent_id` stands for it.
    pub(crate) fn read_with_id(value: &Value, place: &Place<'_>, absent_id: Option<uuid::Uuid>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let request = Request::read_fields(&object, absent_id);
        let coupons = object.list::<CouponCode>("coupons", COUPONS_MAX);
        let redeem: Option<Vec<Redemption>> = object.list("redeem", REDEMPTIONS_MAX);
        object.close();
        let redeem = redeem?;
        check_twice(&redeem, &place.field("redeem"))?;
        Some(Self { request: request?, coupons: coupons?.into_iter().map(|code| code.0).collect(), redeem })
    }
}

/// A tender of a programme stands once, and so does a reward.
fn check_twice(redeem: &[Redemption], place: &Place<'_>) -> Option<()> {
    let same = |one: &Redemption, other: &Redemption| {
        let reward = |redemption: &Redemption| match &redemption.of {
            RedemptionOf::Reward { benefit, .. } => Some(benefit.clone()),
            RedemptionOf::Points(_) | RedemptionOf::Max => None,
        };
        one.program == other.program && reward(one) == reward(other)
    };
    let twice = redeem.iter().enumerate().find(|(index, one)| redeem.iter().take(*index).any(|other| same(one, other)));
    match twice {
        Some((index, _)) => place.item(index).fault("expected a tender or reward that no entry before has"),
        None => Some(()),
    }
}

struct CouponCode(Box<str>);

impl Read for CouponCode {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let code = coupon_code(&Box::<str>::read(value, place)?);
        if code.is_empty() { place.fault("expected more than blanks and hyphens") } else { Some(Self(code)) }
    }
}

impl Read for Redemption {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let program = object.required("program");
        let of = match (object.raw("points"), object.raw("max"), object.raw("reward")) {
            (Some(points), None, None) => {
                whole(points, &place.field("points"), 1, LOYALTY_POINTS_MAX).map(RedemptionOf::Points)
            }
            (None, Some(max), None) if *max == Value::Bool(true) => Some(RedemptionOf::Max),
            (None, Some(_), None) => place.field("max").fault("expected true"),
            (None, None, Some(reward)) => {
                let benefit = Box::<str>::read(reward, &place.field("reward"));
                let units = object.bounded_or("units", 1, 1, QUANTITY_MAX);
                benefit.zip(units).map(|(benefit, units)| RedemptionOf::Reward { benefit, units })
            }
            _ => place.fault("expected exactly one of `points`, `max`, `reward`"),
        };
        object.close();
        Some(Self { program: program?, of: of? })
    }
}
