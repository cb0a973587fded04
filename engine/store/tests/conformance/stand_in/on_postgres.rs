//! The wire to a real PostgreSQL is cut while a till sells.

use std::sync::Arc;
use std::time::Duration;

use avis_store::StandInLimits;
use avis_testing::{Proxy, postgres};
use uuid::Uuid;

use super::wire::Wire;
use super::{LIMITS, Shop, adapter};
use crate::till::{Adapter, TestClock, new_id};

/// F36.
#[test]
fn a_till_sells_on_while_the_database_is_away_and_hands_in_once() {
    let proxy = Proxy::to(postgres().port());
    let database = crate::postgres::adapter("");
    let mut through = database.through(proxy.port());
    through.config.patience = Duration::from_millis(700);
    let clock = Arc::<TestClock>::default();
    let ledger = through.open(clock.clone());
    let beside = adapter("on-postgres");
    let limits = StandInLimits { patience: Duration::from_secs(20), ..LIMITS };
    let shop = Shop::within(limits, &beside, Arc::new(Wire::of(ledger)), clock);
    shop.sold_elsewhere("three", 2);
    proxy.part();
    assert!(shop.tried(shop.till.sale(new_id(), "sale", "nothing", 1)).is_err());
    shop.until_it_stands_in();
    let sales = [("gift", 2), ("three", 1), ("three", 1), ("purse", 1)].map(|(product, units)| {
        let id: Uuid = new_id();
        (id, product, units, shop.bytes(id, product, units))
    });
    let shop = shop.restarted(&beside);
    proxy.mend();
    shop.until_everything_is_handed_in();
    for (id, product, units, bytes) in sales {
        assert_eq!(shop.repeated_by_the_ledger(id, product, units), Some(bytes), "{product}");
    }
    assert_eq!(database.sql("SELECT count(*) FROM avis.authorization"), "4");
    assert_eq!(database.sql("SELECT units FROM avis.usage WHERE code = 'three-benefit'"), "4");
    assert_eq!(database.sql("SELECT grantor, provider FROM avis.over_grant"), "50|0", "the limit of three was overrun");
    crate::rows::laws_hold(&database);
}
