//! Closed days as records.

use avis_core::settlement::Totals;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{ToldDay, Whose};
use crate::records::{Record, RecordChange, RecordFilter, RecordValue};
use crate::registry::Registry;
use crate::reports::Taken;
use crate::store::StoreError;

/// The word for days of providers, under provider and date.
pub const OF_PROVIDER: &str = "day";
/// The word for days of terminals, under provider, terminal and date.
pub const OF_TERMINAL: &str = "terminal_day";
/// The word for what of a provider is written with each close, so that of those who close at once one goes on.
const LAST: &str = "last_day";
/// Records that are read at a time.
const AT_ONCE: usize = 1_000;

/// A closed day.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClosedDay {
    /// Which one.
    pub date: Date,
    /// The terminal that closed it for itself; none where it is closed for all of the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<String>,
    /// What the ledger held then.
    pub taken: Taken,
    /// When.
    pub closed_at: Timestamp,
    /// By which user or terminal.
    pub closed_by: String,
    /// What counts on it.
    pub ours: Totals,
    /// What of that took place before it.
    pub late: Totals,
    /// What who closed it had; none if it did not say.
    pub theirs: Option<Totals>,
}

/// What is written with each close.
#[derive(Serialize)]
struct LastClose {}

impl ClosedDay {
    /// As it is told for ever.
    pub fn told(&self) -> ToldDay {
        ToldDay {
            date: self.date,
            closed_at: Some(self.closed_at),
            ours: self.ours.clone(),
            late: self.late.clone(),
            theirs: self.theirs.clone(),
            already_closed: false,
        }
    }

    /// The change that makes its record.
    pub(super) fn record(&self, provider: &str) -> RecordChange {
        let whose = Whose { provider, terminal: self.terminal.as_deref() };
        RecordChange::make(kind(whose), &key(whose, self.date), value(provider, "closed", self))
    }
}

fn kind(whose: Whose<'_>) -> &'static str {
    if whose.terminal.is_some() { OF_TERMINAL } else { OF_PROVIDER }
}

/// Under what a day is kept.
pub(super) fn key(Whose { provider, terminal }: Whose<'_>, date: Date) -> String {
    match terminal {
        Some(terminal) => format!("{provider}/{terminal}/{date}"),
        None => format!("{provider}/{date}"),
    }
}

fn value(owner: &str, state: &str, content: &impl Serialize) -> RecordValue {
    // These types have no keys that JSON can't write.
    let content = serde_json::to_string(content).unwrap_or_default();
    RecordValue { owner: owner.to_owned(), state: state.to_owned(), expires_at: None, content }
}

/// A day that was closed for whom it is asked.
pub(super) fn load(registry: &dyn Registry, whose: Whose<'_>, date: Date) -> Result<Option<ClosedDay>, StoreError> {
    registry.record(kind(whose), &key(whose, date))?.as_ref().map(read).transpose()
}

/// The turn of who closes a day of a provider next.
pub(super) fn last(registry: &dyn Registry, provider: &str) -> Result<RecordChange, StoreError> {
    let there = registry.record(LAST, provider)?;
    Ok(RecordChange::put(there.as_ref(), LAST, provider, value(provider, "", &LastClose {})))
}

/// All closed days of a provider and of its terminals.
pub(super) fn of(registry: &dyn Registry, provider: &str) -> Result<Vec<ClosedDay>, StoreError> {
    let mut days = Vec::new();
    for kind in [OF_PROVIDER, OF_TERMINAL] {
        let mut after = String::new();
        loop {
            let filter = RecordFilter { kind, owner: Some(provider), after: &after, ..RecordFilter::default() };
            let records = registry.records(&filter, AT_ONCE)?;
            for record in &records {
                days.push(read(record)?);
            }
            match records.last() {
                Some(last) if records.len() == AT_ONCE => after.clone_from(&last.key),
                _ => break,
            }
        }
    }
    Ok(days)
}

fn read(record: &Record) -> Result<ClosedDay, StoreError> {
    let unreadable = |error| StoreError::Failed(format!("the closed day `{}`: {error}", record.key));
    serde_json::from_str(&record.value.content).map_err(unreadable)
}
