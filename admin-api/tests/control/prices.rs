//! Prices that providers tell: kept, and what was the lowest before a reduction.

use avis_admin::control::Role;
use avis_store::AuditFilter;
use jiff::SignedDuration;
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

/// The last day of a price is still of it, and what nothing came before has no lowest price.
#[test]
fn of_a_reduction_that_is_in_force_alone_the_lowest_price_before_it_is_told() {
    run(async {
        let office = Office::open("prices-reference").await;
        let world = &office.world;
        let bus = world.user(&office.operator, "bus", Role::Provider).await;
        let mut milk = price(90, "2026-11-01", None, true);
        milk["product"] = json!("shop.milk");
        // The 18th of November is today.
        let told = [
            price(200, "2026-11-01", Some("2026-11-10"), false),
            price(150, "2026-11-11", Some("2026-11-18"), true),
            price(140, "2026-11-19", None, true),
            milk,
        ];
        tell(&office, &bus, &told).await.is_done();
        let references = async |by: &str| {
            let kept = world.get(PATH).by(by).send().await.json();
            let items = kept["items"].as_array().unwrap().clone();
            items.iter().map(|price| price.get("reference").cloned()).collect::<Vec<_>>()
        };
        let (lowest, none) = (Some(json!({"price": 200})), Some(json!({"price": null})));
        assert_eq!(references(&bus).await, [None, lowest, None, none.clone()]);
        world.clock.pass(SignedDuration::from_hours(24));
        let tomorrow = references(&world.sign_in_again(&bus).await).await;
        assert!(tomorrow[1].is_none() && tomorrow[2].is_some() && tomorrow[3] == none, "{tomorrow:?}");
    });
}
