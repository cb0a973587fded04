//! The tally of a database's ledger, in tables beside it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use avis_core::narrow;
use avis_core::settlement::reports::{Alike, Changed, Granted, Person, Span, Tally};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, GenericClient, Row, Transaction};

use super::movements::{PostgresMovements, check};
use super::reports::positions;
use crate::movements::{Cursor, Mark, MovementsError};
use crate::reports::tally::columns::{self, Columns, day_number, or_empty};
use crate::reports::tally::people::pack;
use crate::reports::tally::{Between, Mover, Tallied, Tallies, TallySink, low_and_high};

/// Rows that are in memory at a time.
const PAGE: i32 = 1_000;

/// Per lane the newest seal up to a position.
const SEALED: &str = "
    SELECT k.lane, s.position, s.link FROM unnest($1::smallint[], $2::bigint[]) AS k(lane, position)
    JOIN LATERAL (SELECT position, link FROM avis.seal f WHERE f.lane = k.lane AND f.position <= k.position
                  ORDER BY f.position DESC LIMIT 1) s ON true";

const MOVERS: &str = "
    SELECT provider, min(natural_date) - date '1970-01-01' FROM avis.movement WHERE authorization_id IN
        (SELECT f.authorization_id FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS k(lane, after, until)
               JOIN avis.seal f ON f.lane = k.lane AND f.position > k.after AND f.position <= k.until
         UNION SELECT authorization_id FROM avis.unsealed WHERE $4) GROUP BY provider ORDER BY provider";

const ADD_SOLD: &str = "
    INSERT INTO avis.tally_sold AS t
    SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
                         $9::bigint[], $10::bigint[], $11::bigint[])
    ON CONFLICT (span, start, provider, kind) DO UPDATE SET
        count = t.count + excluded.count, gross = t.gross + excluded.gross,
        discount = t.discount + excluded.discount, payable = t.payable + excluded.payable,
        gross_high = t.gross_high + excluded.gross_high, discount_high = t.discount_high + excluded.discount_high,
        payable_high = t.payable_high + excluded.payable_high";

const ADD_BORNE: &str = "
    INSERT INTO avis.tally_borne AS t
    SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                         $9::integer[], $10::bigint[], $11::bigint[])
    ON CONFLICT (span, start, provider, benefit, grantor, territory, payer, cause, authorized_on)
        DO UPDATE SET amount = t.amount + excluded.amount, amount_high = t.amount_high + excluded.amount_high";

const ADD_STANDING: &str = "
    INSERT INTO avis.tally_standing AS t
    SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::bigint[])
    ON CONFLICT (span, start, provider, seer) DO UPDATE SET count = t.count + excluded.count";

const ADD_CHANGED: &str = "
    INSERT INTO avis.tally_changed AS t (span, start, provider, party, benefit, version, grantor, payer, cause, first,
                                         authorized_on, stood, stands, authorizations, units)
    SELECT 'month', * FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
                                  $8::text[], $9::integer[], $10::integer[], $11::bigint[], $12::bigint[], $13::bigint[],
                                  $14::bigint[])
    ON CONFLICT (span, provider, party, start, benefit, version, grantor, payer, cause, first, authorized_on, stood, stands)
        DO UPDATE SET authorizations = t.authorizations + excluded.authorizations, units = t.units + excluded.units";

/// The rows of keys, in the order of the keys.
const USED_BEFORE: &str = "
    SELECT k.place, t.uses, t.people
    FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
         WITH ORDINALITY AS k(span, start, provider, benefit, grantor, territory, seer, place)
    JOIN avis.tally_used t USING (span, start, provider, benefit, grantor, territory, seer)";

const WRITE_USED: &str = "
    INSERT INTO avis.tally_used
    SELECT * FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                         $9::bytea[])
    ON CONFLICT (span, start, provider, benefit, grantor, territory, seer)
        DO UPDATE SET uses = excluded.uses, people = excluded.people";

/// Begins anew. Who adds meanwhile finds that the tally has come elsewhere.
const CLEAR: &str = "
    UPDATE avis.tallied SET cursor = '{}', additions = additions + 1;
    DELETE FROM avis.tally_sold; DELETE FROM avis.tally_borne; DELETE FROM avis.tally_used;
    DELETE FROM avis.tally_standing; DELETE FROM avis.tally_changed; DELETE FROM avis.tally_person";

/// Names a person otherwise in what was added up. One that was added up under both names would be two: then it begins anew.
pub(super) async fn rename_person(transaction: &Transaction<'_>, (before, after): (&str, &str)) -> Result<(), Error> {
    let both = "SELECT count(*) = 2 FROM avis.tally_person WHERE name IN ($1, $2)";
    if transaction.query_one(both, &[&before, &after]).await?.try_get(0)? {
        return transaction.batch_execute(CLEAR).await;
    }
    transaction.execute("UPDATE avis.tally_person SET name = $2 WHERE name = $1", &[&before, &after]).await.map(drop)
}

impl Tallies for PostgresMovements {
    fn tallied(&self) -> Result<Cursor, MovementsError> {
        self.read_rows(|transaction| self.wait(cursor(transaction, "")))
    }

    fn is_apart(&self) -> bool {
        false
    }

    fn sealed_after(&self, reached: &Cursor, most_of_lane: u32) -> Result<Cursor, MovementsError> {
        self.read_rows(|transaction| {
            // Also by this it is found out whether a replica answers.
            self.bound_statements(transaction)?;
            self.wait(check(transaction, reached))?;
            let (lanes, mut last) = positions(reached);
            last.iter_mut().for_each(|position| *position = position.saturating_add(most_of_lane.into()));
            let mut until = reached.clone();
            for row in self.wait(transaction.query(SEALED, &[&lanes, &last]))? {
                let link = <[u8; 32]>::try_from(row.try_get::<_, &[u8]>(2)?).map_err(MovementsError::failed)?;
                let lane = u16::try_from(row.try_get::<_, i16>(0)?).map_err(MovementsError::failed)?;
                until.set(lane, Mark::new(row.try_get::<_, i64>(1)?.unsigned_abs(), &link));
            }
            Ok(until)
        })
    }

    fn movers(&self, between: Between<'_>) -> Result<Vec<Mover>, MovementsError> {
        self.read_rows(|transaction| {
            self.go_by_indexes(transaction)?;
            self.wait(check(transaction, between.after))?;
            let (lanes, after, until, is_open) = places(between);
            let rows = self.wait(transaction.query(MOVERS, &[&lanes, &after, &until, &is_open]))?;
            let mover = |row: &Row| {
                let first = columns::date(row.try_get(1)?, "natural_date")?;
                Ok(Mover { provider: row.try_get::<_, &str>(0)?.into(), first })
            };
            rows.iter().map(mover).collect()
        })
    }

    fn add_tally(&self, from: &Cursor, until: &Cursor, tally: &Tally) -> Result<bool, MovementsError> {
        self.write_rows(async |transaction| {
            if cursor(transaction, " FOR UPDATE").await? != *from {
                return Ok(false);
            }
            add_sums(transaction, tally).await?;
            add_used(transaction, tally).await?;
            add_changed(transaction, tally).await?;
            let reached = serde_json::to_string(until).map_err(MovementsError::failed)?;
            let reach = "UPDATE avis.tallied SET cursor = $1, additions = additions + 1";
            transaction.execute(reach, &[&reached]).await?;
            Ok(true)
        })
    }

    fn clear_tally(&self) -> Result<(), MovementsError> {
        self.write_rows(async |transaction| {
            // However much there is to delete.
            transaction.batch_execute("SET LOCAL statement_timeout = 0").await?;
            Ok(transaction.batch_execute(CLEAR).await?)
        })
    }

    fn each_tallied(&self, wanted: &Tallied<'_>, sink: &mut TallySink<'_>) -> Result<Cursor, MovementsError> {
        self.read_rows(|transaction| {
            for part in wanted.of {
                let statement = self.wait(transaction.prepare(&part.query(wanted, "avis.")))?;
                for spans in wanted.spans {
                    let (from, until) = (day_number(spans.from), day_number(spans.until));
                    let asked: [&(dyn ToSql + Sync); 5] = [&spans.word, &from, &until, &wanted.provider, &wanted.party];
                    let portal = self.wait(transaction.bind(&statement, &asked))?;
                    loop {
                        let rows = self.wait(transaction.query_portal(&portal, PAGE))?;
                        rows.iter().try_for_each(|row| sink(part.read(row)?))?;
                        if rows.len() < usize::try_from(PAGE).unwrap_or_default() {
                            break;
                        }
                    }
                }
            }
            self.wait(cursor(transaction, ""))
        })
    }

    fn numbers_of(&self, names: &[String]) -> Result<Vec<Option<u32>>, MovementsError> {
        self.read_rows(|transaction| {
            let known = self.wait(numbers(transaction, names))?;
            Ok(names.iter().map(|name| known.get(name).copied()).collect())
        })
    }
}

impl Columns for Row {
    fn text(&self, column: usize) -> Result<&str, MovementsError> {
        Ok(self.try_get(column)?)
    }

    fn day_number(&self, column: usize) -> Result<i32, MovementsError> {
        Ok(self.try_get(column)?)
    }

    fn number(&self, column: usize) -> Result<i64, MovementsError> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: usize) -> Result<&[u8], MovementsError> {
        Ok(self.try_get(column)?)
    }
}

async fn cursor(client: &impl GenericClient, lock: &str) -> Result<Cursor, MovementsError> {
    let row = client.query_one(&format!("SELECT cursor FROM avis.tallied{lock}"), &[]).await?;
    serde_json::from_str(row.try_get(0)?).map_err(MovementsError::failed)
}

/// Lanes, the positions behind which and up to which something is sealed, and whether what waits to be sealed is there, too.
pub(super) fn places(between: Between<'_>) -> (Vec<i16>, Vec<i64>, Vec<i64>, bool) {
    let (lanes, after) = positions(between.after);
    let until = between.until.map_or_else(|| vec![i64::MAX; lanes.len()], |until| positions(until).1);
    (lanes, after, until, between.until.is_none())
}

async fn add_sums(transaction: &Transaction<'_>, tally: &Tally) -> Result<(), MovementsError> {
    let mut sold = Spread::default();
    let (mut kinds, mut sums) = (Vec::new(), [const { Vec::new() }; 7]);
    for ((span, provider, kind), of) in &tally.sold {
        sold.push(*span, provider);
        kinds.push(*kind);
        let [gross, discount, payable] = [of.gross, of.discount, of.payable].map(low_and_high);
        let of = [of.count, gross.0, discount.0, payable.0, gross.1, discount.1, payable.1];
        sums.iter_mut().zip(of).for_each(|(sums, sum)| sums.push(sum));
    }
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![&sold.spans, &sold.starts, &sold.providers, &kinds];
    values.extend(sums.iter().map(|sums| sums as &(dyn ToSql + Sync)));
    transaction.execute(ADD_SOLD, &values).await?;

    let (mut borne, mut payers, mut causes, mut days) = (Benefits::default(), Vec::new(), Vec::new(), Vec::new());
    let (mut lows, mut highs) = (Vec::new(), Vec::new());
    for ((span, granted, bearer), amount) in &tally.borne {
        borne.push(*span, granted);
        payers.push(&*bearer.payer);
        causes.push(bearer.cause);
        days.push(day_number(bearer.authorized_on));
        let (low, high) = low_and_high(*amount);
        lows.push(low);
        highs.push(high);
    }
    transaction.execute(ADD_BORNE, &borne.with(&[&payers, &causes, &days, &lows, &highs])).await?;

    let (mut standing, mut seers, mut counts) = (Spread::default(), Vec::new(), Vec::new());
    for ((span, provider, seer), count) in &tally.standing {
        standing.push(*span, provider);
        seers.push(or_empty(seer.as_ref()));
        counts.push(*count);
    }
    let values: [&(dyn ToSql + Sync); 5] = [&standing.spans, &standing.starts, &standing.providers, &seers, &counts];
    transaction.execute(ADD_STANDING, &values).await?;
    Ok(())
}

/// Of what no authorization is left nothing is kept.
async fn add_changed(transaction: &Transaction<'_>, tally: &Tally) -> Result<(), MovementsError> {
    let mut columns = Changes::default();
    for (alike, changed) in &tally.changed {
        columns.push(alike, changed)?;
    }
    transaction.execute(ADD_CHANGED, &columns.columns()).await?;
    transaction.execute("DELETE FROM avis.tally_changed WHERE authorizations = 0 AND units = 0", &[]).await?;
    Ok(())
}

/// Joins sets and uses with those that are there.
async fn add_used(transaction: &Transaction<'_>, tally: &Tally) -> Result<(), MovementsError> {
    let people = numbered(transaction, tally).await?;
    let (mut keys, mut seers) = (Benefits::default(), Vec::new());
    let mut joined: Vec<(i64, BTreeSet<u32>)> = Vec::new();
    for ((span, granted, seer), used) in &tally.used {
        keys.push(*span, granted);
        seers.push(or_empty(seer.as_ref()));
        joined.push((used.uses, used.people.iter().filter_map(|person| people.get(person)).copied().collect()));
    }
    for row in transaction.query(USED_BEFORE, &keys.with(&[&seers])).await? {
        let place = usize::try_from(row.try_get::<_, i64>(0)? - 1).map_err(MovementsError::failed)?;
        if let Some((uses, people)) = joined.get_mut(place) {
            *uses = uses.saturating_add(row.try_get(1)?);
            people.extend(columns::people(row.try_get(2)?)?);
        }
    }
    let (uses, sets): (Vec<i64>, Vec<Vec<u8>>) = joined.iter().map(|(uses, people)| (*uses, pack(people))).unzip();
    transaction.execute(WRITE_USED, &keys.with(&[&seers, &uses, &sets])).await?;
    Ok(())
}

/// The numbers of all persons of a tally; who comes for the first time gets one.
async fn numbered<'t>(
    transaction: &Transaction<'_>,
    tally: &'t Tally,
) -> Result<HashMap<&'t Person, u32>, MovementsError> {
    let people: BTreeSet<&Person> = tally.used.values().flat_map(|used| &used.people).collect();
    let names: BTreeMap<String, &Person> = people.into_iter().map(|person| (person.name(), person)).collect();
    let asked: Vec<String> = names.keys().cloned().collect();
    let mut known = numbers(transaction, &asked).await?;
    let last: i32 =
        transaction.query_one("SELECT coalesce(max(number), 0) FROM avis.tally_person", &[]).await?.try_get(0)?;
    let new: Vec<&String> = asked.iter().filter(|name| !known.contains_key(*name)).collect();
    let given: Vec<i32> = (last.saturating_add(1)..).take(new.len()).collect();
    let give = "INSERT INTO avis.tally_person SELECT * FROM unnest($1::integer[], $2::text[])";
    transaction.execute(give, &[&given, &new]).await?;
    known.extend(new.into_iter().cloned().zip(given.iter().map(|number| number.unsigned_abs())));
    Ok(names.into_iter().filter_map(|(name, person)| Some((person, *known.get(&name)?))).collect())
}

async fn numbers(client: &impl GenericClient, names: &[String]) -> Result<HashMap<String, u32>, MovementsError> {
    let query = "SELECT name, number FROM avis.tally_person WHERE name = ANY ($1::text[])";
    let rows = client.query(query, &[&names]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<_, i32>(1)?.unsigned_abs()))).collect()
}

/// Columns of rows that are of a span and a provider.
#[derive(Default)]
struct Spread<'t> {
    spans: Vec<&'static str>,
    starts: Vec<i32>,
    providers: Vec<&'t str>,
}

impl<'t> Spread<'t> {
    fn push(&mut self, span: Span, provider: &'t str) {
        self.spans.push(span.word());
        self.starts.push(day_number(span.start()));
        self.providers.push(provider);
    }
}

/// Columns of rows that are of a benefit, too.
#[derive(Default)]
struct Benefits<'t> {
    of: Spread<'t>,
    benefits: Vec<&'t str>,
    grantors: Vec<&'t str>,
    territories: Vec<&'t str>,
}

impl<'t> Benefits<'t> {
    fn push(&mut self, span: Span, granted: &'t Granted) {
        self.of.push(span, &granted.provider);
        self.benefits.push(&granted.benefit);
        self.grantors.push(or_empty(granted.grantor.as_ref()));
        self.territories.push(or_empty(granted.territory.as_ref()));
    }

    /// With the columns behind them.
    fn with<'c>(&'c self, behind: &[&'c (dyn ToSql + Sync)]) -> Vec<&'c (dyn ToSql + Sync)> {
        let Self { of, benefits, grantors, territories } = self;
        let mut columns: Vec<&(dyn ToSql + Sync)> =
            vec![&of.spans, &of.starts, &of.providers, benefits, grantors, territories];
        columns.extend(behind);
        columns
    }
}

/// Columns of what became of stakes.
#[derive(Default)]
struct Changes<'t> {
    starts: Vec<i32>,
    providers: Vec<&'t str>,
    parties: Vec<&'t str>,
    benefits: Vec<&'t str>,
    versions: Vec<i64>,
    grantors: Vec<&'t str>,
    payers: Vec<&'t str>,
    causes: Vec<&'static str>,
    firsts: Vec<i32>,
    days: Vec<i32>,
    stood: Vec<i64>,
    stands: Vec<i64>,
    authorizations: Vec<i64>,
    units: Vec<i64>,
}

impl<'t> Changes<'t> {
    fn push(&mut self, alike: &'t Alike, changed: &Changed) -> Result<(), MovementsError> {
        let stake = &alike.stake;
        self.starts.push(day_number(alike.month.first()));
        self.providers.push(&alike.provider);
        self.parties.push(&alike.party);
        self.benefits.push(&stake.benefit);
        self.versions.push(stake.version);
        self.grantors.push(or_empty(stake.benefit_grantor.as_ref()));
        self.payers.push(&stake.payer);
        self.causes.push(stake.cause);
        self.firsts.push(day_number(alike.began.first));
        self.days.push(day_number(alike.began.authorized_on));
        self.stood.push(narrow(alike.before));
        self.stands.push(narrow(alike.after));
        self.authorizations.push(changed.authorizations);
        self.units.push(narrow(changed.units));
        Ok(())
    }

    fn columns(&self) -> [&(dyn ToSql + Sync); 14] {
        [
            &self.starts,
            &self.providers,
            &self.parties,
            &self.benefits,
            &self.versions,
            &self.grantors,
            &self.payers,
            &self.causes,
            &self.firsts,
            &self.days,
            &self.stood,
            &self.stands,
            &self.authorizations,
            &self.units,
        ]
    }
}
