//! What is left of a line, and what some of its units are worth.

use std::collections::HashMap;

use crate::authorization::{Authorization, FrozenLine, Move, Refusal, UnitsOfLine};
use crate::money::{proportion, split};

/// What is left of a line after the operations on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// Units that are held or sold and not given back.
    pub units: i64,
    /// Of each part of the line: what is due, then each tender of points, then each funding entry.
    pub parts: Vec<i64>,
    /// The place of the first funding entry among the parts.
    first_entry: usize,
    /// Of each discount, the units that it covers.
    pub covered: Vec<i64>,
    /// What was refunded: the first units of a line are worth the floor of their share, later ones what that leaves.
    refunded: Refunded,
}

/// What the refunds that stand gave back of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refunded {
    units: i64,
    gross: i64,
    covered: Vec<i64>,
}

impl Remaining {
    pub(super) const NOTHING: Self = {
        let refunded = Refunded { units: 0, gross: 0, covered: Vec::new() };
        Self { units: 0, parts: Vec::new(), first_entry: 1, covered: Vec::new(), refunded }
    };

    /// What is left of what is payable: due, and paid by points.
    pub fn payable(&self) -> i64 {
        self.parts.iter().take(self.first_entry).sum()
    }

    /// What is left of what is paid in money.
    pub fn due(&self) -> i64 {
        self.parts.first().copied().unwrap_or_default()
    }

    /// What is left of each tender of points, in listed order.
    pub(crate) fn tendered(&self) -> &[i64] {
        self.parts.get(1..self.first_entry).unwrap_or_default()
    }

    /// What is left of each funding entry, in listed order.
    pub(crate) fn funded(&self) -> &[i64] {
        self.parts.get(self.first_entry..).unwrap_or_default()
    }

    /// Units that were given back.
    pub(crate) fn refunded_units(&self) -> i64 {
        self.refunded.units
    }

    pub(super) fn whole(line: &FrozenLine) -> Self {
        let covered = line.covered();
        let refunded = Refunded { units: 0, gross: 0, covered: vec![0; covered.len()] };
        Self { units: line.quantity, parts: line.parts(), first_entry: line.first_entry(), covered, refunded }
    }

    /// Sets everything to zero.
    pub(super) fn clear(&mut self) {
        self.units = 0;
        self.parts.fill(0);
        self.covered.fill(0);
    }

    /// Leaves what a capture names.
    pub(super) fn capture(&mut self, moved: &Move) {
        self.units = moved.units;
        self.parts.clone_from(&moved.parts);
        self.covered.clone_from(&moved.covered);
    }

    /// Takes away what is refunded, or with `sign` -1 puts back what a refund took.
    pub(super) fn refund(&mut self, moved: &Move, sign: i64) {
        let subtract = |left: &mut [i64], moved: &[i64], sign: i64| {
            left.iter_mut().zip(moved).for_each(|(left, moved)| *left -= sign * moved);
        };
        self.units -= sign * moved.units;
        subtract(&mut self.parts, &moved.parts, sign);
        subtract(&mut self.covered, &moved.covered, sign);
        self.refunded.units += sign * moved.units;
        self.refunded.gross += sign * moved.parts.iter().sum::<i64>();
        subtract(&mut self.refunded.covered, &moved.covered, -sign);
    }

    /// What so many more units of the line are worth: the floor of the gross of the first k units in all, less what moved
    /// before, split over the parts in proportion to what is left of each.
    fn share(&self, place: usize, line: &FrozenLine, units: i64) -> Move {
        let (before, gross) = (&self.refunded, line.decided.gross);
        let first = before.units + units;
        let most: i64 = self.parts.iter().sum();
        let gross = (proportion(gross, first, line.quantity) - before.gross).clamp(0, most);
        let covered = line.decided.discounts.iter().zip(&before.covered).zip(&self.covered);
        let covered = covered.map(|((discount, before), left)| {
            (proportion(discount.units, first, line.quantity) - before).clamp(0, *left)
        });
        Move { line: place, units, covered: covered.collect(), parts: split(gross, &self.parts).into_vec() }
    }
}

impl Authorization {
    /// The moves of units that are named, or of everything if none are.
    pub(super) fn moves(&self, named: &[UnitsOfLine]) -> Result<Vec<Move>, Refusal> {
        if named.is_empty() {
            return Ok(self.everything());
        }
        let places: HashMap<&str, usize> =
            self.lines.iter().enumerate().map(|(place, line)| (&*line.decided.line_id, place)).collect();
        let one = |(place, named): (usize, &UnitsOfLine)| {
            let line = places.get(&*named.line_id).and_then(|line| Some((*line, self.lines.get(*line)?)));
            let (line, frozen) = line.ok_or(Refusal::UnknownLine { place })?;
            let left = self.left(line);
            if named.units > left.units {
                return Err(Refusal::TooManyUnits { place, left: left.units });
            }
            Ok(left.share(line, frozen, named.units))
        };
        named.iter().enumerate().map(one).collect()
    }

    /// All that is left of every line.
    pub(super) fn everything(&self) -> Vec<Move> {
        let rest = self.balance.lines().iter().enumerate().filter(|(_, left)| left.units > 0);
        let moved = |(line, left): (usize, &Remaining)| Move {
            line,
            units: left.units,
            parts: left.parts.clone(),
            covered: left.covered.clone(),
        };
        rest.map(moved).collect()
    }
}
