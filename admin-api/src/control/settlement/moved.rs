//! The sales of which a finding is, as somebody looks for them in a till's own records.

use avis_core::movement::{Direction, MovementKind};
use avis_core::settlement::{MovementId, PostedMovement};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::opened::KINDS;
use crate::control::shape::{Field, Kind, needed};

/// Of how many movements a finding tells more than their ids.
pub(super) const MOVED_MAX: usize = 20;

const AMOUNT: Kind = Kind::Whole(i64::MIN, i64::MAX);

/// A movement of a finding. Amounts are minor units.
pub(super) const SHOWN: &[Field] = &[
    needed("movement", Kind::Token(1, 60)),
    needed("authorization", Kind::Id),
    needed("kind", KINDS),
    needed("direction", Kind::Word(&["sale", "return"])),
    needed("terminal", Kind::Token(0, 200)),
    needed("occurred_at", Kind::Instant),
    needed("gross", AMOUNT),
    needed("discount", AMOUNT),
    needed("payable", AMOUNT),
];

/// As it is kept and shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Moved {
    movement: String,
    authorization: Uuid,
    kind: String,
    direction: String,
    terminal: String,
    occurred_at: Timestamp,
    gross: i64,
    discount: i64,
    payable: i64,
}

impl Moved {
    /// The first of some movements by their ids, among all of them in the order of ids.
    pub(super) fn of(ids: &[String], among: &[PostedMovement]) -> Vec<Self> {
        let found = ids.iter().take(MOVED_MAX).filter_map(|id| {
            let (authorization, number) = id.split_once('/')?;
            let id = MovementId { authorization: authorization.parse().ok()?, number: number.parse().ok()? };
            among.get(among.binary_search_by_key(&id, |movement| movement.id).ok()?)
        });
        found.map(Self::one).collect()
    }

    fn one(movement: &PostedMovement) -> Self {
        let PostedMovement { id, terminal, occurred_at, moved, .. } = movement;
        Self {
            movement: id.to_string(),
            authorization: id.authorization,
            kind: MovementKind::word(moved.kind).to_owned(),
            direction: Direction::word(moved.direction).to_owned(),
            terminal: terminal.to_string(),
            occurred_at: *occurred_at,
            gross: moved.gross,
            discount: moved.discount,
            payable: moved.payable,
        }
    }
}
