//! Reports of a database's ledger, beside the engines that write it.

use std::sync::Arc;

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row};

use super::ledger::units::head;
use super::movements::PostgresMovements;
use super::tally::places;
use crate::movements::{Cursor, Mark, MovementsError};
use crate::reports::{
    Authorizations, Dating, Entries, PostingSink, Reports, Selected, SelectedEntry, Selection, Taken, UNSEALED_MAX,
    Wanted,
};

/// Rows that are in memory at a time.
const PAGE: i32 = 1_000;

/// The columns of movements of the provider $1. Instants are microseconds since 1970, dates are days since 1970.
const MOVEMENT: &str = "
    SELECT m.authorization_id, m.number, m.event, m.kind, m.direction, m.terminal, m.request_id, m.original_request_id,
           (extract(epoch FROM m.occurred_at) * 1000000)::bigint, (extract(epoch FROM m.recorded_at) * 1000000)::bigint,
           m.natural_date - date '1970-01-01', m.authorized_on - date '1970-01-01', m.gross, m.discount, m.payable, m.lane,
           s.position, m.holder, m.territory";
/// Those of their entries.
const ENTRY: &str = ", e.payer, e.benefit, e.version, e.grantor, e.cause, e.units, e.amount, e.product, e.place";
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

/// Authorizations of which something took place in time, or is sealed behind the positions of lanes or not at all.
const COUNTING: &str = "
    (SELECT authorization_id FROM avis.movement
     WHERE provider = $1 AND natural_date >= date '1970-01-01' + $3 AND natural_date < date '1970-01-01' + $4
     UNION SELECT f.authorization_id FROM unnest($5::smallint[], $6::bigint[]) AS k(lane, position)
           JOIN avis.seal f ON f.lane = k.lane AND f.position > k.position
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
            let heads = "SELECT lane, position, link FROM avis.seal_head WHERE position > 0 ORDER BY lane";
            let mut taken = Taken::default();
            for row in self.wait(transaction.query(heads, &[]))? {
                let head = head(&row)?;
                taken.sealed.set(head.lane, Mark::new(head.position, &head.link));
            }
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
        let has_entries = !matches!(wanted.entries, Entries::None);
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
                COUNTING
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
        let provider: Arc<str> = wanted.provider.into();
        self.read_rows(|transaction| {
            // The planner can't know how few those are.
            if matches!(wanted.of, Authorizations::Sealed(_)) {
                self.go_by_indexes(transaction)?;
            }
            let statement = self.wait(transaction.prepare_typed(&query, &types))?;
            let portal = self.wait(transaction.bind(&statement, &parameters))?;
            let mut dating = Dating::by(wanted.closed);
            loop {
                let rows = self.wait(transaction.query_portal(&portal, PAGE))?;
                for row in &rows {
                    sink(selected(row, has_entries)?.posting(&provider, &mut dating)?)?;
                }
                if rows.len() < usize::try_from(PAGE).unwrap_or_default() {
                    return Ok(());
                }
            }
        })
    }
}

/// What is asked of the authorizations that a query selects.
fn query(entries: Entries<'_>, which: &str) -> String {
    let [columns, joined, in_order] = match entries {
        Entries::None => [""; 3],
        Entries::Of(_) | Entries::All => [ENTRY, ENTRIES, ENTRIES_IN_ORDER],
    };
    let of = if matches!(entries, Entries::Of(_)) { ENTRIES_OF } else { "" };
    format!("{MOVEMENT}{columns}{MOVEMENTS}{joined}{of}{OF_AUTHORIZATIONS}{which}{IN_ORDER}{in_order}")
}

/// The position in each lane, also in those of which the cursor says nothing.
pub(super) fn positions(cursor: &Cursor) -> (Vec<i16>, Vec<i64>) {
    let position = |lane: u16| i64::try_from(cursor.position(lane)).unwrap_or(i64::MAX);
    super::ledger::lane::all().map(|lane| (i16::try_from(lane).unwrap_or(i16::MAX), position(lane))).unzip()
}

fn selected(row: &Row, has_entry: bool) -> Result<Selected, Error> {
    let payer: Option<String> = if has_entry { row.try_get(19)? } else { None };
    let entry = |payer| {
        Ok::<_, Error>(SelectedEntry {
            payer,
            benefit: row.try_get(20)?,
            version: row.try_get(21)?,
            grantor: row.try_get(22)?,
            cause: row.try_get(23)?,
            units: row.try_get(24)?,
            amount: row.try_get(25)?,
            product: row.try_get(26)?,
            place: i64::from(row.try_get::<_, i16>(27)?),
        })
    };
    Ok(Selected {
        authorization: row.try_get(0)?,
        number: i64::from(row.try_get::<_, i32>(1)?),
        event: i64::from(row.try_get::<_, i32>(2)?),
        kind: row.try_get(3)?,
        direction: row.try_get(4)?,
        terminal: row.try_get(5)?,
        request_id: row.try_get(6)?,
        original_request_id: row.try_get(7)?,
        occurred_at: row.try_get(8)?,
        recorded_at: row.try_get(9)?,
        natural_date: i64::from(row.try_get::<_, i32>(10)?),
        authorized_on: i64::from(row.try_get::<_, i32>(11)?),
        amounts: [row.try_get(12)?, row.try_get(13)?, row.try_get(14)?],
        lane: i64::from(row.try_get::<_, i16>(15)?),
        position: row.try_get(16)?,
        holder: row.try_get(17)?,
        territory: row.try_get(18)?,
        entry: payer.map(entry).transpose()?,
    })
}
