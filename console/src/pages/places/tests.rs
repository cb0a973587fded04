use super::*;
use crate::reading::items_of;

#[test]
fn every_benefit_of_the_demo_is_written_back_as_it_was_in_every_place() {
    let demo: Value = serde_json::from_str(include_str!("../../../../demo/catalogue.json")).unwrap();
    let benefits = items_of(&demo, "benefits");
    assert!(benefits.len() > 50);
    let others = [("programs", &PROGRAMME), ("campaigns", &CAMPAIGN)];
    let others = others.iter().flat_map(|(list, of)| items_of(&demo, list).iter().map(move |one| (*of, one)));
    for (subject, one) in benefits.iter().map(|benefit| (&BENEFIT, benefit)).chain(others) {
        for place in subject.places {
            assert!(subject.has_room(place, one.as_object().unwrap()), "{} of {:?}", place.name, one["code"]);
        }
    }
}

/// Pointers of all that a schema has room for beneath a pointer.
fn pointers(schema: &Value, at: &str, all: &mut Vec<String>) {
    let fields = schema.get("properties").and_then(Value::as_object);
    for (name, field) in fields.into_iter().flatten() {
        pointers(field, &format!("{at}/{name}"), all);
    }
    for choice in ["oneOf", "anyOf"].iter().flat_map(|name| items_of(schema, name)) {
        pointers(choice, at, all);
    }
    if let Some(item) = schema.get("items") {
        pointers(item, &format!("{at}/0"), all);
    }
    all.push(at.to_owned());
}

#[test]
fn every_field_has_its_own_in_a_place() {
    let schema: Value = serde_json::from_str(include_str!("../../../../schema/catalogue.schema.json")).unwrap();
    // What is not of a draft: whose it is, its number, and in which times it is stopped.
    let others = ["/code", "/version", "/grantor", "/owner", "/suspensions"];
    for (list, subject, count) in
        [("benefits", &BENEFIT, 60), ("programs", &PROGRAMME, 60), ("campaigns", &CAMPAIGN, 5)]
    {
        let mut all = Vec::new();
        pointers(schema.pointer(&format!("/properties/{list}/items")).unwrap(), "", &mut all);
        assert!(all.len() > count, "{all:?}");
        let own = |pointer: &&String| !pointer.is_empty() && !others.iter().any(|other| pointer.starts_with(other));
        for pointer in all.iter().filter(own) {
            let name = (subject.name_of)(pointer);
            let (place, id) = subject.spot(&format!("/content{pointer}")).unwrap_or_else(|| panic!("{pointer}"));
            let is_asked = pointer.ends_with("/when") && id.starts_with("n-");
            let field = id.strip_prefix(&format!("set:{place}-")).unwrap_or_default();
            assert!(
                is_asked || field.starts_with(&name) || name.starts_with(field) && !field.is_empty(),
                "{pointer}: {id}"
            );
        }
    }
}

#[test]
fn a_fault_of_a_programme_leads_to_its_field() {
    for (pointer, id) in [
        ("/content/earn/rules/2/money", "set:earn-earn.rules.2.number"),
        ("/content/earn/rules/2", "set:earn-earn.rules.2.gives"),
        ("/content/earn/rules/2/uses/window/fortnight", "set:earn-earn.rules.2.uses.window"),
        ("/content/earn/rules/2/when/all/0/coupon/campaign", "n-r2.0-campaign"),
        ("/content/earn/limits/1/window/rolling/days", "set:earn-most-earn.limits.1.length"),
        ("/content/redeem/when", "n-p"),
        ("/content/redeem/min", "set:redeem-redeem.min"),
        ("/content/tiers/levels/1/min", "set:levels-tiers.levels.1.min"),
        ("/content/tiers/levels", "set:levels-tiers.levels.0.code"),
        ("/content/expiry", "set:expiry-expiry.months"),
        ("/content/scope/providers", "set:at-scope.providers.all"),
    ] {
        assert_eq!(PROGRAMME.id(pointer).as_deref(), Some(id), "{pointer}");
    }
}

#[test]
fn what_no_field_has_room_for_is_told() {
    for (place, content) in [
        ("gets", serde_json::json!({"effect": "half"})),
        ("gets", serde_json::json!({"effect": {"percent": 5, "more": 2}})),
        ("gets", serde_json::json!({"effect": {"percent": {"rate": 1, "per": "unit"}}})),
        ("limits", serde_json::json!({"limits": [{"max": 1, "window": {"month": {"x": 1}}}]})),
        ("slot", serde_json::json!({"slot": 5})),
    ] {
        assert!(!BENEFIT.has_room(BENEFIT.find(place).unwrap(), content.as_object().unwrap()), "{content}");
    }
}

#[test]
fn a_fault_leads_to_its_field() {
    for (pointer, id) in [
        ("/content/effect/percent/rate", Some("set:gets-effect.number")),
        ("/content/effect", Some("set:gets-effect.kind")),
        ("/content/effect/spend_cap/window/rolling/days", Some("set:gets-effect.length")),
        ("/content/scope/providers/codes/0", Some("set:at-scope.providers.codes")),
        ("/content/scope/providers", Some("set:at-scope.providers.all")),
        ("/content/scope/products/0", Some("set:on-scope.products")),
        ("/content/rounding", Some("set:rounding-rounding.on")),
        ("/content/rounding/odd", Some("set:rounding-rounding.on")),
        ("/content/limits/2/window/fortnight", Some("set:limits-limits.2.window")),
        ("/content/limits/2/carry_over", Some("set:limits-limits.2.carry_over.until")),
        ("/content/funding", Some("set:paid-by-funding.0.payer")),
        ("/content/costs/points", Some("set:points-costs.points")),
        ("/content/when", Some("n-0")),
        ("/content/when/all/1/any/0/age/max", Some("n-0.1.0-max")),
        ("/content/when/all/1/any/0/age", Some("n-0.1.0")),
        ("/content/when/not/channel/in", Some("n-0.0-in")),
        ("/content/nothing", None),
        ("/cases/0", None),
    ] {
        assert_eq!(BENEFIT.id(pointer).as_deref(), id, "{pointer}");
    }
}
