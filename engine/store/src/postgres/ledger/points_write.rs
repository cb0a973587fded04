//! What a batch posted to accounts of points, and the coupons that it used, as columns.

use std::collections::BTreeMap;
use std::time::SystemTime;

use avis_core::loyalty::{Account, AccountKey, Lot};
use deadpool_postgres::Client;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Statement};
use uuid::Uuid;

use super::column::{day, instant};
use super::failure::BatchError;
use super::statement::prepared;
use super::working_set::WorkingSet;
use super::write::run;
use crate::recording::account_text;

const WRITE_ACCOUNTS: &str = "
    INSERT INTO avis.points_account (program, account, content)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
    ON CONFLICT (program, account) DO UPDATE SET content = excluded.content";

const WRITE_LOTS: &str = "
    INSERT INTO avis.points_lot (program, account, lot, earned_at, active_from, expires_at, points, booked)
    SELECT * FROM unnest($1::text[], $2::text[], $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
        $7::bigint[], $8::bigint[])
    ON CONFLICT (program, account, lot)
        DO UPDATE SET expires_at = excluded.expires_at, points = excluded.points, booked = excluded.booked";

const WRITE_USES: &str = "
    INSERT INTO avis.points_use (program, account, authorization_id, service_date, content)
    SELECT k.program, k.account, k.id, date '1970-01-01' + k.date, k.content
    FROM unnest($1::text[], $2::text[], $3::uuid[], $4::integer[], $5::text[]) AS k(program, account, id, date, content)
    ON CONFLICT (program, account, authorization_id) DO UPDATE SET content = excluded.content";

const INSERT_POINTS: &str = "
    INSERT INTO avis.points_entry
        (program, account, number, place, ledger_account, lot, points, active_from, expires_at, authorization_id, event, at,
         recorded_at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::smallint[], $5::text[], $6::integer[], $7::bigint[],
        $8::timestamptz[], $9::timestamptz[], $10::uuid[], $11::integer[], $12::timestamptz[], $13::timestamptz[])";

const INSERT_POINTS_EVENTS: &str = "
    INSERT INTO avis.points_event (id, recorded_at, content)
    SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::text[])";

const USE_COUPONS: &str = "
    INSERT INTO avis.coupon_use AS c (campaign, code, uses)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
    ON CONFLICT (campaign, code) DO UPDATE SET uses = c.uses + excluded.uses";

/// The statements that write them, of one connection, in the order in which they run.
pub(super) struct PointsWriting([Statement; 6]);

/// What they write.
#[derive(Default)]
pub(super) struct PointsColumns {
    accounts: AccountColumns,
    lots: LotColumns,
    uses: UseColumns,
    entries: EntryColumns,
    events: EventColumns,
    coupons: CouponColumns,
}

#[derive(Default)]
struct AccountColumns {
    program: Vec<String>,
    account: Vec<String>,
    content: Vec<String>,
}

#[derive(Default)]
struct LotColumns {
    program: Vec<String>,
    account: Vec<String>,
    lot: Vec<i32>,
    earned_at: Vec<SystemTime>,
    active_from: Vec<SystemTime>,
    expires_at: Vec<Option<SystemTime>>,
    points: Vec<i64>,
    booked: Vec<Option<i64>>,
}

#[derive(Default)]
struct UseColumns {
    program: Vec<String>,
    account: Vec<String>,
    id: Vec<Uuid>,
    date: Vec<i32>,
    content: Vec<String>,
}

#[derive(Default)]
struct EntryColumns {
    program: Vec<String>,
    account: Vec<String>,
    number: Vec<i64>,
    place: Vec<i16>,
    ledger_account: Vec<&'static str>,
    lot: Vec<Option<i32>>,
    points: Vec<i64>,
    active_from: Vec<Option<SystemTime>>,
    expires_at: Vec<Option<SystemTime>>,
    id: Vec<Uuid>,
    event: Vec<i32>,
    at: Vec<SystemTime>,
    recorded_at: Vec<SystemTime>,
}

#[derive(Default)]
struct EventColumns {
    id: Vec<Uuid>,
    recorded_at: Vec<SystemTime>,
    content: Vec<String>,
}

#[derive(Default)]
struct CouponColumns {
    campaign: Vec<String>,
    code: Vec<String>,
    change: Vec<i64>,
}

impl PointsWriting {
    pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
        let texts = [WRITE_ACCOUNTS, WRITE_LOTS, WRITE_USES, INSERT_POINTS, INSERT_POINTS_EVENTS, USE_COUPONS];
        Ok(Self(prepared(client, texts).await?))
    }

    /// Sends everything at once; after one that fails nothing is committed.
    pub(super) async fn write(&self, client: &Client, columns: &PointsColumns) -> Result<(), Error> {
        let [accounts, lots, uses, entries, events, coupons] = &self.0;
        let (own, of_lots, of_uses) = (&columns.accounts, &columns.lots, &columns.uses);
        let (account_values, lot_values, use_values) = (own.columns(), of_lots.columns(), of_uses.columns());
        let (entry_values, coupon_values) = (columns.entries.columns(), columns.coupons.columns());
        let event_values = columns.events.columns();
        let (accounts, lots, uses, entries, events, coupons) = tokio::join!(
            biased;
            run(client, accounts, own.account.len(), &account_values),
            run(client, lots, of_lots.lot.len(), &lot_values),
            run(client, uses, of_uses.id.len(), &use_values),
            run(client, entries, columns.entries.id.len(), &entry_values),
            run(client, events, columns.events.id.len(), &event_values),
            run(client, coupons, columns.coupons.code.len(), &coupon_values),
        );
        accounts.and(lots).and(uses).and(entries).and(events).and(coupons)
    }
}

impl PointsColumns {
    pub(super) fn of(set: &WorkingSet) -> Result<Self, BatchError> {
        let mut columns = Self::default();
        let mut accounts: BTreeMap<&AccountKey, &Account> = BTreeMap::new();
        let mut lots: BTreeMap<(&AccountKey, usize), &Lot> = BTreeMap::new();
        let mut uses: BTreeMap<(&AccountKey, Uuid), &Account> = BTreeMap::new();
        // Later steps left what is written.
        for posted in &set.posted {
            accounts.insert(&posted.key, &posted.account);
            lots.extend(posted.lots.iter().map(|(number, lot)| ((&posted.key, *number), lot)));
            uses.insert((&posted.key, posted.authorization), &posted.account);
            columns.entries.push(posted);
        }
        let refused = |error: serde_json::Error| BatchError::Refused(error.to_string());
        for (key, account) in accounts {
            columns.accounts.program.push(key.program.to_string());
            columns.accounts.account.push(account_text(&key.account));
            columns.accounts.content.push(account.stored().map_err(refused)?);
        }
        for ((key, number), lot) in lots {
            columns.lots.push(key, number, lot);
        }
        for ((key, id), account) in uses {
            let Some((date, content)) = account.stored_use(id).map_err(refused)? else { continue };
            columns.uses.program.push(key.program.to_string());
            columns.uses.account.push(account_text(&key.account));
            columns.uses.id.push(id);
            columns.uses.date.push(day(date));
            columns.uses.content.push(content);
        }
        for (_, event) in &set.account_events {
            columns.events.id.push(event.id);
            columns.events.recorded_at.push(instant(event.recorded_at));
            columns.events.content.push(event.content.clone());
        }
        for ((campaign, code), change) in &set.coupons_used {
            columns.coupons.campaign.push(campaign.to_string());
            columns.coupons.code.push(code.to_string());
            columns.coupons.change.push(*change);
        }
        Ok(columns)
    }
}

impl AccountColumns {
    fn columns(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.program, &self.account, &self.content]
    }
}

impl LotColumns {
    fn push(&mut self, key: &AccountKey, number: usize, lot: &Lot) {
        self.program.push(key.program.to_string());
        self.account.push(account_text(&key.account));
        self.lot.push(number_of(number));
        self.earned_at.push(instant(lot.earned_at));
        self.active_from.push(instant(lot.active_from));
        self.expires_at.push(lot.expires_at.map(instant));
        self.points.push(lot.left);
        self.booked.push(lot.booked);
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 8] {
        let (active_from, expires_at) = (&self.active_from, &self.expires_at);
        [&self.program, &self.account, &self.lot, &self.earned_at, active_from, expires_at, &self.points, &self.booked]
    }
}

impl UseColumns {
    fn columns(&self) -> [&(dyn ToSql + Sync); 5] {
        [&self.program, &self.account, &self.id, &self.date, &self.content]
    }
}

impl EntryColumns {
    fn push(&mut self, posted: &crate::recording::Posted) {
        for placed in posted.placed() {
            self.program.push(posted.key.program.to_string());
            self.account.push(account_text(&posted.key.account));
            self.number.push(i64::try_from(placed.entry.transaction).unwrap_or(i64::MAX));
            self.place.push(placed.place);
            self.ledger_account.push(placed.entry.ledger_account.word());
            self.lot.push(placed.entry.lot.map(number_of));
            self.points.push(placed.entry.points);
            self.active_from.push(placed.lot.map(|lot| instant(lot.active_from)));
            self.expires_at.push(placed.lot.and_then(|lot| lot.expires_at).map(instant));
            self.id.push(posted.authorization);
            self.event.push(i32::try_from(posted.event).unwrap_or(i32::MAX));
            self.at.push(instant(posted.at));
            self.recorded_at.push(instant(posted.recorded_at));
        }
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 13] {
        [
            &self.program,
            &self.account,
            &self.number,
            &self.place,
            &self.ledger_account,
            &self.lot,
            &self.points,
            &self.active_from,
            &self.expires_at,
            &self.id,
            &self.event,
            &self.at,
            &self.recorded_at,
        ]
    }
}

impl EventColumns {
    fn columns(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.id, &self.recorded_at, &self.content]
    }
}

impl CouponColumns {
    fn columns(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.campaign, &self.code, &self.change]
    }
}

fn number_of(lot: usize) -> i32 {
    i32::try_from(lot).unwrap_or(i32::MAX)
}
