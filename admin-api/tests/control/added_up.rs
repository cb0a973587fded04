//! Statements of closed months are made of what is added up.

use jiff::SignedDuration;
use serde_json::json;

use crate::parties::Parties;
use crate::till::Till;
use crate::world::run;

#[test]
fn a_month_that_is_added_up_is_read_from_there_and_not_from_its_rows() {
    run(async {
        let parties = Parties::new("added-up").await;
        Till::new(&parties.world).sell("2026-11-17T10:00:00Z", 1000).await;
        parties.contract(json!({"rate": 10_000})).await.is_done();
        parties.world.clock.pass(SignedDuration::from_hours(24 * 15));
        let bus = parties.world.sign_in_again(&parties.bus).await;
        let close = parties.world.post("/providers/bus/days/2026-11-30/close").by(&bus).json(&json!({}));
        close.send().await.is_done();
        let draft = parties.draft(&bus, "2026-11-01", "2026-12-01").await;
        let total = async || parties.get(&bus, &draft).await.json()["total"].clone();
        let by_rows = total().await;
        parties.world.added_up();
        assert_eq!(total().await, by_rows);
        let tally = rusqlite::Connection::open(parties.world.folder.file("tally.db")).unwrap();
        assert_eq!(tally.execute("UPDATE tally_changed SET stands = stands + 100", []).unwrap(), 1);
        assert_eq!(total().await, json!(by_rows.as_i64().unwrap() + 100));
    });
}
