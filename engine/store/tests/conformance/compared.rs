//! A ledger whose usage in memory is compared with its tables, whatever a test does to it.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use avis_core::loyalty::{Inquiry, Known};
use avis_core::{Need, Reading, Totals};
use avis_store::sqlite::SqliteLedger;
use avis_store::{Erased, Ledger, LedgerError, Pending, ReadBack, Recording, RulesRead, Statistics, Task};
use uuid::Uuid;

/// Reads the usage that each task needs just before it is submitted, so that readings and commits cross each other, and at its
/// end compares all of it.
pub(crate) struct Compared {
    ledger: SqliteLedger,
    needs: Mutex<HashSet<Need>>,
}

impl Compared {
    pub(crate) fn new(ledger: SqliteLedger) -> Self {
        Self { ledger, needs: Mutex::default() }
    }

    fn compare(&self, need: &Need) {
        const TIME: Duration = Duration::from_secs(30);
        let needs = std::slice::from_ref(need);
        let begun = Instant::now();
        loop {
            let before = self.ledger.usage_in_memory(needs);
            let table = self.ledger.usage(needs).unwrap();
            // A commit may have come between the two.
            if before.is_none_or(|before| before == table) || self.ledger.usage_in_memory(needs) == Some(table.clone())
            {
                return;
            }
            assert!(begun.elapsed() < TIME, "usage of {need:?} is {table:?} in the tables and another in memory");
        }
    }
}

impl Recording for Compared {
    fn submit(&self, task: Task) -> Result<Pending, LedgerError> {
        if let Task::Authorize(new) | Task::Advise { new, .. } = &task {
            let needs = new.plan.needs();
            self.ledger.usage(needs)?;
            self.needs.lock().unwrap_or_else(PoisonError::into_inner).extend(needs.iter().cloned());
        }
        self.ledger.submit(task)
    }

    fn erase(&self, holder: &str) -> Result<Erased, LedgerError> {
        self.ledger.erase(holder)
    }
}

impl ReadBack for Compared {
    fn authorization(&self, provider: &str, id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.ledger.authorization(provider, id)
    }

    fn request(&self, provider: &str, request_id: Uuid) -> Result<Option<Vec<u8>>, LedgerError> {
        self.ledger.request(provider, request_id)
    }

    fn reading(&self, provider: &str, id: Uuid) -> Result<Option<(Reading, RulesRead)>, LedgerError> {
        self.ledger.reading(provider, id)
    }
}

impl Ledger for Compared {
    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, LedgerError> {
        self.ledger.usage(needs)
    }

    fn usage_in_memory(&self, needs: &[Need]) -> Option<Vec<Totals>> {
        self.ledger.usage_in_memory(needs)
    }

    fn known(&self, inquiry: &Inquiry, now: jiff::Timestamp) -> Result<Known, LedgerError> {
        self.ledger.known(inquiry, now)
    }

    fn statistics(&self) -> Statistics {
        self.ledger.statistics()
    }
}

impl Drop for Compared {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let needs = std::mem::take(self.needs.get_mut().unwrap_or_else(PoisonError::into_inner));
            needs.iter().for_each(|need| self.compare(need));
        }
    }
}
