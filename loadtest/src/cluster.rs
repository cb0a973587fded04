//! A cluster under load: the demo's, whose parts are stopped and started in turn by typing what a person would. Loopback only.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crate::load::Load;
use crate::process::{self, KillAtDeadline};
use crate::report::locked;

/// A running `avis demo --cluster`.
pub(crate) struct Cluster {
    engines: Vec<SocketAddr>,
    /// Its URL.
    database: String,
    running: Mutex<Running>,
}

struct Running {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
}

/// What the demo says of its database, for operators.
const DATABASE: &str = "export AVIS_CLUSTER__DATABASE=";

/// What is typed, and when: in eighths of the load. An engine dies with what it sold while the ledger is away, and comes back
/// after it.
const MISCHIEF: [(u32, &str, &str); 6] = [
    (1, "stop", "redis"),
    (2, "stop", "postgres"),
    (3, "stop", "one"),
    (4, "start", "postgres"),
    (5, "start", "one"),
    (6, "start", "redis"),
];

impl Cluster {
    /// Starts it on free ports.
    ///
    /// # Errors
    /// It can't be started, or names no engines.
    pub(crate) fn start(avis: &Path, data: &Path) -> Result<Self, String> {
        let mut command = process::command(avis);
        command.args(["demo", "--cluster", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let named = |error| format!("{}: {error}", avis.display());
        let mut child = command.spawn().map_err(named)?;
        let Some(out) = child.stdout.take() else { return Err(format!("{}: no output", avis.display())) };
        let mut running = Running { child, out: BufReader::new(out).lines() };
        let database = running.read_until(|line| line.starts_with(DATABASE))?;
        let database = database.strip_prefix(DATABASE).unwrap_or_default().to_owned();
        let welcome = running.read_until(|line| line.contains("--engine"))?;
        let urls = welcome.split(" --engine ").skip(1);
        let engines = urls.map(engine).collect::<Result<Vec<_>, _>>()?;
        running.read_until(|line| line.contains("nothing is kept"))?;
        Ok(Self { engines, database, running: Mutex::new(running) })
    }

    pub(crate) fn engines(&self) -> &[SocketAddr] {
        &self.engines
    }

    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Stops the parts and starts them again while the load lasts.
    ///
    /// # Errors
    /// It can't be done; the load goes on.
    pub(crate) fn outages(&self, load: &Load, seconds: u32) -> Result<(), String> {
        let eighth = Duration::from_secs(seconds.into()) / 8;
        for (when, verb, part) in MISCHIEF {
            std::thread::sleep((eighth * when).saturating_sub(load.begun.elapsed()));
            let is_stop = verb == "stop";
            self.type_line(
                &format!("{verb} {part}"),
                &format!("{part} {}", if is_stop { "is stopped" } else { "runs" }),
            )?;
            load.outages.change(part, is_stop);
        }
        Ok(())
    }

    fn type_line(&self, line: &str, until: &str) -> Result<(), String> {
        println!("{line}");
        let mut running = locked(&self.running);
        let input = running.child.stdin.as_mut().ok_or("the cluster takes no input")?;
        writeln!(input, "{line}").map_err(|error| format!("the cluster: {error}"))?;
        running.read_until(|said| said == until).map(|_| ())
    }

    /// Stops it all.
    ///
    /// # Errors
    /// It does not stop in good order.
    pub(crate) fn stop(&self) -> Result<(), String> {
        process::stop(&mut locked(&self.running).child)
    }
}

impl Running {
    /// The next line of that kind.
    fn read_until(&mut self, wanted: impl Fn(&str) -> bool) -> Result<String, String> {
        let _deadline = KillAtDeadline::new(&self.child, "the cluster's next words");
        for line in self.out.by_ref() {
            let line = line.map_err(|error| format!("the cluster: {error}"))?;
            if wanted(&line) {
                return Ok(line);
            }
        }
        Err("the cluster ended; see above".to_owned())
    }
}

impl Drop for Running {
    /// Whatever went wrong, it takes everything with it.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address of an engine, as it is told or given: never another host's.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn engine(url: &str) -> Result<SocketAddr, String> {
    let address = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
    let address: SocketAddr =
        address.parse().map_err(|_| format!("expected `http://` and an address, came `{url}`"))?;
    if address.ip().is_loopback() { Ok(address) } else { Err(format!("{address} is not this machine")) }
}
