//! What an adapter reads of a tally's columns.

use std::sync::Arc;

use avis_core::movement::{Cause, MovementKind};
use avis_core::settlement::reports::{Bearer, Granted, Span};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::movements::MovementsError;

fn unreadable(column: &str) -> MovementsError {
    MovementsError::failed(format!("the column `{column}` of a tally"))
}

fn date(days: i32, column: &str) -> Result<Date, MovementsError> {
    Date::constant(1970, 1, 1).checked_add(days.days()).map_err(|_| unreadable(column))
}

pub(crate) fn span(word: &str, start: i32) -> Result<Span, MovementsError> {
    Span::of_word(word, date(start, "start")?).ok_or_else(|| unreadable("span"))
}

pub(crate) fn kind(word: &str) -> Result<&'static str, MovementsError> {
    MovementKind::of_word(word).map(MovementKind::word).ok_or_else(|| unreadable("kind"))
}

/// A text; none where it is empty.
pub(crate) fn known(text: String) -> Option<Arc<str>> {
    if text.is_empty() { None } else { Some(text.into()) }
}

/// Of provider, benefit, grantor and territory.
pub(crate) fn granted([provider, benefit, grantor, territory]: [String; 4]) -> Granted {
    let (provider, benefit) = (provider.into(), benefit.into());
    Granted { provider, grantor: known(grantor), benefit, territory: known(territory) }
}

/// Of payer and cause.
pub(crate) fn bearer([payer, cause]: [String; 2], authorized_on: i32) -> Result<Bearer, MovementsError> {
    let cause = Cause::of_word(&cause).ok_or_else(|| unreadable("cause"))?.word();
    Ok(Bearer { payer: payer.into(), cause, authorized_on: date(authorized_on, "authorized_on")? })
}

/// A date in days since 1970.
pub(crate) fn day_number(date: Date) -> i32 {
    i32::try_from(crate::reports::selected::days(date)).unwrap_or(i32::MAX)
}
