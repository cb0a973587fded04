//! Which units of a basket a benefit covers by its `pick`, without walking through single units.

use std::cmp::Reverse;

use crate::decide::{Entrant, LineAccount, Till};
use crate::document::Pick;
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
    pub(super) fn units(self) -> i64 {
        (self.dearer + self.cheaper) * self.in_piece
    }

    /// What the dearest of them are worth, where others took from the line meanwhile.
    pub(super) fn worth(self, units: i64, remaining: i64) -> i64 {
        if self.in_piece > 1 {
            return proportion(remaining, units, self.in_piece);
        }
        let sum = units.saturating_mul(self.price).saturating_add(units.min(self.dearer));
        if remaining == self.remaining { sum } else { proportion(sum, remaining, self.remaining) }
    }
}

/// Units of one line and one amount.
struct Run {
    amount: i64,
    line: usize,
    units: i64,
}

impl<'a, R: Recorder> Till<'a, R> {
    /// Lays out the units of the lines that a benefit would look at, as its slot begins.
    pub(super) fn pick(&self, entrant: Entrant<'a>, refined: &Refined, pick: Pick) -> Picked {
        let looked_at =
            |line: &usize| !self.line(*line).has_nothing_left() && self.holds_back(entrant, refined, *line).is_none();
        let lines: Vec<usize> = entrant.candidate.eligible.iter().filter(looked_at).collect();
        let mut runs: Vec<Run> = lines.iter().flat_map(|line| runs(*line, self.line(*line))).collect();
        runs.sort_unstable_by_key(|run| (Reverse(run.amount), run.line));
        let total = runs.iter().map(|run| run.units).sum();
        let mut picked = vec![PickedUnits::default(); self.lines.len()];
        let mut before = 0;
        let mut covered_before = 0;
        for run in runs {
            before += run.units;
            let covered = pick.covered(before, total);
            if let Some(units) = picked.get_mut(run.line) {
                let account = self.line(run.line);
                units.remaining = account.remaining;
                units.price = account.remaining / account.asked.pieces().max(1);
                units.in_piece = account.asked.quantity / account.asked.pieces().max(1);
                let of_run = covered - covered_before;
                if run.amount > units.price { units.dearer += of_run } else { units.cheaper += of_run }
            }
            covered_before = covered;
        }
        Picked(picked)
    }
}

impl Picked {
    pub(super) fn of_line(&self, line: usize) -> PickedUnits {
        self.0.get(line).copied().unwrap_or_default()
    }
}

/// What remains of a line, cut into pieces that differ by at most 1.
fn runs(line: usize, account: &LineAccount<'_>) -> impl Iterator<Item = Run> {
    let pieces = account.asked.pieces().max(1);
    let (price, dearer) = (account.remaining / pieces, account.remaining % pieces);
    let runs = [Run { amount: price + 1, line, units: dearer }, Run { amount: price, line, units: pieces - dearer }];
    runs.into_iter().filter(|run| run.units > 0)
}
