//! What a batch must know: found in its tasks, each once and in the one order of all engines.

use std::collections::BTreeSet;
use std::sync::Arc;

use avis_core::loyalty::{AccountKey, Inquiry};
use avis_core::offline::OverGrantKey;
use avis_core::{Need, Subject, UsageRange};
use jiff::civil::Date;
use uuid::Uuid;

use super::points::PointsWanted;
use super::working_set::{UsageKey, WorkingSet};
use crate::ledger::Task;
use crate::record::Record;

/// Which requests and records tasks are about, each once and in order.
#[derive(Default)]
pub(super) struct Claims {
    pub(super) requests: BTreeSet<(Arc<str>, Uuid)>,
    pub(super) originals: BTreeSet<(Arc<str>, Uuid)>,
    pub(super) records: BTreeSet<Uuid>,
}

impl Claims {
    pub(super) fn of<'t>(tasks: impl Iterator<Item = &'t Task>) -> Self {
        let mut claims = Self::default();
        for task in tasks {
            let key = task.key();
            claims.requests.insert((key.provider.clone(), key.request_id));
            match task {
                Task::Reverse { body, .. } => {
                    // Also one that never came is claimed, so that it can't come meanwhile.
                    claims.requests.insert((key.provider.clone(), body.original_request_id));
                    claims.originals.insert((key.provider.clone(), body.original_request_id));
                }
                Task::Operate { authorization, .. } => {
                    claims.records.insert(*authorization);
                }
                Task::Authorize(_) | Task::Advise { .. } | Task::OfAccount(_) | Task::Claim(_) => {}
            }
        }
        claims
    }
}

/// Which usage and over-grants tasks read.
#[derive(Default)]
pub(super) struct Reads {
    pub(super) anchors: BTreeSet<UsageKey>,
    pub(super) needs: Vec<Need>,
    pub(super) keys: Vec<OverGrantKey>,
    pub(super) points: PointsWanted,
}

impl Reads {
    pub(super) fn of<'t>(tasks: impl Iterator<Item = &'t Task>, set: &WorkingSet) -> Self {
        let mut reads = Self::default();
        let mut reverses = false;
        for task in tasks {
            match task {
                Task::Authorize(new) => {
                    new.plan.needs().iter().for_each(|need| reads.need(need));
                    reads.inquiry(new.inquiry.as_ref());
                }
                Task::Advise { new, granted, .. } => {
                    new.plan.needs().iter().for_each(|need| reads.need(need));
                    new.plan.needs_beyond(granted).iter().for_each(|need| reads.need(need));
                    new.plan.over_grant_keys(granted).into_iter().for_each(|key| reads.over_granted(key));
                    reads.inquiry(new.inquiry.as_ref());
                }
                Task::Reverse { .. } => reverses = true,
                Task::Operate { .. } | Task::Claim(_) => {}
                Task::OfAccount(task) => reads.account(&task.account, None, None),
            }
        }
        // What is undone may count again, beyond the limits that it was decided under.
        if reverses {
            let quotas = set.records.values().filter_map(|row| row.record.as_ref().ok());
            quotas.flat_map(|record| &record.authorization.quotas).for_each(|quota| reads.need(&quota.need));
        }
        for record in set.records.values().filter_map(|row| row.record.as_ref().ok()) {
            reads.record(record);
        }
        reads.needs.sort_unstable_by(|one, other| order(one).cmp(&order(other)));
        reads.needs.dedup();
        reads
    }

    fn need(&mut self, need: &Need) {
        self.anchors.insert(UsageKey::of(&need.code, &need.subject));
        self.needs.push(need.clone());
    }

    fn inquiry(&mut self, inquiry: Option<&Inquiry>) {
        if let Some(inquiry) = inquiry {
            inquiry.wanted().for_each(|(key, since)| self.account(key, since, None));
            inquiry.coupons().into_iter().for_each(|coupon| self.coupon(&coupon.campaign, &coupon.code));
        }
    }

    /// Whatever happens to a record, its points follow.
    fn record(&mut self, record: &Record) {
        let loyalty = &record.authorization.loyalty;
        loyalty.programmes().iter().for_each(|programme| self.account(programme.key(), None, Some(record.id)));
        loyalty.coupons().iter().for_each(|coupon| self.coupon(coupon.campaign(), coupon.code()));
    }

    fn account(&mut self, key: &AccountKey, since: Option<Date>, authorization: Option<Uuid>) {
        self.anchors.insert(UsageKey::of_account(key));
        self.points.account(key, since, authorization);
    }

    fn coupon(&mut self, campaign: &str, code: &str) {
        self.anchors.insert(UsageKey::of_coupon(campaign, code));
        self.points.coupon(campaign, code);
    }

    /// Locked like usage of the holder: no two engines look at one cap at the same time.
    fn over_granted(&mut self, key: OverGrantKey) {
        self.anchors.insert(UsageKey::of(&key.benefit, &Subject::Holder(key.holder.clone())));
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
    }
}

fn order(need: &Need) -> (&Arc<str>, &Subject, UsageRange) {
    (&need.code, &need.subject, need.range)
}
