//! What a batch reads and locks: requests, then records, then usage; each in one order for all engines.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use avis_core::{DateRange, Fingerprint, Need, Totals, UsageRange, UseWindow};
use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

use super::column::{day, instant};
use super::failure::BatchError;
use super::points::PointsLoading;
use super::statement;
use super::wanted::{Claims, Reads};
use super::working_set::{OverGrantRow, WorkingSet};
use crate::recording::{Answered, Known, RequestKind, subject_key};

/// A struct of statements, each beside its text, and how they are prepared on a connection.
macro_rules! statements {
    ($(#[$doc:meta])* pub(super) struct $name:ident { $($visible:vis $field:ident: $text:path,)+ }) => {
        $(#[$doc])*
        pub(super) struct $name { $($visible $field: Statement,)+ }

        impl $name {
            pub(super) async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
                let [$($field),+] = statement::prepared(client, [$($text),+]).await?;
                Ok(Self { $($field),+ })
            }
        }
    };
}

statements! {
    /// The statements of their own, of one connection.
    pub(super) struct Statements {
        claim_requests: statement::CLAIM_REQUESTS,
        lock_requests: statement::LOCK_REQUESTS,
        lock_records: statement::LOCK_RECORDS,
        events: statement::EVENTS,
        insert_anchors: statement::INSERT_ANCHORS,
        lock_anchors: statement::LOCK_ANCHORS,
        pub(super) sum_usage: statement::SUM_USAGE,
        read_windows: statement::READ_WINDOWS,
        over_grants: statement::OVER_GRANTS,
    }
}

/// The statements that load, of one connection.
pub(super) struct Loading {
    own: Statements,
    points: PointsLoading,
}

impl Loading {
    pub(super) async fn prepare(client: &Client) -> Result<Self, tokio_postgres::Error> {
        Ok(Self { own: Statements::prepare(client).await?, points: PointsLoading::prepare(client).await? })
    }

    /// Begins the transaction, claims and locks the requests, and locks the records that they are about.
    pub(super) async fn claim(
        &self,
        client: &Client,
        claims: &Claims,
        now: Timestamp,
    ) -> Result<WorkingSet, BatchError> {
        let (providers, ids) = columns(&claims.requests);
        let (their, originals) = columns(&claims.originals);
        let records: Vec<Uuid> = claims.records.iter().copied().collect();
        let due = instant(now);
        let requests: [&(dyn ToSql + Sync); 2] = [&providers, &ids];
        let no_records = records.is_empty() && originals.is_empty();
        let lock_records = async {
            if no_records {
                return Ok(Vec::new());
            }
            client.query(&self.own.lock_records, &[&records, &their, &originals, &due]).await
        };
        let events = async {
            if no_records {
                return Ok(Vec::new());
            }
            client.query(&self.own.events, &[&records, &their, &originals]).await
        };
        // One after the other at the server, on the way together.
        let (begun, claimed, requests, records, events) = tokio::join!(
            biased;
            client.batch_execute("BEGIN"),
            client.execute(&self.own.claim_requests, &requests),
            client.query(&self.own.lock_requests, &requests),
            lock_records,
            events,
        );
        begun?;
        claimed?;
        let mut set = WorkingSet::default();
        requests?.iter().try_for_each(|row| load_request(&mut set, row))?;
        let (records, events) = (records?, Events::of(&events?)?);
        for row in &records {
            let id = load_record(&mut set, row, &events)?;
            if row.try_get(3)? {
                set.due.push(id);
            }
        }
        Ok(set)
    }

    /// Locks the anchors of all usage and points that the tasks read, and sums it; reads what was over-granted so far.
    pub(super) async fn sum(
        &self,
        client: &Client,
        reads: Reads,
        set: &mut WorkingSet,
        now: Timestamp,
    ) -> Result<(), BatchError> {
        if reads.anchors.is_empty() && reads.keys.is_empty() {
            return Ok(());
        }
        let anchors = reads.anchors.iter().map(|key| (&*key.code, &*key.subject));
        let (codes, subjects) = anchors.unzip::<_, _, Vec<&str>, Vec<&str>>();
        let anchors: [&(dyn ToSql + Sync); 2] = [&codes, &subjects];
        let benefits: Vec<&str> = reads.keys.iter().map(|key| &*key.benefit).collect();
        let holders: Vec<&str> = reads.keys.iter().map(|key| &*key.holder).collect();
        let dates: Vec<i32> = reads.keys.iter().map(|key| day(key.date)).collect();
        let over_grants = async {
            if reads.keys.is_empty() {
                return Ok(Vec::new());
            }
            client.query(&self.own.over_grants, &[&benefits, &holders, &dates]).await
        };
        // Each statement sees what was committed before it began: usage is summed under the locks.
        let (inserted, locked, sums, over_grants, points) = tokio::join!(
            biased;
            client.execute(&self.own.insert_anchors, &anchors),
            client.query(&self.own.lock_anchors, &anchors),
            sums(client, (&self.own.sum_usage, &self.own.read_windows), &reads.needs),
            over_grants,
            self.points.load(client, reads.points, now),
        );
        inserted?;
        locked?;
        set.load_points(points?);
        for (need, totals) in reads.needs.into_iter().zip(sums?) {
            set.load_usage(need, totals);
        }
        let mut rows: Vec<Vec<OverGrantRow>> = vec![Vec::new(); reads.keys.len()];
        for row in over_grants? {
            let place = usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or(usize::MAX);
            if let Some(rows) = rows.get_mut(place) {
                let line_id = row.try_get::<_, &str>(2)?.into();
                rows.push(OverGrantRow { authorization: row.try_get(1)?, line_id, grantor: row.try_get(3)? });
            }
        }
        reads.keys.iter().zip(rows).for_each(|(key, rows)| set.load_over_granted(key, rows));
        Ok(())
    }
}

fn columns(requests: &BTreeSet<(Arc<str>, Uuid)>) -> (Vec<&str>, Vec<Uuid>) {
    requests.iter().map(|(provider, id)| (&**provider, *id)).unzip()
}

/// What each need asks for, in order.
pub(super) async fn sums(
    client: &tokio_postgres::Client,
    (sum_usage, read_windows): (&Statement, &Statement),
    needs: &[Need],
) -> Result<Vec<Totals>, tokio_postgres::Error> {
    let mut sums = vec![Totals::default(); needs.len()];
    let (mut dated, mut windows) = (Vec::new(), Vec::new());
    for (need, sum) in needs.iter().zip(&mut sums) {
        match need.range {
            UsageRange::Dates(range) => dated.push((need, range, sum)),
            UsageRange::FromFirst { minutes, at } => windows.push((need, (minutes, at), sum)),
        }
    }
    tokio::try_join!(biased; sum_dates(client, sum_usage, dated), find_windows(client, read_windows, windows))?;
    Ok(sums)
}

/// A need, over what it is summed, and where the sum goes.
type Wanted<'n, R> = (&'n Need, R, &'n mut Totals);

async fn sum_dates(
    client: &tokio_postgres::Client,
    statement: &Statement,
    asked: Vec<Wanted<'_, DateRange>>,
) -> Result<(), tokio_postgres::Error> {
    if asked.is_empty() {
        return Ok(());
    }
    let codes: Vec<&str> = asked.iter().map(|(need, ..)| &*need.code).collect();
    let subjects: Vec<_> = asked.iter().map(|(need, ..)| subject_key(&need.subject)).collect();
    let first: Vec<i32> = asked.iter().map(|(_, range, _)| day(range.from)).collect();
    let last: Vec<i32> = asked.iter().map(|(_, range, _)| day(range.until)).collect();
    let rows = client.query(statement, &[&codes, &subjects, &first, &last]).await?;
    for ((.., sum), row) in asked.into_iter().zip(&rows) {
        *sum = totals(row, 0)?;
    }
    Ok(())
}

async fn find_windows(
    client: &tokio_postgres::Client,
    statement: &Statement,
    mut asked: Vec<Wanted<'_, (i64, i64)>>,
) -> Result<(), tokio_postgres::Error> {
    if asked.is_empty() {
        return Ok(());
    }
    let codes: Vec<&str> = asked.iter().map(|(need, ..)| &*need.code).collect();
    let subjects: Vec<_> = asked.iter().map(|(need, ..)| subject_key(&need.subject)).collect();
    let minutes: Vec<i64> = asked.iter().map(|(_, (minutes, _), _)| *minutes).collect();
    let starts = asked.iter().map(|(_, (minutes, at), _)| UseWindow::starts(*minutes, *at));
    let (first, last): (Vec<i64>, Vec<i64>) = starts.unzip();
    for row in client.query(statement, &[&codes, &subjects, &minutes, &first, &last]).await? {
        let place = usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or(usize::MAX);
        if let Some((.., sum)) = asked.get_mut(place) {
            **sum = Totals { since: Some(row.try_get(5)?), ..totals(&row, 1)? };
        }
    }
    Ok(())
}

/// Four columns from a place on.
fn totals(row: &Row, from: usize) -> Result<Totals, tokio_postgres::Error> {
    let (uses, units) = (row.try_get(from)?, row.try_get(from + 1)?);
    Ok(Totals { uses, units, discount: row.try_get(from + 2)?, spent: row.try_get(from + 3)?, since: None })
}

/// What is known of a request; none of one that is only claimed.
pub(super) fn known_of(row: &Row) -> Result<Option<Known>, tokio_postgres::Error> {
    let reversed: bool = row.try_get(6)?;
    let fingerprint = row.try_get::<_, Option<&[u8]>>(2)?.and_then(|bytes| bytes.try_into().ok()).map(Fingerprint);
    let kind = row.try_get::<_, Option<&str>>(3)?.and_then(RequestKind::of_word);
    let (authorization, body): (Option<Uuid>, Option<Vec<u8>>) = (row.try_get(4)?, row.try_get(5)?);
    let answered = fingerprint.zip(kind).zip(body);
    let answered = answered.map(|((fingerprint, kind), body)| Answered { fingerprint, kind, authorization, body });
    Ok((answered.is_some() || reversed).then_some(Known { answered, reversed }))
}

fn load_request(set: &mut WorkingSet, row: &Row) -> Result<(), tokio_postgres::Error> {
    set.load_request(row.try_get(0)?, row.try_get(1)?, known_of(row)?);
    Ok(())
}

/// What happened to records since they were opened, in its order.
#[derive(Default)]
pub(super) struct Events(HashMap<Uuid, Vec<String>>);

impl Events {
    pub(super) fn of(rows: &[Row]) -> Result<Self, tokio_postgres::Error> {
        let mut events: HashMap<Uuid, Vec<String>> = HashMap::new();
        for row in rows {
            events.entry(row.try_get(0)?).or_default().push(row.try_get(1)?);
        }
        Ok(Self(events))
    }

    fn of_record(&self, id: Uuid) -> &[String] {
        self.0.get(&id).map_or(&[], Vec::as_slice)
    }
}

/// Its id.
pub(super) fn load_record(set: &mut WorkingSet, row: &Row, events: &Events) -> Result<Uuid, tokio_postgres::Error> {
    let id = row.try_get(0)?;
    set.load_record(id, row.try_get(1)?, row.try_get(2)?, (row.try_get(4)?, events.of_record(id)));
    Ok(id)
}
