//! What an adapter reads of the rows that were asked for, and how it becomes a posting.

use std::collections::HashSet;
use std::sync::Arc;

use avis_core::movement::{Cause, Direction, Movement, MovementKind};
use avis_core::settlement::{MovementId, PostedMovement, Stake};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use super::{Authorizations, Between, Borne, Column, Dating, Entries, Place, Posting, Wanted};
use crate::movements::{Cursor, MovementsError, UnreadableMovement};

/// Which rows an adapter selects of the authorizations of a provider.
#[derive(Clone, Debug)]
pub(crate) enum Selection<'a> {
    /// Those with movements of natural dates from one until another, in days since 1970, or with earlier ones that are sealed after a
    /// cursor, or not sealed at all; where a grantor's entries are asked for, of the first those with such.
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
            // What counts on a day took place on it, or before and was sealed after the close of the day before it.
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

/// The day from which days are counted.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days since 1970; those before the year 1 are as good as that.
pub(crate) fn days(date: Date) -> i64 {
    let date = date.max(Date::constant(1, 1, 1));
    EPOCH.until(date).map_or(i64::MAX, |span| span.get_days().into())
}

/// A selected row as a driver gives it, column by column. Instants are microseconds since 1970, dates are days since 1970.
pub(crate) trait SelectedRow {
    fn known_id(&self, column: Column) -> Result<Option<Uuid>, MovementsError>;
    fn known_text(&self, column: Column) -> Result<Option<&str>, MovementsError>;
    fn known_number(&self, column: Column) -> Result<Option<i64>, MovementsError>;
    fn instant(&self, column: Column) -> Result<i64, MovementsError>;

    fn id(&self, column: Column) -> Result<Uuid, MovementsError> {
        self.known_id(column)?.ok_or_else(|| empty(column))
    }

    fn text(&self, column: Column) -> Result<&str, MovementsError> {
        self.known_text(column)?.ok_or_else(|| empty(column))
    }

    fn number(&self, column: Column) -> Result<i64, MovementsError> {
        self.known_number(column)?.ok_or_else(|| empty(column))
    }
}

fn empty(column: Column) -> MovementsError {
    MovementsError::failed(format!("`{}` of a movement is empty", column.name()))
}

/// Texts that are kept at a time, so that each is in memory once.
const TEXTS_MAX: usize = 10_000;

/// Makes postings of the selected rows of a provider, authorization by authorization.
pub(crate) struct Postings<'c> {
    provider: Arc<str>,
    has_entries: bool,
    dating: Dating<'c>,
    texts: HashSet<Arc<str>>,
    /// The date that was made last, with its days since 1970.
    last: (i64, Date),
}

impl<'c> Postings<'c> {
    /// Of a snapshot that may lag behind closes, with how far it is sealed.
    pub(crate) fn of(wanted: &Wanted<'c>, newest: Option<Cursor>) -> Self {
        Self {
            provider: wanted.provider.into(),
            has_entries: !matches!(wanted.entries, Entries::None),
            dating: Dating::by(wanted.closed, newest),
            texts: HashSet::new(),
            last: (0, EPOCH),
        }
    }

    /// The posting of the next row.
    pub(crate) fn next(&mut self, row: &impl SelectedRow) -> Result<Posting, MovementsError> {
        let (authorization, number, event) =
            (row.id(Column::Authorization)?, row.number(Column::Number)?, row.number(Column::Event)?);
        let unreadable = |column: Column| UnreadableMovement { authorization, number, column: column.name() };
        let terminal = self.kept(row.text(Column::Terminal)?);
        let instant = |column| {
            let at = Timestamp::from_microsecond(row.instant(column)?);
            at.map_err(|_| MovementsError::from(unreadable(column)))
        };
        let natural_date = self.date(row.number(Column::NaturalDate)?).ok_or(unreadable(Column::NaturalDate))?;
        let (lane, position) = (lane(row, unreadable)?, position(row, unreadable)?);
        let (first, business_date) =
            self.dating.date(natural_date, &Place { authorization, event, lane, position }, &terminal);
        let movement = PostedMovement {
            id: MovementId { authorization, number },
            request_id: row.id(Column::Request)?,
            original_request_id: row.known_id(Column::OriginalRequest)?,
            provider: self.provider.clone(),
            terminal,
            occurred_at: instant(Column::OccurredAt)?,
            recorded_at: instant(Column::RecordedAt)?,
            authorized_on: self.date(row.number(Column::AuthorizedOn)?).ok_or(unreadable(Column::AuthorizedOn))?,
            natural_date,
            business_date,
            moved: moved(row, unreadable)?,
        };
        let sealed = position.map(|position| (lane, position));
        let mut posting = Posting { movement, first, holder: None, territory: None, sealed, borne: None };
        if self.has_entries {
            posting.holder = row.known_text(Column::Holder)?.map(Arc::from);
            posting.territory = row.known_text(Column::Territory)?.map(|text| self.kept(text));
            posting.borne =
                row.known_text(Column::Payer)?.map(|payer| self.borne(payer, row, unreadable)).transpose()?;
        }
        Ok(posting)
    }

    fn borne(
        &mut self,
        payer: &str,
        row: &impl SelectedRow,
        unreadable: impl Fn(Column) -> UnreadableMovement,
    ) -> Result<Borne, MovementsError> {
        let cause = Cause::of_word(row.text(Column::Cause)?).ok_or_else(|| unreadable(Column::Cause))?;
        let stake = Stake {
            benefit: self.kept(row.text(Column::Benefit)?),
            version: row.number(Column::Version)?,
            benefit_grantor: row.known_text(Column::Grantor)?.map(|grantor| self.kept(grantor)),
            payer: self.kept(payer),
            cause: cause.word(),
        };
        Ok(Borne {
            stake,
            product: self.kept(row.text(Column::Product)?),
            is_first: row.number(Column::Place)? == 1,
            units: row.number(Column::Units)?,
            amount: row.number(Column::Amount)?,
        })
    }

    /// A text, which is there already if it came before.
    fn kept(&mut self, text: &str) -> Arc<str> {
        if let Some(kept) = self.texts.get(text) {
            return kept.clone();
        }
        if self.texts.len() >= TEXTS_MAX {
            self.texts.clear();
        }
        let kept: Arc<str> = text.into();
        self.texts.insert(kept.clone());
        kept
    }

    /// The date so many days after 1970 began; mostly the one before.
    fn date(&mut self, days: i64) -> Option<Date> {
        if self.last.0 != days {
            self.last = (days, EPOCH.checked_add(i32::try_from(days).ok()?.days()).ok()?);
        }
        Some(self.last.1)
    }
}

fn lane(row: &impl SelectedRow, unreadable: impl Fn(Column) -> UnreadableMovement) -> Result<u16, MovementsError> {
    Ok(u16::try_from(row.number(Column::Lane)?).map_err(|_| unreadable(Column::Lane))?)
}

/// The position in the lane; none of what is not sealed.
fn position(
    row: &impl SelectedRow,
    unreadable: impl Fn(Column) -> UnreadableMovement,
) -> Result<Option<u64>, MovementsError> {
    Ok(row.known_number(Column::Position)?.map(u64::try_from).transpose().map_err(|_| unreadable(Column::Position))?)
}

/// What moved, without its lines.
fn moved(
    row: &impl SelectedRow,
    unreadable: impl Fn(Column) -> UnreadableMovement,
) -> Result<Movement, MovementsError> {
    Ok(Movement {
        kind: MovementKind::of_word(row.text(Column::Kind)?).ok_or_else(|| unreadable(Column::Kind))?,
        direction: Direction::of_word(row.text(Column::Direction)?).ok_or_else(|| unreadable(Column::Direction))?,
        gross: row.number(Column::Gross)?,
        discount: row.number(Column::Discount)?,
        payable: row.number(Column::Payable)?,
        lines: Vec::new(),
    })
}
