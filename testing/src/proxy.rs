//! A wire between a client and a server that can be cut, slowed down and deafened.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client.
    ToServer,
    /// From the server.
    ToClient,
}

/// A small TCP proxy on loopback in front of a server on loopback.
pub struct Proxy {
    port: u16,
    wire: Arc<Wire>,
}

#[derive(Default)]
struct Wire {
    refuses: AtomicBool,
    cuts: AtomicU64,
    ways: [Way; 2],
    /// The next message to the server that holds these bytes arrives, and then the connection is cut, or all are.
    last_words: Mutex<Option<LastWords>>,
    connections: Mutex<Vec<TcpStream>>,
}

struct LastWords {
    words: Vec<u8>,
    /// Whether every connection is cut then, and no new one let through.
    of_all: bool,
}

#[derive(Default)]
struct Way {
    deaf: AtomicBool,
    delay_ms: AtomicU64,
}

impl Proxy {
    /// In front of a port of loopback.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Wire::default());
        let accepting = wire.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A connection that comes to nothing is the client's to notice.
                let _ = Wire::join(&accepting, &client, server);
            }
        });
        Self { port, wire }
    }

    /// The port of loopback on which clients connect.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts every connection; new ones are accepted.
    pub fn cut(&self) {
        self.wire.cut();
    }

    /// Cuts every connection and lets no new one through, until it is mended.
    pub fn part(&self) {
        self.wire.refuses.store(true, Ordering::SeqCst);
        self.wire.cut();
    }

    /// Ends every disturbance.
    pub fn mend(&self) {
        self.wire.refuses.store(false, Ordering::SeqCst);
        for direction in [Direction::ToServer, Direction::ToClient] {
            self.deafen(direction, false);
            self.delay(direction, Duration::ZERO);
        }
    }

    /// Bytes that go this way are lost, while the connection seems to stand.
    pub fn deafen(&self, direction: Direction, deaf: bool) {
        self.wire.ways[direction as usize].deaf.store(deaf, Ordering::SeqCst);
    }

    /// Bytes that go this way are late.
    pub fn delay(&self, direction: Direction, delay: Duration) {
        let millis = u64::try_from(delay.as_millis()).unwrap();
        self.wire.ways[direction as usize].delay_ms.store(millis, Ordering::SeqCst);
    }

    /// The next message to the server that holds these bytes still arrives, but its answer does not: the connection is cut.
    pub fn cut_after(&self, last_words: &[u8]) {
        self.wire.expect(last_words, false);
    }

    /// As [`Proxy::cut_after`], and from then on as [`Proxy::part`].
    pub fn part_after(&self, last_words: &[u8]) {
        self.wire.expect(last_words, true);
    }

    /// How many connections were cut after their last words.
    pub fn cuts(&self) -> u64 {
        self.wire.cuts.load(Ordering::SeqCst)
    }
}

impl Wire {
    fn join(wire: &Arc<Self>, client: &TcpStream, server: u16) -> std::io::Result<()> {
        if wire.refuses.load(Ordering::SeqCst) {
            return client.shutdown(Shutdown::Both);
        }
        let server = TcpStream::connect(("127.0.0.1", server))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        {
            let mut connections = wire.connections.lock().unwrap_or_else(PoisonError::into_inner);
            connections.extend([client.try_clone()?, server.try_clone()?]);
        }
        for (from, to, direction) in [
            (client.try_clone()?, server.try_clone()?, Direction::ToServer),
            (server.try_clone()?, client.try_clone()?, Direction::ToClient),
        ] {
            let wire = wire.clone();
            std::thread::spawn(move || wire.carry(from, to, direction));
        }
        Ok(())
    }

    fn cut(&self) {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        for connection in connections.drain(..) {
            // One that is closed already is as good as cut.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream, direction: Direction) {
        let way = &self.ways[direction as usize];
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let delay = way.delay_ms.load(Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(delay));
            if way.deaf.load(Ordering::SeqCst) {
                continue;
            }
            let last = if direction == Direction::ToServer { self.are_last(&buffer[..length]) } else { None };
            if last.is_some() {
                // Nothing comes back from here on.
                let _ = from.shutdown(Shutdown::Write);
            }
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
            if let Some(last) = last {
                self.cuts.fetch_add(1, Ordering::SeqCst);
                if last.of_all {
                    self.refuses.store(true, Ordering::SeqCst);
                    self.cut();
                }
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Write);
    }

    fn expect(&self, words: &[u8], of_all: bool) {
        let last_words = LastWords { words: words.to_owned(), of_all };
        *self.last_words.lock().unwrap_or_else(PoisonError::into_inner) = Some(last_words);
    }

    fn are_last(&self, message: &[u8]) -> Option<LastWords> {
        let mut last_words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        last_words.take_if(|last| message.windows(last.words.len()).any(|part| part == last.words))
    }
}
