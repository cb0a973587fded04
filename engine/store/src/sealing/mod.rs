//! Seals over what the ledger appended: a keyed chain for each lane, made after the commit, off the till's path.
//!
//! What one request appended to one authorization is a unit: the record as it was opened, or an event of its history, each with
//! what moved by it. In its own transaction a unit is queued as unsealed. A sealer takes committed units of a lane, gives each the
//! next position of the lane and a link over its rows and the link before, and takes it from the queue. A unit that is committed
//! later gets a later position, so nothing can hide behind the order in which transactions began.
//!
//! A seal tells a change of what was sealed. It does not keep who can write all rows from having a whole lane sealed anew by queueing
//! its units again: what moved is therefore compared with its record, too (`following.rs`), and who needs more keeps copies elsewhere.
//! No seal covers what was answered under a request id, what was used, and what is listed as over-granted.

mod following;
mod points;
pub(crate) mod strays;
mod verification;

use avis_core::{DerivedKey, IdentifierSecret};
use uuid::Uuid;

use crate::chain::{FIRST, Link, Parts};
use crate::movements::StoredMovement;

pub(crate) use following::Standing;
pub(crate) use points::PointsRow;
pub(crate) use verification::Verifier;
pub use verification::{BrokenSeal, Verification};

/// The version of what a link covers: it stands in every link, so that a later one can cover more.
const VERSION: u8 = 1;

/// The key of seals, derived from the identifiers' secret: who can write the rows alone can't make a link.
#[derive(Clone, Debug)]
pub struct SealKey(DerivedKey);

impl SealKey {
    /// The key of all seals that are made under a secret.
    pub fn new(secret: &IdentifierSecret) -> Self {
        Self(secret.derived("avis seal of the ledger"))
    }
}

/// What one request appended to an authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Unit {
    pub(crate) authorization: Uuid,
    /// The number of the event; 0 is the record as it was opened.
    pub(crate) event: i64,
}

/// The rows of a unit. Instants are microseconds since 1970.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) opened: Option<Opened>,
    pub(crate) event: Option<Event>,
    /// One at most, unless somebody added to it.
    pub(crate) movements: Vec<StoredMovement>,
    /// What it posted to accounts of points, by programme, account, number and place.
    pub(crate) points: Vec<PointsRow>,
}

/// What never changes in the row of a record.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) provider: String,
    /// Kept as columns on PostgreSQL alone.
    pub(crate) columns: Option<OpenedColumns>,
    pub(crate) recorded_at: i64,
    pub(crate) hold_ms: Option<i64>,
    pub(crate) record: String,
    pub(crate) reading: String,
}

/// Columns that stand in the record, too.
#[derive(Clone, Debug)]
pub(crate) struct OpenedColumns {
    pub(crate) lane: i64,
    pub(crate) request_id: Uuid,
    pub(crate) occurred_at: i64,
}

/// A row of the history.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) recorded_at: i64,
    pub(crate) content: String,
}

/// The newest seal of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaneHead {
    pub(crate) lane: u16,
    pub(crate) position: u64,
    pub(crate) link: Link,
}

/// A seal over a unit.
#[derive(Clone, Debug)]
pub(crate) struct Seal {
    pub(crate) position: u64,
    pub(crate) unit: Unit,
    pub(crate) link: Link,
    /// None where nothing moved.
    pub(crate) moved: Option<Moved>,
    /// Of a unit whose person was erased since: over what was left of it.
    pub(crate) left: Option<Link>,
}

/// What is kept with a seal of the movement of its unit, so that what counts late is found by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) provider: String,
    /// Days since 1970.
    pub(crate) natural_date: i64,
}

impl LaneHead {
    /// A lane in which nothing is sealed yet.
    pub(crate) fn first(lane: u16) -> Self {
        Self { lane, position: 0, link: FIRST }
    }

    /// Seals the next unit of the lane.
    pub(crate) fn seal(&mut self, unit: Unit, content: &Content, key: &SealKey) -> Seal {
        self.position += 1;
        self.link = link(self, unit, content, key);
        Seal { position: self.position, unit, link: self.link, moved: content.moved(), left: None }
    }
}

/// The link of a unit at the position of a head that still has the link before.
fn link(head: &LaneHead, unit: Unit, content: &Content, key: &SealKey) -> Link {
    let mut parts = Parts::keyed(&key.0);
    parts.add(&[VERSION]);
    parts.add(&head.link);
    parts.add(&head.lane.to_le_bytes());
    parts.add(&head.position.to_le_bytes());
    parts.add(unit.authorization.as_bytes());
    parts.add(&unit.event.to_le_bytes());
    content.add_to(&mut parts);
    parts.link()
}

impl Seal {
    /// Whether the rows of its unit are as they were sealed, behind a head that has the link before it; or as an erasure left them.
    pub(crate) fn covers(&self, before: &LaneHead, content: &Content, key: &SealKey) -> bool {
        let is_covered = match self.left {
            Some(left) => left == self.over_what_is_left(before.lane, content, key),
            None => {
                let head = LaneHead { position: self.position, ..*before };
                link(&head, self.unit, content, key) == self.link
            }
        };
        is_covered && content.moved() == self.moved
    }

    /// A link over what an erasure leaves of the unit. The seal's own stands in the chain as before.
    pub(crate) fn over_what_is_left(&self, lane: u16, content: &Content, key: &SealKey) -> Link {
        let mut parts = Parts::keyed(&key.0);
        parts.add(b"left by an erasure");
        parts.add(&lane.to_le_bytes());
        parts.add(&self.position.to_le_bytes());
        parts.add(&self.link);
        parts.add(self.unit.authorization.as_bytes());
        parts.add(&self.unit.event.to_le_bytes());
        content.add_to(&mut parts);
        parts.link()
    }
}

/// Adds whole numbers to a list of parts.
fn add_numbers(parts: &mut Parts, numbers: &[i64]) {
    numbers.iter().for_each(|number| parts.add(&number.to_le_bytes()));
}

impl Content {
    /// What a seal keeps of what moved.
    fn moved(&self) -> Option<Moved> {
        let row = &self.movements.first()?.row;
        Some(Moved { provider: row.provider.clone(), natural_date: row.natural_date })
    }

    fn add_to(&self, parts: &mut Parts) {
        parts.add(&[u8::from(self.opened.is_some()), u8::from(self.event.is_some())]);
        if let Some(opened) = &self.opened {
            opened.add_to(parts);
        }
        if let Some(event) = &self.event {
            add_numbers(parts, &[event.recorded_at]);
            parts.add(event.content.as_bytes());
        }
        parts.add(&(self.movements.len() as u64).to_le_bytes());
        self.movements.iter().for_each(|movement| add_movement(movement, parts));
        // What posted nothing is sealed as it was before there were points.
        if !self.points.is_empty() {
            parts.add(&(self.points.len() as u64).to_le_bytes());
            self.points.iter().for_each(|row| row.add_to(parts));
        }
    }
}

impl Opened {
    fn add_to(&self, parts: &mut Parts) {
        parts.add(self.provider.as_bytes());
        parts.add(&[u8::from(self.columns.is_some())]);
        if let Some(OpenedColumns { lane, request_id, occurred_at }) = &self.columns {
            add_numbers(parts, &[*lane, *occurred_at]);
            parts.add(request_id.as_bytes());
        }
        add_numbers(parts, &[self.recorded_at]);
        parts.add_optional(self.hold_ms.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
        parts.add(self.record.as_bytes());
        parts.add(self.reading.as_bytes());
    }
}

/// Adds every column of a movement, its lines and entries.
fn add_movement(movement: &StoredMovement, parts: &mut Parts) {
    let row = &movement.row;
    add_numbers(parts, &[row.number, row.event, row.lane, row.occurred_at, row.recorded_at]);
    add_numbers(parts, &[row.natural_date, row.authorized_on, row.gross, row.discount, row.payable]);
    [&row.kind, &row.direction, &row.provider, &row.terminal].iter().for_each(|text| parts.add(text.as_bytes()));
    parts.add(row.request_id.as_bytes());
    parts.add_optional(row.original_request_id.as_ref().map(|id| id.as_bytes().as_slice()));
    parts.add_optional(row.holder.as_deref().map(str::as_bytes));
    // What has none is sealed as it was before there were territories.
    parts.add_named("territory", row.territory.as_deref().map(str::as_bytes));
    parts.add(&(movement.lines.len() as u64).to_le_bytes());
    for line in &movement.lines {
        add_numbers(parts, &[line.line, line.units, line.gross, line.payable]);
        [&line.line_id, &line.product].iter().for_each(|text| parts.add(text.as_bytes()));
    }
    parts.add(&(movement.entries.len() as u64).to_le_bytes());
    for entry in &movement.entries {
        add_numbers(parts, &[entry.line, entry.discount, entry.place, entry.date]);
        add_numbers(parts, &[entry.version, entry.units, entry.amount]);
        let texts = [&entry.provider, &entry.line_id, &entry.product, &entry.benefit, &entry.cause];
        texts.iter().for_each(|text| parts.add(text.as_bytes()));
        [&entry.grantor, &entry.payer].iter().for_each(|text| parts.add_optional(text.as_deref().map(str::as_bytes)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movements::{EntryRow, LineRow, MovementRow};

    fn hex(link: &Link) -> String {
        link.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn movement(authorization: Uuid) -> StoredMovement {
        let row = MovementRow {
            authorization,
            number: 1,
            event: 0,
            lane: 3,
            kind: "sale".into(),
            direction: "sale".into(),
            provider: "bus".into(),
            terminal: "desk".into(),
            request_id: Uuid::from_u128(7),
            original_request_id: None,
            holder: Some("h-1".into()),
            occurred_at: 1_000_000,
            recorded_at: 2_000_000,
            natural_date: 20_000,
            authorized_on: 20_000,
            gross: 100,
            discount: 50,
            payable: 50,
            territory: None,
            position: None,
        };
        let line = LineRow { line: 1, line_id: "1".into(), product: "p".into(), units: 1, gross: 100, payable: 50 };
        let entry = EntryRow {
            line: 1,
            discount: 1,
            place: 1,
            provider: "bus".into(),
            date: 20_000,
            line_id: "1".into(),
            product: "p".into(),
            benefit: "b".into(),
            version: 1,
            grantor: Some("g".into()),
            payer: Some("g".into()),
            cause: String::new(),
            units: 1,
            amount: 50,
        };
        StoredMovement { row, lines: vec![line], entries: vec![entry] }
    }

    /// Programs of two ages verify one ledger: these links are a promise between them.
    #[test]
    fn the_links_are_these_bytes() {
        let key = SealKey::new(&IdentifierSecret::new([1; 32]));
        let authorization = Uuid::from_u128(9);
        let opened = Opened {
            provider: "bus".into(),
            columns: Some(OpenedColumns { lane: 3, request_id: Uuid::from_u128(7), occurred_at: 1_000_000 }),
            recorded_at: 2_000_000,
            hold_ms: None,
            record: "{}".into(),
            reading: "[]".into(),
        };
        let sold =
            Content { opened: Some(opened), event: None, movements: vec![movement(authorization)], points: Vec::new() };
        let mut head = LaneHead::first(3);
        let first = head.seal(Unit { authorization, event: 0 }, &sold, &key);
        assert_eq!(
            (first.position, hex(&first.link).as_str()),
            (1, "8cbd7da715bd85438b7e9e918cab24f1e3ff2e97b7957c9dcafe72d544f4b7ae")
        );
        let event = Event { recorded_at: 3_000_000, content: "{}".into() };
        let refused = Content { opened: None, event: Some(event), movements: Vec::new(), points: Vec::new() };
        let second = head.seal(Unit { authorization, event: 1 }, &refused, &key);
        assert_eq!(
            (second.position, hex(&second.link).as_str()),
            (2, "a8c8d8d0f330c319fcde034428c242b71cc6b394bb8692cae7a6f42e017a738c")
        );
        assert_eq!((head.position, head.link), (2, second.link));
    }
}
