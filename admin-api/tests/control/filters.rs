//! Lists of one state or of a time, what is asked once where a key comes with it, and what is tried.

use avis_admin::control::Role;
use avis_store::Clock;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::office::{Office, cases, content};
use crate::world::{World, run};

fn count(list: &Value) -> usize {
    list["items"].as_array().unwrap().len()
}

#[test]
fn drafts_and_jobs_are_listed_by_state_and_the_audit_by_time() {
    run(async {
        let office = Office::open("filters").await;
        let world = &office.world;
        let id = office.approved(&content(5000), &cases(100), None).await;
        office.drafted(&content(4000), &json!([]), None).await;
        let read = async |path: &str| world.get(path).by(&office.editor).send().await;
        let approved = read("/drafts?state=approved").await.json();
        assert_eq!((count(&approved), approved["items"][0]["id"].as_str()), (1, Some(&*id)));
        assert_eq!(count(&read("/drafts?state=published").await.json()), 0);
        read("/drafts?state=lost").await.is(422, "invalid");
        assert_eq!(count(&read("/jobs?state=failed").await.json()), 0);
        read("/imports?state=lost").await.is(422, "invalid");
        let auditor = world.user(&office.operator, "operator", Role::Auditor).await;
        let before = world.clock.now();
        world.clock.pass(SignedDuration::from_mins(2));
        let then = before + SignedDuration::from_mins(1);
        office.drafted(&content(3000), &json!([]), None).await;
        let entries = async |query: &str| {
            let listed = world.get(&format!("/audit?action=draft_made&{query}")).by(&auditor).send().await.json();
            count(&listed)
        };
        assert_eq!([entries(&format!("from={then}")).await, entries(&format!("until={then}")).await], [1, 2]);
    });
}

#[test]
fn a_member_is_written_on_trial_and_once_under_a_key() {
    run(async {
        let (world, operator) = World::with_parties("member-once").await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        let body = json!({"scheme": "etalons", "value": "A-1", "from": "2030-01-01", "reason": "decision"});
        let write = |query: &str| world.post(&format!("/groups/seniors/members{query}")).by(&editor).json(&body);
        let head = || world.store.head().unwrap().revision.number;
        let before = head();
        let dry = write("?dry_run=true").send().await;
        assert_eq!((dry.status, &dry.json()["counts"]["changed"], head()), (200, &json!(1), before), "{dry:?}");
        assert_eq!(dry.headers["avis-dry-run"], "true");
        let key = world.key();
        let first = write("").header("idempotency-key", &key).send().await;
        let again = write("").header("idempotency-key", &key).send().await;
        assert_eq!((first.status, first.json()), (200, again.json()));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        write("").header("idempotency-key", "no key").send().await.is(422, "invalid");
        write("").send().await.is_done();
    });
}

#[test]
fn means_that_were_replaced_under_a_key_are_told_as_before() {
    run(async {
        let (world, operator) = World::with_parties("replaced-once").await;
        let clerk = world.user(&operator, "desk", Role::Clerk).await;
        let shown = json!({"scheme": "etalons", "value": "A-1", "reason": {"code": "at_desk", "text": "lost"}});
        let handle = world.post("/people/find").by(&clerk).json(&shown).send().await.json()["handle"].clone();
        let path = format!("/people/{}/means", handle.as_str().unwrap());
        let means = world.get(&path).by(&clerk).send().await.json()["items"][0]["id"].clone();
        let key = world.key();
        let replace = || {
            let request = world.post(&format!("{path}/{}/replace", means.as_str().unwrap())).by(&clerk);
            request.header("idempotency-key", &key).json(&json!({"value": "NEW-1"}))
        };
        let (first, again) = (replace().send().await, replace().send().await);
        assert_eq!((first.status, first.json()), (200, again.json()));
    });
}
