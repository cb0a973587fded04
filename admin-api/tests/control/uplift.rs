//! What a campaign brings, beside those who are held out of it.

use avis_admin::control::Role;
use avis_core::WrittenHolder;
use avis_core::loyalty::{AccountName, HoldOut};
use avis_store::NewRow;
use serde_json::{Value, json};

use crate::world::{World, run};

/// Members of the city's programme before its campaign began, and one who joined later.
fn members(world: &World, count: usize) {
    let row = |number: usize| {
        let from = if number == 0 { "2026-11-10" } else { "2026-10-01" };
        let memberships = json!([{"program": "city-points", "from": from, "consent": "terms-1"}]);
        let holder = WrittenHolder::from_value(&json!({"holder": format!("m-{number}"), "memberships": memberships}));
        Ok(NewRow::Holder(Box::new(holder.unwrap().register(&world.secret).unwrap())))
    };
    world.commit((0..=count).map(row).collect());
}

#[test]
fn a_campaign_is_measured_by_groups_that_are_large_enough_and_told_to_its_owner() {
    run(async {
        let (world, operator) = World::with_parties("uplift").await;
        let approver = world.user(&operator, "city", Role::Approver).await;
        let town = world.user(&operator, "town", Role::Approver).await;
        let path = "/campaigns/city-spring/uplift";
        world.get(path).by(&town).send().await.is(404, "not_found");
        members(&world, 4);
        let few = world.get(path).by(&approver).send().await.json();
        assert_eq!((&few["treated"], &few["held_out"], &few["spend"]), (&Value::Null, &Value::Null, &Value::Null));
        members(&world, 60);
        let many = world.get(path).by(&approver).send().await.json();
        let hold_out = HoldOut { program: "city-points".into(), share: 3_000 };
        let is_held_out =
            |number: &usize| hold_out.holds_out("city-spring", &AccountName::Own(format!("m-{number}").into()));
        let held_out = (1..=60).filter(is_held_out).count();
        let members = |group: &str| many[group]["members"].as_u64().unwrap();
        assert_eq!((members("treated"), members("held_out")), (60 - held_out as u64, held_out as u64), "{many}");
        assert_eq!(many["spend"], json!({"uplift": 0, "low": 0, "high": 0}), "nobody bought anything");
        assert_eq!((&many["program"], &many["from"]), (&json!("city-points"), &json!("2026-10-31T22:00:00Z")));
        let of_operator = world.get(path).by(&operator).send().await.json();
        assert_eq!((&of_operator["treated"], &of_operator["held_out"]), (&many["treated"], &many["held_out"]));
    });
}
