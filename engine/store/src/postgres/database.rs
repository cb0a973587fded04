//! A database, and the runtime on which its connections live.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use deadpool_postgres::{
    BuildError, Hook, HookError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio::runtime::Handle;
use tokio_postgres::NoTls;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::{Config, ConfigError};
use super::encryption;

/// A database that can be reached: nothing is connected until something is asked.
#[derive(Clone)]
pub struct Database {
    config: Arc<Config>,
    parsed: tokio_postgres::Config,
    /// None for what is not encrypted.
    encrypted: Option<MakeRustlsConnect>,
    runtime: Handle,
}

impl fmt::Debug for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Database(…)")
    }
}

/// What is committed is durable, whatever the server does by default; a stricter choice of its own stays.
const DURABLE: &str =
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';";

/// Plans are made once.
const SESSION: &str = "
    SET default_transaction_isolation = 'read committed';
    SET client_min_messages = 'warning';
    SET plan_cache_mode = 'force_generic_plan';
";

/// For how long something is set.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope {
    /// As long as the connection lasts.
    Session,
    /// Until the transaction ends.
    Transaction,
}

impl Scope {
    fn word(self) -> &'static str {
        match self {
            Self::Session => "SESSION",
            Self::Transaction => "LOCAL",
        }
    }
}

/// Plans go by indexes, also while the tables are still small, or are larger than the planner knows.
pub(super) fn by_indexes(scope: Scope) -> String {
    let set = |name: &str| format!("SET {} {name} = off;", scope.word());
    ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"].map(set).concat()
}

impl Database {
    /// A database as configured; its connections live on a runtime of several threads, which must outlive them.
    ///
    /// # Errors
    /// A configuration that can't be used.
    pub fn new(config: Config, runtime: Handle) -> Result<Self, ConfigError> {
        let parsed = config.parsed()?;
        let encrypted = encryption::connector(&config.encryption)?;
        Ok(Self { config: Arc::new(config), parsed, encrypted, runtime })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// A pool whose sessions are set up for short transactions.
    ///
    /// # Errors
    /// None: the builder fails only without a runtime, and is given one.
    pub(super) fn pool(&self, connections: usize) -> Result<Pool, PoolError> {
        let method = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let parsed = self.parsed.clone();
        let manager = match self.encrypted.clone() {
            Some(encrypted) => Manager::from_config(parsed, encrypted, method),
            None => Manager::from_config(parsed, NoTls, method),
        };
        let (patience, scope) = (self.config.patience, Scope::Session);
        let bounds = [by_indexes(scope), self.bounded_waits(scope), self.bounded_statements(scope)].concat();
        let session = format!("{DURABLE} {SESSION} {bounds}");
        let set_up = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let session = session.clone();
            Box::pin(async move { client.batch_execute(&session).await.map_err(HookError::Backend) })
        });
        let pool = Pool::builder(manager).max_size(connections).runtime(Runtime::Tokio1).post_create(set_up);
        let pool = pool.wait_timeout(Some(patience)).create_timeout(Some(patience)).recycle_timeout(Some(patience));
        pool.build().map_err(|BuildError::NoRuntimeSpecified| PoolError::NoRuntimeSpecified)
    }

    /// Nobody waits long for a lock, and what an engine that died has locked is free again soon.
    pub(super) fn bounded_waits(&self, scope: Scope) -> String {
        let (set, millis) = (scope.word(), self.config.patience.as_millis());
        format!("SET {set} lock_timeout = {millis}; SET {set} idle_in_transaction_session_timeout = {millis};")
    }

    /// No statement takes long.
    pub(super) fn bounded_statements(&self, scope: Scope) -> String {
        format!("SET {} statement_timeout = {};", scope.word(), self.config.patience.as_millis())
    }

    /// Runs something on the runtime and waits for it, from a thread that may block; none if the runtime is gone.
    pub(super) fn wait<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            // Who asked waits for it.
            let _ = sender.send(work.await);
        });
        receiver.recv().ok()
    }

    /// A connection outside of any pool, for what is done once.
    pub(super) async fn connect(&self) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
        let client = match self.encrypted.clone() {
            Some(encrypted) => {
                let (client, connection) = self.parsed.connect(encrypted).await?;
                tokio::spawn(connection);
                client
            }
            None => {
                let (client, connection) = self.parsed.connect(NoTls).await?;
                tokio::spawn(connection);
                client
            }
        };
        client.batch_execute(DURABLE).await?;
        Ok(client)
    }
}

/// How long to wait before the next attempt; the first comes soon.
pub(super) fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(10_u64.saturating_mul(1 << attempt.min(6)).min(500))
}
