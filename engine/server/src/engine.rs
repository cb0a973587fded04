//! The engine in memory: rules, holders and terminals, and the way from a request to a plan.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use avis_core::loyalty::{Coupon, Inquiry, LoyaltyRequest, inquire};
use avis_core::{Faults, IdentifierKey, IdentifierSecret, Person, Plan, Request, RuleSet, plan_loyal, recognise};
use avis_store::{Clock, Head, Knowledge, RulesRead, Scope, SystemClock};
use jiff::Timestamp;
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
    /// Of which state of the store it is, with the digests of what is known itself; none before the first.
    pub head: Option<Head>,
}

impl Known {
    /// The number of its revision; 0 before the first.
    pub fn revision(&self) -> u64 {
        self.head.map_or(0, |head| head.revision.number)
    }

    /// Which rules these are.
    pub fn rules_read(&self) -> RulesRead {
        let digest = self.head.map(|head| head.digests.of(Scope::Rules)).unwrap_or_default();
        RulesRead { revision: self.revision(), digest }
    }
}

/// A request with what can apply to it.
pub struct Planned {
    /// What can apply, whatever is found out about points and coupons.
    pub plan: Box<Plan>,
    /// Which accounts and coupons must be known before it is decided; none if none must be.
    pub inquiry: Option<Inquiry>,
    /// How many of its coupons nobody knows.
    pub unknown_coupons: usize,
}

/// When an engine last knew itself equal to the store.
struct Freshness {
    clock: Arc<dyn Clock>,
    /// Milliseconds since 1970.
    confirmed_ms: AtomicI64,
}

impl Freshness {
    fn by(clock: Arc<dyn Clock>) -> Self {
        let confirmed_ms = AtomicI64::new(clock.now().as_millisecond());
        Self { clock, confirmed_ms }
    }
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
            freshness: Freshness::by(Arc::<SystemClock>::default()),
        }
    }

    /// The same by another clock; its age counts from now.
    #[must_use]
    pub fn timed_by(self, clock: Arc<dyn Clock>) -> Self {
        Self { freshness: Freshness::by(clock), ..self }
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

    /// What time it is by the clock that tells the engine's age.
    pub fn now(&self) -> Timestamp {
        self.freshness.clock.now()
    }

    /// Notes that the engine is equal to what the store was at a moment or after it.
    pub fn confirm(&self, at: Timestamp) {
        self.freshness.confirmed_ms.store(at.as_millisecond(), Ordering::Relaxed);
    }

    /// How long ago the engine was equal to the store, at most.
    pub fn age(&self) -> Duration {
        let confirmed_ms = self.freshness.confirmed_ms.load(Ordering::Relaxed);
        let age_ms = self.now().as_millisecond().saturating_sub(confirmed_ms);
        Duration::from_millis(u64::try_from(age_ms).unwrap_or(0))
    }

    /// Under which identifiers and requests are hashed.
    pub fn secret(&self) -> &IdentifierSecret {
        &self.secret
    }

    /// The time zone of the deployment.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Recognises the person, finds which accounts of points and coupons must be known, and what can apply whatever these are.
    ///
    /// # Errors
    /// As [`avis_core::plan`].
    pub fn plan(&self, rules: Arc<RuleSet>, provider: &str, asked: LoyaltyRequest) -> Result<Planned, Faults> {
        let person = self.person(&asked.request);
        let coupons = asked.coupons.iter().map(|code| self.coupon_key(code)).collect();
        let asked = LoyaltyRequest { coupons, ..asked };
        let inquiry = inquire(&rules, provider, person.holder.as_deref(), &asked);
        let unknown_coupons = inquiry.as_ref().map_or(0, Inquiry::unknown_coupons);
        let known = inquiry.as_ref().map(Inquiry::beforehand);
        let plan = plan_loyal(rules, provider, person, asked.request, known)?;
        Ok(Planned { plan, inquiry: inquiry.filter(|inquiry| !inquiry.is_empty()), unknown_coupons })
    }

    /// The keyed hash of a coupon's code.
    pub fn coupon_key(&self, code: &str) -> Box<str> {
        // A code has a normal form: its reader sees to it.
        Coupon::key(code, &self.secret).map(|key| key.to_hex()).unwrap_or_default().into()
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

impl Knowledge for Engine {
    fn rules(&self) -> Option<(Arc<RuleSet>, RulesRead)> {
        let known = self.known();
        Some((known.rules.clone()?, known.rules_read()))
    }

    fn age(&self) -> Duration {
        self.age()
    }
}
