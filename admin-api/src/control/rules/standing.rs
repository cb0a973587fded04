//! How a benefit stands at a moment, over all its versions.

use std::collections::BTreeMap;

use avis_core::{Interval, Span};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

/// Something is given by it now, or would be to those whom its condition names.
const IN_FORCE: &str = "in_force";
/// It is stopped now, for all or for all but some.
const SUSPENDED: &str = "suspended";
/// Nothing of it has begun, or goes on, and something is to come.
const FUTURE: &str = "future";
/// All of it is over.
const ENDED: &str = "ended";

/// Every word for it.
pub(super) const STATES: &[&str] = &[IN_FORCE, SUSPENDED, FUTURE, ENDED];

/// By the newest version that has begun: from its beginning the older ones are over.
pub(super) fn state(versions: &BTreeMap<i64, Value>, now: Timestamp, of_deployment: &TimeZone) -> &'static str {
    let spans = |content: &Value| (span_of(content, of_deployment), zone_of(content, of_deployment));
    let has_begun = |content: &&Value| spans(content).0.from.is_none_or(|from| from <= now);
    let begun = versions.values().rev().find(has_begun);
    if let Some(content) = begun.filter(|content| spans(content).0.contains(now)) {
        let zone = spans(content).1;
        return if suspended(content, &zone).any(|span| span.contains(now)) { SUSPENDED } else { IN_FORCE };
    }
    // One that was ended before it began is suspended for all of its time.
    let is_stopped = |content: &Value| {
        let (valid, zone) = spans(content);
        let mut suspended = suspended(content, &zone);
        suspended.any(|span| span.from <= valid.from && valid.until.is_some() && span.until == valid.until)
    };
    let is_to_come = |content: &Value| !has_begun(&content) && !is_stopped(content);
    if versions.values().any(is_to_come) { FUTURE } else { ENDED }
}

/// When a version is suspended, for all or for all but some.
fn suspended(content: &Value, zone: &TimeZone) -> impl Iterator<Item = Interval> {
    let suspensions = content.get("suspensions").and_then(Value::as_array).into_iter().flatten();
    suspensions.filter_map(|one| Span::deserialize(one).ok()).map(move |span| span.resolve(zone))
}

/// When a version is valid; without a readable span always.
pub(super) fn span_of(content: &Value, of_deployment: &TimeZone) -> Interval {
    let valid = content.get("valid").and_then(|valid| Span::deserialize(valid).ok()).unwrap_or_default();
    valid.resolve(&zone_of(content, of_deployment))
}

/// In which the dates of a version are meant.
pub(super) fn zone_of(content: &Value, of_deployment: &TimeZone) -> TimeZone {
    let named = content.get("time_zone").and_then(Value::as_str).and_then(|name| TimeZone::get(name).ok());
    named.unwrap_or_else(|| of_deployment.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_benefit_stands_as_its_newest_version_that_has_begun() {
        let now: Timestamp = "2026-11-18T12:00:00Z".parse().unwrap();
        let state = |versions: &[&Value]| {
            let numbered = (1..).zip(versions.iter().map(|version| (*version).clone())).collect();
            state(&numbered, now, &TimeZone::get("Europe/Riga").unwrap())
        };
        let valid = |from: &str, until: &str| json!({"valid": {"from": from, "until": until}});
        let (old, last_day) = (valid("2026-01-01", "2026-12-31"), valid("2026-01-01", "2026-11-18"));
        let (over, coming) = (valid("2026-01-01", "2026-11-17"), valid("2027-01-01", "2027-12-31"));
        assert_eq!(state(&[&old, &coming]), "in_force", "while the next is to come");
        assert_eq!(state(&[&last_day]), "in_force", "a last day is a day of it");
        assert_eq!(state(&[&over]), "ended");
        assert_eq!(state(&[&over, &coming]), "future");
        assert_eq!(state(&[&coming]), "future");
        assert_eq!(state(&[&old, &over]), "ended", "the older is over since the newer began");
        let mut never = valid("2027-01-01", "2027-01-01T00:00:00.001+02:00");
        assert_eq!(state(&[&never]), "future");
        never["suspensions"] = json!([{"from": "2026-12-31T22:00:00Z", "until": "2026-12-31T22:00:00.001Z"}]);
        assert_eq!([state(&[&never]), state(&[&over, &never])], ["ended"; 2], "what was not to begin any more");
        let mut stopped = old;
        stopped["suspensions"] = json!([{"from": "2026-11-18T10:00:00Z"}]);
        assert_eq!(state(&[&stopped, &coming]), "suspended");
        stopped["suspensions"] = json!([{"from": "2026-11-18T10:00:00Z", "until": "2026-11-18T11:00:00Z"}]);
        assert_eq!(state(&[&stopped, &coming]), "in_force");
        let mut abroad = valid("2026-11-18T13:00:00Z", "2026-12-31");
        assert_eq!(state(&[&abroad]), "future");
        abroad["valid"] = json!({"from": "2026-11-19"});
        abroad["time_zone"] = json!("Pacific/Kiritimati");
        assert_eq!(state(&[&abroad]), "in_force", "by the clocks of its own zone");
    }
}
