//! Erases a person from the ledger of a database, in one transaction on a connection of its own.

use std::collections::BTreeSet;
use std::time::Duration;

use avis_core::loyalty::AccountKey;
use tokio_postgres::{Client, Error, Row, Transaction};
use uuid::Uuid;

use super::failure::BatchError;
use super::read::ReadError;
use super::units::{Units, keys, seals_of};
use crate::erasing::{Erased, Erasure};
use crate::ledger::LedgerError;
use crate::postgres::database::Database;
use crate::recording::account_text;
use crate::sealing::{Content, LaneHead, Seal, SealKey, Unit};

/// How often it is tried anew, and after how long: what is recorded is sealed within a second.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(200);

const RECORDS: &str = "SELECT id FROM avis.authorization WHERE strpos(record, $1) > 0";
const PROGRAMS: &str = "SELECT program FROM avis.points_account WHERE account = $1";
const WITH_POINTS: &str =
    "SELECT DISTINCT authorization_id FROM avis.points_entry WHERE program = ANY ($1::text[]) AND account = $2";

/// Nobody adds to them meanwhile, and what moved by the person since they were looked for is among them.
const LOCK_RECORDS: &str = "
    SELECT id, record, reading FROM avis.authorization
    WHERE id = ANY ($1::uuid[]) OR id IN (SELECT authorization_id FROM avis.movement WHERE holder = $2)
    ORDER BY id FOR UPDATE";
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

/// Where the holder of a record stands beside it.
const HOLDERS: [&str; 2] = [
    "UPDATE avis.movement SET holder = $3, territory = NULL WHERE authorization_id = ANY ($1::uuid[]) AND holder = $2",
    "UPDATE avis.over_grant SET holder = $3 WHERE authorization_id = ANY ($1::uuid[]) AND holder = $2",
];
/// Where use is counted, by benefits.
const USAGE: [&str; 3] = [
    "UPDATE avis.usage SET subject = $3 WHERE code = ANY ($1::text[]) AND subject = $2",
    "UPDATE avis.usage_window SET subject = $3 WHERE code = ANY ($1::text[]) AND subject = $2",
    "UPDATE avis.usage_anchor SET subject = $3 WHERE code = ANY ($1::text[]) AND subject = $2",
];
/// Where own accounts of points are, by programmes.
const POINTS: [&str; 5] = [
    "UPDATE avis.points_account SET account = $3 WHERE program = ANY ($1::text[]) AND account = $2",
    "UPDATE avis.points_lot SET account = $3 WHERE program = ANY ($1::text[]) AND account = $2",
    "UPDATE avis.points_use SET account = $3 WHERE program = ANY ($1::text[]) AND account = $2",
    "UPDATE avis.points_entry SET account = $3 WHERE program = ANY ($1::text[]) AND account = $2",
    "UPDATE avis.usage_anchor SET subject = 'points:' || $3 WHERE code = ANY ($1::text[]) AND subject = 'points:' || $2",
];
const ADDED_UP: &str = "UPDATE avis.tally_person SET name = $2 WHERE name = $1";

/// Erases a person, whole or not at all.
pub(super) fn erase(database: &Database, holder: &str, key: SealKey) -> Result<Erased, LedgerError> {
    let erasure = Erasure::new(holder).map_err(|error| LedgerError::Failed(error.to_string()))?;
    let own = database.clone();
    let work = async move {
        let mut client = own.connect().await?;
        for _ in 0..TRIES {
            match attempt(&mut client, &erasure, &key).await {
                Ok(Some(erased)) => return Ok(erased),
                Ok(None) | Err(ReadError::Store(BatchError::Again(_))) => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error),
            }
        }
        Err(LedgerError::Failed(Erasure::UNSEALED.to_owned()).into())
    };
    database.wait(work).unwrap_or_else(|| Err(LedgerError::Stopped.into())).map_err(LedgerError::from)
}

/// None where something of the person is being sealed.
async fn attempt(client: &mut Client, erasure: &Erasure, key: &SealKey) -> Result<Option<Erased>, ReadError> {
    // Most is looked for while others write; the rest once nobody does.
    let records = ids(&client.query(RECORDS, &[&erasure.marks().0]).await?)?;
    let (before, after) = erasure.keys();
    let (holder, subject) = erasure.codes();
    let programs = client.query(PROGRAMS, &[&before]).await?;
    let programs = programs.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, Error>>()?;
    let transaction = client.transaction().await?;
    let texts = Texts::locked(&transaction, erasure, &records).await?;
    // As whoever sells locks them: records first, then what was used and points.
    let codes: Vec<&String> = texts.codes.iter().collect();
    transaction.query(LOCK_ANCHORS, &[&codes, &before]).await?;
    transaction.query(LOCK_ANCHORS, &[&programs, &format!("points:{before}")]).await?;
    let mut units: BTreeSet<Uuid> = texts.records.iter().copied().collect();
    let with_points = ids(&transaction.query(WITH_POINTS, &[&programs, &before]).await?)?;
    units.extend(&with_points);
    let units: Vec<Uuid> = units.into_iter().collect();
    if transaction.query_one(ANY_UNSEALED, &[&units]).await?.try_get(0)? {
        return Ok(None);
    }
    let reading = Units::prepare(&transaction).await?;
    let seals = seals_of(&transaction, &units).await?;
    let was = reading.contents(&transaction, &of(&seals)).await?;
    texts.write(&transaction, erasure).await?;
    for update in HOLDERS {
        transaction.execute(update, &[&texts.records, &holder, &subject]).await?;
    }
    for update in USAGE {
        transaction.execute(update, &[&codes, &before, &after]).await?;
    }
    for update in POINTS {
        transaction.execute(update, &[&programs, &before, &after]).await?;
    }
    let (own, renamed) = erasure.marks_of_account();
    transaction.execute(WRITE_POINTS_EVENTS, &[&with_points, &own, &renamed]).await?;
    transaction.execute(ADDED_UP, &[&holder, &subject]).await?;
    let is = reading.contents(&transaction, &of(&seals)).await?;
    cover_what_is_left(&transaction, &seals, (&was, &is), key).await?;
    transaction.commit().await?;
    Ok(Some(Erased { records: texts.records.len() as u64 }))
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
    /// Benefits whose use they charged.
    codes: BTreeSet<String>,
}

impl Texts {
    async fn locked(transaction: &Transaction<'_>, erasure: &Erasure, records: &[Uuid]) -> Result<Self, ReadError> {
        let mut texts = Self::default();
        for row in transaction.query(LOCK_RECORDS, &[&records, &erasure.codes().0]).await? {
            let (id, opened) = (row.try_get(0)?, erasure.rewritten(row.try_get(1)?)?);
            texts.records.push(id);
            texts.opened.push(opened.text);
            texts.readings.push(Erasure::reading(row.try_get(2)?)?);
            texts.codes.extend(opened.charged);
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
            texts.codes.extend(event.charged);
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
