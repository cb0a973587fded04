//! Campaigns, and the coupons of them.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::document::{Zone, default_zone};
use crate::limits::LOYALTY_POINTS_MAX;
use crate::loyalty::{AccountName, HoldOut};
use crate::read::{Object, Place, Read, word};
use crate::span::Span;
use crate::{IdentifierForms, IdentifierKey, IdentifierSecret};

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
    /// For whom its coupons are not good, so that what it brings can be measured.
    pub hold_out: Option<HoldOut>,
}

impl Campaign {
    /// Whether its coupons are not good for a member, by the accounts of the member by programme.
    pub(crate) fn holds_out<'a>(&self, mut account: impl FnMut(&str) -> Option<&'a AccountName>) -> bool {
        self.hold_out.as_ref().is_some_and(|hold_out| {
            account(&hold_out.program).is_some_and(|account| hold_out.holds_out(&self.code, account))
        })
    }
}

/// Whether a use comes back when what it served is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRefund {
    /// It does.
    GiveBack,
    /// It does not.
    Keep,
}

/// A coupon as a file carries it: the only place where its code stands. A store keeps the keyed hash of it as `key`.
#[derive(Clone, PartialEq)]
pub struct Coupon {
    /// The campaign's code.
    pub campaign: Box<str>,
    /// In its normal form, or the keyed hash of it where codes are not kept.
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

impl Coupon {
    /// The keyed hash of a code; none of one that has no normal form.
    pub fn key(code: &str, secret: &IdentifierSecret) -> Option<IdentifierKey> {
        IdentifierKey::of(SCHEME, &coupon_code(code), secret)
    }
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
        let hold_out = object.optional::<HoldOut>("hold_out");
        object.close();
        let time_zone = time_zone?.map_or_else(default_zone, |zone| zone.0);
        if let Some(valid) = &valid {
            valid.check_order(&time_zone, &place.field("valid"));
            if hold_out.as_ref().is_some_and(Option::is_some) && valid.from.is_none() {
                return place
                    .field("valid")
                    .field("from")
                    .fault("expected when it begins: from then on it is measured");
            }
        }
        let (on_refund, hold_out) = (on_refund?, hold_out?);
        Some(Self { code: code?, owner: owner?, valid: valid?, time_zone, uses: uses?, on_refund, hold_out })
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
        let campaign = object.required("campaign");
        let (code, key) = (object.optional::<Box<str>>("code"), object.optional::<Box<str>>("key"));
        let (holder, valid) = (object.optional("holder"), object.or("valid", Span::default()));
        object.close_unnamed();
        if valid.is_some_and(|valid| valid.is_reversed()) {
            return place.field("valid").field("from").fault("expected a moment before `until`");
        }
        let code = match (code?, key?) {
            (Some(code), None) => coupon_code(&code),
            (None, Some(key)) if IdentifierKey::from_hex(&key).is_some() => key,
            (None, Some(_)) => {
                return place.field("key").fault("expected 32 hexadecimal digits, as an export has them");
            }
            (None, None) => return place.field("code").fault("this field is required"),
            (Some(_), Some(_)) => return place.field("key").fault("expected either `code` or `key`"),
        };
        if code.is_empty() {
            return place.field("code").fault("expected more than blanks and hyphens");
        }
        Some(Self { campaign: campaign?, code, holder: holder?, valid: valid? })
    }
}
