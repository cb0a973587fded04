//! Closed days as records.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

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
/// The word for days of terminals, under provider, date and terminal.
pub const OF_TERMINAL: &str = "terminal_day";
/// The word for the last days of a provider, under it.
const LAST: &str = "last_day";
/// Records that are read at a time.
const AT_ONCE: usize = 1_000;
/// The same where a few are enough, as nearly always.
const FEW: usize = 32;

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

/// Until when a provider and its terminals closed their days. It is written with each close, so that of those who close at once one
/// goes on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct LastDays {
    /// The last day that is closed for all terminals.
    of_all: Option<Date>,
    /// The last days that terminals closed for themselves after that.
    of_terminals: BTreeMap<String, Date>,
}

/// The last days as they were read.
pub(super) struct Last {
    record: Option<Record>,
    days: LastDays,
}

impl Last {
    pub(super) fn read(registry: &dyn Registry, provider: &str) -> Result<Self, StoreError> {
        let record = registry.record(LAST, provider)?;
        let days = record.as_ref().map(content).transpose()?.unwrap_or_default();
        Ok(Self { record, days })
    }

    /// The last day that is closed for all of a provider or for one of its terminals.
    pub(super) fn of(&self, terminal: Option<&str>) -> Option<Date> {
        let own = terminal.and_then(|terminal| self.days.of_terminals.get(terminal)).copied();
        self.days.of_all.max(own)
    }

    /// The change that writes what was read over itself.
    pub(super) fn renewed(&self, provider: &str) -> RecordChange {
        RecordChange::put(self.record.as_ref(), LAST, provider, value(provider, "", &self.days))
    }

    /// The change that closes until a day, over what was read.
    pub(super) fn closed(mut self, Whose { provider, terminal }: Whose<'_>, date: Date) -> RecordChange {
        match terminal {
            Some(terminal) => drop(self.days.of_terminals.insert(terminal.to_owned(), date)),
            None => {
                self.days.of_all = Some(date);
                self.days.of_terminals.retain(|_, own| *own > date);
            }
        }
        RecordChange::put(self.record.as_ref(), LAST, provider, value(provider, "", &self.days))
    }
}

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
        Some(terminal) => format!("{provider}/{date}/{terminal}"),
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
    registry.record(kind(whose), &key(whose, date))?.as_ref().map(content).transpose()
}

/// Reads records that a filter lets through, at most so many.
pub type ReadRecords<'r> = dyn Fn(&RecordFilter<'_>, usize) -> Result<Vec<Record>, StoreError> + 'r;

/// The closed days of a provider and of its terminals from a day on.
pub(super) fn since(registry: &dyn Registry, provider: &str, first: Date) -> Result<Vec<ClosedDay>, StoreError> {
    // Keys begin with the provider and the date, so that those before need not be read.
    let before = first.yesterday().map_or_else(|_| String::new(), |before| format!("{provider}/{before}"));
    let mut days = Vec::new();
    let read = |filter: &RecordFilter<'_>, most| registry.records(filter, most);
    each(&read, (Some(provider), &before), &mut |_, day| days.push(day))?;
    days.retain(|day| day.date >= first);
    Ok(days)
}

/// The closed days by which it is told what counts on a day: from the day before on, until the first that the provider closed behind
/// which nothing counts on it any more; of terminals also those that were closed before that.
pub(super) fn around(
    registry: &dyn Registry,
    provider: &str,
    day: Date,
    date_of: impl Fn(Timestamp) -> Date,
) -> Result<Vec<ClosedDay>, StoreError> {
    let first = day.yesterday().unwrap_or(day);
    let before = first.yesterday().map_or_else(|_| String::new(), |before| format!("{provider}/{before}"));
    let read = |filter: &RecordFilter<'_>, most| registry.records(filter, most);
    let behind = (Some(provider), &*before);
    let (mut days, mut last) = (Vec::new(), Date::MAX);
    each_of((OF_PROVIDER, FEW), &read, behind, &mut |_, closed| {
        let is_enough = closed.date >= day;
        if is_enough {
            // No day is closed before it begins.
            last = closed.date.max(date_of(closed.closed_at));
        }
        days.push(closed);
        if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    each_of((OF_TERMINAL, FEW), &read, behind, &mut |_, closed| {
        if closed.date > last {
            return ControlFlow::Break(());
        }
        days.push(closed);
        ControlFlow::Continue(())
    })?;
    days.retain(|closed| closed.date >= first);
    Ok(days)
}

/// The closed days of all providers and of their terminals from a day on, by provider.
pub(super) fn of_all_since(
    read: &ReadRecords<'_>,
    first: Date,
) -> Result<BTreeMap<String, Vec<ClosedDay>>, StoreError> {
    let mut days: BTreeMap<String, Vec<ClosedDay>> = BTreeMap::new();
    each(read, (None, ""), &mut |provider, day| {
        if day.date >= first {
            days.entry(provider).or_default().push(day);
        }
    })?;
    Ok(days)
}

/// Gives closed days with their providers to a sink: of one of them, or of all, behind a key.
fn each(
    read: &ReadRecords<'_>,
    (owner, before): (Option<&str>, &str),
    sink: &mut dyn FnMut(String, ClosedDay),
) -> Result<(), StoreError> {
    for kind in [OF_PROVIDER, OF_TERMINAL] {
        each_of((kind, AT_ONCE), read, (owner, before), &mut |provider, day| {
            sink(provider, day);
            ControlFlow::Continue(())
        })?;
    }
    Ok(())
}

/// The same of one kind, until the sink has enough.
fn each_of(
    (kind, at_once): (&str, usize),
    read: &ReadRecords<'_>,
    (owner, before): (Option<&str>, &str),
    sink: &mut dyn FnMut(String, ClosedDay) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut after = before.to_owned();
    loop {
        let records = read(&RecordFilter { kind, owner, after: &after, ..RecordFilter::default() }, at_once)?;
        for record in &records {
            if sink(record.value.owner.clone(), content(record)?).is_break() {
                return Ok(());
            }
        }
        match records.last() {
            Some(last) if records.len() == at_once => after.clone_from(&last.key),
            _ => return Ok(()),
        }
    }
}

fn content<T: for<'de> Deserialize<'de>>(record: &Record) -> Result<T, StoreError> {
    let unreadable = |error| StoreError::Failed(format!("the {} `{}`: {error}", record.kind, record.key));
    serde_json::from_str(&record.value.content).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use avis_core::IdentifierSecret;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::records::Records;
    use crate::sqlite::{Folder, SqliteStore};

    /// A terminal that closed later days before its provider closed earlier ones says what counts on these, too; what was closed after
    /// that says nothing of them.
    #[test]
    fn of_an_old_day_only_what_tells_of_it_is_read() {
        let path = std::env::temp_dir().join(format!("avis-closed-{}", std::process::id()));
        let store =
            SqliteStore::open(Arc::new(Folder::create(&path).unwrap()), &IdentifierSecret::new([3; 32])).unwrap();
        let closed = |day: i8, terminal: Option<&str>, on: i8| {
            let (date, at) = (Date::constant(2026, 11, day), Date::constant(2026, 11, on).at(20, 0, 0, 0));
            let closed_at = TimeZone::UTC.to_timestamp(at).unwrap();
            let day = ClosedDay {
                date,
                terminal: terminal.map(str::to_owned),
                taken: Taken::default(),
                closed_at,
                closed_by: "test".to_owned(),
                ours: Totals::new(),
                late: Totals::new(),
                theirs: None,
            };
            store.change(&[day.record("bus")], &[]).unwrap();
        };
        for day in 1..=9 {
            closed(day, None, day + 2);
        }
        for (day, terminal) in [(3, "a"), (5, "a"), (6, "b"), (8, "a")] {
            closed(day, Some(terminal), day);
        }
        let date_of = |at| TimeZone::UTC.to_datetime(at).date();
        let read = around(&store, "bus", Date::constant(2026, 11, 4), date_of).unwrap();
        let told: Vec<(i8, Option<&str>)> =
            read.iter().map(|closed| (closed.date.day(), closed.terminal.as_deref())).collect();
        // The provider closed the fourth on the sixth.
        assert_eq!(told, [(3, None), (4, None), (3, Some("a")), (5, Some("a")), (6, Some("b"))]);
        drop(store);
        std::fs::remove_dir_all(&path).unwrap();
    }
}
