//! What is added up, on PostgreSQL: nobody waits for ever for somebody who has locked it.

use std::time::Duration;

use avis_core::settlement::reports::Tally;
use avis_store::postgres::Config;
use avis_store::{Cursor, Reports};
use avis_testing::postgres;

use super::sealing::Session;
use super::{Postgres, adapter};
use crate::reports::Reported;

#[test]
fn who_finds_the_tally_locked_gives_up_soon_and_comes_again() {
    let adapter = adapter("");
    let config = Config { patience: Duration::from_millis(700), ..adapter.config.clone() };
    let adapter = Postgres { config, ..adapter };
    let reports = adapter.reports();
    let begin = Cursor::default();
    let write = |reports: &dyn Reports| reports.add_tally(&begin, &begin, &Tally::default());
    assert!(write(&*reports).unwrap());
    let lock = Session::begin(&adapter, "LOCK avis.tallied IN ACCESS EXCLUSIVE MODE");
    for failed in [write(&*reports).err(), reports.clear_tally().err(), reports.tallied().err()] {
        let error = failed.unwrap().to_string();
        assert!(error.contains("timeout"), "{error}");
    }
    drop(lock);
    reports.clear_tally().unwrap();
}

/// During a restart of one node after the other: what it left out would be missing for ever.
#[test]
fn an_engine_of_the_version_before_leaves_the_adding_up_to_new_ones() {
    let adapter = adapter("");
    let cursor = || adapter.sql("SELECT cursor FROM avis.tallied");
    let before = cursor();
    let of_before = "UPDATE avis.tallied SET cursor = 'elsewhere'";
    let refused = postgres().sql(&adapter.name, of_before).unwrap_err().to_string();
    assert!(refused.contains("added up by a newer version"), "{refused}");
    assert_eq!(cursor(), before);
    adapter.reports().clear_tally().unwrap();
}
