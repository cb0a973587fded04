//! The tally of a folder's ledger, in a file of its own, so that no till waits for it.

use std::collections::BTreeSet;
use std::path::Path;

use avis_core::narrow;
use avis_core::settlement::reports::{Granted, Seer, Tally, Used};
use rusqlite::{Connection, Error, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::ledger::units::LANE;
use super::movements::check;
use super::reports::SqliteReports;
use super::schema::{self, OpenError};
use crate::movements::{Cursor, Mark, MovementsError};
use crate::reports::tally::columns::{self, Columns, day_number, or_empty};
use crate::reports::tally::people::pack;
use crate::reports::tally::{Between, Mover, Tallied, Tallies, TallySink, low_and_high};
use crate::sqlite::folder::FolderError;

/// Its name in the folder.
pub(super) const FILE: &str = "tally.db";

pub(super) const MIGRATIONS: [&str; 3] = [
    include_str!("../../../../schema/sqlite/tally/0001.sql"),
    include_str!("../../../../schema/sqlite/tally/0002.sql"),
    include_str!("../../../../schema/sqlite/tally/0003.sql"),
];

const MOVERS: &str = "
    SELECT provider, min(natural_date) FROM movement WHERE authorization_id IN
        (SELECT authorization_id FROM seal WHERE position > ?1 AND position <= ?2
         UNION SELECT authorization_id FROM unsealed WHERE ?3) GROUP BY provider ORDER BY provider";

/// Begins anew.
const CLEAR: &str =
    "DELETE FROM tally_sold; DELETE FROM tally_borne; DELETE FROM tally_used; DELETE FROM tally_standing;
                     DELETE FROM tally_changed; DELETE FROM tally_person; UPDATE tallied SET cursor = '{}'";

/// Names a person otherwise in what was added up of a ledger's file, if anything was. One that was added up under both names would be
/// two: then it begins anew.
pub(super) fn rename_person(ledger: &Path, (before, after): (&str, &str)) -> Result<(), Error> {
    let path = ledger.with_file_name(FILE);
    if !path.exists() {
        return Ok(());
    }
    let mut connection = schema::open_beside(&path)?;
    let renaming = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let both = "SELECT count(*) = 2 FROM tally_person WHERE name IN (?1, ?2)";
    if renaming.query_row(both, [before, after], |row| row.get(0))? {
        renaming.execute_batch(CLEAR)?;
    } else {
        renaming.execute("UPDATE tally_person SET name = ?2 WHERE name = ?1", [before, after])?;
    }
    renaming.commit()
}

impl SqliteReports {
    fn tally_to_write(&self) -> Result<Connection, MovementsError> {
        schema::open(&self.folder().join(FILE), &MIGRATIONS).map_err(MovementsError::failed)
    }

    /// None while nothing was added up.
    fn tally_to_read(&self) -> Result<Option<Connection>, MovementsError> {
        match schema::open_to_read(&self.folder().join(FILE), &MIGRATIONS) {
            Err(OpenError::Folder(FolderError::FileMissing(_))) => Ok(None),
            Err(error) => Err(MovementsError::failed(error)),
            Ok(connection) => {
                let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
                Ok(Some(connection).filter(|_| version == MIGRATIONS.len()))
            }
        }
    }
}

impl Tallies for SqliteReports {
    fn tallied(&self) -> Result<Cursor, MovementsError> {
        self.tally_to_read()?.map_or(Ok(Cursor::default()), |connection| cursor(&connection))
    }

    fn is_apart(&self) -> bool {
        true
    }

    fn sealed_after(&self, reached: &Cursor, most_of_lane: u32) -> Result<Cursor, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            check(connection, reached)?;
            let last = reached.position(LANE).saturating_add(most_of_lane.into());
            let newest = "SELECT position, link FROM seal WHERE position <= ?1 ORDER BY position DESC LIMIT 1";
            let mark = connection.query_row(newest, [i64::try_from(last).unwrap_or(i64::MAX)], |row| {
                Ok(Mark::new(row.get(0)?, &row.get(1)?))
            });
            let mut until = reached.clone();
            mark.optional()?.into_iter().for_each(|mark| until.set(LANE, mark));
            Ok(until)
        })
    }

    fn movers(&self, between: Between<'_>) -> Result<Vec<Mover>, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            check(connection, between.after)?;
            let (after, until, is_open) = places(between);
            let mut statement = connection.prepare(MOVERS)?;
            let mut rows = statement.query(params![after, until, is_open])?;
            let mut movers = Vec::new();
            while let Some(row) = rows.next()? {
                let (provider, first): (String, i32) = (row.get(0)?, row.get(1)?);
                movers.push(Mover { provider: provider.into(), first: columns::date(first, "natural_date")? });
            }
            Ok(movers)
        })
    }

    fn add_tally(&self, from: &Cursor, until: &Cursor, tally: &Tally) -> Result<bool, MovementsError> {
        let mut connection = self.tally_to_write()?;
        let adding = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if cursor(&adding)? != *from {
            return Ok(false);
        }
        add_sums(&adding, tally)?;
        for ((span, granted, seer), used) in &tally.used {
            add_used(&adding, (span.word(), day_number(span.start())), (granted, seer), used)?;
        }
        add_changed(&adding, tally)?;
        let reached = serde_json::to_string(until).map_err(MovementsError::failed)?;
        adding.execute("UPDATE tallied SET cursor = ?1", [reached])?;
        adding.commit()?;
        Ok(true)
    }

    fn clear_tally(&self) -> Result<(), MovementsError> {
        Ok(self.tally_to_write()?.execute_batch(&format!("BEGIN IMMEDIATE; {CLEAR}; COMMIT"))?)
    }

    fn each_tallied(&self, wanted: &Tallied<'_>, sink: &mut TallySink<'_>) -> Result<Cursor, MovementsError> {
        let Some(connection) = self.tally_to_read()? else { return Ok(Cursor::default()) };
        let moment = connection.unchecked_transaction()?;
        for part in wanted.of {
            let mut statement = moment.prepare(&part.query(wanted, "").replace('$', "?"))?;
            for spans in wanted.spans {
                let (from, until) = (day_number(spans.from), day_number(spans.until));
                let asked = params![spans.word, from, until, wanted.provider, wanted.party];
                let mut rows = statement.query(asked)?;
                while let Some(row) = rows.next()? {
                    sink(part.read(row)?)?;
                }
            }
        }
        cursor(&moment)
    }

    fn numbers_of(&self, names: &[String]) -> Result<Vec<Option<u32>>, MovementsError> {
        let Some(connection) = self.tally_to_read()? else { return Ok(vec![None; names.len()]) };
        names.iter().map(|name| Ok(number_of(&connection, name)?)).collect()
    }
}

impl Columns for Row<'_> {
    fn text(&self, column: usize) -> Result<&str, MovementsError> {
        self.get_ref(column)?.as_str().map_err(MovementsError::failed)
    }

    fn day_number(&self, column: usize) -> Result<i32, MovementsError> {
        Ok(self.get(column)?)
    }

    fn number(&self, column: usize) -> Result<i64, MovementsError> {
        Ok(self.get(column)?)
    }

    fn bytes(&self, column: usize) -> Result<&[u8], MovementsError> {
        self.get_ref(column)?.as_blob().map_err(MovementsError::failed)
    }
}

fn cursor(connection: &Connection) -> Result<Cursor, MovementsError> {
    let text: String = connection.query_row("SELECT cursor FROM tallied", [], |row| row.get(0))?;
    serde_json::from_str(&text).map_err(MovementsError::failed)
}

/// The positions between which something is sealed, and whether what waits to be sealed is there, too.
pub(super) fn places(between: Between<'_>) -> (i64, i64, bool) {
    let position = |cursor: &Cursor| i64::try_from(cursor.position(LANE)).unwrap_or(i64::MAX);
    (position(between.after), between.until.map_or(i64::MAX, position), between.until.is_none())
}

fn add_sums(adding: &Transaction<'_>, tally: &Tally) -> Result<(), MovementsError> {
    let mut add = adding.prepare(
        "INSERT INTO tally_sold VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT DO UPDATE SET count = count + excluded.count, gross = gross + excluded.gross,
             discount = discount + excluded.discount, payable = payable + excluded.payable,
             gross_high = gross_high + excluded.gross_high, discount_high = discount_high + excluded.discount_high,
             payable_high = payable_high + excluded.payable_high",
    )?;
    for ((span, provider, kind), sold) in &tally.sold {
        let [gross, discount, payable] = [sold.gross, sold.discount, sold.payable].map(low_and_high);
        add.execute(params![
            span.word(),
            day_number(span.start()),
            provider,
            kind,
            sold.count,
            gross.0,
            discount.0,
            payable.0,
            gross.1,
            discount.1,
            payable.1
        ])?;
    }
    let mut add = adding.prepare(
        "INSERT INTO tally_borne VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT DO UPDATE SET amount = amount + excluded.amount, amount_high = amount_high + excluded.amount_high",
    )?;
    for ((span, of, bearer), amount) in &tally.borne {
        let (start, authorized_on) = (day_number(span.start()), day_number(bearer.authorized_on));
        let (grantor, territory) = (or_empty(of.grantor.as_ref()), or_empty(of.territory.as_ref()));
        let amount = low_and_high(*amount);
        add.execute(params![
            span.word(),
            start,
            of.provider,
            of.benefit,
            grantor,
            territory,
            bearer.payer,
            bearer.cause,
            authorized_on,
            amount.0,
            amount.1
        ])?;
    }
    let mut add = adding.prepare(
        "INSERT INTO tally_standing VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?;
    for ((span, provider, seer), count) in &tally.standing {
        let start = day_number(span.start());
        add.execute(params![span.word(), start, provider, or_empty(seer.as_ref()), count])?;
    }
    Ok(())
}

/// Of what no authorization is left nothing is kept.
fn add_changed(adding: &Transaction<'_>, tally: &Tally) -> Result<(), MovementsError> {
    let mut add = adding.prepare(
        "INSERT INTO tally_changed (span, start, provider, party, benefit, version, grantor, payer, cause, first, authorized_on,
                                    stood, stands, authorizations, units)
         VALUES ('month', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
         ON CONFLICT DO UPDATE SET authorizations = authorizations + excluded.authorizations, units = units + excluded.units",
    )?;
    for (alike, changed) in &tally.changed {
        let (stake, began) = (&alike.stake, &alike.began);
        add.execute(params![
            day_number(alike.month.first()),
            alike.provider,
            alike.party,
            stake.benefit,
            stake.version,
            or_empty(stake.benefit_grantor.as_ref()),
            stake.payer,
            stake.cause,
            day_number(began.first),
            day_number(began.authorized_on),
            narrow(alike.before),
            narrow(alike.after),
            changed.authorizations,
            narrow(changed.units)
        ])?;
    }
    adding.execute("DELETE FROM tally_changed WHERE authorizations = 0 AND units = 0", [])?;
    Ok(())
}

fn add_used(
    adding: &Transaction<'_>,
    (span, start): (&str, i32),
    (of, seer): (&Granted, &Seer),
    used: &Used,
) -> Result<(), MovementsError> {
    let (grantor, territory) = (or_empty(of.grantor.as_ref()), or_empty(of.territory.as_ref()));
    let seer = or_empty(seer.as_ref());
    let key = params![span, start, of.provider, of.benefit, grantor, territory, seer];
    let mut read = adding.prepare_cached(
        "SELECT uses, people FROM tally_used WHERE span = ?1 AND start = ?2 AND provider = ?3 AND benefit = ?4
         AND grantor = ?5 AND territory = ?6 AND seer = ?7",
    )?;
    let before = read.query_row(key, |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))).optional()?;
    let (uses, known) = before.unwrap_or_default();
    let mut people: BTreeSet<u32> = columns::people(&known)?.into_iter().collect();
    for person in &used.people {
        people.insert(numbered(adding, &person.name())?);
    }
    let mut write =
        adding.prepare_cached("INSERT OR REPLACE INTO tally_used VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    let (uses, people) = (uses.saturating_add(used.uses), pack(&people));
    write.execute(params![span, start, of.provider, of.benefit, grantor, territory, seer, uses, people])?;
    Ok(())
}

fn number_of(connection: &Connection, name: &str) -> Result<Option<u32>, Error> {
    let mut number = connection.prepare_cached("SELECT number FROM tally_person WHERE name = ?1")?;
    number.query_row([name], |row| row.get(0)).optional()
}

/// The number of somebody, who gets one on coming for the first time.
fn numbered(adding: &Transaction<'_>, name: &str) -> Result<u32, Error> {
    if let Some(number) = number_of(adding, name)? {
        return Ok(number);
    }
    adding.prepare_cached("INSERT INTO tally_person (name) VALUES (?1)")?.execute([name])?;
    u32::try_from(adding.last_insert_rowid()).map_err(|error| Error::ToSqlConversionFailure(error.into()))
}
