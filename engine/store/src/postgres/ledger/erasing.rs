//! Erases a person from the ledger of a database, portion by portion on a connection of its own: each is a transaction that locks its
//! records, and the last one what is counted of the person.

use std::time::Duration;

use avis_core::loyalty::AccountKey;
use tokio_postgres::{Client, Error, Row, Transaction};
use uuid::Uuid;

use super::failure::BatchError;
use super::read::ReadError;
use super::units::{Units, keys, seals_of};
use crate::erasing::{Erased, Erasure, PORTION};
use crate::ledger::LedgerError;
use crate::postgres::database::Database;
use crate::postgres::tally;
use crate::recording::account_text;
use crate::sealing::{Content, LaneHead, Seal, SealKey, Unit};

/// How often a portion is tried anew, and after how long: what is recorded is sealed within a second.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(200);
/// Ids are in the order of the clocks of those who make them, which differ by less.
const CLOCKS_DIFFER: u128 = 60_000;

const BEGIN: &str = "INSERT INTO avis.erasure (holder, subject) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const BEGUN: &str = "SELECT subject FROM avis.erasure WHERE holder = $1";
const END: &str = "DELETE FROM avis.erasure WHERE holder = $1";

const NEWEST: &str = "SELECT id FROM avis.authorization ORDER BY id DESC LIMIT 1";
/// Behind an id by their text, and all of which something moved.
const RECORDS: &str = "
    SELECT id FROM avis.authorization WHERE id >= $1 AND strpos(record, $2) > 0
    UNION SELECT authorization_id FROM avis.movement WHERE holder = $3 ORDER BY id";
const PROGRAMS: &str = "SELECT program FROM avis.points_account WHERE account = $1";
/// What entered something into own accounts and still stands under the code: what happened outside of sales.
const OWN_EVENTS: &str = "SELECT DISTINCT e.authorization_id FROM avis.points_account a
    JOIN avis.points_entry e ON e.program = a.program AND e.account = a.account WHERE a.account = $1";

/// Nobody adds to them meanwhile.
const LOCK_RECORDS: &str =
    "SELECT id, record, reading FROM avis.authorization WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE";
const LOCK_ANCHORS: &str = "SELECT FROM avis.usage_anchor WHERE code = ANY ($1::text[]) AND subject = $2
    ORDER BY code FOR UPDATE";
const ANY_UNSEALED: &str = "SELECT EXISTS (SELECT FROM avis.unsealed WHERE authorization_id = ANY ($1::uuid[]))";
const EVENTS: &str = "SELECT authorization_id, number, content FROM avis.authorization_event
    WHERE authorization_id = ANY ($1::uuid[])";

const WRITE_RECORDS: &str = "
    UPDATE avis.authorization a SET record = k.record, reading = k.reading
    FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k(id, record, reading) WHERE a.id = k.id";
const WRITE_EVENTS: &str = "
    UPDATE avis.authorization_event e SET content = k.content
    FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS k(id, number, content)
    WHERE e.authorization_id = k.id AND e.number = k.number";
/// What accounts of points keep of records, by programmes, accounts and records.
const WRITE_USES: &str = "
    UPDATE avis.points_use u SET content = replace(u.content, $4, $5)
    FROM unnest($1::text[], $2::text[], $3::uuid[]) AS k(program, account, id)
    WHERE u.program = k.program AND u.account = k.account AND u.authorization_id = k.id";
const WRITE_POINTS_EVENTS: &str =
    "UPDATE avis.points_event SET content = replace(content, $2, $3) WHERE id = ANY ($1::uuid[])";
const WRITE_LEFT: &str = "
    INSERT INTO avis.erased_unit (authorization_id, event, link)
    SELECT k.id, k.event, k.link FROM unnest($1::uuid[], $2::integer[], $3::bytea[]) AS k(id, event, link)
    ON CONFLICT (authorization_id, event) DO UPDATE SET link = excluded.link";

/// Where the person stands beside a record.
const HOLDERS: [&str; 2] = [
    "UPDATE avis.movement SET holder = $3, territory = NULL WHERE authorization_id = ANY ($1::uuid[]) AND holder = $2",
    "UPDATE avis.over_grant SET holder = $3 WHERE authorization_id = ANY ($1::uuid[]) AND holder = $2",
];
/// Until the account itself is named anew, numbers go on where they were.
const ENTRIES: &str =
    "UPDATE avis.points_entry SET account = $3 WHERE authorization_id = ANY ($1::uuid[]) AND account = $2";
/// Where use is counted, by benefits: beside what is counted of records that were erased before.
const USAGE: [&str; 3] = [
    "INSERT INTO avis.usage AS u (code, subject, date, lane, uses, units, discount, spent)
     SELECT k.code, $3::text, k.date, k.lane, k.uses, k.units, k.discount, k.spent FROM avis.usage k
     WHERE k.code = ANY ($1::text[]) AND k.subject = $2
     ON CONFLICT (code, subject, date) DO UPDATE SET uses = u.uses + excluded.uses,
         units = least(u.units, 9223372036854775807 - greatest(excluded.units, 0)) + excluded.units,
         discount = least(u.discount, 9223372036854775807 - greatest(excluded.discount, 0)) + excluded.discount,
         spent = least(u.spent, 9223372036854775807 - greatest(excluded.spent, 0)) + excluded.spent",
    "INSERT INTO avis.usage_window AS u (code, subject, minutes, start, lane, uses, units, discount, spent)
     SELECT k.code, $3::text, k.minutes, k.start, k.lane, k.uses, k.units, k.discount, k.spent FROM avis.usage_window k
     WHERE k.code = ANY ($1::text[]) AND k.subject = $2
     ON CONFLICT (code, subject, minutes, start) DO UPDATE SET uses = u.uses + excluded.uses,
         units = least(u.units, 9223372036854775807 - greatest(excluded.units, 0)) + excluded.units,
         discount = least(u.discount, 9223372036854775807 - greatest(excluded.discount, 0)) + excluded.discount,
         spent = least(u.spent, 9223372036854775807 - greatest(excluded.spent, 0)) + excluded.spent",
    "INSERT INTO avis.usage_anchor (code, subject) SELECT k.code, $3::text FROM avis.usage_anchor k
     WHERE k.code = ANY ($1::text[]) AND k.subject = $2 ON CONFLICT DO NOTHING",
];
/// The tables of these.
const COUNTED: [&str; 3] = ["usage", "usage_window", "usage_anchor"];
/// Where own accounts of points are, by programmes.
const POINTS: [&str; 4] = [
    "UPDATE avis.points_account SET account = $3 WHERE program = ANY ($1::text[]) AND account = $2",
    "UPDATE avis.points_lot SET account = $3 WHERE program = ANY ($1::text[]) AND account = $2",
    "UPDATE avis.points_use SET account = $3 WHERE program = ANY ($1::text[]) AND account = $2",
    "UPDATE avis.usage_anchor SET subject = 'points:' || $3 WHERE code = ANY ($1::text[]) AND subject = 'points:' || $2",
];

/// The codes of a table under which something of a subject is counted: each is found behind the one before in the key.
fn codes_of(table: &str) -> String {
    format!(
        "WITH RECURSIVE found (code) AS (
             (SELECT code FROM avis.{table} ORDER BY code LIMIT 1)
             UNION ALL
             SELECT (SELECT t.code FROM avis.{table} t WHERE t.code > f.code ORDER BY t.code LIMIT 1) FROM found f
             WHERE f.code IS NOT NULL)
         SELECT f.code FROM found f WHERE EXISTS (SELECT FROM avis.{table} t WHERE t.code = f.code AND t.subject = $1)
         ORDER BY f.code"
    )
}

/// Erases a person. What an erasure that was cut off left is erased by the next, under the subject of that.
pub(super) fn erase(database: &Database, holder: &str, key: SealKey) -> Result<Erased, LedgerError> {
    let erasure = Erasure::new(holder).map_err(|error| LedgerError::Failed(error.to_string()))?;
    let own = database.clone();
    let work = async move {
        let client = own.connect().await?;
        let mut erasing = Erasing::begin(client, erasure, key).await?;
        let mut erased = Erased::default();
        loop {
            let records = erasing.records_behind().await?;
            erased.records += records.len() as u64;
            erasing.portions(&records, Part::Records).await?;
            let events = ids(&erasing.client.query(OWN_EVENTS, &[&erasing.erasure.keys().0]).await?)?;
            erasing.portions(&events, Part::Events).await?;
            if erasing.end().await? {
                return Ok(erased);
            }
        }
    };
    database.wait(work).unwrap_or_else(|| Err(LedgerError::Stopped.into())).map_err(|error: ReadError| error.into())
}

/// Of what a portion is.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Records,
    /// What happened to accounts of points outside of sales.
    Events,
}

/// An erasure on its way.
struct Erasing {
    client: Client,
    erasure: Erasure,
    key: SealKey,
    /// From which id on records are looked for.
    looked_until: Uuid,
}

impl Erasing {
    async fn begin(client: Client, erasure: Erasure, key: SealKey) -> Result<Self, ReadError> {
        let (holder, subject) = erasure.codes();
        client.execute(BEGIN, &[&holder, &subject]).await?;
        let subject = client.query_one(BEGUN, &[&holder]).await?.try_get(0)?;
        let erasure = erasure.under(subject);
        Ok(Self { client, erasure, key, looked_until: Uuid::nil() })
    }

    /// The person's records behind those that were looked at.
    async fn records_behind(&mut self) -> Result<Vec<Uuid>, ReadError> {
        let newest = self.client.query_opt(NEWEST, &[]).await?.map(|row| row.try_get(0)).transpose()?;
        let asked = (self.looked_until, self.erasure.marks().0);
        let records = ids(&self.client.query(RECORDS, &[&asked.0, &asked.1, &self.erasure.codes().0]).await?)?;
        self.looked_until = newest.map_or(Uuid::nil(), before);
        Ok(records)
    }

    async fn portions(&mut self, ids: &[Uuid], part: Part) -> Result<(), ReadError> {
        for portion in ids.chunks(PORTION) {
            self.portion_once_sealed(portion, part).await?;
        }
        Ok(())
    }

    async fn portion_once_sealed(&mut self, ids: &[Uuid], part: Part) -> Result<(), ReadError> {
        for _ in 0..TRIES {
            match self.portion(ids, part).await {
                Ok(true) => return Ok(()),
                Ok(false) | Err(ReadError::Store(BatchError::Again(_))) => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error),
            }
        }
        Err(LedgerError::Failed(Erasure::UNSEALED.to_owned()).into())
    }

    /// Not where something of it is being sealed.
    async fn portion(&mut self, units: &[Uuid], part: Part) -> Result<bool, ReadError> {
        let Self { client, erasure, key, .. } = self;
        let transaction = client.transaction().await?;
        let records = if part == Part::Records { units } else { &[] };
        let texts = Texts::locked(&transaction, erasure, records).await?;
        if transaction.query_one(ANY_UNSEALED, &[&units]).await?.try_get(0)? {
            return Ok(false);
        }
        let reading = Units::prepare(&transaction).await?;
        let seals = seals_of(&transaction, units).await?;
        let was = reading.contents(&transaction, &of(&seals)).await?;
        texts.write(&transaction, erasure).await?;
        let (holder, subject) = erasure.codes();
        for update in HOLDERS {
            transaction.execute(update, &[&records, &holder, &subject]).await?;
        }
        let (before, after) = erasure.keys();
        transaction.execute(ENTRIES, &[&units, &before, &after]).await?;
        let (own, renamed) = erasure.marks_of_account();
        transaction.execute(WRITE_POINTS_EVENTS, &[&units, &own, &renamed]).await?;
        let is = reading.contents(&transaction, &of(&seals)).await?;
        cover_what_is_left(&transaction, &seals, (&was, &is), key).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Names what is counted of the person otherwise, unless there is more of the person by now.
    async fn end(&mut self) -> Result<bool, ReadError> {
        let Self { client, erasure, looked_until, .. } = self;
        let (before, after) = erasure.keys();
        let (holder, subject) = erasure.codes();
        let transaction = client.transaction().await?;
        // As whoever sells locks them: first what was used, then points.
        let mut codes: Vec<String> = Vec::new();
        for table in COUNTED {
            for row in transaction.query(&codes_of(table), &[&before]).await? {
                codes.push(row.try_get(0)?);
            }
        }
        transaction.query(LOCK_ANCHORS, &[&codes, &before]).await?;
        let programs = transaction.query(PROGRAMS, &[&before]).await?;
        let programs = programs.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, Error>>()?;
        transaction.query(LOCK_ANCHORS, &[&programs, &format!("points:{before}")]).await?;
        let more = transaction.query(RECORDS, &[looked_until, &erasure.marks().0, &holder]).await?;
        if !more.is_empty() || !transaction.query(OWN_EVENTS, &[&before]).await?.is_empty() {
            return Ok(false);
        }
        for (add, table) in USAGE.iter().zip(COUNTED) {
            transaction.execute(*add, &[&codes, &before, &after]).await?;
            let delete = format!("DELETE FROM avis.{table} WHERE code = ANY ($1::text[]) AND subject = $2");
            transaction.execute(&delete, &[&codes, &before]).await?;
        }
        for update in POINTS {
            transaction.execute(update, &[&programs, &before, &after]).await?;
        }
        tally::rename_person(&transaction, (holder, subject)).await?;
        transaction.execute(END, &[&holder]).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// The first id that another clock may have made when this one was.
fn before(id: Uuid) -> Uuid {
    let millis = id.as_u128() >> 80;
    Uuid::from_u128(millis.saturating_sub(CLOCKS_DIFFER) << 80)
}

fn ids(rows: &[Row]) -> Result<Vec<Uuid>, Error> {
    rows.iter().map(|row| row.try_get(0)).collect()
}

fn of(seals: &[(LaneHead, Seal)]) -> Vec<Unit> {
    seals.iter().map(|(_, seal)| seal.unit).collect()
}

/// Records and what happened to them, as they are left.
#[derive(Default)]
struct Texts {
    records: Vec<Uuid>,
    opened: Vec<String>,
    readings: Vec<String>,
    /// By record and number.
    events: (Vec<Uuid>, Vec<i32>, Vec<String>),
    /// What accounts of points keep of them: programmes, accounts and records.
    uses: (Vec<String>, Vec<String>, Vec<Uuid>),
}

impl Texts {
    async fn locked(transaction: &Transaction<'_>, erasure: &Erasure, records: &[Uuid]) -> Result<Self, ReadError> {
        let mut texts = Self::default();
        for row in transaction.query(LOCK_RECORDS, &[&records]).await? {
            let (id, opened) = (row.try_get(0)?, erasure.rewritten(row.try_get(1)?)?);
            texts.records.push(id);
            texts.opened.push(opened.text);
            texts.readings.push(Erasure::reading(row.try_get(2)?)?);
            for AccountKey { program, account } in opened.accounts {
                texts.uses.0.push(program.to_string());
                texts.uses.1.push(account_text(&account));
                texts.uses.2.push(id);
            }
        }
        for row in transaction.query(EVENTS, &[&texts.records]).await? {
            let event = erasure.rewritten(row.try_get(2)?)?;
            texts.events.0.push(row.try_get(0)?);
            texts.events.1.push(row.try_get(1)?);
            texts.events.2.push(event.text);
        }
        Ok(texts)
    }

    async fn write(&self, transaction: &Transaction<'_>, erasure: &Erasure) -> Result<(), Error> {
        transaction.execute(WRITE_RECORDS, &[&self.records, &self.opened, &self.readings]).await?;
        let (ids, numbers, contents) = &self.events;
        transaction.execute(WRITE_EVENTS, &[ids, numbers, contents]).await?;
        let ((programs, accounts, ids), (before, after)) = (&self.uses, erasure.marks());
        transaction.execute(WRITE_USES, &[programs, accounts, ids, &before, &after]).await.map(drop)
    }
}

/// Covers what is left of units that were as they were sealed. What was changed behind the ledger's back stays found.
async fn cover_what_is_left(
    transaction: &Transaction<'_>,
    seals: &[(LaneHead, Seal)],
    (was, is): (&[Content], &[Content]),
    key: &SealKey,
) -> Result<(), Error> {
    let (mut units, mut links) = (Vec::new(), Vec::new());
    for ((before, seal), (was, is)) in seals.iter().zip(was.iter().zip(is)) {
        if seal.covers(before, was, key) {
            units.push(seal.unit);
            links.push(seal.over_what_is_left(before.lane, is, key).to_vec());
        }
    }
    let (ids, events) = keys(&units);
    transaction.execute(WRITE_LEFT, &[&ids, &events, &links]).await.map(drop)
}
