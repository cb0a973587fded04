//! A merchant's programme spread out: what a rule gives is a word with a number beside it, as are windows and the day to whose end points
//! are kept.

use serde_json::{Value, json};

use super::{Content, gather_window, name_in_window, objects, spread_window};

/// What a rule may give.
const GIVES: [&str; 4] = ["money", "unit", "bonus", "fixed"];
/// The word for a day of every year to which points are kept.
const DAY: &str = "day";

/// A programme spread out.
pub(in crate::pages) fn spread(content: &Content) -> Content {
    let mut spread = content.clone();
    each_window(&mut spread, spread_window);
    objects(&mut spread, "earn.rules").into_iter().for_each(spread_gives);
    objects(&mut spread, "expiry").into_iter().for_each(spread_day);
    spread
}

/// The programme that was spread out.
pub(in crate::pages) fn gathered(mut spread: Content) -> Content {
    each_window(&mut spread, gather_window);
    objects(&mut spread, "earn.rules").into_iter().for_each(gather_gives);
    objects(&mut spread, "expiry").into_iter().for_each(gather_day);
    // Where nothing is said of it, a programme is everywhere.
    if spread.get("scope").and_then(Value::as_object).is_some_and(Content::is_empty) {
        spread.remove("scope");
    }
    spread
}

fn each_window(fields: &mut Content, change: fn(&mut Content)) {
    for name in ["earn.limits", "redeem.limits", "tiers"] {
        objects(fields, name).into_iter().for_each(change);
    }
    for rule in objects(fields, "earn.rules") {
        rule.get_mut("uses").and_then(Value::as_object_mut).map(change);
    }
}

fn spread_gives(rule: &mut Content) {
    let given: Vec<&str> = GIVES.into_iter().filter(|gives| rule.contains_key(*gives)).collect();
    let [gives] = given.as_slice() else { return };
    if let Some(number) = rule.remove(*gives) {
        rule.insert("gives".to_owned(), json!(gives));
        rule.insert("number".to_owned(), number);
    }
}

fn gather_gives(rule: &mut Content) {
    if let (Some(Value::String(gives)), number) = (rule.remove("gives"), rule.remove("number")) {
        rule.extend(number.map(|number| (gives, number)));
    }
}

fn spread_day(expiry: &mut Content) {
    let is_day = expiry.get("round_up").and_then(Value::as_str).is_some_and(|end| end.contains('-'));
    if let Some(day) = expiry.get_mut("round_up").filter(|_| is_day) {
        let day = std::mem::replace(day, json!(DAY));
        expiry.insert("round_up_day".to_owned(), day);
    }
}

fn gather_day(expiry: &mut Content) {
    let day = expiry.remove("round_up_day");
    if let (Some(end), Some(day)) = (expiry.get_mut("round_up").filter(|end| *end == DAY), day) {
        *end = day;
    }
}

/// The name of what a pointer into a programme leads to, such as `/earn/rules/0/money`.
pub(in crate::pages) fn name_of(pointer: &str) -> String {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    match parts.as_slice() {
        ["earn", "rules", row] => format!("earn.rules.{row}.gives"),
        ["earn", "rules", row, gives] if GIVES.contains(gives) => format!("earn.rules.{row}.number"),
        ["earn", "rules", row, "uses", "window", rest @ ..] => name_in_window(&format!("earn.rules.{row}.uses."), rest),
        [part @ ("earn" | "redeem"), "limits", row, "window", rest @ ..] => {
            name_in_window(&format!("{part}.limits.{row}."), rest)
        }
        ["tiers", "window", rest @ ..] => name_in_window("tiers.", rest),
        parts => parts.join("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spread_is_gathered_as_it_was() {
        for content in [
            json!({"earn": {"per": 100, "rules": [{"code": "base", "money": 5}, {"code": "odd", "money": 1, "unit": 2}, 7]}}),
            json!({"earn": {"rules": [{"code": "a", "bonus": 2_000, "uses": {"window": {"rolling": {"days": 9}}, "max": 1}}]}}),
            json!({"earn": {"limits": [{"window": {"month": {}}, "max": 5}, {"window": {"odd": {"x": 1}}}]}}),
            json!({"redeem": {"limits": [{"scope": "holder", "window": {"day": {}}, "max": 5}]}, "expiry": "never"}),
            json!({"expiry": {"months": 12, "round_up": "month"}, "tiers": {"window": {"rolling": {"days": 365}}}}),
            json!({"expiry": {"days": 12, "round_up": "12-31"}}),
            json!({}),
        ] {
            let fields = content.as_object().unwrap();
            assert_eq!(&gathered(spread(fields)), fields);
        }
        let spread = spread(json!({"expiry": {"round_up": "12-31"}}).as_object().unwrap());
        assert_eq!(spread["expiry"], json!({"round_up": "day", "round_up_day": "12-31"}));
    }
}
