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

use foldhash::fast::RandomState;
use jiff::Timestamp;
use smallvec::{SmallVec, smallvec};

use super::amounts::{Amounts, Mapped};
use super::row::Row;
use super::watch::{Halted, Watch};
use crate::movement::Direction;
use crate::settlement::movement::PostedMovement;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// What is found by short keys, a million times.
type Map<K, V> = HashMap<K, V, RandomState>;
pub(super) type Set<K> = HashSet<K, RandomState>;

/// Places, mostly one.
pub(super) type Few = SmallVec<[usize; 1]>;

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
    pub(super) rows: Few,
    pub(super) movements: Few,
}

/// How near in time a row has to be to a movement, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    pub(super) tight_s: i64,
    pub(super) window_s: i64,
}

/// The state of matching.
pub(super) struct Matching<'a, 'w> {
    /// In their order.
    rows: &'a [Row],
    /// In their order.
    movements: &'a [Candidate<'a>],
    /// The terminals of rows and of movements, each name by a number.
    row_terminals: Vec<Option<u32>>,
    movement_terminals: Vec<u32>,
    row_is_free: Vec<bool>,
    movement_is_free: Vec<bool>,
    groups: Vec<Group>,
    watch: &'a mut Watch<'w>,
}

impl<'a, 'w> Matching<'a, 'w> {
    /// Matches rows and movements, both in their order.
    pub(super) fn groups(
        (rows, movements): (&'a [Row], &'a [Candidate<'a>]),
        has_times: bool,
        reach: Reach,
        zone: &jiff::tz::TimeZone,
        watch: &'a mut Watch<'w>,
    ) -> Result<Vec<Group>, Halted> {
        let mut numbers: Map<&str, u32> = Map::default();
        let mut number = |name: &'a str| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(name).or_insert(next)
        };
        let mut matching = Self {
            rows,
            movements,
            row_terminals: rows.iter().map(|row| row.terminal.as_deref().map(&mut number)).collect(),
            movement_terminals: movements.iter().map(|candidate| number(&candidate.movement.terminal)).collect(),
            row_is_free: vec![true; rows.len()],
            movement_is_free: vec![true; movements.len()],
            groups: Vec::with_capacity(rows.len()),
            watch,
        };
        matching.copies()?;
        let unmatched = matching.by_ids()?;
        if has_times {
            matching.by_rule(reach, zone)?;
        }
        for row in unmatched {
            matching.row_is_free[row] = true;
        }
        matching.rest()?;
        Ok(matching.groups)
    }

    /// Rows alike but for the line: the first one counts.
    fn copies(&mut self) -> Result<(), Halted> {
        let rows = self.rows;
        let mut seen = Set::default();
        for (place, row) in rows.iter().enumerate().filter(|(_, row)| row.external_id.is_some()) {
            self.watch.tick()?;
            if !seen.insert(row.content()) {
                self.put(Matched::Duplicate, smallvec![place], Few::new());
            }
        }
        Ok(())
    }

    fn put(&mut self, matched: Matched, rows: Few, movements: Few) {
        rows.iter().for_each(|row| self.row_is_free[*row] = false);
        movements.iter().for_each(|movement| self.movement_is_free[*movement] = false);
        self.watch.settled(rows.len());
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
}
