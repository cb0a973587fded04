//! A line as it was authorized, in parts that never spread anew.

use std::sync::Arc;

use crate::authorization::Remaining;
use crate::decision::{DecidedLine, FundingEntry};
use crate::loyalty::TenderPart;
use crate::usage::Totals;

/// A line as it was authorized. Its parts are what is due, then each tender of points, then each funding entry, in listed order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenLine {
    /// What was sold.
    pub product: Box<str>,
    /// Units.
    pub quantity: i64,
    /// The line as it was decided.
    pub decided: DecidedLine,
    /// The spend caps that count what is paid for it.
    pub(super) counted_by: Vec<Arc<str>>,
    /// What points pay of what is payable, as they were taken.
    pub tenders: Vec<TenderPart>,
}

impl FrozenLine {
    /// Every funding entry in listed order.
    pub fn funding(&self) -> impl Iterator<Item = &FundingEntry> {
        self.decided.discounts.iter().flat_map(|discount| &discount.funding)
    }

    /// Of each discount, what is left of it in minor units.
    pub fn discounts_of(&self, left: &Remaining) -> Vec<i64> {
        let mut funded = left.funded().iter();
        self.decided.discounts.iter().map(|discount| funded.by_ref().take(discount.funding.len()).sum()).collect()
    }

    /// What is paid of it in money.
    pub fn due(&self) -> i64 {
        self.decided.payable - self.tenders.iter().map(|tender| tender.amount).sum::<i64>()
    }

    /// The place of the first funding entry among the parts.
    pub fn first_entry(&self) -> usize {
        1 + self.tenders.len()
    }

    /// What is due, then each tender, then each funding entry.
    pub(super) fn parts(&self) -> Vec<i64> {
        let tenders = self.tenders.iter().map(|tender| tender.amount);
        std::iter::once(self.due()).chain(tenders).chain(self.funding().map(|entry| entry.amount)).collect()
    }

    /// The units that each discount covers.
    pub(super) fn covered(&self) -> Vec<i64> {
        self.decided.discounts.iter().map(|discount| discount.units).collect()
    }

    /// What a benefit's use of this line still comes to.
    pub(super) fn still_charged(&self, code: &str, left: &Remaining) -> Totals {
        // A spend cap counts what is paid, whatever it gave itself.
        if self.counted_by.iter().any(|cap| **cap == *code) {
            return Totals { spent: left.payable(), ..Totals::default() };
        }
        let mut totals = Totals::default();
        let mut funded = left.funded().iter();
        for (discount, covered) in self.decided.discounts.iter().zip(&left.covered) {
            let amount: i64 = funded.by_ref().take(discount.funding.len()).sum();
            if *discount.benefit == *code {
                totals.units += covered;
                totals.discount += amount;
            }
        }
        totals
    }
}
