//! Campaigns, and the coupons of them.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::IdentifierForms;
use crate::document::{Zone, default_zone};
use crate::limits::LOYALTY_POINTS_MAX;
use crate::read::{Object, Place, Read, word};
use crate::span::Span;

/// What its coupons have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Unique.
    pub code: Arc<str>,
    /// Whose it is.
    pub owner: Box<str>,
    /// When its coupons are good.
    pub valid: Span,
    /// In which its dates and those of its coupons are read.
    pub time_zone: TimeZone,
    /// How often each coupon may be used; none is as often as wished.
    pub uses: Option<i64>,
    /// Whether a use comes back when what it served is given back.
    pub on_refund: OnRefund,
}

/// Whether a use comes back when what it served is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRefund {
    /// It does.
    GiveBack,
    /// It does not.
    Keep,
}

/// A coupon as a file carries it: the only place where its code stands.
#[derive(Clone, PartialEq)]
pub struct Coupon {
    /// The campaign's code.
    pub campaign: Box<str>,
    /// In its normal form.
    pub code: Box<str>,
    /// Whose alone it is; none is the bearer's.
    pub holder: Option<Box<str>>,
    /// When it is good.
    pub valid: Span,
}

impl std::fmt::Debug for Coupon {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Coupon({}, …)", self.campaign)
    }
}

/// The scheme of coupons' codes.
const SCHEME: &str = "coupon";

/// Capitals, without blanks and hyphens.
pub(crate) fn coupon_code(written: &str) -> Box<str> {
    // By the form of what people type, whatever schemes a deployment says are typed.
    IdentifierForms::typed([SCHEME.into()]).normal(SCHEME, written).into_owned().into()
}

impl Read for Campaign {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (code, owner) = (object.required("code"), object.required("owner"));
        let valid = object.or("valid", Span::default());
        let time_zone = object.optional::<Zone>("time_zone");
        let uses = match object.raw("uses") {
            Some(value) => crate::read::whole(value, &place.field("uses"), 1, LOYALTY_POINTS_MAX).map(Some),
            None => Some(None),
        };
        let on_refund = object.or("on_refund", OnRefund::GiveBack);
        object.close();
        let time_zone = time_zone?.map_or_else(default_zone, |zone| zone.0);
        if let Some(valid) = &valid {
            valid.check_order(&time_zone, &place.field("valid"));
        }
        Some(Self { code: code?, owner: owner?, valid: valid?, time_zone, uses: uses?, on_refund: on_refund? })
    }
}

impl Read for OnRefund {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("give_back", Self::GiveBack), ("keep", Self::Keep)])
    }
}

impl Read for Coupon {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (campaign, code) = (object.required("campaign"), object.required::<Box<str>>("code"));
        let (holder, valid) = (object.optional("holder"), object.or("valid", Span::default()));
        object.close_unnamed();
        if valid.is_some_and(|valid| valid.is_reversed()) {
            return place.field("valid").field("from").fault("expected a moment before `until`");
        }
        let code = coupon_code(&code?);
        if code.is_empty() {
            return place.field("code").fault("expected more than blanks and hyphens");
        }
        Some(Self { campaign: campaign?, code, holder: holder?, valid: valid? })
    }
}
