//! One account of points, read by itself.

use avis_core::loyalty::{Account, AccountKey, UnreadableAccount};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{Error, GenericClient, Row};

use super::column::{day, instant};
use super::points::{ACCOUNTS, LOTS, USES, lot};
use crate::recording::account_text;

/// An account with lots that have not expired at `now`, and its authorizations from a service date on.
pub(in crate::postgres) async fn account(
    client: &impl GenericClient,
    key: &AccountKey,
    since: Option<Date>,
    now: Timestamp,
) -> Result<Result<Account, UnreadableAccount>, Error> {
    let (programs, names) = (vec![&*key.program], vec![account_text(&key.account)]);
    let Some(row) = client.query_opt(ACCOUNTS, &[&programs, &names]).await? else { return Ok(Ok(Account::default())) };
    let content: String = row.try_get(1)?;
    let uses = client.query(USES, &[&programs, &names, &vec![since.map(day)]]).await?;
    let uses = uses.iter().map(|row| row.try_get(2)).collect::<Result<Vec<String>, Error>>()?;
    let lots = client.query(LOTS, &[&programs, &names, &instant(now)]).await?;
    let lots = lots.iter().map(lot as fn(&Row) -> _).collect::<Result<Vec<_>, Error>>()?;
    Ok(Account::restored(Some(&content), lots, uses))
}
