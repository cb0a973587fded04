//! Random catalogues, holders and requests in which everything happens often: few names, small amounts, tight limits.

use std::fmt;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

const GROUPS: [&str; 3] = ["g0", "g1", "g2"];
const PRODUCTS: [&str; 6] = ["bus", "bus.city", "bus.city.single", "rail.zone1", "shop.milk", "pool"];
const SOLD: [&str; 5] = ["bus.city.single", "bus.city.pass", "rail.zone1", "shop.milk", "pool"];
const SLOTS: [&str; 5] = ["s-best", "s-first", "s-all", "s-bounded", "s-bounded-best"];
const ZONES: [&str; 3] = ["Europe/Riga", "Europe/London", "America/St_Johns"];
const MOMENTS: [&str; 16] = [
    "2025-03-30T03:30:00+03:00",
    "2025-10-26T03:30:00+03:00",
    "2025-10-26T03:30:00+02:00",
    "2025-10-31T23:50:00+02:00",
    "2025-11-01T00:00:00+02:00",
    "2025-11-03T04:29:59+00:00",
    "2025-11-03T04:30:00+00:00",
    "2025-11-18T07:30:00+02:00",
    "2025-11-18T08:12:00+02:00",
    "2025-11-18T08:12:59.999+02:00",
    "2025-11-18T08:13:00+02:00",
    "2025-11-18T09:42:00+02:00",
    "2025-12-31T22:30:00Z",
    "2026-01-01T02:00:00Z",
    "2026-02-28T12:00:00+02:00",
    "2026-08-31T23:59:59+03:00",
];

/// A catalogue, holders, a provider, and requests in order.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) catalogue: Value,
    pub(crate) holders: Vec<Value>,
    pub(crate) provider: &'static str,
    pub(crate) requests: Vec<Value>,
}

/// As documents, so that what fails can be pasted into files and explained.
impl fmt::Debug for World {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "provider {}\ncatalogue {}\n", self.provider, self.catalogue)?;
        self.holders.iter().try_for_each(|holder| writeln!(out, "holder {holder}"))?;
        self.requests.iter().try_for_each(|request| writeln!(out, "request {request}"))
    }
}

pub(crate) fn world() -> impl Strategy<Value = World> {
    (catalogue(), vec(holder(), 0..4), select(vec!["p1", "p2"]), vec(request(), 1..7)).prop_map(
        |(catalogue, holders, provider, requests)| {
            let holders = holders.into_iter().enumerate().map(|(place, holder)| identified(holder, place)).collect();
            World { catalogue, holders, provider, requests: numbered(requests) }
        },
    )
}

fn catalogue() -> impl Strategy<Value = Value> {
    vec(benefit(), 1..8).prop_map(|benefits| {
        json!({
            "currency": "EUR",
            "calendars": [{"name": "c", "dates": ["2025-11-18", "2025-11-02", "2026-01-01"]}],
            "groups": GROUPS.map(|code| json!({"code": code, "owner": "state"})),
            "slots": [
                {"name": "s-best", "policy": "best", "priority": 4},
                {"name": "s-first", "policy": "first", "priority": 5},
                {"name": "s-all", "policy": "all", "priority": 5},
                {"name": "s-bounded", "policy": "all", "priority": 6, "max_discount": {"rate": 3500}},
                {"name": "s-bounded-best", "policy": "best", "priority": 7, "max_discount": {"rate": 2500}},
            ],
            "providers": [{"code": "p1", "tags": ["bus"]}, {"code": "p2", "tags": ["shop", "bus"]}],
            "benefits": versioned(benefits),
        })
    })
}

/// Codes repeat, so that some benefits are versions of one code.
fn versioned(benefits: Vec<(usize, Value)>) -> Vec<Value> {
    let mut last = [0; 5];
    let number = |(code, mut benefit): (usize, Value)| {
        last[code] += 1;
        benefit["code"] = json!(format!("b{code}"));
        benefit["version"] = json!(last[code]);
        benefit
    };
    benefits.into_iter().map(number).collect()
}

fn benefit() -> impl Strategy<Value = (usize, Value)> {
    let place = (0..5usize, 0..9i64, of(select(SLOTS.to_vec())), select(ZONES.to_vec()));
    let rule = (scope(), of(condition()), effect(), any::<bool>(), of(rounding()), of(bounds()), refinements());
    let time = (of(span()), of(suspension()), select(vec!["00:00", "04:30"]));
    let account = (vec(limit(), 0..3), of(funding()), any::<bool>(), 0..3i64);
    (place, rule, time, account).prop_map(|(place, rule, time, account)| {
        let (code, priority, slot, zone) = place;
        let (scope, when, effect, gross, rounding, bounds, refinements) = rule;
        let (valid, suspension, day_start) = time;
        let (limits, funding, holder, companions) = account;
        let mut benefit = json!({
            "grantor": "state", "name": {"lv": "n", "en": "n"}, "priority": priority, "slot": slot, "time_zone": zone,
            "service_day_start": day_start, "valid": valid, "suspensions": suspension.into_iter().collect::<Vec<_>>(),
            "scope": scope, "when": when, "effect": effect, "base": if gross { "gross" } else { "remaining" },
            "rounding": rounding, "max_discount": bounds, "limits": limits, "funding": funding,
            "covers": {"holder": holder || companions == 0, "companions": companions},
        });
        for (field, value) in refinements {
            benefit[field] = value;
        }
        (code, compatible(benefit))
    })
}

/// Where a benefit holds back; most do nowhere.
fn refinements() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let least = (select(vec![1, 300, 800]), of(select(vec!["all", "in_scope"])))
        .prop_map(|(amount, lines)| json!({"amount": amount, "lines": lines}));
    let refinement = prop_oneof![
        select(vec![0, 1, 50, 99]).prop_map(|price| ("min_price", json!(price))),
        any::<bool>().prop_map(|only| ("only_untouched", json!(only))),
        least.prop_map(|least| ("at_least", least)),
        pick().prop_map(|pick| ("pick", pick)),
        pick().prop_map(|pick| ("pick", pick)),
    ];
    prop_oneof![2 => Just(Vec::new()), 1 => vec(refinement, 1..4)]
}

/// Takes out what the effect does not go with.
fn compatible(mut benefit: Value) -> Value {
    let effect = benefit["effect"].clone();
    let is = |name: &str| effect.get(name).is_some();
    let basket = effect["amount_off"]["per"] == "basket";
    let keep_limits = |benefit: &mut Value, refused: &str| {
        if let Some(limits) = benefit["limits"].as_array_mut() {
            limits.retain(|limit| limit["measure"] != refused);
        }
    };
    if basket || is("fixed_price") || is("price_cap") || is("spend_cap") {
        benefit["base"] = Value::Null;
    }
    if !(is("percent") || is("fixed_price") || effect["amount_off"]["per"] == "unit") {
        benefit["min_price"] = Value::Null;
        benefit["pick"] = Value::Null;
        if benefit["rounding"].is_object() {
            benefit["rounding"]["per"] = Value::Null;
        }
    }
    if basket {
        benefit["rounding"] = Value::Null;
        if benefit["max_discount"].is_object() {
            benefit["max_discount"]["per_line"] = Value::Null;
        }
        keep_limits(&mut benefit, "units");
        if benefit["slot"].is_string() && benefit["slot"] != "s-bounded" {
            benefit["slot"] = json!("s-all");
        }
    }
    if is("price_cap") {
        benefit["rounding"] = Value::Null;
        benefit["max_discount"] = Value::Null;
        if ["s-bounded", "s-bounded-best"].iter().any(|slot| benefit["slot"] == *slot) {
            benefit["slot"] = Value::Null;
        }
        keep_limits(&mut benefit, "discount");
    }
    if is("spend_cap") {
        for field in ["slot", "rounding", "max_discount", "limits", "covers", "only_untouched", "at_least"] {
            benefit[field] = Value::Null;
        }
    }
    benefit
}

fn pick() -> impl Strategy<Value = Value> {
    (of(1..5i64), 0..4i64, of(1..3i64)).prop_filter_map("a pick", |(every, skip, take)| {
        let picks = every.map_or(skip > 0 || take.is_some(), |every| every > skip);
        picks.then(|| json!({"every": every, "skip": skip, "take": take}))
    })
}

fn scope() -> impl Strategy<Value = Value> {
    let providers = select(vec![
        json!({"all": true}),
        json!({"codes": ["p1"]}),
        json!({"tags": ["bus"]}),
        json!({"tags": ["shop", "bus"]}),
    ]);
    let products = of(subsequence(PRODUCTS.to_vec(), 1..4));
    (providers, products, subsequence(PRODUCTS.to_vec(), 0..2)).prop_map(
        |(providers, products, except)| json!({"providers": providers, "products": products, "except_products": except}),
    )
}

fn effect() -> impl Strategy<Value = Value> {
    let amount = || select(vec![0, 1, 5, 99, 150, 1000]);
    prop_oneof![
        4 => select(vec![0, 1, 3333, 5000, 9000, 10_000]).prop_map(|rate| json!({"percent": {"rate": rate}})),
        3 => (amount(), select(vec!["unit", "line", "basket"]))
            .prop_map(|(amount, per)| json!({"amount_off": {"amount": amount, "per": per}})),
        1 => amount().prop_map(|amount| json!({"fixed_price": {"amount": amount}})),
        1 => amount().prop_map(|amount| json!({"price_cap": {"amount": amount}})),
        1 => (amount(), window()).prop_map(|(amount, window)| json!({"spend_cap": {"amount": amount, "window": window}})),
    ]
}

fn window() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"day": {}}),
        json!({"week": {}}),
        json!({"month": {}}),
        json!({"year": {}}),
        json!({"school_year": {}}),
        json!({"lifetime": {}}),
        json!({"rolling": {"days": 3}}),
        json!({"from_first": {"minutes": 1}}),
        json!({"from_first": {"minutes": 90}}),
        json!({"from_first": {"minutes": 1440}}),
    ])
}

fn rounding() -> impl Strategy<Value = Value> {
    let mode = select(vec!["half_up", "half_even", "down", "up"]);
    let per = of(select(vec!["line", "unit"]));
    (select(vec!["discount", "price"]), per, select(vec![1, 5, 10]), mode)
        .prop_map(|(on, per, increment, mode)| json!({"on": on, "per": per, "increment": increment, "mode": mode}))
}

fn bounds() -> impl Strategy<Value = Value> {
    let bound = || of(select(vec![0, 40, 120]));
    (bound(), bound()).prop_map(|(line, whole)| json!({"per_line": line, "per_authorization": whole}))
}

fn limit() -> impl Strategy<Value = Value> {
    let scope = select(vec!["holder", "household", "provider", "benefit"]);
    let measure = select(vec!["uses", "units", "discount"]);
    (scope, measure, window(), select(vec![0, 1, 2, 3, 100]), any::<bool>(), any::<bool>()).prop_map(
        |(scope, measure, window, max, unfunded, carries)| {
            let from_first = window.get("from_first").is_some();
            let scope = if from_first && !["holder", "household"].contains(&scope) { "holder" } else { scope };
            let unfunded = unfunded && measure == "discount";
            let carries =
                carries && !unfunded && window.get("month").is_some() && ["holder", "household"].contains(&scope);
            let mut limit = json!({"scope": scope, "measure": measure, "window": window, "max": max});
            if unfunded {
                limit["on_exhausted"] = json!("unfunded");
            }
            if carries {
                limit["carry_over"] = json!({"until": "10-31"});
            }
            limit
        },
    )
}

fn funding() -> impl Strategy<Value = Value> {
    select(vec![
        json!([{"payer": "state", "rate": 3333}, {"payer": "city", "rate": 6667}]),
        json!([{"payer": "p1", "rate": 5000}, {"payer": "state", "rate": 5000}]),
        json!([{"payer": "state", "rate": 0}, {"payer": "city", "rate": 10_000}]),
    ])
}

fn span() -> impl Strategy<Value = Value> {
    let from = of(select(vec!["2025-01-01", "2025-09-15", "2025-10-31T22:00:00Z", "2025-11-18"]));
    let until = of(select(vec!["2025-11-18", "2025-12-31T22:00:00Z", "2027-01-01"]));
    (from, until).prop_map(|(from, until)| json!({"from": from, "until": until})).prop_filter("ordered", |span| {
        span["until"].is_null()
            || span["from"].is_null()
            || span["from"] != "2025-11-18"
            || span["until"] != "2025-11-18"
    })
}

fn suspension() -> impl Strategy<Value = Value> {
    let except = subsequence(GROUPS.to_vec(), 0..2);
    except.prop_map(|except| json!({"from": "2025-10-26", "until": "2025-11-02", "except_groups": except}))
}

fn condition() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(|parts| json!({"all": parts})),
            vec(inner.clone(), 1..4).prop_map(|parts| json!({"any": parts})),
            inner.prop_map(|inner| json!({"not": inner})),
        ]
    })
}

fn leaf() -> impl Strategy<Value = Value> {
    let as_of = || {
        let anchors =
            ["now", "year_start", "month_start", "school_year_start", "year_end", "month_end", "school_year_end"];
        (of(select(anchors.to_vec())), of(select(vec![-366, -1, 0, 1, 29, 366])))
    };
    let op = || select(vec!["eq", "ne", "lt", "le", "gt", "ge"]);
    let value = || select(vec![json!(7), json!("a"), json!(true)]);
    prop_oneof![
        4 => subsequence(GROUPS.to_vec(), 1..3).prop_map(|groups| json!({"member_of": {"groups": groups}})),
        1 => (0..20i64, as_of()).prop_map(|(min, (as_of, plus))| {
            json!({"age": {"min": min, "max": min + 5, "as_of": as_of, "plus_days": plus}})
        }),
        1 => as_of().prop_map(|(as_of, plus)| {
            json!({"resident_in": {"territories": ["lv.riga"], "as_of": as_of, "plus_days": plus}})
        }),
        1 => (op(), value()).prop_map(|(op, value)| json!({"attribute": {"name": "n", "op": op, "value": value}})),
        1 => Just(json!({"attribute": {"name": "n", "op": "in", "value": [7, "b"]}})),
        1 => Just(json!({"identifier": {"schemes": ["etalons"]}})),
        1 => Just(json!({"no_mismatch": {}})),
        1 => Just(json!({"channel": {"in": ["desk"]}})),
        1 => (op(), value()).prop_map(|(op, value)| json!({"context": {"name": "n", "op": op, "value": value}})),
        1 => (op(), value()).prop_map(|(op, value)| json!({"line": {"name": "n", "op": op, "value": value}})),
        1 => subsequence(vec![1, 2, 3, 4, 5, 6, 7], 1..6).prop_map(|days| json!({"weekday": {"in": days}})),
        1 => select(vec![("04:00", "12:00"), ("22:00", "04:30")])
            .prop_map(|(from, until)| json!({"time_of_day": {"from": from, "until": until}})),
        1 => select(vec![("10-26", "11-18"), ("11-01", "02-28")])
            .prop_map(|(from, until)| json!({"dates": {"from": from, "until": until}})),
        1 => any::<bool>().prop_map(|is| json!({"calendar": {"name": "c", "is": is}})),
        1 => of(select(vec!["all", "in_scope"]))
            .prop_map(|lines| json!({"basket_total": {"min": 300, "lines": lines}})),
        1 => of(select(vec!["all", "in_scope"]))
            .prop_map(|lines| json!({"basket_quantity": {"min": 3, "max": 8, "lines": lines}})),
        1 => Just(json!({"quantity": {"max": 2}})),
    ]
}

fn holder() -> impl Strategy<Value = Value> {
    let dated = || of(span());
    let facts = (
        of(select(vec!["2012-02-29", "2018-11-18", "1990-01-01"])),
        of(select(vec!["hh-1", "hh-2"])),
        vec((select(GROUPS.to_vec()), dated()), 0..4),
        vec((select(vec!["lv.riga", "lv.riga.centre", "lv.jelgava"]), dated()), 0..3),
        vec((select(vec![json!(7), json!("b"), json!(true)]), dated()), 0..3),
    );
    (
        facts,
        select(vec!["active", "active", "active", "blocked", "expired"]),
        of(select(vec!["2025-11-17", "2026-06-30"])),
    )
        .prop_map(|((birth, household, groups, residences, values), status, valid_until)| {
            let with = |mut fact: Value, span: Option<Value>| {
                let span = span.unwrap_or_default();
                fact["from"] = span["from"].clone();
                fact["until"] = span["until"].clone();
                fact
            };
            let entitlements = groups.into_iter().map(|(group, span)| with(json!({"group": group}), span));
            let residences =
                residences.into_iter().map(|(territory, span)| with(json!({"territory": territory}), span));
            let attributes = values.into_iter().map(|(value, span)| with(json!({"name": "n", "value": value}), span));
            json!({
                "birth_date": birth, "household": household, "entitlements": entitlements.collect::<Vec<_>>(),
                "residences": residences.collect::<Vec<_>>(), "attributes": attributes.collect::<Vec<_>>(),
                "identifiers": [{"scheme": "etalons", "status": status, "valid_until": valid_until}],
            })
        })
}

/// Holder number n is known by the cards n and, of another scheme, n.
fn identified(mut holder: Value, place: usize) -> Value {
    holder["holder"] = json!(format!("h-{place}"));
    holder["identifiers"][0]["value"] = json!(format!("card {place}"));
    let isic = json!({"scheme": "isic", "value": format!("card {place}")});
    if let Some(identifiers) = holder["identifiers"].as_array_mut() {
        identifiers.push(isic);
    }
    holder
}

fn request() -> impl Strategy<Value = Value> {
    let cards = vec((select(vec!["etalons", "isic"]), 0..4usize), 0..3);
    let fact = || of(select(vec![json!(7), json!("a"), json!(true)]));
    let price = (select(vec![0, 1, 99, 150, 715]), select(vec!["unit_price", "unit_price", "unit_price", "price"]));
    let line = (select(SOLD.to_vec()), 1..5i64, price, any::<bool>(), fact());
    let line = line.prop_map(|(product, quantity, (price, of_what), companion, fact)| {
        json!({
            "product": product, "quantity": quantity, of_what: price,
            "for": if companion { "companion" } else { "holder" },
            "context": fact.map_or_else(|| json!({}), |fact| json!({"n": fact})),
        })
    });
    (select(MOMENTS.to_vec()), of(select(vec!["desk", "app"])), cards, fact(), vec(line, 1..5)).prop_map(
        |(moment, channel, cards, fact, lines)| {
            let cards = cards.into_iter().map(|(scheme, card)| json!({"scheme": scheme, "value": presented(card)}));
            let numbered = lines.into_iter().enumerate().map(|(place, mut line)| {
                line["line_id"] = json!(place.to_string());
                line
            });
            json!({
                "occurred_at": moment, "channel": channel, "currency": "EUR", "identifiers": cards.collect::<Vec<_>>(),
                "context": fact.map_or_else(|| json!({}), |fact| json!({"n": fact})), "lines": numbered.collect::<Vec<_>>(),
            })
        },
    )
}

/// A card as one person or another may type it.
fn presented(card: usize) -> String {
    let typed = ["CARD-0", "c\u{ff41}rd\u{2011}1", "card\u{200b}2", "CARD \u{2212} \u{ff13}"];
    typed.get(card).map_or_else(String::new, ToString::to_string)
}

fn numbered(requests: Vec<Value>) -> Vec<Value> {
    let number = |(place, mut request): (usize, Value)| {
        request["request_id"] = json!(format!("0190f6a2-0000-7000-8000-{place:012}"));
        request
    };
    requests.into_iter().enumerate().map(number).collect()
}
