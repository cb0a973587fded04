//! Reports of a folder's ledger, beside the process that writes it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::types::{ToSql, Value};
use rusqlite::{Row, params_from_iter};
use serde_json::json;
use uuid::Uuid;

use super::archive::Archive;
use super::ledger::units::{LANE, MOVEMENT_COLUMNS, head, micros, movement, with_lines};
use super::tally::places;
use crate::movements::{Mark, MovementsError, StoredMovement};
use crate::reports::{
    Column, Entries, PostingSink, Postings, Reports, SelectedRow, Selection, Taken, UNSEALED_MAX, Wanted,
};

/// Movements of the provider ?1.
const MOVEMENTS: &str = "
    FROM movement m
    LEFT JOIN seal s ON s.authorization_id = m.authorization_id AND s.event = m.event";
const ENTRIES: &str = "
    LEFT JOIN entry e ON e.authorization_id = m.authorization_id AND e.number = m.number AND e.payer IS NOT NULL";
/// Those of the grantor ?2 alone.
const ENTRIES_OF: &str = " AND (e.grantor = ?2 OR e.payer = ?2)";
/// Of those authorizations, one after another: the plus has no index used by which all that a provider ever moved would be looked through
/// and sorted.
const OF_AUTHORIZATIONS: &str = " WHERE +m.provider = ?1 AND m.authorization_id IN ";
const IN_ORDER: &str = " ORDER BY m.authorization_id, m.number";
const ENTRIES_IN_ORDER: &str = ", e.line, e.discount, e.place";

/// Authorizations of which something took place in time, or took place before and is sealed behind a position or not at all. Each may
/// come several times: what they are put in keeps them once.
const COUNTING: &str = "
    (SELECT authorization_id FROM movement WHERE provider = ?1 AND natural_date >= ?3 AND natural_date < ?4
     UNION ALL SELECT authorization_id FROM seal WHERE provider = ?1 AND position > ?5 AND natural_date < ?3
     UNION ALL SELECT authorization_id FROM unsealed WHERE ?5 IS NOT NULL)";
/// As those, of what took place in time those with an entry of the grantor ?2.
const COUNTING_OF: &str = "
    (SELECT authorization_id FROM entry
     WHERE provider = ?1 AND date >= ?3 AND date < ?4 AND (grantor = ?2 OR payer = ?2)
     UNION ALL SELECT authorization_id FROM seal WHERE provider = ?1 AND position > ?5 AND natural_date < ?3
     UNION ALL SELECT authorization_id FROM unsealed WHERE ?5 IS NOT NULL)";
const BY_IDS: &str = "(SELECT unhex(value) FROM json_each(?3))";
const BY_REQUESTS: &str = "
    (SELECT authorization_id FROM request
     WHERE provider = ?1 AND request_id IN (SELECT unhex(value) FROM json_each(?3)) AND authorization_id IS NOT NULL)";
const BY_SEALS: &str = "
    (SELECT authorization_id FROM seal WHERE position > ?3 AND position <= ?4
     UNION ALL SELECT authorization_id FROM unsealed WHERE ?5)";
const BY_HOLDER: &str = "(SELECT authorization_id FROM movement WHERE provider = ?1 AND holder = ?3)";

/// A folder's ledger, for reading on a connection of its own at each call. No lock is taken.
#[derive(Clone, Debug)]
pub struct SqliteReports(PathBuf);

impl SqliteReports {
    /// The reports of a folder.
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    pub(super) fn open(&self) -> Result<Archive, MovementsError> {
        Archive::open(&self.0).map_err(MovementsError::failed)
    }
}

/// From one to the next by the index, whatever each has moved.
const PROVIDERS: &str = "
    WITH RECURSIVE p AS (
        SELECT min(provider) AS provider FROM movement
        UNION ALL SELECT (SELECT min(m.provider) FROM movement m WHERE m.provider > p.provider) FROM p
                  WHERE p.provider IS NOT NULL)
    SELECT provider FROM p WHERE provider IS NOT NULL";

impl Reports for SqliteReports {
    fn taken(&self) -> Result<Taken, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            let (head, mut taken) = (head(connection)?, Taken::default());
            if head.position > 0 {
                taken.sealed.set(LANE, Mark::new(head.position, &head.link));
            }
            let mut statement = connection.prepare("SELECT authorization_id, event FROM unsealed LIMIT ?1")?;
            let waiting =
                statement.query_map([UNSEALED_MAX + 1], |row| Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?)))?;
            taken.waiting = waiting.collect::<Result<_, _>>()?;
            taken.within_bound()
        })
    }

    fn providers(&self) -> Result<Vec<Arc<str>>, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            let mut statement = connection.prepare(PROVIDERS)?;
            let providers = statement.query_map([], |row| row.get::<_, String>(0))?;
            Ok(providers.map(|provider| provider.map(Arc::from)).collect::<Result<_, _>>()?)
        })
    }

    fn each_posting(&self, wanted: &Wanted<'_>, sink: &mut PostingSink<'_>) -> Result<(), MovementsError> {
        let grantor = match wanted.entries {
            Entries::Of(grantor) => Value::Text(grantor.to_owned()),
            Entries::None | Entries::All => Value::Null,
        };
        let mut parameters = vec![Value::Text(wanted.provider.to_owned()), grantor];
        let which = match Selection::of(wanted) {
            Selection::Counting { from, until, after } => {
                let after = after.map(|cursor| i64::try_from(cursor.position(LANE)).unwrap_or(i64::MAX));
                parameters.extend([from.into(), until.into(), after.into()]);
                if matches!(wanted.entries, Entries::Of(_)) { COUNTING_OF } else { COUNTING }
            }
            Selection::Ids(ids) => {
                parameters.push(listed(ids));
                BY_IDS
            }
            Selection::Requests(ids) => {
                parameters.push(listed(ids));
                BY_REQUESTS
            }
            Selection::Holder(holder) => {
                parameters.push(Value::Text(holder.to_owned()));
                BY_HOLDER
            }
            Selection::Sealed(between) => {
                let (after, until, is_open) = places(between);
                parameters.extend([after.into(), until.into(), is_open.into()]);
                BY_SEALS
            }
        };
        self.open()?.at_one_moment(|connection| {
            let mut statement = connection.prepare(&query(wanted.entries, which))?;
            let parameters = params_from_iter(parameters.iter().map(|parameter| parameter as &dyn ToSql));
            let (mut rows, mut postings) = (statement.query(parameters)?, Postings::of(wanted, None));
            while let Some(row) = rows.next()? {
                sink(postings.next(row)?)?;
            }
            Ok(())
        })
    }

    fn movements_of(&self, authorizations: &[Uuid]) -> Result<Vec<StoredMovement>, MovementsError> {
        self.open()?.at_one_moment(|connection| {
            let query = format!("SELECT {MOVEMENT_COLUMNS} FROM movement m WHERE m.{BY_AUTHORIZATIONS}{IN_ORDER}");
            let mut statement = connection.prepare(&query)?;
            let rows = statement.query_map([listed(authorizations)], movement)?;
            rows.map(|row| Ok(with_lines(connection, row?)?)).collect()
        })
    }
}

/// The movements of some authorizations, whosever they are.
const BY_AUTHORIZATIONS: &str = "authorization_id IN (SELECT unhex(value) FROM json_each(?1))";

/// What is asked of the authorizations that a query selects.
fn query(entries: Entries<'_>, which: &str) -> String {
    let [joined, of, in_order] = match entries {
        Entries::None => [""; 3],
        Entries::Of(_) => [ENTRIES, ENTRIES_OF, ENTRIES_IN_ORDER],
        Entries::All => [ENTRIES, "", ENTRIES_IN_ORDER],
    };
    let columns = Column::selected(entries, |column, _| column);
    format!("SELECT {columns}{MOVEMENTS}{joined}{of}{OF_AUTHORIZATIONS}{which}{IN_ORDER}{in_order}")
}

/// Ids as one parameter.
fn listed(ids: &[Uuid]) -> Value {
    let digits: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
    Value::Text(json!(digits).to_string())
}

impl SelectedRow for Row<'_> {
    fn known_id(&self, column: Column) -> Result<Option<Uuid>, MovementsError> {
        Ok(self.get::<_, Option<[u8; 16]>>(column.place())?.map(Uuid::from_bytes))
    }

    fn known_text(&self, column: Column) -> Result<Option<&str>, MovementsError> {
        self.get_ref(column.place())?.as_str_or_null().map_err(MovementsError::failed)
    }

    fn known_number(&self, column: Column) -> Result<Option<i64>, MovementsError> {
        Ok(self.get(column.place())?)
    }

    fn instant(&self, column: Column) -> Result<i64, MovementsError> {
        Ok(micros(self, column.place())?)
    }
}
