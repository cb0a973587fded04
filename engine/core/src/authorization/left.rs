//! What is left of a line, and what some of its units are worth.

use crate::authorization::{Authorization, FrozenLine, Move, OperationKind, Refusal, UnitsOfLine};
use crate::money::{proportion, split};

/// What is left of a line after the operations on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Units that are held or sold and not given back.
    pub units: i64,
    /// Of each part of the line: what is payable, then each funding entry.
    pub parts: Vec<i64>,
    /// Of each discount, the units that it covers.
    pub covered: Vec<i64>,
}

impl Left {
    fn whole(line: &FrozenLine) -> Self {
        Self { units: line.quantity, parts: line.parts(), covered: line.covered() }
    }

    fn nothing(line: &FrozenLine) -> Self {
        let zeros = |count| vec![0; count];
        Self { units: 0, parts: zeros(line.parts().len()), covered: zeros(line.decided.discounts.len()) }
    }

    fn without(mut self, moved: &Move) -> Self {
        let subtract = |left: &mut Vec<i64>, moved: &[i64]| {
            left.iter_mut().zip(moved).for_each(|(left, moved)| *left -= moved);
        };
        self.units -= moved.units;
        subtract(&mut self.parts, &moved.parts);
        subtract(&mut self.covered, &moved.covered);
        self
    }
}

/// What moved before: the first units of a line are worth the floor of their share, later ones what that leaves.
struct MovedBefore {
    units: i64,
    gross: i64,
    covered: Vec<i64>,
}

impl Authorization {
    /// What is left of a line, by its place; nothing of one that is not there.
    pub fn left(&self, line: usize) -> Left {
        let Some(frozen) = self.lines.get(line) else { return Left { units: 0, parts: vec![], covered: vec![] } };
        if self.reversed {
            return Left::nothing(frozen);
        }
        self.standing_operations().fold(Left::whole(frozen), |left, operation| {
            let moved = operation.moves.iter().find(|moved| moved.line == line);
            match (operation.kind, moved) {
                (OperationKind::Capture, Some(moved)) => {
                    Left { units: moved.units, parts: moved.parts.clone(), covered: moved.covered.clone() }
                }
                // What a capture does not name is released; what is called off or expires is gone.
                (OperationKind::Capture | OperationKind::Void | OperationKind::Expiry, _) => Left::nothing(frozen),
                (OperationKind::Refund, Some(moved)) => left.without(moved),
                (OperationKind::Refund, None) => left,
            }
        })
    }

    /// The moves of units that are named, or of everything if none are.
    pub(super) fn moves(&self, named: &[UnitsOfLine]) -> Result<Vec<Move>, Refusal> {
        if named.is_empty() {
            return Ok(self.everything());
        }
        let one = |(place, named): (usize, &UnitsOfLine)| {
            let line = self.lines.iter().position(|line| line.decided.line_id == named.line_id);
            let line = line.ok_or(Refusal::UnknownLine { place })?;
            let left = self.left(line).units;
            if named.units > left {
                return Err(Refusal::TooManyUnits { place, left });
            }
            Ok(self.share(line, named.units))
        };
        named.iter().enumerate().map(one).collect()
    }

    /// All that is left of every line.
    pub(super) fn everything(&self) -> Vec<Move> {
        let left = (0..self.lines.len()).map(|line| (line, self.left(line)));
        let rest = left.filter(|(_, left)| left.units > 0);
        rest.map(|(line, left)| Move { line, units: left.units, parts: left.parts, covered: left.covered }).collect()
    }

    /// What so many more units of a line are worth: the floor of the gross of the first k units in all, less what moved
    /// before, split over the parts in proportion to what is left of each.
    fn share(&self, line: usize, units: i64) -> Move {
        let left = self.left(line);
        let Some(frozen) = self.lines.get(line) else {
            return Move { line, units: 0, parts: Vec::new(), covered: Vec::new() };
        };
        let before = self.refunded(line, frozen.decided.discounts.len());
        let first = before.units + units;
        let most: i64 = left.parts.iter().sum();
        let gross = (proportion(frozen.decided.gross, first, frozen.quantity) - before.gross).clamp(0, most);
        let covered = frozen.decided.discounts.iter().zip(&before.covered).zip(&left.covered);
        let covered = covered.map(|((discount, before), left)| {
            (proportion(discount.units, first, frozen.quantity) - before).clamp(0, *left)
        });
        Move { line, units, covered: covered.collect(), parts: split(gross, &left.parts) }
    }

    fn refunded(&self, line: usize, discounts: usize) -> MovedBefore {
        let refunds = self.standing_operations().filter(|operation| operation.kind == OperationKind::Refund);
        let moves = refunds.flat_map(|refund| &refund.moves).filter(|moved| moved.line == line);
        let mut before = MovedBefore { units: 0, gross: 0, covered: vec![0; discounts] };
        for moved in moves {
            before.units += moved.units;
            before.gross += moved.parts.iter().sum::<i64>();
            before.covered.iter_mut().zip(&moved.covered).for_each(|(before, moved)| *before += moved);
        }
        before
    }
}
