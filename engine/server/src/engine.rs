//! The engine in memory: rules, holders and terminals, and the way from a request to a plan.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use avis_core::{Faults, IdentifierKey, IdentifierSecret, Person, Plan, Request, RuleSet, plan, recognise};
use avis_store::Head;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use crate::credentials::Credentials;
use crate::directory::Directory;

/// Everything that a decision reads, kept warm.
pub struct Engine {
    known: ArcSwap<Known>,
    /// Who is known by which identifier. What is known of a holder may be newer than [`Known::head`], never older.
    pub directory: Directory,
    secret: IdentifierSecret,
    /// In which the validity of identifiers is read.
    zone: TimeZone,
    applied: watch::Sender<u64>,
    freshness: Freshness,
}

/// What an engine knows but for holders. A request sees exactly one.
pub struct Known {
    /// The rules, unless nothing was published yet.
    pub rules: Option<Arc<RuleSet>>,
    /// Who may call.
    pub credentials: Arc<Credentials>,
    /// Of which state of the store it is; none before the first.
    pub head: Option<Head>,
}

impl Known {
    /// The number of its revision; 0 before the first.
    pub fn revision(&self) -> u64 {
        self.head.map_or(0, |head| head.revision.number)
    }
}

/// When an engine last knew itself equal to the store.
struct Freshness {
    begun: Instant,
    /// Milliseconds since `begun`.
    confirmed_ms: AtomicU64,
}

impl Engine {
    /// An engine that knows these holders, and nothing else yet.
    pub fn new(directory: Directory, secret: IdentifierSecret, zone: TimeZone) -> Self {
        let known = Known { rules: None, credentials: Arc::default(), head: None };
        Self {
            known: ArcSwap::from_pointee(known),
            directory,
            secret,
            zone,
            applied: watch::Sender::new(0),
            freshness: Freshness { begun: Instant::now(), confirmed_ms: AtomicU64::new(0) },
        }
    }

    /// What is known at this moment.
    pub fn known(&self) -> Arc<Known> {
        self.known.load_full()
    }

    /// Knows something else, for the requests that follow.
    pub fn know(&self, known: Known) {
        let revision = known.revision();
        self.known.store(Arc::new(known));
        self.applied.send_replace(revision);
    }

    /// The number of the revision that is known, whenever it changes.
    pub fn applied(&self) -> watch::Receiver<u64> {
        self.applied.subscribe()
    }

    /// Notes that at this moment the engine is equal to the store.
    pub fn confirm(&self) {
        let run = u64::try_from(self.freshness.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.freshness.confirmed_ms.store(run, Ordering::Relaxed);
    }

    /// How long ago the engine knew itself equal to the store.
    pub fn age(&self) -> Duration {
        let confirmed = Duration::from_millis(self.freshness.confirmed_ms.load(Ordering::Relaxed));
        self.freshness.begun.elapsed().saturating_sub(confirmed)
    }

    /// Under which identifiers and requests are hashed.
    pub fn secret(&self) -> &IdentifierSecret {
        &self.secret
    }

    /// Recognises the person and finds what can apply.
    ///
    /// # Errors
    /// As [`avis_core::plan`].
    pub fn plan(&self, rules: Arc<RuleSet>, provider: &str, request: Request) -> Result<Plan, Faults> {
        plan(rules, provider, self.person(&request), request)
    }

    /// Who stands at the till.
    pub fn person(&self, request: &Request) -> Person {
        let (holder, identifiers) = recognise(&request.identifiers, request.occurred_at, &self.zone, |presented| {
            let key = IdentifierKey::of(&presented.scheme, &presented.value, &self.secret)?;
            self.directory.look_up(&key)
        });
        let holder = holder.and_then(|packed| self.directory.unpack(&packed)).map(Arc::new);
        Person { holder, identifiers }
    }
}
