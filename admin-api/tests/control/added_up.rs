//! Statements of closed months are made of what is added up.

use jiff::SignedDuration;
use serde_json::json;

use crate::parties::{Parties, on_each_store};
use crate::till::Till;
use crate::world::run;

on_each_store! {
    /// Twenty sales of 10^18 come to more than 64 bits hold, and so does the half that the city pays: such sums are told as the last number
    /// that there is, and everything goes on.
    async fn what_one_terminal_sells_beyond_all_numbers_stops_no_day_statement_or_report(parties) {
        let till = Till::new(&parties.world);
        till.sell("2026-11-16T10:00:00Z", 1000).await;
        for _ in 0..20 {
            till.sell_units("2026-11-17T10:00:00Z", 1_000_000_000_000, 1_000_000).await;
        }
        parties.contract(json!({"rate": 10_000})).await.is_done();
        parties.world.clock.pass(SignedDuration::from_hours(24 * 15));
        let (bus, editor) =
            (parties.world.sign_in_again(&parties.bus).await, parties.world.sign_in_again(&parties.editor).await);
        for (date, gross) in [("2026-11-16", 1000), ("2026-11-17", i64::MAX), ("2026-11-30", 0)] {
            let close = parties.world.post(&format!("/providers/bus/days/{date}/close")).by(&bus).json(&json!({}));
            let closed = close.send().await;
            closed.is_done();
            let sales = closed.json()["ours"]["sale"]["gross"].as_i64().unwrap_or_default();
            assert_eq!(sales, gross, "{date}: {}", closed.json());
        }
        let draft = parties.draft(&bus, "2026-11-01", "2026-12-01").await;
        for is_added_up in [false, true] {
            if is_added_up {
                parties.world.added_up();
            }
            assert_eq!(parties.get(&bus, &draft).await.json()["total"], json!(i64::MAX), "added up: {is_added_up}");
            for (by, report, field) in [
                (&bus, "figures?from=2026-11-01&until=2026-12-01&by=month", "discount"),
                (&editor, "figures?from=2026-11-01&until=2026-12-01&by=month", "discount"),
                (&bus, "turnover?from=2026-11-01&until=2026-12-01", "gross"),
            ] {
                let told = parties.get(by, &format!("/reports/{report}")).await;
                assert_eq!(told.json()["items"][0][field], json!(i64::MAX), "{report}: {}", told.json());
            }
        }
        // What comes later is added up behind it, to the cent.
        till.sell("2026-12-02T10:00:00Z", 500).await;
        parties.world.added_up();
        let told = parties.get(&bus, "/reports/turnover?from=2026-12-01&until=2027-01-01").await;
        assert_eq!(told.json()["items"][0]["gross"], json!(500), "{}", told.json());
    }
}

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
