//! How the database runs the statements of a batch, on tables of some size.
//!
//! `BENCH_ROWS` says how many rows; few by default, so that nothing rots.

use avis_testing::postgres;
use tokio::runtime::Builder;

use super::points;
use super::sealer::{ADVANCE, LOCK_HEAD, QUEUED, TAKE};
use super::statement::{
    ADD_USAGE, CLAIM_REQUESTS, EVENTS, INSERT_ANCHORS, LOCK_ANCHORS, LOCK_DUE, LOCK_RECORDS, LOCK_REQUESTS,
    OVER_GRANTS, RELEASE_REQUESTS, SUM_USAGE, UNLIST, UPDATE_STATES, WRITE_REQUESTS,
};
use super::units;
use crate::postgres::{Config, Database, migrate};

const FILL: &str = "
    INSERT INTO avis.usage_anchor SELECT 'benefit-' || n % 50, 'holder:' || n / 50 FROM generate_series(1, ROWS) n;
    INSERT INTO avis.usage SELECT 'benefit-' || n % 50, 'holder:' || n / 500, date '2026-01-01' + n / 50 % 10, n % 64, 1, 1, 1, 0
        FROM generate_series(1, ROWS) n;
    INSERT INTO avis.request SELECT 'bus', md5(n::text)::uuid, decode(md5(n::text), 'hex'), 'authorize', md5(n::text)::uuid, ''
        FROM generate_series(1, ROWS) n;
    INSERT INTO avis.authorization SELECT md5(n::text)::uuid, n % 64, 'bus', md5(n::text)::uuid,
        CASE WHEN n % 100 = 0 THEN 'held' ELSE 'captured' END, now(), now(), now() + n * interval '1 second', 1, '{}', '{}'
        FROM generate_series(1, ROWS) n;
    INSERT INTO avis.authorization_event SELECT md5(n::text)::uuid, 1, now(), '{}' FROM generate_series(1, ROWS / 10) n;
    INSERT INTO avis.unsealed SELECT n % 64, md5(n::text)::uuid, 0 FROM generate_series(1, ROWS / 10) n;
    INSERT INTO avis.seal SELECT n % 64, n, md5(n::text)::uuid, 0, decode(repeat('00', 32), 'hex') FROM generate_series(1, ROWS) n;
    INSERT INTO avis.over_grant SELECT md5(n::text)::uuid, '1', 'benefit-' || n % 50, 1, 'h-' || n, date '2026-01-01', 1, 0
        FROM generate_series(1, ROWS / 10) n;
    INSERT INTO avis.points_account SELECT 'p-' || n % 5, 'holder:' || n, '{}' FROM generate_series(1, ROWS) n;
    INSERT INTO avis.points_lot SELECT 'p-' || n % 5, 'holder:' || n, 0, now(), now(), now(), n % 3, NULL
        FROM generate_series(1, ROWS) n;
    INSERT INTO avis.points_use SELECT 'p-' || n % 5, 'holder:' || n, md5(n::text)::uuid, date '2026-01-01', '{}'
        FROM generate_series(1, ROWS) n;
    INSERT INTO avis.points_entry SELECT 'p-' || n % 5, 'holder:' || n, 1, 1, 'points', 0, 1, now(), now(), md5(n::text)::uuid, 0,
        now(), now() FROM generate_series(1, ROWS) n;
    INSERT INTO avis.points_event SELECT md5('e' || n)::uuid, now(), '{}' FROM generate_series(1, ROWS) n;
    INSERT INTO avis.coupon_use SELECT 'c-' || n % 5, 'code-' || n, 1 FROM generate_series(1, ROWS) n;";

/// Each statement with values for its parameters: the plan is made without looking at them.
const STATEMENTS: [(&str, &str); 31] = [
    (CLAIM_REQUESTS, "'{}', '{}'"),
    (LOCK_REQUESTS, "'{}', '{}'"),
    (LOCK_RECORDS, "'{}', '{}', '{}', now()"),
    (EVENTS, "'{}', '{}', '{}'"),
    (LOCK_DUE, "now(), 256"),
    (INSERT_ANCHORS, "'{}', '{}'"),
    (LOCK_ANCHORS, "'{}', '{}'"),
    (SUM_USAGE, "'{}', '{}', '{}', '{}'"),
    (OVER_GRANTS, "'{}', '{}', '{}'"),
    (RELEASE_REQUESTS, "'{}', '{}'"),
    (WRITE_REQUESTS, "'{}', '{}', '{}', '{}', '{}', '{}', '{}'"),
    (UPDATE_STATES, "'{}', '{}'"),
    (ADD_USAGE, "'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'"),
    (UNLIST, "'{}', '{}', '{}'"),
    (LOCK_HEAD, "0"),
    (QUEUED, "0, 500"),
    (TAKE, "0, '{}', '{}'"),
    (ADVANCE, "0, 1, ''"),
    (units::OPENED, "'{}'"),
    (units::EVENTS, "'{}', '{}'"),
    (units::ACCOUNT_EVENTS, "'{}'"),
    (units::LINES, "'{}', '{}'"),
    (units::ENTRIES, "'{}', '{}'"),
    (units::POINTS, "'{}', '{}'"),
    (points::ACCOUNTS, "'{}', '{}'"),
    (points::USES, "'{}', '{}', '{}'"),
    (points::OWN_USES, "'{}', '{}', '{}', '{}'"),
    (points::LOTS, "'{}', '{}', now()"),
    (points::OWN_LOTS, "'{}', '{}', '{}', '{}'"),
    (points::COUPONS, "'{}', '{}'"),
    (units::SEALS_AFTER, "'{}', '{}', 500"),
];

#[test]
fn every_statement_of_a_batch_goes_by_an_index_and_never_reads_a_table_through() {
    let rows = std::env::var("BENCH_ROWS").map_or(5_000, |text| text.parse::<u32>().unwrap());
    let server = postgres();
    let name = server.new_database().unwrap();
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let database = Database::new(Config::new(server.url(&name)), runtime.handle().clone()).unwrap();
    migrate(&database).unwrap();
    // Plans are made while the tables are empty, too, and stay.
    for filled in [false, true] {
        if filled {
            server.sql(&name, &FILL.replace("ROWS", &rows.to_string())).unwrap();
            server.sql(&name, "ANALYZE").unwrap();
        }
        let pool = database.pool(1).unwrap();
        for (statement, values) in STATEMENTS {
            let plan = runtime.block_on(plan(&pool, statement, values));
            assert!(!plan.contains("Seq Scan"), "{statement}\n{plan}");
            assert!(!plan.contains("Hash Join") && !plan.contains("Merge Join"), "{statement}\n{plan}");
            let scans = plan.matches("Index Scan").count() + plan.matches("Index Only Scan").count();
            assert!(plan.matches("Index Cond").count() >= scans, "a whole index is read: {statement}\n{plan}");
        }
    }
}

/// As the ledger's own sessions would plan it.
async fn plan(pool: &deadpool_postgres::Pool, statement: &str, values: &str) -> String {
    let client = pool.get().await.unwrap();
    client.batch_execute(&format!("DEALLOCATE ALL; PREPARE planned AS {statement}")).await.unwrap();
    let rows = client.simple_query(&format!("EXPLAIN EXECUTE planned({values})")).await.unwrap();
    let line = |row: &tokio_postgres::SimpleQueryMessage| match row {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    rows.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}
