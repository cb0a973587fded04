//! Who is known by which identifier: the one look-up of every request.

mod base;
mod carried;
mod names;
mod packed;

use std::hash::BuildHasherDefault;
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use avis_core::{Faults, Holder, IdentifierKey, IdentifierSecret, IdentifierState, RegisteredHolder, WrittenHolder};
use avis_store::PackedHolders;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use base::Base;
pub(crate) use base::NotFirst;
pub use carried::Packer;
use names::Names;
use packed::HolderBytes;
pub use packed::PackedHolder;
use pass_through::PassThrough;

use crate::sha256::sha256;

/// Holders by the keys of their identifiers and by their codes, all in memory.
///
/// The map is keyed by the first half of a key; a holder keeps the whole keys, so a look-up never takes one identifier for
/// another. Two keys with one first half (once in millions of deployments) are told apart by a second map. What is found is
/// handed out as a shared holder: no guard of the map leaves this type.
///
/// Who came with a local snapshot stands in its bytes until something is told of them; then they move to the map. Look-ups ask the
/// base first: who moves is in the map before they leave it.
#[derive(Debug, Default)]
pub struct Directory {
    base: OnceLock<Base>,
    /// Held by who moves a holder out of the base, so that nobody moves the same one.
    moving: Mutex<()>,
    by_name: DashMap<u64, PackedHolder, BuildHasherDefault<PassThrough>>,
    collided: DashMap<[u8; 16], PackedHolder, BuildHasherDefault<PassThrough>>,
    names: Names,
    holders: AtomicUsize,
}

/// By what a holder is found.
#[derive(Clone, Copy)]
enum Name<'a> {
    Identifier(IdentifierKey),
    Code(&'a str),
}

impl Name<'_> {
    /// By what the map knows it.
    fn whole(&self) -> [u8; 16] {
        match self {
            Self::Identifier(key) => key.0,
            Self::Code(code) => {
                let [hash @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = sha256(code.as_bytes());
                hash
            }
        }
    }

    /// Whether it is a name of this holder.
    fn is_of(&self, holder: HolderBytes<'_>) -> bool {
        match self {
            Self::Identifier(key) => holder.keys().any(|own| own == *key),
            Self::Code(code) => holder.code() == Some(code),
        }
    }
}

/// The names of a holder; none if the bytes are no holder.
fn names_of(holder: HolderBytes<'_>) -> Option<impl Iterator<Item = Name<'_>>> {
    let code = holder.code()?;
    Some(holder.keys().map(Name::Identifier).chain(iter::once(Name::Code(code))))
}

/// Why a holder can't be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An identifier names another holder already.
    #[error("/identifiers/{identifier}: this identifier is another holder's already")]
    Taken {
        /// Its place among the identifiers of the holder refused.
        identifier: usize,
    },
    /// A holder of this code is there already.
    #[error("/holder: expected a code that no holder before has")]
    Known,
    /// An identifier that identifies nobody, or stands twice.
    #[error(transparent)]
    Faults(#[from] Faults),
}

impl Directory {
    /// Adds a new holder under all its identifiers, or under none.
    ///
    /// # Errors
    /// A code or an identifier that names somebody already.
    pub fn add(&self, written: &WrittenHolder, secret: &IdentifierSecret) -> Result<(), Refusal> {
        let registered = written.register(secret)?;
        if self.find(&Name::Code(&registered.holder.code)).is_some() {
            return Err(Refusal::Known);
        }
        let taken = registered.identifiers.iter().position(|identifier| self.look_up(&identifier.key).is_some());
        if let Some(identifier) = taken {
            return Err(Refusal::Taken { identifier });
        }
        self.put(&registered);
        Ok(())
    }

    /// Takes over what is known of a holder now, and returns what was known before. An identifier that named somebody else
    /// names this holder from now on.
    pub fn put(&self, registered: &RegisteredHolder) -> Option<RegisteredHolder> {
        let now = &PackedHolder::pack(registered, &self.names);
        let code = Name::Code(now.bytes().code()?);
        if let Some(base) = self.base.get() {
            if base.has(now.bytes()) {
                return now.unpack_registered(&self.names);
            }
            names_of(now.bytes()).into_iter().flatten().for_each(|name| self.move_out(base, &name));
        }
        let before = self.find(&code);
        now.bytes().keys().for_each(|key| self.insert(&Name::Identifier(key), now));
        self.insert(&code, now);
        match before {
            Some(before) => {
                let gone = before.bytes().keys().filter(|key| now.bytes().keys().all(|one| one != *key));
                gone.for_each(|key| self.forget(&Name::Identifier(key), &before));
                before.unpack_registered(&self.names)
            }
            None => {
                self.holders.fetch_add(1, Ordering::Relaxed);
                None
            }
        }
    }

    /// Takes over the holders of a local snapshot, packed with its words; how many identifiers they have, whomever these name.
    ///
    /// # Errors
    /// Somebody is known already, or other words are.
    pub(crate) fn begin_with(&self, holders: PackedHolders, words: Vec<Box<str>>) -> Result<usize, NotFirst> {
        let mut words = words.into_iter().map(Arc::<str>::from).zip(0..);
        if self.holder_count() > 0 || !words.all(|(word, number)| self.names.number(&word) == number) {
            return Err(NotFirst);
        }
        let identifiers = holders.name_count().saturating_sub(holders.count().into());
        self.base.set(Base::new(holders)).map_err(|_| NotFirst)?;
        Ok(usize::try_from(identifiers).unwrap_or(usize::MAX))
    }

    /// Forgets a holder, and returns what was known.
    pub fn remove(&self, code: &str) -> Option<RegisteredHolder> {
        let code = Name::Code(code);
        if let Some(base) = self.base.get() {
            self.move_out(base, &code);
        }
        let before = self.find(&code)?;
        before.bytes().keys().for_each(|key| self.forget(&Name::Identifier(key), &before));
        self.forget(&code, &before);
        self.holders.fetch_sub(1, Ordering::Relaxed);
        before.unpack_registered(&self.names)
    }

    /// Moves whom a name names in the base to the map.
    fn move_out(&self, base: &Base, name: &Name<'_>) {
        // Nothing in here panics half-way.
        let _moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(member) = base.find(name) {
            let holder = PackedHolder::of(base.bytes(member));
            base.own_names(member).for_each(|name| self.insert(&name, &holder));
            self.holders.fetch_add(1, Ordering::Relaxed);
            base.take_out(member);
        }
    }

    /// Whom an identifier names and its own state, if anybody is known by it.
    pub fn look_up(&self, key: &IdentifierKey) -> Option<(PackedHolder, IdentifierState)> {
        if let Some(holder) = self.in_base(&Name::Identifier(*key)) {
            return Some((PackedHolder::of(holder), holder.state(key)?));
        }
        let found = |holder: &PackedHolder| holder.bytes().state(key).map(|state| (holder.clone(), state));
        let known = self.by_name.get(&first_half(&key.0)).and_then(|holder| found(&holder));
        known.or_else(|| {
            let holder = self.collided.get(&key.0)?;
            found(&holder)
        })
    }

    fn in_base(&self, name: &Name<'_>) -> Option<HolderBytes<'_>> {
        let base = self.base.get()?;
        base.find(name).map(|member| base.bytes(member))
    }

    fn find(&self, name: &Name<'_>) -> Option<PackedHolder> {
        if let Some(holder) = self.in_base(name) {
            return Some(PackedHolder::of(holder));
        }
        let whole = name.whole();
        let of = |holder: &PackedHolder| name.is_of(holder.bytes()).then(|| holder.clone());
        let known = self.by_name.get(&first_half(&whole)).and_then(|holder| of(&holder));
        known.or_else(|| {
            let holder = self.collided.get(&whole)?;
            of(&holder)
        })
    }

    fn insert(&self, name: &Name<'_>, holder: &PackedHolder) {
        let whole = name.whole();
        match self.by_name.entry(first_half(&whole)) {
            Entry::Vacant(place) => {
                // It may have been told apart from one that is gone now.
                drop(place.insert(holder.clone()));
                self.collided.remove(&whole);
            }
            Entry::Occupied(mut place) if name.is_of(place.get().bytes()) => {
                place.insert(holder.clone());
            }
            Entry::Occupied(_) => {
                self.collided.insert(whole, holder.clone());
            }
        }
    }

    /// Unless it names somebody else by now.
    fn forget(&self, name: &Name<'_>, holder: &PackedHolder) {
        let whole = name.whole();
        self.by_name.remove_if(&first_half(&whole), |_, named| name.is_of(named.bytes()) && named == holder);
        self.collided.remove_if(&whole, |_, named| named == holder);
    }

    /// The facts of a holder by the code.
    pub fn holder(&self, code: &str) -> Option<Holder> {
        self.unpack(&self.find(&Name::Code(code))?)
    }

    /// The facts of a holder that was looked up here.
    pub fn unpack(&self, holder: &PackedHolder) -> Option<Holder> {
        holder.unpack(&self.names)
    }

    /// The codes of all holders, as of no single moment: who changes the directory meanwhile may be in it or not.
    pub fn codes(&self) -> Vec<Box<str>> {
        let mut codes: Vec<Box<str>> = Vec::with_capacity(self.holder_count());
        codes.extend(self.base.get().into_iter().flat_map(Base::codes).map(Box::from));
        let mut add = |half: u64, holder: &PackedHolder| {
            let code = holder.bytes().code().filter(|code| first_half(&Name::Code(code).whole()) == half);
            codes.extend(code.map(Box::from));
        };
        self.by_name.iter().for_each(|entry| add(*entry.key(), entry.value()));
        self.collided.iter().for_each(|entry| add(first_half(entry.key()), entry.value()));
        codes
    }

    /// How many holders are known.
    pub fn holder_count(&self) -> usize {
        self.base.get().map_or(0, Base::holder_count) + self.holders.load(Ordering::Relaxed)
    }

    /// How many identifiers are known.
    pub fn identifier_count(&self) -> usize {
        let of_base = self.base.get().map_or(0, Base::identifier_count);
        let in_map = self.by_name.len() + self.collided.len();
        of_base + in_map.saturating_sub(self.holders.load(Ordering::Relaxed))
    }

    /// Gives back the room that growing took in advance.
    pub fn shrink(&self) {
        self.by_name.shrink_to_fit();
    }
}

fn first_half(key: &[u8; 16]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *key;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Keys are keyed hashes already: hashing them again would be waste.
mod pass_through {
    use std::hash::Hasher;

    #[derive(Clone, Copy, Debug, Default)]
    pub(super) struct PassThrough(u64);

    impl Hasher for PassThrough {
        fn finish(&self) -> u64 {
            self.0
        }

        fn write(&mut self, bytes: &[u8]) {
            for (place, byte) in bytes.iter().enumerate() {
                self.0 ^= u64::from(*byte) << (8 * (place % 8));
            }
        }

        fn write_u64(&mut self, key: u64) {
            self.0 = key;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(json: &serde_json::Value) -> WrittenHolder {
        WrittenHolder::from_value(json).unwrap()
    }

    fn secret() -> IdentifierSecret {
        IdentifierSecret::new([3; 32])
    }

    fn key(scheme: &str, value: &str) -> IdentifierKey {
        IdentifierKey::of(scheme, value, &secret()).unwrap()
    }

    fn anna() -> WrittenHolder {
        written(&serde_json::json!({
            "holder": "h-anna", "birth_date": "1986-02-28", "household": "hh-1",
            "residences": [{"territory": "lv.riga", "from": "2020-01-01"}],
            "entitlements": [{"group": "goda-gimene", "from": "2019-05-01T00:00:00.5+03:00", "until": "2027-05-01"}],
            "attributes": [{"name": "grade", "value": -7}, {"name": "load", "value": "b"}, {"name": "pass", "value": true}],
            "identifiers": [
                {"scheme": "etalons", "value": "ANNA-0001", "valid_until": "2027-01-01"},
                {"scheme": "qr", "value": "x", "status": "blocked"},
            ],
        }))
    }

    #[test]
    fn a_holder_comes_back_whole_under_each_identifier() {
        let directory = Directory::default();
        directory.add(&anna(), &secret()).unwrap();
        for (scheme, value, place) in [("etalons", "anna 0001", 0), ("qr", "x", 1)] {
            let (packed, state) = directory.look_up(&key(scheme, value)).unwrap();
            assert_eq!(directory.unpack(&packed).unwrap(), anna().holder);
            assert_eq!(state, anna().identifiers[place].state);
        }
        assert!(directory.look_up(&key("qr", "y")).is_none());
        assert_eq!((directory.holder_count(), directory.identifier_count()), (1, 2));
    }

    #[test]
    fn an_identifier_names_one_holder_and_a_refused_holder_leaves_nothing() {
        let directory = Directory::default();
        directory.add(&anna(), &secret()).unwrap();
        let other = written(&serde_json::json!({"holder": "h-2", "identifiers": [
            {"scheme": "eid", "value": "2"}, {"scheme": "etalons", "value": "anna0001"}]}));
        assert_eq!(directory.add(&other, &secret()), Err(Refusal::Taken { identifier: 1 }));
        assert!(directory.look_up(&key("eid", "2")).is_none());
        let twice = written(&serde_json::json!({"holder": "h-3", "identifiers": [
            {"scheme": "eid", "value": "3"}, {"scheme": "eid", "value": "-3"}]}));
        assert!(matches!(directory.add(&twice, &secret()), Err(Refusal::Faults(_))));
        assert_eq!(directory.add(&anna(), &secret()), Err(Refusal::Known));
    }

    #[test]
    fn what_is_put_comes_back_when_it_is_replaced() {
        let directory = Directory::default();
        let first = anna().register(&secret()).unwrap();
        assert_eq!(directory.put(&first), None);
        let mut second = first.clone();
        second.identifiers.remove(0);
        second.identifiers[0].state.since = Some("2026-11-18T06:00:00Z".parse().unwrap());
        assert_eq!(directory.put(&second), Some(first));
        assert!(directory.look_up(&key("etalons", "ANNA-0001")).is_none(), "what it lost names nobody");
        assert_eq!(directory.look_up(&key("qr", "x")).unwrap().1, second.identifiers[0].state);
        assert_eq!((directory.holder_count(), directory.identifier_count()), (1, 1));
        assert_eq!(directory.codes(), [Box::from("h-anna")]);
        assert_eq!(directory.remove("h-anna"), Some(second));
        assert_eq!((directory.holder_count(), directory.identifier_count(), directory.remove("h-anna")), (0, 0, None));
    }

    #[test]
    fn an_identifier_moves_whichever_holder_is_told_of_first() {
        for giver_first in [true, false] {
            let directory = Directory::default();
            let giver = anna().register(&secret()).unwrap();
            directory.put(&giver);
            let mut taker = written(&serde_json::json!({"holder": "h-2"})).register(&secret()).unwrap();
            taker.identifiers.push(giver.identifiers[0].clone());
            let mut poorer = giver.clone();
            poorer.identifiers.remove(0);
            let in_order = if giver_first { [&poorer, &taker] } else { [&taker, &poorer] };
            in_order.into_iter().for_each(|one| drop(directory.put(one)));
            let (named, _) = directory.look_up(&giver.identifiers[0].key).unwrap();
            assert_eq!(directory.unpack(&named).unwrap(), taker.holder);
            assert_eq!((directory.holder_count(), directory.identifier_count()), (2, 2));
        }
    }

    #[test]
    fn keys_with_one_first_half_are_told_apart() {
        let directory = Directory::default();
        directory.add(&anna(), &secret()).unwrap();
        let known = key("etalons", "ANNA-0001");
        let mut stranger = known;
        stranger.0[15] ^= 1;
        assert!(directory.look_up(&stranger).is_none(), "the first half alone names nobody");
        let mut other = written(&serde_json::json!({"holder": "h-2"})).register(&secret()).unwrap();
        let mut identifier = anna().register(&secret()).unwrap().identifiers.remove(0);
        identifier.key = stranger;
        other.identifiers.push(identifier);
        directory.put(&other);
        let name = |key| &*directory.unpack(&directory.look_up(key).unwrap().0).unwrap().code == "h-2";
        assert!(name(&stranger) && !name(&known));
        directory.remove("h-2");
        assert!(directory.look_up(&stranger).is_none() && directory.look_up(&known).is_some());
        // The second outlives the first, changes, and goes: nothing of it is left.
        directory.put(&other);
        directory.remove("h-anna");
        other.identifiers[0].state.since = Some("2026-11-18T06:00:00Z".parse().unwrap());
        directory.put(&other);
        assert_eq!(directory.look_up(&stranger).unwrap().1, other.identifiers[0].state);
        directory.remove("h-2");
        assert!(directory.look_up(&stranger).is_none());
        assert_eq!((directory.holder_count(), directory.identifier_count()), (0, 0));
    }
}
