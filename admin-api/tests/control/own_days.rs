//! A provider's own time zone and start of the day: its business days, statements and reconciliations, over a change of the clocks.

use serde_json::json;

use crate::parties::Parties;
use crate::till::Till;
use crate::world::run;

/// In New York clocks go back at 06:00Z of 1 November 2026: a night bus of 03:59 is of 31 October, in whatever time that is.
#[test]
fn a_provider_counts_its_days_where_it_is_and_from_when_it_says() {
    run(async {
        let parties = Parties::new("own-days").await;
        let provider =
            json!({"code": "bus", "tags": [], "time_zone": "America/New_York", "service_day_start": "04:00"});
        let till = Till::of_provider(&parties.world, &provider);
        let told = parties.get(&parties.bus, "/providers/bus").await.json();
        let clocks = (&told["time_zone"], &told["service_day_start"]);
        assert_eq!(clocks, (&provider["time_zone"], &provider["service_day_start"]), "{told}");
        parties.contract(json!({"from": "2026-10-01"})).await.is_done();
        // 03:59:59 in summer and in winter time, and 04:00 in each.
        till.sell("2026-10-31T07:59:59Z", 100).await;
        till.sell("2026-10-31T08:00:00Z", 200).await;
        let last = till.sell("2026-11-01T08:59:59Z", 400).await;
        till.sell("2026-11-01T09:00:00Z", 800).await;
        let gross = async |date: &str| {
            let day = parties.get(&parties.bus, &format!("/providers/bus/days/{date}")).await.json();
            day["ours"]["sale"]["gross"].clone()
        };
        assert_eq!((gross("2026-10-30").await, gross("2026-10-31").await), (json!(100), json!(600)));
        assert_eq!(gross("2026-11-01").await, json!(800));
        // It is 01:12 of the 18th there: the 17th goes on.
        parties.close("2026-11-18", None).await.is(422, "day_not_begun");
        parties.close("2026-10-31", None).await.is_done();
        let draft = parties.draft(&parties.approver, "2026-10-01", "2026-11-01").await;
        assert_eq!(parties.get(&parties.editor, &draft).await.json()["total"], json!(350));
        let path = "/reports/figures?from=2026-10-01&until=2026-12-01&by=month";
        let figures = parties.get(&parties.editor, path).await.json();
        let uses: Vec<_> = figures["items"].as_array().unwrap().iter().map(|month| month["uses"].clone()).collect();
        assert_eq!(uses, [json!(3), json!(1)]);
        // A shop's file tells its own clocks.
        let profile = json!({"columns": {"occurred_at": "Time", "gross": "Sum"}, "dates": ["YYYY-MM-DD HH:mm:ss"]});
        let file = "Time;Sum\n2026-10-31 04:00:00;2.00\n2026-11-01 03:59:59;4.00\n2026-11-01 04:00:00;8.00\n";
        let body = json!({"from": "2026-10-31", "until": "2026-11-01", "file": file, "profile": profile});
        let made = parties.make(&parties.bus, "/providers/bus/reconciliations", &body).await.json();
        assert_eq!((&made["summary"], &made["outside"]), (&json!({"matched": 2}), &json!(1)), "{made}");
        assert_eq!(made["ours"], json!({"gross": 600}));
        // What is given back counts on the provider's day of now.
        till.refund(last).await;
        let day = parties.get(&parties.bus, "/providers/bus/days/2026-11-17").await.json();
        assert_eq!(day["ours"]["refund"]["gross"], json!(-400), "{day}");
    });
}
