//! How soon a change is at every engine: two engines on one PostgreSQL and Redis, against its commit and one round trip to Redis.
//!
//! `cargo bench --bench news`. Without `--bench` it is small, so that nothing rots.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use avis_admin::import;
use avis_server::{Directory, Engine, Follower, Following};
use avis_store::postgres::{Config, Database, PostgresStore, migrate};
use avis_store::redis::RedisSignal;
use avis_store::{Signal, Store};
use avis_testing::{DEADLINE, Durability, eventually, own_postgres, own_redis};
use common::filled::{context, fill};
use common::residents::resident;
use common::secret;
use jiff::tz::TimeZone;
use tokio::runtime::Builder;

/// Without news an engine looks so often: long enough that none comes that way.
const LOOK_EVERY: Duration = Duration::from_secs(20);

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (holders, changes) = if full { (20_000, 400) } else { (200, 5) };
    let (server, redis) = (own_postgres(Durability::OnDisk, &[]), own_redis());
    let url = server.url(&server.new_database().unwrap());
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let open = || Database::new(Config::new(url.clone()), runtime.handle().clone()).unwrap();
    migrate(&open()).unwrap();
    let store = |database: &Database| -> Arc<dyn Store> { Arc::new(PostgresStore::open(database, &secret()).unwrap()) };
    let office = PostgresStore::open(&open(), &secret()).unwrap();
    let said = RedisSignal::new(&redis.url(), "bench", None).unwrap();
    fill(&office, 100, holders);
    let engines = [(); 2].map(|()| {
        let engine = Arc::new(Engine::new(Directory::default(), secret(), TimeZone::get("Europe/Riga").unwrap()));
        let mut follower = Follower::new(store(&open()), engine.clone(), &secret());
        follower.follow().unwrap();
        let heard = RedisSignal::new(&redis.url(), "bench", None).unwrap();
        let following = Following::start(follower, &heard, LOOK_EVERY).unwrap();
        (engine, following, heard)
    });
    let subscribed = || engines.iter().filter(|(_, _, heard)| heard.counted().subscriptions > 0).count();
    eventually("a subscription of every engine", subscribed, |count| *count == engines.len());

    let (mut commits, mut there) = (Vec::new(), Vec::new());
    for change in 0..changes {
        let mut changed = resident(change % holders);
        changed["birth_date"] = format!("19{:02}-01-{:02}", change % 100, 1 + change / 100 % 28).into();
        let begun = Instant::now();
        let revision = import::holders((&office, &office), changed.to_string().as_bytes(), &secret(), &context())
            .unwrap()
            .revision;
        commits.push(begun.elapsed());
        said.announce(revision);
        // Not by looks with pauses between them: what is measured is short.
        while engines.iter().any(|(engine, ..)| engine.known().revision() < revision) {
            assert!(begun.elapsed() < DEADLINE, "no engine heard of revision {revision} within {DEADLINE:?}");
            std::thread::yield_now();
        }
        there.push(begun.elapsed());
    }
    let round_trips = round_trips(redis.port(), changes);
    let (commit, trip, there) = (told(commits), told(round_trips), told(there));
    println!("a commit                {}", commit.text);
    println!("a round trip to Redis   {}", trip.text);
    println!("at every engine after   {}", there.text);
    println!("ratio of the halves to commit and round trip {:.2}", there.half / (commit.half + trip.half));
}

fn round_trips(port: u16, count: u64) -> Vec<Duration> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    connection.set_nodelay(true).unwrap();
    let mut answer = [0; 7];
    let mut once = || {
        let begun = Instant::now();
        connection.write_all(b"PING\r\n").unwrap();
        connection.read_exact(&mut answer).unwrap();
        begun.elapsed()
    };
    (0..count).map(|_| once()).collect()
}

struct OfflineAnswer {
    half: f64,
    text: String,
}

fn told(mut times: Vec<Duration>) -> OfflineAnswer {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    OfflineAnswer { half: at(50), text: format!("half within {:>7.2} ms, 99 of 100 within {:>7.2} ms", at(50), at(99)) }
}
