//! The movements of one provider, as far as statements look at them.

use std::collections::{BTreeMap, HashMap};
use std::iter::Peekable;
use std::slice;
use std::sync::Arc;

use jiff::civil::Date;
use uuid::Uuid;

use super::{Began, Change, Changes, Stake};
use crate::fault::Faults;
use crate::movement::MovedDiscount;
use crate::settlement::movement::PostedMovement;

/// What was posted at one provider, for each grantor that is asked about.
#[derive(Debug, Default)]
pub(super) struct Posted {
    authorizations: HashMap<Uuid, Began>,
    by_grantor: BTreeMap<Arc<str>, Vec<Posting>>,
}

/// What one movement posted under one stake.
#[derive(Debug)]
struct Posting {
    date: Date,
    authorization: Uuid,
    stake: Stake,
    units: i64,
    amount: i64,
}

impl Posted {
    /// What this grantor bears or grants is asked about.
    pub(super) fn follow(&mut self, grantor: Arc<str>) {
        self.by_grantor.entry(grantor).or_default();
    }

    /// Takes a movement in. In whatever order they come, they come to the same.
    ///
    /// # Errors
    /// Another movement says that the authorization is of another day.
    pub(super) fn add(&mut self, movement: &PostedMovement) -> Result<(), Faults> {
        let (date, authorized_on) = (movement.business_date, movement.authorized_on);
        let authorization = movement.id.authorization;
        let began = self.authorizations.entry(authorization).or_insert(Began { first: date, authorized_on });
        if began.authorized_on != authorized_on {
            return Err(Faults::at(
                "/authorized_on",
                "expected the day that another movement of the authorization has",
            ));
        }
        // Business dates of an authorization never go back.
        began.first = began.first.min(date);
        for discount in movement.moved.lines.iter().flat_map(|line| &line.discounts) {
            self.add_discount(date, authorization, discount);
        }
        Ok(())
    }

    fn add_discount(&mut self, date: Date, authorization: Uuid, discount: &MovedDiscount) {
        for entry in &discount.entries {
            let of_payer = (discount.grantor.as_ref() != Some(&entry.payer)).then_some(&entry.payer);
            for grantor in discount.grantor.iter().chain(of_payer) {
                if let Some(postings) = self.by_grantor.get_mut(grantor) {
                    let (units, amount) = (discount.units, entry.amount);
                    postings.push(Posting { date, authorization, stake: Stake::of(discount, entry), units, amount });
                }
            }
        }
    }

    /// All movements were taken in.
    pub(super) fn sort(&mut self) {
        self.by_grantor.values_mut().for_each(|postings| postings.sort_by_key(|posting| posting.date));
    }

    /// What was posted of a grantor, day by day. It is sorted before.
    pub(super) fn days(&self, grantor: &str) -> Days<'_> {
        let postings = self.by_grantor.get(grantor).map(Vec::as_slice).unwrap_or_default();
        Days { authorizations: &self.authorizations, left: postings.iter().peekable(), standing: HashMap::new() }
    }
}

/// The postings of a pair by their days, each of which is taken once.
pub(super) struct Days<'p> {
    authorizations: &'p HashMap<Uuid, Began>,
    left: Peekable<slice::Iter<'p, Posting>>,
    standing: HashMap<(Uuid, &'p Stake), i128>,
}

impl Days<'_> {
    /// The first day that was not taken.
    pub(super) fn next_day(&mut self) -> Option<Date> {
        self.left.peek().map(|posting| posting.date)
    }

    /// Takes all days before `until` as what happened in a period.
    pub(super) fn take_until(&mut self, until: Date, changes: &mut Changes<'_>) {
        let mut changed: HashMap<(Uuid, &Stake), Change> = HashMap::new();
        while let Some(posting) = self.left.next_if(|posting| posting.date < until) {
            let key = (posting.authorization, &posting.stake);
            let standing = self.standing.entry(key).or_default();
            let change = changed.entry(key).or_insert(Change { before: *standing, after: *standing, units: 0 });
            *standing += i128::from(posting.amount);
            change.after = *standing;
            change.units += i128::from(posting.units);
        }
        for ((authorization, stake), change) in changed {
            if let Some(began) = self.authorizations.get(&authorization) {
                changes.add(*began, stake, change);
            }
        }
    }
}
