//! What was sent and is to be found again: requests with their answers, and those that must have left nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;
use uuid::Uuid;

use crate::arrivals::Dice;
use crate::report::locked;
use crate::standing::Standing;
use crate::till::Reply;

/// What an answer says that was given without the ledger.
const STALE: &[u8] = br#""stale":true"#;

/// Repeats come soon after their first.
const RECENT: usize = 2000;

/// A request that the ledger keeps.
#[derive(Debug)]
pub(crate) struct Sent {
    /// By its place among the terminals.
    pub(crate) terminal: usize,
    pub(crate) id: Uuid,
    pub(crate) path: String,
    pub(crate) body: String,
    answer: OnceLock<Vec<u8>>,
    /// Whether an answer came that is no replay.
    fresh: AtomicBool,
    /// The engine that gave it: while the ledger is away, nobody else knows of it.
    engine: AtomicUsize,
    /// Whether two engines sold it.
    twice: AtomicBool,
}

impl Sent {
    pub(crate) fn new(terminal: usize, id: Uuid, path: String, body: &Value) -> Self {
        Self {
            terminal,
            id,
            path,
            body: body.to_string(),
            answer: OnceLock::new(),
            fresh: AtomicBool::new(false),
            engine: AtomicUsize::new(0),
            twice: AtomicBool::new(false),
        }
    }

    /// Notes an answer of 200: every one has the bytes of the first, and all but one are replays.
    pub(crate) fn answered(&self, reply: &Reply) -> Result<(), String> {
        let first = self.answer.get_or_init(|| {
            self.engine.store(reply.engine, Ordering::Relaxed);
            reply.body.clone()
        });
        if *first != reply.body && self.is_sold_twice(first, reply) {
            self.twice.store(true, Ordering::Relaxed);
            return Ok(());
        }
        if *first != reply.body {
            let (first, now) = (String::from_utf8_lossy(first), String::from_utf8_lossy(&reply.body));
            return Err(format!("I2: a repeat has other bytes: first {first}, now {now}"));
        }
        if !reply.replayed && self.fresh.swap(true, Ordering::Relaxed) {
            return Err("I2: two answers under one request_id, and neither is a replay".to_owned());
        }
        Ok(())
    }

    /// Whether two engines sold the same without the ledger, the first of which died with its answer: one authorization under one
    /// id, recorded once, and answered as it was recorded from then on. Only the moment of recording differs. How often that is,
    /// the engines count themselves.
    fn is_sold_twice(&self, first: &[u8], reply: &Reply) -> bool {
        let apart_from_the_moment = |bytes: &[u8]| {
            let mut answer: Value = serde_json::from_slice(bytes).unwrap_or_default();
            answer["recorded_at"] = Value::Null;
            answer
        };
        let is_stale = first.windows(STALE.len()).any(|part| part == STALE);
        is_stale && apart_from_the_moment(first) == apart_from_the_moment(&reply.body)
    }

    /// Whether two engines sold it.
    pub(crate) fn was_sold_twice(&self) -> bool {
        self.twice.load(Ordering::Relaxed)
    }

    /// The engine that answered it.
    pub(crate) fn engine(&self) -> usize {
        self.engine.load(Ordering::Relaxed)
    }

    /// The bytes of its answer.
    pub(crate) fn answer(&self) -> Option<&[u8]> {
        self.answer.get().map(Vec::as_slice)
    }

    /// For messages.
    pub(crate) fn named(&self) -> String {
        format!("{} {}", self.path, self.id)
    }
}

/// Authorizations with operations on their way are locked: one till at a time.
pub(crate) type Shared = Arc<Mutex<Standing>>;

/// Everything that is read back at the end.
#[derive(Debug, Default)]
pub(crate) struct Register {
    sent: Mutex<Vec<Arc<Sent>>>,
    standings: Mutex<Vec<Shared>>,
    /// Of those, the ones that something may still happen to, of the contended quota and others.
    alive: [Mutex<Vec<Shared>>; 2],
    /// Ids under which nothing may be recorded: they were refused.
    refused: Mutex<Vec<(usize, Uuid)>>,
    /// Ids that were reversed without an answer: nothing of them may be left.
    unheard: Mutex<Vec<(usize, Uuid)>>,
}

impl Register {
    /// Keeps a request that was answered.
    pub(crate) fn keep(&self, sent: Arc<Sent>) {
        locked(&self.sent).push(sent);
    }

    /// Keeps an authorization that was opened.
    pub(crate) fn open(&self, standing: Standing) {
        let contended = standing.contended;
        let shared = Arc::new(Mutex::new(standing));
        locked(&self.standings).push(shared.clone());
        self.put_back(contended, shared);
    }

    fn alive(&self, contended: bool) -> &Mutex<Vec<Shared>> {
        let [others, quota] = &self.alive;
        if contended { quota } else { others }
    }

    /// Takes any authorization that something may happen to: nobody else has it then.
    pub(crate) fn take(&self, contended: bool, dice: &mut Dice) -> Option<Shared> {
        let mut alive = locked(self.alive(contended));
        let place = dice.below(alive.len());
        (place < alive.len()).then(|| alive.swap_remove(place))
    }

    /// Puts one back that something may still happen to.
    pub(crate) fn put_back(&self, contended: bool, shared: Shared) {
        locked(self.alive(contended)).push(shared);
    }

    /// A request that was answered not long ago.
    pub(crate) fn recent(&self, dice: &mut Dice) -> Option<Arc<Sent>> {
        let sent = locked(&self.sent);
        let first = sent.len().saturating_sub(RECENT);
        sent.get(first + dice.below(sent.len() - first)).cloned()
    }

    pub(crate) fn refused(&self, terminal: usize, id: Uuid) {
        locked(&self.refused).push((terminal, id));
    }

    pub(crate) fn unheard(&self, terminal: usize, id: Uuid) {
        locked(&self.unheard).push((terminal, id));
    }

    pub(crate) fn all_sent(&self) -> Vec<Arc<Sent>> {
        locked(&self.sent).clone()
    }

    pub(crate) fn all_standings(&self) -> Vec<Shared> {
        locked(&self.standings).clone()
    }

    pub(crate) fn all_refused(&self) -> Vec<(usize, Uuid)> {
        locked(&self.refused).clone()
    }

    pub(crate) fn all_unheard(&self) -> Vec<(usize, Uuid)> {
        locked(&self.unheard).clone()
    }
}
