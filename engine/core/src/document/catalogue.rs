//! The whole document: what rules refer to, the rules, and their cases.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::condition::ClockTime;
use crate::currency::Currency;
use crate::document::benefit::{Zone, default_zone};
use crate::document::references::check_references;
use crate::document::{Benefit, Case, Effect, LanguageTag, Text, default_languages};
use crate::fault::Faults;
use crate::limits::{LANGUAGES_MAX, PRIORITY_MAX, PROVIDER_CODE_BYTES_MAX, RATE_WHOLE};
use crate::loyalty::{Campaign, Coupon, Price, Programme, check_prices};
use crate::movement::OwnDay;
use crate::read::{self, Object, Place, Read, word};
use crate::span::Span;

/// A catalogue: one currency, what rules refer to, the versions of benefits, and cases.
pub struct Catalogue {
    /// ISO 4217 code of every amount.
    pub currency: Box<str>,
    /// The languages of the deployment, as BCP 47 tags: every text has at least the first.
    pub languages: Vec<Box<str>>,
    /// Named sets of local dates.
    pub calendars: Vec<Calendar>,
    /// Beneficiary groups.
    pub groups: Vec<Group>,
    /// Stacking slots.
    pub slots: Vec<Slot>,
    /// Who sells.
    pub providers: Vec<Provider>,
    /// Every version that was ever published.
    pub benefits: Vec<Benefit>,
    /// Versions that can't be read here: they grant nothing, and from their beginning the older ones are over all the same.
    pub unreadable: Vec<UnreadableVersion>,
    /// Every version of merchants' programmes.
    pub programs: Vec<Programme>,
    /// Campaigns of merchants.
    pub campaigns: Vec<Campaign>,
    /// Their coupons.
    pub coupons: Vec<Coupon>,
    /// Prices of merchants, for what was the lowest before a reduction.
    pub prices: Vec<Price>,
    /// Worked examples.
    pub cases: Vec<Case>,
}

/// A published version that this program can't read: a newer one wrote it, or it was damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableVersion {
    /// Of the benefit.
    pub code: Box<str>,
    /// Its number.
    pub version: i64,
    /// From when it counts; what does not say so readably always counted, so that nothing is granted in doubt.
    pub from: Option<Timestamp>,
}

impl UnreadableVersion {
    /// What can be told of a version from a document that is no benefit.
    pub fn of(code: &str, version: i64, document: &Value) -> Self {
        let zone = document.get("time_zone").and_then(Value::as_str).map_or(Ok(default_zone()), TimeZone::get);
        let valid = document.get("valid").and_then(|valid| read::parsed::<Span>(valid).ok());
        let from = zone.ok().zip(valid).and_then(|(zone, valid)| valid.resolve(&zone).from);
        Self { code: code.into(), version, from }
    }

    /// Of a version that can be read, but refers to what can't.
    pub fn of_benefit(benefit: &Benefit) -> Self {
        let from = benefit.valid.resolve(&benefit.time_zone).from;
        Self { code: benefit.code.clone(), version: benefit.version, from }
    }
}

/// A named set of local dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Unique.
    pub name: Box<str>,
    /// The dates in it.
    pub dates: Vec<Date>,
}

/// A beneficiary group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Unique.
    pub code: Box<str>,
    /// Who decides on its members.
    pub owner: Box<str>,
    /// What people call it; where it is absent, its code.
    pub name: Option<Text>,
}

/// A stacking slot: benefits that compete or add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Unique; never a benefit's code.
    pub name: Box<str>,
    /// How its benefits share a line.
    pub policy: SlotPolicy,
    /// Smaller comes first.
    pub priority: i64,
    /// The most that its benefits take off one line together, in basis points of its gross.
    pub max_rate: Option<i64>,
}

/// How the benefits of a slot share a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SlotPolicy {
    /// The greatest discount.
    #[default]
    Best,
    /// The first that gives something.
    First,
    /// Every one, one after the other.
    All,
}

/// A carrier, venue or merchant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provider {
    /// Unique.
    pub code: Box<str>,
    /// By which scopes may name it.
    pub tags: Vec<Box<str>>,
    /// The schemes of identifiers that its terminals read.
    pub accepts: Vec<Box<str>>,
    /// Schemes whose means it issues, and may block; no decision reads it.
    pub issues: Vec<Box<str>>,
    /// Whether its reductions that go on in steps are one: see [`Price`].
    pub is_progressive: bool,
    /// Its business days.
    pub day: OwnDay,
}

impl Catalogue {
    /// A catalogue without any rule.
    pub fn empty(currency: &str) -> Self {
        Self {
            currency: currency.into(),
            languages: default_languages(),
            calendars: Vec::new(),
            groups: Vec::new(),
            slots: Vec::new(),
            providers: Vec::new(),
            benefits: Vec::new(),
            unreadable: Vec::new(),
            programs: Vec::new(),
            campaigns: Vec::new(),
            coupons: Vec::new(),
            prices: Vec::new(),
            cases: Vec::new(),
        }
    }

    /// The same rules but for those of some grantors and merchants, and without cases and coupons.
    #[must_use]
    pub fn without(&self, is_left_out: impl Fn(&str) -> bool) -> Self {
        let kept = self.benefits.iter().filter(|benefit| !is_left_out(&benefit.grantor));
        Self {
            languages: self.languages.clone(),
            calendars: self.calendars.clone(),
            groups: self.groups.clone(),
            slots: self.slots.clone(),
            providers: self.providers.clone(),
            prices: self.prices.clone(),
            benefits: kept.cloned().collect(),
            unreadable: self.unreadable.clone(),
            programs: self.programs.iter().filter(|one| !is_left_out(&one.owner)).cloned().collect(),
            campaigns: self.campaigns.iter().filter(|one| !is_left_out(&one.owner)).cloned().collect(),
            ..Self::empty(&self.currency)
        }
    }

    /// The languages of a deployment that names none.
    pub fn default_languages() -> Vec<Box<str>> {
        default_languages()
    }

    /// Reads the whole document.
    ///
    /// # Errors
    /// Every fault with its place: of form, of reference, and of parts that do not go together.
    pub fn parse(json: &[u8]) -> Result<Self, Faults> {
        read::document(json)
    }

    /// Reads a catalogue inside another document.
    ///
    /// # Errors
    /// As [`Catalogue::parse`].
    pub fn from_value(value: &Value) -> Result<Self, Faults> {
        read::parsed(value)
    }
}

/// A store keeps each entry by itself.
macro_rules! entry {
    ($($entry:ident),+) => {
        $(impl $entry {
            /// Reads one entry by itself; what it refers to is not looked at.
            ///
            /// # Errors
            /// Every fault with its place.
            pub fn from_value(value: &Value) -> Result<Self, Faults> {
                read::parsed(value)
            }
        })+
    };
}
entry!(Benefit, Calendar, Campaign, Case, Coupon, Group, Price, Programme, Provider, Slot);

impl Read for Catalogue {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let currency = object.required::<Currency>("currency");
        let languages = object.optional::<Languages>("languages");
        let calendars = readable(&object, place, "calendars");
        let groups = readable(&object, place, "groups");
        let slots = readable(&object, place, "slots");
        let providers = readable(&object, place, "providers");
        let benefits = readable(&object, place, "benefits");
        let (programs, campaigns) = (readable(&object, place, "programs"), readable(&object, place, "campaigns"));
        let (coupons, prices) = (readable(&object, place, "coupons"), readable::<Price>(&object, place, "prices"));
        let cases = readable(&object, place, "cases");
        object.schema();
        object.close();
        check_references(value, place);
        check_slots(&benefits, &slots, &place.field("benefits"));
        let codes: HashSet<&str> = present::<Provider>(&providers).map(|(_, provider)| &*provider.code).collect();
        check_prices(present(&prices), |code| codes.contains(code), &place.field("prices"));
        Some(Self {
            currency: currency?.as_str().into(),
            languages: languages?.map_or_else(default_languages, |languages| languages.0),
            calendars: every(calendars),
            groups: every(groups),
            slots: every(slots),
            providers: every(providers),
            benefits: every(benefits),
            unreadable: Vec::new(),
            programs: every(programs),
            campaigns: every(campaigns),
            coupons: every(coupons),
            prices: every(prices),
            cases: every(cases),
        })
    }
}

struct Languages(Vec<Box<str>>);

impl Read for Languages {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let tags: Vec<LanguageTag> = read::list(value, place, LANGUAGES_MAX)?;
        let tags: Vec<Box<str>> = tags.into_iter().map(|tag| tag.0).collect();
        if tags.is_empty() {
            return place.fault("expected at least one language");
        }
        for (index, tag) in tags.iter().enumerate() {
            if tags.iter().take(index).any(|before| before.eq_ignore_ascii_case(tag)) {
                return place.item(index).fault("expected a language that no entry before has");
            }
        }
        Some(Self(tags))
    }
}

/// What could be read of a list, each entry at its own index: a fault in one does not hide those in the next.
type Readable<T> = Vec<Option<T>>;

fn readable<T: Read>(object: &Object<'_>, place: &Place<'_>, name: &'static str) -> Readable<T> {
    match object.raw(name) {
        None => Vec::new(),
        Some(Value::Array(items)) => {
            let place = place.field(name);
            items.iter().enumerate().map(|(index, item)| T::read(item, &place.item(index))).collect()
        }
        Some(_) => {
            let _ = place.field(name).fault::<()>("expected a list");
            Vec::new()
        }
    }
}

fn every<T>(readable: Readable<T>) -> Vec<T> {
    readable.into_iter().flatten().collect()
}

fn present<T>(readable: &Readable<T>) -> impl Iterator<Item = (usize, &T)> {
    readable.iter().enumerate().filter_map(|(index, item)| Some((index, item.as_ref()?)))
}

/// A basket effect has no line of its own to compete on, and a price cap takes all that is left, so nothing can bound it.
fn check_slots(benefits: &Readable<Benefit>, slots: &Readable<Slot>, place: &Place<'_>) {
    let named = |of: fn(&Slot) -> bool| -> HashSet<&str> {
        present(slots).filter(|(_, slot)| of(slot)).map(|(_, slot)| &*slot.name).collect()
    };
    let (competing, bounded) = (named(|slot| slot.policy != SlotPolicy::All), named(|slot| slot.max_rate.is_some()));
    for (index, benefit) in present(benefits) {
        let Some(slot) = benefit.slot.as_deref() else { continue };
        let refuse = |because: &str| place.item(index).field("slot").fault::<()>(because);
        if benefit.effect.is_basket() && competing.contains(slot) {
            let _ = refuse("a basket effect stands in no slot or in one of policy `all`");
        }
        if matches!(benefit.effect, Effect::PriceCap { .. }) && bounded.contains(slot) {
            let _ = refuse("a price cap stands in no slot with `max_discount`");
        }
    }
}

impl Read for Calendar {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (name, dates) = (object.required("name"), object.list("dates", crate::limits::CALENDAR_DATES_MAX));
        object.close();
        Some(Self { name: name?, dates: dates? })
    }
}

impl Read for Group {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (code, owner, name) = (object.required("code"), object.required("owner"), object.optional("name"));
        object.close();
        Some(Self { code: code?, owner: owner?, name: name? })
    }
}

impl Read for Slot {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (name, policy) = (object.required("name"), object.or("policy", SlotPolicy::Best));
        let priority = object.bounded("priority", 0, PRIORITY_MAX);
        let max_rate = object.optional::<MaxRate>("max_discount");
        object.close();
        Some(Self { name: name?, policy: policy?, priority: priority?, max_rate: max_rate?.map(|most| most.0) })
    }
}

/// A slot's `max_discount`.
struct MaxRate(i64);

impl Read for MaxRate {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let rate = object.bounded("rate", 0, RATE_WHOLE);
        object.close();
        Some(Self(rate?))
    }
}

impl SlotPolicy {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::First => "first",
            Self::All => "all",
        }
    }
}

impl Read for SlotPolicy {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[Self::Best, Self::First, Self::All].map(|policy| (policy.word(), policy)))
    }
}

impl Read for Provider {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (code, tags) = (object.required("code"), object.or("tags", Vec::new()));
        let (accepts, issues) = (object.or("accepts", Vec::new()), object.or("issues", Vec::new()));
        let is_progressive = object.or("progressive", true);
        let time_zone = object.optional::<Zone>("time_zone");
        let start = object.optional::<ClockTime>("service_day_start");
        object.close();
        let (code, is_progressive): (Box<str>, bool) = (code?, is_progressive?);
        if code.len() > PROVIDER_CODE_BYTES_MAX {
            return place.field("code").fault(format!("expected at most {PROVIDER_CODE_BYTES_MAX} bytes"));
        }
        let day =
            OwnDay { zone: time_zone?.map(|zone| zone.0), start: start?.map_or(Time::midnight(), |start| start.0) };
        Some(Self { code, tags: tags?, accepts: accepts?, issues: issues?, is_progressive, day })
    }
}
