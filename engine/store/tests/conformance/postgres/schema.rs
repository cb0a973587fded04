//! The schema: brought up to date on demand, checked at every start.

use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_store::postgres::{Config, OpenError, PostgresLedger, migrate};
use avis_testing::postgres;

use super::{adapter, database};
use crate::sealed::verified;
use crate::till::{TestClock, Till, at_once, secret};

fn open(config: &Config, secret: &IdentifierSecret) -> Result<PostgresLedger, OpenError> {
    PostgresLedger::open(&database(config.clone()), secret, Arc::<TestClock>::default())
}

#[test]
fn engines_that_migrate_at_once_migrate_once() {
    let server = postgres();
    let name = server.new_database().unwrap();
    let config = Config { connections: 3, ..Config::new(server.url(&name)) };
    let older = open(&config, &secret()).unwrap_err();
    assert!(matches!(older, OpenError::Older { found: 0, .. }), "{older}");
    at_once(4, |_| migrate(&database(config.clone())).unwrap());
    assert_eq!(
        server.sql(&name, "SELECT part, version FROM avis.schema_version ORDER BY part").unwrap(),
        "ledger|8\nregistry|2"
    );
    open(&config, &secret()).unwrap();
}

#[test]
fn a_newer_schema_is_left_alone() {
    let adapter = adapter("");
    adapter.sql("UPDATE avis.schema_version SET version = 1000");
    let newer = open(&adapter.config, &secret()).unwrap_err();
    assert!(matches!(newer, OpenError::Newer { found: 1000, .. }), "{newer}");
    assert!(matches!(migrate(&database(adapter.config.clone())), Err(OpenError::Newer { .. })));
}

#[test]
fn another_identifier_key_is_refused() {
    let adapter = adapter("");
    open(&adapter.config, &secret()).unwrap();
    let other = open(&adapter.config, &IdentifierSecret::new([8; 32])).unwrap_err();
    assert!(matches!(other, OpenError::OtherKey), "{other}");
    open(&adapter.config, &secret()).unwrap();
}

#[test]
fn a_database_that_is_not_there_is_told() {
    let config = Config::new("postgres://postgres@127.0.0.1:1/none");
    assert!(matches!(open(&config, &secret()), Err(OpenError::Failed(_))));
    assert!(matches!(migrate(&database(config)), Err(OpenError::Failed(_))));
}

#[test]
fn every_table_and_its_meaning_is_told_in_the_database() {
    let adapter = adapter("");
    let silent = "SELECT string_agg(c.relname, ', ') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = 'avis' AND c.relkind = 'r' AND obj_description(c.oid) IS NULL";
    assert_eq!(adapter.sql(silent), "");
}

/// As on SQLite.
#[test]
fn a_ledger_of_the_schema_before_is_brought_up_to_date_and_its_seals_hold() {
    let adapter = adapter("");
    let till = Till::new(&adapter);
    till.sell("gift", 2);
    assert!(verified(&adapter).is_whole());
    drop(till);
    adapter.sql(
        "DROP TABLE avis.erased_unit, avis.erasure; ALTER TABLE avis.movement DROP COLUMN territory; DROP INDEX avis.movement_by_holder;
         DROP TABLE avis.tallied, avis.tally_sold, avis.tally_borne, avis.tally_used, avis.tally_standing, avis.tally_changed, avis.tally_person;
         DROP FUNCTION avis.refuse_part_of_tally;
         DROP TRIGGER seal_notes_what_moved ON avis.seal; DROP FUNCTION avis.note_what_moved;
         DROP INDEX avis.seal_by_provider, avis.entry_by_provider;
         ALTER TABLE avis.seal DROP COLUMN provider, DROP COLUMN natural_date;
         CREATE INDEX entry_by_grantor ON avis.entry (grantor, benefit, provider, date);
         UPDATE avis.schema_version SET version = 1 WHERE part = 'ledger';
         DELETE FROM avis.schema_step WHERE part = 'ledger' AND version > 1",
    );
    let older = open(&adapter.config, &secret()).unwrap_err();
    assert!(matches!(older, OpenError::Older { found: 1, known: 8 }), "{older}");
    migrate(&database(adapter.config.clone())).unwrap();
    let till = Till::new(&adapter);
    till.sell("gift", 1);
    let found = verified(&adapter);
    assert!(found.is_whole() && found.whole == 2, "{found:?}");
}

/// During a restart of one node after the other. What is sealed stays so for ever.
#[test]
fn what_an_engine_of_the_version_before_seals_is_as_what_a_new_one_seals() {
    let adapter = adapter("");
    let till = Till::new(&adapter);
    till.sell("gift", 2);
    till.sell("gift", 1);
    assert!(verified(&adapter).is_whole());
    drop(till);
    adapter.sql(
        "CREATE TABLE sealed AS SELECT lane, position, authorization_id, event, link FROM avis.seal;
         DELETE FROM avis.seal;
         INSERT INTO avis.seal (lane, position, authorization_id, event, link) SELECT * FROM sealed",
    );
    let found = verified(&adapter);
    assert!(found.is_whole() && found.whole == 2, "{found:?}");
}

/// As on SQLite.
#[test]
fn a_database_whose_tables_other_steps_made_is_refused_by_name() {
    let adapter = adapter("");
    for other in ["UPDATE avis.schema_step SET digest = 'other' WHERE version = 1", "DROP TABLE avis.schema_step"] {
        adapter.sql(other);
        for refused in
            [open(&adapter.config, &secret()).unwrap_err(), migrate(&database(adapter.config.clone())).unwrap_err()]
        {
            assert!(matches!(refused, OpenError::OtherSchema { part: "ledger", version: 1 }), "{refused}");
        }
    }
}
