//! The signal over Redis: numbers on one channel, and nothing else. Redis may be away, deaf, or full of lies; nothing depends on
//! it but how soon followers look.

mod listening;
mod pause;
mod speaking;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use redis::{Client, Connection, ConnectionAddr, RedisResult, TlsCertificates};

use crate::authorities;
use crate::background::Background;
use crate::signal::{Hints, Signal};

/// How long one step may wait for Redis before the connection counts as broken.
const PATIENCE: Duration = Duration::from_secs(1);

/// Between the processes of one deployment. One thread speaks and one listens, each on a connection of its own, until it is
/// dropped; nobody who announces waits for them.
pub struct RedisSignal {
    shared: Arc<Shared>,
    speaking: Background,
    _listening: Background,
}

/// What a signal counted since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RedisCounted {
    /// Subscriptions that came to be; each but the first takes the place of one that broke.
    pub subscriptions: u64,
    /// Subscriptions that were given up since nothing was heard on them any more.
    pub deaf: u64,
    /// Messages that were heard, one's own included.
    pub heard: u64,
    /// Of these, messages that are no number.
    pub ignored: u64,
    /// Messages that were sent.
    pub said: u64,
    /// Attempts to send one that failed.
    pub failures: u64,
}

/// Why a Redis can't be used. Its address may hold a password, so it is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisAddressError {
    /// It is none.
    #[error("the address of Redis can't be read: expected `redis://host:port` or `rediss://host:port`")]
    Unreadable,
    /// An encrypted connection to nobody in particular.
    #[error("an encrypted connection to Redis (`rediss://`) needs a file of authorities that vouch for it")]
    NobodyVouches,
    /// Authorities for a connection that is not encrypted.
    #[error("authorities that vouch for Redis need an encrypted connection: expected `rediss://host:port`")]
    InTheClear,
    /// The authorities can't be read.
    #[error("{0}: {1}")]
    Authorities(PathBuf, String),
    /// The system has no thread to give.
    #[error("the threads that talk to Redis can't be started: {0}")]
    NoThread(String),
}

/// Why a Redis does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedisUnreachable {
    /// It can't be asked at all.
    #[error(transparent)]
    Address(#[from] RedisAddressError),
    /// It was asked in vain.
    #[error("Redis does not answer: {0}")]
    Silent(String),
}

/// Asks a Redis once whether it is there; takes as long as a few steps at most. Nothing is announced.
///
/// # Errors
/// As of [`RedisSignal::new`], or a Redis that does not answer.
pub fn examine(url: &str, authorities: Option<&Path>) -> Result<(), RedisUnreachable> {
    let client = client(url, authorities)?;
    let asked = client.get_connection_with_timeout(PATIENCE).and_then(|mut connection| {
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        redis::cmd("PING").exec(&mut connection)
    });
    asked.map_err(|error| RedisUnreachable::Silent(error.to_string()))
}

/// What both threads and everybody who uses the signal share.
struct Shared {
    client: Client,
    channel: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was announced last; repeated each second, so that a lost message is made up for.
    last: u64,
    /// What was announced and not said yet.
    unsaid: Option<u64>,
    inboxes: Vec<Weak<Inbox>>,
    counted: RedisCounted,
}

/// What one listener has not asked for yet.
#[derive(Default)]
struct Inbox {
    heard: Mutex<Option<u64>>,
    news: Condvar,
}

impl RedisSignal {
    /// On a Redis that need not be there yet, for the processes that give the same name of their deployment. With authorities the
    /// connection is encrypted, and only a server that they vouch for, under the name of its address, is talked to.
    ///
    /// # Errors
    /// An address that is none, or is for an encrypted connection without authorities, or the other way round; authorities that
    /// can't be read; a system that has no thread to give.
    pub fn new(url: &str, deployment: &str, authorities: Option<&Path>) -> Result<Self, RedisAddressError> {
        let client = client(url, authorities)?;
        let channel = format!("{deployment}:head");
        let shared = Arc::new(Shared { client, channel, state: Mutex::default() });
        let (speaking, listening) = (shared.clone(), shared.clone());
        let no_thread = |error: std::io::Error| RedisAddressError::NoThread(error.to_string());
        let speaking = Background::start("avis-redis-say", move |control| speaking.speak(control));
        let listening = Background::start("avis-redis-hear", move |control| listening.listen(control));
        Ok(Self { shared, speaking: speaking.map_err(no_thread)?, _listening: listening.map_err(no_thread)? })
    }

    /// What it counted.
    pub fn counted(&self) -> RedisCounted {
        self.shared.state().counted
    }
}

fn client(url: &str, authorities: Option<&Path>) -> Result<Client, RedisAddressError> {
    let plain = Client::open(url).map_err(|_| RedisAddressError::Unreadable)?;
    let is_encrypted = match plain.get_connection_info().addr() {
        // An address that asks for any certificate to be taken.
        ConnectionAddr::TcpTls { insecure: true, .. } => return Err(RedisAddressError::Unreadable),
        address => matches!(address, ConnectionAddr::TcpTls { .. }),
    };
    let path = match (is_encrypted, authorities) {
        (false, None) => return Ok(plain),
        (true, None) => return Err(RedisAddressError::NobodyVouches),
        (false, Some(_)) => return Err(RedisAddressError::InTheClear),
        (true, Some(path)) => path,
    };
    let unusable = |error| RedisAddressError::Authorities(path.to_owned(), error);
    // The driver would take a file without a certificate for one that vouches for nobody.
    authorities::read(path).map_err(unusable)?;
    let root_cert = Some(std::fs::read(path).map_err(|error| unusable(error.to_string()))?);
    let certificates = TlsCertificates { client_tls: None, root_cert };
    Client::build_with_tls(url, certificates).map_err(|error| unusable(error.to_string()))
}

impl Shared {
    /// The state is whole also where somebody panicked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, count: impl FnOnce(&mut RedisCounted)) {
        count(&mut self.state().counted);
    }

    /// A new connection on which no step waits for ever.
    fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(PATIENCE)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        Ok(connection)
    }
}

impl Signal for RedisSignal {
    fn announce(&self, head: u64) {
        let mut state = self.shared.state();
        state.last = head;
        state.unsaid = state.unsaid.max(Some(head));
        drop(state);
        self.speaking.wake();
    }

    fn listen(&self) -> Box<dyn Hints> {
        let inbox = Arc::<Inbox>::default();
        self.shared.state().inboxes.push(Arc::downgrade(&inbox));
        Box::new(RedisHints(inbox))
    }
}

struct RedisHints(Arc<Inbox>);

impl Hints for RedisHints {
    fn wait(&mut self, most: Duration) -> Option<u64> {
        let heard = self.0.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.news.wait_timeout_while(heard, most, |heard| heard.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }
}
