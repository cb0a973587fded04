//! Prices that providers tell: kept, and what was the lowest before a reduction.

use avis_admin::control::Role;
use avis_store::AuditFilter;
use serde_json::{Value, json};

use crate::office::Office;
use crate::world::{Answered, run};

const PATH: &str = "/providers/bus/prices";

fn price(price: i64, from: &str, until: Option<&str>, reduced: bool) -> Value {
    json!({"product": "shop.bread", "price": price, "from": from, "until": until, "reduced": reduced})
}

async fn tell(office: &Office, by: &str, prices: &[Value]) -> Answered {
    office.world.post(PATH).by(by).json(&json!({"prices": prices, "reason": "the season"})).send().await
}

#[test]
fn a_provider_tells_its_prices_and_what_was_in_force_stays() {
    run(async {
        let office = Office::open("prices").await;
        let (world, operator) = (&office.world, &office.operator);
        let (bus, tram) =
            (world.user(operator, "bus", Role::Provider).await, world.user(operator, "tram", Role::Provider).await);
        let told = [price(200, "2026-11-01", None, false)];
        tell(&office, &bus, &told).await.is_done();
        // The 18th of November is today.
        let next = [price(200, "2026-11-01", Some("2026-11-19"), false), price(150, "2026-11-20", None, true)];
        let done = tell(&office, &bus, &next).await;
        assert_eq!(done.json()["count"], json!(2), "{done:?}");
        for (prices, pointer) in [
            (vec![price(190, "2026-11-01", Some("2026-11-19"), false)], "/prices/0/price"),
            (vec![price(200, "2026-11-01", Some("2026-11-10"), false)], "/prices/0/until"),
            (vec![price(140, "2026-11-21", None, true)], "/prices"),
            (vec![price(100, "2026-10-01", Some("2026-09-01"), false)], "/prices/0/from"),
            (vec![], "/prices"),
        ] {
            let refused = tell(&office, &bus, &prices).await;
            refused.is(422, "invalid");
            assert_eq!(refused.json()["errors"][0]["pointer"], json!(pointer), "{refused:?}");
        }
        // What is still to come may change.
        tell(&office, &bus, &[price(140, "2026-11-20", None, true)]).await.is_done();
        tell(&office, &tram, &told).await.is(404, "not_found");
        tell(&office, &office.editor, &told).await.is(403, "not_your_role");
        let kept = world.get(PATH).by(&bus).send().await.json();
        let expected = [price(200, "2026-11-01", Some("2026-11-19"), false), price(140, "2026-11-20", None, true)];
        assert_eq!(kept["items"], json!(expected));
        let filter = AuditFilter { actions: vec!["prices_told".to_owned()], ..AuditFilter::default() };
        assert_eq!(world.registry.entries(&filter, 10).unwrap().len(), 3);
    });
}
