//! Coupons in bulk: made by a job, kept as keyed hashes alone, their codes shown once.

use std::collections::HashSet;

use avis_admin::control::Role;
use avis_core::loyalty::Coupon;
use avis_store::{Row, Scope, Stored};
use avis_testing::eventually;
use serde_json::{Value, json};

use crate::world::{Answered, World, run};

impl World {
    /// The coupons that are kept, by their keys.
    pub(crate) fn coupons(&self) -> Vec<(String, Value)> {
        let mut rows = Vec::new();
        self.store
            .snapshot(&[Scope::Coupons], &mut |stored| match stored {
                Stored::Row(Row { key, content: Some(content), .. }) => {
                    rows.push((key.into(), serde_json::from_str(&content).unwrap()));
                }
                other => panic!("{other:?}"),
            })
            .unwrap();
        rows
    }
}

async fn ended(world: &World, by: &str, made: &Answered) -> Value {
    assert_eq!(made.status, 202, "{made:?}");
    let id = made.json()["job"]["id"].as_str().unwrap().to_owned();
    let state = || world.registry.record("job", &id).unwrap().unwrap().value.state;
    eventually("the end of a job", state, |state| state != "running");
    world.get(&format!("/jobs/{id}")).by(by).send().await.json()
}

#[test]
fn codes_are_shown_once_and_kept_as_keyed_hashes() {
    run(async {
        let (world, operator) = World::with_parties("coupons").await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        let town = world.user(&operator, "town", Role::Editor).await;
        let rules = world.store.head().unwrap().digests.of(Scope::Rules);
        let body = json!({"count": 3_000, "valid": {"until": "2027-05-31"}, "reason": "the spring letter"});
        let key = world.key();
        let make = |by: String| {
            world.post("/campaigns/city-spring/coupons").by(&by).header("idempotency-key", &key).json(&body)
        };
        make(town.clone()).send().await.is(404, "not_found");
        let made = make(editor.clone()).send().await;
        let file_key = made.json()["file_key"].as_str().unwrap().to_owned();
        let job = ended(&world, &editor, &made).await;
        assert_eq!(
            (&job["state"], &job["kind"], &job["result"]),
            (&json!("done"), &json!("coupons"), &json!({"added": 3_000}))
        );
        let again = make(editor.clone()).send().await;
        assert_eq!((&again.json()["job"]["id"], &again.json()["file_key"]), (&job["id"], &Value::Null), "shown once");
        let take = |by: String, file_key: &str| {
            let path = format!("/jobs/{}/coupons", job["id"].as_str().unwrap());
            world.post(&path).by(&by).json(&json!({"file_key": file_key}))
        };
        take(town, &file_key).send().await.is(404, "not_found");
        take(editor.clone(), &"0".repeat(32)).send().await.is(422, "invalid");
        let file = take(editor.clone(), &file_key).send().await;
        file.is_done();
        take(editor.clone(), &file_key).send().await.is(409, "not_in_this_state");
        let codes: Vec<&str> = file.text.lines().skip(1).collect();
        assert_eq!((codes.len(), codes.iter().collect::<HashSet<_>>().len()), (3_000, 3_000));
        assert!(codes.iter().all(|code| code.len() == 14), "{}", codes[0]);
        let rows = world.coupons();
        let hashes: HashSet<&str> = rows.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(rows.len(), 3_000);
        for code in &codes {
            assert!(hashes.contains(&*Coupon::key(code, &world.secret).unwrap().to_hex()));
        }
        let valid = json!({"until": "2027-05-31"});
        assert!(rows.iter().all(|(key, row)| *row == json!({"campaign": "city-spring", "key": key, "valid": valid})));
        assert_eq!(world.store.head().unwrap().digests.of(Scope::Rules), rules, "no rule is read anew for them");
    });
}

#[test]
fn a_job_that_is_cancelled_made_no_coupon() {
    run(async {
        let (world, operator) = World::with_parties("coupons-cancelled").await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        for body in [
            json!({"count": 0, "reason": "r"}),
            json!({"count": 1_000_001, "reason": "r"}),
            json!({"count": 1, "valid": {"from": "2027-05-31", "until": "2027-05-01"}, "reason": "r"}),
        ] {
            world.post("/campaigns/city-spring/coupons").by(&editor).once().json(&body).send().await.is(422, "invalid");
        }
        let body = json!({"count": 1_000_000, "reason": "too many"});
        let made = world.post("/campaigns/city-spring/coupons").by(&editor).once().json(&body).send().await;
        let path = format!("/jobs/{}/cancel", made.json()["job"]["id"].as_str().unwrap());
        assert_eq!(world.post(&path).by(&editor).send().await.json()["state"], "cancelled");
        let another = world.post("/campaigns/city-spring/coupons").by(&editor).once();
        let another = another.json(&json!({"count": 1, "reason": "once more"}));
        let ended = eventually(
            "a place for another job",
            || world.registry.record("job_place", "party city").unwrap(),
            |place| place.is_none(),
        );
        assert!(ended.is_none() && world.coupons().is_empty());
        assert_eq!(another.send().await.status, 202);
    });
}
