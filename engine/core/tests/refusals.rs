//! Everything that is refused when a catalogue is saved, each named by the path of its field.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use avis_core::limits::{CONDITION_DEPTH_MAX, CONDITION_LEAVES_MAX, FAULTS_MAX};
use avis_core::{Catalogue, Faults};
use serde_json::{Value, json};

fn catalogue() -> Value {
    json!({
        "currency": "EUR",
        "calendars": [{"name": "holidays", "dates": ["2026-11-18"]}],
        "groups": [{"code": "pupils", "owner": "state"}],
        "slots": [{"name": "fare", "policy": "best", "priority": 1}, {"name": "extras", "policy": "all", "priority": 2}],
        "providers": [{"code": "atd", "tags": ["bus"]}],
        "benefits": [{
            "code": "half", "version": 1, "grantor": "state", "name": {"lv": "Puse", "en": "Half"},
            "valid": {"from": "2020-01-01", "until": "2030-01-01"}, "priority": 1, "slot": "fare",
            "suspensions": [{"from": "2021-01-01", "until": "2021-02-01", "except_groups": ["pupils"]}],
            "scope": {"providers": {"codes": ["atd"]}, "products": ["bus"]},
            "when": {"all": [{"member_of": {"groups": ["pupils"]}}, {"calendar": {"name": "holidays", "is": true}},
                             {"time_of_day": {"from": "08:00", "until": "12:00"}}]},
            "effect": {"percent": {"rate": 5000}},
            "limits": [{"scope": "holder", "measure": "uses", "window": {"month": {}}, "max": 1}],
            "funding": [{"payer": "state", "rate": 10_000}],
        }],
        "cases": [{"name": "a case", "provider": "atd", "requests": [], "expect": []}],
    })
}

/// The catalogue with the value at a place exchanged, or put there.
fn with(place: &str, value: Value) -> Value {
    let mut catalogue = catalogue();
    let (parent, field) = place.rsplit_once('/').unwrap();
    let parent = catalogue.pointer_mut(parent).unwrap_or_else(|| panic!("{place}"));
    match parent {
        Value::Array(items) => {
            let index: usize = field.parse().unwrap();
            if index < items.len() { items[index] = value } else { items.push(value) }
        }
        parent => parent[field] = value,
    }
    catalogue
}

fn refused(catalogue: &Value) -> Faults {
    Catalogue::from_value(catalogue).err().unwrap_or_else(|| panic!("expected a refusal of {catalogue}"))
}

#[track_caller]
fn check(place: &str, value: Value, expected_pointer: &str) {
    let faults = refused(&with(place, value));
    let pointers: Vec<&str> = faults.list.iter().map(|fault| fault.pointer.as_str()).collect();
    assert!(pointers.contains(&expected_pointer), "{place}: expected {expected_pointer}, got {faults}");
}

/// The benefit with another effect, and further fields.
fn effect(effect: Value, others: &[(&str, Value)]) -> Value {
    let mut benefit = catalogue()["benefits"][0].clone();
    for field in ["slot", "limits"] {
        benefit[field] = Value::Null;
    }
    benefit["effect"] = effect;
    for (field, value) in others {
        benefit[*field] = value.clone();
    }
    benefit
}

#[test]
fn the_catalogue_that_the_others_are_made_of_is_valid() {
    assert!(Catalogue::from_value(&catalogue()).is_ok());
}

#[test]
fn what_refers_to_nothing_is_refused() {
    check("/slots/0/name", json!("half"), "/slots/0/name");
    check("/benefits/0/slot", json!("other"), "/benefits/0/slot");
    check("/benefits/0/when/all/0/member_of/groups/0", json!("other"), "/benefits/0/when/all/0/member_of/groups/0");
    check("/benefits/0/suspensions/0/except_groups/0", json!("other"), "/benefits/0/suspensions/0/except_groups/0");
    check("/benefits/0/when/all/1/calendar/name", json!("other"), "/benefits/0/when/all/1/calendar/name");
    check("/benefits/0/scope/providers/codes/0", json!("other"), "/benefits/0/scope/providers/codes/0");
    check("/cases/0/provider", json!("other"), "/cases/0/provider");
    check("/benefits/0/time_zone", json!("Europe/Nowhere"), "/benefits/0/time_zone");
    let not = json!({"not": {"any": [{"member_of": {"groups": ["other"]}}]}});
    check("/benefits/0/when", not, "/benefits/0/when/not/any/0/member_of/groups/0");
}

#[test]
fn what_could_never_mean_anything_is_refused() {
    check("/benefits/0/when", json!({"all": []}), "/benefits/0/when/all");
    check("/benefits/0/when", json!({"any": []}), "/benefits/0/when/any");
    check("/benefits/0/valid/until", json!("2019-12-31"), "/benefits/0/valid/from");
    check("/benefits/0/suspensions/0/until", json!("2020-12-31"), "/benefits/0/suspensions/0/from");
    check("/benefits/0/when/all/2/time_of_day/until", json!("08:00"), "/benefits/0/when/all/2/time_of_day");
    check("/benefits/0/scope/products", json!([]), "/benefits/0/scope/products");
    check("/benefits/0/scope/providers", json!({"tags": []}), "/benefits/0/scope/providers/tags");
    check("/benefits/0/covers", json!({"holder": false}), "/benefits/0/covers/holder");
    check("/benefits/0/when", json!({"age": {}}), "/benefits/0/when/age");
    check("/benefits/0/when", json!({"age": {"min": 7, "max": 6}}), "/benefits/0/when/age/min");
    for leaf in ["age", "resident_in"] {
        let asked = |field: &str, value: Value| {
            let mut asked = json!({"age": {"min": 7}, "resident_in": {"territories": ["lv"]}})[leaf].clone();
            asked[field] = value;
            json!({leaf: asked})
        };
        for days in [json!(367), json!(-367), json!(1.5), json!("1")] {
            check("/benefits/0/when", asked("plus_days", days), &format!("/benefits/0/when/{leaf}/plus_days"));
        }
        check("/benefits/0/when", asked("as_of", json!("week_end")), &format!("/benefits/0/when/{leaf}/as_of"));
    }
    check("/benefits/0/when", json!({"tier": {"program": "p", "at_least": "gold"}}), "/benefits/0/when/tier/program");
}

#[test]
fn a_date_only_span_of_one_day_is_not_empty() {
    let day = json!({"from": "2026-11-18", "until": "2026-11-18"});
    assert!(Catalogue::from_value(&with("/benefits/0/valid", day)).is_ok());
    let instant = json!({"from": "2026-11-18T00:00:00+02:00", "until": "2026-11-18T00:00:00+02:00"});
    check("/benefits/0/valid", instant, "/benefits/0/valid/from");
    let mixed = json!({"from": "2026-11-19", "until": "2026-11-18T22:00:00Z"});
    check("/benefits/0/valid", mixed, "/benefits/0/valid/from");
}

#[test]
fn limits_that_do_not_fit_are_refused() {
    let limit = |field: &str, value: Value| {
        let mut limit = json!({"scope": "holder", "measure": "uses", "window": {"month": {}}, "max": 1});
        limit[field] = value;
        limit
    };
    let refuse =
        |limit: Value, field: &str| check("/benefits/0/limits/0", limit, &format!("/benefits/0/limits/0/{field}"));
    refuse(limit("on_exhausted", json!("unfunded")), "on_exhausted");
    let carrying = |field: &str, value: Value| {
        let mut limit = limit("carry_over", json!({"until": "10-31"}));
        limit[field] = value;
        limit
    };
    refuse(carrying("window", json!({"week": {}})), "carry_over");
    refuse(carrying("scope", json!("provider")), "carry_over");
    refuse(carrying("scope", json!("benefit")), "carry_over");
    let mut unfunded = carrying("on_exhausted", json!("unfunded"));
    unfunded["measure"] = json!("discount");
    refuse(unfunded, "carry_over");
    refuse(carrying("carry_over", json!({"until": "02-30"})), "carry_over/until");
    refuse(limit("max", json!(-1)), "max");
    refuse(limit("window", json!({"rolling": {"days": 0}})), "window/rolling/days");
    for minutes in [json!(0), json!(44_641), json!("90"), Value::Null] {
        refuse(limit("window", json!({"from_first": {"minutes": minutes}})), "window/from_first/minutes");
    }
    for scope in ["provider", "benefit"] {
        let mut shared = limit("window", json!({"from_first": {"minutes": 90}}));
        shared["scope"] = json!(scope);
        refuse(shared, "window");
    }
    refuse(carrying("window", json!({"from_first": {"minutes": 90}})), "carry_over");
    refuse(limit("window", json!({"fortnight": {}})), "window/fortnight");
}

#[test]
fn a_basket_effect_takes_no_rounding_bound_per_line_or_limit_of_units() {
    let basket = |others: &[(&str, Value)]| effect(json!({"amount_off": {"amount": 1, "per": "basket"}}), others);
    assert!(Catalogue::from_value(&with("/benefits/0", basket(&[("slot", json!("extras"))]))).is_ok());
    let refuse = |others: &[(&str, Value)], pointer: &str| {
        check("/benefits/0", basket(others), &format!("/benefits/0/{pointer}"));
    };
    refuse(&[("base", json!("gross"))], "base");
    refuse(&[("rounding", json!({}))], "rounding");
    refuse(&[("max_discount", json!({"per_line": 1}))], "max_discount/per_line");
    let units = json!([{"scope": "holder", "measure": "units", "window": {"day": {}}, "max": 1}]);
    refuse(&[("limits", units)], "limits/0/measure");
    refuse(&[("slot", json!("fare"))], "slot");
}

#[test]
fn gross_is_the_base_of_percent_and_of_amounts_off_units_and_lines_only() {
    let gross = ("base", json!("gross"));
    for fits in [json!({"percent": {"rate": 1}}), json!({"amount_off": {"amount": 1, "per": "line"}})] {
        assert!(Catalogue::from_value(&with("/benefits/0", effect(fits, std::slice::from_ref(&gross)))).is_ok());
    }
    for other in [
        json!({"fixed_price": {"amount": 1}}),
        json!({"price_cap": {"amount": 1}}),
        json!({"spend_cap": {"amount": 1, "window": {"day": {}}}}),
    ] {
        check("/benefits/0", effect(other, std::slice::from_ref(&gross)), "/benefits/0/base");
    }
}

/// Effects that mean the same on a unit as on a line of it alone.
fn effects_by_unit() -> [Value; 3] {
    [
        json!({"percent": {"rate": 1}}),
        json!({"amount_off": {"amount": 1, "per": "unit"}}),
        json!({"fixed_price": {"amount": 1}}),
    ]
}

fn effects_of_more_than_a_unit() -> [Value; 4] {
    [
        json!({"amount_off": {"amount": 1, "per": "line"}}),
        json!({"amount_off": {"amount": 1, "per": "basket"}}),
        json!({"price_cap": {"amount": 1}}),
        json!({"spend_cap": {"amount": 1, "window": {"day": {}}}}),
    ]
}

#[test]
fn what_is_said_of_units_goes_with_effects_by_unit_only() {
    let fields = [
        ("rounding", json!({"per": "unit"}), "rounding/per"),
        ("min_price", json!(1), "min_price"),
        ("pick", json!({"take": 1}), "pick"),
    ];
    for (field, value, pointer) in fields {
        for fits in effects_by_unit() {
            assert!(Catalogue::from_value(&with("/benefits/0", effect(fits, &[(field, value.clone())]))).is_ok());
        }
        for other in effects_of_more_than_a_unit() {
            check("/benefits/0", effect(other, &[(field, value.clone())]), &format!("/benefits/0/{pointer}"));
        }
    }
}

#[test]
fn a_price_cap_and_a_spend_cap_take_little() {
    let discount = json!([{"scope": "holder", "measure": "discount", "window": {"day": {}}, "max": 1}]);
    let price_cap = |field, value| effect(json!({"price_cap": {"amount": 1}}), &[(field, value)]);
    check("/benefits/0", price_cap("rounding", json!({})), "/benefits/0/rounding");
    check("/benefits/0", price_cap("max_discount", json!({"per_line": 1})), "/benefits/0/max_discount");
    check("/benefits/0", price_cap("limits", discount.clone()), "/benefits/0/limits/0/measure");
    let spend_cap =
        |field, value| effect(json!({"spend_cap": {"amount": 1, "window": {"day": {}}}}), &[(field, value)]);
    check("/benefits/0", spend_cap("slot", json!("extras")), "/benefits/0/slot");
    check("/benefits/0", spend_cap("rounding", json!({})), "/benefits/0/rounding");
    check("/benefits/0", spend_cap("max_discount", json!({"per_line": 1})), "/benefits/0/max_discount");
    check("/benefits/0", spend_cap("limits", discount), "/benefits/0/limits");
    check("/benefits/0", spend_cap("only_untouched", json!(true)), "/benefits/0/only_untouched");
    check("/benefits/0", spend_cap("at_least", json!({"amount": 1})), "/benefits/0/at_least");
    check("/benefits/0", spend_cap("covers", json!({"companions": 1})), "/benefits/0/covers/companions");
    check("/benefits/0", spend_cap("covers", json!({"holder": false, "companions": 1})), "/benefits/0/covers/holder");
}

#[test]
fn a_slot_bounds_a_rate_of_what_is_no_price_cap() {
    let mut bounded = with("/slots/1/max_discount", json!({"rate": 5000}));
    assert!(Catalogue::from_value(&bounded).is_ok());
    bounded["benefits"][0] = effect(json!({"price_cap": {"amount": 1}}), &[("slot", json!("extras"))]);
    let faults = refused(&bounded);
    assert_eq!(faults.list[0].pointer, "/benefits/0/slot");
    check("/slots/1/max_discount", json!({}), "/slots/1/max_discount/rate");
    check("/slots/1/max_discount", json!({"rate": 10_001}), "/slots/1/max_discount/rate");
    check("/slots/1/max_discount", json!({"per_line": 1}), "/slots/1/max_discount/per_line");
}

#[test]
fn what_holds_a_benefit_back_is_read_strictly() {
    check("/benefits/0/min_price", json!(-1), "/benefits/0/min_price");
    check("/benefits/0/pick", json!({}), "/benefits/0/pick");
    check("/benefits/0/pick", json!({"skip": 0}), "/benefits/0/pick");
    check("/benefits/0/pick", json!({"every": 2, "skip": 2}), "/benefits/0/pick/every");
    check("/benefits/0/pick", json!({"every": 2, "take": 0}), "/benefits/0/pick/take");
    check("/benefits/0/pick", json!({"every": 0}), "/benefits/0/pick/every");
    check("/benefits/0/only_untouched", json!(1), "/benefits/0/only_untouched");
    check("/benefits/0/at_least", json!({"lines": "all"}), "/benefits/0/at_least/amount");
    check("/benefits/0/at_least", json!({"amount": 1, "lines": "some"}), "/benefits/0/at_least/lines");
    check("/benefits/0/when", json!({"basket_quantity": {"lines": "all"}}), "/benefits/0/when/basket_quantity");
    check(
        "/benefits/0/when",
        json!({"basket_total": {"min": 1, "lines": "mine"}}),
        "/benefits/0/when/basket_total/lines",
    );
}

#[test]
fn rates_and_amounts_have_bounds() {
    for bad in [json!(10_001), json!(-1), json!(0.5), json!("1"), json!(1e300), json!(u64::MAX)] {
        check("/benefits/0/effect/percent/rate", bad, "/benefits/0/effect/percent/rate");
    }
    for bad in [json!(-1), json!(1_000_000_000_001_i64), json!(i64::MIN), json!(1e30)] {
        check("/benefits/0/effect", json!({"fixed_price": {"amount": bad}}), "/benefits/0/effect/fixed_price/amount");
    }
    check("/benefits/0/priority", json!(10_000), "/benefits/0/priority");
    check("/benefits/0/version", json!(0), "/benefits/0/version");
    check("/benefits/0/rounding", json!({"increment": 0}), "/benefits/0/rounding/increment");
    check("/benefits/0/name/lv", json!("x".repeat(201)), "/benefits/0/name/lv");
    check("/benefits/0/name/lv", json!("x".repeat(1_000_000)), "/benefits/0/name/lv");
}

#[test]
fn funding_must_sum_to_the_whole() {
    let shares = |rates: &[i64]| -> Value {
        rates.iter().enumerate().map(|(place, rate)| json!({"payer": format!("p{place}"), "rate": rate})).collect()
    };
    for bad in [&[9_999][..], &[5_000, 5_001], &[]] {
        check("/benefits/0/funding", shares(bad), "/benefits/0/funding");
    }
    check("/benefits/0/funding", shares(&[10_001, -1]), "/benefits/0/funding/0/rate");
    let twice = json!([{"payer": "state", "rate": 5000}, {"payer": "state", "rate": 5000}]);
    check("/benefits/0/funding", twice, "/benefits/0/funding/1/payer");
}

#[test]
fn names_are_unique() {
    let again = |list: &str| catalogue()[list][0].clone();
    check("/groups/1", again("groups"), "/groups/1/code");
    check("/calendars/1", again("calendars"), "/calendars/1/name");
    check("/providers/1", again("providers"), "/providers/1/code");
    check("/slots/2", again("slots"), "/slots/2/name");
    check("/benefits/1", again("benefits"), "/benefits/1/version");
}

#[test]
fn unknown_and_missing_fields_are_named() {
    check("/benefits/0/prority", json!(1), "/benefits/0/prority");
    check("/benefits/0/effect/percent/of", json!(1), "/benefits/0/effect/percent/of");
    check("/benefits/0/effect", json!({"discount": {}}), "/benefits/0/effect/discount");
    check("/benefits/0/effect", json!({"percent": {"rate": 1}, "price_cap": {"amount": 1}}), "/benefits/0/effect");
    check("/benefits/0/code", Value::Null, "/benefits/0/code");
    check("/currency", json!("euro"), "/currency");
    check("/cases/0/expect", json!([{}]), "/cases/0/expect");
}

#[test]
fn a_condition_is_bounded_in_depth_and_leaves() {
    let leaf = json!({"channel": {"in": ["desk"]}});
    let deep = |depth: usize| (1..depth).fold(leaf.clone(), |inner, _| json!({"not": inner}));
    let wide = |leaves: usize| json!({"any": vec![leaf.clone(); leaves]});
    assert!(Catalogue::from_value(&with("/benefits/0/when", deep(CONDITION_DEPTH_MAX))).is_ok());
    assert!(Catalogue::from_value(&with("/benefits/0/when", wide(CONDITION_LEAVES_MAX))).is_ok());
    let too_deep = refused(&with("/benefits/0/when", deep(CONDITION_DEPTH_MAX + 1)));
    assert!(too_deep.list[0].pointer.starts_with("/benefits/0/when/not/not"), "{too_deep}");
    check("/benefits/0/when", wide(CONDITION_LEAVES_MAX + 1), "/benefits/0/when");
    check("/benefits/0/when", wide(100_000), "/benefits/0/when");
    let text = format!("{{\"when\":{}1{}", "{\"not\":".repeat(10_000), "}".repeat(10_001));
    assert!(Catalogue::parse(text.as_bytes()).is_err(), "ten thousand levels end in an error, not in a full stack");
}

#[test]
fn every_fault_is_reported_at_once_and_their_number_is_bounded() {
    let mut catalogue = with("/benefits/0/priority", json!(-1));
    catalogue["benefits"][0]["effect"]["percent"]["rate"] = json!(20_000);
    catalogue["benefits"][0]["when"]["all"][0]["member_of"]["groups"] = json!([]);
    catalogue["slots"][0]["policy"] = json!("worst");
    let faults = refused(&catalogue);
    let pointers: Vec<&str> = faults.list.iter().map(|fault| fault.pointer.as_str()).collect();
    for expected in [
        "/slots/0/policy",
        "/benefits/0/priority",
        "/benefits/0/effect/percent/rate",
        "/benefits/0/when/all/0/member_of/groups",
    ] {
        assert!(pointers.contains(&expected), "{pointers:?}");
    }
    let many = refused(&with("/groups", json!(vec![json!({}); FAULTS_MAX])));
    assert_eq!(many.list.len(), FAULTS_MAX);
    assert!(many.unlisted >= FAULTS_MAX, "each has two missing fields");
    assert!(many.to_string().ends_with(&format!("and {} more", many.unlisted)));
}

#[test]
fn a_fault_does_not_hide_those_of_other_benefits() {
    let mut catalogue = with("/benefits/0/priority", json!(-1));
    let mut second = catalogue["benefits"][0].clone();
    second["version"] = json!(2);
    second["priority"] = json!(1);
    second["slot"] = json!("other");
    catalogue["benefits"].as_array_mut().unwrap().push(second);
    let pointers: Vec<String> = refused(&catalogue).list.into_iter().map(|fault| fault.pointer).collect();
    assert!(pointers.contains(&"/benefits/0/priority".to_owned()) && pointers.contains(&"/benefits/1/slot".to_owned()));
}

#[test]
fn a_fault_in_one_field_hides_none_in_another() {
    let mut bad = catalogue();
    bad["benefits"][0] = json!({
        "code": "half", "version": 1, "grantor": "state", "name": {"lv": "n", "en": "n"}, "priority": "x",
        "time_zone": "Nowhere", "valid": {"from": "2030-01-01", "until": "2020-01-01"}, "slot": "nowhere",
        "scope": {"providers": {"codes": ["tram"]}}, "base": "gross", "when": {"member_of": {"groups": ["nobody"]}},
        "effect": {"spend_cap": {"amount": 1, "window": {"day": {}}}},
        "limits": [{"scope": "benefit", "measure": "uses", "window": {"day": {}}, "max": -1, "carry_over": {"until": "10-31"}}],
    });
    bad["benefits"].as_array_mut().unwrap().push(catalogue()["benefits"][0].clone());
    let faults = refused(&bad);
    let pointers: Vec<&str> = faults.list.iter().map(|fault| fault.pointer.as_str()).collect();
    for field in [
        "priority",
        "time_zone",
        "valid/from",
        "slot",
        "scope/providers/codes/0",
        "base",
        "when/member_of/groups/0",
        "limits",
        "limits/0/max",
        "limits/0/carry_over",
    ] {
        assert!(pointers.contains(&format!("/benefits/0/{field}").as_str()), "{field} in {pointers:?}");
    }
    assert!(pointers.contains(&"/benefits/1/version"), "{pointers:?}");
}
