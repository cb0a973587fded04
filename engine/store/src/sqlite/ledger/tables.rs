//! The books as tables: a step reads them as the steps before it left them, and what it enters is written at once.

use avis_core::loyalty::{Account, AccountKey};
use avis_core::offline::{OverGrantKey, OverGranted};
use avis_core::{Need, Totals};
use rusqlite::Connection;
use uuid::Uuid;

use super::{StepError, movement, over_grant, points, request, stored, usage};
use crate::record::Record;
use crate::recording::{Books, Entry, Known, Recorded, Wanted};

pub(super) struct Tables<'c>(pub(super) &'c Connection);

impl Books for Tables<'_> {
    type Error = StepError;

    fn request(&self, provider: &str, id: Uuid) -> Result<Option<Known>, StepError> {
        Ok(request::find(self.0, provider, id)?)
    }

    fn record(&self, provider: &str, id: Uuid) -> Result<Option<Record>, StepError> {
        stored::load(self.0, provider, id)
    }

    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, StepError> {
        Ok(usage::sums(self.0, needs)?)
    }

    fn account(&self, key: &AccountKey, wanted: Wanted) -> Result<Account, StepError> {
        points::account(self.0, key, wanted)
    }

    fn coupon_uses(&self, campaign: &str, code: &str) -> Result<i64, StepError> {
        Ok(points::coupon_uses(self.0, campaign, code)?)
    }

    fn over_granted(&self, key: &OverGrantKey) -> Result<OverGranted, StepError> {
        Ok(over_grant::so_far(self.0, key)?)
    }
}

impl Tables<'_> {
    pub(super) fn enter(&self, entry: &Entry) -> Result<(), StepError> {
        match &entry.record {
            Some(Recorded::New(record, reading)) => stored::insert(self.0, record, reading)?,
            Some(Recorded::Changed(record)) => stored::append(self.0, record)?,
            None => {}
        }
        usage::add(self.0, &entry.usage)?;
        entry.movement.iter().try_for_each(|posting| movement::insert(self.0, posting))?;
        entry.listed.iter().try_for_each(|listed| over_grant::list(self.0, listed))?;
        entry.posted.iter().try_for_each(|posted| points::post(self.0, posted))?;
        entry.account_event.iter().try_for_each(|event| points::note(self.0, event))?;
        entry.coupons.iter().try_for_each(|coupon| points::use_coupon(self.0, coupon))?;
        if let Some(reversed) = entry.reversed {
            request::set_reversed(self.0, &entry.provider, reversed)?;
        }
        Ok(request::keep(self.0, &entry.provider, entry.request_id, &entry.answered)?)
    }
}
