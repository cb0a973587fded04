//! The signal on a real Redis, over a wire that can be broken.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

mod encryption;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use avis_store::redis::{RedisAddressError, RedisCounted, RedisSignal};
use avis_store::{Hints, Signal};
use avis_testing::{Direction, Proxy, eventually, own_redis, redis};

/// As long as one wait for a number is, of as many as the deadline allows.
const GLANCE: Duration = Duration::from_millis(20);

/// A name that no other test has.
fn deployment() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn through(port: u16, deployment: &str) -> RedisSignal {
    RedisSignal::new(&format!("redis://127.0.0.1:{port}"), deployment, None).unwrap()
}

fn direct(deployment: &str) -> RedisSignal {
    through(redis().port(), deployment)
}

/// A connection of somebody else.
fn stranger() -> redis::Connection {
    redis::Client::open(redis().url()).unwrap().get_connection().unwrap()
}

/// Waits until a signal has counted what is expected of it.
#[track_caller]
fn until_counted(signal: &RedisSignal, is_expected: impl Fn(RedisCounted) -> bool) {
    eventually("what the signal counts", || signal.counted(), |counted| is_expected(*counted));
}

/// Waits until a number is heard.
#[track_caller]
fn until_heard(hints: &mut dyn Hints, number: u64) {
    eventually(&format!("the number {number}"), || hints.wait(GLANCE), |heard| *heard == Some(number));
}

/// Waits until so many are subscribed.
#[track_caller]
fn until_subscribed(deployment: &str, count: u64) {
    eventually(&format!("{count} subscribers"), || subscribers(deployment), |subscribed| *subscribed == count);
}

fn subscribers(deployment: &str) -> u64 {
    let mut asked = redis::cmd("PUBSUB");
    let (_, count): (String, u64) =
        asked.arg("NUMSUB").arg(format!("{deployment}:head")).query(&mut stranger()).unwrap();
    count
}

#[test]
fn what_one_announces_the_others_hear_and_so_does_every_listener_itself() {
    let deployment = deployment();
    let (one, other) = (direct(&deployment), direct(&deployment));
    let mut all = [one.listen(), one.listen(), other.listen()];
    until_counted(&one, |counted| counted.heard > 0);
    until_counted(&other, |counted| counted.heard > 0);
    one.announce(7);
    all.iter_mut().for_each(|hints| until_heard(&mut **hints, 7));
}

#[test]
fn another_deployment_on_the_same_redis_is_not_heard() {
    let (own, foreign) = (direct(&deployment()), direct(&deployment()));
    let mut hints = own.listen();
    foreign.announce(9);
    until_counted(&foreign, |counted| counted.heard > 2);
    own.announce(1);
    let mut heard = Vec::new();
    let hear = || {
        heard.extend(hints.wait(GLANCE));
        heard.last().copied()
    };
    eventually("the own number", hear, |last| *last == Some(1));
    assert!(heard.iter().all(|number| *number <= 1), "{heard:?}");
}

#[test]
fn f2_what_was_announced_last_is_said_again_to_who_did_not_hear_it() {
    let deployment = deployment();
    let one = direct(&deployment);
    one.announce(3);
    until_counted(&one, |counted| counted.said > 0);
    let late = direct(&deployment);
    until_heard(&mut *late.listen(), 3);
}

#[test]
fn f3_what_is_no_number_is_ignored_and_a_forged_number_passes() {
    let deployment = deployment();
    let signal = direct(&deployment);
    let mut hints = signal.listen();
    until_counted(&signal, |counted| counted.heard > 0);
    let channel = format!("{deployment}:head");
    for forged in ["", "-1", "1e9", "+5", "99999999999999999999999", "{\"head\": 5}", "\u{7f}"] {
        redis::cmd("PUBLISH").arg(&channel).arg(forged).exec(&mut stranger()).unwrap();
    }
    until_counted(&signal, |counted| counted.ignored == 7);
    redis::cmd("PUBLISH").arg(&channel).arg(u64::MAX).exec(&mut stranger()).unwrap();
    until_heard(&mut *hints, u64::MAX);
    signal.announce(4);
    until_heard(&mut *hints, 4);
}

#[test]
fn nothing_is_kept_in_redis() {
    let redis = own_redis();
    let signal = through(redis.port(), "kept");
    signal.announce(1);
    until_counted(&signal, |counted| counted.heard > 2);
    let mut connection = redis::Client::open(redis.url()).unwrap().get_connection().unwrap();
    assert_eq!(redis::cmd("DBSIZE").query::<u64>(&mut connection).unwrap(), 0);
}

#[test]
fn f5_without_redis_nothing_is_heard_and_what_was_said_meanwhile_is_heard_afterwards() {
    let redis = own_redis();
    let (one, other) = (through(redis.port(), "away"), through(redis.port(), "away"));
    let mut hints = other.listen();
    one.announce(1);
    until_heard(&mut *hints, 1);
    redis.stop();
    let failures = one.counted().failures;
    one.announce(2);
    until_counted(&one, |counted| counted.failures > failures + 1);
    // What was on its way may still be there.
    eventually("silence", || hints.wait(GLANCE), Option::is_none);
    assert_eq!(hints.wait(GLANCE), None);
    redis.run().unwrap();
    until_heard(&mut *hints, 2);
}

#[test]
fn f6_redis_restarts_empty_and_loses_no_news() {
    let redis = own_redis();
    let (one, other) = (through(redis.port(), "emptied"), through(redis.port(), "emptied"));
    let mut connection = redis::Client::open(redis.url()).unwrap().get_connection().unwrap();
    redis::cmd("SET").arg("kept-until-the-restart").arg(1).exec(&mut connection).unwrap();
    let mut hints = other.listen();
    one.announce(7);
    until_heard(&mut *hints, 7);
    let before = other.counted().subscriptions;
    redis.stop();
    redis.run().unwrap();
    let mut connection = redis::Client::open(redis.url()).unwrap().get_connection().unwrap();
    assert_eq!(redis::cmd("DBSIZE").query::<u64>(&mut connection).unwrap(), 0, "it knows nothing of before");
    // Whoever listened is subscribed anew, and hears the newest number without a new announcement: also who comes only now.
    until_counted(&other, |counted| counted.subscriptions > before);
    until_heard(&mut *hints, 7);
    until_heard(&mut *through(redis.port(), "emptied").listen(), 7);
    one.announce(8);
    until_heard(&mut *hints, 8);
    assert_eq!(redis::cmd("DBSIZE").query::<u64>(&mut connection).unwrap(), 0, "and nothing is kept in it now");
}

#[test]
fn a_redis_that_comes_later_than_the_signal_is_found() {
    let redis = own_redis();
    redis.stop();
    let signal = through(redis.port(), "later");
    signal.announce(5);
    until_counted(&signal, |counted| counted.failures > 0);
    redis.run().unwrap();
    until_heard(&mut *signal.listen(), 5);
}

#[test]
fn f7_a_subscription_that_went_deaf_is_noticed_and_made_anew() {
    let (deployment, proxy) = (deployment(), Proxy::to(redis().port()));
    let (behind, other) = (through(proxy.port(), &deployment), direct(&deployment));
    let mut hints = behind.listen();
    until_counted(&behind, |counted| counted.heard > 0);
    proxy.deafen(Direction::ToClient, true);
    until_counted(&behind, |counted| counted.deaf > 0);
    proxy.mend();
    other.announce(8);
    until_heard(&mut *hints, 8);
    assert!(behind.counted().subscriptions > 1);
    until_subscribed(&deployment, 2);
}

#[test]
fn f7_a_half_open_wire_to_the_server_is_noticed_too() {
    let (deployment, proxy) = (deployment(), Proxy::to(redis().port()));
    let behind = through(proxy.port(), &deployment);
    until_counted(&behind, |counted| counted.heard > 0);
    proxy.deafen(Direction::ToServer, true);
    until_counted(&behind, |counted| counted.deaf > 0 && counted.failures > 0);
    proxy.mend();
    behind.announce(6);
    until_heard(&mut *behind.listen(), 6);
}

#[test]
fn f9_after_a_storm_of_reconnects_there_is_one_subscription() {
    let (deployment, proxy) = (deployment(), Proxy::to(redis().port()));
    let signal = through(proxy.port(), &deployment);
    let mut hints = signal.listen();
    for round in 1..=8 {
        until_counted(&signal, |counted| counted.subscriptions >= round);
        proxy.cut();
    }
    signal.announce(2);
    until_heard(&mut *hints, 2);
    until_subscribed(&deployment, 1);
    let heard = signal.counted().heard;
    until_counted(&signal, |counted| counted.heard > heard + 2);
    assert_eq!(subscribers(&deployment), 1);
}

#[test]
fn a_slow_wire_delays_and_loses_nothing() {
    let (deployment, proxy) = (deployment(), Proxy::to(redis().port()));
    let signal = through(proxy.port(), &deployment);
    until_counted(&signal, |counted| counted.heard > 0);
    proxy.delay(Direction::ToClient, Duration::from_millis(300));
    signal.announce(2);
    until_heard(&mut *signal.listen(), 2);
    assert_eq!(signal.counted().deaf, 0);
}

#[test]
fn who_stops_leaves_no_subscription() {
    let deployment = deployment();
    let signal = direct(&deployment);
    until_subscribed(&deployment, 1);
    drop(signal);
    until_subscribed(&deployment, 0);
}

#[test]
fn an_address_that_is_none_is_refused_without_repeating_it() {
    let refused = RedisSignal::new("http://:secret@", "any", None).map(|_| ());
    assert_eq!(refused, Err(RedisAddressError::Unreadable));
    assert!(!RedisAddressError::Unreadable.to_string().contains("secret"));
}
