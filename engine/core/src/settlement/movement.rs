//! Movements as an export writes them, one JSON object a line (settlement 1.1).

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use crate::fault::Faults;
use crate::limits::{LINES_MAX, MOVEMENT_BYTES_MAX};
use crate::movement::{Cause, Direction, Entry, MovedDiscount, MovedLine, Movement, MovementKind};
use crate::read::{self, Object, Place, Read, word};

/// Which movement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MovementId {
    /// Of which authorization.
    pub authorization: Uuid,
    /// Counts the movements of the authorization from 1.
    pub number: i64,
}

impl fmt::Display for MovementId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.authorization, self.number)
    }
}

/// A movement with where, when and by which request it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostedMovement {
    /// Which one it is.
    pub id: MovementId,
    /// The request that moved it.
    pub request_id: Uuid,
    /// What a reversal undid.
    pub original_request_id: Option<Uuid>,
    /// Who sold.
    pub provider: Arc<str>,
    /// The terminal that sent the request.
    pub terminal: Arc<str>,
    /// When it took place.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The provider's day on which its authorization took place.
    pub authorized_on: Date,
    /// The provider's day on which it took place.
    pub natural_date: Date,
    /// The provider's day on which it counts.
    pub business_date: Date,
    /// What moved.
    pub moved: Movement,
}

impl PostedMovement {
    /// Reads a line of an export.
    ///
    /// # Errors
    /// Every field that is not as expected; amounts that don't add up.
    pub fn from_json(line: &[u8]) -> Result<Self, Faults> {
        if line.len() > MOVEMENT_BYTES_MAX {
            return Err(Faults::of_document(format!("expected at most {MOVEMENT_BYTES_MAX} bytes in a line")));
        }
        read::document(line)
    }

    /// Whether it counts on a later day than that on which it took place.
    pub fn is_late(&self) -> bool {
        self.business_date > self.natural_date
    }
}

impl Read for MovementId {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let parts = value.as_str().and_then(|text| text.split_once('/'));
        let id = parts.and_then(|(authorization, number)| {
            Some(Self { authorization: authorization.parse().ok()?, number: number.parse().ok()? })
        });
        id.filter(|id| id.number >= 1)
            .or_else(|| place.fault("expected the id of an authorization, `/` and a number from 1"))
    }
}

impl Read for PostedMovement {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (id, authorization) =
            (object.required::<MovementId>("movement"), object.required::<Uuid>("authorization_id"));
        let (request_id, original) = (object.required("request_id"), object.optional("original_request_id"));
        let (provider, terminal) = (object.required("provider"), object.required("terminal"));
        let (occurred_at, recorded_at) = (object.required("occurred_at"), object.required("recorded_at"));
        let dates = ["authorized_on", "natural_date", "business_date"].map(|name| object.required::<Date>(name));
        let is_late = object.required::<bool>("late");
        let moved = read_moved(&object);
        object.close();
        let (id, [authorized_on, natural_date, business_date]) = (id?, dates);
        let read = Self {
            id,
            request_id: request_id?,
            original_request_id: original?,
            provider: provider?,
            terminal: terminal?,
            occurred_at: occurred_at?,
            recorded_at: recorded_at?,
            authorized_on: authorized_on?,
            natural_date: natural_date?,
            business_date: business_date?,
            moved: moved?,
        };
        if authorization? != id.authorization {
            return place.field("authorization_id").fault("expected the authorization that `movement` names");
        }
        if is_late? != read.is_late() || read.business_date < read.natural_date {
            return place.field("business_date").fault("expected `natural_date`, or a later date if `late`");
        }
        adds_up(&read.moved, place)?;
        Some(read)
    }
}

fn read_moved(object: &Object<'_>) -> Option<Movement> {
    let (kind, direction) = (object.required("kind"), object.required("direction"));
    let [gross, discount, payable] = ["gross", "discount", "payable"].map(|name| amount(object, name));
    let lines = object.list("lines", LINES_MAX);
    Some(Movement {
        kind: kind?,
        direction: direction?,
        gross: gross?,
        discount: discount?,
        payable: payable?,
        lines: lines?,
    })
}

/// An amount of minor units that may be negative.
fn amount(object: &Object<'_>, name: &'static str) -> Option<i64> {
    const MOST: i64 = crate::limits::FILE_AMOUNT_MAX;
    object.bounded(name, -MOST, MOST)
}

/// Entries sum to their discount, discounts and payable to their line, lines to the movement.
fn adds_up(moved: &Movement, place: &Place<'_>) -> Option<()> {
    let sum = |amounts: &mut dyn Iterator<Item = i64>| amounts.map(i128::from).sum::<i128>();
    let lines = place.field("lines");
    for (index, line) in moved.lines.iter().enumerate() {
        let discounts = sum(&mut line.discounts.iter().map(|discount| discount.amount));
        let entries = line.discounts.iter().flat_map(|discount| &discount.entries);
        let is_whole = sum(&mut entries.map(|entry| entry.amount)) == discounts
            && discounts + i128::from(line.payable) == i128::from(line.gross);
        if !is_whole {
            return lines
                .item(index)
                .fault("expected entries that add up to discounts, and discounts and payable to gross");
        }
    }
    let of_lines = |amount: fn(&MovedLine) -> i64| sum(&mut moved.lines.iter().map(amount));
    let is_whole = of_lines(|line| line.gross) == i128::from(moved.gross)
        && of_lines(|line| line.payable) == i128::from(moved.payable)
        && i128::from(moved.discount) == i128::from(moved.gross) - i128::from(moved.payable);
    if is_whole { Some(()) } else { place.fault("expected the sums of its lines") }
}

impl Read for MovementKind {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &Self::ALL.map(|kind| (kind.word(), kind)))
    }
}

impl Read for Direction {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &Self::ALL.map(|direction| (direction.word(), direction)))
    }
}

impl Read for Cause {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &Self::ALL.map(|cause| (cause.word(), cause)))
    }
}

impl Read for MovedLine {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (line_id, product) = (object.required("line_id"), object.required("product"));
        let [units, gross, payable] = ["units", "gross", "payable"].map(|name| amount(&object, name));
        let discounts = object.list("discounts", crate::limits::RULE_LIST_MAX);
        object.close();
        Some(Self {
            line_id: line_id?,
            product: product?,
            units: units?,
            gross: gross?,
            payable: payable?,
            discounts: discounts?,
        })
    }
}

impl Read for MovedDiscount {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (benefit, version) = (object.required("benefit"), object.bounded("version", 0, i64::MAX));
        let (grantor, entries) =
            (object.optional("grantor"), object.list::<Entry>("entries", crate::limits::RULE_LIST_MAX));
        let [units, amount] = ["units", "amount"].map(|name| amount(&object, name));
        object.close();
        let read = Self {
            benefit: benefit?,
            version: version?,
            grantor: grantor?,
            units: units?,
            amount: amount?,
            entries: entries?,
        };
        let entries: i128 = read.entries.iter().map(|entry| i128::from(entry.amount)).sum();
        if entries != i128::from(read.amount) {
            return place.fault("expected the sum of its entries");
        }
        let mut borne = HashSet::new();
        if !read.entries.iter().all(|entry| borne.insert((&entry.payer, entry.cause.word()))) {
            return place.field("entries").fault("expected one entry for a payer and a cause");
        }
        Some(read)
    }
}

impl Read for Entry {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (payer, cause, amount) = (object.required("payer"), object.required("cause"), amount(&object, "amount"));
        object.close();
        let amount = amount?;
        if amount == 0 {
            return place.field("amount").fault("expected an amount that is not zero");
        }
        Some(Self { payer: payer?, cause: cause?, amount })
    }
}
