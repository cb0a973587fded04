//! Loads AVIS in an open loop, and checks every answer against the core.

#![allow(clippy::indexing_slicing, reason = "it can't tell slices from JSON, where what is missing is null")]

mod accounts;
mod arrivals;
mod balance;
mod basket;
mod check;
mod cluster;
mod contended;
mod invariants;
mod load;
mod mishaps;
mod outages;
mod owed;
mod people;
mod points;
mod process;
mod report;
mod sent;
mod server;
mod standing;
mod tables;
mod target;
mod till;
mod work;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::arrivals::Arrivals;
use crate::cluster::Cluster;
use crate::contended::Contended;
use crate::load::{Load, Unknown};
use crate::outages::Outages;
use crate::owed::Debts;
use crate::people::{Files, World};
use crate::report::{Findings, Timings, locked};
use crate::sent::Register;
use crate::server::Server;
use crate::tables::Rows;
use crate::target::Target;

/// How long arrivals may be late until they are not sent any more.
const LATE_MAX: Duration = Duration::from_secs(60);

/// Loads AVIS in an open loop and checks every answer.
///
/// It starts `avis serve` itself, on a temporary folder and a free port of 127.0.0.1, unless told otherwise. Requests arrive at
/// random moments, however slow the answers are, and latency counts from the moment at which a request was due.
#[derive(Parser)]
#[command(
    name = "avis-loadtest",
    after_help = "Examples:
  avis-loadtest                                   100 requests a second for 30 seconds
  avis-loadtest --rate 400 --seconds 60
  avis-loadtest --rate 50 --seconds 60 --kill-every 10
  avis-loadtest --avis target/debug/avis --seed 7
  avis-loadtest --rate 100 --seconds 80 --cluster
  avis-loadtest --engine http://127.0.0.1:8320 --engine http://127.0.0.1:8321    those of `avis demo --cluster`

Exit code: 0 if everything held, 1 if an answer was wrong or an invariant is broken, 2 if it could not run."
)]
struct Options {
    /// The program to load
    #[arg(long, value_name = "PATH", default_value = "target/release/avis")]
    avis: PathBuf,
    /// The folder with catalogue.json, holders.ndjson and terminals.json
    #[arg(long, value_name = "FOLDER", default_value = "demo")]
    data: PathBuf,
    /// Arrivals a second, on average
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = RangedU64ValueParser::<u32>::new().range(1..=100_000))]
    rate: u32,
    /// How long requests arrive
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = RangedU64ValueParser::<u32>::new().range(1..=43_200))]
    seconds: u32,
    /// Of all randomness: the same seed, the same arrivals
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Requests that can be under way at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1024))]
    connections: usize,
    /// Kill the server so often (SIGKILL) and start it again on the same folder
    #[arg(long, value_name = "SECONDS", value_parser = RangedU64ValueParser::<u32>::new().range(1..))]
    #[arg(conflicts_with_all = ["cluster", "engines"])]
    kill_every: Option<u32>,
    /// Load the demo of a cluster instead, and stop Redis, PostgreSQL and one of two engines in turn
    #[arg(long, conflicts_with = "engines")]
    cluster: bool,
    /// Load an engine that runs already, with this demo data; of a cluster, each by its own --engine
    #[arg(long = "engine", value_name = "URL", value_parser = cluster::engine)]
    engines: Vec<SocketAddr>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        // A run in which nobody was answered shows nothing.
        Ok(found) if found.violations == 0 && found.checked > 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("avis-loadtest: {message}");
            ExitCode::from(2)
        }
    }
}

/// What came of a run.
struct Found {
    checked: u64,
    violations: u64,
}

fn run(options: &Options) -> Result<Found, String> {
    let mut load = begun(options)?;
    // Where engines ran before, some of the quota may be used.
    load.contended.limit = invariants::left(&load)?;
    load.begun = Instant::now();
    let kills = under_load(&load, options)?;
    let took = load.begun.elapsed();
    let settled = load.target.shares_a_ledger().then(|| load.debts.settle(&load, options.connections));
    let table = locked(&load.timings).table();
    let read_back = invariants::read_back(&load, options.connections);
    let sold_twice = load.register.all_sent().iter().filter(|sent| sent.was_sold_twice()).count() as u64;
    if settled.as_ref().is_some_and(|(_, counted)| sold_twice > *counted) {
        load.findings
            .violation(format!("I2: {sold_twice} sales have two answers, and no engine says that two sold them"));
    }
    let contended = invariants::contended(&load);
    let points = points(&load);
    println!("\n{table}\nThe last answer came after {:.1} s.", took.as_secs_f64());
    tell_mishaps(&load, kills);
    if let Some((settled, _)) = settled {
        print!("{}{settled}", load.outages.summary());
    }
    print!("{contended}{points}{read_back}{}", load.findings.summary());
    let found = Found { checked: load.findings.checked(), violations: load.findings.count() };
    if let Target::Embedded(server) = &load.target
        && found.violations > 0
    {
        server.keep_folder();
        println!("The server's folder is kept: {}", server.folder().display());
    }
    Ok(found)
}

/// Everything that is there before the first arrival.
fn begun(options: &Options) -> Result<Load, String> {
    let files = Files::of(&options.data);
    let world = World::load(&files)?;
    let contended = Contended::find(&world)?;
    let target = if options.cluster {
        Target::Cluster(Cluster::start(&options.avis, &options.data)?)
    } else if options.engines.is_empty() {
        Target::Embedded(Server::start(&options.avis, &files)?)
    } else {
        Target::Engines(options.engines.clone())
    };
    println!(
        "{} arrivals a second for {} s, seed {}, {} connections; {}",
        options.rate,
        options.seconds,
        options.seed,
        options.connections,
        target.told()
    );
    Ok(Load {
        world,
        target,
        contended,
        arrivals: Mutex::new(Arrivals::new(options.seed, options.rate, options.seconds)),
        begun: Instant::now(),
        give_up: Duration::from_secs(options.seconds.into()) + LATE_MAX,
        findings: Findings::default(),
        timings: Mutex::new(Timings::new()?),
        register: Register::default(),
        unknown: Unknown::default(),
        debts: Debts::default(),
        outages: Outages::default(),
        recovered: AtomicU64::new(0),
        unsent: AtomicU64::new(0),
        over: AtomicBool::new(false),
    })
}

/// Tells how often the server was killed, and what was not sent.
fn tell_mishaps(load: &Load, kills: u32) {
    if kills > 0 {
        let recovered = load.recovered.load(Ordering::Relaxed);
        println!(
            "The server was killed and started again {kills} times; {recovered} retries found their request recorded."
        );
    }
    let unsent = load.unsent.load(Ordering::Relaxed);
    if unsent > 0 {
        println!("{unsent} arrivals found no free connection in time and were not sent: the rate is too high here.");
    }
}

/// What became of points, with the tables read where they are at rest; stops what was started for the run. A line for the report.
fn points(load: &Load) -> String {
    let quoted = accounts::quoted(load);
    // Those of a cluster go with it.
    let of_cluster = load.target.database().map(Rows::of_database);
    if let Err(detail) = load.target.stop() {
        load.findings.violation(detail);
    }
    let Some(rows) = of_cluster.or_else(|| load.target.folder().map(Rows::of_folder)) else {
        return "Points: the tables of engines that somebody else started are not read.\n".to_owned();
    };
    match quoted.and_then(|quoted| Ok((quoted, rows?))) {
        Ok((quoted, rows)) => accounts::check(load, &rows, &quoted),
        Err(detail) => {
            load.findings.violation(format!("points: {detail}"));
            String::new()
        }
    }
}

/// The load itself, with somebody who kills and stops meanwhile; how often a server was killed.
fn under_load(load: &Load, options: &Options) -> Result<u32, String> {
    std::thread::scope(|scope| {
        let mischief = scope.spawn(|| match (&load.target, options.kill_every) {
            (Target::Embedded(server), Some(seconds)) => kill_every(load, server, seconds),
            (Target::Cluster(cluster), _) => cluster.outages(load, options.seconds).map(|()| 0),
            _ => Ok(0),
        });
        let connections: Vec<_> =
            (0..options.connections).map(|connection| scope.spawn(move || work::run(load, connection))).collect();
        let panicked =
            connections.into_iter().map(|connection| connection.join().is_err()).fold(false, |any, one| any | one);
        load.over.store(true, Ordering::Relaxed);
        if panicked {
            return Err("a connection panicked; see above".to_owned());
        }
        mischief.join().unwrap_or_else(|_| Err("who stops servers panicked; see above".to_owned()))
    })
}

/// Kills until the load is over, and once more then: all that was answered must be there after it.
fn kill_every(load: &Load, server: &Server, seconds: u32) -> Result<u32, String> {
    let pause = Duration::from_secs(seconds.into());
    let (mut kills, mut since) = (0, Instant::now());
    loop {
        let over = load.over.load(Ordering::Relaxed);
        if over || since.elapsed() >= pause {
            server.kill_and_start()?;
            (kills, since) = (kills + 1, Instant::now());
        }
        if over {
            return Ok(kills);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beside the tests of the project; who tests the load test alone has none.
    const AVIS: Option<&str> = option_env!("CARGO_BIN_EXE_avis");

    #[test]
    fn a_few_seconds_of_load_on_a_server_that_is_killed_break_nothing() {
        let Some(avis) = AVIS else { return eprintln!("there is no program to load: run the tests of the project") };
        let seconds = std::env::var("LOAD_SECONDS").unwrap_or_else(|_| "4".to_owned());
        let told = ["avis-loadtest", "--avis", avis, "--rate", "50", "--seconds", &*seconds, "--kill-every", "2"];
        let found = run(&Options::parse_from(told)).unwrap();
        assert_eq!(found.violations, 0);
        assert!(found.checked > 0, "it checked answers");
    }
}
