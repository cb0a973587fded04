//! Broken wires, silent and absent servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use avis_core::authorization::OperationKind;
use avis_store::postgres::Config;
use avis_store::{LedgerError, Task, Verdict};
use avis_testing::{Direction, Durability, Proxy, SetOnDrop, eventually, own_postgres, postgres};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Postgres, adapter, database};
use crate::points;
use crate::rows::laws_hold;
use crate::till::{Till, at_once, new_id, operation, reversal, rounds};

/// A till behind a wire that can be broken; it gives up soon.
fn behind(proxy: &Proxy, adapter: &Postgres) -> Till {
    Till::new(&through(proxy, adapter))
}

fn through(proxy: &Proxy, adapter: &Postgres) -> Postgres {
    let adapter = adapter.through(proxy.port());
    let config = Config { patience: Duration::from_millis(700), ..adapter.config.clone() };
    Postgres { config, ..adapter }
}

fn proxy() -> Proxy {
    Proxy::to(postgres().port())
}

fn tried(till: &Till, task: Task) -> Result<Verdict, LedgerError> {
    till.ledger.submit(task)?.blocking_recv().unwrap()
}

/// Asks under one id until there is an answer, as a till does.
fn until_answered(till: &Till, task: impl Fn() -> Task) -> Vec<u8> {
    let answered = eventually(
        "an answer",
        || tried(till, task()),
        |tried| match tried {
            Ok(Verdict::Answered { .. }) => true,
            Ok(Verdict::Refused(refused)) => panic!("{refused}"),
            Err(LedgerError::Stopped) => panic!("it was stopped"),
            Err(_) => false,
        },
    );
    let Ok(Verdict::Answered { body, .. }) = answered else { panic!("{answered:?}") };
    body
}

/// F15: the server has committed, and its answer is lost.
#[test]
fn a_commit_whose_answer_was_lost_is_settled_by_the_same_again() {
    let (proxy, adapter) = (proxy(), adapter(""));
    let till = behind(&proxy, &adapter);
    till.sell("half", 1);
    for round in 0..3_u64 {
        proxy.cut_after(b"COMMIT");
        let sale = till.sell("three", 1);
        assert_eq!((&sale["outcome"], &sale["payable"]), (&json!("approved"), &json!(0)));
        proxy.cut_after(b"COMMIT");
        let refunded = till.answer(operation(OperationKind::Refund, &sale, Some(1)));
        assert_eq!(refunded["operation"]["lines"][0]["gross"], 100);
        proxy.cut_after(b"COMMIT");
        let id = sale["request_id"].as_str().unwrap().parse().unwrap();
        assert_eq!(till.answer(reversal(id))["operation"]["result"], "reversed");
        assert_eq!(proxy.cuts(), 3 * (round + 1), "every commit was cut");
        let history = &till.read(&sale)["history"];
        let kinds: Vec<_> = history.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["refund", "reversal"], "refunded once and reversed once");
    }
    assert_eq!(adapter.sql("SELECT count(*) FROM avis.authorization"), "4", "one record for one request");
    assert_eq!(till.sell("three", 3)["payable"], 0, "everything was given back, once");
    assert_eq!(till.sell("three", 1)["outcome"], "declined");
    laws_hold(&adapter);
}

/// F15: what a commit spent, earned and used moved once, though its answer was lost.
#[test]
fn f15_points_and_a_coupon_of_a_commit_whose_answer_was_lost_move_once() {
    let (proxy, adapter) = (proxy(), adapter(""));
    let clock = Arc::default();
    let till = points::shop(&through(&proxy, &adapter), &clock);
    points::sell(&till, &clock, &[("coffee", 10)], &json!({}));
    for round in 0..3_u64 {
        let more = json!({"coupons": [format!("AB-{round}")], "redeem": [{"program": "points", "points": 30}]});
        proxy.cut_after(b"COMMIT");
        let sold = points::sell(&till, &clock, &[("tea", 1), ("bag", 1)], &more);
        assert_eq!((&sold["coupons"][0]["state"], &sold["tender"]), (&json!("taken"), &json!(30)), "{sold}");
        assert_eq!(points::balance(&till, &clock, "points"), 100 - 30 + 12);
        proxy.cut_after(b"COMMIT");
        till.answer(operation(OperationKind::Void, &sold, None));
        assert_eq!(proxy.cuts(), 2 * (round + 1), "every commit was cut");
        assert_eq!(points::balance(&till, &clock, "points"), 100);
    }
    assert_eq!(adapter.sql("SELECT sum(uses) FROM avis.coupon_use"), "0", "each was used once, and given back once");
    laws_hold(&adapter);
}

/// F15: sessions are ended at any moment. I1, I2 and I8 hold.
#[test]
fn sessions_that_are_killed_lose_and_double_nothing() {
    let adapter = adapter("");
    let engines = [Till::new(&adapter), Till::new(&adapter)];
    let over = AtomicBool::new(false);
    let answered: Vec<(Uuid, String, Vec<u8>)> = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                adapter.sql(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()",
                );
            }
        });
        let sell = |number: usize| {
            let engine = &engines[number % 2];
            let mut answered = Vec::new();
            for sale in 0..5 * rounds() {
                let (id, holder) = (new_id(), format!("h-{}", (number + sale) % 7));
                let body = until_answered(engine, || engine.sale_to(&holder, id, "three", 1));
                answered.push((id, holder, body));
            }
            answered
        };
        let _over = SetOnDrop(&over);
        at_once(16, sell).concat()
    });
    let mut granted = 0;
    for (id, holder, body) in &answered {
        let again = engines[0].ask(engines[0].sale_to(holder, *id, "three", 1));
        assert_eq!(again, Verdict::repeated(body.clone(), false), "one answer for one request");
        let answer: Value = serde_json::from_slice(body).unwrap();
        granted += i64::from(answer["payable"] == 0);
    }
    assert_eq!(granted, 7 * 3, "three for each of seven holders");
    assert_eq!(
        adapter.sql("SELECT count(*) FROM avis.authorization"),
        "21",
        "what was approved is there, and nothing else"
    );
    assert_eq!(adapter.sql("SELECT sum(units), max(units) FROM avis.usage"), "21|3");
    assert_eq!(adapter.sql("SELECT count(*) FROM avis.request WHERE fingerprint IS NULL"), "0");
    laws_hold(&adapter);
}

/// F15: the commit arrived, its connection broke, and then the database is away: nobody may say that nothing was recorded.
#[test]
fn a_commit_in_doubt_before_an_outage_stays_in_doubt() {
    let (proxy, adapter) = (proxy(), adapter(""));
    let till = behind(&proxy, &adapter);
    till.sell("half", 1);
    let id = new_id();
    let before = proxy.cuts();
    proxy.part_after(b"COMMIT");
    let doubtful = tried(&till, till.sale(id, "sale", "three", 1));
    assert!(matches!(doubtful, Err(LedgerError::Failed(_))), "{doubtful:?}");
    assert_eq!(proxy.cuts(), before + 1);
    proxy.mend();
    until_answered(&till, || till.sale(id, "sale", "three", 1));
    assert_eq!(adapter.sql("SELECT count(*) FROM avis.authorization"), "2");
    assert_eq!(adapter.sql("SELECT units FROM avis.usage WHERE code = 'three-benefit'"), "1");
}

/// F22: without a database there is an answer in time, and with it again there are sales.
#[test]
fn a_database_that_went_away_is_told_and_comes_back() {
    let (proxy, adapter) = (proxy(), adapter(""));
    let till = behind(&proxy, &adapter);
    let sale = till.sell("three", 1);
    proxy.part();
    let id = new_id();
    let away = tried(&till, till.sale(id, "sale", "three", 1));
    assert!(matches!(away, Err(LedgerError::Failed(_) | LedgerError::OutOfReach(_))), "{away:?}");
    let next = tried(&till, till.sale(new_id(), "sale", "three", 1));
    assert!(matches!(next, Err(LedgerError::OutOfReach(_))), "no connection was left to break: {next:?}");
    let read = till.ledger.authorization("bus", crate::till::id_of(&sale));
    assert!(matches!(read, Err(LedgerError::Failed(_))), "{read:?}");
    proxy.mend();
    let body = until_answered(&till, || till.sale(id, "sale", "three", 1));
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["payable"], 0);
    assert_eq!(adapter.sql("SELECT units FROM avis.usage"), "2");
}

#[test]
fn a_silent_database_is_given_up() {
    for direction in [Direction::ToClient, Direction::ToServer] {
        let (proxy, adapter) = (proxy(), adapter(""));
        let till = behind(&proxy, &adapter);
        till.sell("three", 1);
        proxy.deafen(direction, true);
        let id = new_id();
        let silent = tried(&till, till.sale(id, "sale", "three", 1));
        assert!(matches!(silent, Err(LedgerError::Failed(_) | LedgerError::Overloaded)), "{direction:?}: {silent:?}");
        proxy.mend();
        until_answered(&till, || till.sale(id, "sale", "three", 1));
        assert_eq!(adapter.sql("SELECT units FROM avis.usage"), "2", "whatever became of the first attempts");
    }
}

/// F22, F34: the queue is bounded, and it recovers.
#[test]
fn beyond_a_full_queue_a_refusal_comes_at_once() {
    let (proxy, adapter) = (proxy(), adapter(""));
    let till = behind(&proxy, &adapter);
    proxy.deafen(Direction::ToServer, true);
    let submitted: Vec<_> = (0..6_000).map(|_| till.ledger.submit(till.sale(new_id(), "sale", "half", 1))).collect();
    assert!(submitted.iter().any(|pending| matches!(pending, Err(LedgerError::Overloaded))));
    // Those in the queue are answered, too, whatever comes.
    for pending in submitted.into_iter().flatten() {
        assert!(pending.blocking_recv().unwrap().is_err());
    }
    proxy.mend();
    until_answered(&till, || till.sale(new_id(), "sale", "half", 1));
}

/// F20 for the database server: what was answered is there after its crash.
#[test]
fn what_was_answered_survives_a_crash_of_the_server() {
    let server = own_postgres(Durability::InMemory, &[]);
    let name = server.new_database().unwrap();
    let config = Config { connections: 4, patience: Duration::from_millis(700), ..Config::new(server.url(&name)) };
    let adapter = Postgres { config, name };
    avis_store::postgres::migrate(&database(adapter.config.clone())).unwrap();
    let till = Till::new(&adapter);
    let sales: Vec<Value> = (0..3).map(|_| till.sell("three", 1)).collect();
    server.stop().unwrap();
    assert!(tried(&till, till.sale(new_id(), "sale", "three", 1)).is_err());
    server.run().unwrap();
    let body = until_answered(&till, || till.sale(new_id(), "sale", "half", 1));
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["outcome"], "approved");
    sales.iter().for_each(|sale| assert_eq!(till.read(sale)["state"], "captured"));
    assert_eq!(till.sell("three", 1)["outcome"], "declined");
}
