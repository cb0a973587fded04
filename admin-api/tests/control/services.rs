//! E-services: a merchant drafts, an operator publishes what was read, everybody sees it, and who opens it is counted.

use avis_admin::control::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Answered, World, run};

impl World {
    /// A published service of a party, that nobody wrote.
    pub(crate) fn service_of(&self, party: &str) -> String {
        let id = format!("0190f6a2-0000-7000-b000-{:012}", self.number());
        let content = json!({"published": drafted("https://shop.lv/"), "pending": null, "edited_by": ""});
        self.unmade("service", id, (party, "published"), &content)
    }
}

pub(crate) fn drafted(address: &str) -> Value {
    json!({"name": {"lv": "Abonementi", "en": "Season tickets"}, "audience": ["pupils"], "address": address, "login": true})
}

/// A provider's service as it was made, in a world with an operator.
async fn service(test: &str) -> (World, String, String, Value) {
    let (world, operator) = World::with_parties(test).await;
    let provider = world.user(&operator, "bus", Role::Provider).await;
    let made = world.post("/services").by(&provider).once().json(&drafted("https://shop.lv/1")).send().await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    (world, operator, provider, made)
}

async fn read(world: &World, by: &str, id: &str) -> Answered {
    world.get(&format!("/services/{id}")).by(by).send().await
}

async fn publish(world: &World, by: &str, id: &str) -> Answered {
    let etag = read(world, by, id).await.headers["etag"].clone();
    let because = json!({"reason": "checked"});
    world.post(&format!("/services/{id}/publish")).by(by).header("if-match", &etag).json(&because).send().await
}

#[test]
fn what_is_published_is_what_was_read_and_a_change_waits_for_it() {
    run(async {
        let (world, operator, provider, made) = service("services").await;
        let id = made["id"].as_str().unwrap();
        let anyone = world.user(&operator, "city", Role::Editor).await;
        assert_eq!((&made["state"], &made["party"]), (&json!("draft"), &json!("bus")));
        read(&world, &anyone, id).await.is(404, "not_found");
        let listed = |by: String| {
            let world = &world;
            async move { world.get("/services").by(&by).send().await.json()["items"].as_array().unwrap().len() }
        };
        assert_eq!((listed(anyone.clone()).await, listed(provider.clone()).await), (0, 1));
        publish(&world, &provider, id).await.is(403, "not_your_role");
        publish(&world, &operator, id).await.is_done();
        publish(&world, &operator, id).await.is(409, "not_in_this_state");
        assert_eq!(read(&world, &anyone, id).await.json()["address"], "https://shop.lv/1");

        // A change of what is published leads nobody elsewhere before an operator read it.
        let stale = read(&world, &operator, id).await.headers["etag"].clone();
        let change = |etag: String| {
            let request = world.request("PUT", &format!("/services/{id}")).by(&provider).header("if-match", &etag);
            request.json(&drafted("https://shop.lv/2")).send()
        };
        change(stale.clone()).await.is_done();
        change(stale.clone()).await.is(412, "changed");
        let seen = read(&world, &anyone, id).await.json();
        assert_eq!((&seen["address"], &seen["pending"]), (&json!("https://shop.lv/1"), &Value::Null));
        assert_eq!(read(&world, &provider, id).await.json()["pending"]["address"], "https://shop.lv/2");
        let because = json!({"reason": "checked"});
        let path = format!("/services/{id}/publish");
        world.post(&path).by(&operator).header("if-match", &stale).json(&because).send().await.is(412, "changed");
        publish(&world, &operator, id).await.is_done();
        assert_eq!(read(&world, &anyone, id).await.json()["address"], "https://shop.lv/2");

        let withdraw = || world.post(&format!("/services/{id}/withdraw")).by(&operator).json(&because).send();
        withdraw().await.is_done();
        withdraw().await.is(409, "not_in_this_state");
        read(&world, &anyone, id).await.is(404, "not_found");
        world.post(&format!("/services/{id}/open")).by(&anyone).send().await.is(404, "not_found");
        publish(&world, &operator, id).await.is_done();
        assert_eq!(listed(anyone).await, 1);
    });
}

#[test]
fn openings_are_counted_and_who_opens_one_again_is_one_of_them() {
    run(async {
        let (world, operator, provider, made) = service("services-opened").await;
        let id = made["id"].as_str().unwrap();
        publish(&world, &operator, id).await.is_done();
        let opener = world.user(&operator, "city", Role::Editor).await;
        for by in [&opener, &opener, &provider] {
            let opened = world.post(&format!("/services/{id}/open")).by(by).send().await;
            assert_eq!(opened.json(), json!({"address": "https://shop.lv/1", "login": true}));
        }
        let path = format!("/services/{id}/openings");
        let counted = |by: String| world.get(&path).by(&by).send();
        let own = counted(provider.clone()).await.json();
        assert_eq!(own["items"], json!([{"quarter": "2026-Q4", "openings": 3, "people": 2}]));
        // Few are nobody else's to know.
        let told = counted(operator.clone()).await.json();
        assert_eq!(told["items"], json!([{"quarter": "2026-Q4", "openings": null, "people": null}]));
        counted(opener.clone()).await.is(404, "not_found");

        world.clock.pass(SignedDuration::from_hours(24 * 60));
        let (opener, provider) = (world.sign_in_again(&opener).await, world.sign_in_again(&provider).await);
        world.post(&format!("/services/{id}/open")).by(&opener).send().await.is_done();
        let quarters = counted(provider).await.json()["items"].clone();
        assert_eq!(quarters[1], json!({"quarter": "2027-Q1", "openings": 1, "people": 1}), "{quarters}");
    });
}

#[test]
fn an_address_that_leads_astray_and_a_group_that_is_not_there_are_refused() {
    run(async {
        let (world, _, provider, _) = service("services-bad").await;
        let mut unknown = drafted("https://shop.lv/");
        unknown["audience"] = json!(["pupils", "nobody"]);
        for (body, pointer) in [
            (drafted("http://shop.lv/"), "/address"),
            (drafted("https://shop.lv@evil.lv/"), "/address"),
            (drafted("javascript:alert(1)"), "/address"),
            (unknown, "/audience/1"),
        ] {
            let refused = world.post("/services").by(&provider).once().json(&body).send().await;
            refused.is(422, "invalid");
            assert_eq!(refused.json()["pointer"], pointer, "{refused:?}");
        }
        for _ in 1..100 {
            let made = world.post("/services").by(&provider).once().json(&drafted("https://shop.lv/")).send().await;
            assert_eq!(made.status, 201, "{made:?}");
        }
        let more = world.post("/services").by(&provider).once().json(&drafted("https://shop.lv/")).send().await;
        more.is(409, "too_many_objects");
    });
}
