//! A ledger and a registry that fail as they are told.

use std::sync::{Arc, Mutex, PoisonError};

use avis_core::loyalty::{Inquiry, Known};
use avis_core::settlement::reports::Tally;
use avis_core::{IdentifierKey, Need, Reading, Totals};
use avis_store::records::{Record, RecordChange, RecordFilter, RecordValue, Records};
use avis_store::{
    AlteredRows, Anchor, Audit, AuditEntry, AuditFilter, Between, Broken, Commit, Committed, Cursor, Digests,
    EngineReport, Erased, Head, Header, History, Kind, Ledger, LedgerError, Lookup, MovementsError, Mover, Nodes,
    Pending, PostingSink, ReadBack, Recording, Reports, Revision, Row, RulesRead, Scope, SequencedEntry, Statistics,
    Store, StoreError, Stored, StoredMovement, Taken, Tallied, Tallies, TallySink, TapCode, Task, Verdict, Wanted,
};
use jiff::Timestamp;
use tokio::sync::oneshot;
use uuid::Uuid;

/// What becomes of all that is asked next.
#[derive(Default)]
pub(crate) struct Fate {
    /// Of what is to be recorded: refused at once, or by its verdict.
    pub(crate) recording: Option<Result<Verdict, LedgerError>>,
    /// Of what is read: a record, none, or an error.
    pub(crate) record: Option<Result<Option<(Reading, RulesRead)>, LedgerError>>,
    /// Of the rules of then.
    pub(crate) rules: Option<StoreError>,
    /// Of people who are looked up; nobody is known where nothing is in the way.
    pub(crate) people: Option<StoreError>,
    /// Of movements that are read for a day.
    pub(crate) rows: Option<MovementsError>,
    /// A record that is read.
    pub(crate) answered: Option<&'static str>,
    /// What a code for a tap stands for; none was given where it is not said.
    pub(crate) code: Option<&'static str>,
}

#[derive(Default)]
pub(crate) struct Stub(pub(crate) Mutex<Fate>);

impl Stub {
    pub(crate) fn is_to(&self, fate: Fate) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fate;
    }

    fn read<T>(&self, of: impl FnOnce((Reading, RulesRead)) -> T) -> Result<Option<T>, LedgerError> {
        match self.0.lock().unwrap().record.take() {
            Some(found) => Ok(found?.map(of)),
            None => Ok(None),
        }
    }
}

impl Recording for Stub {
    fn submit(&self, _: Task) -> Result<Pending, LedgerError> {
        let verdict = match self.0.lock().unwrap().recording.take() {
            Some(Err(error @ (LedgerError::Overloaded | LedgerError::OutOfReach(_)))) => return Err(error),
            Some(verdict) => verdict,
            None => Ok(Verdict::Answered { body: b"{}".to_vec(), replayed: false, reversed: false, usage: Vec::new() }),
        };
        let (told, pending) = oneshot::channel();
        told.send(verdict).unwrap();
        Ok(pending)
    }

    fn erase(&self, _: &str) -> Result<Erased, LedgerError> {
        Ok(Erased::default())
    }
}

impl ReadBack for Stub {
    fn authorization(&self, _: &str, _: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read(|_| b"{}".to_vec())
    }

    fn request(&self, _: &str, _: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read(|_| b"{}".to_vec())
    }

    fn reading(&self, _: &str, _: Uuid) -> Result<Option<(Reading, RulesRead)>, LedgerError> {
        self.read(|found| found)
    }
}

impl Ledger for Stub {
    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, LedgerError> {
        Ok(vec![Totals::default(); needs.len()])
    }

    fn known(&self, inquiry: &Inquiry, now: Timestamp) -> Result<Known, LedgerError> {
        Ok(inquiry.known(now, |_| None, |_| 0))
    }

    fn statistics(&self) -> Statistics {
        Statistics::default()
    }
}

impl History for Stub {
    fn rules_as_of(&self, _: u64) -> Result<Vec<Row>, StoreError> {
        self.0.lock().unwrap().rules.take().map_or(Ok(Vec::new()), Err)
    }

    fn history(&self, _: usize) -> Result<Vec<Header>, StoreError> {
        Ok(Vec::new())
    }

    fn forget(&self, _: Kind, _: &str) -> Result<(), StoreError> {
        Ok(())
    }

    fn revision(&self, _: u64) -> Result<Option<Header>, StoreError> {
        Ok(None)
    }
}

impl Lookup for Stub {
    fn rows(&self, _: Kind, _: &[&str]) -> Result<(Head, Vec<Option<Stored>>), StoreError> {
        Err(self.0.lock().unwrap().people.take().unwrap_or(StoreError::Busy))
    }

    fn holders_by(&self, keys: &[IdentifierKey]) -> Result<(Head, Vec<Option<Stored>>), StoreError> {
        let none = || (self.head().unwrap(), vec![None; keys.len()]);
        self.0.lock().unwrap().people.take().map_or_else(|| Ok(none()), Err)
    }

    fn codes_by(&self, keys: &[IdentifierKey]) -> Result<Vec<Option<Box<str>>>, StoreError> {
        Ok(vec![None; keys.len()])
    }

    fn coupons_of(&self, _: &str) -> Result<(Head, Vec<Stored>), StoreError> {
        Ok((self.head().unwrap(), Vec::new()))
    }
}

impl Store for Stub {
    fn head(&self) -> Result<Head, StoreError> {
        let revision = Revision { incarnation: Uuid::nil(), number: 1 };
        Ok(Head { revision, digests: Digests::default() })
    }

    fn snapshot(&self, _: &[Scope], _: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        self.head()
    }

    fn changes_after(&self, _: Revision, _: &mut dyn FnMut(Stored)) -> Result<Head, StoreError> {
        self.head()
    }

    fn commit(&self, _: Commit<'_>) -> Result<Committed, StoreError> {
        Err(StoreError::Busy)
    }
}

impl Nodes for Stub {
    fn report(&self, _: &EngineReport) -> Result<(), StoreError> {
        Ok(())
    }

    fn fleet(&self) -> Result<Vec<EngineReport>, StoreError> {
        Ok(Vec::new())
    }
}

impl Audit for Stub {
    fn append(&self, _: &[AuditEntry]) -> Result<(), StoreError> {
        Ok(())
    }

    fn entries(&self, _: &AuditFilter, _: usize) -> Result<Vec<SequencedEntry>, StoreError> {
        Ok(Vec::new())
    }

    fn anchor(&self) -> Result<Option<Anchor>, StoreError> {
        Ok(None)
    }

    fn verify(&self, _: Option<Anchor>) -> Result<Option<Broken>, StoreError> {
        Ok(None)
    }

    fn altered_rows(&self) -> Result<AlteredRows, StoreError> {
        Ok(AlteredRows::default())
    }
}

impl Reports for Stub {
    fn taken(&self) -> Result<Taken, MovementsError> {
        Ok(Taken::default())
    }

    fn providers(&self) -> Result<Vec<Arc<str>>, MovementsError> {
        // Whose rows are asked for then.
        Ok(vec!["bus".into()])
    }

    fn each_posting(&self, _: &Wanted<'_>, _: &mut PostingSink<'_>) -> Result<(), MovementsError> {
        self.0.lock().unwrap().rows.take().map_or(Ok(()), Err)
    }

    fn movements_of(&self, _: &[Uuid]) -> Result<Vec<StoredMovement>, MovementsError> {
        Ok(Vec::new())
    }
}

impl Tallies for Stub {
    fn tallied(&self) -> Result<Cursor, MovementsError> {
        Ok(Cursor::default())
    }

    fn is_apart(&self) -> bool {
        false
    }

    fn sealed_after(&self, cursor: &Cursor, _: u32) -> Result<Cursor, MovementsError> {
        Ok(cursor.clone())
    }

    fn movers(&self, _: Between<'_>) -> Result<Vec<Mover>, MovementsError> {
        Ok(Vec::new())
    }

    fn add_tally(&self, _: &Cursor, _: &Cursor, _: &Tally) -> Result<bool, MovementsError> {
        Ok(false)
    }

    fn clear_tally(&self) -> Result<(), MovementsError> {
        Ok(())
    }

    fn each_tallied(&self, _: &Tallied<'_>, _: &mut TallySink<'_>) -> Result<Cursor, MovementsError> {
        Ok(Cursor::default())
    }

    fn numbers_of(&self, names: &[String]) -> Result<Vec<Option<u32>>, MovementsError> {
        Ok(vec![None; names.len()])
    }
}

impl Records for Stub {
    fn record(&self, kind: &str, key: &str) -> Result<Option<Record>, StoreError> {
        let mut fate = self.0.lock().unwrap();
        let content = if kind == TapCode::KIND { fate.code.take() } else { fate.answered.take() };
        let value = |content: &str| RecordValue { content: content.to_owned(), ..RecordValue::default() };
        let record = |content| Record { kind: kind.to_owned(), key: key.to_owned(), value: value(content), version: 1 };
        Ok(content.map(record))
    }

    fn records(&self, _: &RecordFilter<'_>, _: usize) -> Result<Vec<Record>, StoreError> {
        self.0.lock().unwrap().people.take().map_or_else(|| Ok(Vec::new()), Err)
    }

    fn change(&self, _: &[RecordChange], _: &[AuditEntry]) -> Result<(), StoreError> {
        Ok(())
    }

    fn remove_expired(&self, _: Timestamp, _: usize) -> Result<usize, StoreError> {
        Ok(0)
    }
}
