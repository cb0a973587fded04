//! A Redis of our own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use crate::folder::ServerFolder;
use crate::free_port;
use crate::programs::program;
use crate::watchdog::Watchdog;

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

/// How long a start may take before it counts as failed.
const START_ATTEMPTS: u32 = 200;

impl PrivateRedis {
    /// The one of this process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PrivateRedis> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A server of its own, for a test that stops it.
    pub fn start() -> Self {
        Self::with(None)
    }

    /// A server of its own that talks TLS only.
    pub fn encrypted(encrypted: Encrypted) -> Self {
        Self::with(Some(encrypted))
    }

    fn with(encrypted: Option<Encrypted>) -> Self {
        let program = program("redis-server", "redis-server");
        let server = Self { program, port: free_port(), encrypted, running: Mutex::new(None) };
        server.run();
        server
    }

    /// Starts it again after [`PrivateRedis::stop`], empty, on the same port.
    pub fn run(&self) {
        let folder = ServerFolder::new("redis");
        let port = self.port.to_string();
        let listen = match &self.encrypted {
            None => r#"--port "$3""#,
            Some(Encrypted { certificate, key }) => {
                folder.write("server.crt", certificate.as_bytes());
                folder.write("server.key", key.as_bytes());
                r#"--port 0 --tls-port "$3" --tls-cert-file server.crt --tls-key-file server.key --tls-auth-clients no"#
            }
        };
        let begin = format!(r#""$1" {listen} --bind 127.0.0.1 --save "" --appendonly no --dir "$2" & server=$!;"#);
        let end = r#"kill -KILL $server; cd /; rm -rf "$2""#;
        let arguments = [self.program.to_str().unwrap(), folder.path().to_str().unwrap(), &port];
        *self.running.lock().unwrap() = Some(Watchdog::start(&folder, &begin, end, &arguments));
        let answers = (0..START_ATTEMPTS).any(|_| {
            let answers = self.answers();
            if !answers {
                std::thread::sleep(Duration::from_millis(20));
            }
            answers
        });
        assert!(answers, "redis-server does not answer on port {port}");
    }

    /// Stops it without ceremony, as a crash would.
    pub fn stop(&self) {
        *self.running.lock().unwrap() = None;
    }

    fn answers(&self) -> bool {
        let Ok(mut connection) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        if self.encrypted.is_some() {
            return true;
        }
        let mut answer = [0; 5];
        connection.write_all(b"PING\r\n").is_ok() && connection.read_exact(&mut answer).is_ok() && &answer == b"+PONG"
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
