//! A party that grants and sells: who acts for one side of it does not act for the other.

use avis_admin::control::Role;
use serde_json::json;

use crate::parties::Parties;
use crate::till::Till;
use crate::world::run;

#[test]
fn who_sells_for_a_city_issues_and_pays_nothing_that_it_owes() {
    run(async {
        let parties = Parties::new("both-sides").await;
        Till::new(&parties.world).sell("2026-11-17T10:00:00Z", 1000).await;
        let path = parties.draft(&parties.bus, "2026-11-01", "2026-11-19").await;
        let operator = parties.world.sign_in("olga@avis.lv").await;
        let city = parties.world.get("/parties/city").by(&operator).send().await;
        let both = json!({"name": {"lv": "city", "en": "city"}, "capacities": ["grantor", "provider"],
                          "commercial": false});
        let changed = parties.world.request("PUT", "/parties/city").by(&operator).json(&both);
        changed.header("if-match", &city.headers["etag"]).send().await.is_done();
        let seller = parties.world.user(&operator, "city", Role::Provider).await;
        parties.step(&seller, &path, "issue", None).await.is(403, "not_your_role");
        parties.step(&parties.approver, &path, "issue", None).await.is(409, "day_is_open");
    });
}
