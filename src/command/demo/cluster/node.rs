//! A node: a process of this program, whose words are passed on under its name.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::failure::{self, Failure};

/// Lines of shell that end every node which is left in the folder `$1`, and remove that: where this process is killed.
pub(super) const END_ALL: &str =
    r#"for file in "$1"/*/process; do test -f "$file" && kill -KILL "$(cat "$file")"; done; cd /; rm -rf "$1""#;

/// Who asks for the status wants to know it of now. Whatever else an installation takes, and nothing more, is taken here.
const SETTINGS: [(&str, &str); 1] = [("AVIS_FOLLOW__REPORT_S", "1")];

/// Many times what a node takes until it listens, on a slow machine.
const READY_TIME: Duration = Duration::from_secs(120);

/// How this program is run in the cluster.
pub(super) struct Launch {
    program: PathBuf,
    config: Option<PathBuf>,
    cluster: [(&'static str, String); 2],
}

impl Launch {
    /// With the cluster's settings, as variables.
    pub(super) fn new(config: Option<PathBuf>, cluster: [(&'static str, String); 2]) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(|error| Failure::new(format!("this program: {error}")))?;
        Ok(Self { program, config, cluster })
    }

    /// Runs a command to its end.
    pub(super) fn to_its_end(&self, arguments: &[&OsStr]) -> Result<(), Failure> {
        let status = self.command(arguments)?.stdin(Stdio::null()).status();
        match status.map_err(Failure::of)? {
            status if status.success() => Ok(()),
            status => Err(Failure::new(format!("that command ended with {status}"))),
        }
    }

    /// Tells what it will run: what is done here can be done by hand.
    fn command(&self, arguments: &[&OsStr]) -> Result<Command, Failure> {
        let config = self.config.iter().flat_map(|config| ["--config".as_ref(), config.as_os_str()]);
        let arguments: Vec<&OsStr> = config.chain(arguments.iter().copied()).collect();
        let told: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
        failure::written(writeln!(io::stdout(), "$ avis {}", told.join(" ")))?;
        let mut command = Command::new(&self.program);
        command.args(arguments).envs(SETTINGS).envs(self.cluster.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// Lines of a shell after which `avis` works on this cluster.
    pub(super) fn exports(&self) -> String {
        self.cluster.iter().map(|(name, value)| format!("export {name}={value}\n")).collect()
    }
}

/// What a node is there for.
enum Role {
    Engine,
    Admin {
        /// Where its till simulator is written, if it has one.
        simulator: Option<PathBuf>,
    },
}

impl Role {
    /// The word of the command line.
    fn word(&self) -> &'static str {
        match self {
            Self::Engine => "engine",
            Self::Admin { .. } => "admin",
        }
    }
}

/// One node, running or stopped.
pub(super) struct Node {
    name: &'static str,
    folder: PathBuf,
    /// Where it listens: an engine for terminals, an admin node for browsers.
    listen: SocketAddr,
    role: Role,
    url: String,
    running: Option<Child>,
}

impl Node {
    /// Starts an engine in its folder.
    pub(super) fn engine(
        name: &'static str,
        folder: &Path,
        listen: SocketAddr,
        launch: &Launch,
    ) -> Result<Self, Failure> {
        Self { name, folder: folder.join(name), listen, role: Role::Engine, url: String::new(), running: None }
            .started(launch)
    }

    /// Starts the admin node in its folder, with the console on any free port, and a till simulator or none.
    pub(super) fn admin(
        folder: &Path,
        ip: IpAddr,
        simulator: Option<PathBuf>,
        launch: &Launch,
    ) -> Result<Self, Failure> {
        let (name, listen, role) = ("admin", SocketAddr::new(ip, 0), Role::Admin { simulator });
        Self { name, folder: folder.join(name), listen, role, url: String::new(), running: None }.started(launch)
    }

    fn started(mut self, launch: &Launch) -> Result<Self, Failure> {
        self.start_again(launch)?;
        Ok(self)
    }

    /// Starts it where it was before, and waits until it is ready.
    pub(super) fn start_again(&mut self, launch: &Launch) -> Result<(), Failure> {
        let listen = self.listen.to_string();
        let mut arguments = ["serve", "--role", self.role.word()].map(OsStr::new).to_vec();
        arguments.extend([OsStr::new("--folder"), self.folder.as_os_str()]);
        let mut command = match &self.role {
            Role::Engine => {
                arguments.extend([OsStr::new("--listen"), OsStr::new(&listen)]);
                launch.command(&arguments)?
            }
            Role::Admin { simulator } => {
                let mut command = launch.command(&arguments)?;
                command.env("AVIS_ADMIN__LISTEN", &listen);
                command.envs(simulator.iter().map(|path| ("AVIS_ADMIN__SIMULATOR", path)));
                command
            }
        };
        // A Ctrl-C at the terminal is for who started it: it ends the nodes itself.
        command.env("AVIS_CLUSTER__NODE", self.name).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| Failure::new(format!("{}: {error}", self.name)))?;
        let number = self.folder.join("process");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&number);
        let written = file.and_then(|mut file| write!(file, "{}", child.id()));
        let (ready, is_ready) = mpsc::channel();
        if let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) {
            pass_on(self.name, out, io::stdout(), Some(ready));
            pass_on(self.name, err, io::stderr(), None);
        }
        self.running = Some(child);
        written.map_err(|error| Failure::of_file(&number, error))?;
        let url = is_ready.recv_timeout(READY_TIME).map_err(|error| {
            self.kill();
            let what = match error {
                RecvTimeoutError::Timeout => format!("named no address within {} s", READY_TIME.as_secs()),
                RecvTimeoutError::Disconnected => "ended before it was ready".to_owned(),
            };
            Failure::new(format!("{} {what}; see above", self.name))
        })?;
        // A port that was any free one stays the same from now on.
        if let Some((_, address)) = url.split_once("://") {
            self.listen = address.parse().map_err(|_| Failure::new(format!("{}: it listens at {url}", self.name)))?;
        }
        self.url = url;
        Ok(())
    }

    /// Where it is reached.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether it is there; one that ended by itself is cleared up after.
    pub(super) fn runs(&mut self) -> bool {
        let runs = self.running.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)));
        if !runs {
            self.kill();
        }
        runs
    }

    /// Ends it as a crash would.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            // One that is gone already is as good as killed.
            let _ = child.kill();
            let _ = child.wait();
            let _ = std::fs::remove_file(self.folder.join("process"));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Passes on what a node says, line by line, and tells the first address that it names.
fn pass_on(
    name: &'static str,
    words: impl Read + Send + 'static,
    mut to: impl Write + Send + 'static,
    mut ready: Option<Sender<String>>,
) {
    thread::spawn(move || {
        for line in BufReader::new(words).lines().map_while(Result::ok) {
            // Where nobody listens any more, the node is read all the same: it would wait otherwise.
            let _ = writeln!(to, "{name} | {line}");
            if let Some(url) = line.split_whitespace().find(|word| word.starts_with("http"))
                && let Some(ready) = ready.take()
            {
                let _ = ready.send(url.to_owned());
            }
        }
    });
}
