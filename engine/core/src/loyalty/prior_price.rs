//! Prices as merchants tell them, and of a reduced one the lowest before its reduction began (EU 98/6/EC article 6a, loyalty 11). They
//! come from the merchant and never from sales, and change no amount.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use crate::document::{Provider, default_zone};
use crate::limits::AMOUNT_MAX;
use crate::path::DottedPath;
use crate::read::{Object, Place, Read};
use crate::span::{Interval, Span};

/// Days before a reduction of which the lowest price counts.
const DAYS_BEFORE: i64 = 30;

/// A price of a product at a provider while it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Who sells it for that.
    pub provider: Box<str>,
    /// What is sold.
    pub product: DottedPath,
    /// Of a unit, in minor units.
    pub price: i64,
    /// When it is in force.
    pub valid: Span,
    /// Whether it is announced as a reduction.
    pub is_reduced: bool,
}

impl Read for Price {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (provider, product) = (object.required("provider"), object.required("product"));
        let (price, is_reduced) = (object.bounded("price", 0, AMOUNT_MAX), object.or("reduced", false));
        let valid = Span::read_from(&object);
        object.close();
        let valid = valid?;
        if valid.from.is_none() {
            return place.field("from").fault("this field is required");
        }
        valid.check_order(&default_zone(), place);
        Some(Self { provider: provider?, product: product?, price: price?, valid, is_reduced: is_reduced? })
    }
}

/// Refuses prices of providers that are not there, and such as are in force at once.
pub(crate) fn check_prices<'p>(
    prices: impl Iterator<Item = (usize, &'p Price)>,
    knows_provider: impl Fn(&str) -> bool,
    place: &Place<'_>,
) {
    let zone = default_zone();
    let mut known: HashMap<(&str, &str), Vec<Interval>> = HashMap::new();
    for (index, price) in prices {
        if !knows_provider(&price.provider) {
            let _ = place.item(index).field("provider").fault::<()>("expected the code of a provider");
        }
        let others = known.entry((&price.provider, price.product.as_str())).or_default();
        let during = price.valid.resolve(&zone);
        if others.iter().any(|other| other.meets(&during)) {
            let detail = "expected a time in which no other price of the product is in force";
            let _ = place.item(index).field("from").fault::<()>(detail);
        }
        others.push(during);
    }
}

/// The prices of all providers.
#[derive(Debug)]
pub(crate) struct Prices {
    by_provider: HashMap<Box<str>, OfProvider, FixedState>,
    zone: TimeZone,
}

#[derive(Debug)]
struct OfProvider {
    /// Whether a reduction that goes on in steps is one.
    is_progressive: bool,
    /// In the order of time.
    by_product: HashMap<Box<str>, Vec<InForce>, FixedState>,
}

#[derive(Debug)]
struct InForce {
    from: Timestamp,
    until: Timestamp,
    price: i64,
    is_reduced: bool,
}

impl Prices {
    pub(crate) fn of(prices: &[Price], providers: &[Provider]) -> Self {
        let zone = default_zone();
        let one_by_one: HashSet<&str> =
            providers.iter().filter(|one| !one.is_progressive).map(|one| &*one.code).collect();
        let mut by_provider: HashMap<Box<str>, OfProvider, FixedState> = HashMap::default();
        for price in prices {
            let during = price.valid.resolve(&zone);
            let told = InForce {
                from: during.from.unwrap_or(Timestamp::MIN),
                until: during.until.unwrap_or(Timestamp::MAX),
                price: price.price,
                is_reduced: price.is_reduced,
            };
            let of_provider = by_provider.entry(price.provider.clone()).or_insert_with(|| OfProvider {
                is_progressive: !one_by_one.contains(&*price.provider),
                by_product: HashMap::default(),
            });
            of_provider.by_product.entry(price.product.as_str().into()).or_default().push(told);
        }
        let all = by_provider.values_mut().flat_map(|of_provider| of_provider.by_product.values_mut());
        all.for_each(|prices| prices.sort_by_key(|told| told.from));
        Self { by_provider, zone }
    }

    /// Those of one provider; none where it told none.
    pub(crate) fn at(&self, provider: &str) -> Option<PricesAt<'_>> {
        Some(PricesAt { of_provider: self.by_provider.get(provider)?, zone: &self.zone })
    }
}

/// The prices of one provider.
#[derive(Clone, Copy)]
pub(crate) struct PricesAt<'p> {
    of_provider: &'p OfProvider,
    zone: &'p TimeZone,
}

impl PricesAt<'_> {
    /// Of a product whose price is reduced at an instant, the lowest in force in the days before the reduction began, if there was
    /// one; the outer none is no reduction.
    pub(crate) fn reference(self, product: &str, at: Timestamp) -> Option<Option<i64>> {
        let Self { of_provider, zone } = self;
        let prices = of_provider.by_product.get(product)?;
        let place = prices.partition_point(|told| told.from <= at).checked_sub(1)?;
        prices.get(place).filter(|told| at < told.until && told.is_reduced)?;
        let (before, began) = of_provider.reduction(prices, place)?;
        let first = zone.to_datetime(began).checked_sub(DAYS_BEFORE.days()).ok();
        let first = first.and_then(|first| zone.to_timestamp(first).ok()).unwrap_or(Timestamp::MIN);
        Some(before.iter().filter(|told| told.until > first).map(|told| told.price).min())
    }
}

impl OfProvider {
    /// The prices before the reduction of which one is, and when it began: with the first of the unbroken run of reduced prices of
    /// which none is above the one before.
    fn reduction<'p>(&self, prices: &'p [InForce], place: usize) -> Option<(&'p [InForce], Timestamp)> {
        let run = prices.get(..=place)?;
        let goes_on = |one: &InForce, next: &InForce| {
            let is_alike = if self.is_progressive { next.price <= one.price } else { next.price == one.price };
            one.is_reduced && one.until == next.from && is_alike
        };
        let breaks = run.windows(2).rposition(|two| matches!(two, [one, next] if !goes_on(one, next)));
        let (before, run) = run.split_at(breaks.map_or(0, |place| place + 1));
        Some((before, run.first()?.from))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Catalogue, Person, Request, RuleSet};
    use serde_json::json;

    fn price(price: i64, from: &str, until: Option<&str>, reduced: bool) -> Value {
        json!({"provider": "shop", "product": "shop.bread", "price": price, "from": from, "until": until, "reduced": reduced})
    }

    fn catalogue(prices: &[Value], progressive: bool) -> Value {
        json!({"currency": "EUR", "prices": prices,
               "providers": [{"code": "shop", "progressive": progressive}, {"code": "other"}]})
    }

    fn rules(prices: &[Value], progressive: bool) -> RuleSet {
        RuleSet::compile(&Catalogue::from_value(&catalogue(prices, progressive)).unwrap())
    }

    /// On a day at noon.
    fn reference(rules: &RuleSet, date: &str) -> Option<Option<i64>> {
        rules.prices.at("shop")?.reference("shop.bread", format!("{date}T12:00:00+02:00").parse().unwrap())
    }

    #[test]
    fn of_a_reduced_price_the_lowest_of_thirty_days_before_is_told() {
        let rules = rules(
            &[
                price(90, "2026-01-01", Some("2026-01-05"), true),
                price(200, "2026-01-06", Some("2026-01-31"), false),
                price(250, "2026-02-01", Some("2026-02-09"), false),
                price(150, "2026-02-10", Some("2026-02-14"), true),
                price(200, "2026-02-15", None, false),
            ],
            true,
        );
        assert_eq!(reference(&rules, "2026-02-09"), None, "not reduced");
        assert_eq!(reference(&rules, "2026-02-10"), Some(Some(200)), "that of 90 ended more than thirty days before");
        assert_eq!(reference(&rules, "2026-02-14"), Some(Some(200)));
        assert_eq!(reference(&rules, "2026-02-15"), None);
        assert_eq!(reference(&rules, "2026-01-03"), Some(None), "there was none before");
        assert_eq!(reference(&rules, "2025-12-31"), None);
        assert!(rules.prices.at("other").is_none());
    }

    #[test]
    fn a_reduction_that_goes_on_in_steps_is_one_unless_the_provider_says_otherwise() {
        let steps = [
            price(200, "2026-01-01", Some("2026-01-31"), false),
            price(150, "2026-02-01", Some("2026-02-04"), true),
            price(150, "2026-02-05", Some("2026-02-09"), true),
            price(120, "2026-02-10", Some("2026-02-14"), true),
            price(130, "2026-02-15", Some("2026-02-19"), true),
            price(100, "2026-02-21", None, true),
        ];
        let days = ["2026-02-03", "2026-02-07", "2026-02-12", "2026-02-17", "2026-02-25"];
        let told = |progressive| days.map(|date| reference(&rules(&steps, progressive), date).unwrap().unwrap());
        // It is above the one before on the 15th, and broken off on the 20th.
        assert_eq!(told(true), [200, 200, 200, 120, 120]);
        assert_eq!(told(false), [200, 200, 150, 120, 120]);
    }

    #[test]
    fn prices_are_of_known_providers_and_never_two_at_once() {
        for (prices, pointer) in [
            (vec![price(1, "2026-01-01", None, false), price(2, "2026-02-01", None, false)], "/prices/1/from"),
            (vec![price(1, "2026-02-01", Some("2026-01-01"), false)], "/prices/0/from"),
            (vec![price(-1, "2026-02-01", None, false)], "/prices/0/price"),
            (vec![json!({"provider": "shop", "product": "a", "price": 1})], "/prices/0/from"),
            (
                vec![json!({"provider": "nobody", "product": "a", "price": 1, "from": "2026-01-01"})],
                "/prices/0/provider",
            ),
        ] {
            let faults = Catalogue::from_value(&catalogue(&prices, true)).err().unwrap();
            assert_eq!(faults.list[0].pointer, pointer, "{faults}");
        }
    }

    #[test]
    fn a_decision_tells_it_with_the_line_and_gives_nothing_for_it() {
        let rules = Arc::new(rules(
            &[price(90, "2026-01-01", Some("2026-01-31"), false), price(80, "2026-02-01", None, true)],
            true,
        ));
        let request = json!({"request_id": "0190f6a2-0000-7000-8000-000000000001", "occurred_at": "2026-02-03T12:00:00Z",
            "currency": "EUR", "lines": [
                {"line_id": "1", "product": "shop.bread", "quantity": 1, "unit_price": 80},
                {"line_id": "2", "product": "shop.milk", "quantity": 1, "unit_price": 80}]});
        let person = Person { holder: None, identifiers: Vec::new() };
        let plan = crate::plan(rules, "shop", person, Request::from_value(&request).unwrap()).unwrap();
        let decision = plan.decide(&plan.usage(|_| crate::Totals::default()));
        let written = serde_json::to_value(&decision.lines).unwrap();
        assert_eq!((&written[0]["reference_price"], &written[0]["payable"]), (&json!(90), &json!(80)));
        assert_eq!(written[1].get("reference_price"), None);
        let read: Vec<crate::DecidedLine> = serde_json::from_value(written).unwrap();
        assert_eq!(read, decision.lines);
    }
}
