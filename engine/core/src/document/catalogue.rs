//! The whole document: what rules refer to, the rules, and their cases.

use std::collections::HashSet;

use jiff::civil::Date;
use serde_json::Value;

use crate::condition::{Condition, Leaf};
use crate::document::{Benefit, Case, ProviderScope};
use crate::fault::Faults;
use crate::limits::PRIORITY_MAX;
use crate::read::{self, Object, Place, Read, word};
use crate::request::Currency;

/// A catalogue: one currency, what rules refer to, the versions of benefits, and cases.
pub struct Catalogue {
    /// ISO 4217 code of every amount.
    pub currency: Box<str>,
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
    /// Worked examples.
    pub cases: Vec<Case>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Unique.
    pub code: Box<str>,
    /// By which scopes may name it.
    pub tags: Vec<Box<str>>,
}

impl Catalogue {
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

impl Read for Catalogue {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let currency = object.required::<Currency>("currency");
        let calendars = readable(&object, place, "calendars");
        let groups = readable(&object, place, "groups");
        let slots = readable(&object, place, "slots");
        let providers = readable(&object, place, "providers");
        let benefits = readable(&object, place, "benefits");
        let cases = readable(&object, place, "cases");
        object.close();
        References::gather(&calendars, &groups, &slots, &providers, place).check(&benefits, &slots, &cases, place);
        Some(Self {
            currency: currency?.0,
            calendars: every(calendars),
            groups: every(groups),
            slots: every(slots),
            providers: every(providers),
            benefits: every(benefits),
            cases: every(cases),
        })
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

/// The names that rules may refer to.
struct References<'a> {
    calendars: HashSet<&'a str>,
    groups: HashSet<&'a str>,
    slots: HashSet<&'a str>,
    providers: HashSet<&'a str>,
}

impl<'a> References<'a> {
    fn gather(
        calendars: &'a Readable<Calendar>,
        groups: &'a Readable<Group>,
        slots: &'a Readable<Slot>,
        providers: &'a Readable<Provider>,
        place: &Place<'_>,
    ) -> Self {
        Self {
            calendars: unique(calendars, &place.field("calendars"), "name", |calendar| &calendar.name),
            groups: unique(groups, &place.field("groups"), "code", |group| &group.code),
            slots: unique(slots, &place.field("slots"), "name", |slot| &slot.name),
            providers: unique(providers, &place.field("providers"), "code", |provider| &provider.code),
        }
    }

    fn check(&self, benefits: &Readable<Benefit>, slots: &Readable<Slot>, cases: &Readable<Case>, place: &Place<'_>) {
        let place_of_benefits = place.field("benefits");
        let mut versions = HashSet::new();
        for (index, benefit) in present(benefits) {
            let place = place_of_benefits.item(index);
            if !versions.insert((&*benefit.code, benefit.version)) {
                let _ = place.field("version").fault::<()>("expected a version that no other entry of this code has");
            }
            self.check_benefit(benefit, slots, &place);
        }
        let codes: HashSet<&str> = present(benefits).map(|(_, benefit)| &*benefit.code).collect();
        for (index, slot) in present(slots).filter(|(_, slot)| codes.contains(&*slot.name)) {
            let detail = format!("`{}` is the code of a benefit, expected another name", slot.name);
            let _ = place.field("slots").item(index).field("name").fault::<()>(detail);
        }
        for (index, case) in present(cases) {
            known(&self.providers, &case.provider, "provider", &place.field("cases").item(index).field("provider"));
        }
    }

    fn check_benefit(&self, benefit: &Benefit, slots: &Readable<Slot>, place: &Place<'_>) {
        if let Some(name) = &benefit.slot {
            known(&self.slots, name, "slot", &place.field("slot"));
            let slot = present(slots).find(|(_, slot)| slot.name == *name);
            if benefit.effect.is_basket() && slot.is_some_and(|(_, slot)| slot.policy != SlotPolicy::All) {
                let detail = "a basket effect stands in no slot or in one of policy `all`";
                let _ = place.field("slot").fault::<()>(detail);
            }
        }
        if let ProviderScope::Codes(codes) = &benefit.scope.providers {
            let place = place.field("scope");
            let place = place.field("providers");
            all_known(&self.providers, codes, "provider", &place.field("codes"));
        }
        for (index, suspension) in benefit.suspensions.iter().enumerate() {
            let place = place.field("suspensions");
            all_known(&self.groups, &suspension.except_groups, "group", &place.item(index).field("except_groups"));
        }
        if let Some(when) = &benefit.when {
            self.check_condition(when, &place.field("when"));
        }
    }

    fn check_condition(&self, condition: &Condition, place: &Place<'_>) {
        match condition {
            Condition::All(parts) => self.check_parts(parts, &place.field("all")),
            Condition::Any(parts) => self.check_parts(parts, &place.field("any")),
            Condition::Not(inner) => self.check_condition(inner, &place.field("not")),
            Condition::Leaf(Leaf::MemberOf { groups }) => {
                all_known(&self.groups, groups, "group", &place.field("member_of").field("groups"));
            }
            Condition::Leaf(Leaf::Calendar { name, .. }) => {
                known(&self.calendars, name, "calendar", &place.field("calendar").field("name"));
            }
            Condition::Leaf(_) => {}
        }
    }

    fn check_parts(&self, parts: &[Condition], place: &Place<'_>) {
        for (index, part) in parts.iter().enumerate() {
            self.check_condition(part, &place.item(index));
        }
    }
}

fn present<T>(readable: &Readable<T>) -> impl Iterator<Item = (usize, &T)> {
    readable.iter().enumerate().filter_map(|(index, item)| Some((index, item.as_ref()?)))
}

fn unique<'a, T>(
    readable: &'a Readable<T>,
    place: &Place<'_>,
    field: &'static str,
    name: impl Fn(&'a T) -> &'a str,
) -> HashSet<&'a str> {
    let mut seen = HashSet::new();
    for (index, item) in present(readable) {
        if !seen.insert(name(item)) {
            let _ = place.item(index).field(field).fault::<()>("expected a value that no entry before has");
        }
    }
    seen
}

fn all_known(names: &HashSet<&str>, used: &[Box<str>], what: &str, place: &Place<'_>) {
    for (index, name) in used.iter().enumerate() {
        known(names, name, what, &place.item(index));
    }
}

/// The name of a rule's reference is the grantor's own text and may be repeated.
fn known(names: &HashSet<&str>, name: &str, what: &str, place: &Place<'_>) {
    if !names.contains(name) {
        let _ = place.fault::<()>(format!("unknown {what} `{name}`"));
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
        let (code, owner) = (object.required("code"), object.required("owner"));
        object.close();
        Some(Self { code: code?, owner: owner? })
    }
}

impl Read for Slot {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (name, policy) = (object.required("name"), object.or("policy", SlotPolicy::Best));
        let priority = object.bounded("priority", 0, PRIORITY_MAX);
        object.close();
        Some(Self { name: name?, policy: policy?, priority: priority? })
    }
}

impl Read for SlotPolicy {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("best", Self::Best), ("first", Self::First), ("all", Self::All)])
    }
}

impl Read for Provider {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (code, tags) = (object.required("code"), object.or("tags", Vec::new()));
        object.close();
        Some(Self { code: code?, tags: tags? })
    }
}
