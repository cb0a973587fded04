//! Rows without ids, found by their terminal, amounts and time.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use smallvec::smallvec;

use super::combine::adding_up;
use super::in_reach::{ByLikeness, Likeness, gathered, pairs};
use super::nearest::Timeline;
use super::{Few, Map, Matched, Matching, Reach, SECOND, micros};
use crate::settlement::reconcile::amounts::Amounts;
use crate::settlement::reconcile::row::Row;
use crate::settlement::reconcile::times::instant;
use crate::settlement::reconcile::watch::Halted;

/// By how much a terminal's clock may be wrong: what is tried where it is not right for all, in this order.
const OFFSETS_S: [i64; 2] = [3_600, -3_600];
/// Rows that may come to one movement.
const ROWS_MAX: usize = 8;
/// Movements that may come to one row.
const MOVEMENTS_MAX: usize = 4;
/// Movements among which those are looked for.
const NEAREST: usize = 12;

/// Rows that are looked for among movements: those of terminals each at its own, or those without one among all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Terminals,
    Everybody,
}

/// One run of the steps over rows of one kind.
struct Run<'r, 'a, 'w> {
    matching: &'r mut Matching<'a, 'w>,
    whose: Whose,
    /// What is added to the times of rows, in microseconds.
    offsets: Map<(Option<u32>, Date), i64>,
    zone: &'r TimeZone,
}

/// When a row took place, as a step sees it; none where the clock skipped it.
type RowTime = fn(&Row, &TimeZone) -> Option<Timestamp>;

impl Matching<'_, '_> {
    /// Rows without ids: those with a terminal against its movements, then those without against all.
    pub(super) fn by_rule(&mut self, reach: Reach, zone: &TimeZone) -> Result<(), Halted> {
        let (tight, window) = (reach.tight_s * SECOND, reach.window_s * SECOND);
        for whose in [Whose::Terminals, Whose::Everybody] {
            let mut run = Run { matching: &mut *self, whose, offsets: Map::default(), zone };
            run.find_offsets(tight)?;
            run.pair(tight, |row, _| row.at)?;
            run.rows_to_one(window)?;
            run.pair(window, |row, _| row.at)?;
            run.pair(tight, |row, zone| moved(row, -1, zone))?;
            run.pair(tight, |row, zone| moved(row, 1, zone))?;
            run.one_to_movements(window)?;
            run.only_each_other(window)?;
        }
        Ok(())
    }
}

/// The same local time so many days later.
fn moved(row: &Row, days: i32, zone: &TimeZone) -> Option<Timestamp> {
    let local = zone.to_datetime(row.at?);
    instant(local.checked_add(days.days()).ok()?, zone)
}

impl Run<'_, '_, '_> {
    /// The rows that are left.
    fn rows(&mut self) -> Result<Vec<usize>, Halted> {
        let wants_terminal = self.whose == Whose::Terminals;
        let mut rows = Vec::new();
        for (row, is_free) in self.matching.row_is_free.iter().enumerate() {
            self.matching.watch.tick()?;
            if *is_free && self.matching.row_terminals[row].is_some() == wants_terminal {
                rows.push(row);
            }
        }
        Ok(rows)
    }

    fn terminal_of_movement(&self, movement: usize) -> Option<u32> {
        (self.whose == Whose::Terminals).then_some(self.matching.movement_terminals[movement])
    }

    fn terminal_of_row(&self, row: usize) -> Option<u32> {
        self.matching.row_terminals[row]
    }

    /// When a row took place, with the offset of its terminal and day.
    fn at(&self, row: usize, time: RowTime) -> Option<i64> {
        let read = &self.matching.rows[row];
        let offset = self.offsets.get(&(self.terminal_of_row(row), read.date)).copied().unwrap_or_default();
        time(read, self.zone).map(|at| micros(at) + offset)
    }

    fn like_row(&self, row: usize) -> Likeness {
        let Row { amounts, is_return, .. } = self.matching.rows[row];
        Likeness { terminal: self.terminal_of_row(row), is_return, amounts }
    }

    /// Free movements with what they are like.
    fn like_movements(&self) -> impl Iterator<Item = (Likeness, i64, usize)> + '_ {
        self.matching.free_movements().map(|place| {
            let candidate = &self.matching.movements[place];
            let (is_return, amounts) = (candidate.is_return, candidate.amounts);
            (Likeness { terminal: self.terminal_of_movement(place), is_return, amounts }, candidate.at, place)
        })
    }

    fn movements_by_likeness(&self) -> ByLikeness {
        gathered(self.like_movements())
    }

    /// Free movements by what counts of what they are like.
    fn timelines(&self, counts: fn(Likeness) -> Likeness) -> Map<Likeness, Timeline> {
        let mut timelines: Map<Likeness, Timeline> = Map::default();
        for (like, at, place) in self.like_movements() {
            timelines.entry(counts(like)).or_default().insert(at, place);
        }
        timelines
    }

    /// For each terminal and day the offset with most pairs.
    fn find_offsets(&mut self, tight: i64) -> Result<(), Halted> {
        let rows = self.rows()?;
        let movements = if rows.is_empty() { ByLikeness::default() } else { self.movements_by_likeness() };
        let mut days: Map<_, Vec<usize>> = Map::default();
        for row in rows {
            days.entry((self.terminal_of_row(row), self.matching.rows[row].date)).or_default().push(row);
        }
        for (day, rows) in days {
            self.matching.watch.tick()?;
            let counted = |offset_s: i64| {
                let at = |row: &usize| self.matching.rows[*row].at.map(|at| micros(at) + offset_s * SECOND);
                let shifted = rows.iter().filter_map(|row| Some((self.like_row(*row), at(row)?, *row)));
                let shifted = gathered(shifted);
                let found =
                    shifted.iter().filter_map(|(like, rows)| Some(pairs(rows, movements.get(like)?, tight).len()));
                found.sum::<usize>()
            };
            let mut best = (0, counted(0));
            if best.1 == rows.len() {
                continue;
            }
            for offset_s in OFFSETS_S {
                let count = counted(offset_s);
                if count > best.1 {
                    best = (offset_s, count);
                }
            }
            if best.0 != 0 {
                self.offsets.insert(day, best.0 * SECOND);
            }
        }
        Ok(())
    }

    /// Pairs of equal amounts within reach.
    fn pair(&mut self, reach: i64, time: RowTime) -> Result<(), Halted> {
        let rows = self.rows()?;
        if rows.is_empty() {
            return Ok(());
        }
        let rows = rows.into_iter().filter_map(|row| Some((self.like_row(row), self.at(row, time)?, row)));
        let (rows, movements) = (gathered(rows), self.movements_by_likeness());
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (like, rows) in &rows {
            found.extend(movements.get(like).map(|movements| pairs(rows, movements, reach)).unwrap_or_default());
        }
        self.put(found)
    }

    /// Puts each row and its movement together.
    fn put(&mut self, mut pairs: Vec<(usize, usize)>) -> Result<(), Halted> {
        pairs.sort_unstable();
        for (row, movement) in pairs {
            self.matching.watch.tick()?;
            self.matching.put(Matched::Same, smallvec![row], smallvec![movement]);
        }
        Ok(())
    }

    /// Several rows of one external id that come to one movement.
    fn rows_to_one(&mut self, window: i64) -> Result<(), Halted> {
        let rows = self.matching.rows;
        let mut by_id: Map<_, Few> = Map::default();
        for row in self.rows()? {
            if let Some(id) = &rows[row].external_id {
                by_id.entry((id, self.terminal_of_row(row), rows[row].is_return)).or_default().push(row);
            }
        }
        let mut sets: Vec<Few> = by_id.into_values().filter(|places| (2..=ROWS_MAX).contains(&places.len())).collect();
        if sets.is_empty() {
            return Ok(());
        }
        sets.sort_unstable();
        let mut movements = self.timelines(|like| like);
        for places in sets {
            self.matching.watch.tick()?;
            let times: Vec<i64> = places.iter().filter_map(|row| self.at(*row, |row, _| row.at)).collect();
            let (Some(first), Some(earliest), Some(latest)) = (times.first(), times.iter().min(), times.iter().max())
            else {
                continue;
            };
            let like = Likeness { amounts: self.matching.sum_of_rows(&places), ..self.like_row(places[0]) };
            let Some(timeline) = movements.get_mut(&like) else { continue };
            let in_reach_of_all = latest - window..=earliest + window;
            if let Some((at, movement)) = timeline.nearest_within(*first, in_reach_of_all) {
                timeline.remove(at, movement);
                self.matching.put(Matched::Same, places, smallvec![movement]);
            }
        }
        Ok(())
    }

    /// Several movements that come to one row.
    fn one_to_movements(&mut self, window: i64) -> Result<(), Halted> {
        let rows = self.rows()?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut timelines = self.timelines(|like| Likeness { amounts: Amounts::default(), ..like });
        for row in rows {
            self.matching.watch.tick()?;
            let Some(at) = self.at(row, |row, _| row.at) else { continue };
            let like = Likeness { amounts: Amounts::default(), ..self.like_row(row) };
            let Some(timeline) = timelines.get_mut(&like) else { continue };
            let in_reach =
                timeline.nearest(at).take_while(|(moved_at, _)| moved_at.abs_diff(at) <= window.unsigned_abs());
            let mut near: Vec<(usize, i64)> =
                in_reach.take(NEAREST).map(|(moved_at, movement)| (movement, moved_at)).collect();
            near.sort_unstable();
            let amounts: Vec<_> =
                near.iter().map(|(movement, _)| (*movement, self.matching.movements[*movement].amounts)).collect();
            let sum = self.matching.rows[row].amounts;
            if let Some(movements) = (2..=MOVEMENTS_MAX).find_map(|count| adding_up(&amounts, count, sum)) {
                for movement in &movements {
                    timeline.remove(self.matching.movements[*movement].at, *movement);
                }
                self.matching.put(Matched::Same, smallvec![row], movements.into());
            }
        }
        Ok(())
    }

    /// Rows and movements that have only each other within the window, whatever their amounts.
    fn only_each_other(&mut self, window: i64) -> Result<(), Halted> {
        let whatever = |like: Likeness| Likeness { amounts: Amounts::default(), ..like };
        let rows = self.rows()?;
        if rows.is_empty() {
            return Ok(());
        }
        let rows = rows.into_iter().filter_map(|row| {
            let at = self.at(row, |row, _| row.at)?;
            Some((whatever(self.like_row(row)), at, row))
        });
        let (rows, movements) =
            (gathered(rows), gathered(self.like_movements().map(|(like, at, place)| (whatever(like), at, place))));
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (like, rows) in &rows {
            let Some(movements) = movements.get(like) else { continue };
            let pairs = rows.iter().filter_map(|(at, row)| {
                let (moved_at, movement) = only(movements, *at, window)?;
                only(rows, moved_at, window).map(|_| (*row, movement))
            });
            found.extend(pairs);
        }
        self.put(found)
    }
}

/// The only one of a list by time that is within a window of a moment.
fn only(places: &[(i64, usize)], at: i64, window: i64) -> Option<(i64, usize)> {
    let first = places.partition_point(|(other, _)| *other < at - window);
    let mut near = places.get(first..)?.iter().take_while(|(other, _)| *other <= at + window);
    match (near.next(), near.next()) {
        (Some(only), None) => Some(*only),
        _ => None,
    }
}
