//! The rules as rows, and the catalogue that they make together.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use avis_core::document::{Benefit, Calendar, Group, Provider, Slot, UnreadableVersion};
use avis_core::loyalty::{Campaign, Coupon, Coupons, Price, Programme};
use avis_core::{Catalogue, Faults, Leaf, RuleSet};
use avis_store::{Kind, Row, version_of_key};
use serde_json::Value;

/// Every rule by its row.
#[derive(Default)]
pub(super) struct RuleBook {
    entries: BTreeMap<(Kind, Box<str>), Entry>,
    /// Shared with the rules that were made of it, for there may be very many.
    coupons: Arc<Coupons>,
}

/// A rule that was read, or what can be told of one that can't be.
enum Entry {
    /// Its currency and its languages.
    Deployment(Box<str>, Option<Vec<Box<str>>>),
    Calendar(Calendar),
    Group(Group),
    Slot(Slot),
    Provider(Provider),
    Benefit(Box<Benefit>),
    UnreadableBenefit(UnreadableVersion),
    Program(Box<Programme>),
    /// The code of a programme of which a version can't be read.
    UnreadableProgram(Box<str>),
    Campaign(Campaign),
    Price(Price),
    /// Read by administration only.
    Case,
}

/// A row that is not what its kind should be.
#[derive(Debug)]
pub(super) struct Unreadable;

/// The rules that some rows make together; none without a currency. What can't be read grants nothing.
pub fn rules_of(rows: &[Row]) -> Option<RuleSet> {
    catalogue_of(rows).map(|catalogue| RuleSet::compile(&catalogue))
}

/// The same before they are compiled, without cases.
pub fn catalogue_of(rows: &[Row]) -> Option<Catalogue> {
    let mut book = RuleBook::default();
    rows.iter().for_each(|row| drop(book.apply(row)));
    book.catalogue()
}

impl RuleBook {
    /// Takes over a row. One that can't be read grants nothing from then on, and holds up nothing else.
    pub(super) fn apply(&mut self, row: &Row) -> Result<(), Unreadable> {
        if row.kind == Kind::Coupon {
            return self.apply_coupon(row);
        }
        let place = (row.kind, row.key.clone());
        let Some(content) = &row.content else {
            self.entries.remove(&place);
            return Ok(());
        };
        let value = serde_json::from_str(content).unwrap_or(Value::Null);
        match read(row.kind, &value) {
            Ok(entry) => {
                self.entries.insert(place, entry);
                Ok(())
            }
            Err(_) => {
                self.lose(place, &value);
                Err(Unreadable)
            }
        }
    }

    /// A coupon that can't be read, or whose row has the name of another, is nobody's.
    fn apply_coupon(&mut self, row: &Row) -> Result<(), Unreadable> {
        let coupons = Arc::make_mut(&mut self.coupons);
        coupons.remove(&row.key);
        let Some(content) = &row.content else { return Ok(()) };
        let value = serde_json::from_str(content).unwrap_or(Value::Null);
        let coupon = Coupon::from_value(&value).ok().filter(|coupon| coupon.code == row.key).ok_or(Unreadable)?;
        coupons.insert(coupon);
        Ok(())
    }

    /// All rules are about to come again; coupons stay.
    pub(super) fn begin_again(&mut self) {
        self.entries.clear();
    }

    /// All coupons are about to come again.
    pub(super) fn begin_coupons_again(&mut self) {
        self.coupons = Arc::default();
    }

    /// A rule of which nothing is known but its name grants nothing.
    pub(super) fn quarantine(&mut self, kind: Kind, key: &str) {
        if kind == Kind::Coupon {
            Arc::make_mut(&mut self.coupons).remove(key);
            return;
        }
        self.lose((kind, key.into()), &Value::Null);
    }

    fn lose(&mut self, place: (Kind, Box<str>), value: &Value) {
        match (place.0, version_of_key(&place.1)) {
            (Kind::Benefit, Some((code, version))) => {
                let unreadable = UnreadableVersion::of(code, version, value);
                self.entries.insert(place, Entry::UnreadableBenefit(unreadable));
            }
            (Kind::Program, Some((code, _))) => {
                let code = code.into();
                self.entries.insert(place, Entry::UnreadableProgram(code));
            }
            _ => drop(self.entries.remove(&place)),
        }
    }

    /// What the rows make together, compiled; none before the currency is known. With it the versions that were set aside.
    pub(super) fn compile(&self) -> Option<(RuleSet, Vec<Box<str>>)> {
        let catalogue = self.catalogue()?;
        let quarantined =
            catalogue.unreadable.iter().map(|one| format!("{}/{}", one.code, one.version).into()).collect();
        Some((RuleSet::compile(&catalogue).with_coupons(self.coupons.clone()), quarantined))
    }

    fn catalogue(&self) -> Option<Catalogue> {
        let mut catalogue = Catalogue::empty("");
        let (mut deployment, mut lost) = (None, HashSet::new());
        for entry in self.entries.values() {
            match entry {
                Entry::Deployment(currency, languages) => deployment = Some((currency.clone(), languages.clone())),
                Entry::Calendar(calendar) => catalogue.calendars.push(calendar.clone()),
                Entry::Group(group) => catalogue.groups.push(group.clone()),
                Entry::Slot(slot) => catalogue.slots.push(slot.clone()),
                Entry::Provider(provider) => catalogue.providers.push(provider.clone()),
                Entry::Benefit(benefit) => catalogue.benefits.push((**benefit).clone()),
                Entry::UnreadableBenefit(version) => catalogue.unreadable.push(version.clone()),
                Entry::Program(program) => catalogue.programs.push((**program).clone()),
                Entry::UnreadableProgram(code) => drop(lost.insert(code)),
                Entry::Campaign(campaign) => catalogue.campaigns.push(campaign.clone()),
                Entry::Price(price) => catalogue.prices.push(price.clone()),
                Entry::Case => {}
            }
        }
        // An earlier version would count in the stead of one that can't be read.
        catalogue.programs.retain(|program| !lost.contains(&program.code));
        quarantine_incomplete(&mut catalogue);
        let (currency, languages) = deployment?;
        Some(Catalogue { currency, languages: languages.unwrap_or_else(Catalogue::default_languages), ..catalogue })
    }
}

/// A version whose slot or calendar is not there would mean something else without it, so it grants nothing.
fn quarantine_incomplete(catalogue: &mut Catalogue) {
    let slots: HashSet<&str> = catalogue.slots.iter().map(|slot| &*slot.name).collect();
    let calendars: HashSet<&str> = catalogue.calendars.iter().map(|calendar| &*calendar.name).collect();
    let is_whole = |benefit: &Benefit| {
        let leaves = benefit.when.as_ref().map(avis_core::Condition::leaves).unwrap_or_default();
        let lost = leaves.iter().any(|leaf| match leaf {
            Leaf::Calendar { name, .. } => !calendars.contains(&**name),
            _ => false,
        });
        !lost && benefit.slot.as_deref().is_none_or(|slot| slots.contains(slot))
    };
    let (whole, lost) = std::mem::take(&mut catalogue.benefits).into_iter().partition(is_whole);
    let lost: Vec<Benefit> = lost;
    catalogue.benefits = whole;
    catalogue.unreadable.extend(lost.iter().map(UnreadableVersion::of_benefit));
}

fn read(kind: Kind, value: &Value) -> Result<Entry, Faults> {
    Ok(match kind {
        Kind::Deployment => {
            let currency = value.get("currency").and_then(Value::as_str);
            let currency = currency.ok_or_else(|| Faults::at("/currency", "this field is required"))?.into();
            let languages = value.get("languages").and_then(Value::as_array);
            let tags = |tags: &Vec<Value>| tags.iter().filter_map(Value::as_str).map(Box::from).collect();
            Entry::Deployment(currency, languages.map(tags))
        }
        Kind::Calendar => Entry::Calendar(Calendar::from_value(value)?),
        Kind::Group => Entry::Group(Group::from_value(value)?),
        Kind::Slot => Entry::Slot(Slot::from_value(value)?),
        Kind::Provider => Entry::Provider(Provider::from_value(value)?),
        Kind::Benefit => Entry::Benefit(Box::new(Benefit::from_value(value)?)),
        Kind::Program => Entry::Program(Box::new(Programme::from_value(value)?)),
        Kind::Campaign => Entry::Campaign(Campaign::from_value(value)?),
        Kind::Price => Entry::Price(Price::from_value(value)?),
        Kind::Case => Entry::Case,
        Kind::Holder | Kind::Terminal | Kind::Coupon => return Err(Faults::of_document("expected a rule")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The keys of three coupons.
    const KEYS: [&str; 3] =
        ["00000000000000000000000000000001", "00000000000000000000000000000002", "00000000000000000000000000000003"];

    fn row(kind: Kind, key: &str, content: Option<Value>) -> Row {
        Row { kind, key: key.into(), content: content.map(|content| content.to_string().into()) }
    }

    fn coupon(key: &str) -> Row {
        row(Kind::Coupon, key, Some(json!({"campaign": "spring", "key": key})))
    }

    /// A currency, a campaign and the first two coupons.
    fn book() -> RuleBook {
        let mut book = RuleBook::default();
        let campaign = json!({"code": "spring", "owner": "shop", "uses": 1});
        for row in [
            row(Kind::Deployment, "deployment", Some(json!({"currency": "EUR"}))),
            row(Kind::Campaign, "spring", Some(campaign)),
            coupon(KEYS[0]),
            coupon(KEYS[1]),
        ] {
            book.apply(&row).unwrap();
        }
        book
    }

    /// Which of the three coupons the rules know.
    fn known(book: &RuleBook) -> [bool; 3] {
        let (rules, _) = book.compile().unwrap();
        KEYS.map(|key| rules.coupon(key).is_some())
    }

    #[test]
    fn coupons_stay_while_rules_come_again_and_rules_while_coupons_do() {
        let mut book = book();
        book.begin_again();
        book.apply(&row(Kind::Deployment, "deployment", Some(json!({"currency": "EUR"})))).unwrap();
        assert_eq!(known(&book), [true, true, false]);
        assert!(book.catalogue().unwrap().campaigns.is_empty(), "the campaign did not come again");
        let mut book = self::book();
        book.begin_coupons_again();
        assert_eq!(known(&book), [false; 3]);
        book.apply(&coupon(KEYS[2])).unwrap();
        assert_eq!(known(&book), [false, false, true]);
        assert_eq!(book.catalogue().unwrap().campaigns.len(), 1);
    }

    #[test]
    fn a_coupon_that_is_gone_or_can_not_be_read_is_nobodys_and_holds_up_no_other() {
        let mut book = book();
        book.apply(&row(Kind::Coupon, KEYS[0], None)).unwrap();
        assert_eq!(known(&book), [false, true, false]);
        let stranger = row(Kind::Coupon, KEYS[1], Some(json!({"campaign": "spring", "key": KEYS[2]})));
        assert!(book.apply(&stranger).is_err(), "its row has the name of another");
        assert_eq!(known(&book), [false; 3]);
        book.apply(&coupon(KEYS[2])).unwrap();
        assert!(book.apply(&row(Kind::Coupon, KEYS[1], Some(json!({"campaign": 7})))).is_err());
        book.quarantine(Kind::Coupon, KEYS[2]);
        assert_eq!(known(&book), [false; 3]);
    }

    #[test]
    fn rules_that_were_made_keep_the_coupons_that_they_were_made_of() {
        let mut book = book();
        let (before, _) = book.compile().unwrap();
        book.begin_coupons_again();
        assert!(before.coupon(KEYS[0]).is_some() && book.compile().unwrap().0.coupon(KEYS[0]).is_none());
    }
}
