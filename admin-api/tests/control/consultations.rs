//! Remote consultations: a specialist publishes times, a clerk takes one for a person who was found, and it is held or not.

use avis_admin::control::Role;
use avis_store::Clock;
use avis_store::records::{RecordChange, RecordValue};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::world::{Answered, World, at_once, run};

impl World {
    /// What a party lends specialists for, whatever it is.
    pub(crate) fn institution_of(&self, party: &str) {
        let content = json!({"topics": [{"code": "pension", "name": {"lv": "Pensija", "en": "Pension"}}],
            "hosts": ["video.lv"], "telephone": "+371 67000000"});
        let value = RecordValue { owner: party.to_owned(), content: content.to_string(), ..RecordValue::default() };
        let known = self.registry.record("institution", party).unwrap();
        self.registry.change(&[RecordChange::put(known.as_ref(), "institution", party, value)], &[]).unwrap();
    }

    /// A consultation that a party asked itself for, without a time, for somebody.
    pub(crate) fn consultation_of(&self, party: &str, subject: &str) -> String {
        let id = format!("0190f6a2-0000-7000-8500-{:012}", self.number());
        let content = json!({"institution": party, "topic": "pension", "place": "centre", "holder": null,
            "subject": subject, "agreed": true, "requested_at": self.clock.now(), "time": null,
            "telephone": null, "started_at": null, "ended_at": null, "outcome": null, "note": null, "result": null});
        self.unmade("consultation", id, (party, "requested"), &content)
    }

    /// Goes to a moment, at which everybody signs in again.
    fn go_to(&self, at: &str) {
        let at: Timestamp = at.parse().unwrap();
        self.clock.pass(at.duration_since(self.clock.now()));
    }
}

pub(crate) fn said() -> Value {
    json!({"topics": [{"code": "pension", "name": {"lv": "Pensija", "en": "Pension"}}], "hosts": ["Video.lv"],
           "telephone": "+371 67000000"})
}

pub(crate) fn week(times: &[&str]) -> Value {
    json!({"minutes": 30, "link": "https://video.lv/room-1", "times": times})
}

const NINE: &str = "2026-11-23T09:00:00Z";

struct Service {
    world: World,
    operator: String,
    clerk: String,
    specialist: String,
}

impl Service {
    /// A desk, and a specialist who published four times of a Monday.
    async fn open(test: &str) -> Self {
        let (world, operator) = World::with_parties(test).await;
        let clerk = world.user(&operator, "desk", Role::Clerk).await;
        let specialist = world.user(&operator, "lab", Role::Specialist).await;
        world.request("PUT", "/institutions/lab").by(&specialist).json(&said()).send().await.is_done();
        let service = Self { world, operator, clerk, specialist };
        let times = [NINE, "2026-11-23T09:30:00Z", "2026-11-23T10:00:00Z", "2026-11-23T10:30:00Z"];
        let published = service.publish(&week(&times)).await;
        assert_eq!(published.json(), json!({"free": 4, "taken": 0}), "{published:?}");
        service
    }

    async fn publish(&self, week: &Value) -> Answered {
        let path = "/institutions/lab/weeks/2026-11-23";
        self.world.request("PUT", path).by(&self.specialist).json(week).send().await
    }

    async fn handle(&self, clerk: &str) -> Value {
        let found =
            json!({"scheme": "etalons", "value": "A-1", "reason": {"code": "at_desk", "text": "asks for help"}});
        self.world.post("/people/find").by(clerk).json(&found).send().await.json()["handle"].clone()
    }

    async fn ask(&self, clerk: &str, more: &Value) -> Answered {
        let mut body = json!({"handle": self.handle(clerk).await, "institution": "lab", "topic": "pension",
            "place": "library", "agreed": true, "note": "hears badly"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.world.post("/consultations").by(clerk).once().json(&body).send().await
    }

    async fn step(&self, by: &str, id: &str, step: &str, body: &Value) -> Answered {
        let request = self.world.post(&format!("/consultations/{id}/{step}")).by(by);
        if body.is_null() { request.send().await } else { request.json(body).send().await }
    }

    async fn free(&self) -> Vec<Value> {
        let times = self.world.get("/institutions/lab/times").by(&self.clerk).send().await.json();
        times["items"].as_array().unwrap().iter().map(|time| time["at"].clone()).collect()
    }

    /// At a moment, with everybody signed in again.
    async fn at(&mut self, at: &str) {
        self.world.go_to(at);
        self.clerk = self.world.sign_in_again(&self.clerk).await;
        self.specialist = self.world.sign_in_again(&self.specialist).await;
        self.operator = self.world.sign_in_again(&self.operator).await;
    }

    fn held(&self) -> u64 {
        let (from, until) = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
        self.world.control.consultations_held(from.parse().unwrap(), until.parse().unwrap()).unwrap()
    }
}

#[test]
fn a_consultation_is_booked_held_and_counted_and_one_that_nobody_came_to_is_not() {
    run(async {
        let mut service = Service::open("consultations").await;
        let asked = service.ask(&service.clerk, &json!({"at": NINE})).await;
        assert_eq!(asked.status, 201, "{asked:?}");
        let slip = asked.json();
        assert_eq!((&slip["state"], &slip["at"], &slip["minutes"]), (&json!("booked"), &json!(NINE), &json!(30)));
        assert_eq!(slip["telephone"], "+371 67000000");
        assert!(!asked.text.contains("h-anna"), "{asked:?}");
        let missed = service.ask(&service.clerk, &json!({"at": "2026-11-23T09:30:00Z"})).await.id();
        let id = asked.id();
        let person = format!("/consultations/{id}/person");
        service.world.get(&person).by(&service.specialist).send().await.is(409, "not_in_this_state");
        service.step(&service.specialist, &id, "start", &Value::Null).await.is(409, "not_in_this_state");

        service.at("2026-11-23T08:50:00Z").await;
        service.step(&service.clerk, &id, "start", &Value::Null).await.is(403, "not_your_role");
        service.step(&service.specialist, &id, "start", &Value::Null).await.is_done();
        let seen = service.world.get(&person).by(&service.specialist).send().await;
        assert_eq!((seen.status, &seen.json()["birth_date"]), (200, &json!("1950-05-01")), "{seen:?}");
        assert_eq!(seen.json()["entitlements"][0]["group"], "seniors");
        service.world.get(&person).by(&service.clerk).send().await.is(403, "not_your_role");
        let ended = json!({"outcome": "solved", "result": "a form was filled"});
        let ended = service.step(&service.specialist, &id, "end", &ended).await;
        assert_eq!((&ended.json()["state"], &ended.json()["outcome"]), (&json!("done"), &json!("solved")));
        service.world.get(&person).by(&service.specialist).send().await.is(409, "not_in_this_state");
        assert_eq!(service.held(), 1);

        let nobody = json!({"no_show": true});
        service.step(&service.clerk, &missed, "end", &nobody).await.is(409, "not_in_this_state");
        service.at("2026-11-23T09:45:00Z").await;
        service.step(&service.clerk, &missed, "end", &nobody).await.is_done();
        assert_eq!(service.held(), 1);

        // Who audits reads all but notes, and others nothing.
        let auditor = service.world.user(&service.operator, "lab", Role::Auditor).await;
        let path = format!("/consultations/{id}");
        let audited = service.world.get(&path).by(&auditor).send().await.json();
        assert_eq!(
            (&audited["outcome"], &audited["note"], &audited["result"]),
            (&json!("solved"), &Value::Null, &Value::Null)
        );
        let other = service.world.user(&service.operator, "bus", Role::Auditor).await;
        service.world.get(&path).by(&other).send().await.is(404, "not_found");
        let told = service.world.get("/consultations?state=done").by(&service.specialist).send().await.json();
        assert_eq!((told["items"].as_array().unwrap().len(), &told["items"][0]["note"]), (1, &json!("hears badly")));
    });
}

#[test]
fn of_two_clerks_one_has_the_time_and_the_other_is_shown_the_next_three() {
    let (service, other) = {
        let mut opened = None;
        run(async {
            let service = Service::open("consultations-race").await;
            let other = service.world.user(&service.operator, "desk", Role::Clerk).await;
            opened = Some((service, other));
        });
        opened.unwrap()
    };
    let clerks = [service.clerk.clone(), other];
    let answers = at_once(2, |number| {
        let (service, clerk) = (&service, clerks[number].clone());
        async move { service.ask(&clerk, &json!({"at": NINE})).await }
    });
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answered| answered.status == 201);
    assert_eq!((won.len(), lost.len()), (1, 1), "{answers:?}");
    lost[0].is(409, "time_taken");
    let next: Vec<_> = lost[0].json()["errors"].as_array().unwrap().iter().map(|one| one["detail"].clone()).collect();
    let expected = ["09:30", "10:00", "10:30"].map(|time| json!(format!("free: 2026-11-23T{time}:00Z")));
    assert_eq!(next, expected);
}

#[test]
fn a_time_that_is_given_back_is_free_again() {
    run(async {
        let service = Service::open("consultations-times").await;
        let asked = service.ask(&service.clerk, &json!({})).await;
        assert_eq!(asked.json()["state"], "requested");
        let id = asked.id();
        service.step(&service.specialist, &id, "assign", &json!({"at": NINE})).await.is_done();
        assert_eq!(service.free().await.len(), 3);
        let moved = json!({"at": "2026-11-23T10:00:00Z", "link": "https://video.lv/room-2"});
        let assigned = service.step(&service.specialist, &id, "assign", &moved).await;
        assert_eq!(assigned.json()["link"], "https://video.lv/room-2", "{assigned:?}");
        assert_eq!(service.free().await[0], NINE);
        // What was taken stays, whatever the week becomes.
        let published = service.publish(&week(&[NINE, "2026-11-23T10:15:00Z"])).await;
        assert_eq!(published.json(), json!({"free": 1, "taken": 1}), "{published:?}");
        service.step(&service.clerk, &id, "cancel", &json!({"reason": "ill"})).await.is_done();
        assert_eq!(service.free().await, [NINE, "2026-11-23T10:00:00Z"]);
        service.step(&service.clerk, &id, "cancel", &json!({"reason": "ill"})).await.is(409, "not_in_this_state");
    });
}

#[test]
fn a_specialist_sees_who_agreed_and_nobody_else_in_that_hour_alone() {
    run(async {
        let mut service = Service::open("consultations-seen").await;
        let silent = service.ask(&service.clerk, &json!({"at": NINE, "agreed": false})).await.id();
        let agreed = service.ask(&service.clerk, &json!({"at": "2026-11-23T09:30:00Z"})).await.id();
        let colleague = service.world.user(&service.operator, "lab", Role::Specialist).await;
        service.at("2026-11-23T09:29:00Z").await;
        let colleague = service.world.sign_in_again(&colleague).await;
        service.step(&colleague, &agreed, "start", &Value::Null).await.is(403, "not_yours");
        for id in [&silent, &agreed] {
            service.step(&service.specialist, id, "start", &Value::Null).await.is_done();
        }
        let see = |id: &str, by: &str| service.world.get(&format!("/consultations/{id}/person")).by(by).send();
        see(&silent, &service.specialist).await.is(409, "not_in_this_state");
        see(&agreed, &service.specialist).await.is_done();
        see(&agreed, &colleague).await.is(403, "not_yours");
        service.world.clock.pass(SignedDuration::from_mins(20));
        service.world.get("/me").by(&service.specialist).send().await.is_done();
        service.at("2026-11-23T10:31:00Z").await;
        let path = format!("/consultations/{agreed}/person");
        service.world.get(&path).by(&service.specialist).send().await.is(409, "not_in_this_state");
    });
}

#[test]
fn what_can_not_be_held_is_refused_with_its_place() {
    run(async {
        let service = Service::open("consultations-bad").await;
        for (body, pointer) in [
            (json!({"minutes": 30, "link": "https://evil.lv/room", "times": []}), "/link"),
            (week(&["2026-11-30T09:00:00Z"]), "/times/0"),
            (week(&["2026-11-23T09:00:00.5Z"]), "/times/0"),
            (week(&["2026-11-23T09:20:00Z", NINE]), "/times/0"),
        ] {
            let refused = service.publish(&body).await;
            refused.is(422, "invalid");
            assert_eq!(refused.json()["pointer"], pointer, "{refused:?}");
        }
        let path = "/institutions/lab/weeks/2026-11-24";
        let tuesday = service.world.request("PUT", path).by(&service.specialist).json(&week(&[])).send().await;
        assert_eq!(tuesday.json()["pointer"], "/date", "{tuesday:?}");
        for (more, pointer) in [
            (json!({"topic": "fishing"}), "/topic"),
            (json!({"institution": "desk"}), "/institution"),
            (json!({"handle": "0190f6a2-0000-7000-8000-000000000000"}), "/handle"),
            (json!({"place": "moon"}), "/place"),
        ] {
            let refused = service.ask(&service.clerk, &more).await;
            assert_eq!(refused.json()["pointer"], pointer, "{refused:?}");
        }
        let past = service.ask(&service.clerk, &json!({"at": "2026-11-17T09:00:00Z"})).await;
        past.is(409, "time_taken");
        assert_eq!(service.free().await.len(), 4);
    });
}
