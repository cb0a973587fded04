//! Reports that are read from a replica.

use avis_store::postgres::{Config, PostgresMovements, examine};
use avis_store::{Authorizations, ClosedDays, Entries, Reports, Tallies, Wanted};
use avis_testing::{Durability, eventually, own_postgres};
use jiff::civil::Date;

use super::{Postgres, database, migrate};
use crate::reports::Reported;
use crate::tally::Book;
use crate::till::{PROVIDER, Till};

fn postings(reports: &dyn Reports) -> usize {
    let (mut count, closed) = (0, ClosedDays::default());
    let of = Authorizations::OfDays(Date::MIN, Date::MAX);
    let wanted = Wanted { provider: PROVIDER, entries: Entries::All, closed: &closed, of };
    let mut sink = |_| {
        count += 1;
        Ok(())
    };
    reports.each_posting(&wanted, &mut sink).unwrap();
    count
}

#[test]
fn a_replica_tells_what_it_has_come_to_also_while_the_database_is_away() {
    let primary = own_postgres(Durability::InMemory, &[]);
    let name = primary.new_database().unwrap();
    let config = Config { connections: 6, ..Config::new(primary.url(&name)) };
    migrate(&database(config.clone())).unwrap();
    let adapter = Postgres { config: config.clone(), name: name.clone() };
    let standby = primary.replica().unwrap();
    let reached = database(Config { address: standby.url(&name), ..config.clone() });
    let replica = PostgresMovements::new(&reached);
    let (till, book) = (Till::new(&adapter), Book::of(&adapter));
    (0..3).for_each(|_| drop(till.sell("gift", 2)));
    let own = adapter.reports();
    eventually(
        "movements that are added up",
        || {
            book.tally();
            own.tallied().unwrap()
        },
        |reached| reached.marks().next().is_some(),
    );
    eventually(
        "a replica that has come as far",
        || (replica.tallied().unwrap(), postings(&replica)),
        |told| *told == (own.tallied().unwrap(), 3),
    );
    assert!(replica.clear_tally().is_err(), "nothing is written there");
    assert_eq!(examine(&database(config), None).unwrap().behind_ms, None);
    assert!(examine(&reached, None).unwrap().behind_ms.is_some());
    primary.stop().unwrap();
    assert_eq!(postings(&replica), 3);
    standby.stop().unwrap();
    assert!(replica.tallied().is_err());
}
