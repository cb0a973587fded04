//! The holders of a local snapshot, found where they stand in the bytes of its file: at a start none is copied, and no name entered.

use std::iter;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use avis_store::PackedHolders;

use crate::directory::packed::HolderBytes;
use crate::directory::{Name, names_of};

/// Packed holders in the bytes of a file, found by their names. Who is taken out is found no more; nobody comes in.
#[derive(Debug)]
pub(crate) struct Base {
    holders: PackedHolders,
    /// A bit of each holder who was taken out.
    gone: Box<[AtomicU64]>,
    /// Holders that were not taken out.
    holder_count: AtomicUsize,
    /// Names that name somebody.
    name_count: AtomicUsize,
}

/// The place of a holder among those of a base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member(u32);

/// A local snapshot is taken over only where nobody is known yet.
#[derive(Debug, thiserror::Error)]
#[error("a local snapshot can be taken over only where nobody is known yet")]
pub(crate) struct NotFirst;

impl Base {
    pub(super) fn new(holders: PackedHolders) -> Self {
        let count = holders.count() as usize;
        Self {
            gone: iter::repeat_with(AtomicU64::default).take(count.div_ceil(64)).collect(),
            holder_count: AtomicUsize::new(count),
            name_count: AtomicUsize::new(usize::try_from(holders.different_name_count()).unwrap_or(usize::MAX)),
            holders,
        }
    }

    /// Whom a name names.
    pub(super) fn find(&self, name: &Name<'_>) -> Option<Member> {
        let found = self.holders.find(&name.whole(), |packed| name.is_of(HolderBytes::new(packed)));
        found.map(Member).filter(|member| !self.is_gone(*member))
    }

    /// A holder as it is packed.
    pub(super) fn bytes(&self, member: Member) -> HolderBytes<'_> {
        HolderBytes::new(self.holders.get(member.0))
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

    /// Lets nobody find a holder here any more. One at a time.
    pub(super) fn take_out(&self, member: Member) {
        let left = self.name_count.load(Ordering::Relaxed).saturating_sub(self.own_names(member).count());
        self.name_count.store(left, Ordering::Relaxed);
        self.holder_count.fetch_sub(1, Ordering::Relaxed);
        let (word, bit) = place_of(member);
        if let Some(word) = self.gone.get(word) {
            word.fetch_or(bit, Ordering::Release);
        }
    }

    fn is_gone(&self, member: Member) -> bool {
        let (word, bit) = place_of(member);
        self.gone.get(word).is_none_or(|word| word.load(Ordering::Acquire) & bit != 0)
    }

    /// The codes of those who were not taken out.
    pub(super) fn codes(&self) -> impl Iterator<Item = &str> {
        (0..self.holders.count()).map(Member).filter_map(|member| {
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
}

/// The word in which the bit of a holder stands, and the bit.
fn place_of(member: Member) -> (usize, u64) {
    (member.0 as usize / 64, 1 << (member.0 % 64))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use avis_core::{IdentifierKey, IdentifierSecret, RegisteredHolder};
    use avis_store::{
        Commit, Committed, Digests, Head, Kind, LocalSnapshot, LocalSnapshotEntry, Revision, Row, Scope, Store,
        StoreError, Stored,
    };
    use jiff::{SignedDuration, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::directory::{Directory, Packer};

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

    /// A store with these rows and no others.
    struct Given(Vec<Row>);

    impl Store for Given {
        fn head(&self) -> Result<Head, StoreError> {
            let revision = Revision { incarnation: Uuid::nil(), number: 1 };
            Ok(Head { revision, digests: Digests::default() })
        }

        fn snapshot(&self, _: &[Scope], sink: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
            self.0.iter().cloned().map(Stored::Row).for_each(sink);
            self.head()
        }

        fn changes_after(&self, _: Revision, _: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
            self.head()
        }

        fn commit(&self, _: Commit<'_>) -> Result<Committed, StoreError> {
            Err(StoreError::Busy)
        }
    }

    /// As a local snapshot carries them.
    fn carried(holders: &[RegisteredHolder]) -> (PackedHolders, Vec<Box<str>>) {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let file = format!("avis-base-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let (path, secret) = (std::env::temp_dir().join(file), IdentifierSecret::new([3; 32]));
        let row = |holder: &RegisteredHolder| Row {
            kind: Kind::Holder,
            key: (&*holder.holder.code).into(),
            content: Some(holder.to_json().into()),
        };
        let (store, mut packer) = (Given(holders.iter().map(row).collect()), Packer::new(&secret));
        let pack = &mut |row: &Row| packer.pack(row);
        LocalSnapshot::write_packed(&path, &store, &secret, Timestamp::UNIX_EPOCH, pack).unwrap();
        let snapshot = LocalSnapshot::open(&path, &secret, Timestamp::UNIX_EPOCH, SignedDuration::ZERO).unwrap();
        std::fs::remove_file(&path).unwrap();
        let mut words = Vec::new();
        let read = snapshot.entries(&mut |entry| match entry {
            LocalSnapshotEntry::Word(word) => words.push(word),
            LocalSnapshotEntry::Packed { .. } => {}
            LocalSnapshotEntry::Stored(stored) => panic!("{stored:?}"),
        });
        read.unwrap();
        (snapshot.into_packed(), words)
    }

    fn begun(holders: &[RegisteredHolder]) -> Directory {
        let (directory, (packed, words)) = (Directory::default(), carried(holders));
        let identifiers = directory.begin_with(packed, words).unwrap();
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
    fn nothing_is_taken_over_that_comes_second() {
        let begin = |directory: &Directory| {
            let (packed, words) = carried(&[holder(1, 1, &[1]), holder(2, 1, &[2])]);
            directory.begin_with(packed, words)
        };
        let directory = Directory::default();
        directory.put(&holder(3, 1, &[3]));
        assert!(begin(&directory).is_err(), "somebody is known");
        let directory = Directory::default();
        directory.names.number(&Arc::from("other"));
        assert!(begin(&directory).is_err(), "other words are known");
        let directory = Directory::default();
        assert_eq!(begin(&directory).unwrap(), 2);
        assert!(begin(&directory).is_err(), "a second time");
    }
}
