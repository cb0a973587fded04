//! One account of points, read by itself.

use avis_core::loyalty::{Account, AccountKey, UnreadableAccount};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, GenericClient, Row};

use super::column::{day, instant};
use super::points::{ACCOUNTS, LOTS, USES, lot};
use crate::recording::account_text;

/// An account with lots that have not expired at `now`, and its authorizations from a service date on. All of it is asked at once, in
/// statements that need no preparation.
pub(in crate::postgres) async fn account(
    client: &impl GenericClient,
    key: &AccountKey,
    since: Option<Date>,
    now: Timestamp,
) -> Result<Result<Account, UnreadableAccount>, Error> {
    let (programs, names) = (vec![&*key.program], vec![account_text(&key.account)]);
    let (since, now) = (vec![since.map(day)], instant(now));
    let key: [(&(dyn ToSql + Sync), Type); 2] = [(&programs, Type::TEXT_ARRAY), (&names, Type::TEXT_ARRAY)];
    let [programs, names] = key.clone();
    let of_uses = [programs.clone(), names.clone(), (&since as _, Type::INT4_ARRAY)];
    let of_lots = [programs, names, (&now as _, Type::TIMESTAMPTZ)];
    let (rows, uses, lots) = tokio::try_join!(
        biased;
        client.query_typed(ACCOUNTS, &key),
        client.query_typed(USES, &of_uses),
        client.query_typed(LOTS, &of_lots),
    )?;
    let content: Option<String> = rows.first().map(|row| row.try_get(1)).transpose()?;
    let uses = uses.iter().map(|row| row.try_get(2)).collect::<Result<Vec<String>, Error>>()?;
    let lots = lots.iter().map(lot as fn(&Row) -> _).collect::<Result<Vec<_>, Error>>()?;
    Ok(Account::restored(content.as_deref(), lots, uses))
}
