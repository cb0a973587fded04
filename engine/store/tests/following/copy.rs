//! A follower as plain as can be: it applies what it is handed, and compares digests each time.

use std::collections::BTreeMap;

use avis_store::{Digests, Head, Kind, Row, RowHasher, Scope, Store, Stored};

use crate::office::secret;

pub(crate) struct Copy {
    pub(crate) rows: BTreeMap<(Kind, Box<str>), Box<str>>,
    pub(crate) head: Head,
    digests: Digests,
    hasher: RowHasher,
}

impl Copy {
    /// Everything.
    pub(crate) fn of(store: &dyn Store) -> Self {
        let mut handed = Vec::new();
        let head = store.snapshot(&Scope::ALL, &mut |stored| handed.push(stored)).unwrap();
        let hasher = RowHasher::new(&secret());
        let mut copy = Self { rows: BTreeMap::new(), head, digests: Digests::default(), hasher };
        copy.apply(handed);
        copy.compare();
        copy
    }

    /// What changed since; how many rows that were.
    pub(crate) fn follow(&mut self, store: &dyn Store) -> usize {
        let mut handed = Vec::new();
        self.head = store.changes_after(self.head.revision, &mut |stored| handed.push(stored)).unwrap();
        let count = handed.len();
        self.apply(handed);
        self.compare();
        count
    }

    pub(crate) fn content(&self, kind: Kind, key: &str) -> Option<&str> {
        self.rows.get(&(kind, key.into())).map(|content| &**content)
    }

    fn apply(&mut self, handed: Vec<Stored>) {
        let mut seen = std::collections::BTreeSet::new();
        for stored in handed {
            let Stored::Row(row) = stored else { continue };
            assert!(seen.insert((row.kind, row.key.clone())), "a key comes once in one stream");
            let after = self.hasher.digest(&row);
            let Row { kind, key, content } = row;
            let before = match content {
                Some(content) => self.rows.insert((kind, key.clone()), content),
                None => self.rows.remove(&(kind, key.clone())),
            };
            let before = before.map(|content| self.hasher.of(kind.word(), &key, &content));
            self.digests.replace(kind.scope(), before, after);
        }
    }

    fn compare(&self) {
        assert_eq!(self.digests, self.head.digests, "at {:?}", self.head.revision);
    }
}
