//! The whole: a store, a signal that can't be trusted, engines, and time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use avis_store::{Clock, StoreError};

use crate::clock::SimulatedClock;
use crate::node::Node;
use crate::random::Random;
use crate::reader::Reader;
use crate::rows::first;
use crate::store::{Change, SimulatedStore};

/// At which pace engines look in any case.
const LOOK_EVERY_MS: i64 = 1000;

/// What becomes of messages, in percent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signalling {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) late: u64,
    pub(crate) later_by_minutes: u64,
}

pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) clock: Arc<SimulatedClock>,
    pub(crate) store: Arc<SimulatedStore>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) reader: Arc<Mutex<Reader>>,
    pub(crate) signalling: Signalling,
    /// Messages by when they arrive, in the order in which they were sent: to which engine, which number.
    messages: BTreeMap<(i64, u64), (usize, u64)>,
    sent: u64,
    pub(crate) failures: u64,
}

impl World {
    pub(crate) fn new(seed: u64, engines: usize) -> Self {
        let mut random = Random::new(seed);
        let clock = Arc::<SimulatedClock>::default();
        let store = Arc::new(SimulatedStore::new(clock.clone(), random.child()));
        store.revise(first());
        let nodes = (0..engines).map(|_| Node::start(&store, &clock)).collect();
        let signalling = Signalling::default();
        let (reader, messages) = (Arc::default(), BTreeMap::new());
        Self { random, clock, store, nodes, reader, signalling, messages, sent: 0, failures: 0 }
    }

    /// Commits, and announces it.
    pub(crate) fn commit(&mut self, changes: Vec<Change>) -> u64 {
        let number = self.store.revise(changes).revision.number;
        self.announce(number);
        number
    }

    pub(crate) fn announce(&mut self, number: u64) {
        for engine in 0..self.nodes.len() {
            if self.nodes[engine].is_parted || self.random.percent(self.signalling.lost) {
                continue;
            }
            let copies = 1 + u64::from(self.random.percent(self.signalling.doubled));
            for _ in 0..copies {
                let delay_ms = match () {
                    () if self.random.percent(self.signalling.later_by_minutes) => 60_000 * (1 + self.random.below(3)),
                    () if self.random.percent(self.signalling.late) => self.random.below(3000),
                    () => self.random.below(5),
                };
                self.send(engine, number, i64::try_from(delay_ms).unwrap());
            }
        }
    }

    pub(crate) fn send(&mut self, engine: usize, number: u64, delay_ms: i64) {
        self.sent += 1;
        self.messages.insert((self.clock.now_ms() + delay_ms, self.sent), (engine, number));
    }

    pub(crate) fn restart(&mut self, engine: usize) {
        self.nodes[engine] = Node::start(&self.store, &self.clock);
    }

    /// Lets time pass; engines look in their turn.
    pub(crate) fn run(&mut self, ms: i64) {
        let end_ms = self.clock.now_ms() + ms;
        loop {
            let (look_ms, looking) =
                self.nodes.iter().enumerate().map(|(place, node)| (node.next_look_ms, place)).min().unwrap();
            let message_ms = self.messages.keys().next().map_or(i64::MAX, |(at, _)| *at);
            let next_ms = look_ms.min(message_ms);
            if next_ms > end_ms {
                break;
            }
            self.clock.advance_to(next_ms);
            if look_ms <= message_ms {
                // What is wrong with the store shows in what the engine says of itself.
                let _ = self.look(looking);
            } else if let Some((_, (engine, number))) = self.messages.pop_first()
                && self.nodes[engine].follower.is_news(number)
            {
                let _ = self.look(engine);
            }
        }
        self.clock.advance_to(end_ms);
        self.nodes.iter().for_each(|node| node.is_no_older_than_it_says(&self.store, &self.clock));
    }

    pub(crate) fn look(&mut self, engine: usize) -> Result<(), StoreError> {
        // Readers in the middle of a stream ask the reader, too.
        let mut own = std::mem::take(&mut *self.reader.lock().unwrap());
        let node = &mut self.nodes[engine];
        let result = node.look(&self.store, &self.clock, &mut own);
        *self.reader.lock().unwrap() = own;
        self.failures += u64::from(result.is_err());
        let sooner_ms = i64::try_from(self.random.below(100)).unwrap();
        node.next_look_ms = self.clock.now_ms() + LOOK_EVERY_MS - sooner_ms;
        result.map(|_| ())
    }

    /// Whether every engine is equal to the store as it is now.
    pub(crate) fn is_settled(&self) -> bool {
        let head = self.store.state().head;
        self.nodes.iter().all(|node| node.engine.known().head == Some(head))
    }

    /// Every engine must be equal to the store as it is now, in all that can be asked of it.
    pub(crate) fn compare(&self) {
        let state = self.store.state();
        let mut reader = self.reader.lock().unwrap();
        for node in &self.nodes {
            reader.compare(&node.engine, &state, &self.clock);
        }
    }

    pub(crate) fn glance(&self, wire_is_sound: bool) {
        let mut reader = self.reader.lock().unwrap();
        for node in &self.nodes {
            reader.glance(&node.engine, &self.store, wire_is_sound);
        }
    }

    /// Something that chance thinks of.
    pub(crate) fn think_of_changes(&mut self) -> Vec<Change> {
        crate::office::changes(&mut self.random, &self.store.state(), self.clock.now())
    }
}
