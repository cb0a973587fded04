//! Rows as administration would write them, and some that this program can't read.

use std::sync::LazyLock;

use avis_core::{IdentifierKey, IdentifierSecret, WrittenHolder};
use avis_server::{Key, Scope, Terminal};
use serde_json::{Value, json};

use crate::store::{Change, Place};

/// In a row's content: of a later program, not to be read by this one.
pub(crate) const LATER: &str = "later";

pub(crate) const CARDS: usize = 12;
pub(crate) const TERMINALS: u64 = 4;

pub(crate) fn secret() -> IdentifierSecret {
    IdentifierSecret::new([9; 32])
}

/// The key of each card.
pub(crate) static CARD_KEYS: LazyLock<Vec<IdentifierKey>> = LazyLock::new(|| {
    let key = |card| IdentifierKey::of("etalons", &format!("CARD-{card}"), &secret()).unwrap();
    (0..CARDS).map(key).collect()
});

pub(crate) fn place(kind: &str, key: &str) -> Place {
    (kind.into(), key.into())
}

pub(crate) fn row(kind: &str, key: &str, content: &Value) -> Change {
    (place(kind, key), Some(content.to_string().into()))
}

pub(crate) fn gone(kind: &str, key: &str) -> Change {
    (place(kind, key), None)
}

/// An active card as a row of its holder has it.
pub(crate) fn card(number: usize) -> Value {
    json!({"scheme": "etalons", "key": CARD_KEYS[number].to_hex()})
}

/// A holder in the one way in which it is written; one of a later program has something more.
pub(crate) fn holder(content: &Value) -> Change {
    let registered = WrittenHolder::from_value(content).unwrap().registered().unwrap();
    (place("holder", &registered.holder.code), Some(registered.to_json().into()))
}

pub(crate) fn holder_of_later(content: &Value) -> Change {
    let (place, text) = holder(content);
    let mut content: Value = serde_json::from_str(&text.unwrap()).unwrap();
    content[LATER] = json!(true);
    (place, Some(content.to_string().into()))
}

/// A benefit of so many hundredths of a percent.
pub(crate) fn benefit(code: &str, version: u64, rate: u64) -> Value {
    let text = json!({"lv": "Atlaide", "en": "Discount"});
    json!({
        "code": code, "version": version, "grantor": "city", "name": text, "public_name": text,
        "valid": {"from": format!("20{:02}-01-01", 16 + version)}, "priority": 50, "slot": "fare",
        "scope": {"providers": {"tags": ["bus"]}, "products": ["transport.bus"]}, "when": {"member_of": {"groups": ["pupil"]}},
        "covers": {"holder": true}, "effect": {"percent": {"rate": rate}},
        "rounding": {"on": "discount", "increment": 1, "mode": "half_up"},
    })
}

pub(crate) fn benefit_row(benefit: &Value) -> Change {
    row("benefit", &format!("{}/{}", benefit["code"].as_str().unwrap(), benefit["version"]), benefit)
}

pub(crate) fn slot(name: &str) -> Change {
    row("slot", name, &json!({"name": name, "policy": "best", "priority": 100}))
}

pub(crate) fn calendar() -> Change {
    row("calendar", "days", &json!({"name": "days", "dates": ["2026-11-18"]}))
}

pub(crate) fn deployment() -> Change {
    row("deployment", "deployment", &json!({"currency": "EUR"}))
}

pub(crate) fn provider(tag: &str) -> Change {
    row("provider", "atd", &json!({"code": "atd", "tags": [tag]}))
}

/// The key that a terminal sends; its edition changes when it is rotated.
pub(crate) fn key_of(terminal: u64, edition: u64) -> String {
    format!("avis_terminal_{terminal}_edition_{edition}")
}

pub(crate) fn terminal(number: u64, edition: u64) -> Change {
    let code = format!("t-{number}");
    let terminal = Terminal {
        code: code.clone(),
        provider: "atd".into(),
        channels: vec!["desk".into()],
        schemes: vec!["etalons".into()],
        scopes: vec![Scope::Sell],
        keys: vec![Key::of(&key_of(number, edition))],
    };
    row("terminal", &code, &serde_json::to_value(terminal).unwrap())
}

/// What there is before anything happens.
pub(crate) fn first() -> Vec<Change> {
    let mut changes = vec![deployment(), slot("fare"), provider("bus"), benefit_row(&benefit("b-0", 1, 2500))];
    changes.push(holder(&json!({"holder": "h-0", "identifiers": [card(0)]})));
    changes.push(terminal(0, 0));
    changes
}
