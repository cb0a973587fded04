//! Accounts of points and uses of coupons: what a batch reads of them, once they are locked, and what it writes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::SystemTime;

use avis_core::loyalty::{Account, AccountKey, Inquiry, Lot, UnreadableAccount, lots_of_use};
use deadpool_postgres::Client;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

use super::column::{day, instant};
use super::statement::prepared;
use super::units::of_micros;
use crate::recording::account_text;

pub(super) const ACCOUNTS: &str = "
    SELECT k.place, a.content FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(program, account, place)
    JOIN avis.points_account a ON a.program = k.program AND a.account = k.account";

/// Authorizations from a service date on.
pub(super) const USES: &str = "
    SELECT k.place, u.authorization_id, u.content
    FROM unnest($1::text[], $2::text[], $3::integer[]) WITH ORDINALITY AS k(program, account, since, place)
    CROSS JOIN LATERAL (
        SELECT p.authorization_id, p.content FROM avis.points_use p
        WHERE p.program = k.program AND p.account = k.account AND p.service_date >= date '1970-01-01' + k.since OFFSET 0) u";

/// Authorizations by their ids; each account stands once for each.
pub(super) const OWN_USES: &str = "
    SELECT k.account_place, u.authorization_id, u.content
    FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[]) AS k(program, account, id, account_place)
    JOIN avis.points_use u ON u.program = k.program AND u.account = k.account AND u.authorization_id = k.id";

/// Lots of which something is left, or that have not expired.
pub(super) const LOTS: &str = "
    SELECT k.place, l.lot, l.earned, l.active, l.expires, l.points, l.booked
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(program, account, place)
    CROSS JOIN LATERAL (
        SELECT p.lot, (extract(epoch FROM p.earned_at) * 1000000)::bigint AS earned,
               (extract(epoch FROM p.active_from) * 1000000)::bigint AS active,
               (extract(epoch FROM p.expires_at) * 1000000)::bigint AS expires, p.points, p.booked
        FROM avis.points_lot p
        WHERE p.program = k.program AND p.account = k.account AND (p.points <> 0 OR p.expires_at > $3::timestamptz)
        OFFSET 0) l";

/// Lots by their numbers; each account stands once for each.
pub(super) const OWN_LOTS: &str = "
    SELECT k.account_place, p.lot, (extract(epoch FROM p.earned_at) * 1000000)::bigint,
           (extract(epoch FROM p.active_from) * 1000000)::bigint, (extract(epoch FROM p.expires_at) * 1000000)::bigint,
           p.points, p.booked
    FROM unnest($1::text[], $2::text[], $3::integer[], $4::bigint[]) AS k(program, account, lot, account_place)
    JOIN avis.points_lot p ON p.program = k.program AND p.account = k.account AND p.lot = k.lot";

pub(super) const COUPONS: &str = "
    SELECT k.place, c.uses FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k(campaign, code, place)
    JOIN avis.coupon_use c ON c.campaign = k.campaign AND c.code = k.code";

/// What of accounts and coupons must be known.
#[derive(Debug, Default)]
pub(in crate::postgres) struct PointsWanted {
    pub(super) accounts: BTreeMap<AccountKey, AccountWanted>,
    /// By campaign and code.
    pub(super) coupons: BTreeSet<(Box<str>, Box<str>)>,
}

/// What of one account.
#[derive(Debug, Default)]
pub(super) struct AccountWanted {
    /// From which service date on, its authorizations; none if none.
    since: Option<Date>,
    /// Those of which something may be posted.
    authorizations: BTreeSet<Uuid>,
}

/// What was found of them.
#[derive(Debug, Default)]
pub(super) struct PointsFound {
    /// Or why one can't be read.
    pub(super) accounts: HashMap<AccountKey, Result<Account, String>>,
    pub(super) coupons: BTreeMap<(Box<str>, Box<str>), i64>,
}

impl PointsWanted {
    /// Everything that a request must know.
    pub(super) fn of(inquiry: &Inquiry) -> Self {
        let mut wanted = Self::default();
        inquiry.wanted().for_each(|(key, since)| wanted.account(key, since, None));
        inquiry.coupons().into_iter().for_each(|coupon| wanted.coupon(&coupon.campaign, &coupon.code));
        wanted
    }

    pub(super) fn account(&mut self, key: &AccountKey, since: Option<Date>, authorization: Option<Uuid>) {
        let wanted = self.accounts.entry(key.clone()).or_default();
        wanted.since = wanted.since.into_iter().chain(since).min();
        wanted.authorizations.extend(authorization);
    }

    pub(super) fn coupon(&mut self, campaign: &str, code: &str) {
        self.coupons.insert((campaign.into(), code.into()));
    }
}

/// The statements that read them, of one connection.
pub(super) struct PointsLoading([Statement; 6]);

/// What is gathered of one account.
#[derive(Default)]
struct Gathered {
    content: Option<String>,
    uses: BTreeMap<Uuid, String>,
    lots: BTreeMap<usize, Lot>,
}

impl PointsLoading {
    pub(super) async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        Ok(Self(prepared(client, [ACCOUNTS, USES, OWN_USES, LOTS, OWN_LOTS, COUPONS]).await?))
    }

    /// Reads what is wanted; lots that have not expired by `now` are known then.
    pub(super) async fn load(
        &self,
        client: &tokio_postgres::Client,
        wanted: PointsWanted,
        now: Timestamp,
    ) -> Result<PointsFound, tokio_postgres::Error> {
        if wanted.accounts.is_empty() && wanted.coupons.is_empty() {
            return Ok(PointsFound::default());
        }
        let [accounts, uses, own_uses, lots, own_lots, coupons] = &self.0;
        let (campaigns, codes): (Vec<&str>, Vec<&str>) =
            wanted.coupons.iter().map(|(campaign, code)| (&**campaign, &**code)).unzip();
        let names: Vec<String> = wanted.accounts.keys().map(|key| account_text(&key.account)).collect();
        let programs: Vec<&str> = wanted.accounts.keys().map(|key| &*key.program).collect();
        let since: Vec<Option<i32>> = wanted.accounts.values().map(|wanted| wanted.since.map(day)).collect();
        let own =
            Owned::of(wanted.accounts.values().map(|wanted| wanted.authorizations.iter().copied()), &programs, &names);
        let (due, keys): (SystemTime, [&(dyn ToSql + Sync); 2]) = (instant(now), [&programs, &names]);
        let of_none_since = since.iter().all(Option::is_none);
        let since: [&(dyn ToSql + Sync); 3] = [&programs, &names, &since];
        let lots_asked: [&(dyn ToSql + Sync); 3] = [&programs, &names, &due];
        let coupons_asked: [&(dyn ToSql + Sync); 2] = [&campaigns, &codes];
        let (accounts, uses, owned, lots, coupons) = tokio::try_join!(
            biased;
            unless(names.is_empty(), client.query(accounts, &keys)),
            unless(of_none_since, client.query(uses, &since)),
            own.query(client, own_uses),
            unless(names.is_empty(), client.query(lots, &lots_asked)),
            unless(codes.is_empty(), client.query(coupons, &coupons_asked)),
        )?;
        let mut gathered: Vec<Gathered> = wanted.accounts.keys().map(|_| Gathered::default()).collect();
        for row in &accounts {
            if let Some(one) = of(&mut gathered, row)? {
                one.content = Some(row.try_get(1)?);
            }
        }
        for row in uses.iter().chain(&owned) {
            if let Some(one) = of(&mut gathered, row)? {
                one.uses.insert(row.try_get(1)?, row.try_get(2)?);
            }
        }
        gather_lots(&mut gathered, &lots)?;
        let moved = gathered.iter().zip(wanted.accounts.values()).map(|(one, wanted)| one.moved(wanted));
        let moved = Owned::of(moved, &programs, &names);
        gather_lots(&mut gathered, &moved.query(client, own_lots).await?)?;
        let mut found = PointsFound::default();
        for (key, one) in wanted.accounts.into_keys().zip(gathered) {
            found.accounts.insert(key, one.account().map_err(|error| error.to_string()));
        }
        let mut uses = vec![0_i64; wanted.coupons.len()];
        for row in &coupons {
            if let Some(uses) = uses.get_mut(place(row)?) {
                *uses = row.try_get(1)?;
            }
        }
        found.coupons = wanted.coupons.into_iter().zip(uses).collect();
        Ok(found)
    }
}

/// Rows are asked for only where some are wanted.
async fn unless(
    none_is_wanted: bool,
    asked: impl Future<Output = Result<Vec<Row>, tokio_postgres::Error>>,
) -> Result<Vec<Row>, tokio_postgres::Error> {
    if none_is_wanted { Ok(Vec::new()) } else { asked.await }
}

/// Several of each account, as columns.
struct Owned<'a, T> {
    programs: Vec<&'a str>,
    accounts: Vec<&'a str>,
    values: Vec<T>,
    places: Vec<i64>,
}

impl<'a, T: ToSql + Sync> Owned<'a, T>
where
    Vec<T>: ToSql,
{
    fn of(each: impl Iterator<Item = impl IntoIterator<Item = T>>, programs: &[&'a str], names: &'a [String]) -> Self {
        let mut columns = Self { programs: Vec::new(), accounts: Vec::new(), values: Vec::new(), places: Vec::new() };
        for ((values, place), (program, name)) in each.zip(1..).zip(programs.iter().zip(names)) {
            for value in values {
                columns.programs.push(program);
                columns.accounts.push(name);
                columns.values.push(value);
                columns.places.push(place);
            }
        }
        columns
    }

    /// Nothing is asked of the server for no rows.
    async fn query(
        &self,
        client: &tokio_postgres::Client,
        statement: &Statement,
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        if self.values.is_empty() {
            return Ok(Vec::new());
        }
        client.query(statement, &[&self.programs, &self.accounts, &self.values, &self.places]).await
    }
}

fn place(row: &Row) -> Result<usize, tokio_postgres::Error> {
    Ok(usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or(usize::MAX))
}

fn of<'g>(gathered: &'g mut [Gathered], row: &Row) -> Result<Option<&'g mut Gathered>, tokio_postgres::Error> {
    Ok(gathered.get_mut(place(row)?))
}

fn gather_lots(gathered: &mut [Gathered], rows: &[Row]) -> Result<(), tokio_postgres::Error> {
    for row in rows {
        if let Some(one) = of(gathered, row)? {
            one.lots.extend([lot(row)?]);
        }
    }
    Ok(())
}

/// A lot with its number, behind the place of its account.
pub(super) fn lot(row: &Row) -> Result<(usize, Lot), tokio_postgres::Error> {
    let lot = Lot {
        earned_at: of_micros(row.try_get(2)?),
        active_from: of_micros(row.try_get(3)?),
        expires_at: row.try_get::<_, Option<i64>>(4)?.map(of_micros),
        left: row.try_get(5)?,
        booked: row.try_get(6)?,
    };
    Ok((usize::try_from(row.try_get::<_, i32>(1)?).unwrap_or(usize::MAX), lot))
}

impl Gathered {
    /// Lots to which what may be posted can go back; those of a use that can't be read are none, and the account tells it.
    fn moved(&self, wanted: &AccountWanted) -> Vec<i32> {
        let uses = wanted.authorizations.iter().filter_map(|id| self.uses.get(id));
        let lots = uses.flat_map(|content| lots_of_use(content).unwrap_or_default());
        lots.filter_map(|lot| i32::try_from(lot).ok()).collect()
    }

    fn account(self) -> Result<Account, UnreadableAccount> {
        Account::restored(self.content.as_deref(), self.lots, self.uses.into_values())
    }
}
