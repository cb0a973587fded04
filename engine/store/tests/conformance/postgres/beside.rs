//! Reading beside the engines: the connection of who read is there for who reads next.

use std::sync::Arc;

use avis_core::loyalty::{AccountKey, AccountName};
use avis_store::postgres::PostgresMovements;
use avis_store::{Accounts, Clock};
use avis_testing::eventually;
use serde_json::json;

use super::{adapter, database};
use crate::points;
use crate::till::{TestClock, at_once};

#[test]
fn who_reads_next_has_the_connection_of_who_read_before_while_it_lives() {
    let (adapter, clock) = (adapter(""), Arc::<TestClock>::default());
    let till = points::shop(&adapter, &clock);
    points::sell(&till, &clock, &[("coffee", 10)], &json!({}));
    drop(till);
    let connections = || {
        adapter.sql(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
             AND backend_type = 'client backend'",
        )
    };
    eventually("a ledger that is closed", connections, |pids| pids.is_empty());
    let accounts = PostgresMovements::new(&database(adapter.config.clone()));
    let key = AccountKey { program: "points".into(), account: AccountName::Named("family".into()) };
    let statement = || {
        let account = accounts.account(&key, None, clock.now()).unwrap();
        (account.balance(clock.now()), accounts.operations(&key, None, 50).unwrap().len())
    };
    assert_eq!(statement(), (100, 1));
    let first = connections();
    assert!(first.parse::<u32>().is_ok(), "one stays: {first:?}");
    assert_eq!(statement(), (100, 1));
    assert_eq!(connections(), first, "for whatever is read");
    adapter.sql(&format!("SELECT pg_terminate_backend({first})"));
    eventually("the end of a connection", connections, |pids| pids.is_empty());
    assert_eq!(statement(), (100, 1), "where the server ended it there is another one");
    let second = connections();
    assert!(second.parse::<u32>().is_ok_and(|_| second != first), "{second:?} after {first:?}");
    assert!(at_once(8, |_| statement()).iter().all(|told| *told == (100, 1)));
    eventually("one connection again", connections, |pids| pids.parse::<u32>().is_ok());
    // Whoever reads has a moment of its own.
    assert_eq!(
        accounts.account(&AccountKey { program: "stamps".into(), ..key.clone() }, None, clock.now()).unwrap(),
        Default::default()
    );
}
