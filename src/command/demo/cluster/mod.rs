//! A cluster on this machine: two engines and an admin node on a PostgreSQL and a Redis of their own, stopped and started by
//! typing.

mod instruction;
mod node;
mod part;

use std::fs::DirBuilder;
use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::thread;

use avis_admin::control::Settled;
use avis_private_servers::{Durability, PrivatePostgres, PrivateRedis, Program, Watchdog, new_folder};

use self::instruction::{Instruction, Part};
use self::node::{Launch, Node};
use self::part::{Server, Stops};
use super::data::DemoData;
use super::history;
use super::{Demo, Try, curl_lines, sign_ins};
use crate::failure::{self, Failure};
use crate::installation::{Installation, Need};
use crate::passing_folder::PassingFolder;
use crate::settings::{Settings, Sources};
use crate::shutdown::ShutdownSignal;

/// What all folders of nodes have in common.
const KEY: &str = "identifier.key";

/// Everything that runs, in the order in which it ends.
struct Cluster {
    one: Node,
    two: Node,
    admin: Node,
    launch: Launch,
    redis: Server<PrivateRedis>,
    postgres: Server<PrivatePostgres>,
    /// Who signs in at the console.
    settled: Option<Settled>,
    /// Clears up also where this process is killed.
    _watchdog: Watchdog,
    /// The admin node's folder.
    office: PathBuf,
    _folder: PassingFolder,
}

/// What there is to react to.
enum Event {
    Typed(String),
    /// Ctrl-C or SIGTERM.
    Stop,
}

/// Starts a cluster, does what is typed, and ends it when asked to stop.
pub(super) fn run(demo: &Demo, data: &DemoData, listen: SocketAddr, tries: &[Try]) -> Result<(), Failure> {
    let missing = Program::ALL.iter().filter_map(|program| program.find().err());
    let missing: Vec<String> = missing.map(|error| error.to_string()).collect();
    if !missing.is_empty() {
        return Err(Failure::of_many(missing));
    }
    let (tell, events) = mpsc::channel();
    stop_when_asked(tell.clone())?;
    let mut cluster = Cluster::start(demo, data, listen)?;
    failure::written(writeln!(io::stdout(), "{}", cluster.welcome(tries)))?;
    thread::spawn(move || {
        // Where nobody types, or nobody does any more, it goes on until it is asked to stop.
        io::stdin().lock().lines().map_while(Result::ok).all(|line| tell.send(Event::Typed(line)).is_ok());
    });
    while let Ok(Event::Typed(line)) = events.recv() {
        let instruction = line.parse().map_err(|detail: String| Failure::new(detail));
        if let Err(failure) = instruction.and_then(|instruction| cluster.grant(instruction)) {
            eprintln!("{failure}");
        }
    }
    drop(cluster);
    failure::written(writeln!(io::stdout(), "stopped"))
}

/// Tells of the first signal; from here on none ends this process by itself.
fn stop_when_asked(tell: Sender<Event>) -> Result<(), Failure> {
    let (listens, listening) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let shutdown = ShutdownSignal::listen();
            // Who waits for either is there, or the process ends anyway.
            let _ = listens.send(shutdown.as_ref().map(|_| ()).map_err(ToString::to_string));
            if let Ok(mut shutdown) = shutdown {
                shutdown.next().await;
                let _ = tell.send(Event::Stop);
            }
        });
    });
    match listening.recv() {
        Ok(Ok(())) => Ok(()),
        Ok(Err(detail)) => Err(Failure::new(format!("signals: {detail}"))),
        Err(error) => Err(Failure::new(format!("signals: {error}"))),
    }
}

impl Cluster {
    fn start(demo: &Demo, data: &DemoData, listen: SocketAddr) -> Result<Self, Failure> {
        let second = match listen.port() {
            0 => Some(0),
            port => port.checked_add(1),
        };
        let second = second.ok_or_else(|| Failure::new(format!("{listen}: the second engine needs the next port")))?;
        let folder = PassingFolder(new_folder("demo").map_err(Failure::of)?);
        let at = |error| Failure::of_file(&folder.0, error);
        let watchdog = Watchdog::of(&folder.0, node::END_ALL).map_err(Failure::of)?;
        said("starting PostgreSQL and Redis")?;
        let postgres = PrivatePostgres::start(Durability::OnDisk, &[]).map_err(Failure::of)?;
        let redis = PrivateRedis::start().map_err(Failure::of)?;
        let database = postgres.new_database().map_err(Failure::of)?;
        let settings = [("AVIS_CLUSTER__DATABASE", postgres.url(&database)), ("AVIS_CLUSTER__REDIS", redis.url())];
        let launch = Launch::new(demo.config.clone(), settings)?;
        let office = folder.0.join("admin");
        launch.to_its_end(&["migrate".as_ref()])?;
        let files = folder.0.join("data");
        data.write_into(&files)?;
        let file = |name| files.join(name);
        let (catalogue, holders, terminals) = (file("catalogue.json"), file("holders.ndjson"), file("terminals.json"));
        launch.to_its_end(&[
            "import".as_ref(),
            "--folder".as_ref(),
            office.as_ref(),
            "--catalogue".as_ref(),
            catalogue.as_ref(),
            "--holders".as_ref(),
            holders.as_ref(),
            "--terminals".as_ref(),
            terminals.as_ref(),
        ])?;
        for name in ["one", "two"] {
            copy_key(&office, &folder.0.join(name)).map_err(at)?;
        }
        let settled = settle(demo, data, &office, postgres.url(&database))?;
        let one = Node::engine("one", &folder.0, listen, &launch)?;
        let two = Node::engine("two", &folder.0, SocketAddr::new(listen.ip(), second), &launch)?;
        let simulator = data.write_simulator(&files, one.url())?;
        let admin = Node::admin(&folder.0, listen.ip(), simulator, &launch)?;
        let (redis, postgres) = (Server::running(redis), Server::running(postgres));
        Ok(Self { one, two, admin, launch, redis, postgres, settled, _watchdog: watchdog, office, _folder: folder })
    }

    fn welcome(&self, tries: &[Try]) -> String {
        let (one, two) = (self.one.url(), self.two.url());
        let (lines, exports, office) = (curl_lines(one, tries), self.launch.exports(), self.office.display());
        let console = self.admin.url();
        let users = self.settled.as_ref().map(sign_ins).unwrap_or_default();
        format!(
            "\nSell a ticket in the till simulator, in a browser: {console}/try\nThe console is at {console} for a browser.{users}\n\n\
             A cluster runs: engine one at {one}, engine two at {two}, an admin node, PostgreSQL and Redis.\nHow to call it: {one}/docs\n{lines}\n\n\
             # For operators:\n{exports}avis status --folder {office}\n\n\
             # The load test sells at both engines and checks every answer:\n\
             cargo run --release --manifest-path loadtest/Cargo.toml -- --engine {one} --engine {two}\n\n{}",
            instruction::HELP,
        )
    }

    fn grant(&mut self, instruction: Instruction) -> Result<(), Failure> {
        match instruction {
            Instruction::Help => said(instruction::HELP),
            Instruction::Status => {
                self.launch.to_its_end(&["status".as_ref(), "--folder".as_ref(), self.office.as_ref()])
            }
            Instruction::Stop(part) => {
                let (found, _) = self.part(part);
                if !found.runs() {
                    return said(&format!("{part} does not run"));
                }
                found.stop()?;
                said(&format!("{part} is stopped"))
            }
            Instruction::Start(part) => {
                let (found, launch) = self.part(part);
                if found.runs() {
                    return said(&format!("{part} runs already"));
                }
                found.start_again(launch)?;
                said(&format!("{part} runs"))
            }
        }
    }

    /// A part, and how nodes are run.
    fn part(&mut self, part: Part) -> (&mut dyn Stops, &Launch) {
        let found: &mut dyn Stops = match part {
            Part::Redis => &mut self.redis,
            Part::Postgres => &mut self.postgres,
            Part::One => &mut self.one,
            Part::Two => &mut self.two,
            Part::Admin => &mut self.admin,
        };
        (found, &self.launch)
    }
}

/// Makes who signs in, and what happened before, while no node runs.
fn settle(demo: &Demo, data: &DemoData, office: &Path, database: String) -> Result<Option<Settled>, Failure> {
    let settings = Settings::of(&Sources::load(demo.config.as_deref())?.with("cluster.database", database)?)?;
    history::settle(data, data.history()?, &mut Installation::open(office, &settings, Need::Now)?, &settings)
}

fn said(text: &str) -> Result<(), Failure> {
    failure::written(writeln!(io::stdout(), "{text}"))
}

/// An engine's own folder, with the deployment's key.
fn copy_key(office: &Path, folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)?;
    std::fs::copy(office.join(KEY), folder.join(KEY))?;
    Ok(())
}
