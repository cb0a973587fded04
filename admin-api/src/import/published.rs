//! What an import leaves as it was published: versions of benefits and programmes, campaigns, and of which campaign a coupon is.

use std::collections::{BTreeSet, HashMap};

use avis_core::document::Benefit;
use avis_core::loyalty::{Campaign, Programme};
use avis_core::{Fault, Faults, Span};
use avis_store::Kind;
use serde_json::{Map, Value};

use super::catalogue::{There, entries, key_of};

impl There {
    /// What is published never changes, but for its end and its suspensions; and a coupon stays of its campaign.
    pub(super) fn check_published(&self, document: &Value) -> Result<(), Faults> {
        let mut faults = self.changed(document, ("benefits", Kind::Benefit), |before, entry| {
            let (before, entry) = (Benefit::from_value(before).ok()?, Benefit::from_value(entry).ok()?);
            Some(entry.publishes_the_same(&before))
        });
        faults.extend(self.changed(document, ("programs", Kind::Program), |before, entry| {
            let (before, entry) = (Programme::from_value(before).ok()?, Programme::from_value(entry).ok()?);
            Some(entry.publishes_the_same(&before))
        }));
        faults.extend(self.changed(document, ("campaigns", Kind::Campaign), |before, entry| {
            let (before, entry) = (Campaign::from_value(before).ok()?, Campaign::from_value(entry).ok()?);
            let valid = Span { until: entry.valid.until, ..before.valid };
            Some(entry == Campaign { valid, ..before })
        }));
        faults.extend(self.moved_coupons(document));
        if faults.is_empty() { Ok(()) } else { Err(Faults { list: faults, unlisted: 0 }) }
    }

    /// Published versions of one list that the document says otherwise.
    fn changed(
        &self,
        document: &Value,
        (list, kind): (&str, Kind),
        publishes_the_same: impl Fn(&Value, &Value) -> Option<bool>,
    ) -> Vec<Fault> {
        let published: HashMap<&str, &Value> = self.of(kind).iter().map(|(key, value)| (&**key, value)).collect();
        let mut faults = Vec::new();
        for (place, entry) in entries(document, list).iter().enumerate() {
            let key = key_of(kind, entry);
            let Some(before) = key.as_deref().and_then(|key| published.get(key)) else { continue };
            if publishes_the_same(before, entry) != Some(true) {
                let detail = match kind {
                    Kind::Campaign => CAMPAIGN_STAYS,
                    _ => VERSION_STAYS,
                };
                let changed = changed_fields(before, entry);
                faults.extend(changed.flat_map(|field| Faults::at(format!("/{list}/{place}{field}"), detail).list));
            }
        }
        faults
    }

    /// Coupons that the document makes another campaign's.
    fn moved_coupons(&self, document: &Value) -> Vec<Fault> {
        let campaign = |coupon: &Value| coupon.get("campaign").and_then(Value::as_str).map(str::to_owned);
        let known: HashMap<&str, Option<String>> =
            self.of(Kind::Coupon).iter().map(|(key, coupon)| (&**key, campaign(coupon))).collect();
        let listed = entries(document, "coupons").iter().enumerate();
        let moved = listed.filter(|(_, coupon)| {
            let before = key_of(Kind::Coupon, coupon).and_then(|key| known.get(&*key).cloned());
            before.is_some_and(|before| before != campaign(coupon))
        });
        moved.flat_map(|(place, _)| Faults::at(format!("/coupons/{place}/campaign"), COUPON_STAYS).list).collect()
    }
}

const VERSION_STAYS: &str = "this version is published and does not change but for `suspensions` and `valid.until`; \
                             give the changed rule the next version";
const CAMPAIGN_STAYS: &str = "this campaign is published and does not change but for `valid.until`; \
                              give the changed campaign a code of its own";
const COUPON_STAYS: &str = "this coupon is of another campaign and stays so; make a new one";

/// The fields of a published version that another file writes otherwise, as pointers into it.
fn changed_fields<'a>(before: &'a Value, after: &'a Value) -> impl Iterator<Item = String> {
    let names = |value: &'a Value| value.as_object().into_iter().flat_map(Map::keys).map(String::as_str);
    let said = |value: &'a Value, name: &str| value.get(name).filter(|value| !value.is_null());
    let from = |value: Option<&'a Value>| value.and_then(|valid| valid.get("from"));
    let has_changed = move |name: &str| match name {
        "suspensions" => false,
        "valid" => from(said(before, name)) != from(said(after, name)),
        _ => said(before, name) != said(after, name),
    };
    let all: BTreeSet<&str> = names(before).chain(names(after)).collect();
    let changed: Vec<String> =
        all.into_iter().filter(|name| has_changed(name)).map(|name| format!("/{name}")).collect();
    // What differs in meaning alone has no field of its own.
    if changed.is_empty() { vec![String::new()].into_iter() } else { changed.into_iter() }
}
