//! Where changes are thought of: what is committed next, as chance has it.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::random::Random;
use crate::rows::{
    CARD_KEYS, CARDS, LATER, TERMINALS, benefit, benefit_row, calendar, card, deployment, gone, holder,
    holder_of_later, provider, row, slot, terminal,
};
use crate::store::{Change, State};

const HOLDERS: u64 = 8;

/// What one commit changes; each key stands once.
pub(crate) fn changes(random: &mut Random, state: &State, at: Timestamp) -> Vec<Change> {
    // Once, so that two don't take one card.
    let mut changes = if random.percent(60) { people(random, state, at) } else { Vec::new() };
    for _ in 0..random.below(4) {
        let further = match random.below(6) {
            0..=3 => rule(random),
            4 => terminal_row(random),
            _ => of_later(random),
        };
        if changes.iter().all(|(taken, _)| *taken != further.0) {
            changes.push(further);
        }
    }
    changes
}

fn people(random: &mut Random, state: &State, at: Timestamp) -> Vec<Change> {
    let code = format!("h-{}", random.below(HOLDERS));
    let mut person = state.json("holder", &code).unwrap_or_else(|| json!({"holder": code, "identifiers": []}));
    person.as_object_mut().unwrap().remove(LATER);
    match random.below(9) {
        0 => return vec![gone("holder", &code)],
        1 => return vec![holder_of_later(&person)],
        2 => person["household"] = json!(format!("hh-{}", random.below(3))),
        3 => person["entitlements"] = json!([{"group": "pupil", "from": "2025-09-01"}]),
        4 => drop(cards(&mut person).pop()),
        5 | 6 => return moved(random, state, person),
        _ => {
            let is_blocked = random.percent(60);
            if let Some(card) = cards(&mut person).first_mut() {
                card["status"] = json!(if is_blocked { "blocked" } else { "active" });
                card["since"] = if is_blocked { json!(at) } else { Value::Null };
            }
        }
    }
    vec![holder(&without_nulls(person))]
}

/// A card changes hands; whoever had it has it no more.
fn moved(random: &mut Random, state: &State, mut taker: Value) -> Vec<Change> {
    let number = random.place(CARDS);
    let hex = CARD_KEYS[number].to_hex();
    let code = taker["holder"].as_str().unwrap().to_owned();
    let has_it = |person: &Value| person["identifiers"].as_array().unwrap().iter().any(|one| one["key"] == hex);
    let giver = state.people().find(|person| has_it(person));
    let mut changes = Vec::new();
    match giver {
        Some(giver) if giver["holder"] == code => return changes,
        Some(mut giver) => {
            cards(&mut giver).retain(|one| one["key"] != hex);
            let is_later = giver.as_object_mut().unwrap().remove(LATER).is_some();
            changes.push(if is_later { holder_of_later(&giver) } else { holder(&giver) });
        }
        None => {}
    }
    cards(&mut taker).push(card(number));
    changes.push(holder(&taker));
    changes
}

fn cards(person: &mut Value) -> &mut Vec<Value> {
    person["identifiers"].as_array_mut().unwrap()
}

fn without_nulls(mut person: Value) -> Value {
    for card in cards(&mut person) {
        card.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    }
    person
}

fn rule(random: &mut Random) -> Change {
    let (code, version) = (format!("b-{}", random.below(3)), 1 + random.below(2));
    let mut rule = benefit(&code, version, 500 * (1 + random.below(20)));
    match random.below(12) {
        0 => return gone("benefit", &format!("{code}/{version}")),
        1 => rule["effect"] = json!({LATER: {"rate": 1}}),
        2 => rule["suspensions"] = json!([{"from": "2026-01-01", "until": "2027-01-01"}]),
        3 => rule["when"] = json!({"calendar": {"name": "days", "is": true}}),
        4 => return slot("fare"),
        5 => return gone("slot", "fare"),
        6 => return if random.percent(70) { calendar() } else { gone("calendar", "days") },
        7 => return provider(if random.percent(50) { "bus" } else { "train" }),
        8 => return row("case", "one", &json!({"edition": random.below(9)})),
        9 if random.percent(20) => return row("deployment", "deployment", &json!({LATER: true})),
        9 => return deployment(),
        _ => rule["slot"] = json!(if random.percent(80) { "fare" } else { "retail" }),
    }
    benefit_row(&rule)
}

fn terminal_row(random: &mut Random) -> Change {
    let number = random.below(TERMINALS);
    match random.below(6) {
        0 => gone("terminal", &format!("t-{number}")),
        1 => row("terminal", &format!("t-{number}"), &json!({LATER: true})),
        _ => terminal(number, random.below(3)),
    }
}

/// Of a kind that only a later program knows.
fn of_later(random: &mut Random) -> Change {
    let key = format!("c-{}", random.below(3));
    if random.percent(30) { gone("voucher", &key) } else { row("coupon", &key, &json!({"worth": random.below(9)})) }
}
