//! Rows of a provider held against its movements: what is looked at, and what is kept of it.

use std::collections::HashSet;
use std::sync::Arc;

use avis_core::movement::ServiceDay;
use avis_core::settlement::PostedMovement;
use avis_core::settlement::reconcile::{Dates, Held, Listed, Profile, Reconciliation, Sheet, reconcile};
use avis_store::records::RecordChange;
use avis_store::{AuditEntry, Authorizations, ClosedDays, Entries, MovementsError, Reports, Wanted};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

use super::findings::{self, KeptFinding};
use super::runs::{self, Run};
use super::{days, faults_at, service_day};
use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::problem::{Code, Problem};
use crate::control::secret::{hashed, id_of_hash};

/// Findings of one run that are kept, by their lines: nobody looks at more, and all are counted.
const FINDINGS_MAX: usize = 20_000;
/// Movements that are read between two looks.
const LOOK_EVERY: usize = 10_000;
/// Ids that are asked for at once.
const IDS_AT_ONCE: usize = 10_000;

/// The natural dates over which something is held against the ledger, from a first one until the first one after them.
#[derive(Clone, Copy)]
pub(super) struct Period {
    from: Date,
    until: Date,
    dates: Dates,
}

impl Period {
    /// As two dates say it, of which the second stands at a place of the request.
    pub(super) fn of(from: Date, until: Date, place: &'static str) -> Result<Self, Problem> {
        let dates = Dates::new(from, until).ok_or_else(|| {
            Problem::at(place, format!("expected a day after `from`, {} days at most", Dates::DAYS_MAX))
        })?;
        Ok(Self { from, until, dates })
    }
}

/// What is held against the ledger, of whom and by whom: all that is needed once the rows are there, on whichever thread.
pub(super) struct Holding {
    /// The id of the run: the same content, profile and dates have the same, unless they are to be looked at again.
    pub(super) id: String,
    provider: String,
    period: Period,
    pub(super) profile: Profile,
    pub(super) day: ServiceDay,
    closed: ClosedDays,
    reports: Arc<dyn Reports>,
    made_at: Timestamp,
    made_by: String,
    /// Where it stands among the provider's runs.
    place: i64,
    entry: AuditEntry,
}

impl Holding {
    /// Of a content that hashes so, written as a profile says.
    pub(super) fn of(
        call: &Call<'_>,
        provider: &str,
        period: Period,
        (profile, hash): (&Value, &str),
        again: bool,
    ) -> Result<Self, Problem> {
        let again = again.then_some(call.now);
        let meaning = json!([provider, period.from, period.until, hash, profile, again]).to_string();
        let id = id_of_hash(&hashed(&meaning)).ok_or_else(|| Problem::from(Code::Failed))?.to_string();
        Ok(Self {
            provider: provider.to_owned(),
            period,
            profile: Profile::from_value(profile).map_err(|faults| faults_at("/profile", faults))?,
            day: service_day(call.control, provider)?,
            closed: days::closed(call, provider)?,
            reports: Arc::clone(&call.control.reports),
            made_at: call.now,
            made_by: call.caller()?.user.clone(),
            place: runs::next_place(call, provider)?,
            entry: call.entry("reconciled", (Run::KIND, &id), (None, None)),
            id,
        })
    }

    /// What the rows come to beside the ledger: the run with its findings, and what the audit tells of it. `look` is told now and
    /// then how many rows are settled, and may end it.
    pub(super) fn run<E: From<Problem>>(
        &self,
        sheet: &Sheet,
        look: &mut dyn FnMut(u64) -> Result<(), E>,
    ) -> Result<(Vec<RecordChange>, AuditEntry), E> {
        let movements = self.movements(sheet, look)?;
        let (dates, zone) = (self.period.dates, self.day.zone());
        let asked = Held { profile: &self.profile, dates, zone, listed: Listed::Unmatched };
        let found = reconcile(sheet, &movements, asked, look)?;
        Ok(self.kept(sheet, &found, &movements)?)
    }

    /// What is kept of what was found.
    fn kept(
        &self,
        sheet: &Sheet,
        found: &Reconciliation,
        movements: &[PostedMovement],
    ) -> Result<(Vec<RecordChange>, AuditEntry), Problem> {
        let run = Run {
            id: self.id.clone(),
            from: self.period.from,
            until: self.period.until,
            made_at: self.made_at,
            made_by: self.made_by.clone(),
            summary: findings::value(&found.summary)?,
            theirs: findings::value(&found.theirs)?,
            ours: findings::value(&found.ours)?,
            outside: found.outside,
            bad_rows: findings::value(&sheet.bad)?,
            bad_count: sheet.bad_count,
            sums: findings::value(&sheet.sums)?,
            findings: found.findings.len() as u64,
            findings_kept: found.findings.len().min(FINDINGS_MAX) as u64,
        };
        let mut changes = Vec::from(run.changes(&self.provider, self.place));
        for finding in found.findings.iter().take(FINDINGS_MAX) {
            let key = findings::key(&self.id, &finding.key);
            changes.push(kept::make(&key, &KeptFinding::of(finding, movements)?, (&self.provider, ""), None));
        }
        let told = json!({"from": run.from, "until": run.until, "summary": run.summary});
        Ok((changes, AuditEntry { after: Some(told.to_string()), ..self.entry.clone() }))
    }

    /// The provider's movements near the dates, and those of what the rows name.
    fn movements<E: From<Problem>>(
        &self,
        sheet: &Sheet,
        look: &mut dyn FnMut(u64) -> Result<(), E>,
    ) -> Result<Vec<PostedMovement>, E> {
        let Period { from, until, .. } = self.period;
        let near = (from.yesterday().unwrap_or(Date::MIN), until.tomorrow().unwrap_or(Date::MAX));
        let mut found = self.read(Authorizations::OfDays(near.0, near.1), look)?;
        // All movements of an authorization come together.
        let of_requests = unknown(sheet.requests(), found.iter().map(|movement| movement.request_id));
        let of_ids = unknown(sheet.authorizations(), found.iter().map(|movement| movement.id.authorization));
        for ids in of_requests.chunks(IDS_AT_ONCE) {
            found.extend(self.read(Authorizations::OfRequests(ids), look)?);
        }
        for ids in of_ids.chunks(IDS_AT_ONCE) {
            found.extend(self.read(Authorizations::Of(ids), look)?);
        }
        found.sort_by_key(|movement| movement.id);
        found.dedup_by_key(|movement| movement.id);
        Ok(found)
    }

    fn read<E: From<Problem>>(
        &self,
        of: Authorizations<'_>,
        look: &mut dyn FnMut(u64) -> Result<(), E>,
    ) -> Result<Vec<PostedMovement>, E> {
        let wanted = Wanted { provider: &self.provider, entries: Entries::None, closed: &self.closed, of };
        let (mut found, mut ended) = (Vec::new(), None);
        let read = self.reports.each_posting(&wanted, &mut |posting| {
            found.push(posting.movement);
            if !found.len().is_multiple_of(LOOK_EVERY) {
                return Ok(());
            }
            look(0).map_err(|end| {
                ended = Some(end);
                MovementsError::Sink(std::io::Error::other("nobody waits for it"))
            })
        });
        match ended {
            Some(end) => Err(end),
            None => Ok(read.map(|()| found).map_err(Problem::from)?),
        }
    }
}

/// Those ids of a file that are not known yet, each once.
fn unknown(named: impl Iterator<Item = Uuid>, known: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut named: HashSet<Uuid> = named.collect();
    if !named.is_empty() {
        known.for_each(|id| _ = named.remove(&id));
    }
    named.into_iter().collect()
}
