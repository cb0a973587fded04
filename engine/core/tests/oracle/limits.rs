//! What the limits of a benefit have left (4.6).

use jiff::civil::Date;
use serde_json::Value;

use super::lines::{self, Line};
use super::usage::{self, Over, Record, Subject};
use super::{Case, facts, time};

// 4.6: "Limits belong to a subject (the holder; the household, or the holder if none; the provider; the benefit)";
// `None` is an unknown subject.
pub(crate) fn subject(case: &Case, limit: &Value) -> Option<Subject> {
    match limit["scope"].as_str().unwrap() {
        "holder" => holder(case),
        "household" => match case.holder?["household"].as_str() {
            Some(household) => Some(Subject::Household(household.to_owned())),
            None => holder(case),
        },
        "provider" => Some(Subject::Provider(case.provider.to_owned())),
        "benefit" => Some(Subject::Benefit),
        other => panic!("limit scope {other}"),
    }
}

pub(crate) fn holder(case: &Case) -> Option<Subject> {
    Some(Subject::Holder(case.holder?["holder"].as_str().unwrap().to_owned()))
}

/// The limits with `on_exhausted: decline` of a measure.
fn declining<'a>(benefit: &'a Value, measure: &str) -> impl Iterator<Item = &'a Value> {
    facts::list(&benefit["limits"]).iter().filter(move |limit| limit["measure"] == measure && !is_unfunded(limit))
}

fn is_unfunded(limit: &Value) -> bool {
    limit["on_exhausted"] == "unfunded"
}

// 4: "A benefit is **refused** on a line when a `decline` limit of its has nothing left as its turn comes"
pub(crate) fn is_exhausted(case: &Case, usage: &[Record], benefit: &Value, lines: &[Line]) -> bool {
    ["uses", "units", "discount"]
        .into_iter()
        .flat_map(|measure| declining(benefit, measure))
        .any(|limit| left(case, usage, benefit, limit, lines) <= 0)
}

/// The least that its declining limits of a measure have left; `None` when it has no such limit.
pub(crate) fn least_left(
    case: &Case,
    usage: &[Record],
    benefit: &Value,
    measure: &str,
    lines: &[Line],
) -> Option<i128> {
    declining(benefit, measure).map(|limit| left(case, usage, benefit, limit, lines)).min()
}

// 4.6: "With `unfunded` the discount is given all the same"; what lies above what such a limit has left.
pub(crate) fn above_unfunded(case: &Case, usage: &[Record], benefit: &Value, lines: &[Line], discount: i128) -> i128 {
    let unfunded = facts::list(&benefit["limits"]).iter().filter(|limit| is_unfunded(limit));
    let above = unfunded.map(|limit| discount - left(case, usage, benefit, limit, lines).max(0));
    above.max().unwrap_or(0).max(0)
}

/// What the limit's window allows, less what is recorded there, less what the request itself has charged so far.
fn left(case: &Case, usage: &[Record], benefit: &Value, limit: &Value, lines: &[Line]) -> i128 {
    let measure = limit["measure"].as_str().unwrap();
    let subject = subject(case, limit).unwrap();
    let charged = match measure {
        // "a use is one for the whole authorization, so a further line costs none"
        "uses" => 0,
        "units" => lines::units_so_far(lines, benefit),
        "discount" => lines::discount_so_far(lines, benefit),
        other => panic!("measure {other}"),
    };
    let today = time::service_date(benefit, case.at);
    let max = facts::number(&limit["max"]);
    let (times, over) = if carries_over(limit, today) {
        let first = carry_start(case, benefit, limit, today);
        (i128::from(today.month() - first.month() + 1), Over::Dates(first, today.last_of_month()))
    } else {
        (1, over(case, &limit["window"], today))
    };
    max * times - usage::recorded(usage, benefit, &subject, measure, &over) - charged
}

/// What a window that contains the request sums over.
pub(crate) fn over(case: &Case, window: &Value, today: Date) -> Over {
    match window["from_first"]["minutes"].as_i64() {
        Some(minutes) => Over::FromFirst { minutes, at: case.at.as_millisecond() },
        None => {
            let (first, last) = time::window(window, today);
            Over::Dates(first, last)
        }
    }
}

// 4.6: "With `carry_over`, while the service date is not past `until`"
fn carries_over(limit: &Value, today: Date) -> bool {
    let until = limit["carry_over"]["until"].as_str();
    until.is_some_and(|until| time::month_and_day(today).as_str() <= until)
}

/// The first day of the month from which the months count: in this year, and not after this month.
// 4.6: "counted from the month of the later of the code's earliest `valid.from` and, for a holder's limit whose `when`
// names groups anywhere in it, the earliest `from` among all the holder's entitlements in those groups, where they lie
// in this year (as service dates; one that is still to come counts as this month)". Readings: an open `from` lies in no
// year; one that begins only in a later year is still to come, too; a household's limit is not a holder's.
fn carry_start(case: &Case, benefit: &Value, limit: &Value, today: Date) -> Date {
    let mut beginnings = vec![earliest_version(case, benefit)];
    if limit["scope"] == "holder" {
        beginnings.push(earliest_entitlement(case, benefit));
    }
    let later = beginnings.into_iter().flatten().max();
    later.unwrap_or(Date::MIN).clamp(today.first_of_year(), today).first_of_month()
}

/// The code's earliest `valid.from`; `None` when a version is open at its beginning.
fn earliest_version(case: &Case, benefit: &Value) -> Option<Date> {
    let versions = facts::list(&case.catalogue["benefits"]).iter().filter(|other| other["code"] == benefit["code"]);
    let beginnings: Option<Vec<_>> =
        versions.map(|version| time::from(&version["valid"]["from"], &time::zone(version))).collect();
    Some(time::service_date(benefit, beginnings?.into_iter().min()?))
}

/// The earliest `from` of the holder's entitlements in the groups that `when` names; `None` when one has no beginning,
/// or when there is none.
fn earliest_entitlement(case: &Case, benefit: &Value) -> Option<Date> {
    let mut groups = vec![];
    named_groups(&benefit["when"], &mut groups);
    let entitlements = facts::list(&case.holder?["entitlements"]).iter();
    let named = entitlements.filter(|entitlement| groups.contains(&&entitlement["group"]));
    let beginnings: Option<Vec<_>> =
        named.map(|entitlement| time::from(&entitlement["from"], &time::zone(benefit))).collect();
    Some(time::service_date(benefit, beginnings?.into_iter().min()?))
}

/// The groups that a condition names anywhere in it.
fn named_groups<'a>(condition: &'a Value, groups: &mut Vec<&'a Value>) {
    if condition.is_null() {
        return;
    }
    let rule = &condition[facts::kind(condition)];
    match facts::kind(condition) {
        "all" | "any" => facts::list(rule).iter().for_each(|part| named_groups(part, groups)),
        "not" => named_groups(rule, groups),
        "member_of" => groups.extend(facts::list(&rule["groups"])),
        _ => {}
    }
}
