//! What each setting may be.

use std::net::{SocketAddr, ToSocketAddrs};

use avis_admin::control::Proxies;
use jiff::tz::TimeZone;
use toml::Value;

/// What a setting may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected {
    /// A whole number, from the least to the most.
    Number(i64, i64),
    /// An address and a port.
    Address,
    /// The same, or nothing.
    AddressOrNone,
    /// Addresses and networks, with commas between.
    Networks,
    /// A time zone by its name.
    Zone,
    /// One of some words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
}

use Expected::{Address, AddressOrNone, Networks, Number, Text, Word, Zone};

const DAY_S: i64 = 24 * 60 * 60;
const CENTURY_S: i64 = 100 * 366 * DAY_S;

/// Every setting.
const SETTINGS: &[(&str, Expected)] = &[
    ("time_zone", Zone),
    ("typed_schemes", Text),
    // Longer than a week nobody waits for goods that are paid.
    ("selling.hold_s", Number(1, 7 * DAY_S)),
    // Wide open at most: history is loaded so.
    ("selling.past_s", Number(0, CENTURY_S)),
    ("selling.future_s", Number(0, CENTURY_S)),
    ("selling.unknown_per_minute", Number(1, 1_000_000)),
    ("follow.every_ms", Number(1, 60_000)),
    ("follow.stale_after_s", Number(1, DAY_S)),
    ("follow.wait_ms", Number(0, 60_000)),
    ("follow.report_s", Number(1, 3_600)),
    ("cluster.node", Text),
    ("cluster.database", Text),
    ("cluster.database_authorities", Text),
    ("cluster.reports_database", Text),
    ("cluster.database_connections", Number(1, 1_000)),
    // The lanes of an engine.
    ("cluster.database_in_flight", Number(1, 64)),
    ("cluster.redis", Text),
    ("cluster.redis_authorities", Text),
    ("stand_in.stale_max_s", Number(0, 30 * DAY_S)),
    // At about 5 KB each, 50 GB.
    ("stand_in.journal_max", Number(0, 10_000_000)),
    ("stand_in.snapshot_every_s", Number(0, 30 * DAY_S)),
    ("operator.listen", Address),
    ("admin.listen", AddressOrNone),
    ("admin.trusted_proxies", Networks),
    ("admin.simulator", Text),
    ("admin.adjusted_alone_max", Number(0, 1_000_000_000)),
    ("admin.close_days_after", Number(0, 3_650)),
    ("admin.users_before", Number(0, 1_000_000_000)),
    ("login.local", Word(&["all", "operators", "none"])),
    ("login.providers", Text),
    ("log.level", Word(&["off", "error", "warn", "info", "debug"])),
    ("log.format", Word(&["text", "json"])),
    ("log.requests", Word(&["off", "errors", "all"])),
    ("http.listen", Address),
    ("http.certificate", Text),
    ("http.certificate_key", Text),
    // The server takes no more.
    ("http.workers", Number(0, 512)),
    ("http.leave_s", Number(0, 3_600)),
    ("http.drain_s", Number(0, 3_600)),
    ("http.keep_alive_s", Number(0, 3_600)),
];

/// What a setting may be; none if there is no such setting.
pub(super) fn expected(name: &str) -> Option<Expected> {
    SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, expected)| *expected)
}

/// What was expected in the place of a value; none if it can be.
pub(super) fn refusal(name: &str, value: &Value) -> Option<String> {
    let expected = expected(name)?;
    let holds = match (expected, value) {
        (Number(least, most), Value::Integer(number)) => (least..=most).contains(number),
        (Address, Value::String(text)) => address(text).is_ok(),
        (AddressOrNone, Value::String(text)) => text.is_empty() || address(text).is_ok(),
        (Networks, Value::String(text)) => text.parse::<Proxies>().is_ok(),
        (Zone, Value::String(text)) => TimeZone::get(text).is_ok(),
        (Word(words), Value::String(text)) => words.contains(&text.as_str()),
        (Text, Value::String(_)) => true,
        _ => false,
    };
    let said = match expected {
        Number(least, most) => format!("a whole number from {least} to {most}"),
        Address => "an address and a port, such as `127.0.0.1:8320`".to_owned(),
        AddressOrNone => "an address and a port, such as `127.0.0.1:8320`, or an empty text".to_owned(),
        Networks => {
            "addresses and networks with commas between, such as `127.0.0.1, 10.0.0.0/8`, or an empty text".to_owned()
        }
        Zone => "the name of a time zone, such as `Europe/Riga`".to_owned(),
        Word(words) => format!("one of `{}`", words.join("`, `")),
        Text => "a text".to_owned(),
    };
    (!holds).then(|| format!("expected {said}"))
}

/// An address and a port, by number or by name, such as `localhost:8320`.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let found: Vec<SocketAddr> = text.to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    // A name of this machine often has both, and most callers take the older.
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| "expected an address and a port, such as `127.0.0.1:8320`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_refused_outside_of_its_range_and_taken_at_both_ends() {
        let mut numbers = 0;
        for (name, expected) in SETTINGS {
            let Number(least, most) = *expected else { continue };
            numbers += 1;
            for inside in [least, most] {
                assert_eq!(refusal(name, &Value::Integer(inside)), None, "{name}");
            }
            for outside in [least - 1, most + 1, i64::MIN, i64::MAX] {
                let told = refusal(name, &Value::Integer(outside)).unwrap();
                assert_eq!(told, format!("expected a whole number from {least} to {most}"), "{name}");
            }
            assert!(refusal(name, &Value::String(least.to_string())).is_some(), "{name} is no text");
        }
        assert_eq!(numbers, 20);
    }

    #[test]
    fn an_address_may_have_a_name() {
        assert_eq!(address("localhost:8320").unwrap().port(), 8320);
        assert!(address("localhost:8320").unwrap().ip().is_loopback());
        for wrong in ["nowhere", "8320", "127.0.0.1", "127.0.0.1:65536", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
