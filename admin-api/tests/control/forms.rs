//! Forms on paper: numbered before a brigade goes where there is no network, and entered later, each once.

use avis_admin::control::Role;
use avis_core::IdentifierKey;
use avis_store::records::{RecordChange, RecordValue};
use avis_store::{AuditFilter, Clock, KeptMeans, means_id};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::consultations::said;
use crate::imports::holder;
use crate::world::{Answered, World, at_once, run};

impl World {
    /// A form that a party printed.
    pub(crate) fn form_of(&self, party: &str) -> String {
        let number = format!("{:07}-0", 9_000_000 + self.number());
        let content = json!({"printed_at": self.clock.now(), "at": null, "entered_at": null, "asks": null, "entry": null,
            "consultation": null, "revision": null, "reason": null});
        self.unmade("form", number, (party, "printed"), &content)
    }
}

/// A clerk of a brigade, and the moment at which its forms were filled in, after they were printed.
struct Brigade {
    world: World,
    operator: String,
    clerk: String,
    numbers: Vec<String>,
    filled_in_at: Timestamp,
}

impl Brigade {
    /// Ten forms are printed, and it is the next day.
    async fn back(test: &str) -> Self {
        let (world, operator) = World::with_parties(test).await;
        let clerk = world.user(&operator, "desk", Role::Clerk).await;
        let printed = world.post("/forms").by(&clerk).once().json(&json!({"count": 10})).send().await;
        assert_eq!(printed.status, 201, "{printed:?}");
        let numbers = printed.json()["numbers"].as_array().unwrap().clone();
        let numbers: Vec<String> = numbers.iter().map(|number| number.as_str().unwrap().to_owned()).collect();
        assert_eq!((numbers.len(), &*numbers[0]), (10, "000001-8"));
        let filled_in_at = world.clock.now() + SignedDuration::from_hours(3);
        world.clock.pass(SignedDuration::from_hours(24));
        let clerk = world.sign_in_again(&clerk).await;
        let operator = world.sign_in_again(&operator).await;
        Self { world, operator, clerk, numbers, filled_in_at }
    }

    async fn handle(&self, card: &str) -> Value {
        let shown =
            json!({"scheme": "etalons", "value": card, "reason": {"code": "at_desk", "text": "in the village"}});
        self.world.post("/people/find").by(&self.clerk).json(&shown).send().await.json()["handle"].clone()
    }

    /// What a form of a person asks for.
    async fn entry(&self, card: &str, asks: &Value) -> Value {
        let mut entry = json!({"handle": self.handle(card).await, "at": self.filled_in_at});
        entry.as_object_mut().unwrap().extend(asks.as_object().unwrap().clone());
        entry
    }

    async fn enter(&self, number: &str, entry: &Value) -> Answered {
        self.world.post(&format!("/forms/{number}/enter")).by(&self.clerk).json(entry).send().await
    }

    /// The first of a person's means.
    async fn means(&self, card: &str) -> Value {
        let path = format!("/people/{}/means", self.handle(card).await.as_str().unwrap());
        self.world.get(&path).by(&self.clerk).send().await.json()["items"][0].clone()
    }

    /// Leaves a form as a process does that ended while it was entered.
    fn leave_half(&self, number: &str) {
        let record = self.world.registry.record("form", number).unwrap().unwrap();
        let half = RecordValue { state: "entering".to_owned(), ..record.value.clone() };
        self.world.registry.change(&[RecordChange::replace(&record, half)], &[]).unwrap();
    }

    async fn cancel(&self, number: &str) -> Answered {
        let path = format!("/forms/{number}/cancel");
        self.world.post(&path).by(&self.clerk).json(&json!({"reason": "coffee"})).send().await
    }

    async fn state(&self, number: &str) -> Value {
        self.world.get(&format!("/forms/{number}")).by(&self.clerk).send().await.json()["state"].clone()
    }
}

#[test]
fn of_ten_forms_each_is_entered_once_with_the_time_at_which_it_was_filled_in() {
    run(async {
        let brigade = Brigade::back("forms").await;
        let world = &brigade.world;
        let (first, lost) = (&brigade.numbers[0], brigade.means("A-1").await);
        let entry = brigade.entry("A-1", &json!({"block": {"means": lost["id"]}})).await;
        let entered = brigade.enter(first, &entry).await;
        entered.is_done();
        let shown = entered.json();
        assert_eq!(
            (&shown["state"], &shown["asks"], &shown["at"]),
            (&json!("entered"), &json!("block"), &json!(brigade.filled_in_at))
        );
        assert!(shown["revision"].is_number() && !entered.text.contains("h-anna"), "{entered:?}");
        assert_eq!(brigade.means("A-1").await["state"], "blocked");
        let again = brigade.enter(first, &entry).await;
        again.is(409, "not_in_this_state");
        assert!(again.json()["detail"].as_str().unwrap().contains("entered"), "{again:?}");
        let of_another = brigade.entry("B-1", &json!({"block": {"means": brigade.means("B-1").await["id"]}})).await;
        brigade.enter(first, &of_another).await.is(409, "not_in_this_state");
        assert_eq!(brigade.means("B-1").await["state"], "active");
        // The person is told by whom, and that it was on paper; the audit knows when.
        let path = format!("/people/{}/accesses", brigade.handle("A-1").await.as_str().unwrap());
        let accesses = world.get(&path).by(&brigade.clerk).send().await.json();
        let access = accesses["items"].as_array().unwrap().iter().find(|one| one["action"] == "means_blocked");
        assert_eq!(access.unwrap()["reason"], format!("on paper {first}, at_desk: in the village"));
        let filter = AuditFilter { actions: vec!["form_entered".to_owned()], ..AuditFilter::default() };
        let entry = &world.registry.entries(&filter, 10).unwrap()[0].entry;
        let after: Value = serde_json::from_str(entry.after.as_ref().unwrap()).unwrap();
        assert_eq!(after, json!({"asks": "block", "at": brigade.filled_in_at, "on_paper": true}));
        assert_eq!(entry.act.on_behalf, Some(world.secret.subject("h-anna")));
        // The others wait still.
        let waiting = world.get("/forms?state=printed").by(&brigade.clerk).send().await.json();
        assert_eq!(waiting["items"].as_array().unwrap().len(), 9);
    });
}

#[test]
fn a_consultation_on_paper_has_its_own_time_and_says_so() {
    run(async {
        let brigade = Brigade::back("forms-consultation").await;
        let world = &brigade.world;
        let specialist = world.user(&brigade.operator, "lab", Role::Specialist).await;
        world.request("PUT", "/institutions/lab").by(&specialist).json(&said()).send().await.is_done();
        let asked = |topic: &str| json!({"consultation": {"institution": "lab", "topic": topic, "place": "brigade", "agreed": true}});
        let number = &brigade.numbers[1];
        let wrong = brigade.enter(number, &brigade.entry("A-1", &asked("weather")).await).await;
        wrong.is(422, "invalid");
        assert_eq!(wrong.json()["pointer"], "/consultation/topic", "{wrong:?}");
        assert_eq!(brigade.state(number).await, "printed");
        let entry = brigade.entry("A-1", &asked("pension")).await;
        // Of two clerks who enter one form, one has.
        let answers = at_once(2, |_| brigade.enter(number, &entry));
        let (done, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answered| answered.status == 200);
        assert_eq!((done.len(), refused.len()), (1, 1), "{answers:?}");
        refused[0].is(409, "not_in_this_state");
        let id = done[0].json()["consultation"].as_str().unwrap().to_owned();
        let consultation = world.get(&format!("/consultations/{id}")).by(&specialist).send().await.json();
        assert_eq!(
            (&consultation["form"], &consultation["requested_at"], &consultation["place"], &consultation["state"]),
            (&json!(number), &json!(brigade.filled_in_at), &json!("brigade"), &json!("requested"))
        );
        let all = world.get("/consultations").by(&brigade.clerk).send().await.json();
        assert_eq!(all["items"].as_array().unwrap().len(), 1, "{all}");
    });
}

#[test]
fn what_a_form_can_not_say_leaves_it_as_it_was() {
    run(async {
        let brigade = Brigade::back("forms-refused").await;
        let world = &brigade.world;
        let number = &brigade.numbers[2];
        let card = |value: &str| json!({"add": {"scheme": "isic", "value": value, "label": "school"}});
        let sound = brigade.entry("A-1", &card("I-77")).await;
        let with = |field: &str, value: Value| {
            let mut entry = sound.clone();
            entry[field] = value;
            entry
        };
        let others = brigade.means("B-1").await["id"].clone();
        for (entry, status, code, pointer) in [
            (with("at", json!(world.clock.now() + SignedDuration::from_hours(1))), 422, "invalid", "/at"),
            (with("at", json!("2026-11-17T00:00:00Z")), 422, "invalid", "/at"),
            (with("handle", json!(uuid::Uuid::nil())), 422, "invalid", "/handle"),
            (with("block", json!({"means": others})), 422, "invalid", ""),
            (with("add", Value::Null), 422, "invalid", ""),
            (with("add", json!({"scheme": "isic", "value": " - "})), 422, "invalid", "/add/value"),
            (
                with("add", json!({"scheme": "isic", "value": "1", "valid_until": "never"})),
                422,
                "invalid",
                "/add/valid_until",
            ),
            (brigade.entry("A-1", &json!({"add": {"scheme": "etalons", "value": "B-1"}})).await, 409, "not_added", ""),
            (brigade.entry("A-1", &json!({"block": {"means": others}})).await, 404, "not_found", ""),
        ] {
            let refused = brigade.enter(number, &entry).await;
            refused.is(status, code);
            if status == 422 {
                assert_eq!(refused.json()["pointer"].as_str().unwrap_or_default(), pointer, "{refused:?}");
            }
            assert_eq!(brigade.state(number).await, "printed", "{entry}");
        }
        // It is another desk's to see nothing of it, and whoever may change no means enters none by paper.
        let other = world.user(&brigade.operator, "desk", Role::Clerk).await;
        let foreign = world.form_of("lab");
        world.get(&format!("/forms/{foreign}")).by(&other).send().await.is(404, "not_found");
        brigade.enter(&foreign, &sound).await.is(404, "not_found");
        let token =
            json!({"name": "x", "scopes": ["consultations", "people.find"], "expires_at": "2026-12-01T00:00:00Z"});
        let token = world.post("/me/tokens").by(&brigade.clerk).once().json(&token).send().await.json();
        let by_token = world.post(&format!("/forms/{number}/enter")).bearer(token["secret"].as_str().unwrap());
        by_token.json(&sound).send().await.is(403, "out_of_scope");
        // What is spoilt is nobody's to enter.
        assert_eq!(brigade.cancel(&brigade.numbers[3]).await.json()["state"], "cancelled");
        brigade.enter(&brigade.numbers[3], &sound).await.is(409, "not_in_this_state");
        let entered = brigade.enter(number, &sound).await;
        entered.is_done();
        brigade.cancel(number).await.is(409, "not_in_this_state");
        let added = holder(world, "isic", "I-77");
        assert_eq!(added["holder"], "h-anna");
        let kept = world.registry.record("form", number).unwrap().unwrap().value.content;
        assert!(!kept.contains("I-77") && !kept.contains("h-anna"), "{kept}");
        let most = world.post("/forms").by(&brigade.clerk).once().json(&json!({"count": 101})).send().await;
        most.is(422, "invalid");
    });
}

#[test]
fn a_thousand_forms_wait_at_most() {
    run(async {
        let brigade = Brigade::back("forms-waiting").await;
        let print = async |count: u64| {
            let print = brigade.world.post("/forms").by(&brigade.clerk).once();
            print.json(&json!({"count": count})).send().await
        };
        for count in std::iter::repeat_n(100, 9).chain([90]) {
            assert_eq!(print(count).await.status, 201);
        }
        print(1).await.is(409, "too_many_objects");
        brigade.cancel(&brigade.numbers[0]).await.is_done();
        print(2).await.is(409, "too_many_objects");
        assert_eq!(print(1).await.status, 201);
    });
}

/// A process that ended between taking the form and marking it leaves it to whoever enters the same once more.
#[test]
fn a_form_that_was_left_half_entered_goes_on_with_the_same_and_with_nothing_else() {
    run(async {
        let brigade = Brigade::back("forms-half").await;
        let number = &brigade.numbers[4];
        let entry = brigade.entry("A-1", &json!({"add": {"scheme": "isic", "value": "I-78"}})).await;
        brigade.enter(number, &entry).await.is_done();
        brigade.leave_half(number);
        let of_another = brigade.entry("B-1", &json!({"add": {"scheme": "isic", "value": "I-79"}})).await;
        brigade.enter(number, &of_another).await.is(409, "not_in_this_state");
        let again = brigade.entry("A-1", &json!({"add": {"scheme": "isic", "value": "I-78"}})).await;
        brigade.enter(number, &again).await.is_done();
        assert_eq!(brigade.state(number).await, "entered");
        // With whom nobody goes on is cancelled, and keeps what it asked for.
        brigade.leave_half(number);
        let cancelled = brigade.cancel(number).await;
        cancelled.is_done();
        let cancelled = cancelled.json();
        assert_eq!(
            (&cancelled["state"], &cancelled["asks"], &cancelled["reason"]),
            (&json!("cancelled"), &json!("add"), &json!("coffee"))
        );
        brigade.enter(number, &again).await.is(409, "not_in_this_state");
    });
}

/// A form that adds a card of theirs that is blocked would be done, and the card refused.
#[test]
fn means_that_are_the_person_s_already_are_added_by_no_form() {
    run(async {
        let brigade = Brigade::back("forms-known").await;
        let (number, half) = (&brigade.numbers[5], &brigade.numbers[6]);
        let known = brigade.entry("A-1", &json!({"add": {"scheme": "etalons", "value": "A-1"}})).await;
        brigade.enter(number, &known).await.is(409, "not_added");
        let card = json!({"add": {"scheme": "isic", "value": "I-80"}});
        brigade.enter(half, &brigade.entry("A-1", &card).await).await.is_done();
        let key = IdentifierKey::of("isic", "I-80", &brigade.world.secret).unwrap();
        let block = json!({"block": {"means": means_id(key, &brigade.world.secret)}});
        brigade.enter(&brigade.numbers[7], &brigade.entry("A-1", &block).await).await.is_done();
        brigade.enter(number, &brigade.entry("A-1", &card).await).await.is(409, "not_added");
        assert_eq!(brigade.state(number).await, "printed");
        // Who goes on does not say that it was done either.
        brigade.leave_half(half);
        brigade.enter(half, &brigade.entry("A-1", &card).await).await.is(409, "not_added");
    });
}

/// Beside the means stands what can't be read: they are written, and the answer is a 503.
#[test]
fn a_form_stays_taken_where_it_is_not_known_whether_it_was_done() {
    run(async {
        let brigade = Brigade::back("forms-unknown").await;
        let (world, number) = (&brigade.world, &brigade.numbers[5]);
        let key = IdentifierKey::of("isic", "I-81", &world.secret).unwrap();
        let id = means_id(key, &world.secret);
        let broken = RecordValue {
            owner: world.secret.subject("h-anna"),
            state: KeptMeans::KEPT.to_owned(),
            expires_at: None,
            content: "[]".to_owned(),
        };
        world.registry.change(&[RecordChange::make(KeptMeans::KIND, &id, broken)], &[]).unwrap();
        let card = json!({"add": {"scheme": "isic", "value": "I-81", "label": "school"}});
        let entry = brigade.entry("A-1", &card).await;
        brigade.enter(number, &entry).await.is(503, "unavailable");
        assert_eq!(holder(world, "isic", "I-81")["holder"], "h-anna", "they were written");
        assert_eq!(brigade.state(number).await, "entering");
        let of_another = brigade.entry("B-1", &json!({"add": {"scheme": "isic", "value": "I-82"}})).await;
        brigade.enter(number, &of_another).await.is(409, "not_in_this_state");
        let record = world.registry.record(KeptMeans::KIND, &id).unwrap().unwrap();
        world.registry.change(&[RecordChange::remove(&record)], &[]).unwrap();
        let before = world.store.head().unwrap().revision.number;
        let entered = brigade.enter(number, &entry).await;
        entered.is_done();
        assert_eq!((&entered.json()["state"], &entered.json()["revision"]), (&json!("entered"), &json!(before)));
        let kept = world.registry.record(KeptMeans::KIND, &id).unwrap().unwrap().value.content;
        assert!(kept.contains("school") && kept.contains("desk"), "what is kept beside them is made good: {kept}");
    });
}
