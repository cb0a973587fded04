//! Positions come after the commit: whoever follows misses nothing, in whatever order transactions end.

use std::time::Duration;

use avis_store::postgres::Config;
use avis_store::{BrokenSeal, Cursor};
use avis_testing::eventually;
use tokio_postgres::NoTls;

use super::{Postgres, adapter, runtime};
use crate::sealed::{Sealed as _, followed, verified};
use crate::till::{Till, id_of, new_id};

/// A session that holds what it has locked until it ends.
pub(super) struct Session(tokio_postgres::Client);

impl Session {
    pub(super) fn begin(adapter: &Postgres, lock: &str) -> Self {
        let address = adapter.config.address.clone();
        let client = runtime().block_on(async move {
            let (client, connection) = tokio_postgres::connect(&address, NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        });
        let session = Self(client);
        session.run("BEGIN");
        session.run(lock);
        session
    }

    fn run(&self, statement: &str) {
        runtime().block_on(self.0.batch_execute(statement)).unwrap();
    }
}

fn patient() -> Postgres {
    let adapter = adapter("");
    let config = Config { patience: Duration::from_secs(60), ..adapter.config.clone() };
    Postgres { config, ..adapter }
}

/// The one that began first commits last, in the same lane, and gets the later position.
#[test]
fn what_commits_in_the_reverse_of_its_start_does_not_hide_behind_what_was_followed() {
    let adapter = patient();
    let engines = [Till::new(&adapter), Till::new(&adapter)];
    let before = engines[0].sell("three", 1);
    let mut cursor = Cursor::default();
    assert_eq!(followed(&adapter, &mut cursor, 1), [format!("{}/1", id_of(&before))]);
    // Its decision waits for an anchor, in a transaction that has begun.
    let lock = Session::begin(&adapter, "SELECT FROM avis.usage_anchor WHERE code = 'three-benefit' FOR UPDATE");
    let first = engines[0].ledger.submit(engines[0].sale(new_id(), "sale", "three", 1)).unwrap();
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'avis'
                 AND datname = current_database()";
    eventually("a sale that waits for a lock", || adapter.sql(waits), |count| count == "1");
    let second = engines[1].sell("gift", 1);
    assert_eq!(followed(&adapter, &mut cursor, 1), [format!("{}/1", id_of(&second))], "lanes are the same household's");
    lock.run("ROLLBACK");
    first.blocking_recv().unwrap().unwrap();
    let last = followed(&adapter, &mut cursor, 1);
    let begun_first =
        "SELECT id FROM avis.authorization WHERE id NOT IN (SELECT authorization_id FROM avis.seal WHERE position < 3)";
    assert_eq!(last, [format!("{}/1", adapter.sql(begun_first))]);
    let lanes = adapter.sql("SELECT count(DISTINCT lane), count(*), max(position) FROM avis.seal");
    assert_eq!(lanes, "1|3|3");
    assert!(verified(&adapter).is_whole());
}

#[test]
fn a_lane_that_can_not_be_sealed_does_not_hold_up_the_others() {
    let adapter = patient();
    let till = Till::new(&adapter);
    till.sell("gift", 1);
    let mut cursor = Cursor::default();
    followed(&adapter, &mut cursor, 1);
    let lane = adapter.sql("SELECT lane FROM avis.seal");
    let lock = Session::begin(&adapter, &format!("SELECT FROM avis.seal_head WHERE lane = {lane} FOR UPDATE"));
    let waiting = till.sell("gift", 1);
    // Of so many households some are in other lanes.
    for holder in 0..20 {
        till.answer(till.sale_to(&format!("h-{holder}"), new_id(), "gift", 1));
    }
    let others = adapter.sql(&format!("SELECT count(*) FROM avis.authorization WHERE lane <> {lane}")).parse().unwrap();
    followed(&adapter, &mut cursor, others);
    assert_eq!(adapter.sql(&format!("SELECT count(*) FROM avis.seal WHERE lane = {lane}")), "1");
    lock.run("ROLLBACK");
    let rest = followed(&adapter, &mut cursor, 21 - others);
    assert!(rest.contains(&format!("{}/1", id_of(&waiting))));
}

/// Sealers of several engines share the lanes; no position is given twice and none is left out.
#[test]
fn two_engines_seal_one_ledger_without_gaps() {
    let adapter = adapter("");
    let engines = [Till::new(&adapter), Till::new(&adapter)];
    crate::till::at_once(40, |number| {
        let engine = &engines[number % 2];
        for sale in 0..5 {
            engine.answer(engine.sale_to(&format!("h-{number}-{sale}"), new_id(), "gift", 1));
        }
    });
    let mut cursor = Cursor::default();
    let mut found = followed(&adapter, &mut cursor, 200);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 200);
    assert_eq!((verified(&adapter).whole, verified(&adapter).broken_count), (200, 0));
    let gaps =
        "SELECT count(*) FROM (SELECT lane, max(position) - count(*) AS missing FROM avis.seal GROUP BY lane) AS lanes
                WHERE missing <> 0";
    assert_eq!(adapter.sql(gaps), "0");
}

/// Instants and dates beyond all that the ledger knows: verification goes through all the same.
#[test]
fn a_damaged_row_is_told_and_the_rest_is_gone_through() {
    let adapter = adapter("");
    let till = Till::new(&adapter);
    let ids = [(); 5].map(|()| id_of(&till.sell("gift", 1)));
    let held = id_of(&till.hold("gift", 1));
    till.sell("gift", 1);
    assert_eq!(verified(&adapter).whole, 7);
    let damages = [
        "UPDATE avis.authorization SET recorded_at = 'infinity' WHERE id = {id}",
        "UPDATE avis.authorization SET occurred_at = '294276-12-31' WHERE id = {id}",
        "UPDATE avis.movement SET natural_date = '-infinity' WHERE authorization_id = {id}",
        "UPDATE avis.entry SET date = 'infinity' WHERE authorization_id = {id}",
        "UPDATE avis.seal SET natural_date = 'infinity' WHERE authorization_id = {id}",
    ];
    for (damage, id) in damages.into_iter().zip(ids) {
        adapter.change(damage, id);
    }
    adapter.change("UPDATE avis.authorization SET expires_at = 'infinity' WHERE id = {id}", held);
    let found = verified(&adapter);
    for authorization in ids {
        assert!(found.broken.contains(&BrokenSeal::Changed { authorization, event: 0 }), "{authorization}: {found:?}");
    }
    assert!(found.broken.contains(&BrokenSeal::State { authorization: held }), "{found:?}");
    assert_eq!((found.whole, found.broken_count), (2, 6), "{found:?}");
}
