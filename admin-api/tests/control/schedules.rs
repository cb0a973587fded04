//! Drafts that are published at their time: once, checked again, whichever node does it.

use std::sync::Arc;

use avis_store::records::{RecordChange, RecordValue};
use avis_store::{AuditFilter, Clock, Kind};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::office::{Office, cases, content, text};
use crate::world::run;

impl Office {
    /// An approved draft that is to be published in five minutes.
    async fn approved_for_later(&self, rate: i64, base: Option<i64>) -> String {
        let at = self.world.clock.now() + SignedDuration::from_mins(5);
        let body = json!({"code": "rides", "base": base, "content": content(rate), "cases": [], "publish_at": at});
        let draft = self.world.post("/drafts").by(&self.editor).once().json(&body).send().await.json();
        let (id, hash) = (text(&draft["id"]), json!({"content_hash": draft["content_hash"]}));
        self.step(&self.editor, &id, "submit", &hash).await.is_done();
        self.step(&self.approver, &id, "approve", &hash).await.is_done();
        id
    }

    async fn scheduled(&self, rate: i64, base: Option<i64>) -> String {
        let id = self.approved_for_later(rate, base).await;
        assert_eq!(self.publish(&id).await.json()["state"], "scheduled");
        id
    }

    async fn state(&self, id: &str) -> String {
        text(&self.read(id).await.0["state"])
    }

    /// Writes over what a draft's record keeps.
    pub(crate) fn keep(&self, id: &str, change: impl FnOnce(&mut Value)) {
        let registry = &self.world.registry;
        let record = registry.record("draft", id).unwrap().unwrap();
        let mut object: Value = serde_json::from_str(&record.value.content).unwrap();
        change(&mut object);
        let value = RecordValue { content: object.to_string(), ..record.value.clone() };
        registry.change(&[RecordChange::replace(&record, value)], &[]).unwrap();
    }

    fn how_often(&self, action: &str) -> usize {
        let entries = self.world.registry.entries(&AuditFilter::default(), 1_000).unwrap();
        entries.iter().filter(|kept| kept.entry.act.action == action).count()
    }
}

#[test]
fn a_draft_is_published_at_its_time_and_not_before() {
    run(async {
        let office = Office::open("schedule").await;
        let id = office.scheduled(5000, None).await;
        office.world.control.publish_due().unwrap();
        assert_eq!(office.state(&id).await, "scheduled");
        assert!(office.world.rule_keys(Kind::Benefit).is_empty());
        // What is scheduled is not edited, and comes back where it stood.
        office.step(&office.editor, &id, "withdraw", &Value::Null).await.is(409, "not_in_this_state");
        let back = office.step(&office.approver, &id, "unschedule", &Value::Null).await.json();
        assert_eq!((&back["state"], &back["scheduled_by"]), (&json!("approved"), &Value::Null));
        assert_eq!(office.publish(&id).await.json()["state"], "scheduled");
        office.world.clock.pass(SignedDuration::from_mins(5));
        office.world.control.publish_due().unwrap();
        let (draft, _) = office.read(&id).await;
        assert_eq!((&draft["state"], &draft["version"]), (&json!("published"), &json!(1)), "{draft}");
        assert_eq!(office.world.rule_keys(Kind::Benefit), ["rides/1"]);
        let published = &office.world.registry.entries(&AuditFilter::default(), 3).unwrap();
        let by = published.iter().find(|kept| kept.entry.act.action == "benefit_published").unwrap();
        assert!(by.entry.act.on_behalf.is_some() && by.entry.act.reason.as_deref() == Some("decided"), "{by:?}");
        // A time that is over is now.
        let late = office.approved_for_later(2500, Some(1)).await;
        office.world.clock.pass(SignedDuration::from_mins(10));
        assert_eq!(office.publish(&late).await.json()["state"], "published");
    });
}

#[test]
fn two_nodes_publish_a_schedule_once() {
    run(async {
        let office = Office::open("schedule-two").await;
        let id = office.scheduled(5000, None).await;
        office.world.clock.pass(SignedDuration::from_mins(5));
        let before = office.world.store.head().unwrap().revision.number;
        let nodes: Vec<_> = (0..4).map(|_| Arc::new(office.world.another_node())).collect();
        let threads: Vec<_> =
            nodes.iter().cloned().map(|node| std::thread::spawn(move || node.publish_due())).collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
        assert_eq!(office.state(&id).await, "published");
        assert_eq!(office.world.store.head().unwrap().revision.number, before + 1);
        assert_eq!((office.how_often("draft_claimed"), office.how_often("draft_published")), (1, 1));
    });
}

#[test]
fn a_node_that_was_stopped_holds_nobody_up_for_long_and_nothing_is_done_twice() {
    run(async {
        let office = Office::open("schedule-crash").await;
        let id = office.scheduled(5000, None).await;
        office.world.clock.pass(SignedDuration::from_mins(5));
        let claimed = |schedule: &mut Value, until| {
            schedule["is_publishing"] = json!(true);
            schedule["schedule"]["claimed_until"] = json!(until);
        };
        // It was stopped before the commit.
        let until = office.world.clock.now() + SignedDuration::from_secs(30);
        office.keep(&id, |draft| claimed(draft, until));
        office.world.control.publish_due().unwrap();
        assert_eq!(office.state(&id).await, "scheduled", "another node has it");
        office.step(&office.approver, &id, "unschedule", &Value::Null).await.is(409, "not_in_this_state");
        office.world.clock.pass(SignedDuration::from_secs(60));
        // It was stopped after the commit, and before the mark.
        let whole = office.world.registry.record("draft", &id).unwrap().unwrap().value;
        office.world.control.publish_due().unwrap();
        assert_eq!(office.state(&id).await, "published");
        let head = office.world.store.head().unwrap().revision.number;
        let marked = office.world.registry.record("draft", &id).unwrap().unwrap();
        office.world.registry.change(&[RecordChange::replace(&marked, whole)], &[]).unwrap();
        office.world.control.publish_due().unwrap();
        let (draft, _) = office.read(&id).await;
        assert_eq!((&draft["state"], &draft["version"]), (&json!("published"), &json!(1)), "{draft}");
        assert_eq!(office.world.store.head().unwrap().revision.number, head, "no second version");
    });
}

#[test]
fn what_can_not_be_published_at_its_time_goes_back_with_the_reason() {
    run(async {
        let office = Office::open("schedule-fails").await;
        let first = office.approved(&content(1000), &cases(180), None).await;
        office.publish(&first).await.is_done();
        let outdated = office.scheduled(5000, Some(1)).await;
        let stale = office.approved_for_later(100, Some(1)).await;
        let faster = office.approved(&content(2000), &json!([]), Some(1)).await;
        office.publish(&faster).await.is_done();
        // What can't be published now is not scheduled either.
        office.publish(&stale).await.is(409, "outdated");
        office.world.clock.pass(SignedDuration::from_mins(5));
        office.world.control.publish_due().unwrap();
        let (draft, _) = office.read(&outdated).await;
        assert_eq!(draft["state"], "approved", "{draft}");
        assert!(text(&draft["not_published_because"]).starts_with("outdated"), "{draft}");
        assert_eq!(office.how_often("draft_not_published"), 1);
        assert_eq!(office.world.rule_keys(Kind::Benefit), ["rides/1", "rides/2"]);
    });
}

#[test]
fn nothing_is_published_for_a_party_that_was_closed() {
    run(async {
        let office = Office::open("schedule-closed").await;
        let (world, operator) = (&office.world, &office.operator);
        let id = office.scheduled(5000, None).await;
        let read = world.get("/parties/city").by(operator).send().await;
        let mut party = read.json();
        party.as_object_mut().unwrap().remove("code");
        party["state"] = json!("closed");
        let etag = &read.headers["etag"];
        let close = world.request("PUT", "/parties/city").by(operator).header("if-match", etag).json(&party);
        close.send().await.is_done();
        world.clock.pass(SignedDuration::from_mins(5));
        world.control.publish_due().unwrap();
        assert!(world.rule_keys(Kind::Benefit).is_empty());
        let draft = world.registry.record("draft", &id).unwrap().unwrap();
        assert_eq!(draft.value.state, "approved");
        assert!(draft.value.content.contains("the party of this draft is closed"), "{}", draft.value.content);
    });
}

#[test]
fn what_is_published_in_the_end_does_not_say_any_more_why_it_was_not() {
    run(async {
        let office = Office::open("schedule-mended").await;
        let id = office.scheduled(5000, None).await;
        // Rules of that moment refuse it: another has its code.
        office.world.import(&json!({"code": "rides", "version": 1, "grantor": "town", "priority": 9,
            "name": {"lv": "n", "en": "n"}, "scope": {"providers": {"codes": ["bus"]}}, "effect": {"percent": {"rate": 1}}}));
        office.world.clock.pass(SignedDuration::from_mins(5));
        office.world.control.publish_due().unwrap();
        assert_ne!(office.read(&id).await.0["not_published_because"], Value::Null);
        office.world.remove([(Kind::Benefit, "rides/1".to_owned())]);
        office.publish(&id).await.is_done();
        let (draft, _) = office.read(&id).await;
        assert_eq!((&draft["state"], &draft["not_published_because"]), (&json!("published"), &Value::Null), "{draft}");
    });
}

#[test]
fn a_time_is_content_and_a_draft_tells_what_it_changes() {
    run(async {
        let office = Office::open("schedule-content").await;
        let first = office.approved(&content(5000), &json!([]), None).await;
        office.publish(&first).await.is_done();
        let draft = office.drafted(&content(2500), &json!([]), Some(1)).await;
        let path = format!("/drafts/{}", text(&draft["id"]));
        let moved = json!({"base": 1, "content": content(2500), "publish_at": "2027-01-01T00:00:00+02:00"});
        let moved = office.world.request("PUT", &path).by(&office.editor).header("if-match", "\"1\"").json(&moved);
        let moved = moved.send().await.json();
        assert_eq!(moved["publish_at"], "2026-12-31T22:00:00Z");
        assert_ne!(moved["content_hash"], draft["content_hash"]);
        let difference = office.world.get(&format!("{path}/difference")).by(&office.approver).send().await.json();
        assert_eq!((&difference["from"], &difference["to"]), (&json!(1), &json!(2)));
        let changes = difference["changes"].as_array().unwrap();
        assert_eq!(changes.len(), 1, "{difference}");
        assert_eq!(changes[0]["words"]["en"], "effect, percent, rate: 50 % becomes 25 %");
        let new = office.drafted(&content(100), &json!([]), None).await;
        let path = format!("/drafts/{}/difference", text(&new["id"]));
        let difference = office.world.get(&path).by(&office.editor).send().await.json();
        assert_eq!((&difference["from"], &difference["to"]), (&Value::Null, &json!(1)));
        assert!(difference["changes"].as_array().unwrap().len() > 4, "{difference}");
    });
}
