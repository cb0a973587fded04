//! One version of a grantor's rule.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::condition::{ClockTime, Condition};
use crate::document::combination::check_combination;
use crate::document::{Limit, Refinements, Scope, Text};
use crate::limits::{AMOUNT_MAX, BENEFIT_LIMITS_MAX, PRIORITY_MAX, QUANTITY_MAX, RATE_WHOLE};
use crate::loyalty::{Choose, Costs};
use crate::money::Rounding;
use crate::nearest::suggestion_of;
use crate::read::{Object, Place, Read, at_least_one, only_field, word};
use crate::request::{Amount, LineFor};
use crate::span::Span;
use crate::window::LimitWindow;

/// A version of a benefit: who may use it where, what it gives and who pays.
#[derive(Clone, Debug, PartialEq)]
pub struct Benefit {
    /// The code, shared by all versions.
    pub code: Box<str>,
    /// Counts from 1; a higher one supersedes from its `valid.from` on.
    pub version: i64,
    /// Whose rule it is.
    pub grantor: Box<str>,
    /// For people who keep rules.
    pub name: Text,
    /// For tills and receipts: neutral.
    pub public_name: Text,
    /// In which local rules are read.
    pub time_zone: TimeZone,
    /// The local time at which a service date turns.
    pub service_day_start: Time,
    /// When it is in force.
    pub valid: Span,
    /// When it is not, in between.
    pub suspensions: Vec<Suspension>,
    /// Smaller is considered first.
    pub priority: i64,
    /// The stacking slot; none is a slot of its own.
    pub slot: Option<Box<str>>,
    /// Where and on what.
    pub scope: Scope,
    /// For whom; absent is everyone, also without an identifier.
    pub when: Option<Condition>,
    /// Whose lines it may discount.
    pub covers: Covers,
    /// What it gives.
    pub effect: Effect,
    /// Of what.
    pub base: Base,
    /// How the exact discount becomes whole.
    pub rounding: Rounding,
    /// The most that it gives.
    pub max_discount: MaxDiscount,
    /// Where it holds back.
    pub refinements: Refinements,
    /// How often and how much.
    pub limits: Vec<Limit>,
    /// Who pays, in listed order; the rates sum to the whole.
    pub funding: Vec<Share>,
    /// What a terminal may grant without a connection.
    pub offline: Offline,
    /// What it costs in points; it is a reward then.
    pub costs: Option<Costs>,
    /// Which units it takes.
    pub choose: Option<Choose>,
}

/// A time in which a benefit is not given, but to members of some groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// When.
    pub span: Span,
    /// Whose members are not suspended.
    pub except_groups: Vec<Box<str>>,
}

/// Whose lines a benefit may discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covers {
    /// The holder's own.
    pub holder: bool,
    /// How many units of companions' lines in one authorization.
    pub companions: i64,
}

impl Covers {
    /// Whether it may discount such a line at all.
    pub(crate) fn includes(self, passenger: LineFor) -> bool {
        match passenger {
            LineFor::Holder => self.holder,
            LineFor::Companion => self.companions > 0,
        }
    }
}

/// What a benefit gives. Amounts are minor units, rates are basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A share of the base.
    Percent {
        /// 0 to 10,000.
        rate: i64,
    },
    /// An amount off.
    AmountOff {
        /// At most this.
        amount: i64,
        /// Per what.
        per: PerWhat,
    },
    /// Each unit for this price.
    FixedPrice {
        /// Of one unit.
        amount: i64,
    },
    /// The holder pays nothing, the provider is paid at most this.
    PriceCap {
        /// Of one unit.
        amount: i64,
    },
    /// After spending this much in the window the rest is free.
    SpendCap {
        /// The most that a holder pays in the window.
        amount: i64,
        /// Over which service dates.
        window: LimitWindow,
    },
}

/// Per what an amount is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerWhat {
    /// Each covered unit.
    Unit,
    /// Each line.
    Line,
    /// The whole basket, spread over its lines.
    Basket,
}

/// Of what a discount is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// Of what is left to pay.
    #[default]
    Remaining,
    /// Of the full price.
    Gross,
}

/// The most that a benefit gives, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaxDiscount {
    /// On one line.
    pub per_line: Option<i64>,
    /// In one authorization.
    pub per_authorization: Option<i64>,
}

/// A payer's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The payer's code.
    pub payer: Box<str>,
    /// Basis points.
    pub rate: i64,
}

/// What a terminal may grant without a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offline {
    /// Nothing.
    #[default]
    Deny,
    /// Up to these caps.
    Allow {
        /// Minor units in one outage.
        max_discount: i64,
        /// Uses in one outage.
        max_uses: i64,
    },
}

impl Default for Covers {
    fn default() -> Self {
        Self { holder: true, companions: 0 }
    }
}

impl Effect {
    /// Whether it is spread over the basket after a slot's lines.
    pub fn is_basket(&self) -> bool {
        matches!(self, Self::AmountOff { per: PerWhat::Basket, .. })
    }

    /// Whether it comes last of all, on what a holder spends in a window.
    pub fn is_spend_cap(&self) -> bool {
        matches!(self, Self::SpendCap { .. })
    }
}

impl Benefit {
    /// Whether two documents publish the same: suspending, resuming and ending are events beside a version and change no
    /// content.
    pub fn publishes_the_same(&self, other: &Self) -> bool {
        let mut content = other.clone();
        content.valid.until = self.valid.until;
        content.suspensions.clone_from(&self.suspensions);
        *self == content
    }
}

impl Read for Benefit {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let code = object.required("code");
        let version = object.bounded("version", 1, i64::from(u32::MAX));
        let grantor = object.required::<Box<str>>("grantor");
        let (name, public_name) = (object.required("name"), object.optional("public_name"));
        let time_zone = object.optional::<Zone>("time_zone");
        let service_day_start = object.optional::<ClockTime>("service_day_start");
        let valid = object.or("valid", Span::default());
        let suspensions = object.or("suspensions", Vec::<Suspension>::new());
        let priority = object.bounded("priority", 0, PRIORITY_MAX);
        let slot = object.optional("slot");
        let (scope, when) = (object.required("scope"), object.optional("when"));
        let covers = object.or("covers", Covers::default());
        let effect = object.required("effect");
        let base = object.or("base", Base::Remaining);
        let rounding = object.or("rounding", Rounding::default());
        let max_discount = object.or("max_discount", MaxDiscount::default());
        let refinements = Refinements::read_from(&object);
        let limits = object.list("limits", BENEFIT_LIMITS_MAX);
        let funding = object.optional::<Funding>("funding");
        let offline = object.or("offline", Offline::Deny);
        let (costs, choose) = (object.optional("costs"), object.optional("choose"));
        object.close();
        if let Some(effect) = effect {
            check_combination(effect, value, place);
        }
        let readable_zone =
            time_zone.as_ref().and_then(Option::as_ref).map_or_else(default_zone, |zone| zone.0.clone());
        check_spans(valid.as_ref(), suspensions.as_deref(), &readable_zone, place);
        let time_zone = time_zone?.map_or_else(default_zone, |zone| zone.0);
        let grantor = grantor?;
        let funding =
            funding?.map_or_else(|| vec![Share { payer: grantor.clone(), rate: RATE_WHOLE }], |listed| listed.0);
        Some(Self {
            code: code?,
            version: version?,
            grantor,
            name: name?,
            public_name: public_name?.unwrap_or_default(),
            time_zone,
            service_day_start: service_day_start?.map_or(Time::midnight(), |time| time.0),
            valid: valid?,
            suspensions: suspensions?,
            priority: priority?,
            slot: slot?,
            scope: scope?,
            when: when?,
            covers: covers?,
            effect: effect?,
            base: base?,
            rounding: rounding?,
            max_discount: max_discount?,
            refinements: refinements?,
            limits: limits?,
            funding,
            offline: offline?,
            costs: costs?,
            choose: choose?,
        })
    }
}

pub(crate) fn default_zone() -> TimeZone {
    // The zone is part of the bundled data; without it UTC keeps the promise not to panic.
    TimeZone::get("Europe/Riga").unwrap_or(TimeZone::UTC)
}

fn check_spans(valid: Option<&Span>, suspensions: Option<&[Suspension]>, zone: &TimeZone, place: &Place<'_>) {
    if let Some(valid) = valid {
        valid.check_order(zone, &place.field("valid"));
    }
    for (index, suspension) in suspensions.unwrap_or_default().iter().enumerate() {
        suspension.span.check_order(zone, &place.field("suspensions").item(index));
    }
}

/// A time zone by its name.
pub(crate) struct Zone(pub(crate) TimeZone);

impl Read for Zone {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let zone = value.as_str().and_then(|name| TimeZone::get(name).ok());
        zone.map(Self).or_else(|| place.fault("expected a time zone such as `Europe/Riga`"))
    }
}

impl Read for Suspension {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let span = Span::read_from(&object);
        let except_groups = object.or("except_groups", Vec::new());
        object.close();
        Some(Self { span: span?, except_groups: except_groups? })
    }
}

impl Read for Covers {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (holder, companions) = (object.or("holder", true), object.bounded_or("companions", 0, 0, QUANTITY_MAX));
        object.close();
        let covers = Self { holder: holder?, companions: companions? };
        if !covers.holder && covers.companions == 0 {
            return place.field("holder").fault("expected the holder or at least one companion to be covered");
        }
        Some(covers)
    }
}

impl Read for Effect {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        const EXPECTED: &str = "`percent`, `amount_off`, `fixed_price`, `price_cap`, `spend_cap`";
        let (name, inner) = only_field(value, place, EXPECTED)?;
        let place = place.field(name);
        if !["percent", "amount_off", "fixed_price", "price_cap", "spend_cap"].contains(&name) {
            return place.fault(format!("unknown effect, expected one of {EXPECTED}{}", suggestion_of(name, EXPECTED)));
        }
        let object = Object::open(inner, &place)?;
        let amount = || object.required::<Amount>("amount").map(|amount| amount.0);
        let effect = match name {
            "percent" => object.bounded("rate", 0, RATE_WHOLE).map(|rate| Self::Percent { rate }),
            "amount_off" => {
                let (amount, per) = (amount(), object.required("per"));
                amount.zip(per).map(|(amount, per)| Self::AmountOff { amount, per })
            }
            "fixed_price" => amount().map(|amount| Self::FixedPrice { amount }),
            "price_cap" => amount().map(|amount| Self::PriceCap { amount }),
            _ => {
                let (amount, window) = (amount(), object.required("window"));
                amount.zip(window).map(|(amount, window)| Self::SpendCap { amount, window })
            }
        };
        object.close();
        effect
    }
}

impl Read for PerWhat {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("unit", Self::Unit), ("line", Self::Line), ("basket", Self::Basket)])
    }
}

impl Read for Base {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("remaining", Self::Remaining), ("gross", Self::Gross)])
    }
}

impl Read for MaxDiscount {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let bound = |name| object.optional::<Amount>(name).map(|bound| bound.map(|amount| amount.0));
        let (per_line, per_authorization) = (bound("per_line"), bound("per_authorization"));
        object.close();
        Some(Self { per_line: per_line?, per_authorization: per_authorization? })
    }
}

/// The payers of a benefit, each named once, their rates summing to the whole.
struct Funding(Vec<Share>);

impl Read for Funding {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let shares: Vec<Share> = at_least_one(value, place)?;
        let sum: i64 = shares.iter().map(|share| share.rate).sum();
        if sum != RATE_WHOLE {
            return place.fault(format!("expected rates that sum to {RATE_WHOLE}, they sum to {sum}"));
        }
        for (index, share) in shares.iter().enumerate() {
            if shares.iter().take(index).any(|before| before.payer == share.payer) {
                return place.item(index).field("payer").fault("expected a payer that is not listed before");
            }
        }
        Some(Self(shares))
    }
}

impl Read for Share {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (payer, rate) = (object.required("payer"), object.bounded("rate", 0, RATE_WHOLE));
        object.close();
        Some(Self { payer: payer?, rate: rate? })
    }
}

impl Read for Offline {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        const EXPECTED: &str = "`\"deny\"` or `{\"allow\": {\"max_discount\", \"max_uses\"}}`";
        if value == "deny" {
            return Some(Self::Deny);
        }
        let (name, inner) = only_field(value, place, EXPECTED)?;
        let place = place.field(name);
        match name {
            "deny" if inner.as_object().is_some_and(serde_json::Map::is_empty) => Some(Self::Deny),
            "allow" => {
                let object = Object::open(inner, &place)?;
                let max_discount = object.required::<Amount>("max_discount");
                let max_uses = object.bounded("max_uses", 0, AMOUNT_MAX);
                object.close();
                Some(Self::Allow { max_discount: max_discount?.0, max_uses: max_uses? })
            }
            _ => place.fault(format!("expected {EXPECTED}")),
        }
    }
}
