//! Conditions in three values: `None` is unknown (section 4.1).

use jiff::civil::{Date, Time};
use serde_json::Value;

use super::{Case, candidates, facts, lines, loyalty, time};

/// Where a condition is read: for a benefit, on a line of the request.
pub(crate) struct Place<'a> {
    pub(crate) case: &'a Case<'a>,
    pub(crate) benefit: &'a Value,
    pub(crate) line: &'a Value,
}

// 4.1: a leaf is true, false or unknown
pub(crate) fn truth(place: &Place, condition: &Value) -> Option<bool> {
    let rule = &condition[facts::kind(condition)];
    match facts::kind(condition) {
        "all" => all(&truths(place, rule)),
        "any" => any(&truths(place, rule)),
        // "`not` of unknown is unknown"
        "not" => truth(place, rule).map(|truth| !truth),
        leaf => leaf_truth(place, leaf, rule),
    }
}

fn truths(place: &Place, parts: &Value) -> Vec<Option<bool>> {
    facts::list(parts).iter().map(|part| truth(place, part)).collect()
}

// "`all` is false if any is false, else unknown if any is unknown"
fn all(parts: &[Option<bool>]) -> Option<bool> {
    if parts.contains(&Some(false)) {
        Some(false)
    } else if parts.contains(&None) {
        None
    } else {
        Some(true)
    }
}

// "`any` is true if any is true, else unknown if any is unknown"
fn any(parts: &[Option<bool>]) -> Option<bool> {
    if parts.contains(&Some(true)) {
        Some(true)
    } else if parts.contains(&None) {
        None
    } else {
        Some(false)
    }
}

fn leaf_truth(place: &Place, leaf: &str, rule: &Value) -> Option<bool> {
    let Place { case, benefit, line } = place;
    match leaf {
        "member_of" => Some(facts::is_member(benefit, case.holder?, &rule["groups"], case.at)),
        "age" => Some(is_within(rule, age(place, case.holder?, rule)?)),
        "resident_in" => Some(is_resident(place, case.holder?, rule)),
        "attribute" => attribute(place, case.holder?, rule),
        "identifier" => case.holder.map(|_| case.schemes.iter().any(|scheme| has(&rule["schemes"], scheme))),
        // In words of this house: "no identifier of the request is another person's".
        "no_mismatch" => case.holder.map(|_| !case.identifier_reasons.contains(&"identifier_mismatch")),
        "channel" => Some(has(&rule["in"], case.request["channel"].as_str()?)),
        "context" => fact(&case.request["context"], rule),
        "line" => fact(&line["context"], rule),
        "weekday" => {
            let weekday = i64::from(service_date(place).weekday().to_monday_one_offset());
            Some(facts::list(&rule["in"]).iter().any(|day| day.as_i64() == Some(weekday)))
        }
        "time_of_day" => Some(is_time_of_day(place, rule)),
        "dates" => Some(is_between_dates(service_date(place), rule)),
        "calendar" => Some(is_in_calendar(place, &rule["name"]) == rule["is"].as_bool().unwrap_or(true)),
        "basket_total" => Some(is_within(rule, counted_lines(place, rule).map(lines::gross).sum())),
        "basket_quantity" => {
            // "Such a line is … one piece for `basket_quantity`"
            let pieces = |line| if lines::is_one_piece(line) { 1 } else { facts::number(&line["quantity"]) };
            Some(is_within(rule, counted_lines(place, rule).map(pieces).sum()))
        }
        "quantity" => Some(is_within(rule, facts::number(&line["quantity"]))),
        "tier" | "member" => loyalty::has_level(place, &rule["program"], &rule["at_least"]),
        "coupon" => Some(loyalty::good_coupon(case, &rule["campaign"]).is_some()),
        "birthday" => loyalty::birthday(place, rule["in"] == "month"),
        other => panic!("leaf {other}"),
    }
}

fn has(texts: &Value, text: &str) -> bool {
    facts::list(texts).iter().any(|listed| listed == text)
}

// 1: "Weekdays (1 = Monday), `dates`, calendars and all windows read the service date"
fn service_date(place: &Place) -> Date {
    time::service_date(place.benefit, place.case.at)
}

// "Bounds are inclusive where not said otherwise."
fn is_within(rule: &Value, value: i128) -> bool {
    rule["min"].as_i64().is_none_or(|min| i128::from(min) <= value)
        && rule["max"].as_i64().is_none_or(|max| value <= i128::from(max))
}

// "completed years; who was born on 29 February completes one on 1 March in a common year"
fn age(place: &Place, holder: &Value, rule: &Value) -> Option<i128> {
    let birth: Date = holder["birth_date"].as_str()?.parse().unwrap();
    let at = time::as_of(place.benefit, rule, place.case.at);
    let today = time::local_date(at, &time::zone(place.benefit));
    let had_birthday = (today.month(), today.day()) >= (birth.month(), birth.day());
    let years = i128::from(today.year()) - i128::from(birth.year());
    Some(if had_birthday { years } else { years - 1 })
}

fn is_resident(place: &Place, holder: &Value, rule: &Value) -> bool {
    let at = time::as_of(place.benefit, rule, place.case.at);
    facts::list(&holder["residences"]).iter().any(|residence| {
        time::in_force(residence, &time::zone(place.benefit), at)
            && facts::list(&rule["territories"]).iter().any(|path| facts::path_covers(path, &residence["territory"]))
    })
}

// "unknown when there is … no such attribute in force"; "Of several values in force, any."
fn attribute(place: &Place, holder: &Value, rule: &Value) -> Option<bool> {
    let zone = time::zone(place.benefit);
    let mut in_force = facts::list(&holder["attributes"])
        .iter()
        .filter(|attribute| attribute["name"] == rule["name"] && time::in_force(attribute, &zone, place.case.at))
        .peekable();
    in_force.peek()?;
    Some(in_force.any(|attribute| compares(&attribute["value"], rule)))
}

// "unknown when there is … no such fact … in the request"
fn fact(context: &Value, rule: &Value) -> Option<bool> {
    let value = &context[rule["name"].as_str().unwrap()];
    if value.is_null() { None } else { Some(compares(value, rule)) }
}

// "Values of different types are unequal and unordered; text is ordered by code point; true and false are unordered."
fn compares(value: &Value, rule: &Value) -> bool {
    let wanted = &rule["value"];
    let ordering = match (value, wanted) {
        (Value::Number(left), Value::Number(right)) => Some(left.as_i64().cmp(&right.as_i64())),
        (Value::String(left), Value::String(right)) => Some(left.chars().cmp(right.chars())),
        _ => None,
    };
    match rule["op"].as_str().unwrap() {
        "eq" => value == wanted,
        "ne" => value != wanted,
        "lt" => ordering.is_some_and(|ordering| ordering.is_lt()),
        "le" => ordering.is_some_and(|ordering| ordering.is_le()),
        "gt" => ordering.is_some_and(|ordering| ordering.is_gt()),
        "ge" => ordering.is_some_and(|ordering| ordering.is_ge()),
        "in" => facts::list(wanted).contains(value),
        other => panic!("op {other}"),
    }
}

// "half-open, may wrap midnight"
fn is_time_of_day(place: &Place, rule: &Value) -> bool {
    let time = time::local_time(place.case.at, &time::zone(place.benefit));
    let from: Time = rule["from"].as_str().unwrap().parse().unwrap();
    let until: Time = rule["until"].as_str().unwrap().parse().unwrap();
    if from < until { from <= time && time < until } else { from <= time || time < until }
}

// "yearly, inclusive, may wrap the year"
fn is_between_dates(date: Date, rule: &Value) -> bool {
    let date = time::month_and_day(date);
    let (from, until) = (rule["from"].as_str().unwrap(), rule["until"].as_str().unwrap());
    let (date, from, until) = (date.as_str(), from, until);
    if from <= until { from <= date && date <= until } else { from <= date || date <= until }
}

fn is_in_calendar(place: &Place, name: &Value) -> bool {
    let date = service_date(place).to_string();
    let mut calendars = facts::list(&place.case.catalogue["calendars"]).iter();
    calendars
        .any(|calendar| calendar["name"] == *name && facts::list(&calendar["dates"]).iter().any(|day| day == &date))
}

// "lines: all (default) | in_scope"
fn counted_lines<'a>(place: &'a Place, rule: &Value) -> impl Iterator<Item = &'a Value> {
    let in_scope = rule["lines"] == "in_scope";
    let lines = facts::list(&place.case.request["lines"]).iter();
    lines.filter(move |line| !in_scope || candidates::covers_product(place.benefit, line))
}
