//! A tally's columns: which a part has, and how a row is read of them, whatever the driver.

use std::sync::Arc;

use avis_core::movement::{Cause, MovementKind};
use avis_core::settlement::reports::{Alike, Bearer, Granted, Sold, Span};
use avis_core::settlement::{Began, Month, Stake};
use jiff::ToSpan;
use jiff::civil::Date;

use super::people::unpack;
use super::{TallyPart, TallyRow, wide};
use crate::movements::MovementsError;

/// A row as a driver gives it, column by column.
pub(crate) trait Columns {
    fn text(&self, column: usize) -> Result<&str, MovementsError>;
    fn day_number(&self, column: usize) -> Result<i32, MovementsError>;
    fn number(&self, column: usize) -> Result<i64, MovementsError>;
    fn bytes(&self, column: usize) -> Result<&[u8], MovementsError>;
}

impl TallyPart {
    /// Its table, without a schema before it.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Sold => "tally_sold",
            Self::Borne => "tally_borne",
            Self::Used => "tally_used",
            Self::Standing => "tally_standing",
            Self::Changed => "tally_changed",
        }
    }

    /// Its columns, as [`TallyPart::read`] reads them.
    pub(crate) fn columns(self) -> &'static str {
        match self {
            Self::Sold => "span, start, provider, kind, count, gross, discount, payable, gross_high, discount_high, payable_high",
            Self::Borne => {
                "span, start, provider, benefit, grantor, territory, payer, cause, authorized_on, amount, amount_high"
            }
            Self::Used => "span, start, provider, benefit, grantor, territory, seer, uses, people",
            Self::Standing => "span, start, provider, seer, count",
            Self::Changed => {
                "span, start, provider, party, benefit, version, grantor, payer, cause, first, authorized_on, stood, stands,
                 authorizations, units"
            }
        }
    }

    /// A row of its columns.
    ///
    /// # Errors
    /// Columns that hold what no tally has.
    pub(crate) fn read(self, row: &impl Columns) -> Result<TallyRow, MovementsError> {
        let word = row.text(0)?;
        let span = Span::of_word(word, date(row.day_number(1)?, "start")?).ok_or_else(|| unreadable("span"))?;
        Ok(match self {
            Self::Sold => {
                let sum = |low, high| Ok::<_, MovementsError>(wide(row.number(low)?, row.number(high)?));
                let (count, gross) = (row.number(4)?, sum(5, 8)?);
                let sold = Sold { count, gross, discount: sum(6, 9)?, payable: sum(7, 10)? };
                TallyRow::Sold(span, row.text(2)?.into(), kind(row.text(3)?)?, sold)
            }
            Self::Borne => TallyRow::Borne(span, granted(row)?, bearer(row)?, wide(row.number(9)?, row.number(10)?)),
            Self::Used => {
                TallyRow::Used(span, granted(row)?, known(row.text(6)?), row.number(7)?, people(row.bytes(8)?)?)
            }
            Self::Standing => TallyRow::Standing(span, row.text(2)?.into(), known(row.text(3)?), row.number(4)?),
            Self::Changed => TallyRow::Changed(alike(span, row)?, row.number(13)?, row.number(14)?),
        })
    }
}

fn granted(row: &impl Columns) -> Result<Granted, MovementsError> {
    let (provider, benefit) = (row.text(2)?.into(), row.text(3)?.into());
    Ok(Granted { provider, benefit, grantor: known(row.text(4)?), territory: known(row.text(5)?) })
}

fn alike(span: Span, row: &impl Columns) -> Result<Alike, MovementsError> {
    let stake = Stake {
        benefit: row.text(4)?.into(),
        version: row.number(5)?,
        benefit_grantor: known(row.text(6)?),
        payer: row.text(7)?.into(),
        cause: cause(row.text(8)?)?,
    };
    Ok(Alike {
        month: Month::of(span.start()),
        provider: row.text(2)?.into(),
        party: row.text(3)?.into(),
        stake,
        began: Began {
            first: date(row.day_number(9)?, "first")?,
            authorized_on: date(row.day_number(10)?, "authorized_on")?,
        },
        before: row.number(11)?.into(),
        after: row.number(12)?.into(),
    })
}

fn cause(word: &str) -> Result<&'static str, MovementsError> {
    Cause::of_word(word).map(Cause::word).ok_or_else(|| unreadable("cause"))
}

fn bearer(row: &impl Columns) -> Result<Bearer, MovementsError> {
    let cause = cause(row.text(7)?)?;
    Ok(Bearer { payer: row.text(6)?.into(), cause, authorized_on: date(row.day_number(8)?, "authorized_on")? })
}

fn kind(word: &str) -> Result<&'static str, MovementsError> {
    MovementKind::of_word(word).map(MovementKind::word).ok_or_else(|| unreadable("kind"))
}

fn known(text: &str) -> Option<Arc<str>> {
    if text.is_empty() { None } else { Some(text.into()) }
}

/// As a column keeps a text: empty where nothing is known.
pub(crate) fn or_empty(known: Option<&Arc<str>>) -> &str {
    known.map_or("", |text| text)
}

/// The numbers of a set of persons.
///
/// # Errors
/// Bytes that are no set.
pub(crate) fn people(packed: &[u8]) -> Result<Vec<u32>, MovementsError> {
    unpack(packed).ok_or_else(|| unreadable("people"))
}

/// A date in days since 1970.
pub(crate) fn day_number(date: Date) -> i32 {
    i32::try_from(crate::reports::selected::days(date)).unwrap_or(i32::MAX)
}

pub(crate) fn date(days: i32, column: &str) -> Result<Date, MovementsError> {
    Date::constant(1970, 1, 1).checked_add(days.days()).map_err(|_| unreadable(column))
}

fn unreadable(column: &str) -> MovementsError {
    MovementsError::failed(format!("the column `{column}` of a tally"))
}
