//! A Redis of one's own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::folder::ServerFolder;
use crate::program::Program;
use crate::watchdog::Watchdog;
use crate::{ServerError, free_port};

/// With what a server proves who it is, in PEM.
pub struct Encrypted {
    /// Its certificate.
    pub certificate: String,
    /// The key of that.
    pub key: String,
}

/// A server that keeps nothing on disk; stopped and removed with this process at the latest.
pub struct PrivateRedis {
    program: PathBuf,
    port: u16,
    encrypted: Option<Encrypted>,
    running: Mutex<Option<Watchdog>>,
}

/// How often it is asked whether it is there, and how long after each, before its start counts as failed.
const START_ATTEMPTS: u32 = 200;
const START_PAUSE: Duration = Duration::from_millis(20);

/// How long one answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(5);

impl PrivateRedis {
    /// A server that talks in the clear.
    ///
    /// # Errors
    /// Its program is not there, or it does not start.
    pub fn start() -> Result<Self, ServerError> {
        Self::with(None)
    }

    /// A server that talks TLS only.
    ///
    /// # Errors
    /// As of [`PrivateRedis::start`].
    pub fn encrypted(encrypted: Encrypted) -> Result<Self, ServerError> {
        Self::with(Some(encrypted))
    }

    fn with(encrypted: Option<Encrypted>) -> Result<Self, ServerError> {
        let program = Program::RedisServer.find()?;
        let server = Self { program, port: free_port()?, encrypted, running: Mutex::new(None) };
        server.run()?;
        Ok(server)
    }

    /// Starts it again after [`PrivateRedis::stop`], empty, on the same port.
    ///
    /// # Errors
    /// It does not start.
    pub fn run(&self) -> Result<(), ServerError> {
        let folder = ServerFolder::new("redis")?;
        let listen = match &self.encrypted {
            None => r#"--port "$3""#,
            Some(Encrypted { certificate, key }) => {
                folder.write("server.crt", certificate.as_bytes())?;
                folder.write("server.key", key.as_bytes())?;
                r#"--port 0 --tls-port "$3" --tls-cert-file server.crt --tls-key-file server.key --tls-auth-clients no"#
            }
        };
        let begin = format!(r#""$1" {listen} --bind 127.0.0.1 --save "" --appendonly no --dir "$2" & server=$!;"#);
        let end = r#"kill -KILL $server; cd /; rm -rf "$2""#;
        let port = self.port.to_string();
        let arguments = [self.program.as_os_str(), folder.path().as_os_str(), port.as_ref()];
        let watchdog = folder.watchdog(&begin, end, &arguments)?;
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(watchdog);
        for _ in 0..START_ATTEMPTS {
            if self.answers(folder.path()) {
                return Ok(());
            }
            std::thread::sleep(START_PAUSE);
        }
        let detail = format!("it does not answer on port {}", self.port);
        Err(ServerError::Failed { program: Program::RedisServer, detail })
    }

    /// Stops it without ceremony, as a crash would.
    pub fn stop(&self) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether the server of this folder answers, and not another one that took the port meanwhile. One that talks TLS is not asked.
    fn answers(&self, folder: &Path) -> bool {
        let Ok(mut connection) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        if self.encrypted.is_some() {
            return true;
        }
        // One that took the port may be silent.
        if connection.set_read_timeout(Some(ANSWER_TIME)).is_err() {
            return false;
        }
        let mut answer = String::new();
        let asked =
            connection.write_all(b"CONFIG GET dir\r\nQUIT\r\n").and_then(|()| connection.read_to_string(&mut answer));
        // It tells its folder without the links that lead there.
        let folder = folder.canonicalize();
        asked.and(folder).is_ok_and(|folder| answer.lines().any(|line| Path::new(line) == folder))
    }

    /// The port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}
