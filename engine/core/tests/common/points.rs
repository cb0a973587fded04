//! Random programmes, members, and lines of files: sales, holds, and what happens to them. Small numbers, so that points run short.

use std::fmt;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

const PRODUCTS: [&str; 4] = ["shop.milk", "shop.bread", "cafe.coffee", "cafe.cake"];

/// A catalogue with programmes, its members, and the lines of a file.
#[derive(Clone)]
pub(crate) struct PointsWorld {
    pub(crate) catalogue: Value,
    pub(crate) holders: Vec<Value>,
    pub(crate) provider: &'static str,
    pub(crate) lines: Vec<Value>,
}

/// As documents, so that what fails can be pasted into files and explained.
impl fmt::Debug for PointsWorld {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "provider {}\ncatalogue {}\n", self.provider, self.catalogue)?;
        self.holders.iter().try_for_each(|holder| writeln!(out, "holder {holder}"))?;
        self.lines.iter().try_for_each(|line| writeln!(out, "line {line}"))
    }
}

pub(crate) fn points_world() -> impl Strategy<Value = PointsWorld> {
    let catalogue = (vec(programme(), 1..4), vec(benefit(), 0..4), vec(campaign(), 2));
    (catalogue, vec(holder(), 2), select(vec!["p1", "p2"]), vec(line(), 1..24)).prop_map(
        |((programs, benefits, campaigns), holders, provider, lines)| {
            let programs: Vec<Value> =
                programs.into_iter().enumerate().map(|(place, one)| versioned(place, one)).collect();
            let codes: Vec<Value> = programs.iter().map(|one| one["code"].clone()).collect();
            let has = |program: &Value| program.is_null() || codes.contains(program);
            let benefits = benefits.into_iter().enumerate().map(|(place, mut one)| {
                one["code"] = json!(format!("b{place}"));
                one
            });
            let benefits = benefits.filter(|one| has(&one["costs"]["program"]) && has(&one["when"]["tier"]["program"]));
            let campaigns: Vec<Value> = campaigns
                .into_iter()
                .enumerate()
                .map(|(place, mut one)| {
                    one["code"] = json!(format!("c{place}"));
                    if !has(&one["hold_out"]["program"]) {
                        one["hold_out"] = Value::Null;
                    }
                    one
                })
                .collect();
            let catalogue = json!({
                "currency": "EUR",
                "providers": [{"code": "p1", "tags": ["shop"]}, {"code": "p2", "tags": ["cafe"]}],
                "programs": programs, "campaigns": campaigns, "benefits": benefits.collect::<Vec<_>>(),
                "coupons": [{"campaign": "c0", "code": "AB-1"}, {"campaign": "c0", "code": "AB2", "holder": "h-0"},
                            {"campaign": "c1", "code": "CD-1", "valid": {"until": "2025-06-30"}}],
            });
            let holders = holders.into_iter().enumerate().map(|(place, holder)| named(place, holder)).collect();
            PointsWorld { catalogue, holders, provider, lines: in_time(lines) }
        },
    )
}

/// The first two are versions of one programme.
fn versioned(place: usize, mut programme: Value) -> Value {
    programme["code"] = json!(format!("m{}", place / 2));
    programme["version"] = json!(place % 2 + 1);
    if place == 1 {
        programme["valid"] = json!({"from": "2025-05-20"});
    }
    programme
}

fn programme() -> impl Strategy<Value = Value> {
    let earning = (vec(rule(), 1..5), rounding(), of(select(vec![20, 60])), vec(limit(), 0..2), any::<bool>());
    let dates = (pending(), expiry(), select(vec!["within_balance", "only_pending", "unlimited"]), select(vec![0, 3]));
    let place =
        (select(vec![json!({"all": true}), json!({"tags": ["shop"]})]), of(subsequence(PRODUCTS.to_vec(), 1..3)));
    (earning, dates, place, of(redeem()), of(tiers())).prop_map(|(earning, dates, place, redeem, tiers)| {
        let (rules, rounding, most, limits, best) = earning;
        let (pending, expiry, returns, expired_days) = dates;
        let rules = rules.into_iter().enumerate().map(|(number, mut rule)| {
            rule["code"] = json!(format!("r{number}"));
            rule
        });
        json!({
            "owner": "shop", "scope": {"providers": place.0, "products": place.1},
            "earn": {"per": 100, "rules": rules.collect::<Vec<_>>(), "rounding": rounding, "max_per_authorization": most,
                     "limits": limits, "bonuses": if best { "best" } else { "all" }},
            "pending": pending, "expiry": expiry, "redeem": redeem, "tiers": tiers,
            "returns": {"earned": returns, "expired_days": expired_days},
        })
    })
}

fn rule() -> impl Strategy<Value = Value> {
    let gives = prop_oneof![
        3 => select(vec![1, 3, 7]).prop_map(|points| json!({"money": points})),
        2 => select(vec![1, 2]).prop_map(|points| json!({"unit": points})),
        2 => select(vec![5000, 10_000]).prop_map(|rate| json!({"bonus": rate})),
        1 => select(vec![5, 10]).prop_map(|points| json!({"fixed": points})),
    ];
    let when = of(select(vec![
        json!({"weekday": {"in": [1, 2, 3]}}),
        json!({"coupon": {"campaign": "c0"}}),
        json!({"all": [{"quantity": {"min": 2}}, {"coupon": {"campaign": "c1"}}]}),
        json!({"tier": {"program": "m0"}}),
        json!({"not": {"tier": {"program": "m0", "at_least": "gold"}}}),
        json!({"birthday": {"in": "month"}}),
    ]));
    let uses =
        of(select(vec![json!({"window": {"week": {}}, "max": 1}), json!({"window": {"lifetime": {}}, "max": 2})]));
    (gives, when, uses, of(subsequence(PRODUCTS.to_vec(), 1..3))).prop_map(|(mut rule, when, uses, products)| {
        // A level must be there to be asked for; the versions of the first programme have it only sometimes.
        let asks_level = when.as_ref().is_some_and(|when| when["not"].is_object());
        rule["when"] = if asks_level { json!({"not": {"tier": {"program": "m0"}}}) } else { json!(when) };
        rule["uses"] = json!(uses);
        rule["products"] = json!(products);
        rule
    })
}

fn rounding() -> impl Strategy<Value = Value> {
    let mode = select(vec!["down", "up", "half_up", "half_even"]);
    (select(vec!["authorization", "line"]), select(vec![1, 5]), mode)
        .prop_map(|(on, increment, mode)| json!({"on": on, "increment": increment, "mode": mode}))
}

fn limit() -> impl Strategy<Value = Value> {
    let window = select(vec![json!({"day": {}}), json!({"month": {}}), json!({"rolling": {"days": 5}})]);
    (select(vec!["account", "holder"]), window, select(vec![0, 15, 40]))
        .prop_map(|(scope, window, max)| json!({"scope": scope, "window": window, "max": max}))
}

fn pending() -> impl Strategy<Value = Value> {
    select(vec![Value::Null, Value::Null, json!({"days": 1}), json!({"days": 5}), json!({"dates": ["05-15", "06-01"]})])
}

fn expiry() -> impl Strategy<Value = Value> {
    select(vec![
        Value::Null,
        json!({"days": 3}),
        json!({"days": 4, "slides": true}),
        json!({"months": 1, "round_up": "month"}),
        json!({"months": 1, "slides": true, "round_up": "06-15"}),
        json!({"days": 0, "round_up": "quarter"}),
    ])
}

fn redeem() -> impl Strategy<Value = Value> {
    let worth = select(vec![(1, 1), (3, 10), (10, 3), (100, 99)]);
    let step = select(vec![(1, 0), (5, 5), (10, 20)]);
    let when = of(select(vec![json!({"quantity": {"max": 3}}), json!({"weekday": {"in": [1, 2, 3, 4, 5]}})]));
    (worth, step, select(vec![10_000, 5000]), vec(limit(), 0..2), when, of(subsequence(PRODUCTS.to_vec(), 1..4)))
        .prop_map(|((points, amount), (step, min), share, limits, when, products)| {
            json!({"points": points, "amount": amount, "step": step, "min": min, "max_share": share, "limits": limits,
                   "when": when, "products": products})
        })
}

fn tiers() -> impl Strategy<Value = Value> {
    let window = select(vec![
        json!({"week": {}}),
        json!({"month": {}}),
        json!({"lifetime": {}}),
        json!({"rolling": {"days": 7}}),
    ]);
    let periods = (select(vec!["at_once", "next_period"]), select(vec!["recompute", "one_step"]), select(vec![0, 2]));
    (select(vec!["points", "spend"]), window, periods).prop_map(|(measure, window, (upgrade, downgrade, grace))| {
        let mut tiers = json!({"measure": measure, "window": window,
            "levels": [{"code": "silver", "min": 10}, {"code": "gold", "min": 300}, {"code": "top", "min": 900}]});
        let is_lifetime = tiers["window"].get("lifetime").is_some();
        let is_rolling = tiers["window"].get("rolling").is_some();
        if !is_lifetime && !is_rolling {
            tiers["upgrade"] = json!(upgrade);
            tiers["downgrade"] = json!(downgrade);
        }
        if !is_lifetime {
            tiers["grace_days"] = json!(grace);
        }
        tiers
    })
}

fn campaign() -> impl Strategy<Value = Value> {
    let hold_out = of(select(vec![("m0", 5_000), ("m0", 2_000), ("m1", 5_000)]));
    (of(select(vec![1, 2])), select(vec!["give_back", "keep"]), hold_out).prop_map(|(uses, on_refund, hold_out)| {
        let hold_out = hold_out.map(|(program, share)| json!({"program": program, "share": share}));
        json!({"owner": "shop", "uses": uses, "on_refund": on_refund, "valid": {"from": "2025-05-03"}, "hold_out": hold_out})
    })
}

fn benefit() -> impl Strategy<Value = Value> {
    let effect = select(vec![
        json!({"percent": {"rate": 10_000}}),
        json!({"percent": {"rate": 3333}}),
        json!({"amount_off": {"amount": 50, "per": "unit"}}),
        json!({"amount_off": {"amount": 120, "per": "basket"}}),
    ]);
    let when = of(select(vec![
        json!({"coupon": {"campaign": "c1"}}),
        json!({"tier": {"program": "m0"}}),
        json!({"birthday": {"in": "day"}}),
    ]));
    let costs = of((select(vec!["m0", "m1"]), select(vec![3, 20]), select(vec!["unit", "use"]), any::<bool>()));
    let every = of(select(vec![json!({"of": 3, "units": 1}), json!({"of": 2, "units": 1, "products": ["cafe"]})]));
    let choose = of((select(vec!["request", "cheapest", "dearest"]), every));
    (effect, when, costs, choose, of(subsequence(PRODUCTS.to_vec(), 1..3)), 0..3i64).prop_map(
        |(effect, when, costs, choose, products, priority)| {
            let basket = effect["amount_off"]["per"] == "basket";
            let costs = costs.map(|(program, points, per, automatic)| {
                let per = if basket { "use" } else { per };
                json!({"program": program, "points": points, "per": per, "automatic": automatic})
            });
            let choose = choose.filter(|_| !basket).map(|(order, every)| json!({"order": order, "every": every}));
            json!({
                "version": 1, "grantor": "shop", "name": {"lv": "n", "en": "n"}, "priority": priority, "effect": effect,
                "scope": {"providers": {"all": true}, "products": products}, "when": when, "costs": costs, "choose": choose,
            })
        },
    )
}

fn holder() -> impl Strategy<Value = Value> {
    let accounts = (of(select(vec!["family"])), of(select(vec!["family", "h-0"])));
    (of(select(vec!["2000-05-04", "1996-02-29"])), accounts, any::<bool>()).prop_map(|(birth, (first, second), late)| {
        json!({"birth_date": birth, "memberships": [
            {"program": "m0", "account": first, "consent": "yes"},
            {"program": "m1", "account": second, "consent": "yes", "from": if late { "2025-05-05" } else { "2025-01-01" }},
        ]})
    })
}

fn named(place: usize, mut holder: Value) -> Value {
    holder["holder"] = json!(format!("h-{place}"));
    holder["identifiers"] = json!([{"scheme": "eid", "value": format!("card {place}")}]);
    holder
}

/// How many hours pass before it, and what happens; operations name what they are about by its place.
fn line() -> impl Strategy<Value = (i64, usize, Value)> {
    let hours = prop_oneof![6 => 0..3i64, 3 => select(vec![-30, 20, 30, 100]), 1 => select(vec![300, 900])];
    (hours, 0..24usize, prop_oneof![6 => request(), 5 => operation()])
}

fn request() -> impl Strategy<Value = Value> {
    let line = (select(PRODUCTS.to_vec()), 1..5i64, select(vec![0, 33, 100, 250, 715]));
    let redemption = prop_oneof![
        select(vec![1, 7, 20, 55]).prop_map(|points| json!({"points": points})),
        Just(json!({"max": true})),
        (select(vec!["b0", "b1", "b2"]), of(1..3i64))
            .prop_map(|(reward, units)| json!({"reward": reward, "units": units})),
    ];
    let redeem = vec((select(vec!["m0", "m1", "m2"]), redemption), 0..3);
    let coupons = vec(select(vec!["ab1", "A-B2", "cd 1", "nobody"]), 0..3);
    (vec(line, 1..4), redeem, coupons, of(0..2usize), any::<bool>()).prop_map(|(lines, redeem, coupons, card, hold)| {
        let lines: Vec<Value> = lines
            .into_iter()
            .enumerate()
            .map(|(place, (product, quantity, price))| {
                json!({"line_id": place.to_string(), "product": product, "quantity": quantity, "unit_price": price})
            })
            .collect();
        let mut seen = vec![];
        let mut asked = vec![];
        for (program, mut redemption) in redeem {
            let key = (program, redemption["reward"].clone());
            if !seen.contains(&key) {
                redemption["program"] = json!(program);
                asked.push(redemption);
                seen.push(key);
            }
        }
        let card = card.map(|card| json!({"scheme": "eid", "value": format!("CARD-{card}")}));
        json!({"currency": "EUR", "mode": if hold { "hold" } else { "sale" }, "lines": lines, "redeem": asked,
               "coupons": coupons, "identifiers": card.into_iter().collect::<Vec<_>>()})
    })
}

fn operation() -> impl Strategy<Value = Value> {
    let units = of((0..3usize, 1..3i64));
    prop_oneof![
        3 => units.clone().prop_map(|units| with_units("refund", units)),
        2 => units.prop_map(|units| with_units("capture", units)),
        1 => Just(json!({"operation": "void"})),
        4 => Just(json!({"operation": "reversal", "reason": "doubt"})),
        2 => (0..2usize, select(vec![-20, -5, 5, 30])).prop_map(|(holder, points)| {
            json!({"operation": "adjustment", "program": "m0", "holder": format!("h-{holder}"), "points": points, "reason": "r"})
        }),
        2 => (0..2usize).prop_map(|holder| json!({"operation": "statement", "holder": format!("h-{holder}")})),
        1 => Just(json!({"operation": "clock"})),
    ]
}

fn with_units(kind: &str, units: Option<(usize, i64)>) -> Value {
    let lines = units.map(|(line, units)| json!({"line_id": line.to_string(), "units": units}));
    json!({"operation": kind, "lines": lines.into_iter().collect::<Vec<_>>()})
}

/// Gives each line its id and its time, and each operation the id of what it is about.
fn in_time(lines: Vec<(i64, usize, Value)>) -> Vec<Value> {
    let start: jiff::Timestamp = "2025-05-01T08:00:00Z".parse().unwrap();
    let id = |number: usize| format!("0190f6a2-0000-7000-8000-{number:012}");
    let mut hours = 0;
    let numbered = lines.into_iter().enumerate().map(|(place, (passed, about, mut line))| {
        hours += passed;
        let at = start.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap();
        // What comes late does not turn the clock back.
        hours = hours.max(hours - passed);
        line["request_id"] = json!(id(place));
        let is_sold = ["refund", "capture", "void", "reversal"].iter().any(|kind| line["operation"] == *kind);
        if is_sold {
            line["original_request_id"] = json!(id(if place == 0 { 0 } else { about % place }));
        }
        if place == 0 || line["operation"].is_null() || line["operation"] == "clock" {
            line["occurred_at"] = json!(at);
        }
        line
    });
    numbered.collect()
}
