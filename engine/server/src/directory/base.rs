//! The holders of a local snapshot, found where they stand in the bytes of its file: at a start none is copied.

use std::hash::BuildHasher;
use std::hint::black_box;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use foldhash::fast::RandomState;

use crate::directory::packed::HolderBytes;
use crate::directory::{Name, first_half, names_of};

/// Names that are entered together.
const TOGETHER: usize = 64;

/// Packed holders in the bytes of a file, found by their names. Who is taken out is found no more; nobody comes in.
#[derive(Debug)]
pub(crate) struct Base {
    file: Vec<u8>,
    /// Where each holder stands in the file.
    holders: Vec<Range<usize>>,
    /// Names by their hashes, each in the first slot from its own that was free.
    slots: Box<[AtomicU64]>,
    by_code: RandomState,
    /// Holders that were not taken out.
    holder_count: AtomicUsize,
    /// Names in the slots.
    name_count: AtomicUsize,
}

/// The place of a holder among those of a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member(u32);

/// What a slot holds: the upper half of a name's hash and, in the lower half, the number of its holder from 1 on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot(u64);

impl Slot {
    const FREE: Self = Self(0);
    /// What stood here was taken out, what stands behind it is still found.
    const GONE: Self = Self(u64::MAX);
    /// No holder has more than the numbers below that of a slot that is gone.
    const HOLDERS_MAX: usize = u32::MAX as usize - 1;

    fn of(hash: u64, member: Member) -> Self {
        Self(hash & !u64::from(u32::MAX) | (u64::from(member.0) + 1))
    }

    fn is_of_hash(self, hash: u64) -> bool {
        self.0 >> 32 == hash >> 32
    }

    fn member(self) -> Option<Member> {
        if self == Self::GONE { None } else { self.lower().checked_sub(1).map(Member) }
    }

    #[allow(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
    fn lower(self) -> u32 {
        self.0 as u32
    }
}

/// Why the holders of a file can't be taken over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoBase {
    /// Bytes that are to be a holder are none.
    #[error("a packed holder of the local snapshot can't be read")]
    NoHolder,
    /// More than can be numbered.
    #[error("there are more holders than {} in the local snapshot", Slot::HOLDERS_MAX)]
    TooMany,
    /// Somebody is known already, or words are.
    #[error("a local snapshot can be taken over only where nobody is known yet")]
    NotFirst,
    /// The system has no threads to give.
    #[error("no threads can be started: {0}")]
    NoThreads(#[from] io::Error),
}

impl Base {
    /// Takes over the holders that stand at these places, on every core; with how many identifiers they have, whomever these name. Of
    /// two with one name it is that of the later one.
    ///
    /// # Errors
    /// Bytes that are no holder; too many holders; no threads.
    pub(super) fn new(file: Vec<u8>, holders: Vec<Range<usize>>) -> Result<(Self, usize), NoBase> {
        if holders.len() > Slot::HOLDERS_MAX {
            return Err(NoBase::TooMany);
        }
        let bytes_of = |at: &Range<usize>| HolderBytes::new(file.get(at.clone()).unwrap_or_default());
        let identifiers: usize = holders.iter().map(|at| bytes_of(at).keys().count()).sum();
        let names = identifiers + holders.len();
        // Three quarters are taken: short ways and little room.
        let slots = (0..names + names / 3 + 1).map(|_| AtomicU64::new(Slot::FREE.0)).collect();
        let holder_count = AtomicUsize::new(holders.len());
        let base = Self {
            file,
            holders,
            slots,
            by_code: RandomState::default(),
            holder_count,
            name_count: AtomicUsize::new(0),
        };
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let part = base.holders.len().div_ceil(cores).max(1);
        let read = thread::scope(|scope| -> io::Result<bool> {
            let base = &base;
            let mut parts = Vec::with_capacity(cores);
            for first in (0..base.holders.len()).step_by(part) {
                let work = move || base.enter(first..(first + part).min(base.holders.len()));
                parts.push(thread::Builder::new().name("avis-holders".to_owned()).spawn_scoped(scope, work)?);
            }
            // What a part that panicked was to enter is not known to be readable.
            Ok(parts.into_iter().all(|part| part.join().is_ok_and(|read| read)))
        })?;
        if read { Ok((base, identifiers)) } else { Err(NoBase::NoHolder) }
    }

    /// Enters holders under their names; whether all of them can be read.
    fn enter(&self, places: Range<usize>) -> bool {
        let (mut names, mut together) = (0, Vec::with_capacity(TOGETHER));
        let is_read = places.into_iter().all(|place| {
            let Some(member) = u32::try_from(place).ok().map(Member) else { return false };
            let Some(of_holder) = names_of(self.bytes(member)) else { return false };
            for name in of_holder {
                together.push((self.hash(&name), name, member));
                if together.len() == TOGETHER {
                    names += self.enter_together(&mut together);
                }
            }
            true
        });
        names += self.enter_together(&mut together);
        self.name_count.fetch_add(names, Ordering::Relaxed);
        is_read
    }

    /// Enters names under their hashes; how many of them are new.
    fn enter_together(&self, names: &mut Vec<(u64, Name<'_>, Member)>) -> usize {
        // Reads that don't depend on each other are under way at once, so that memory is waited for once and not for each name.
        let slots = names.iter().filter_map(|(hash, ..)| self.slots.get(slot_of(*hash, self.slots.len())));
        black_box(slots.fold(0, |all, slot| all ^ slot.load(Ordering::Relaxed)));
        names.drain(..).filter(|(hash, name, member)| self.enter_name(*hash, name, *member)).count()
    }

    /// Whether the name is new.
    fn enter_name(&self, hash: u64, name: &Name<'_>, member: Member) -> bool {
        let own = Slot::of(hash, member);
        for slot in self.from(hash) {
            let mut found = Slot(slot.load(Ordering::Acquire));
            loop {
                let is_free = found == Slot::FREE;
                let of_another = |other: Member| found.is_of_hash(hash) && name.is_of(self.bytes(other));
                match found.member() {
                    Some(other) if !of_another(other) => break,
                    Some(other) if other.0 > member.0 => return false,
                    _ => {}
                }
                match slot.compare_exchange(found.0, own.0, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return is_free,
                    // Another core was here first.
                    Err(now) => found = Slot(now),
                }
            }
        }
        false
    }

    /// Whom a name names.
    pub(super) fn find(&self, name: &Name<'_>) -> Option<Member> {
        self.find_slot(name).map(|(_, member)| member)
    }

    fn find_slot(&self, name: &Name<'_>) -> Option<(&AtomicU64, Member)> {
        let hash = self.hash(name);
        for slot in self.from(hash) {
            let found = Slot(slot.load(Ordering::Acquire));
            if found == Slot::FREE {
                return None;
            }
            if let Some(member) = found.member().filter(|_| found.is_of_hash(hash))
                && name.is_of(self.bytes(member))
            {
                return Some((slot, member));
            }
        }
        None
    }

    /// A holder as it is packed.
    pub(super) fn bytes(&self, member: Member) -> HolderBytes<'_> {
        let at = self.holders.get(member.0 as usize).cloned().unwrap_or_default();
        HolderBytes::new(self.file.get(at).unwrap_or_default())
    }

    /// Whether just this stands here, under all its names.
    pub(super) fn has(&self, holder: HolderBytes<'_>) -> bool {
        let Some(member) = holder.code().and_then(|code| self.find(&Name::Code(code))) else { return false };
        self.bytes(member) == holder && holder.keys().all(|key| self.find(&Name::Identifier(key)) == Some(member))
    }

    /// The names of a holder that name nobody else.
    pub(super) fn own_names(&self, member: Member) -> impl Iterator<Item = Name<'_>> {
        let names = names_of(self.bytes(member)).into_iter().flatten();
        names.filter(move |name| self.find(name) == Some(member))
    }

    /// Lets nobody find a holder here any more.
    pub(super) fn take_out(&self, member: Member) {
        for name in names_of(self.bytes(member)).into_iter().flatten() {
            if let Some((slot, found)) = self.find_slot(&name)
                && found == member
            {
                slot.store(Slot::GONE.0, Ordering::Release);
                self.name_count.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.holder_count.fetch_sub(1, Ordering::Relaxed);
    }

    /// The codes of those who were not taken out.
    pub(super) fn codes(&self) -> impl Iterator<Item = &str> {
        let members = (0..self.holders.len()).filter_map(|place| u32::try_from(place).ok().map(Member));
        members.filter_map(|member| {
            let code = self.bytes(member).code()?;
            (self.find(&Name::Code(code)) == Some(member)).then_some(code)
        })
    }

    pub(super) fn holder_count(&self) -> usize {
        self.holder_count.load(Ordering::Relaxed)
    }

    /// How many identifiers name somebody.
    pub(super) fn identifier_count(&self) -> usize {
        self.name_count.load(Ordering::Relaxed).saturating_sub(self.holder_count())
    }

    /// Keys are keyed hashes already, and differ in their first half; codes are hashed under a seed of this process.
    fn hash(&self, name: &Name<'_>) -> u64 {
        match name {
            Name::Identifier(key) => first_half(&key.0),
            Name::Code(code) => self.by_code.hash_one(code),
        }
    }

    /// Every slot, from that of a hash on.
    fn from(&self, hash: u64) -> impl Iterator<Item = &AtomicU64> {
        let (before, from) = self.slots.split_at(slot_of(hash, self.slots.len()));
        from.iter().chain(before)
    }
}

/// Hashes are spread over all slots by their lower halves: slots keep the upper ones.
fn slot_of(hash: u64, slots: usize) -> usize {
    let lower = hash & u64::from(u32::MAX);
    usize::try_from((u128::from(lower) * slots as u128) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use avis_core::{IdentifierKey, RegisteredHolder};

    use super::*;
    use crate::directory::Directory;
    use crate::directory::names::Names;
    use crate::directory::packed::PackedHolder;

    const KEYS: u8 = 12;

    fn key(number: u8) -> IdentifierKey {
        IdentifierKey([number; 16])
    }

    fn holder(code: u64, year: u64, keys: &[u8]) -> RegisteredHolder {
        let identifier = |number: &u8| format!(r#"{{"scheme":"etalons","key":"{}"}}"#, key(*number).to_hex());
        let identifiers = keys.iter().map(identifier).collect::<Vec<_>>().join(",");
        let json = format!(
            r#"{{"holder":"h-{code}","birth_date":"{}-02-01","residences":[{{"territory":"lv.t-{}"}}],"entitlements":[],"attributes":[],"identifiers":[{identifiers}]}}"#,
            1950 + year % 40,
            code % 3
        );
        RegisteredHolder::parse(json.as_bytes()).unwrap()
    }

    /// As a local snapshot carries them, with other bytes between.
    fn carried(holders: &[RegisteredHolder]) -> (Vec<u8>, Vec<Range<usize>>, Vec<Box<str>>) {
        let (names, mut file, mut places) = (Names::default(), Vec::new(), Vec::new());
        for holder in holders {
            file.extend(b"between");
            let begins = file.len();
            file.extend(PackedHolder::pack(holder, &names).bytes().as_slice());
            places.push(begins..file.len());
        }
        (file, places, names.since(0))
    }

    fn begun(holders: &[RegisteredHolder]) -> Directory {
        let (directory, (file, places, words)) = (Directory::default(), carried(holders));
        let identifiers = directory.begin_with(file, places, words).unwrap();
        assert_eq!(identifiers, holders.iter().map(|holder| holder.identifiers.len()).sum::<usize>());
        directory
    }

    fn assert_same(one: &Directory, other: &Directory) {
        let whom = |directory: &Directory, number| {
            let (packed, state) = directory.look_up(&key(number))?;
            Some((directory.unpack(&packed), state))
        };
        (0..KEYS).for_each(|number| assert_eq!(whom(one, number), whom(other, number), "{number}"));
        let codes = |directory: &Directory| {
            let mut codes = directory.codes();
            codes.sort_unstable();
            codes
        };
        assert_eq!(codes(one), codes(other));
        codes(one).iter().for_each(|code| assert_eq!(one.holder(code), other.holder(code)));
        let counts = |directory: &Directory| (directory.holder_count(), directory.identifier_count());
        assert_eq!(counts(one), counts(other));
    }

    /// Numbers in no order, the same in each run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % bound
        }

        fn holder(&mut self) -> RegisteredHolder {
            let mut keys: Vec<u8> =
                (0..self.below(4)).map(|_| u8::try_from(self.below(KEYS.into())).unwrap()).collect();
            keys.sort_unstable();
            keys.dedup();
            holder(self.below(6), self.below(3), &keys)
        }
    }

    /// Identifiers move, stand with two holders, and come back: whatever is told, both say the same.
    #[test]
    fn a_directory_that_began_with_a_file_is_as_one_into_which_each_holder_was_put() {
        for seed in 0..200 {
            let mut numbers = Numbers(seed);
            let mut holders: Vec<RegisteredHolder> = (0..numbers.below(8)).map(|_| numbers.holder()).collect();
            holders.sort_by(|one, other| one.holder.code.cmp(&other.holder.code));
            holders.dedup_by(|one, other| one.holder.code == other.holder.code);
            let (put, begun) = (Directory::default(), begun(&holders));
            holders.iter().for_each(|holder| assert_eq!(put.put(holder), None));
            assert_same(&put, &begun);
            for _ in 0..30 {
                if numbers.below(4) == 0 {
                    let code = format!("h-{}", numbers.below(6));
                    assert_eq!(put.remove(&code), begun.remove(&code));
                } else {
                    let holder = numbers.holder();
                    assert_eq!(put.put(&holder), begun.put(&holder));
                }
                assert_same(&put, &begun);
            }
        }
    }

    #[test]
    fn what_is_told_again_as_it_stands_stays_where_it_stands() {
        let anna = holder(1, 1, &[1, 2]);
        let directory = begun(std::slice::from_ref(&anna));
        assert_eq!(directory.put(&anna), Some(anna.clone()));
        assert!(directory.by_name.is_empty());
        assert_eq!(directory.put(&holder(1, 2, &[1])), Some(anna));
        assert!(directory.look_up(&key(1)).is_some() && directory.look_up(&key(2)).is_none());
        assert_eq!(directory.by_name.len(), 2);
    }

    /// Who looks up while holders move finds each of them at any time.
    #[test]
    fn nobody_is_lost_while_they_move() {
        let of_year = |number: u8, year| holder(number.into(), year, &[number]);
        let all: Vec<RegisteredHolder> = (0..KEYS).map(|number| of_year(number, 1)).collect();
        for _ in 0..50 {
            let directory = Arc::new(begun(&all));
            thread::scope(|scope| {
                let movers = [2, 3].map(|year| {
                    let directory = &directory;
                    scope.spawn(move || (0..KEYS).for_each(|number| drop(directory.put(&of_year(number, year)))))
                });
                while movers.iter().any(|mover| !mover.is_finished()) {
                    (0..KEYS).for_each(|number| assert!(directory.look_up(&key(number)).is_some(), "{number}"));
                }
            });
            assert_eq!((directory.holder_count(), directory.identifier_count()), (all.len(), all.len()));
            assert_eq!(directory.base.get().map(Base::holder_count), Some(0));
        }
    }

    #[test]
    fn nothing_is_taken_over_that_is_no_holder_or_comes_second() {
        let (file, places, words) = carried(&[holder(1, 1, &[1]), holder(2, 1, &[2])]);
        let begin = |directory: &Directory, places: &[Range<usize>], words: &[Box<str>]| {
            directory.begin_with(file.clone(), places.to_vec(), words.to_vec())
        };
        for bad in [0..3, 0..0, file.len()..file.len() + 4] {
            let refused = begin(&Directory::default(), &[places[0].clone(), bad], &words);
            assert!(matches!(refused, Err(NoBase::NoHolder)), "{refused:?}");
        }
        let directory = Directory::default();
        directory.put(&holder(3, 1, &[3]));
        assert!(matches!(begin(&directory, &places, &words), Err(NoBase::NotFirst)), "somebody is known");
        let directory = Directory::default();
        directory.names.number(&Arc::from("other"));
        assert!(matches!(begin(&directory, &places, &words), Err(NoBase::NotFirst)), "other words are known");
        let directory = Directory::default();
        assert_eq!(begin(&directory, &places, &words).unwrap(), 2);
        assert!(matches!(begin(&directory, &places, &words), Err(NoBase::NotFirst)), "a second time");
    }
}
