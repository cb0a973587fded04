//! What is refused of programmes, campaigns, coupons, memberships and requests, each with its path.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use avis_core::loyalty::LoyaltyRequest;
use avis_core::{Catalogue, WrittenHolder};
use serde_json::{Value, json};

fn catalogue() -> Value {
    json!({
        "currency": "EUR", "providers": [{"code": "p1", "tags": ["shop"]}], "slots": [{"name": "s", "priority": 1}],
        "programs": [{
            "code": "p", "version": 1, "owner": "shop", "scope": {"providers": {"codes": ["p1"]}},
            "earn": {"per": 100, "rules": [{"code": "base", "money": 1},
                                           {"code": "gold", "bonus": 1, "when": {"tier": {"program": "p", "at_least": "gold"}}}]},
            "pending": {"days": 14}, "expiry": {"months": 12},
            "redeem": {"points": 100, "amount": 100, "min": 150, "step": 50},
            "tiers": {"measure": "spend", "window": {"year": {}}, "levels": [{"code": "gold", "min": 100_000}]},
        }],
        "campaigns": [{"code": "spring", "owner": "shop", "uses": 1}, {"code": "other", "owner": "another"}],
        "coupons": [{"campaign": "spring", "code": "AB12-CD"}],
        "benefits": [{
            "code": "b", "version": 1, "grantor": "shop", "name": {"lv": "n", "en": "n"}, "priority": 1,
            "scope": {"providers": {"all": true}}, "effect": {"percent": {"rate": 100}},
            "costs": {"program": "p", "points": 5}, "choose": {"order": "cheapest"},
        }],
    })
}

/// The faults of the catalogue with one place of it changed.
fn faults(pointer: &str, value: &Value) -> Vec<String> {
    let mut catalogue = catalogue();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    match catalogue.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}")) {
        Value::Array(entries) => entries.push(value.clone()),
        parent => parent[field] = value.clone(),
    }
    let read = Catalogue::from_value(&catalogue).err();
    read.map_or_else(Vec::new, |faults| {
        faults.list.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect()
    })
}

#[test]
fn the_catalogue_itself_is_read() {
    assert_eq!(Catalogue::from_value(&catalogue()).err(), None);
}

#[test]
fn a_programme_is_read_strictly() {
    let programme = "/programs/0";
    for (place, value, at, because) in [
        ("/earn/rules/-", json!({"code": "base", "money": 1}), "/earn/rules/2/code", "no entry before"),
        ("/earn/rules/-", json!({"code": "x"}), "/earn/rules/2", "exactly one of `money`"),
        ("/earn/rules/-", json!({"code": "x", "money": 1, "fixed": 2}), "/earn/rules/2", "exactly one of `money`"),
        ("/earn/rules/-", json!({"code": "x", "money": 1_000_001}), "/earn/rules/2/money", "from 1 to 1000000"),
        ("/earn/per", json!(0), "/earn/per", "from 1 to 1000000"),
        (
            "/earn/limits",
            json!([{"scope": "household", "window": {"day": {}}, "max": 1}]),
            "/earn/limits/0/scope",
            "`account`",
        ),
        ("/earn/limits", json!(vec![json!({"window": {"day": {}}, "max": 1}); 17]), "/earn/limits", "at most 16"),
        ("/earn/rounding", json!({"mode": "nearest"}), "/earn/rounding/mode", "`half_up`"),
        ("/pending", json!({"dates": ["02-29"]}), "/pending/dates/0", "every year"),
        ("/pending", json!({"dates": vec!["01-01"; 13]}), "/pending/dates", "at most 12"),
        ("/pending", json!({"days": 1, "dates": ["01-01"]}), "/pending", "exactly one of"),
        ("/expiry", json!({"months": 1, "days": 1}), "/expiry", "either `months` or `days`"),
        ("/expiry", json!({"slides": true}), "/expiry", "either `months` or `days`"),
        ("/expiry", json!({"months": 241}), "/expiry/months", "from 0 to 240"),
        ("/expiry", json!({"days": 3661}), "/expiry/days", "from 0 to 3660"),
        ("/expiry", json!({"days": 1, "round_up": "02-29"}), "/expiry/round_up", "every year"),
        ("/redeem/min", json!(120), "/redeem/min", "multiple of `step`"),
        ("/redeem/points", json!(1_000_000_001), "/redeem/points", "to 1000000000"),
        ("/redeem/when", json!({"coupon": {"campaign": "spring"}}), "/redeem/when/coupon", "no coupon"),
        ("/tiers/levels", json!([]), "/tiers/levels", "at least one"),
        (
            "/tiers/levels",
            json!([{"code": "gold", "min": 5}, {"code": "top", "min": 5}]),
            "/tiers/levels/1/min",
            "rise from above 0",
        ),
        ("/tiers/levels", json!([{"code": "gold", "min": 0}]), "/tiers/levels/0/min", "rise from above 0"),
        (
            "/tiers/levels",
            json!([{"code": "gold", "min": 1}, {"code": "gold", "min": 5}]),
            "/tiers/levels/1/code",
            "no entry before",
        ),
        ("/tiers/window", json!({"from_first": {"minutes": 5}}), "/tiers/window", ""),
        ("/returns", json!({"earned": "never"}), "/returns/earned", "`within_balance`"),
        ("/scope/providers", json!({"codes": ["p9"]}), "/scope/providers/codes/0", "unknown provider"),
        ("/valid", json!({"from": "2026-01-02", "until": "2026-01-01"}), "/valid/from", "before `until`"),
        ("/suspensions", json!([{"except_groups": []}]), "/suspensions/0/except_groups", "unknown field"),
        ("/colour", json!("blue"), "/colour", "unknown field"),
    ] {
        let found = faults(&format!("{programme}{place}"), &value);
        let expected = format!("{programme}{at}");
        assert!(
            found.iter().any(|fault| fault.starts_with(&expected) && fault.contains(because)),
            "{place}: {found:?}"
        );
    }
}

#[test]
fn what_goes_with_periods_alone_is_refused_without_them() {
    for (window, field, value) in [
        (json!({"rolling": {"days": 30}}), "upgrade", json!("next_period")),
        (json!({"lifetime": {}}), "downgrade", json!("one_step")),
        (json!({"lifetime": {}}), "grace_days", json!(1)),
    ] {
        let tiers =
            json!({"measure": "points", "window": window, "levels": [{"code": "gold", "min": 1}], field: value});
        let found = faults("/programs/0/tiers", &tiers);
        assert!(found.iter().any(|fault| fault.starts_with(&format!("/programs/0/tiers/{field}: "))), "{found:?}");
    }
}

#[test]
fn what_a_benefit_names_must_be_there_and_of_its_owner() {
    for (place, value, at, because) in [
        ("/benefits/0/grantor", json!("another"), "/benefits/0/costs/program", "another owner"),
        ("/benefits/0/costs", json!({"program": "q", "points": 5}), "/benefits/0/costs/program", "unknown programme"),
        ("/benefits/0/when", json!({"tier": {"program": "q"}}), "/benefits/0/when/tier/program", "unknown programme"),
        (
            "/benefits/0/when",
            json!({"member": {"program": "q"}}),
            "/benefits/0/when/member/program",
            "unknown programme",
        ),
        (
            "/benefits/0/when",
            json!({"tier": {"program": "p", "at_least": "top"}}),
            "/benefits/0/when/tier/at_least",
            "unknown level",
        ),
        ("/benefits/0/slot", json!("s"), "/benefits/0/costs", "not possible beside `slot`"),
        (
            "/benefits/0/effect",
            json!({"spend_cap": {"amount": 1, "window": {"day": {}}}}),
            "/benefits/0/choose",
            "a spend cap",
        ),
        (
            "/benefits/0/effect",
            json!({"amount_off": {"amount": 1, "per": "basket"}}),
            "/benefits/0/costs/per",
            "expected `use`",
        ),
        (
            "/benefits/0/effect",
            json!({"amount_off": {"amount": 1, "per": "basket"}}),
            "/benefits/0/choose",
            "no units to choose",
        ),
    ] {
        refuses(place, &value, at, because);
    }
}

#[test]
fn a_coupon_stands_once_under_all_alone() {
    let coupon = |campaign: &str| json!({"coupon": {"campaign": campaign}});
    for (place, value, at, because) in [
        ("/benefits/0/when", coupon("summer"), "/benefits/0/when/coupon/campaign", "unknown campaign"),
        ("/benefits/0/when", coupon("other"), "/benefits/0/when/coupon/campaign", "another owner"),
        (
            "/benefits/0/when",
            json!({"not": coupon("spring")}),
            "/benefits/0/when/not/coupon",
            "neither `any` nor `not`",
        ),
        (
            "/benefits/0/when",
            json!({"any": [coupon("spring")]}),
            "/benefits/0/when/any/0/coupon",
            "neither `any` nor `not`",
        ),
        (
            "/benefits/0/when",
            json!({"all": [coupon("spring"), coupon("spring")]}),
            "/benefits/0/when/all/1/coupon",
            "one coupon",
        ),
    ] {
        refuses(place, &value, at, because);
    }
}

#[test]
fn codes_stand_once_and_name_what_is_there() {
    let coupon = |campaign: &str| json!({"coupon": {"campaign": campaign}});
    for (place, value, at, because) in [
        (
            "/programs/0/earn/rules/-",
            json!({"code": "x", "money": 1, "when": coupon("other")}),
            "/programs/0/earn/rules/2/when/coupon/campaign",
            "another owner",
        ),
        (
            "/programs/0/earn/rules/-",
            json!({"code": "x", "money": 1, "when": {"member_of": {"groups": ["g"]}}}),
            "/programs/0/earn/rules/2/when/member_of/groups/0",
            "unknown group",
        ),
        ("/programs/-", json!({"code": "p", "version": 1, "owner": "shop"}), "/programs/1/version", "no other entry"),
        (
            "/programs/-",
            json!({"code": "p", "version": 2, "owner": "another"}),
            "/programs/1/owner",
            "owner of the other versions",
        ),
        ("/campaigns/-", json!({"code": "spring", "owner": "shop"}), "/campaigns/2/code", "no entry before"),
        ("/campaigns/-", held_out("p", "shop", 5_001), "/campaigns/2/hold_out/share", "from 1 to 5000"),
        ("/campaigns/-", held_out("p", "shop", 0), "/campaigns/2/hold_out/share", "from 1 to 5000"),
        ("/campaigns/-", held_out("q", "shop", 1_000), "/campaigns/2/hold_out/program", "unknown programme"),
        ("/campaigns/-", held_out("p", "another", 1_000), "/campaigns/2/hold_out/program", "another owner"),
        (
            "/campaigns/-",
            json!({"code": "x", "owner": "shop", "hold_out": {"program": "p", "share": 1_000}}),
            "/campaigns/2/valid/from",
            "when it begins",
        ),
        ("/coupons/-", json!({"campaign": "spring", "code": "ab 12cd"}), "/coupons/1/code", "no entry before"),
        ("/coupons/-", json!({"campaign": "summer", "code": "X"}), "/coupons/1/campaign", "unknown campaign"),
        ("/coupons/-", json!({"campaign": "spring", "code": " - "}), "/coupons/1/code", "more than blanks"),
    ] {
        refuses(place, &value, at, because);
    }
}

/// A campaign that holds out a share of the members of a programme.
fn held_out(program: &str, owner: &str, share: i64) -> Value {
    json!({"code": "x", "owner": owner, "valid": {"from": "2026-01-01"}, "hold_out": {"program": program, "share": share}})
}

/// Whether a changed place is refused at a place, and why.
fn refuses(place: &str, value: &Value, at: &str, because: &str) {
    let found = faults(place, value);
    assert!(
        found.iter().any(|fault| fault.starts_with(&format!("{at}: ")) && fault.contains(because)),
        "{place}: {found:?}"
    );
}

#[test]
fn nine_programmes_at_a_provider_at_once_are_one_too_many() {
    let with = |count: i64, valid: fn(i64) -> Value| {
        let mut catalogue = catalogue();
        let programme = |number: i64| {
            json!({"code": format!("q{number}"), "version": 1, "owner": "shop", "valid": valid(number),
                   "scope": {"providers": {"tags": ["shop"]}}})
        };
        catalogue["programs"].as_array_mut().unwrap().extend((1..count).map(programme));
        Catalogue::from_value(&catalogue).map_or_else(|faults| faults.list, |_| vec![])
    };
    assert_eq!(with(8, |_| json!({})), []);
    assert!(with(9, |_| json!({}))[0].detail.contains("at most 8 programmes"));
    let one_after_another = |number: i64| {
        let year = 2020 + number;
        json!({"from": format!("{year}-01-01"), "until": format!("{year}-12-31")})
    };
    assert_eq!(with(9, one_after_another), []);
}

#[test]
fn a_membership_needs_consent_and_its_own_time() {
    let faults = |memberships: Value| {
        let read = WrittenHolder::from_value(&json!({"holder": "h", "memberships": memberships}));
        read.err()
            .map_or_else(Vec::new, |faults| faults.list.iter().map(|fault| fault.pointer.clone()).collect::<Vec<_>>())
    };
    let member =
        |from: &str, until: Option<&str>| json!({"program": "p", "from": from, "until": until, "consent": "yes"});
    assert_eq!(
        faults(json!([member("2025-01-01", Some("2025-01-31")), member("2025-02-01", None)])),
        Vec::<String>::new()
    );
    assert_eq!(faults(json!([member("2025-01-01", None), member("2026-01-01", None)])), ["/memberships/1"]);
    assert_eq!(faults(json!([{"program": "p"}])), ["/memberships/0/consent"]);
}

#[test]
fn what_a_request_asks_is_bounded_and_said_once() {
    let request = |more: (&str, Value)| {
        let mut request = json!({
            "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "occurred_at": "2026-11-18T08:12:00Z", "currency": "EUR",
            "lines": [{"line_id": "1", "product": "a", "quantity": 1, "unit_price": 1}],
        });
        request[more.0] = more.1;
        LoyaltyRequest::from_value(&request).map_or_else(|faults| faults.list[0].pointer.clone(), |_| String::new())
    };
    let redeem = |entries: Value| request(("redeem", entries));
    assert_eq!(
        redeem(json!([{"program": "p", "points": 3}, {"program": "p", "reward": "b"}, {"program": "q", "max": true}])),
        ""
    );
    assert_eq!(redeem(json!([{"program": "p", "points": 3}, {"program": "p", "max": true}])), "/redeem/1");
    assert_eq!(redeem(json!([{"program": "p", "reward": "b"}, {"program": "p", "reward": "b"}])), "/redeem/1");
    assert_eq!(redeem(json!([{"program": "p", "max": false}])), "/redeem/0/max");
    assert_eq!(redeem(json!([{"program": "p", "points": 1, "max": true}])), "/redeem/0");
    assert_eq!(redeem(json!([{"program": "p", "points": 1, "units": 2}])), "/redeem/0/units");
    let many: Vec<Value> = (0..17).map(|number| json!({"program": format!("p{number}"), "max": true})).collect();
    assert_eq!(redeem(json!(many)), "/redeem");
    assert_eq!(request(("coupons", json!(vec!["A"; 9]))), "/coupons");
    assert_eq!(request(("coupons", json!(["A", "-"]))), "/coupons/1");
    let plain = avis_core::Request::parse(
        br#"{"request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "occurred_at": "2026-11-18T08:12:00Z", "currency": "EUR",
             "coupons": ["A"], "lines": [{"line_id": "1", "product": "a", "quantity": 1, "unit_price": 1}]}"#,
    );
    assert_eq!(plain.unwrap_err().list[0].pointer, "/coupons", "a terminal's request has none");
}
