//! What people ask for: bodies of requests.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::{Builder, Uuid};

use crate::arrivals::Dice;
use crate::people::{Identifier, Terminal, World};

/// Now, as the clocks of terminals tell it: in milliseconds.
pub(crate) fn now() -> String {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now).to_string()
}

/// A request id of version 7.
pub(crate) fn new_id(dice: &mut Dice) -> Uuid {
    let millis = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
    let (high, low) = (dice.next().to_le_bytes(), dice.next().to_le_bytes());
    let mut random = [0; 10];
    random.iter_mut().zip(high.into_iter().chain(low)).for_each(|(byte, from)| *byte = from);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// A basket of one to four lines at a terminal, by somebody known there, or by nobody.
pub(crate) fn basket(world: &World, terminal: &Terminal, id: Uuid, mode: &str, dice: &mut Dice) -> Value {
    let mut identifiers = Vec::new();
    if !dice.percent(5) {
        identifiers.extend(dice.pick(&terminal.identifiers));
        // Now and then somebody else's card as well.
        if dice.percent(4) {
            identifiers.extend(dice.pick(&terminal.identifiers));
        }
    }
    let count = if dice.percent(70) { 1 } else { dice.between(2, 4) };
    let lines: Vec<Value> = (1..=count).map(|number| line(terminal, number, dice)).collect();
    let mut body = request(world, terminal, id, mode, &identifiers, &Value::from(lines), dice);
    if dice.percent(10) {
        body["context"] = json!({"voucher": if dice.percent(50) { "TEN" } else { "NINE" }});
    }
    body
}

/// A basket for an identifier that nobody has.
pub(crate) fn of_nobody(world: &World, terminal: &Terminal, id: Uuid, dice: &mut Dice) -> Value {
    let scheme = terminal.schemes.first().map_or("bank-card", String::as_str).into();
    let unknown = Identifier { scheme, value: format!("LOADTEST-{:016X}", dice.next()).into() };
    let lines = json!([line(terminal, 1, dice)]);
    request(world, terminal, id, "sale", &[&unknown], &lines, dice)
}

/// A basket of a member, who redeems points more often than not.
pub(crate) fn of_member(
    world: &World,
    terminal: &Terminal,
    id: Uuid,
    (mode, program, member): (&str, &str, &Identifier),
    dice: &mut Dice,
) -> Value {
    let lines: Vec<Value> = (1..=dice.between(1, 3)).map(|number| line(terminal, number, dice)).collect();
    let mut body = request(world, terminal, id, mode, &[member], &Value::from(lines), dice);
    match dice.below(100) {
        0..40 => body["redeem"] = json!([{"program": program, "max": true}]),
        40..70 => body["redeem"] = json!([{"program": program, "points": dice.between(1, 400)}]),
        _ => {}
    }
    body
}

/// Units of one product for one identifier.
pub(crate) fn units(
    world: &World,
    terminal: &Terminal,
    id: Uuid,
    mode: &str,
    of: (&Identifier, &str, i64),
    dice: &mut Dice,
) -> Value {
    let (identifier, product, units) = of;
    let lines = json!([{"line_id": "1", "product": product, "quantity": units, "unit_price": 85}]);
    request(world, terminal, id, mode, &[identifier], &lines, dice)
}

fn request(
    world: &World,
    terminal: &Terminal,
    id: Uuid,
    mode: &str,
    identifiers: &[&Identifier],
    lines: &Value,
    dice: &mut Dice,
) -> Value {
    let presented: Vec<Value> =
        identifiers.iter().map(|one| json!({"scheme": *one.scheme, "value": *one.value})).collect();
    let mut body = json!({
        "request_id": id.to_string(), "mode": mode, "occurred_at": now(), "currency": world.currency,
        "identifiers": presented, "lines": lines,
    });
    if let Some(channel) = dice.pick(&terminal.channels) {
        body["channel"] = json!(channel);
    }
    body
}

fn line(terminal: &Terminal, number: i64, dice: &mut Dice) -> Value {
    let product = dice.pick(&terminal.products).map_or("", String::as_str);
    let mut line = json!({
        "line_id": number.to_string(), "product": product,
        "quantity": dice.between(1, 4), "unit_price": dice.between(50, 1500),
    });
    if number > 1 && dice.percent(30) {
        line["for"] = json!("companion");
    }
    // The facts that the rules of the demo ask for; elsewhere they say nothing.
    match dice.below(10) {
        0 => line["context"] = json!({"passenger": "pre-school"}),
        1..=4 => line["context"] = json!({"mode": "bus"}),
        5..=7 => line["context"] = json!({"mode": "rail", "zone_max": dice.between(1, 6)}),
        _ => {}
    }
    line
}

/// The same meaning, written otherwise: another offset of the same instant, and a revision that there is.
pub(crate) fn written_otherwise(body: &str) -> String {
    let Ok(mut written) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    let Some(at) = written["occurred_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok()) else {
        return body.to_owned();
    };
    let offset = jiff::tz::Offset::constant(2);
    written["occurred_at"] = json!(at.display_with_offset(offset).to_string());
    written["min_revision"] = json!(1);
    written.to_string()
}
