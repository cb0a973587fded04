//! Lots of an account by their numbers. Of those that nothing asks for, a ledger loads none.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::loyalty::dates::PointDates;

/// Points of one account that came together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// When they were earned.
    pub earned_at: Timestamp,
    /// From when they can be spent.
    pub active_from: Timestamp,
    /// From when they can't any more; none is never.
    pub expires_at: Option<Timestamp>,
    /// How many are left.
    pub left: i64,
    /// How many were booked as expired; none as long as nothing was booked.
    pub booked: Option<i64>,
}

/// What time makes of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LotState {
    Pending,
    Active,
    Expired,
}

/// Lots in the order of recording, each under its number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lots {
    known: BTreeMap<usize, Lot>,
    /// How many there were so far, also those that are not known here.
    made: usize,
}

impl Lot {
    pub(crate) fn state(&self, at: Timestamp) -> LotState {
        if at < self.active_from {
            LotState::Pending
        } else if self.expires_at.is_some_and(|end| at >= end) {
            LotState::Expired
        } else {
            LotState::Active
        }
    }

    pub(super) fn of(points: i64, earned_at: Timestamp, dates: PointDates) -> Self {
        let PointDates { active_from, expires_at } = dates;
        Self { earned_at, active_from, expires_at, left: points, booked: None }
    }
}

impl Lots {
    /// Some of as many as were made.
    pub(super) fn some(known: impl IntoIterator<Item = (usize, Lot)>, made: usize) -> Self {
        Self { known: known.into_iter().collect(), made }
    }

    pub(super) fn made(&self) -> usize {
        self.made
    }

    pub(super) fn get(&self, number: usize) -> Option<&Lot> {
        self.known.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut Lot> {
        self.known.get_mut(&number)
    }

    /// With their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Lot)> {
        self.known.iter().map(|(number, lot)| (*number, lot))
    }

    /// With their numbers.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut Lot)> {
        self.known.iter_mut().map(|(number, lot)| (*number, lot))
    }

    /// Adds a lot, and says under which number.
    pub(super) fn add(&mut self, lot: Lot) -> usize {
        let number = self.made;
        self.known.insert(number, lot);
        self.made += 1;
        number
    }
}
