//! Which units of a basket a benefit covers by its `pick`, without walking through single units.

use crate::decide::{Entrant, LineAccount, Till};
use crate::document::Pick;
use crate::limits::{AMOUNT_MAX, LINES_MAX};
use crate::money::proportion;
use crate::rules::Refined;
use crate::trace::Recorder;

/// Of each line of the basket, the units that are covered.
#[derive(Debug)]
pub(super) struct Picked(Vec<PickedUnits>);

/// The units of a line that are covered: what remains of it is cut into units of a price and of one minor unit more.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PickedUnits {
    dearer: i64,
    cheaper: i64,
    /// Of a cheaper one.
    price: i64,
    /// What remained of the line as the slot began.
    remaining: i64,
    /// Units in a piece, which is covered whole or not at all; 1 but for what has a price as a whole.
    in_piece: i64,
}

impl PickedUnits {
    /// All that remains of a line, cut into pieces that differ by at most 1.
    fn all_of(account: &LineAccount<'_>) -> Self {
        let (pieces, remaining) = (account.asked.pieces().max(1), account.remaining);
        let dearer = remaining % pieces;
        Self {
            dearer,
            cheaper: pieces - dearer,
            price: remaining / pieces,
            remaining,
            in_piece: account.asked.quantity / pieces,
        }
    }

    pub(super) fn units(&self) -> i64 {
        (self.dearer + self.cheaper) * self.in_piece
    }

    /// What the dearest of them are worth, where others took from the line meanwhile.
    pub(super) fn worth(&self, units: i64, remaining: i64) -> i64 {
        if self.in_piece > 1 {
            return proportion(remaining, units, self.in_piece);
        }
        let sum = units.saturating_mul(self.price).saturating_add(units.min(self.dearer));
        if remaining == self.remaining { sum } else { proportion(sum, remaining, self.remaining) }
    }
}

impl<'a, R: Recorder> Till<'a, R> {
    /// Lays out the units of the lines that a benefit would look at, as its slot begins.
    pub(super) fn pick(&self, entrant: Entrant<'a>, refined: &Refined, pick: Pick) -> Picked {
        let mut picked = vec![PickedUnits::default(); self.lines.len()];
        let mut ranks = Vec::with_capacity(self.lines.len());
        let mut total = 0;
        for line in entrant.candidate.eligible.iter() {
            let account = self.line(line);
            if account.has_nothing_left() || !self.is_open(refined, line) {
                continue;
            }
            let units = PickedUnits::all_of(account);
            if units.dearer > 0 {
                ranks.push(rank(units.price + 1, line));
            }
            ranks.push(rank(units.price, line));
            total += units.dearer + units.cheaper;
            if let Some(place) = picked.get_mut(line) {
                *place = units;
            }
        }
        ranks.sort_unstable();
        let (mut before, mut covered_before) = (0, 0);
        for (amount, line) in ranks.into_iter().map(of_rank) {
            let Some(units) = picked.get_mut(line) else { continue };
            let units = if amount > units.price { &mut units.dearer } else { &mut units.cheaper };
            before += *units;
            let covered = pick.covered(before, total);
            *units = covered - covered_before;
            covered_before = covered;
        }
        Picked(picked)
    }
}

/// As many bits as the lines of a basket are numbered by.
const LINE_BITS: u32 = LINES_MAX.next_power_of_two().trailing_zeros();

/// One number for units of an amount on a line, by which the dearest come first and of one amount those of the first line: a unit costs
/// at most [`AMOUNT_MAX`], which leaves room for both.
fn rank(amount: i64, line: usize) -> u64 {
    (AMOUNT_MAX - amount).unsigned_abs() << LINE_BITS | line as u64
}

/// The amount and the line of a rank.
#[allow(clippy::cast_possible_truncation, reason = "the lower bits are the line")]
fn of_rank(rank: u64) -> (i64, usize) {
    (AMOUNT_MAX - (rank >> LINE_BITS).cast_signed(), (rank & ((1 << LINE_BITS) - 1)) as usize)
}

const _: () = assert!((AMOUNT_MAX as u64) < 1 << (u64::BITS - LINE_BITS), "an amount and a line have room in a rank");

impl Picked {
    pub(super) fn of_line(&self, line: usize) -> Option<&PickedUnits> {
        self.0.get(line)
    }
}
