//! The request that a till sends of what stands in the fields.

use avis_core::limits::{AMOUNT_MAX, QUANTITY_MAX};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::setup::{Means, Setup, Till};
use super::state::{Row, State};
use super::wrong::{Wrong, WrongAt};

type Fields = serde_json::Map<String, Value>;

/// What the engine says of the terminal.
#[derive(Debug, Deserialize)]
pub(super) struct Terminal {
    pub(super) provider: String,
    pub(super) channels: Vec<String>,
    pub(super) schemes: Vec<String>,
    pub(super) training: bool,
    pub(super) currency: String,
    pub(super) time_zone: String,
    pub(super) time: Timestamp,
}

impl Terminal {
    /// Whether it takes all of a means.
    pub(super) fn takes(&self, means: &Means) -> bool {
        means.identifiers.iter().all(|identifier| self.schemes.contains(&identifier.scheme))
    }

    pub(super) fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

/// What is sold, in the shape of a request without its id and its mode.
#[derive(Clone, Debug)]
pub(super) struct Basket {
    body: Fields,
    /// What a till without a connection grants.
    granted: Vec<Value>,
    at: String,
}

impl Basket {
    /// The request of a quote or a sale.
    pub(super) fn request(&self, id: Uuid, is_held: bool) -> Value {
        let mut request = Fields::new();
        request.insert("request_id".to_owned(), json!(id));
        request.insert("mode".to_owned(), json!(if is_held { "hold" } else { "sale" }));
        request.extend(self.body.clone());
        Value::Object(request)
    }

    /// The upload of what was sold without a connection.
    pub(super) fn advice(&self, id: Uuid) -> Value {
        let request = self.request(id, false);
        json!({"records": [{"request": request, "granted": self.granted, "device_time": self.at, "device_sequence": 1}]})
    }
}

/// Reads the fields of a basket.
///
/// # Errors
/// All that is wrong.
pub(super) fn basket(state: &State, setup: &Setup, till: &Till, terminal: &Terminal) -> Result<Basket, Vec<WrongAt>> {
    let mut wrong = Vec::new();
    let mut body = Fields::new();
    let at = occurred_at(&state.at, terminal);
    wrong.extend(at.is_none().then(|| Wrong::NoTime.at("at")));
    let at = at.unwrap_or_default();
    body.insert("occurred_at".to_owned(), json!(at));
    if !state.channel.is_empty() {
        if !terminal.channels.contains(&state.channel) {
            wrong.push(Wrong::NoChannel.at("channel"));
        }
        body.insert("channel".to_owned(), json!(state.channel));
    }
    body.insert("currency".to_owned(), json!(terminal.currency));
    body.insert("identifiers".to_owned(), identifiers(state, setup, terminal, &mut wrong));
    put_loyalty(state, setup, till, &mut body, &mut wrong);
    if state.rows.is_empty() {
        wrong.push(Wrong::NoLines.at("product-1"));
    }
    let (mut lines, mut granted) = (Vec::new(), Vec::new());
    for (place, row) in state.rows.iter().enumerate() {
        let line_id = (place + 1).to_string();
        let mut line = line(row, place, setup, till, terminal, &mut wrong);
        line.insert("line_id".to_owned(), json!(line_id));
        lines.push(Value::Object(line));
        granted.extend(grant(row, place, &line_id, terminal, &mut wrong));
    }
    body.insert("lines".to_owned(), Value::Array(lines));
    if wrong.is_empty() { Ok(Basket { body, granted, at }) } else { Err(wrong) }
}

/// The time of sale with the offset that holds then where the till stands.
fn occurred_at(text: &str, terminal: &Terminal) -> Option<String> {
    let zone = terminal.zone();
    let at = if text.is_empty() {
        terminal.time.to_zoned_datetime(zone)
    } else {
        text.parse::<DateTime>().ok()?.to_zoned_datetime(zone).ok()?
    };
    Some(at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

fn identifiers(state: &State, setup: &Setup, terminal: &Terminal, wrong: &mut Vec<WrongAt>) -> Value {
    if state.means.is_empty() {
        return json!([]);
    }
    let Some(means) = setup.means(&state.means) else {
        wrong.push(Wrong::NoMeans.at("means"));
        return json!([]);
    };
    let foreign = means.identifiers.iter().find(|identifier| !terminal.schemes.contains(&identifier.scheme));
    wrong.extend(foreign.map(|foreign| Wrong::NotTaken { scheme: foreign.scheme.clone() }.at("means")));
    let sent = means.identifiers.iter().map(|one| json!({"scheme": one.scheme, "value": one.value}));
    sent.collect()
}

fn put_loyalty(state: &State, setup: &Setup, till: &Till, body: &mut Fields, wrong: &mut Vec<WrongAt>) {
    if !state.coupon.is_empty() {
        match setup.coupon(&state.coupon) {
            Some(coupon) => {
                body.insert("coupons".to_owned(), json!([coupon.code]));
            }
            None => wrong.push(Wrong::NoCoupon.at("coupon")),
        }
    }
    if state.points.is_empty() {
        return;
    }
    let Some(program) = &till.program else { return wrong.push(Wrong::NoProgramme.at("points")) };
    let asked = match &*state.points {
        "max" => json!({"program": program, "max": true}),
        number => match number.parse::<u32>().ok().filter(|points| *points > 0) {
            Some(points) => json!({"program": program, "points": points}),
            None => return wrong.push(Wrong::NoPoints.at("points")),
        },
    };
    body.insert("redeem".to_owned(), json!([asked]));
}

fn line(row: &Row, place: usize, setup: &Setup, till: &Till, terminal: &Terminal, wrong: &mut Vec<WrongAt>) -> Fields {
    let offer = setup.offers(till).find(|offer| offer.product == row.product);
    wrong.extend(offer.is_none().then(|| Wrong::NoProduct.in_row("product", place)));
    let quantity = match &*row.quantity {
        "" => Some(1),
        text => text.parse::<i64>().ok().filter(|quantity| (1..=QUANTITY_MAX).contains(quantity)),
    };
    wrong.extend(quantity.is_none().then(|| Wrong::NoQuantity { most: QUANTITY_MAX }.in_row("quantity", place)));
    let price = match &*row.price {
        "" => Some(offer.map_or(0, |offer| offer.unit_price)),
        text => avis_core::telling::amount(text, &terminal.currency).filter(|price| (0..=AMOUNT_MAX).contains(price)),
    };
    wrong.extend(price.is_none().then(|| Wrong::NoAmount { most: AMOUNT_MAX }.in_row("price", place)));
    let mut line = Fields::new();
    line.insert("product".to_owned(), json!(row.product));
    line.insert("quantity".to_owned(), json!(quantity));
    line.insert("unit_price".to_owned(), json!(price));
    if !row.whose.is_empty() {
        line.insert("for".to_owned(), json!("companion"));
    }
    line
}

/// What the till grants on a line without asking; nothing where no benefit is named.
fn grant(row: &Row, place: usize, line_id: &str, terminal: &Terminal, wrong: &mut Vec<WrongAt>) -> Option<Value> {
    if row.grant.is_empty() {
        return None;
    }
    let named = row.grant.rsplit_once(':').and_then(|(benefit, version)| Some((benefit, version.parse::<u32>().ok()?)));
    let amount = avis_core::telling::amount(&row.granted, &terminal.currency);
    let amount = amount.filter(|amount| (0..=AMOUNT_MAX).contains(amount));
    wrong.extend(named.is_none().then(|| Wrong::NoGrant.in_row("grant", place)));
    wrong.extend(amount.is_none().then(|| Wrong::NoAmount { most: AMOUNT_MAX }.in_row("granted", place)));
    let ((benefit, version), amount) = (named?, amount?);
    Some(json!({"line_id": line_id, "benefit": benefit, "version": version, "amount": amount}))
}
