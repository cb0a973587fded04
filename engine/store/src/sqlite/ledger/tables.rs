//! The books as tables: a step reads them as the steps before it left them, and what it enters is written at once.

use std::cell::RefCell;
use std::collections::HashMap;

use avis_core::loyalty::{Account, AccountKey};
use avis_core::offline::{OverGrantKey, OverGranted};
use avis_core::{Need, Totals};
use rusqlite::Connection;
use uuid::Uuid;

use super::{StepError, movement, over_grant, points, request, stored, usage};
use crate::record::Record;
use crate::recording::{Books, Entry, Known, Recorded, Wanted};

/// Those of one step: what a step read stays so until it has entered what it came to.
pub(super) struct Tables<'c> {
    connection: &'c Connection,
    /// Accounts that were read for a plan.
    planned: RefCell<HashMap<AccountKey, Account>>,
}

impl<'c> Tables<'c> {
    pub(super) fn of(connection: &'c Connection) -> Self {
        Self { connection, planned: RefCell::default() }
    }
}

impl Books for Tables<'_> {
    type Error = StepError;

    fn request(&self, provider: &str, id: Uuid) -> Result<Option<Known>, StepError> {
        Ok(request::find(self.connection, provider, id)?)
    }

    fn record(&self, provider: &str, id: Uuid) -> Result<Option<Record>, StepError> {
        stored::load(self.connection, provider, id)
    }

    fn usage(&self, needs: &[Need]) -> Result<Vec<Totals>, StepError> {
        Ok(usage::sums(self.connection, needs)?)
    }

    fn account(&self, key: &AccountKey, wanted: Wanted) -> Result<Account, StepError> {
        // What is planned is new: no more is known of it than what its plan read.
        if wanted.authorization.is_some()
            && let Some(account) = self.planned.borrow_mut().remove(key)
        {
            return Ok(account);
        }
        let account = points::account(self.connection, key, wanted)?;
        if wanted.authorization.is_none() {
            self.planned.borrow_mut().insert(key.clone(), account.clone());
        }
        Ok(account)
    }

    fn coupon_uses(&self, campaign: &str, code: &str) -> Result<i64, StepError> {
        Ok(points::coupon_uses(self.connection, campaign, code)?)
    }

    fn over_granted(&self, key: &OverGrantKey) -> Result<OverGranted, StepError> {
        Ok(over_grant::so_far(self.connection, key)?)
    }
}

impl Tables<'_> {
    pub(super) fn enter(&self, entry: &Entry) -> Result<(), StepError> {
        match &entry.record {
            Some(Recorded::New(record, reading)) => stored::insert(self.connection, record, reading)?,
            Some(Recorded::Changed(record)) => stored::append(self.connection, record)?,
            None => {}
        }
        usage::add(self.connection, &entry.usage)?;
        entry.movement.iter().try_for_each(|posting| movement::insert(self.connection, posting))?;
        entry.listed.iter().try_for_each(|listed| over_grant::list(self.connection, listed))?;
        entry.posted.iter().try_for_each(|posted| points::post(self.connection, posted))?;
        entry.account_event.iter().try_for_each(|event| points::note(self.connection, event))?;
        entry.coupons.iter().try_for_each(|coupon| points::use_coupon(self.connection, coupon))?;
        if let Some(reversed) = entry.reversed {
            request::set_reversed(self.connection, &entry.provider, reversed)?;
        }
        Ok(request::keep(self.connection, &entry.provider, entry.request_id, &entry.answered)?)
    }
}
