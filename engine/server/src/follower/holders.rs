//! The engine's copy of holders, in parts by their codes: when everything is read, each core takes in the part that is its own.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use avis_core::RegisteredHolder;
use avis_store::{Digest, Kind, Row, RowHasher};

use crate::engine::Engine;
use crate::follower::rule_book::Unreadable;

/// Rows that go to another core together: what handing them over costs is shared by then.
const CHUNK: usize = 256;
/// Chunks that may wait for a core.
const WAITING_MAX: usize = 4;

/// Holders that were applied so far, in as many parts as there are cores.
pub(super) struct Holders {
    tools: Tools,
    by_code: RandomState,
    parts: Vec<Part>,
    /// Of those that stood packed in a local snapshot.
    carried: Digest,
    carried_identifiers: usize,
}

/// What all parts use.
struct Tools {
    engine: Arc<Engine>,
    hasher: RowHasher,
}

/// The holders whose codes fall to one core.
#[derive(Default)]
struct Part {
    /// Over their rows.
    digest: Digest,
    /// Holders that can't be read: nobody is recognised as them.
    unreadable: BTreeMap<Box<str>, Digest>,
    /// How many identifiers came with them, whomever these name.
    came: usize,
    /// How many went again, also of what stood in a local snapshot.
    went: usize,
    /// Hashes of the codes that came since holders are read again, and are there.
    seen: Option<HashSet<u64>>,
    /// Codes of rows that were not of their digests.
    altered: Vec<Box<str>>,
}

/// What is known of a holder, as it comes.
pub(super) enum Coming {
    /// As a store keeps it.
    Row(Row),
    /// With the digest with which a store keeps it, to be checked.
    Unchecked(Row, Option<Digest>),
    /// Not what was committed: the name of the row is all that is known of it.
    Altered(Kind, Box<str>),
}

/// A holder and the hash of the code.
type Hashed = (u64, Coming);

/// Rows on their way to the core of their part.
struct Queue {
    chunks: SyncSender<Vec<Hashed>>,
    next: Vec<Hashed>,
}

impl Holders {
    pub(super) fn new(engine: Arc<Engine>, hasher: RowHasher) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let parts = (0..cores).map(|_| Part::default()).collect();
        let (by_code, carried) = (RandomState::new(), Digest::default());
        Self { tools: Tools { engine, hasher }, by_code, parts, carried, carried_identifiers: 0 }
    }

    /// Takes in that the directory has the holders of a local snapshot, with so many identifiers and over their rows this digest.
    pub(super) fn carry(&mut self, identifiers: usize, digest: Digest) {
        (self.carried, self.carried_identifiers) = (digest, identifiers);
    }

    /// Everything is about to come again; what is there serves until then.
    pub(super) fn begin_again(&mut self) {
        self.carried = Digest::default();
        for part in &mut self.parts {
            part.digest = Digest::default();
            part.unreadable.clear();
            part.seen = Some(HashSet::new());
        }
    }

    /// Everything came: what did not is gone.
    pub(super) fn end_again(&mut self) {
        let seen: Option<Vec<HashSet<u64>>> = self.parts.iter_mut().map(|part| part.seen.take()).collect();
        let Some(seen) = seen else { return };
        let directory = &self.tools.engine.directory;
        // Who came and can't be read is not in the directory.
        if seen.iter().map(HashSet::len).sum::<usize>() < directory.holder_count() + self.unreadable() {
            for code in &directory.codes() {
                let (hash, place) = self.place(code);
                let came = seen.get(place).is_some_and(|seen| seen.contains(&hash));
                if let Some(part) = self.parts.get_mut(place).filter(|_| !came) {
                    part.went += count(directory.remove(code).as_ref());
                }
            }
        }
        directory.shrink();
    }

    /// Takes over a row.
    pub(super) fn apply(&mut self, row: &Row) -> Result<(), Unreadable> {
        let (hash, place) = self.place(&row.key);
        self.parts.get_mut(place).map_or(Ok(()), |part| part.apply(&self.tools, hash, row))
    }

    /// Takes over what `read` hands out, on every core. What comes of one code is taken in its order. Beside what `read` returns it tells
    /// whose rows were not of their digests: they are set aside by who reads.
    ///
    /// # Errors
    /// The system has no threads to give; then nothing was read.
    pub(super) fn apply_all<T>(
        &mut self,
        read: impl FnOnce(&mut dyn FnMut(Coming)) -> T,
    ) -> io::Result<(T, Vec<Box<str>>)> {
        let Self { tools, by_code, parts, .. } = self;
        let done = std::thread::scope(|scope| {
            let tools = &*tools;
            let mut queues = Vec::with_capacity(parts.len());
            for part in parts.iter_mut() {
                let (chunks, waiting) = sync_channel::<Vec<Hashed>>(WAITING_MAX);
                let work = move || {
                    for (hash, coming) in waiting.iter().flatten() {
                        match coming {
                            // One that can't be read is kept as such.
                            Coming::Row(row) => drop(part.apply(tools, hash, &row).is_ok()),
                            Coming::Unchecked(row, digest) => part.check(tools, hash, row, digest),
                            // Set aside by who reads.
                            Coming::Altered(..) => {}
                        }
                    }
                };
                std::thread::Builder::new().name("avis-holders".to_owned()).spawn_scoped(scope, work)?;
                queues.push(Queue { chunks, next: Vec::with_capacity(CHUNK) });
            }
            let done = read(&mut |coming| {
                let hash = by_code.hash_one(coming.code());
                let place = place_of(hash, queues.len());
                if let Some(queue) = queues.get_mut(place) {
                    queue.push((hash, coming));
                }
            });
            queues.iter_mut().for_each(Queue::flush);
            io::Result::Ok(done)
        })?;
        Ok((done, self.parts.iter_mut().flat_map(|part| std::mem::take(&mut part.altered)).collect()))
    }

    /// Of all rows together.
    pub(super) fn digest(&self) -> Digest {
        self.parts.iter().fold(self.carried, |sum, part| sum.plus(part.digest))
    }

    /// How many identifiers holders have, whomever these name.
    pub(super) fn identifiers(&self) -> usize {
        let (came, went) = self.parts.iter().fold((0, 0), |(came, went), part| (came + part.came, went + part.went));
        // What a local snapshot says of itself may be too little.
        (self.carried_identifiers + came).saturating_sub(went)
    }

    /// How many can't be read.
    pub(super) fn unreadable(&self) -> usize {
        self.parts.iter().map(|part| part.unreadable.len()).sum()
    }

    fn place(&self, code: &str) -> (u64, usize) {
        let hash = self.by_code.hash_one(code);
        (hash, place_of(hash, self.parts.len()))
    }
}

/// The part to which a hash of a code falls.
fn place_of(hash: u64, parts: usize) -> usize {
    usize::try_from(hash % (parts as u64).max(1)).unwrap_or(0)
}

impl Coming {
    fn code(&self) -> &str {
        match self {
            Self::Row(row) | Self::Unchecked(row, _) => &row.key,
            Self::Altered(_, key) => key,
        }
    }
}

fn count(known: Option<&RegisteredHolder>) -> usize {
    known.map_or(0, |known| known.identifiers.len())
}

impl Queue {
    fn push(&mut self, row: Hashed) {
        self.next.push(row);
        if self.next.len() == CHUNK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let chunk = std::mem::replace(&mut self.next, Vec::with_capacity(CHUNK));
        // A core that panicked takes nothing more; its panic is passed on at the end.
        let _ = self.chunks.send(chunk);
    }
}

impl Part {
    fn apply(&mut self, tools: &Tools, hash: u64, row: &Row) -> Result<(), Unreadable> {
        self.take_over(tools, hash, row, tools.hasher.digest(row))
    }

    /// Takes over a row if it is of the digest with which it is kept.
    fn check(&mut self, tools: &Tools, hash: u64, row: Row, kept: Option<Digest>) {
        let digest = tools.hasher.digest(&row);
        if digest == kept {
            // One that can't be read is kept as such.
            let _ = self.take_over(tools, hash, &row, digest);
        } else {
            self.altered.push(row.key);
        }
    }

    fn take_over(&mut self, tools: &Tools, hash: u64, row: &Row, after: Option<Digest>) -> Result<(), Unreadable> {
        let engine = &tools.engine;
        let read = row.content.as_deref().map(|content| {
            let holder = RegisteredHolder::parse(content.as_bytes());
            holder.ok().filter(|holder| *holder.holder.code == *row.key).ok_or(Unreadable)
        });
        let known = match &read {
            Some(Ok(holder)) => engine.directory.put(holder),
            // Nothing is granted to one that can't be read.
            Some(Err(Unreadable)) | None => engine.directory.remove(&row.key),
        };
        self.came += count(read.as_ref().and_then(|read| read.as_ref().ok()));
        self.replace(tools, hash, &row.key, known, after);
        match read {
            Some(Err(Unreadable)) => {
                self.unreadable.insert(row.key.clone(), after.unwrap_or_default());
                Err(Unreadable)
            }
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Puts the digest of what is known now in the place of what was known before.
    fn replace(
        &mut self,
        tools: &Tools,
        hash: u64,
        code: &str,
        known: Option<RegisteredHolder>,
        after: Option<Digest>,
    ) {
        self.went += count(known.as_ref());
        let unreadable = self.unreadable.remove(code);
        let before = if self.has_come(hash, after.is_some()) {
            let known = known.map(|known| tools.hasher.of(Kind::Holder.word(), code, &known.to_json()));
            known.or(unreadable)
        } else {
            // Its part of the sum went when everything began to come again.
            None
        };
        self.digest = self.digest.minus(before.unwrap_or_default()).plus(after.unwrap_or_default());
    }

    /// Whether what was known of a holder is in the sum; notes whether it is from now on. One that is gone is not among those who
    /// came: by their number it is told whether anybody is left behind.
    fn has_come(&mut self, code: u64, stays: bool) -> bool {
        match &mut self.seen {
            None => true,
            Some(seen) => {
                if stays {
                    !seen.insert(code)
                } else {
                    seen.remove(&code)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;
    use avis_core::{IdentifierKey, IdentifierSecret};
    use jiff::tz::TimeZone;

    fn holder(code: &str, content: Option<&str>) -> Row {
        Row { kind: Kind::Holder, key: code.into(), content: content.map(Into::into) }
    }

    fn holders() -> (Holders, Arc<Engine>, IdentifierSecret) {
        let secret = IdentifierSecret::new([3; 32]);
        let engine = Arc::new(Engine::new(Directory::default(), secret.clone(), TimeZone::UTC));
        (Holders::new(engine.clone(), RowHasher::new(&secret)), engine, secret)
    }

    fn with_card(code: &str, card: IdentifierKey) -> String {
        let hex = card.to_hex();
        format!(
            r#"{{"holder":"{code}","residences":[],"entitlements":[],"attributes":[],"identifiers":[{{"scheme":"etalons","key":"{hex}"}}]}}"#
        )
    }

    /// A row that was damaged into a tombstone on its way counts for nobody.
    #[test]
    fn who_does_not_come_again_is_left_behind_whatever_else_comes() {
        let (mut holders, engine, secret) = holders();
        let card = IdentifierKey::of("etalons", "CARD-1", &secret).unwrap();
        let with_card = with_card("h-1", card);
        holders.apply(&holder("h-1", Some(&with_card))).unwrap();
        assert!(engine.directory.look_up(&card).is_some());
        for tombstones in [&["h-2"][..], &["h-2", "h-2"], &["h-2", "h-3"]] {
            holders.begin_again();
            tombstones.iter().for_each(|code| holders.apply(&holder(code, None)).unwrap());
            holders.end_again();
            assert!(engine.directory.look_up(&card).is_none(), "{tombstones:?}");
            assert_eq!(holders.digest(), Digest::default());
            holders.apply(&holder("h-1", Some(&with_card))).unwrap();
        }
    }

    #[test]
    fn what_all_cores_take_in_is_what_one_takes_in_row_by_row() {
        let (mut one_by_one, _, secret) = holders();
        let (mut together, engine, _) = holders();
        let card = |number: u32| IdentifierKey::of("etalons", &format!("CARD-{number}"), &secret).unwrap();
        let mut rows: Vec<Row> = (0..3_000)
            .map(|number| holder(&format!("h-{number}"), Some(&with_card(&format!("h-{number}"), card(number)))))
            .collect();
        rows.push(holder("h-bad", Some("{}")));
        // The later row of a code counts.
        rows.push(holder("h-7", None));
        rows.iter().for_each(|row| drop(one_by_one.apply(row)));
        for _ in 0..2 {
            together.begin_again();
            together.apply_all(|sink| rows.iter().cloned().map(Coming::Row).for_each(sink)).unwrap();
            together.end_again();
            assert_eq!(together.digest(), one_by_one.digest());
            assert_eq!((together.identifiers(), together.unreadable()), (2_999, 1));
            assert_eq!((engine.directory.holder_count(), engine.directory.identifier_count()), (2_999, 2_999));
            assert!(engine.directory.look_up(&card(2_999)).is_some() && engine.directory.look_up(&card(7)).is_none());
        }
    }
}
