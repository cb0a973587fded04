//! The usual request, read straight from its bytes. What it gives up, [`crate::read`] reads: with every fault where it is wrong, and
//! the same request where it is right, which a property holds.

use uuid::Uuid;

use super::{Line, LineFor, Mode, Presented, Price, Request, basket_fault, repeated_ids};
use crate::currency::Currency;
use crate::fact::{Context, FactValue};
use crate::limits::{AMOUNT_MAX, CONTEXT_FACTS_MAX, IDENTIFIERS_MAX, LINES_MAX, QUANTITY_MAX, TEXT_CHARACTERS_MAX};
use crate::path::DottedPath;
use crate::scanner::{Once, Scanner};
use crate::span::instant;

/// The request, or nothing where it is wrong or unusual.
pub(super) fn request(json: &[u8]) -> Option<Request> {
    let mut scanner = Scanner::new(json)?;
    let (mut request_id, mut mode, mut occurred_at) = (Once::default(), Once::default(), Once::default());
    let (mut channel, mut currency, mut identifiers) = (Once::default(), Once::default(), Once::default());
    let (mut facts, mut lines, mut min_revision) = (Once::default(), Once::default(), Once::default());
    scanner.object(|scanner| {
        if scanner.is_field("request_id") {
            request_id.read(scanner, uuid)
        } else if scanner.is_field("mode") {
            mode.read(scanner, |scanner| match scanner.text()? {
                "sale" => Some(Mode::Sale),
                "hold" => Some(Mode::Hold),
                _ => None,
            })
        } else if scanner.is_field("occurred_at") {
            occurred_at.read(scanner, |scanner| instant(scanner.text()?))
        } else if scanner.is_field("channel") {
            channel.read(scanner, text)
        } else if scanner.is_field("currency") {
            currency.read(scanner, |scanner| Currency::of_code(scanner.text()?))
        } else if scanner.is_field("identifiers") {
            identifiers.read(scanner, |scanner| scanner.items(IDENTIFIERS_MAX, presented))
        } else if scanner.is_field("context") {
            facts.read(scanner, context)
        } else if scanner.is_field("lines") {
            lines.read(scanner, |scanner| scanner.items(LINES_MAX, line))
        } else if scanner.is_field("min_revision") {
            min_revision.read(scanner, |scanner| u64::try_from(scanner.whole()?).ok())
        } else {
            None
        }
    })?;
    scanner.end()?;
    let lines = lines.value.filter(|lines| repeated_ids(lines).next().is_none() && basket_fault(lines).is_none())?;
    Some(Request {
        request_id: request_id.value?,
        mode: mode.value.unwrap_or_default(),
        occurred_at: occurred_at.value?,
        channel: channel.value,
        currency: currency.value?,
        identifiers: identifiers.value.unwrap_or_default(),
        context: facts.value.unwrap_or_default(),
        lines,
        min_revision: min_revision.value,
    })
}

fn line(scanner: &mut Scanner<'_>) -> Option<Line> {
    let (mut line_id, mut product, mut quantity) = (Once::default(), Once::default(), Once::default());
    let (mut unit_price, mut price) = (Once::default(), Once::default());
    let (mut passenger, mut facts) = (Once::default(), Once::default());
    scanner.object(|scanner| {
        if scanner.is_field("line_id") {
            line_id.read(scanner, text)
        } else if scanner.is_field("product") {
            product.read(scanner, |scanner| DottedPath::of_text(text(scanner)?))
        } else if scanner.is_field("quantity") {
            quantity.read(scanner, |scanner| within(scanner, 1, QUANTITY_MAX))
        } else if scanner.is_field("unit_price") {
            unit_price.read(scanner, |scanner| within(scanner, 0, AMOUNT_MAX))
        } else if scanner.is_field("price") {
            price.read(scanner, |scanner| within(scanner, 0, AMOUNT_MAX))
        } else if scanner.is_field("for") {
            passenger.read(scanner, |scanner| match scanner.text()? {
                "holder" => Some(LineFor::Holder),
                "companion" => Some(LineFor::Companion),
                _ => None,
            })
        } else if scanner.is_field("context") {
            facts.read(scanner, context)
        } else {
            None
        }
    })?;
    Some(Line {
        line_id: line_id.value?,
        product: product.value?,
        quantity: quantity.value?,
        price: match (unit_price.value, price.value) {
            (Some(amount), None) => Price::OfUnit(amount),
            (None, Some(amount)) => Price::Whole(amount),
            _ => return None,
        },
        passenger: passenger.value.unwrap_or_default(),
        context: facts.value.unwrap_or_default(),
    })
}

fn presented(scanner: &mut Scanner<'_>) -> Option<Presented> {
    let (mut scheme, mut value) = (Once::default(), Once::default());
    scanner.object(|scanner| {
        if scanner.is_field("scheme") {
            scheme.read(scanner, text)
        } else if scanner.is_field("value") {
            value.read(scanner, text)
        } else {
            None
        }
    })?;
    Some(Presented { scheme: scheme.value?, value: value.value? })
}

fn context(scanner: &mut Scanner<'_>) -> Option<Context> {
    let mut facts: Vec<(Box<str>, FactValue)> = Vec::new();
    scanner.object(|scanner| {
        let name = scanner.field()?;
        let is_new = facts.len() < CONTEXT_FACTS_MAX && facts.iter().all(|(known, _)| **known != *name);
        let is_name = !name.is_empty() && name.len() <= TEXT_CHARACTERS_MAX;
        if !is_new || !is_name {
            return None;
        }
        facts.push((name.into(), FactValue::scanned(scanner)?));
        Some(())
    })?;
    Some(Context::of(facts))
}

fn text(scanner: &mut Scanner<'_>) -> Option<Box<str>> {
    scanner.filled_text().map(Box::from)
}

fn uuid(scanner: &mut Scanner<'_>) -> Option<Uuid> {
    let text = scanner.text()?;
    if text.len() == uuid::fmt::Hyphenated::LENGTH { Uuid::try_parse(text).ok() } else { None }
}

fn within(scanner: &mut Scanner<'_>, least: i64, most: i64) -> Option<i64> {
    scanner.whole().filter(|number| (least..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What costs nothing but speed would otherwise go unnoticed.
    #[test]
    fn the_usual_request_is_not_given_up() {
        let usual = r#"{ "request_id": "0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11", "mode": "sale",
            "occurred_at": "2026-11-18T08:12:00+02:00", "channel": "desk", "currency": "EUR", "min_revision": 4711,
            "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}], "context": {"route_class": "regular", "zone": 3, "night": false},
            "lines": [{"line_id": "1", "product": "transport.bus", "quantity": 1, "unit_price": 715, "for": "holder", "context": {}},
                      {"line_id": "2", "product": "shop.apples", "quantity": 438, "price": 87}]}"#;
        assert_eq!(request(usual.as_bytes()), crate::read::document(usual.as_bytes()).ok());
        assert!(request(usual.as_bytes()).is_some());
    }
}
