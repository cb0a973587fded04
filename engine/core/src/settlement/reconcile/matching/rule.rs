//! Rows without ids, found by their terminal, amounts and time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::combine::adding_up;
use super::in_reach::{ByLikeness, Likeness, gathered, pairs};
use super::{Matched, Matching, Reach, SECOND, micros};
use crate::settlement::reconcile::row::Row;
use crate::settlement::reconcile::times::instant;

/// By how much a terminal's clock may be wrong: what is tried, in this order.
const OFFSETS_S: [i64; 3] = [0, 3_600, -3_600];
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
struct Run<'r, 'a> {
    matching: &'r mut Matching<'a>,
    whose: Whose,
    /// What is added to the times of rows, in microseconds.
    offsets: HashMap<(Option<&'a str>, jiff::civil::Date), i64>,
    zone: &'r TimeZone,
}

/// Movements, each list by time, by terminal where it counts and by whether they are returns.
type ByTime<'a> = HashMap<(Option<&'a str>, bool), Vec<(i64, usize)>>;

/// When a row took place, as a step sees it; none where the clock skipped it.
type RowTime = fn(&Row, &TimeZone) -> Option<Timestamp>;

impl Matching<'_> {
    /// Rows without ids: those with a terminal against its movements, then those without against all.
    pub(super) fn by_rule(&mut self, reach: Reach, zone: &TimeZone) {
        let (tight, window) = (reach.tight_s * SECOND, reach.window_s * SECOND);
        for whose in [Whose::Terminals, Whose::Everybody] {
            let mut run = Run { matching: &mut *self, whose, offsets: HashMap::new(), zone };
            run.find_offsets(tight);
            run.pair(tight, |row, _| row.at);
            run.rows_to_one(window);
            run.pair(window, |row, _| row.at);
            run.pair(tight, |row, zone| moved(row, -1, zone));
            run.pair(tight, |row, zone| moved(row, 1, zone));
            run.one_to_movements(window);
            run.only_each_other(window);
        }
    }
}

/// The same local time so many days later.
fn moved(row: &Row, days: i32, zone: &TimeZone) -> Option<Timestamp> {
    let local = zone.to_datetime(row.at?);
    instant(local.checked_add(days.days()).ok()?, zone)
}

impl<'a> Run<'_, 'a> {
    fn rows(&self) -> Vec<usize> {
        let wants_terminal = self.whose == Whose::Terminals;
        let rows = self.matching.rows;
        self.matching.free_rows().filter(|row| rows[*row].terminal.is_some() == wants_terminal).collect()
    }

    fn terminal_of_movement(&self, movement: usize) -> Option<&'a str> {
        let movements = self.matching.movements;
        (self.whose == Whose::Terminals).then_some(&*movements[movement].movement.terminal)
    }

    fn terminal_of_row(&self, row: usize) -> Option<&'a str> {
        self.matching.rows[row].terminal.as_deref()
    }

    /// When a row took place, with the offset of its terminal and day.
    fn at(&self, row: usize, time: RowTime) -> Option<i64> {
        let read = &self.matching.rows[row];
        let offset = self.offsets.get(&(self.terminal_of_row(row), read.date)).copied().unwrap_or_default();
        time(read, self.zone).map(|at| micros(at) + offset)
    }

    fn like_row(&self, row: usize) -> Likeness<'a> {
        let Row { amounts, is_return, .. } = self.matching.rows[row];
        Likeness { terminal: self.terminal_of_row(row), is_return, amounts }
    }

    fn movements_by_likeness(&self) -> ByLikeness<'a> {
        gathered(self.matching.free_movements().map(|place| {
            let candidate = &self.matching.movements[place];
            let (is_return, amounts) = (candidate.is_return, candidate.amounts);
            (Likeness { terminal: self.terminal_of_movement(place), is_return, amounts }, candidate.at, place)
        }))
    }

    /// For each terminal and day the offset with most pairs.
    fn find_offsets(&mut self, tight: i64) {
        let movements = self.movements_by_likeness();
        let mut days: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for row in self.rows() {
            days.entry((self.terminal_of_row(row), self.matching.rows[row].date)).or_default().push(row);
        }
        for (day, rows) in days {
            let counted = |offset_s: i64| {
                let at = |row: &usize| self.matching.rows[*row].at.map(|at| micros(at) + offset_s * SECOND);
                let shifted = rows.iter().filter_map(|row| Some((self.like_row(*row), at(row)?, *row)));
                let shifted = gathered(shifted);
                let found =
                    shifted.iter().filter_map(|(like, rows)| Some(pairs(rows, movements.get(like)?, tight).len()));
                found.sum::<usize>()
            };
            let mut best = (0, counted(0));
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
    }

    /// Pairs of equal amounts within reach.
    fn pair(&mut self, reach: i64, time: RowTime) {
        let rows = self.rows().into_iter().filter_map(|row| Some((self.like_row(row), self.at(row, time)?, row)));
        let (rows, movements) = (gathered(rows), self.movements_by_likeness());
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (like, rows) in &rows {
            found.extend(movements.get(like).map(|movements| pairs(rows, movements, reach)).unwrap_or_default());
        }
        found.sort_unstable();
        found.into_iter().for_each(|(row, movement)| self.matching.put(Matched::Same, vec![row], vec![movement]));
    }

    /// Free movements by direction and, where it counts, terminal; each list by time.
    fn movements_by_time(&self) -> ByTime<'a> {
        let mut by_time = ByTime::new();
        for place in self.matching.free_movements() {
            let candidate = &self.matching.movements[place];
            by_time
                .entry((self.terminal_of_movement(place), candidate.is_return))
                .or_default()
                .push((candidate.at, place));
        }
        by_time.values_mut().for_each(|places| places.sort_unstable());
        by_time
    }

    /// Several rows of one external id that come to one movement.
    fn rows_to_one(&mut self, window: i64) {
        let rows = self.matching.rows;
        let mut by_id: HashMap<_, Vec<usize>> = HashMap::new();
        for row in self.rows() {
            if let Some(id) = &rows[row].external_id {
                by_id.entry((id, self.terminal_of_row(row), rows[row].is_return)).or_default().push(row);
            }
        }
        let mut sets: Vec<Vec<usize>> =
            by_id.into_values().filter(|places| (2..=ROWS_MAX).contains(&places.len())).collect();
        sets.sort_unstable();
        let movements = self.movements_by_likeness();
        for places in sets {
            let times: Vec<i64> = places.iter().filter_map(|row| self.at(*row, |row, _| row.at)).collect();
            let (Some(first), amounts) = (times.first(), self.matching.sum_of_rows(&places)) else { continue };
            let like = Likeness { amounts, ..self.like_row(places[0]) };
            let in_reach = movements.get(&like).into_iter().flatten().filter(|(at, movement)| {
                self.matching.movement_is_free[*movement] && times.iter().all(|time| (time - at).abs() <= window)
            });
            if let Some((_, movement)) = in_reach.min_by_key(|(at, movement)| ((first - at).abs(), *movement)) {
                self.matching.put(Matched::Same, places, vec![*movement]);
            }
        }
    }

    /// Several movements that come to one row.
    fn one_to_movements(&mut self, window: i64) {
        let by_time = self.movements_by_time();
        for row in self.rows() {
            let Some(at) = self.at(row, |row, _| row.at) else { continue };
            let key = (self.terminal_of_row(row), self.matching.rows[row].is_return);
            let mut near: Vec<(i64, usize)> = within(by_time.get(&key), at, window)
                .filter(|(_, movement)| self.matching.movement_is_free[*movement])
                .map(|(moved_at, movement)| ((at - moved_at).abs(), movement))
                .collect();
            near.sort_unstable();
            near.truncate(NEAREST);
            let mut places: Vec<usize> = near.into_iter().map(|(_, movement)| movement).collect();
            places.sort_unstable();
            let amounts: Vec<_> =
                places.into_iter().map(|movement| (movement, self.matching.movements[movement].amounts)).collect();
            let sum = self.matching.rows[row].amounts;
            if let Some(movements) = (2..=MOVEMENTS_MAX).find_map(|count| adding_up(&amounts, count, sum)) {
                self.matching.put(Matched::Same, vec![row], movements);
            }
        }
    }

    /// Rows and movements that have only each other within the window, whatever their amounts.
    fn only_each_other(&mut self, window: i64) {
        let by_time = self.movements_by_time();
        let mut rows_of: HashMap<usize, BTreeSet<usize>> = HashMap::new();
        let mut only: Vec<(usize, usize)> = Vec::new();
        for row in self.rows() {
            let Some(at) = self.at(row, |row, _| row.at) else { continue };
            let key = (self.terminal_of_row(row), self.matching.rows[row].is_return);
            let mut near = within(by_time.get(&key), at, window).map(|(_, movement)| movement).peekable();
            let first = near.next();
            if let (Some(movement), None) = (first, near.peek()) {
                only.push((row, movement));
            }
            first.into_iter().chain(near).for_each(|movement| {
                rows_of.entry(movement).or_default().insert(row);
            });
        }
        only.retain(|(_, movement)| rows_of.get(movement).is_some_and(|rows| rows.len() == 1));
        only.into_iter().for_each(|(row, movement)| self.matching.put(Matched::Same, vec![row], vec![movement]));
    }
}

/// Those within a window of a moment, of a list by time.
fn within(movements: Option<&Vec<(i64, usize)>>, at: i64, window: i64) -> impl Iterator<Item = (i64, usize)> + '_ {
    let movements = movements.map(Vec::as_slice).unwrap_or_default();
    let first = movements.partition_point(|(moved_at, _)| *moved_at < at - window);
    let from_first = movements.get(first..).unwrap_or_default();
    from_first.iter().copied().take_while(move |(moved_at, _)| *moved_at <= at + window)
}
