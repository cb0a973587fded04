//! A PostgreSQL of one's own.

use std::hash::{BuildHasher, RandomState};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::folder::ServerFolder;
use crate::program::Program;
use crate::watchdog::Watchdog;
use crate::{ServerError, free_port};

/// Whether a commit survives the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// As in production.
    OnDisk,
    /// Only the server's own crash is survived: enough for tests of meaning, and faster.
    InMemory,
}

/// A server with a folder and a port of its own; stopped and removed with this process at the latest.
pub struct PrivatePostgres {
    folder: ServerFolder,
    port: u16,
    /// Of the superuser; random, and new for each server.
    password: String,
    control: PathBuf,
    client: PathBuf,
    _watchdog: Watchdog,
}

/// How its files are made: who reaches it from this machine has to know a password.
const FILES: [&str; 7] = [
    "--pgdata=data",
    "--auth=scram-sha-256",
    "--pwfile=password",
    "--username=postgres",
    "--no-sync",
    "--locale=C",
    "--encoding=UTF8",
];

/// How long a client waits for a server that accepts a connection and says nothing.
const CONNECT_SECONDS: &str = "30";

/// What every server is set to.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\n\
     shared_buffers = 256MB\nmax_wal_size = 4GB\n";

impl PrivatePostgres {
    /// A server with further lines for its configuration.
    ///
    /// # Errors
    /// Its programs are not there, or it does not start.
    pub fn start(durability: Durability, settings: &[&str]) -> Result<Self, ServerError> {
        let initdb = Program::Initdb.find()?;
        let server = Self::in_new_folder(None)?;
        // A Ctrl-C at the terminal is for who started it: it clears up.
        let made = server.folder.command(&initdb).args(FILES).process_group(0).output();
        done(Program::Initdb, made)?;
        server.configure(durability, settings)?;
        server.run()?;
        Ok(server)
    }

    /// A server that follows this one, for reading.
    ///
    /// # Errors
    /// As of [`PrivatePostgres::start`].
    pub fn replica(&self) -> Result<Self, ServerError> {
        let copy = Program::PgBasebackup.find()?;
        let replica = Self::in_new_folder(Some(&self.password))?;
        let mut command = replica.folder.command(&copy);
        let port = self.port.to_string();
        command.args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-U",
            "postgres",
            "-D",
            "data",
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
        ]);
        let copied = command.arg("--no-sync").env("PGPASSWORD", &self.password).process_group(0).output();
        done(Program::PgBasebackup, copied)?;
        replica.configure(Durability::InMemory, &[])?;
        replica.run()?;
        Ok(replica)
    }

    /// Without files yet.
    fn in_new_folder(password: Option<&str>) -> Result<Self, ServerError> {
        let (control, client) = (Program::PgCtl.find()?, Program::Psql.find()?);
        let folder = ServerFolder::new("postgres")?;
        let end = r#""$1" -D data -m immediate -w stop; cd /; rm -rf "$2""#;
        let watchdog = folder.watchdog("", end, &[control.as_os_str(), folder.path().as_os_str()])?;
        let new = || format!("{:016x}", RandomState::new().hash_one(folder.path()));
        let password = password.map_or_else(new, str::to_owned);
        folder.write("password", password.as_bytes())?;
        Ok(Self { port: free_port()?, password, folder, control, client, _watchdog: watchdog })
    }

    fn configure(&self, durability: Durability, settings: &[&str]) -> Result<(), ServerError> {
        let path = self.folder.path().join("data/postgresql.conf");
        let default = std::fs::read_to_string(&path).map_err(ServerError::of(&path))?;
        let mut text = format!("{default}\nport = {}\n{SETTINGS}", self.port);
        if durability == Durability::InMemory {
            text.push_str("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n");
        }
        for line in settings {
            text.push_str(line);
            text.push('\n');
        }
        self.folder.write("data/postgresql.conf", text.as_bytes())?;
        Ok(())
    }

    /// A file in the server's folder, for its configuration to name; its path.
    ///
    /// # Errors
    /// It can't be written.
    pub fn file(&self, name: &str, content: &[u8]) -> Result<PathBuf, ServerError> {
        self.folder.write(name, content)
    }

    /// Starts it again after [`PrivatePostgres::stop`], on the same port.
    ///
    /// # Errors
    /// It does not start.
    pub fn run(&self) -> Result<(), ServerError> {
        self.control(&["-l", "log", "-w", "-t", "120", "start"])
    }

    /// Stops it without ceremony, as a crash would.
    ///
    /// # Errors
    /// It is not there, or does not stop.
    pub fn stop(&self) -> Result<(), ServerError> {
        self.control(&["-m", "immediate", "-w", "stop"])
    }

    fn control(&self, arguments: &[&str]) -> Result<(), ServerError> {
        // No pipes: the server would keep them open.
        let mut command = self.folder.command(&self.control);
        command.args(["-D", "data"]).args(arguments).process_group(0);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let status = status.map_err(|error| ServerError::System { what: Program::PgCtl.name().to_owned(), error })?;
        if status.success() {
            return Ok(());
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        Err(ServerError::Failed { program: Program::PgCtl, detail: format!("{}: {log}", arguments.join(" ")) })
    }

    /// A new empty database; its name.
    ///
    /// # Errors
    /// As of [`PrivatePostgres::sql`].
    pub fn new_database(&self) -> Result<String, ServerError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("avis_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(name)
    }

    /// The port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database, with its password.
    pub fn url(&self, database: &str) -> String {
        self.url_by(self.port, database)
    }

    /// The same by way of another port of loopback.
    pub fn url_by(&self, port: u16, database: &str) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{port}/{database}", self.password)
    }

    /// Runs statements as the superuser; what they gave, fields parted by `|`, a line a row.
    ///
    /// # Errors
    /// The server is away, or refuses a statement.
    pub fn sql(&self, database: &str, statements: &str) -> Result<String, ServerError> {
        let mut command = Command::new(&self.client);
        let port = self.port.to_string();
        command
            .args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", database])
            .env("PGPASSWORD", &self.password)
            .env("PGCONNECT_TIMEOUT", CONNECT_SECONDS)
            .env("LC_ALL", "C");
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements]);
        Ok(done(Program::Psql, command.output())?.trim_end().to_owned())
    }
}

/// What a program wrote that succeeded.
fn done(program: Program, output: std::io::Result<Output>) -> Result<String, ServerError> {
    let output = output.map_err(|error| ServerError::System { what: program.name().to_owned(), error })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let detail = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(ServerError::Failed { program, detail })
    }
}
