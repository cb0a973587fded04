//! One version of a merchant's rules for one kind of points.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::condition::ClockTime;
use crate::document::{ProviderScope, Scope, Suspension, Text, Zone, default_zone};
use crate::loyalty::document::{Earn, Expiry, Pending, Redeem, Returns, Tiers};
use crate::read::{Object, Place, Read, at_least_one};
use crate::span::Span;

/// A version of a programme; it counts as versions of benefits do.
#[derive(Clone, Debug, PartialEq)]
pub struct Programme {
    /// The code, shared by all versions.
    pub code: Box<str>,
    /// Counts from 1; a higher one supersedes from its `valid.from` on.
    pub version: i64,
    /// The party that owes what points pay.
    pub owner: Box<str>,
    /// For people; absent is the code.
    pub name: Option<Text>,
    /// In which its dates are read, those of memberships as well.
    pub time_zone: TimeZone,
    /// The local time at which a service date turns.
    pub service_day_start: Time,
    /// When it is in force.
    pub valid: Span,
    /// When it is not, in between.
    pub suspensions: Vec<Suspension>,
    /// Where it is, and on what points are earned and spending counts.
    pub scope: Scope,
    /// How points come.
    pub earn: Earn,
    /// When they become active.
    pub pending: Pending,
    /// When they expire; none is never.
    pub expiry: Option<Expiry>,
    /// What points pay; none is that they are no tender.
    pub redeem: Option<Redeem>,
    /// Levels of members.
    pub tiers: Option<Tiers>,
    /// What becomes of points when units are given back.
    pub returns: Returns,
}

impl Programme {
    /// Whether two documents publish the same: suspending, resuming and ending are events beside a version and change no
    /// content.
    pub fn publishes_the_same(&self, other: &Self) -> bool {
        let mut content = other.clone();
        content.valid.until = self.valid.until;
        content.suspensions.clone_from(&self.suspensions);
        *self == content
    }
}

impl Read for Programme {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let code = object.required("code");
        let version = object.bounded("version", 1, i64::from(u32::MAX));
        let (owner, name) = (object.required("owner"), object.optional("name"));
        let time_zone = object.optional::<Zone>("time_zone");
        let service_day_start = object.optional::<ClockTime>("service_day_start");
        let valid = object.or("valid", Span::default());
        let suspensions = object.or("suspensions", Vec::<Pause>::new());
        let scope = object.optional("scope");
        let (earn, pending) = (object.or("earn", Earn::default()), object.or("pending", Pending::None));
        let (expiry, redeem, tiers) = (object.optional("expiry"), object.optional("redeem"), object.optional("tiers"));
        let returns = object.or("returns", Returns::default());
        object.close();
        let zone = time_zone.as_ref().and_then(Option::as_ref).map_or_else(default_zone, |zone| zone.0.clone());
        if let Some(valid) = &valid {
            valid.check_order(&zone, &place.field("valid"));
        }
        let suspensions: Option<Vec<Suspension>> =
            suspensions.map(|pauses| pauses.into_iter().map(|pause| pause.0).collect());
        for (index, suspension) in suspensions.iter().flatten().enumerate() {
            suspension.span.check_order(&zone, &place.field("suspensions").item(index));
        }
        time_zone?;
        Some(Self {
            code: code?,
            version: version?,
            owner: owner?,
            name: name?,
            time_zone: zone,
            service_day_start: service_day_start?.map_or(Time::midnight(), |time| time.0),
            valid: valid?,
            suspensions: suspensions?,
            scope: scope?.unwrap_or(Scope {
                providers: ProviderScope::All,
                products: None,
                except_products: Vec::new(),
            }),
            earn: earn?,
            pending: pending?,
            expiry: expiry?,
            redeem: redeem?,
            tiers: tiers?,
            returns: returns?,
        })
    }
}

/// A suspension without groups: a merchant knows none.
struct Pause(Suspension);

impl Read for Pause {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let span = Span::read_from(&object);
        object.close();
        Some(Self(Suspension { span: span?, except_groups: Vec::new() }))
    }
}

/// Which products a part of a programme is about; absent is all.
pub(super) fn products(object: &Object<'_>, place: &Place<'_>) -> Option<Scope> {
    let products = match object.raw("products") {
        Some(value) => at_least_one(value, &place.field("products")).map(Some),
        None => Some(None),
    };
    let except_products = object.or("except_products", Vec::new());
    Some(Scope { providers: ProviderScope::All, products: products?, except_products: except_products? })
}
