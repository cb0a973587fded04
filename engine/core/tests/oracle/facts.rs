//! Reading the documents: lists, paths, and what is in force of a holder (section 2).

use jiff::Timestamp;
use serde_json::Value;

use super::time;

/// The entries of a list; absent and null are none.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], |entries| entries.as_slice())
}

pub(crate) fn number(value: &Value) -> i128 {
    i128::from(value.as_i64().unwrap())
}

pub(crate) fn code(benefit: &Value) -> &str {
    benefit["code"].as_str().unwrap()
}

pub(crate) fn by_priority_and_code(benefit: &Value) -> (i64, &str) {
    (benefit["priority"].as_i64().unwrap_or(0), code(benefit))
}

/// The name of the one field of a condition, an effect or a window.
pub(crate) fn kind(value: &Value) -> &str {
    value.as_object().unwrap().keys().next().unwrap()
}

pub(crate) fn is_spend_cap(benefit: &Value) -> bool {
    kind(&benefit["effect"]) == "spend_cap"
}

// 3: "A *basket effect* (amount_off per basket)"
pub(crate) fn is_basket_effect(benefit: &Value) -> bool {
    benefit["effect"]["amount_off"]["per"] == "basket"
}

// 2: "a rule on a path covers it and all below it"
pub(crate) fn path_covers(rule: &Value, path: &Value) -> bool {
    let (rule, path) = (rule.as_str().unwrap(), path.as_str().unwrap());
    path == rule || path.starts_with(&format!("{rule}."))
}

/// Is the holder a member of one of the groups at that instant? The ends are read in the benefit's zone.
pub(crate) fn is_member(benefit: &Value, holder: &Value, groups: &Value, at: Timestamp) -> bool {
    list(&holder["entitlements"]).iter().any(|entitlement| {
        list(groups).contains(&entitlement["group"]) && time::in_force(entitlement, &time::zone(benefit), at)
    })
}
