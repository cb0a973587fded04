//! Which rows and movements belong together (settlement 4.2).
//!
//! Passes run in order; each row and each movement is used once.

#![allow(clippy::indexing_slicing, reason = "places are those of the very lists that are looked into")]

mod combine;
mod ids;
mod in_reach;
mod nearest;
mod rest;
mod rule;

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::amounts::{Amounts, Mapped};
use super::row::Row;
use crate::movement::Direction;
use crate::settlement::movement::PostedMovement;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// A movement as far as matching looks at it.
pub(super) struct Candidate<'m> {
    pub(super) movement: &'m PostedMovement,
    /// Microseconds since 1970.
    at: i64,
    amounts: Amounts,
    is_return: bool,
    /// Whether its natural date is that of the period, or a day beside it.
    pub(super) is_in_pool: bool,
}

impl<'m> Candidate<'m> {
    pub(super) fn new(movement: &'m PostedMovement, mapped: Mapped, is_in_pool: bool) -> Self {
        Self {
            movement,
            at: micros(movement.occurred_at),
            amounts: Amounts::of_movement(&movement.moved, mapped),
            is_return: movement.moved.direction == Direction::Return,
            is_in_pool,
        }
    }
}

fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Why some rows and movements stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matched {
    /// They are the same sales.
    Same,
    /// Rows that say again what another one says.
    Duplicate,
    /// Rows, or movements, that come to nothing together.
    Cancelled,
    /// A row without a movement.
    MissingHere,
    /// A movement without a row.
    MissingThere,
}

/// Rows and movements that stand together, by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) matched: Matched,
    pub(super) rows: Vec<usize>,
    pub(super) movements: Vec<usize>,
}

/// How near in time a row has to be to a movement, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    pub(super) tight_s: i64,
    pub(super) window_s: i64,
}

/// The state of matching.
pub(super) struct Matching<'a> {
    /// In their order.
    rows: &'a [Row],
    /// In their order.
    movements: &'a [Candidate<'a>],
    row_is_free: Vec<bool>,
    movement_is_free: Vec<bool>,
    groups: Vec<Group>,
}

impl<'a> Matching<'a> {
    /// Matches rows and movements, both in their order.
    pub(super) fn groups(
        rows: &'a [Row],
        movements: &'a [Candidate<'a>],
        has_times: bool,
        reach: Reach,
        zone: &jiff::tz::TimeZone,
    ) -> Vec<Group> {
        let mut matching = Self {
            rows,
            movements,
            row_is_free: vec![true; rows.len()],
            movement_is_free: vec![true; movements.len()],
            groups: Vec::new(),
        };
        matching.copies();
        let unmatched = matching.by_ids();
        if has_times {
            matching.by_rule(reach, zone);
        }
        for row in unmatched {
            matching.row_is_free[row] = true;
        }
        matching.rest();
        matching.groups
    }

    /// Rows alike but for the line: the first one counts.
    fn copies(&mut self) {
        let rows = self.rows;
        let mut seen = HashSet::new();
        for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.external_id.is_some()) {
            if !seen.insert(row.content()) {
                self.put(Matched::Duplicate, vec![place], Vec::new());
            }
        }
    }

    fn put(&mut self, matched: Matched, rows: Vec<usize>, movements: Vec<usize>) {
        rows.iter().for_each(|row| self.row_is_free[*row] = false);
        movements.iter().for_each(|movement| self.movement_is_free[*movement] = false);
        self.groups.push(Group { matched, rows, movements });
    }

    fn free_rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.row_is_free.iter().enumerate().filter(|(_, is_free)| **is_free).map(|(row, _)| row)
    }

    /// Movements of the pool that are not used yet.
    fn free_movements(&self) -> impl Iterator<Item = usize> + '_ {
        let all = self.movements.iter().zip(&self.movement_is_free).enumerate();
        all.filter(|(_, (candidate, is_free))| candidate.is_in_pool && **is_free).map(|(place, _)| place)
    }

    fn sum_of_rows(&self, rows: &[usize]) -> Amounts {
        rows.iter().map(|row| self.rows[*row].amounts).sum()
    }

    fn sum_of_movements(&self, movements: &[usize]) -> Amounts {
        movements.iter().map(|movement| self.movements[*movement].amounts).sum()
    }

    /// The places of all movements of each authorization.
    fn by_authorization(&self) -> HashMap<Uuid, Vec<usize>> {
        let mut places: HashMap<Uuid, Vec<usize>> = HashMap::new();
        for (place, candidate) in self.movements.iter().enumerate() {
            places.entry(candidate.movement.id.authorization).or_default().push(place);
        }
        places
    }
}
