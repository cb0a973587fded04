//! Who is known by which identifier: the one look-up of every request.

mod names;
mod packed;

use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicUsize, Ordering};

use avis_core::{Holder, IdentifierKey, IdentifierSecret, IdentifierState, WrittenHolder};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use names::Names;
pub use packed::PackedHolder;
use pass_through::PassThrough;

/// Holders by the keys of their identifiers, all in memory.
///
/// The map is keyed by the first half of a key; a holder keeps the whole keys, so a look-up never takes one identifier for
/// another. Two keys with one first half (once in millions of deployments) are told apart by a second map. What is found is
/// handed out as a shared holder: no guard of the map leaves this type.
#[derive(Debug, Default)]
pub struct Directory {
    by_key: DashMap<u64, PackedHolder, BuildHasherDefault<PassThrough>>,
    collided: DashMap<IdentifierKey, PackedHolder, BuildHasherDefault<PassThrough>>,
    names: Names,
    holders: AtomicUsize,
}

/// Why a holder can't be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An identifier names another holder already.
    #[error("this identifier is another holder's already")]
    Taken {
        /// Its place among the identifiers of the holder refused.
        identifier: usize,
    },
    /// An identifier's value has no normal form.
    #[error("nothing of this identifier's value identifies anybody")]
    Blank {
        /// Its place among the identifiers of the holder refused.
        identifier: usize,
    },
}

impl Directory {
    /// Adds a holder under all its identifiers, or under none.
    ///
    /// # Errors
    /// An identifier that names somebody already, be it this holder twice.
    pub fn add(&self, written: &WrittenHolder, secret: &IdentifierSecret) -> Result<(), Refusal> {
        let mut keyed = Vec::with_capacity(written.identifiers.len());
        for (identifier, presented) in written.identifiers.iter().enumerate() {
            let key = IdentifierKey::of(&presented.scheme, &presented.value, secret);
            let key = key.ok_or(Refusal::Blank { identifier })?;
            let twice = keyed.iter().any(|(known, _)| *known == key);
            if twice || self.look_up(&key).is_some() {
                return Err(Refusal::Taken { identifier });
            }
            keyed.push((key, presented.state));
        }
        let packed = PackedHolder::pack(&written.holder, &keyed, &self.names);
        for (key, _) in &keyed {
            match self.by_key.entry(first_half(key)) {
                Entry::Vacant(place) => {
                    place.insert(packed.clone());
                }
                Entry::Occupied(_) => {
                    self.collided.insert(*key, packed.clone());
                }
            }
        }
        self.holders.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Whom an identifier names and its own state, if anybody is known by it.
    pub fn look_up(&self, key: &IdentifierKey) -> Option<(PackedHolder, IdentifierState)> {
        let found = |holder: &PackedHolder| holder.state(key).map(|state| (holder.clone(), state));
        let known = self.by_key.get(&first_half(key)).and_then(|holder| found(&holder));
        known.or_else(|| {
            let holder = self.collided.get(key)?;
            found(&holder)
        })
    }

    /// The facts of a holder that was looked up here.
    pub fn unpack(&self, holder: &PackedHolder) -> Option<Holder> {
        holder.unpack(&self.names)
    }

    /// How many holders are known.
    pub fn holder_count(&self) -> usize {
        self.holders.load(Ordering::Relaxed)
    }

    /// How many identifiers are known.
    pub fn identifier_count(&self) -> usize {
        self.by_key.len() + self.collided.len()
    }

    /// Gives back the room that growing took in advance.
    pub fn shrink(&self) {
        self.by_key.shrink_to_fit();
    }
}

fn first_half(key: &IdentifierKey) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = key.0;
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
        assert_eq!(directory.add(&twice, &secret()), Err(Refusal::Taken { identifier: 1 }));
    }

    #[test]
    fn keys_with_one_first_half_are_told_apart() {
        let directory = Directory::default();
        directory.add(&anna(), &secret()).unwrap();
        let known = key("etalons", "ANNA-0001");
        let mut stranger = known;
        stranger.0[15] ^= 1;
        assert!(directory.look_up(&stranger).is_none(), "the first half alone names nobody");
        let other = written(&serde_json::json!({"holder": "h-2"}));
        let packed = PackedHolder::pack(&other.holder, &[(stranger, IdentifierState::default())], &directory.names);
        directory.collided.insert(stranger, packed);
        let name = |key| &*directory.unpack(&directory.look_up(key).unwrap().0).unwrap().code == "h-2";
        assert!(name(&stranger) && !name(&known));
    }
}
