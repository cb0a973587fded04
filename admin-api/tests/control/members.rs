//! Members of a merchant's programme as its own users see them: found, read, given points and taken some.

use avis_admin::control::Role;
use avis_store::records::{RecordChange, RecordValue};
use avis_store::{AuditFilter, Clock};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Answered, World, run};

/// A city with a programme of which Anna is a member.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) operator: String,
    pub(crate) editor: String,
    pub(crate) approver: String,
}

impl Shop {
    pub(crate) async fn open(test: &str) -> Self {
        let (world, operator) = World::with_parties(test).await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        let approver = world.user(&operator, "city", Role::Approver).await;
        let shop = Self { world, operator, editor, approver };
        let joined = shop.named(&shop.editor, "city-points/members", json!({"consent": "terms-1"})).await;
        joined.is_done();
        shop
    }

    /// A request that names Anna by her card.
    pub(crate) async fn named(&self, by: &str, path: &str, more: Value) -> Answered {
        let mut body = json!({"scheme": "etalons", "value": "A-1", "reason": "asked at the desk"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.world.post(&format!("/programs/{path}")).by(by).json(&body).send().await
    }

    /// A path of Anna, found by an editor.
    pub(crate) async fn found(&self, by: &str) -> String {
        let found = self.named(by, "city-points/members/find", json!({})).await;
        format!("/programs/city-points/members/{}", found.json()["handle"].as_str().unwrap())
    }

    pub(crate) async fn adjust(&self, member: &str, points: i64) -> Answered {
        let body = json!({"points": points, "reason": "a late delivery"});
        self.world.post(&format!("{member}/adjustments")).by(&self.editor).once().json(&body).send().await
    }

    async fn balance(&self, member: &str) -> Value {
        self.world.get(member).by(&self.editor).send().await.json()["balance"].clone()
    }
}

#[test]
fn an_editor_gives_points_alone_up_to_a_bound_and_above_it_with_a_second_person() {
    run(async {
        let shop = Shop::open("adjustments").await;
        let (world, member) = (&shop.world, shop.found(&shop.editor).await);
        let small = shop.adjust(&member, 1_000).await;
        assert_eq!((small.status, &small.json()["state"]), (201, &json!("done")), "{small:?}");
        assert_eq!(small.json()["balance_after"], 1_000);
        // The bound is of a day, however often and by however many it is asked.
        let more = shop.adjust(&member, 1).await;
        assert_eq!((more.status, &more.json()["state"]), (201, &json!("asked")), "{more:?}");
        let more = format!("/adjustments/{}", more.json()["id"].as_str().unwrap());
        assert_eq!(world.request("DELETE", &more).by(&shop.editor).send().await.status, 204);
        let large = shop.adjust(&member, 1_001).await;
        assert_eq!((large.status, &large.json()["state"]), (201, &json!("asked")), "{large:?}");
        assert_eq!(shop.balance(&member).await, 1_000, "nothing is given before it is confirmed");
        let confirm = format!("/adjustments/{}/confirm", large.json()["id"].as_str().unwrap());
        world.post(&confirm).by(&shop.editor).send().await.is(403, "not_your_role");
        let town = world.user(&shop.operator, "town", Role::Approver).await;
        world.post(&confirm).by(&town).send().await.is(404, "not_found");
        let waiting = world.get("/adjustments?state=asked").by(&shop.approver).send().await.json();
        assert_eq!(waiting["items"].as_array().unwrap().len(), 1, "{waiting}");
        let confirmed = world.post(&confirm).by(&shop.approver).send().await;
        assert_eq!((confirmed.status, &confirmed.json()["balance_after"]), (200, &json!(2_001)), "{confirmed:?}");
        world.post(&confirm).by(&shop.approver).send().await.is(409, "not_in_this_state");
        assert_eq!(shop.balance(&member).await, 2_001);
        // What is not there is not taken, by one or by two.
        shop.adjust(&member, -1_000).await;
        shop.adjust(&member, -1_000).await;
        shop.adjust(&member, -2).await.is(422, "invalid");
        let far = shop.adjust(&member, -5_000).await.json()["id"].as_str().unwrap().to_owned();
        world.post(&format!("/adjustments/{far}/confirm")).by(&shop.approver).send().await.is(422, "invalid");
        assert_eq!(world.request("DELETE", &format!("/adjustments/{far}")).by(&shop.editor).send().await.status, 204);
        assert_eq!(shop.balance(&member).await, 1);
        shop.adjust(&member, 0).await.is(422, "invalid");
        // What the ledger has, but did not answer, is not removed: confirmed again, it is done once.
        let sent = shop.adjust(&member, 2_000).await.json()["id"].as_str().unwrap().to_owned();
        let record = world.registry.record("adjustment", &sent).unwrap().unwrap();
        let value = RecordValue { state: "sent".to_owned(), ..record.value.clone() };
        world.registry.change(&[RecordChange::replace(&record, value)], &[]).unwrap();
        let removed = world.request("DELETE", &format!("/adjustments/{sent}")).by(&shop.editor).send().await;
        removed.is(409, "not_in_this_state");
        let done = world.post(&format!("/adjustments/{sent}/confirm")).by(&shop.approver).send().await;
        assert_eq!(done.json()["state"], "done", "{done:?}");
        assert_eq!(shop.balance(&member).await, 2_001);
        shop.adjust(&member, -1_000).await;
        shop.adjust(&member, -1_000).await;
        // The same key is the same adjustment.
        let key = world.key();
        let body = json!({"points": -1, "reason": "a mistake"});
        for _ in 0..2 {
            let path = format!("{member}/adjustments");
            let again = world.post(&path).by(&shop.editor).header("idempotency-key", &key).json(&body).send().await;
            assert_eq!(again.json()["balance_after"], 0, "{again:?}");
        }
        assert_eq!(shop.balance(&member).await, 0);
        shop.named(&shop.editor, "city-points/members/leave", json!({})).await.is_done();
        shop.adjust(&member, 5).await.is(409, "not_in_this_state");
    });
}

#[test]
fn a_statement_tells_what_a_member_has_at_any_moment_and_nothing_of_who_it_is() {
    run(async {
        let shop = Shop::open("member-statement").await;
        let (world, member) = (&shop.world, shop.found(&shop.editor).await);
        shop.adjust(&member, 300).await;
        let between = world.clock.now();
        world.clock.pass(SignedDuration::from_mins(1));
        shop.adjust(&member, -120).await;
        let now = world.get(&member).by(&shop.editor).send().await;
        now.is_done();
        let shown = now.json();
        assert_eq!(
            (&shown["balance"], &shown["state"], &shown["lots"][0]["points"]),
            (&json!(180), &json!("member"), &json!(180))
        );
        let earlier = world.get(&format!("{member}?at={between}")).by(&shop.editor).send().await.json();
        assert_eq!((&earlier["balance"], &earlier["tier"]), (&json!(300), &Value::Null), "{earlier}");
        // To the minute: the moment of a sale would join what two merchants read of it, and is not found by asking either.
        assert!(shown["lots"][0]["earned_at"].as_str().unwrap().ends_with(":00Z"), "{shown}");
        assert!(earlier["at"].as_str().unwrap().ends_with(":00Z"), "{earlier}");
        let first = world.get(&format!("{member}/operations?limit=1")).by(&shop.editor).send().await;
        let (items, next) = (first.json()["items"].clone(), first.json()["next"].as_str().unwrap().to_owned());
        assert_eq!((&items[0]["points"], &items[0]["kind"]), (&json!(-120), &json!("adjustment")), "{items}");
        assert_eq!(items[0]["reason"], "a late delivery");
        let is_of_a_minute = |value: &Value| value.is_null() || value.as_str().is_some_and(|at| at.ends_with(":00Z"));
        let entries =
            items[0]["entries"].as_array().unwrap().iter().flat_map(|it| [&it["active_from"], &it["expires_at"]]);
        assert!([&items[0]["at"], &items[0]["recorded_at"]].into_iter().chain(entries).all(is_of_a_minute), "{items}");
        let rest = world.get(&format!("{member}/operations?limit=1&cursor={next}")).by(&shop.editor).send().await;
        assert_eq!((&rest.json()["items"][0]["points"], &rest.json()["next"]), (&json!(300), &Value::Null), "{rest:?}");
        for told in [&now, &first] {
            assert!(
                ["h-anna", "A-1", "etalons", "seniors", "1950-05-01"].iter().all(|of| !told.text.contains(of)),
                "{told:?}"
            );
        }
        // A handle is for who found the member, for half an hour, and for this programme.
        let other = world.user(&shop.operator, "city", Role::Editor).await;
        world.get(&member).by(&other).send().await.is(404, "not_found");
        let town = world.user(&shop.operator, "town", Role::Editor).await;
        shop.named(&town, "city-points/members/find", json!({})).await.is(404, "not_found");
        shop.named(&town, "town-points/members/find", json!({})).await.is(404, "not_found");
        shop.named(&shop.editor, "city-points/members/find", json!({"value": "B-1"})).await.is(404, "not_found");
        let elsewhere = member.replace("city-points", "town-points");
        world.get(&elsewhere).by(&shop.editor).send().await.is(404, "not_found");
        world.clock.pass(SignedDuration::from_mins(31));
        let editor = world.sign_in_again(&shop.editor).await;
        world.get(&member).by(&editor).send().await.is(404, "not_found");
        let audit = world.registry.entries(&AuditFilter::default(), 200).unwrap();
        let told = |action: &str| audit.iter().any(|entry| entry.entry.act.action == action);
        for action in ["member_found", "member_not_found", "member_read", "member_operations_read", "points_adjusted"] {
            assert!(told(action), "{action}");
        }
        assert!(!format!("{audit:?}").contains("h-anna"), "the audit names nobody by their code");
    });
}

#[test]
fn what_is_given_alone_is_bounded_in_any_day_whoever_gives_it() {
    run(async {
        let shop = Shop::open("given-alone").await;
        let editor = shop.world.user(&shop.operator, "city", Role::Editor).await;
        let give = async |by: &str, points: i64, expected: &str| {
            let by = shop.world.sign_in_again(by).await;
            let path = format!("{}/adjustments", shop.found(&by).await);
            let body = json!({"points": points, "reason": "a late delivery"});
            let given = shop.world.post(&path).by(&by).once().json(&body).send().await.json();
            assert_eq!(given["state"], expected, "{points}: {given}");
        };
        give(&shop.editor, 1, "done").await;
        shop.world.clock.pass(SignedDuration::from_hours(23));
        give(&editor, 999, "done").await;
        // A day after the first, and an hour after the second.
        shop.world.clock.pass(SignedDuration::from_mins(61));
        give(&shop.editor, 2, "asked").await;
        give(&shop.editor, 1, "done").await;
        shop.world.clock.pass(SignedDuration::from_hours(23));
        give(&editor, 999, "done").await;
    });
}

#[test]
fn two_merchants_name_one_person_by_names_that_nobody_can_join() {
    run(async {
        let shop = Shop::open("member-names").await;
        let town = shop.world.user(&shop.operator, "town", Role::Editor).await;
        shop.named(&town, "town-points/members", json!({"consent": "terms-1"})).await.is_done();
        let own = shop.found(&shop.editor).await;
        let found = shop.named(&town, "town-points/members/find", json!({})).await.json();
        let theirs = format!("/programs/town-points/members/{}", found["handle"].as_str().unwrap());
        let name = |shown: Answered| shown.json()["member"].as_str().unwrap().to_owned();
        let (own, again) = (own.clone(), shop.found(&shop.editor).await);
        let own = name(shop.world.get(&own).by(&shop.editor).send().await);
        assert_eq!(
            own,
            name(shop.world.get(&again).by(&shop.editor).send().await),
            "one name in all of a merchant's lists"
        );
        assert_ne!(own, name(shop.world.get(&theirs).by(&town).send().await));
    });
}

#[test]
fn figures_tell_what_happened_and_what_is_owed_and_few_are_not_told_to_others() {
    run(async {
        let shop = Shop::open("programme-figures").await;
        let (world, member) = (&shop.world, shop.found(&shop.editor).await);
        shop.adjust(&member, 300).await;
        shop.adjust(&member, -100).await;
        let path = "/programs/city-points/figures?from=2026-11&until=2026-12";
        let figures = world.get(path).by(&shop.approver).send().await.json();
        assert_eq!(figures["members"], 1);
        assert_eq!(
            figures["months"][0],
            json!({"month": "2026-11", "active": 1, "earned": 0, "spent": 0, "adjusted": 200, "expired": 0})
        );
        assert_eq!(figures["liability"], json!([{"month": "2026-12", "points": 200, "amount": 100}]));
        let of_others = world.get(path).by(&shop.operator).send().await.json();
        assert_eq!(
            (&of_others["members"], &of_others["months"][0]["active"]),
            (&Value::Null, &Value::Null),
            "{of_others}"
        );
        assert_eq!((&of_others["months"][0]["adjusted"], &of_others["liability"]), (&Value::Null, &Value::Null));
        let town = world.user(&shop.operator, "town", Role::Approver).await;
        world.get(path).by(&town).send().await.is(404, "not_found");
        world
            .get("/programs/city-points/figures?from=2026-11&until=2026-10")
            .by(&shop.approver)
            .send()
            .await
            .is(422, "invalid");
        world
            .get("/programs/city-points/figures?from=2020-01&until=2026-10")
            .by(&shop.approver)
            .send()
            .await
            .is(422, "invalid");
        // Points end by time; that it is booked as well changes nothing that is told.
        world.clock.pass(SignedDuration::from_hours(24 * 40));
        let approver = world.sign_in_again(&shop.approver).await;
        let december =
            |by: String| async move { world.get(path).by(&by).send().await.json()["months"][1]["expired"].clone() };
        assert_eq!(december(approver.clone()).await, 200);
        let control = world.control.clone();
        let book = || {
            let control = control.clone();
            std::thread::spawn(move || control.book_all_expired(|| false).unwrap()).join().unwrap()
        };
        assert_eq!((book(), book()), (1, 0), "it can be repeated");
        assert_eq!(december(approver.clone()).await, 200);
        let after = world.get(path).by(&approver).send().await.json();
        assert_eq!((&after["liability"], &after["months"][1]["adjusted"]), (&json!([]), &json!(0)));
    });
}

#[test]
fn members_are_counted_as_they_come_and_go() {
    run(async {
        let shop = Shop::open("members-counted").await;
        let path = "/programs/city-points/figures";
        let count = || async { shop.world.get(path).by(&shop.approver).send().await.json()["members"].clone() };
        assert_eq!(count().await, 1);
        shop.named(&shop.editor, "city-points/members", json!({"value": "B-1", "consent": "terms-1"})).await.is_done();
        assert_eq!(count().await, 2);
        shop.named(&shop.editor, "city-points/members/leave", json!({"value": "B-1"})).await.is_done();
        assert_eq!(count().await, 1);
    });
}
