//! A movement as its rows say it.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use crate::reports::Place;
use crate::sealing::Unit;

/// A movement with its lines and entries, as they stand in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMovement {
    pub(crate) row: MovementRow,
    pub(crate) lines: Vec<LineRow>,
    pub(crate) entries: Vec<EntryRow>,
}

/// Why a movement can't be read.
#[derive(Debug, thiserror::Error)]
#[error("movement {authorization}/{number}: its {column} can't be read")]
pub struct UnreadableMovement {
    /// Of which authorization.
    pub authorization: Uuid,
    /// Which movement of it.
    pub number: i64,
    /// The column.
    pub column: &'static str,
}

/// A row of `movement`. Instants are microseconds since 1970, dates are days since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MovementRow {
    pub(crate) authorization: Uuid,
    pub(crate) number: i64,
    pub(crate) event: i64,
    pub(crate) lane: i64,
    pub(crate) kind: String,
    pub(crate) direction: String,
    pub(crate) provider: String,
    pub(crate) terminal: String,
    pub(crate) request_id: Uuid,
    pub(crate) original_request_id: Option<Uuid>,
    pub(crate) holder: Option<String>,
    pub(crate) occurred_at: i64,
    pub(crate) recorded_at: i64,
    pub(crate) natural_date: i64,
    pub(crate) authorized_on: i64,
    pub(crate) gross: i64,
    pub(crate) discount: i64,
    pub(crate) payable: i64,
    pub(crate) territory: Option<String>,
    /// Where its unit was sealed in its lane, none while it waits; no column.
    pub(crate) position: Option<i64>,
}

/// A row of `movement_line`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineRow {
    pub(crate) line: i64,
    pub(crate) line_id: String,
    pub(crate) product: String,
    pub(crate) units: i64,
    pub(crate) gross: i64,
    pub(crate) payable: i64,
}

/// A row of `entry`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryRow {
    pub(crate) line: i64,
    pub(crate) discount: i64,
    pub(crate) place: i64,
    pub(crate) provider: String,
    pub(crate) date: i64,
    pub(crate) line_id: String,
    pub(crate) product: String,
    pub(crate) benefit: String,
    pub(crate) version: i64,
    pub(crate) grantor: Option<String>,
    pub(crate) payer: Option<String>,
    pub(crate) cause: String,
    pub(crate) units: i64,
    pub(crate) amount: i64,
}

impl StoredMovement {
    /// The authorization of which something moved.
    pub fn authorization(&self) -> Uuid {
        self.row.authorization
    }

    /// Counts the movements of the authorization from 1.
    pub fn number(&self) -> i64 {
        self.row.number
    }

    /// The request that moved it.
    pub fn request_id(&self) -> Uuid {
        self.row.request_id
    }

    /// The provider's day on which it took place.
    ///
    /// # Errors
    /// A day that is no date.
    pub fn natural_date(&self) -> Result<Date, UnreadableMovement> {
        self.date(self.row.natural_date, "natural_date")
    }

    /// The provider's day on which its authorization took place.
    ///
    /// # Errors
    /// A day that is no date.
    pub fn authorized_on(&self) -> Result<Date, UnreadableMovement> {
        self.date(self.row.authorized_on, "authorized_on")
    }

    /// What of it concerns a grantor: entries that it pays, and those of its benefits. What was paid beside them is not told, so that the
    /// gross is what they come to.
    #[must_use]
    pub fn part_of(mut self, grantor: &str) -> Self {
        let is_own = |code: &Option<String>| code.as_deref() == Some(grantor);
        self.entries.retain(|entry| is_own(&entry.grantor) || is_own(&entry.payer));
        for line in &mut self.lines {
            let of_line = self.entries.iter().filter(|entry| entry.line == line.line);
            (line.gross, line.payable) = (of_line.map(|entry| entry.amount).sum(), 0);
        }
        self.lines.retain(|line| self.entries.iter().any(|entry| entry.line == line.line));
        let sum = self.lines.iter().map(|line| line.gross).sum();
        (self.row.gross, self.row.discount, self.row.payable) = (sum, sum, 0);
        self
    }

    /// Where it stands among what closes of days took.
    pub(crate) fn place(&self) -> Result<Place, UnreadableMovement> {
        let lane = u16::try_from(self.row.lane).map_err(|_| self.unreadable("lane"))?;
        let position = self.row.position.map(u64::try_from).transpose().map_err(|_| self.unreadable("position"))?;
        Ok(Place { authorization: self.row.authorization, event: self.row.event, lane, position })
    }

    /// The unit of the ledger by which it moved.
    pub(crate) fn unit(&self) -> Unit {
        Unit { authorization: self.row.authorization, event: self.row.event }
    }

    pub(super) fn occurred_at(&self) -> Result<Timestamp, UnreadableMovement> {
        self.instant(self.row.occurred_at, "occurred_at")
    }

    pub(super) fn recorded_at(&self) -> Result<Timestamp, UnreadableMovement> {
        self.instant(self.row.recorded_at, "recorded_at")
    }

    fn date(&self, days: i64, column: &'static str) -> Result<Date, UnreadableMovement> {
        let span = i32::try_from(days).ok().map(ToSpan::days);
        span.and_then(|span| Date::constant(1970, 1, 1).checked_add(span).ok()).ok_or(self.unreadable(column))
    }

    fn instant(&self, micros: i64, column: &'static str) -> Result<Timestamp, UnreadableMovement> {
        Timestamp::from_microsecond(micros).map_err(|_| self.unreadable(column))
    }

    fn unreadable(&self, column: &'static str) -> UnreadableMovement {
        UnreadableMovement { authorization: self.row.authorization, number: self.row.number, column }
    }
}
