//! What an adapter reads of the rows that were asked for, and how it becomes a posting.

use std::sync::Arc;

use avis_core::movement::{Cause, Direction, Movement, MovementKind};
use avis_core::settlement::{MovementId, PostedMovement, Stake};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use super::{Authorizations, Between, Borne, Dating, Place, Posting, Wanted};
use crate::movements::{Cursor, MovementsError, UnreadableMovement};

/// Which rows an adapter selects of the authorizations of a provider.
#[derive(Clone, Debug)]
pub(crate) enum Selection<'a> {
    /// Those with movements of natural dates from one until another, in days since 1970, or that are sealed after a cursor or not at
    /// all.
    Counting { from: i64, until: i64, after: Option<Cursor> },
    /// By their ids.
    Ids(&'a [Uuid]),
    /// By requests.
    Requests(&'a [Uuid]),
    /// Of a holder.
    Holder(&'a str),
    /// With something that is sealed between cursors.
    Sealed(Between<'a>),
}

impl<'a> Selection<'a> {
    pub(crate) fn of(wanted: &Wanted<'a>) -> Self {
        match wanted.of {
            // What counts on a day took place on it, or was sealed after the close of the day before it.
            Authorizations::OfDays(from, until) => {
                Self::Counting { from: days(from), until: days(until), after: wanted.closed.sealed_before(from) }
            }
            Authorizations::Of(ids) => Self::Ids(ids),
            Authorizations::OfRequests(ids) => Self::Requests(ids),
            Authorizations::OfHolder(holder) => Self::Holder(holder),
            Authorizations::Sealed(between) => Self::Sealed(between),
        }
    }
}

/// Days since 1970; those before the year 1 are as good as that.
pub(crate) fn days(date: Date) -> i64 {
    let date = date.max(Date::constant(1, 1, 1));
    Date::constant(1970, 1, 1).until(date).map_or(i64::MAX, |span| span.get_days().into())
}

/// A row that was selected. Instants are microseconds since 1970, dates are days since 1970.
pub(crate) struct Selected {
    pub(crate) authorization: Uuid,
    pub(crate) number: i64,
    pub(crate) event: i64,
    pub(crate) kind: String,
    pub(crate) direction: String,
    pub(crate) terminal: String,
    pub(crate) request_id: Uuid,
    pub(crate) original_request_id: Option<Uuid>,
    pub(crate) occurred_at: i64,
    pub(crate) recorded_at: i64,
    pub(crate) natural_date: i64,
    pub(crate) authorized_on: i64,
    pub(crate) amounts: [i64; 3],
    pub(crate) lane: i64,
    /// None of what is not sealed yet.
    pub(crate) position: Option<i64>,
    pub(crate) holder: Option<String>,
    pub(crate) territory: Option<String>,
    /// None where there is no entry.
    pub(crate) entry: Option<SelectedEntry>,
}

/// The columns of an entry.
pub(crate) struct SelectedEntry {
    pub(crate) benefit: String,
    pub(crate) version: i64,
    pub(crate) grantor: Option<String>,
    pub(crate) payer: String,
    pub(crate) cause: String,
    pub(crate) units: i64,
    pub(crate) amount: i64,
    pub(crate) product: String,
    pub(crate) place: i64,
}

impl Selected {
    pub(crate) fn posting(self, provider: &Arc<str>, dating: &mut Dating<'_>) -> Result<Posting, MovementsError> {
        let (authorization, number) = (self.authorization, self.number);
        let unreadable = |column| UnreadableMovement { authorization, number, column };
        let date = |days: i64, column| {
            let span = i32::try_from(days).ok().map(ToSpan::days);
            span.and_then(|span| Date::constant(1970, 1, 1).checked_add(span).ok()).ok_or(unreadable(column))
        };
        let instant = |micros, column| Timestamp::from_microsecond(micros).map_err(|_| unreadable(column));
        let sealed = match self.position {
            Some(position) => Some((
                u16::try_from(self.lane).map_err(|_| unreadable("lane"))?,
                u64::try_from(position).map_err(|_| unreadable("position"))?,
            )),
            None => None,
        };
        let natural_date = date(self.natural_date, "natural_date")?;
        let (first, business_date) =
            dating.date(natural_date, &Place { authorization, event: self.event, sealed }, &self.terminal);
        let [gross, discount, payable] = self.amounts;
        let kind = MovementKind::of_word(&self.kind).ok_or(unreadable("kind"))?;
        let direction = Direction::of_word(&self.direction).ok_or(unreadable("direction"))?;
        let movement = PostedMovement {
            id: MovementId { authorization, number },
            request_id: self.request_id,
            original_request_id: self.original_request_id,
            provider: provider.clone(),
            terminal: self.terminal.into(),
            occurred_at: instant(self.occurred_at, "occurred_at")?,
            recorded_at: instant(self.recorded_at, "recorded_at")?,
            authorized_on: date(self.authorized_on, "authorized_on")?,
            natural_date,
            business_date,
            moved: Movement { kind, direction, gross, discount, payable, lines: Vec::new() },
        };
        let borne = self.entry.map(SelectedEntry::borne).transpose().map_err(unreadable)?;
        let (holder, territory) = (self.holder.map(Arc::from), self.territory.map(Arc::from));
        Ok(Posting { movement, first, holder, territory, sealed, borne })
    }
}

impl SelectedEntry {
    /// The entry, or the column that can't be read.
    fn borne(self) -> Result<Borne, &'static str> {
        let cause = Cause::of_word(&self.cause).ok_or("cause")?;
        let stake = Stake {
            benefit: self.benefit.into(),
            version: self.version,
            benefit_grantor: self.grantor.map(Into::into),
            payer: self.payer.into(),
            cause: cause.word(),
        };
        Ok(Borne {
            stake,
            product: self.product.into(),
            is_first: self.place == 1,
            units: self.units,
            amount: self.amount,
        })
    }
}
