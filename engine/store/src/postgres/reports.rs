//! Reports of a database's ledger, beside the engines that write it.

use std::error::Error as StdError;
use std::sync::Arc;

use tokio_postgres::types::{FromSql, ToSql, Type, accepts};
use tokio_postgres::{Row, Transaction};
use uuid::Uuid;

use super::ledger::units::head;
use super::movements::PostgresMovements;
use super::tally::places;
use crate::movements::{Cursor, Mark, MovementsError, StoredMovement};
use crate::reports::{
    Authorizations, Column, Entries, Holds, PostingSink, Postings, Reports, SelectedRow, Selection, Taken,
    UNSEALED_MAX, Wanted,
};

/// Rows that are in memory at a time.
const PAGE: i32 = 1_000;

/// Movements of the provider $1.
const MOVEMENTS: &str = "
    FROM avis.movement m
    LEFT JOIN avis.seal s ON s.authorization_id = m.authorization_id AND s.event = m.event";
const ENTRIES: &str = "
    LEFT JOIN avis.entry e ON e.authorization_id = m.authorization_id AND e.number = m.number AND e.payer IS NOT NULL";
/// Those of the grantor $2 alone.
const ENTRIES_OF: &str = " AND (e.grantor = $2 OR e.payer = $2)";
const OF_AUTHORIZATIONS: &str = " WHERE m.provider = $1 AND m.authorization_id IN ";
const IN_ORDER: &str = " ORDER BY m.authorization_id, m.number";
const ENTRIES_IN_ORDER: &str = ", e.line, e.discount, e.place";

/// Authorizations of which something took place in time, or took place before and is sealed behind the positions of lanes or not at all.
const COUNTING: &str = "
    (SELECT authorization_id FROM avis.movement
     WHERE provider = $1 AND natural_date >= date '1970-01-01' + $3 AND natural_date < date '1970-01-01' + $4
     UNION SELECT f.authorization_id FROM unnest($5::smallint[], $6::bigint[]) AS k(lane, position)
           JOIN avis.seal f ON f.provider = $1 AND f.lane = k.lane AND f.position > k.position
                            AND f.natural_date < date '1970-01-01' + $3
     UNION SELECT authorization_id FROM avis.unsealed WHERE cardinality($5::smallint[]) > 0)";
/// As those, of what took place in time those with an entry of the grantor $2. Each lane's seals are looked up behind its position, and
/// not all of the provider's read.
const COUNTING_OF: &str = "
    (SELECT authorization_id FROM avis.entry
     WHERE provider = $1 AND date >= date '1970-01-01' + $3 AND date < date '1970-01-01' + $4 AND (grantor = $2 OR payer = $2)
     UNION SELECT f.authorization_id FROM unnest($5::smallint[], $6::bigint[]) AS k(lane, position)
           CROSS JOIN LATERAL (SELECT authorization_id FROM avis.seal
                               WHERE provider = $1 AND lane = k.lane AND position > k.position
                                 AND natural_date < date '1970-01-01' + $3 OFFSET 0) f
     UNION SELECT authorization_id FROM avis.unsealed WHERE cardinality($5::smallint[]) > 0)";
const BY_IDS: &str = "(SELECT unnest($3::uuid[]))";
const BY_REQUESTS: &str = "
    (SELECT authorization_id FROM avis.request
     WHERE provider = $1 AND request_id = ANY ($3::uuid[]) AND authorization_id IS NOT NULL)";
const BY_SEALS: &str = "
    (SELECT f.authorization_id FROM unnest($3::smallint[], $4::bigint[], $5::bigint[]) AS k(lane, after, until)
            JOIN avis.seal f ON f.lane = k.lane AND f.position > k.after AND f.position <= k.until
     UNION SELECT authorization_id FROM avis.unsealed WHERE $6)";
const BY_HOLDER: &str = "(SELECT authorization_id FROM avis.movement WHERE provider = $1 AND holder = $3)";

/// From one to the next by the index, whatever each has moved.
const PROVIDERS: &str = "
    WITH RECURSIVE p AS (
        SELECT min(provider) AS provider FROM avis.movement
        UNION ALL SELECT (SELECT min(m.provider) FROM avis.movement m WHERE m.provider > p.provider) FROM p
                  WHERE p.provider IS NOT NULL)
    SELECT provider FROM p WHERE provider IS NOT NULL";

impl Reports for PostgresMovements {
    fn taken(&self) -> Result<Taken, MovementsError> {
        self.read_rows(|transaction| {
            let mut taken = Taken { sealed: self.sealed(transaction)?, ..Taken::default() };
            let waiting = format!("SELECT authorization_id, event FROM avis.unsealed LIMIT {}", UNSEALED_MAX + 1);
            for row in self.wait(transaction.query(&waiting, &[]))? {
                taken.waiting.insert((row.try_get(0)?, i64::from(row.try_get::<_, i32>(1)?)));
            }
            taken.within_bound()
        })
    }

    fn providers(&self) -> Result<Vec<Arc<str>>, MovementsError> {
        self.read_rows(|transaction| {
            self.go_by_indexes(transaction)?;
            let rows = self.wait(transaction.query(PROVIDERS, &[]))?;
            rows.iter().map(|row| Ok(row.try_get::<_, &str>(0)?.into())).collect()
        })
    }

    fn each_posting(&self, wanted: &Wanted<'_>, sink: &mut PostingSink<'_>) -> Result<(), MovementsError> {
        let grantor = match wanted.entries {
            Entries::Of(grantor) => Some(grantor.to_owned()),
            Entries::None | Entries::All => None,
        };
        let mut typed: Vec<(Box<dyn ToSql + Sync>, Type)> =
            vec![(Box::new(wanted.provider.to_owned()), Type::TEXT), (Box::new(grantor), Type::TEXT)];
        let which = match Selection::of(wanted) {
            Selection::Counting { from, until, after } => {
                let (lanes, positions) = after.as_ref().map(positions).unwrap_or_default();
                for day in [from, until] {
                    typed.push((Box::new(i32::try_from(day).unwrap_or(i32::MAX)), Type::INT4));
                }
                typed.push((Box::new(lanes), Type::INT2_ARRAY));
                typed.push((Box::new(positions), Type::INT8_ARRAY));
                if matches!(wanted.entries, Entries::Of(_)) { COUNTING_OF } else { COUNTING }
            }
            Selection::Ids(ids) => {
                typed.push((Box::new(ids.to_vec()), Type::UUID_ARRAY));
                BY_IDS
            }
            Selection::Requests(ids) => {
                typed.push((Box::new(ids.to_vec()), Type::UUID_ARRAY));
                BY_REQUESTS
            }
            Selection::Holder(holder) => {
                typed.push((Box::new(holder.to_owned()), Type::TEXT));
                BY_HOLDER
            }
            Selection::Sealed(between) => {
                let (lanes, after, until, is_open) = places(between);
                typed.push((Box::new(lanes), Type::INT2_ARRAY));
                typed.push((Box::new(after), Type::INT8_ARRAY));
                typed.push((Box::new(until), Type::INT8_ARRAY));
                typed.push((Box::new(is_open), Type::BOOL));
                BY_SEALS
            }
        };
        let query = query(wanted.entries, which);
        let (parameters, types): (Vec<_>, Vec<_>) = typed.into_iter().unzip();
        let parameters: Vec<&(dyn ToSql + Sync)> = parameters.iter().map(|parameter| &**parameter).collect();
        self.read_rows(|transaction| {
            // The planner can't know how few those are, nor how few of a provider's a grantor has a part in.
            if matches!(wanted.of, Authorizations::Sealed(_)) || which == COUNTING_OF {
                self.go_by_indexes(transaction)?;
            }
            let sealed = self.sealed(transaction)?;
            let statement = self.wait(transaction.prepare_typed(&query, &types))?;
            let portal = self.wait(transaction.bind(&statement, &parameters))?;
            let mut postings = Postings::of(wanted, Some(sealed));
            loop {
                let rows = self.wait(transaction.query_portal(&portal, PAGE))?;
                for row in &rows {
                    sink(postings.next(row)?)?;
                }
                if rows.len() < usize::try_from(PAGE).unwrap_or_default() {
                    return Ok(());
                }
            }
        })
    }

    fn movements_of(&self, authorizations: &[Uuid]) -> Result<Vec<StoredMovement>, MovementsError> {
        self.read(|transaction, reading| Ok(self.wait(reading.movements_by(transaction, authorizations))?))
    }
}

impl PostgresMovements {
    /// How far the lanes are sealed.
    fn sealed(&self, transaction: &Transaction<'_>) -> Result<Cursor, MovementsError> {
        let heads = "SELECT lane, position, link FROM avis.seal_head WHERE position > 0 ORDER BY lane";
        let mut sealed = Cursor::default();
        for row in self.wait(transaction.query(heads, &[]))? {
            let head = head(&row)?;
            sealed.set(head.lane, Mark::new(head.position, &head.link));
        }
        Ok(sealed)
    }
}

/// What is asked of the authorizations that a query selects.
fn query(entries: Entries<'_>, which: &str) -> String {
    let [joined, of, in_order] = match entries {
        Entries::None => [""; 3],
        Entries::Of(_) => [ENTRIES, ENTRIES_OF, ENTRIES_IN_ORDER],
        Entries::All => [ENTRIES, "", ENTRIES_IN_ORDER],
    };
    let columns = Column::selected(entries, written);
    format!("SELECT {columns}{MOVEMENTS}{joined}{of}{OF_AUTHORIZATIONS}{which}{IN_ORDER}{in_order}")
}

/// A column as rows are read: numbers in 64 bits, dates as days since 1970.
fn written(column: String, holds: Holds) -> String {
    match holds {
        Holds::Number => format!("{column}::bigint"),
        Holds::Date => format!("({column} - date '1970-01-01')::bigint"),
        Holds::Id | Holds::Text | Holds::Instant => column,
    }
}

/// The position in each lane, also in those of which the cursor says nothing.
pub(super) fn positions(cursor: &Cursor) -> (Vec<i16>, Vec<i64>) {
    let position = |lane: u16| i64::try_from(cursor.position(lane)).unwrap_or(i64::MAX);
    super::ledger::lane::all().map(|lane| (i16::try_from(lane).unwrap_or(i16::MAX), position(lane))).unzip()
}

/// An instant in microseconds since 1970, as the column has it.
struct Micros(i64);

impl<'a> FromSql<'a> for Micros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        // Microseconds between 1970 and 2000, from which the database counts.
        const BEFORE: i64 = 946_684_800_000_000;
        Ok(Self(i64::from_be_bytes(raw.try_into()?).saturating_add(BEFORE)))
    }

    accepts!(TIMESTAMPTZ);
}

impl SelectedRow for Row {
    fn known_id(&self, column: Column) -> Result<Option<Uuid>, MovementsError> {
        Ok(self.try_get(column.place())?)
    }

    fn known_text(&self, column: Column) -> Result<Option<&str>, MovementsError> {
        Ok(self.try_get(column.place())?)
    }

    fn known_number(&self, column: Column) -> Result<Option<i64>, MovementsError> {
        Ok(self.try_get(column.place())?)
    }

    fn instant(&self, column: Column) -> Result<i64, MovementsError> {
        Ok(self.try_get::<_, Micros>(column.place())?.0)
    }
}
