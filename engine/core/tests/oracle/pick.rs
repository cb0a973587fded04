//! Which units a benefit covers by its `pick` (4.5a), unit by unit.

use std::cmp::Reverse;

use serde_json::Value;

use super::lines::{self, Line};
use super::{Case, discount, eligibility};

/// The amounts of the covered units of a line, the dearest first; `None` without a `pick`.
pub(crate) fn units(case: &Case, benefit: &Value, lines: &[Line], place: usize) -> Option<Vec<i128>> {
    let pick = &benefit["pick"];
    if pick.is_null() {
        return None;
    }
    // "sorted by amount descending, ties in line order"
    let mut laid_out: Vec<(usize, i128)> = (0..lines.len()).flat_map(|at| laid_out(case, benefit, lines, at)).collect();
    laid_out.sort_by_key(|(at, amount)| (Reverse(*amount), *at));
    // "and cut into groups of `every` (absent: one group; a last group that is not full is left out where `skip` is 0)"
    let number = |field: &str| pick[field].as_u64().map(|number| usize::try_from(number).unwrap());
    let skip = number("skip").unwrap_or(0);
    let every = number("every").unwrap_or(laid_out.len().max(1));
    let groups = laid_out.chunks(every).filter(|group| skip > 0 || group.len() == every);
    // "Of each group the first `skip` units are not covered and of the others the first `take` (absent: all) are."
    let covered = groups.flat_map(|group| group.iter().skip(skip).take(number("take").unwrap_or(usize::MAX)));
    Some(covered.filter(|(at, _)| *at == place).map(|(_, amount)| *amount).collect())
}

/// "of a line with quantity Q and remaining R as the slot begins, `R mod Q` units at `floor(R/Q)+1` and the others at
/// `floor(R/Q)`", if the benefit "is eligible for and would look at" the line, "companion and limit bounds aside".
fn laid_out(case: &Case, benefit: &Value, lines: &[Line], place: usize) -> Vec<(usize, i128)> {
    let line = &lines[place];
    let looked_at = eligibility::is_eligible(case, benefit, line.line)
        && (line.gross == 0 || line.at_slot_start > 0)
        && !discount::is_touched(benefit, line.gross, line.at_slot_start)
        && discount::is_at_least_reached(benefit, lines);
    if !looked_at {
        return vec![];
    }
    // 5, of a line with `price`: "one piece for … `pick`"
    if lines::is_one_piece(line.line) {
        return vec![(place, line.at_slot_start)];
    }
    let unit = |unit: i128| line.at_slot_start / line.quantity + i128::from(unit < line.at_slot_start % line.quantity);
    (0..line.quantity).map(|number| (place, unit(number))).collect()
}

/// "X is the sum S of the amounts of the dearest `covered` ones of them; where other benefits of the slot took from the line
/// meanwhile, `floor(S * R / R0)`, R0 being what remained as the slot began."
pub(crate) fn worth(picked: &[i128], covered: i128, line: &Line) -> i128 {
    let sum: i128 = picked.iter().take(usize::try_from(covered).unwrap()).sum();
    if line.remaining == line.at_slot_start { sum } else { sum * line.remaining / line.at_slot_start }
}
