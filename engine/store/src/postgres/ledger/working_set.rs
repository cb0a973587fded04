//! The part of the books that a batch needs: loaded, changed in memory, written out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use avis_core::loyalty::{Account, AccountKey};
use avis_core::offline::{OverGrantKey, OverGranted};
use avis_core::{Charge, Need, Reading, Totals, UsageRange, UseWindow};
use jiff::civil::Date;
use uuid::Uuid;

use super::points::PointsFound;
use crate::clock::Moment;
use crate::ledger::LedgerError;
use crate::record::{Record, read_record};
use crate::recording::{
    self, AccountEvent, Books, CouponUse, Entry, Known, LOCK_ORDER_OF_ACCOUNTS, LOCK_ORDER_OF_COUPONS, Listed,
    Panicked, Posted, Posting, Recorded, Wanted, account_text, lock_order, subject_key,
};

/// Why a task can't be done on it.
#[derive(Debug, thiserror::Error)]
pub(super) enum TaskError {
    #[error("a record can't be read: {0}")]
    Record(String),
    #[error("{0}")]
    Account(String),
    #[error("what the task must know was not loaded")]
    NotLoaded,
    #[error("{0}")]
    Panicked(#[from] Panicked),
}

impl From<TaskError> for LedgerError {
    fn from(error: TaskError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What was loaded, as the steps so far have left it.
#[derive(Default)]
pub(super) struct WorkingSet {
    pub(super) requests: HashMap<Arc<str>, HashMap<Uuid, RequestRow>>,
    pub(super) records: BTreeMap<Uuid, RecordRow>,
    /// Before the batch.
    used: HashMap<Need, Totals>,
    /// By the batch.
    pub(super) usage: BTreeMap<UsageKey, BTreeMap<Date, Used>>,
    /// By the batch, in windows that began with their first use.
    pub(super) windows: BTreeMap<UsageKey, BTreeMap<UseWindow, Used>>,
    over_granted: HashMap<Cap, Vec<OverGrantRow>>,
    /// With the lane of the record.
    pub(super) movements: Vec<(i16, Box<Posting>)>,
    pub(super) listed: BTreeMap<(Uuid, Box<str>, Arc<str>), Listed>,
    /// Holds among the records that are due.
    pub(super) due: Vec<Uuid>,
    /// Accounts of points and uses of coupons, as the steps so far have left them.
    points: PointsFound,
    /// What the steps posted, in their order.
    pub(super) posted: Vec<Posted>,
    /// What happened to accounts outside of sales, with its lane.
    pub(super) account_events: Vec<(i16, AccountEvent)>,
    /// By the batch.
    pub(super) coupons_used: BTreeMap<(Box<str>, Box<str>), i64>,
}

/// A benefit, a holder and a service date.
type Cap = (Arc<str>, Arc<str>, Date);

/// What a grantor bears of one line of an authorization.
#[derive(Clone, Debug)]
pub(super) struct OverGrantRow {
    pub(super) authorization: Uuid,
    pub(super) line_id: Box<str>,
    pub(super) grantor: i64,
}

/// A claimed request.
#[derive(Clone, Debug)]
pub(super) struct RequestRow {
    /// None as long as it is only claimed.
    pub(super) known: Option<Known>,
    pub(super) changed: bool,
}

/// A locked record.
pub(super) struct RecordRow {
    pub(super) lane: i16,
    pub(super) provider: Arc<str>,
    pub(super) record: Result<Record, String>,
    /// Events of its history that are in the table.
    pub(super) events: usize,
    pub(super) change: RecordChange,
}

/// What becomes of a record's row.
#[derive(Debug)]
pub(super) enum RecordChange {
    Nothing,
    Insert(Box<Reading>),
    Update,
}

/// Whose usage, in the order in which it is locked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UsageKey {
    order: u8,
    pub(super) code: Arc<str>,
    pub(super) subject: Box<str>,
}

/// What the batch consumes of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    pub(super) lane: i16,
    pub(super) totals: Totals,
}

impl UsageKey {
    pub(super) fn of(code: &Arc<str>, subject: &avis_core::Subject) -> Self {
        Self { order: lock_order(subject), code: code.clone(), subject: subject_key(subject).into() }
    }

    /// An account of points is locked as if it were usage of a programme.
    pub(super) fn of_account(key: &AccountKey) -> Self {
        let subject = format!("points:{}", account_text(&key.account)).into();
        Self { order: LOCK_ORDER_OF_ACCOUNTS, code: key.program.clone(), subject }
    }

    /// A coupon is locked as if it were usage of a campaign.
    pub(super) fn of_coupon(campaign: &str, code: &str) -> Self {
        Self { order: LOCK_ORDER_OF_COUPONS, code: campaign.into(), subject: format!("coupon:{code}").into() }
    }
}

impl WorkingSet {
    pub(super) fn load_request(&mut self, provider: &str, id: Uuid, known: Option<Known>) {
        let row = RequestRow { known, changed: false };
        match self.requests.get_mut(provider) {
            Some(rows) => rows.insert(id, row),
            None => self.requests.entry(provider.into()).or_default().insert(id, row),
        };
    }

    /// A record as it was opened, and the events since.
    pub(super) fn load_record(&mut self, id: Uuid, provider: &str, lane: i16, (opened, events): (&str, &[String])) {
        let record = read_record(opened, events).map_err(|error| error.to_string());
        let change = RecordChange::Nothing;
        let row = RecordRow { lane, provider: provider.into(), record, events: events.len(), change };
        self.records.insert(id, row);
    }

    pub(super) fn load_usage(&mut self, need: Need, totals: Totals) {
        self.used.insert(need, totals);
    }

    /// Over-grants so far under a key; none is loaded, too.
    pub(super) fn load_over_granted(&mut self, key: &OverGrantKey, rows: Vec<OverGrantRow>) {
        self.over_granted.insert(cap(key), rows);
    }

    /// Lets a loaded hold expire; one that can't be read stays, and is told.
    pub(super) fn expire(&mut self, id: Uuid, moment: Moment<'_>) -> Result<(), String> {
        let Some(row) = self.records.get(&id) else { return Ok(()) };
        let mut record = row.record.clone()?;
        let expired = recording::expire(self, &mut record, moment).map_err(|error| error.to_string())?;
        let lane = self.change_record(record);
        if let Some(expired) = expired {
            self.consume(&expired.usage, lane);
            expired.listed.into_iter().for_each(|listed| self.list(listed));
            self.follow(expired.points.posted, expired.points.coupons);
        }
        Ok(())
    }

    /// Lets the holds that are due expire; one that can't is its task's own failure.
    pub(super) fn expire_due(&mut self, moment: Moment<'_>) {
        for id in std::mem::take(&mut self.due) {
            if let Err(error) = self.expire(id, moment)
                && let Some(row) = self.records.get_mut(&id)
            {
                row.record = Err(error);
            }
        }
    }

    pub(super) fn load_points(&mut self, found: PointsFound) {
        self.points = found;
    }

    /// Points follow.
    fn follow(&mut self, posted: Vec<Posted>, coupons: Vec<CouponUse>) {
        for posted in posted {
            self.points.accounts.insert(posted.key.clone(), Ok(posted.account.clone()));
            self.posted.push(posted);
        }
        for CouponUse { campaign, code, change } in coupons {
            let key = (campaign, code);
            *self.points.coupons.entry(key.clone()).or_default() += change;
            *self.coupons_used.entry(key).or_default() += change;
        }
    }

    /// Enters what a step came to. `lane` is that of what is new.
    pub(super) fn enter(&mut self, entry: Entry, lane: i16) {
        if let Some(reversed) = entry.reversed {
            let row = self.request_row(&entry.provider, reversed);
            row.known.get_or_insert(Known { answered: None, reversed: true }).reversed = true;
        }
        let row = self.request_row(&entry.provider, entry.request_id);
        row.known.get_or_insert(Known { answered: None, reversed: false }).answered = Some(entry.answered);
        let lane = match entry.record {
            Some(Recorded::New(record, reading)) => {
                let (id, change) = (record.id, RecordChange::Insert(reading));
                let row = RecordRow { lane, provider: entry.provider, record: Ok(*record), events: 0, change };
                self.records.insert(id, row);
                lane
            }
            Some(Recorded::Changed(record)) => self.change_record(*record),
            None => lane,
        };
        self.consume(&entry.usage, lane);
        self.movements.extend(entry.movement.map(|posting| (lane, posting)));
        entry.listed.into_iter().for_each(|listed| self.list(listed));
        self.account_events.extend(entry.account_event.map(|event| (lane, event)));
        self.follow(entry.posted, entry.coupons);
    }

    fn request_row(&mut self, provider: &Arc<str>, id: Uuid) -> &mut RequestRow {
        let rows = self.requests.entry(provider.clone()).or_default();
        let row = rows.entry(id).or_insert(RequestRow { known: None, changed: false });
        row.changed = true;
        row
    }

    /// Its lane.
    fn change_record(&mut self, record: Record) -> i16 {
        let Some(row) = self.records.get_mut(&record.id) else { return 0 };
        if matches!(row.change, RecordChange::Nothing) {
            row.change = RecordChange::Update;
        }
        row.record = Ok(record);
        row.lane
    }

    fn consume(&mut self, charges: &[Charge], lane: i16) {
        for charge in charges.iter().filter(|charge| charge.totals != Totals::default()) {
            let days = self.usage.entry(UsageKey::of(&charge.code, &charge.subject)).or_default();
            let used = days.entry(charge.date).or_insert(Used { lane, totals: Totals::default() });
            used.totals = used.totals.plus(charge.totals);
        }
        for charge in charges.iter().filter(|charge| !charge.windows.is_empty()) {
            let windows = self.windows.entry(UsageKey::of(&charge.code, &charge.subject)).or_default();
            for window in &charge.windows {
                let used = windows.entry(*window).or_insert(Used { lane, totals: Totals::default() });
                used.totals = used.totals.plus(charge.totals);
            }
        }
    }

    /// The latest window that holds an instant, of those that the tables have and those that the batch uses.
    fn latest(&self, need: &Need, before: Totals, (minutes, at): (i64, i64)) -> Totals {
        let used = self.windows.get(&UsageKey::of(&need.code, &need.subject));
        match used.and_then(|used| UseWindow::latest(used, (minutes, at), before.since)) {
            Some((window, used)) if before.since == Some(window.start) => before.plus(used.totals),
            // What the tables do not have began in this batch.
            Some((window, used)) => Totals { since: Some(window.start), ..used.totals },
            None => before,
        }
    }

    fn list(&mut self, listed: Listed) {
        let (id, over) = (listed.authorization, &listed.over_grant);
        let caps = self.over_granted.iter_mut().filter(|((benefit, ..), _)| *benefit == over.benefit);
        let mut known = false;
        for row in caps.flat_map(|(_, rows)| rows) {
            if row.authorization == id && row.line_id == over.line_id {
                row.grantor = over.grantor;
                known = true;
            }
        }
        if let Some(holder) = listed.holder.as_ref().filter(|_| !known) {
            let rows = self.over_granted.get_mut(&(over.benefit.clone(), holder.clone(), listed.date));
            let row = OverGrantRow { authorization: id, line_id: over.line_id.clone(), grantor: over.grantor };
            rows.into_iter().for_each(|rows| rows.push(row.clone()));
        }
        if listed.is_nothing() {
            let gone = |row: &OverGrantRow| row.authorization == id && row.line_id == over.line_id;
            let caps = self.over_granted.iter_mut().filter(|((benefit, ..), _)| *benefit == over.benefit);
            caps.for_each(|(_, rows)| rows.retain(|row| !gone(row)));
        }
        let key = (id, over.line_id.clone(), over.benefit.clone());
        match self.listed.get_mut(&key) {
            // Towards whose caps it counts stays as it was.
            Some(known) => known.over_grant = listed.over_grant,
            None => {
                self.listed.insert(key, listed);
            }
        }
    }
}

impl Books for WorkingSet {
    type Error = TaskError;

    fn request(&self, provider: &str, id: Uuid) -> Result<Option<Known>, TaskError> {
        let row = self.requests.get(provider).and_then(|rows| rows.get(&id)).ok_or(TaskError::NotLoaded)?;
        Ok(row.known.clone())
    }

    fn record(&self, provider: &str, id: Uuid) -> Result<Option<Record>, TaskError> {
        let row = self.records.get(&id).filter(|row| &*row.provider == provider);
        row.map(|row| row.record.clone().map_err(TaskError::Record)).transpose()
    }

    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, TaskError> {
        let sum = |need: &Need| {
            let before = *self.used.get(need).ok_or(TaskError::NotLoaded)?;
            let range = match need.range {
                UsageRange::Dates(range) => range,
                UsageRange::FromFirst { minutes, at } => return Ok(self.latest(need, before, (minutes, at))),
            };
            let days = self.usage.get(&UsageKey::of(&need.code, &need.subject));
            let within = days.into_iter().flat_map(|days| days.range(range.from..=range.until));
            Ok(within.fold(before, |sum, (_, used)| sum.plus(used.totals)))
        };
        needs.iter().map(sum).collect()
    }

    fn account(&self, key: &AccountKey, _: Wanted) -> Result<Account, TaskError> {
        let account = self.points.accounts.get(key).ok_or(TaskError::NotLoaded)?;
        account.clone().map_err(TaskError::Account)
    }

    fn coupon_uses(&self, campaign: &str, code: &str) -> Result<i64, TaskError> {
        self.points.coupons.get(&(campaign.into(), code.into())).copied().ok_or(TaskError::NotLoaded)
    }

    fn over_granted(&self, key: &OverGrantKey) -> Result<OverGranted, TaskError> {
        let rows = self.over_granted.get(&cap(key)).ok_or(TaskError::NotLoaded)?;
        let mut authorizations: Vec<Uuid> = rows.iter().map(|row| row.authorization).collect();
        authorizations.sort_unstable();
        authorizations.dedup();
        let uses = i64::try_from(authorizations.len()).unwrap_or(i64::MAX);
        Ok(OverGranted { uses, discount: rows.iter().map(|row| row.grantor).sum() })
    }
}

fn cap(key: &OverGrantKey) -> Cap {
    (key.benefit.clone(), key.holder.clone(), key.date)
}
