//! A quote and the sale after it give one price at one engine, whatever the engine can reach.

use avis_testing::{eventually, postgres};
use serde_json::{Value, json};

use crate::deployment::{DESK, Deployment, new_id, single};
use crate::program::Server;
use crate::standing_in::{until_copied, until_handed_in, until_new_sales_go_on};

/// Twenty trips are free in all; a ticket is, without a limit.
fn deployment(test: &str) -> Deployment {
    let benefit = |code: &str, more: Value| {
        let mut benefit = json!({
            "code": code, "version": 1, "grantor": "city", "name": {"lv": "n", "en": "n"}, "priority": 1,
            "when": {"identifier": {"schemes": ["etalons"]}}, "effect": {"percent": {"rate": 10_000}},
        });
        benefit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        benefit
    };
    let limits = json!([{"scope": "holder", "measure": "units", "window": {"lifetime": {}}, "max": 20}]);
    let of = |product: &str| json!({"providers": {"all": true}, "products": [product]});
    let benefits = [
        benefit("ticket", json!({"scope": of("transport.bus.regional.single")})),
        benefit(
            "trips",
            json!({"scope": of("trip"), "limits": limits,
            "offline": {"allow": {"max_discount": 100_000, "max_uses": 100}}}),
        ),
    ];
    let catalogue = json!({"currency": "EUR", "providers": [{"code": "bus", "tags": []}], "benefits": benefits});
    let people = json!([{"holder": "anna", "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}]}]);
    let till =
        json!({"terminal": "till", "provider": "bus", "key": DESK, "channels": ["desk"], "schemes": ["etalons"]});
    Deployment::of(test, &catalogue, &people, &till)
}

fn trip() -> String {
    let mut trip = single(&new_id());
    trip["lines"][0]["product"] = json!("trip");
    trip.to_string()
}

/// The price by a quote, and by the sale that follows it.
fn priced_alike(engine: &Server) -> i64 {
    let quoted = engine.quote(DESK, trip()).json();
    let sold = engine.send(DESK, "/v1/authorizations", trip());
    assert_eq!(sold.status, 200, "{}", sold.text);
    let told = |answer: &Value| {
        ["outcome", "payable", "reasons", "main_reason", "stale"].map(|field| (field, answer[field].clone()))
    };
    assert_eq!(told(&quoted), told(&sold.json()), "{}", sold.text);
    quoted["payable"].as_i64().unwrap()
}

/// How many of so many trips are free.
fn free_of(engine: &Server, trips: usize) -> usize {
    (0..trips).filter(|_| priced_alike(engine) == 0).count()
}

/// The caps of the grantor's policy are wide: they bound only what neither engine can know, the sales of the other in the outage.
#[test]
fn a_quote_and_a_sale_of_one_engine_agree_with_the_ledger_without_it_and_with_it_again() {
    let deployment = deployment("one-price");
    let (proxy, url) = deployment.way();
    let folder = deployment.folder("one");
    let (one, two) = (deployment.engine_in(&folder, "one", &url, &[]), deployment.engine_behind("two", &url));
    until_copied(&one);
    assert_eq!((free_of(&one, 8), free_of(&two, 8)), (8, 8));
    // The ledger tells the first what the second sold.
    assert_eq!(one.quote(DESK, trip()).json()["payable"], 0);
    proxy.part();
    until_new_sales_go_on(&one);
    until_new_sales_go_on(&two);
    let stale =
        |engine: &Server| eventually("a stale quote", || engine.quote(DESK, trip()).json(), |it| it["stale"] == true);
    stale(&one);
    stale(&two);
    assert_eq!((free_of(&one, 8), free_of(&two, 8)), (4, 4), "four are left of twenty, as far as each can know");
    one.kill();
    let one = deployment.engine_in(&folder, "one", &url, &[]);
    for _ in 0..3 {
        priced_alike(&one);
    }
    proxy.mend();
    until_handed_in(&one);
    until_handed_in(&two);
    for engine in [&one, &two] {
        let quoted = || engine.quote(DESK, trip()).json();
        eventually("a quote that is not stale", quoted, |quoted| {
            quoted["stale"] == false && quoted["usage"] == "exact"
        });
        assert_eq!(free_of(engine, 3), 0, "all twenty are used");
    }
    let over = "SELECT sum(grantor) / 715 >= 4, sum(provider) FROM avis.over_grant";
    assert_eq!(postgres().sql(&deployment.database, over).unwrap(), "t|0", "what nobody could know is listed");
}
