//! An engine and its follower, and what must hold after each of its looks.

use std::sync::Arc;

use avis_core::IdentifierSecret;
use avis_server::{Directory, Engine, Followed, Follower};
use avis_store::{Revision, StoreError};
use jiff::tz::TimeZone;

use crate::clock::SimulatedClock;
use crate::reader::Reader;
use crate::rows::secret;
use crate::store::SimulatedStore;

pub(crate) struct Node {
    pub(crate) engine: Arc<Engine>,
    pub(crate) follower: Follower,
    /// When it looks in any case.
    pub(crate) next_look_ms: i64,
    /// No message reaches it.
    pub(crate) is_parted: bool,
    /// Since when it must be equal to the store, at the latest.
    confirmed_ms: i64,
    /// Whether it was equal to a state of the store after its last look.
    pub(crate) is_equal: bool,
    /// Whether it was compared with that state since a row came.
    is_compared: bool,
    /// Whether a row that came to it was not what the store has.
    met_damage: bool,
}

impl Node {
    pub(crate) fn start(store: &Arc<SimulatedStore>, clock: &Arc<SimulatedClock>) -> Self {
        let key: IdentifierSecret = secret();
        let engine = Engine::new(Directory::default(), secret(), TimeZone::UTC).timed_by(clock.clone());
        let engine = Arc::new(engine);
        let follower = Follower::new(store.clone(), engine.clone(), &key);
        let now = clock.now_ms();
        Self {
            engine,
            follower,
            next_look_ms: now,
            is_parted: false,
            confirmed_ms: now,
            is_equal: false,
            is_compared: false,
            met_damage: false,
        }
    }

    /// A look, and what must hold after it.
    pub(crate) fn look(
        &mut self,
        store: &SimulatedStore,
        clock: &SimulatedClock,
        reader: &mut Reader,
    ) -> Result<Followed, StoreError> {
        let (asked_ms, before) = (clock.now_ms(), self.follower.applied());
        let (served, was_equal) = (store.served(), self.is_equal);
        let result = self.follower.follow();
        let was_damaged = store.served().damaged > served.damaged;
        self.met_damage |= was_damaged;
        self.is_equal = false;
        if result.is_err() {
            assert_eq!(self.follower.applied(), before, "what failed claims nothing newer");
            self.ages_right(clock);
            return result;
        }
        let applied = self.follower.applied().unwrap();
        never_falls(before, applied);
        let lived = store.lived(applied);
        assert!(
            lived.until_ms.is_none_or(|until| until >= asked_ms),
            "it came to a state that was the head when it asked"
        );
        let confirmed_ms = self.confirmed(clock);
        assert!(confirmed_ms >= asked_ms.max(self.confirmed_ms));
        self.confirmed_ms = confirmed_ms;
        let known = self.engine.known().head.unwrap();
        assert_eq!(known.revision, applied);
        self.is_equal = known == lived.state.head;
        self.is_compared &= store.served().rows == served.rows;
        if self.is_equal && !was_damaged && !self.is_compared {
            reader.compare(&self.engine, &lived.state, clock);
            self.is_compared = true;
        }
        if !self.is_equal {
            assert!(self.met_damage && self.follower.counted().mismatches > 0, "it differs, and says nothing");
            assert!(was_damaged || !was_equal, "it differs for no reason");
        }
        self.ages_right(clock);
        result
    }

    /// When it last knew itself equal to the store, as its age says.
    fn confirmed(&self, clock: &SimulatedClock) -> i64 {
        clock.now_ms() - i64::try_from(self.engine.age().as_millis()).unwrap()
    }

    /// I4: what it knows was the store's state no longer ago than its age.
    pub(crate) fn ages_right(&self, clock: &SimulatedClock) {
        assert_eq!(self.confirmed(clock), self.confirmed_ms, "its age is not what it should be");
    }

    pub(crate) fn is_no_older_than_it_says(&self, store: &SimulatedStore, clock: &SimulatedClock) {
        self.ages_right(clock);
        let Some(head) = self.engine.known().head else { return };
        let until_ms = store.lived(head.revision).until_ms;
        assert!(until_ms.is_none_or(|until| until >= self.confirmed_ms), "what it knows is older than it says");
    }
}

/// I3.
fn never_falls(before: Option<Revision>, after: Revision) {
    if let Some(before) = before.filter(|before| before.incarnation == after.incarnation) {
        assert!(after.number >= before.number, "from {before:?} to {after:?}");
    }
}
