//! What a terminal asks: a basket, the identifiers presented, and the facts of the moment.

mod quick;

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::currency::Currency;
use crate::fact::Context;
use crate::fault::Faults;
use crate::limits::{AMOUNT_MAX, BASKET_GROSS_MAX, IDENTIFIERS_MAX, LINES_MAX, QUANTITY_MAX};
use crate::path::DottedPath;
use crate::read::{self, Object, Place, Read, whole, word};

/// A basket to be decided.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Request {
    /// The terminal's own id of this request.
    pub request_id: Uuid,
    /// Whether a recorded use is captured at once or held.
    pub mode: Mode,
    /// When the use takes place; the only clock that a decision knows.
    pub occurred_at: Timestamp,
    /// Where it is sold: `desk`, `app`, …
    pub channel: Option<Box<str>>,
    /// ISO 4217 code; must be the deployment's.
    pub currency: Currency,
    /// The identification means presented.
    pub identifiers: Vec<Presented>,
    /// Facts of the whole basket.
    pub context: Context,
    /// At least one.
    pub lines: Vec<Line>,
    /// The revision that the answer must at least be based on; not part of the request's meaning.
    pub min_revision: Option<u64>,
}

/// Captured at once, or held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Captured at once.
    #[default]
    Sale,
    /// Held until it is captured, voided or expires.
    Hold,
}

/// An identifier as it is presented.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Presented {
    /// The scheme's code.
    pub scheme: Box<str>,
    /// The value; never printed and never written.
    #[serde(skip)]
    pub value: Box<str>,
}

impl std::fmt::Debug for Presented {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Presented({}, …)", self.scheme)
    }
}

/// One line of the basket.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Line {
    /// Unique in the request.
    pub line_id: Box<str>,
    /// What is sold.
    pub product: DottedPath,
    /// Units, at least 1.
    pub quantity: i64,
    /// What it costs.
    #[serde(flatten)]
    pub price: Price,
    /// For whom.
    #[serde(rename = "for")]
    pub passenger: LineFor,
    /// Facts of the line.
    pub context: Context,
}

/// What a line costs, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Price {
    /// Each of its units.
    #[serde(rename = "unit_price")]
    OfUnit(i64),
    /// All of it: its units are a measure, such as grams.
    #[serde(rename = "price")]
    Whole(i64),
}

/// For whom a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineFor {
    /// The holder.
    #[default]
    Holder,
    /// Somebody who comes along with the holder.
    Companion,
}

impl Line {
    /// Units × unit price, or the price of the whole, in minor units.
    pub fn gross(&self) -> i64 {
        match self.price {
            // The bounds of both factors keep the product inside 64 bits.
            Price::OfUnit(price) => self.quantity.saturating_mul(price),
            Price::Whole(price) => price,
        }
    }

    /// Whether it is one piece, whatever its quantity measures.
    pub(crate) fn is_one_piece(&self) -> bool {
        matches!(self.price, Price::Whole(_))
    }

    /// How many pieces it is.
    pub(crate) fn pieces(&self) -> i64 {
        if self.is_one_piece() { 1 } else { self.quantity }
    }
}

impl Request {
    /// Reads a request body.
    ///
    /// # Errors
    /// Every fault with its place; no value is repeated.
    pub fn parse(json: &[u8]) -> Result<Self, Faults> {
        Self::quick(json).map_or_else(|| read::document(json), Ok)
    }

    /// The short way for what is right; none of what it does not take, right or wrong.
    pub(crate) fn quick(json: &[u8]) -> Option<Self> {
        quick::request(json)
    }

    /// Reads a request inside another document.
    ///
    /// # Errors
    /// Every fault with its place; no value is repeated.
    pub fn from_value(value: &Value) -> Result<Self, Faults> {
        read::parsed(value)
    }

    /// Gross of all lines, in minor units.
    pub fn gross(&self) -> i64 {
        self.lines.iter().map(Line::gross).fold(0, i64::saturating_add)
    }
}

impl Read for Request {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        Self::read_with_id(value, place, None)
    }
}

impl Request {
    /// Reads a request whose id may be left out where `absent_id` stands for it.
    pub(crate) fn read_with_id(value: &Value, place: &Place<'_>, absent_id: Option<Uuid>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let request = Self::read_fields(&object, absent_id);
        object.close();
        request
    }

    /// Reads the fields of a request from an object that may have others.
    pub(crate) fn read_fields(object: &Object<'_>, absent_id: Option<Uuid>) -> Option<Self> {
        let request_id = match absent_id {
            Some(id) => object.or("request_id", id),
            None => object.required("request_id"),
        };
        let mode = object.or("mode", Mode::Sale);
        let occurred_at = object.required("occurred_at");
        let channel = object.optional("channel");
        let currency = object.required("currency");
        let identifiers = object.list("identifiers", IDENTIFIERS_MAX);
        let context = object.or("context", Context::default());
        let lines = object.required::<Lines>("lines");
        let min_revision = object.optional::<Revision>("min_revision");
        Some(Self {
            request_id: request_id?,
            mode: mode?,
            occurred_at: occurred_at?,
            channel: channel?,
            currency: currency?,
            identifiers: identifiers?,
            context: context?,
            lines: lines?.0,
            min_revision: min_revision?.map(|revision| revision.0),
        })
    }
}

struct Lines(Vec<Line>);

impl Read for Lines {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let lines: Vec<Line> = read::list(value, place, LINES_MAX)?;
        for index in repeated_ids(&lines) {
            let _ = place.item(index).field("line_id").fault::<()>("expected an id that no other line has");
        }
        match basket_fault(&lines) {
            Some(fault) => place.fault(fault),
            None => Some(Self(lines)),
        }
    }
}

/// Lines whose id a line before them has.
fn repeated_ids(lines: &[Line]) -> impl Iterator<Item = usize> {
    let several = if lines.len() < 2 { &[] } else { lines };
    let mut ids: Vec<(&str, usize)> = several.iter().enumerate().map(|(index, line)| (&*line.line_id, index)).collect();
    ids.sort_unstable();
    let mut last = None;
    ids.into_iter().filter_map(move |(id, index)| (last.replace(id) == Some(id)).then_some(index))
}

/// What is wrong with all lines together.
fn basket_fault(lines: &[Line]) -> Option<String> {
    if lines.is_empty() {
        return Some("expected at least one line".to_owned());
    }
    let gross: i128 = lines.iter().map(|line| i128::from(line.gross())).sum();
    let is_too_much = gross > i128::from(BASKET_GROSS_MAX);
    is_too_much.then(|| format!("expected a basket of at most {BASKET_GROSS_MAX} in all"))
}

impl Read for Line {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let line_id = object.required("line_id");
        let product = object.required("product");
        let quantity = object.required::<Quantity>("quantity");
        let price = price(&object, place);
        let passenger = object.or("for", LineFor::Holder);
        let context = object.or("context", Context::default());
        object.close();
        Some(Self {
            line_id: line_id?,
            product: product?,
            quantity: quantity?.0,
            price: price?,
            passenger: passenger?,
            context: context?,
        })
    }
}

/// One of both ways to say what a line costs.
fn price(object: &Object<'_>, place: &Place<'_>) -> Option<Price> {
    let (of_unit, whole) = (object.optional::<Amount>("unit_price"), object.optional::<Amount>("price"));
    match (of_unit?, whole?) {
        (Some(amount), None) => Some(Price::OfUnit(amount.0)),
        (None, Some(amount)) => Some(Price::Whole(amount.0)),
        (None, None) => place.field("unit_price").fault("expected this or `price`"),
        (Some(_), Some(_)) => place.field("price").fault("expected this or `unit_price`, never both"),
    }
}

impl Read for Presented {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (scheme, text) = (object.required("scheme"), object.required("value"));
        object.close_unnamed();
        Some(Self { scheme: scheme?, value: text? })
    }
}

impl Read for Mode {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("sale", Self::Sale), ("hold", Self::Hold)])
    }
}

impl Read for LineFor {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("holder", Self::Holder), ("companion", Self::Companion)])
    }
}

impl Read for Uuid {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let text = value.as_str().unwrap_or_default();
        let id = if text.len() == uuid::fmt::Hyphenated::LENGTH { Self::try_parse(text).ok() } else { None };
        id.or_else(|| place.fault("expected a UUID such as `0190f6a2-7c1e-7d3a-9b52-6f0c8e4d2a11`"))
    }
}

/// An amount of whole minor units, zero or more.
pub(crate) struct Amount(pub(crate) i64);

impl Read for Amount {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        whole(value, place, 0, AMOUNT_MAX).map(Self)
    }
}

struct Quantity(i64);

impl Read for Quantity {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        whole(value, place, 1, QUANTITY_MAX).map(Self)
    }
}

struct Revision(u64);

impl Read for Revision {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        value.as_u64().map(Self).or_else(|| place.fault("expected a whole number of zero or more"))
    }
}
