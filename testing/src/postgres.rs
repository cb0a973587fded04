//! A PostgreSQL of our own.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::folder::ServerFolder;
use crate::free_port;
use crate::programs::program;
use crate::watchdog::Watchdog;

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
    control: PathBuf,
    client: PathBuf,
    _watchdog: Watchdog,
}

impl PrivatePostgres {
    /// The one of this process, without durability.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PrivatePostgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(Durability::InMemory, &[]))
    }

    /// A server with further lines for its configuration.
    pub fn start(durability: Durability, settings: &[&str]) -> Self {
        let control = program("pg_ctl", "postgresql");
        let folder = ServerFolder::new("postgres");
        let initdb = program("initdb", "postgresql");
        let arguments = ["-D", "data", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"];
        let made = folder.command(&initdb).args(arguments).output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let client = program("psql", "postgresql");
        let end = r#""$1" -D data -m immediate -w stop; cd /; rm -rf "$2""#;
        let (program, path) = (control.to_str().unwrap(), folder.path().to_str().unwrap());
        let watchdog = Watchdog::start(&folder, "", end, &[program, path]);
        let server = Self { port: free_port(), folder, control, client, _watchdog: watchdog };
        server.configure(durability, settings);
        server.run();
        server
    }

    fn configure(&self, durability: Durability, settings: &[&str]) {
        let mut text = std::fs::read_to_string(self.folder.path().join("data/postgresql.conf")).unwrap();
        let port = self.port;
        write!(text, "\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\n").unwrap();
        text.push_str("max_connections = 300\nshared_buffers = 256MB\nmax_wal_size = 4GB\n");
        if durability == Durability::InMemory {
            text.push_str("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n");
        }
        settings.iter().for_each(|line| writeln!(text, "{line}").unwrap());
        self.folder.write("data/postgresql.conf", text.as_bytes());
    }

    /// A file in the server's folder, for its configuration to name; its path.
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        self.folder.write(name, content)
    }

    /// Starts it again after [`PrivatePostgres::stop`], on the same port.
    pub fn run(&self) {
        self.control(&["-l", "log", "-w", "-t", "120", "start"]);
    }

    /// Stops it without ceremony, as a crash would.
    pub fn stop(&self) {
        self.control(&["-m", "immediate", "-w", "stop"]);
    }

    fn control(&self, arguments: &[&str]) {
        // No pipes: the server would keep them open.
        let mut command = self.folder.command(&self.control);
        command.args(["-D", "data"]).args(arguments);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(status.success(), "pg_ctl {arguments:?}: {}", log());
    }

    /// A new empty database; its name.
    pub fn new_database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// The port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs statements as the superuser; what they gave, fields parted by `|`, a line a row.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let mut command = Command::new(&self.client);
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-c", statements]);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{statements}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim_end().to_owned()
    }
}
