//! Bounds hold for all who ask at once, and what is over goes.

use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use avis_admin::control::Role;
use avis_admin::{NotDone, WorkPool};
use avis_store::Clock;
use avis_store::records::{RecordChange, RecordFilter, RecordValue};
use serde_json::{Value, json};

use crate::world::{Answered, World, at_once, run};

/// How many of several were made; the others are told that there are as many as there may be.
fn made(answers: &[Answered]) -> usize {
    for refused in answers.iter().filter(|answered| answered.status != 201) {
        refused.is(409, "too_many_objects");
    }
    answers.iter().filter(|answered| answered.status == 201).count()
}

#[test]
fn a_user_has_twenty_tokens_however_many_are_made_at_once() {
    run(async {
        let (world, operator) = World::with_parties("tokens-bound").await;
        let body = json!({"name": "x", "scopes": ["open.read"], "expires_at": "2027-01-01T00:00:00Z"});
        let make = || world.post("/me/tokens").by(&operator).once().json(&body);
        for _ in 0..18 {
            assert_eq!(make().send().await.status, 201);
        }
        assert_eq!(made(&at_once(6, |_| make().send())), 2);
        let tokens = world.get("/me/tokens").by(&operator).send().await.json();
        assert_eq!(tokens["items"].as_array().unwrap().len(), 20);
    });
}

#[test]
fn a_party_has_a_hundred_open_invitations_however_many_are_made_at_once() {
    run(async {
        let (world, operator) = World::with_parties("invitations-bound").await;
        for _ in 0..97 {
            avis_admin::control::invite(&*world.registry, "desk", Role::Clerk, world.clock.now()).unwrap();
        }
        let body = json!({"party": "desk", "role": "cl"});
        assert_eq!(made(&at_once(6, |_| world.post("/invitations").by(&operator).once().json(&body).send())), 3);
    });
}

#[test]
fn who_named_no_etag_is_not_told_that_others_were_faster() {
    run(async {
        let (world, operator) = World::with_parties("no-etag").await;
        let (user, _) = world.join("a@desk.lv", "desk", Role::Clerk).await;
        let parties = ["city", "town", "shop"];
        let granted = at_once(3, |number| {
            let body = json!({"user": user, "party": parties[number], "role": "ad"});
            world.post("/grants").by(&operator).once().json(&body).send()
        });
        let statuses: Vec<u16> = granted.iter().map(|granted| granted.status).collect();
        assert_eq!(statuses, [201; 3], "{granted:?}");
        let shown: Value = world.get(&format!("/users/{user}")).by(&operator).send().await.json();
        assert_eq!(shown["roles"].as_array().unwrap().len(), 4);
    });
}

#[test]
fn all_that_expired_goes_at_once() {
    run(async {
        let world = World::empty("expired");
        let now = world.clock.now();
        let value = RecordValue { expires_at: Some(now), content: "{}".to_owned(), ..RecordValue::default() };
        let changes: Vec<_> =
            (0..2_500).map(|key| RecordChange::make("old", &key.to_string(), value.clone())).collect();
        world.registry.change(&changes, &[]).unwrap();
        assert_eq!(world.control.remove_all_expired(|| false).unwrap(), 2_500);
        let left = world.registry.records(&RecordFilter { kind: "old", ..RecordFilter::default() }, 10).unwrap();
        assert!(left.is_empty());
    });
}

type Waiting<'p> = Pin<Box<dyn Future<Output = Result<(), NotDone>> + 'p>>;

/// Takes every thread of the pool, and every place behind them, until the gates are dropped.
fn occupied(pool: &WorkPool) -> (Vec<Waiting<'_>>, Vec<Sender<()>>) {
    let (mut waiting, mut gates): (Vec<Waiting<'_>>, _) = (Vec::new(), Vec::new());
    loop {
        let (open, opened) = channel::<()>();
        let mut work: Waiting<'_> = Box::pin(pool.run(move || {
            // Opened, or dropped with the test.
            let _ = opened.recv_timeout(Duration::from_mins(2));
        }));
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => {
                waiting.push(work);
                gates.push(open);
            }
            Poll::Ready(answered) => {
                assert_eq!(answered, Err(NotDone::Full));
                return (waiting, gates);
            }
        }
        assert!(gates.len() < 10_000, "a pool without a bound");
    }
}

#[test]
fn who_comes_when_as_many_wait_as_may_is_told_so_and_nothing_is_done_of_it() {
    run(async {
        let (world, operator) = World::with_parties("busy").await;
        let key = world.key();
        let invite = || {
            let body = json!({"party": "desk", "role": "cl"});
            world.post("/invitations").by(&operator).header("idempotency-key", &key).json(&body).send()
        };
        let (waiting, gates) = occupied(&world.control.pool);
        let refused = invite().await;
        refused.is(503, "overloaded");
        assert!(refused.headers.contains_key("retry-after"), "{refused:?}");
        drop(gates);
        for work in waiting {
            assert_eq!(work.await, Ok(()));
        }
        // The same again is new: it was not begun.
        assert_eq!(invite().await.status, 201);
        let open = world.get("/invitations").by(&operator).send().await.json();
        let invited = open["items"].as_array().unwrap().iter().filter(|it| it["party"] == "desk" && it["role"] == "cl");
        assert_eq!(invited.count(), 1, "{open}");
    });
}
