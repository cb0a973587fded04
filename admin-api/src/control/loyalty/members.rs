//! Who is a member of which programme: read once, and then as it changes, so that counting them reads nobody else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use avis_core::RegisteredHolder;
use avis_core::loyalty::{Membership, Programme};
use avis_store::{Head, Kind, Row, Scope, Store, StoreError, Stored};
use jiff::Timestamp;

/// As they were read last.
#[derive(Default)]
pub(crate) struct Members(Mutex<Option<Known>>);

struct Known {
    head: Head,
    /// By programme and holder.
    all: HashMap<Arc<str>, HashMap<Arc<str>, Vec<Membership>>>,
}

impl Members {
    /// How many are members of a programme at a moment.
    ///
    /// # Errors
    /// A store that can't be read.
    pub(super) fn count(&self, store: &dyn Store, programme: &Programme, at: Timestamp) -> Result<i64, StoreError> {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match newest.take() {
            Some(known) => known.renewed(store)?,
            None => Known::read(store)?,
        };
        let known = newest.insert(known);
        let of_it = known.all.get(&*programme.code).into_iter().flatten();
        let members = of_it.filter(|(holder, memberships)| programme.account_by(holder, memberships, at).is_some());
        Ok(i64::try_from(members.count()).unwrap_or(i64::MAX))
    }
}

impl Known {
    fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let mut all = HashMap::new();
        let head = store.snapshot(&[Scope::Holders], &mut |stored| take(&mut all, stored))?;
        Ok(Self { head, all })
    }

    /// The same with what changed since; of a store that was put back from a copy everything.
    fn renewed(self, store: &dyn Store) -> Result<Self, StoreError> {
        let (now, Self { head, mut all }) = (store.head()?, self);
        if now == head {
            return Ok(Self { head, all });
        }
        match store.changes_after(head.revision, &mut |stored| take(&mut all, stored)) {
            Ok(head) => Ok(Self { head, all }),
            Err(StoreError::OtherIncarnation | StoreError::Ahead) => Self::read(store),
            Err(error) => Err(error),
        }
    }
}

/// What a row says of its holder, in the place of what was known. One that is not what it was is nobody's membership.
fn take(all: &mut HashMap<Arc<str>, HashMap<Arc<str>, Vec<Membership>>>, stored: Stored) {
    let (key, content) = match stored {
        Stored::Row(Row { kind: Kind::Holder, key, content }) => (key, content),
        Stored::Altered { kind: Kind::Holder, key } => (key, None),
        Stored::Row(_) | Stored::Altered { .. } | Stored::Unknown { .. } => return,
    };
    all.values_mut().for_each(|members| drop(members.remove(&*key)));
    // Most are members of nothing, and are not read.
    let content = content.filter(|content| content.contains("\"memberships\""));
    let holder = content.and_then(|content| RegisteredHolder::parse(content.as_bytes()).ok());
    for membership in holder.into_iter().flat_map(|holder| holder.holder.memberships) {
        let members = all.entry(membership.program.clone()).or_default();
        members.entry(Arc::from(&*key)).or_default().push(membership);
    }
}
