//! A slow reading of settlement 4.2 and 4.3: who belongs to whom, by looking at everything again for each step.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use crate::shop::zone;

/// Gross, discount, payable; which of them are mapped is the same for all.
pub(crate) type Amounts = [i64; 3];

/// A good row of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) at: Timestamp,
    pub(crate) external_id: Option<String>,
    pub(crate) amounts: Amounts,
    pub(crate) terminal: Option<&'static str>,
    pub(crate) request: Option<u128>,
    pub(crate) authorizations: Vec<u128>,
    pub(crate) line: u64,
}

/// A movement, as far as it is matched by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moved {
    pub(crate) at: Timestamp,
    pub(crate) authorization: u128,
    pub(crate) number: i64,
    pub(crate) request: u128,
    pub(crate) terminal: &'static str,
    pub(crate) amounts: Amounts,
    pub(crate) business: Date,
}

/// How a file is held against the ledger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) from: Date,
    pub(crate) until: Date,
    pub(crate) tight: i64,
    pub(crate) window: i64,
    pub(crate) tolerance: i64,
    pub(crate) mapped: [bool; 3],
}

/// A group of rows and movements, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) status: &'static str,
    pub(crate) lines: BTreeSet<u64>,
    pub(crate) movements: BTreeSet<String>,
}

fn is_return(amounts: Amounts) -> bool {
    amounts.iter().any(|amount| *amount < 0)
}

pub(crate) fn date_of(at: Timestamp) -> Date {
    zone().to_datetime(at).date()
}

/// The same local time some days later.
pub(crate) fn days_later(at: Timestamp, days: i64) -> Timestamp {
    let local = zone().to_datetime(at).checked_add(Span::new().days(days)).unwrap();
    zone().to_timestamp(local).unwrap()
}

fn seconds(later: Timestamp, earlier: Timestamp) -> i64 {
    later.as_second() - earlier.as_second()
}

pub(crate) struct Matching<'w> {
    manner: Manner,
    rows: Vec<&'w Row>,
    movements: Vec<&'w Moved>,
    /// Where the clock of the row's terminal was on its day.
    offsets: Vec<i64>,
    row_done: Vec<bool>,
    movement_done: Vec<bool>,
    groups: Vec<(Vec<usize>, Vec<usize>)>,
    duplicates: Vec<usize>,
    cancelled: Vec<(Vec<usize>, Vec<usize>)>,
}

/// What is found, in no order of meaning.
pub(crate) fn found(rows: &[Row], movements: &[Moved], manner: Manner) -> Vec<Found> {
    let mut matching = Matching::new(rows, movements, manner);
    matching.copies();
    matching.ids();
    for with_terminal in [true, false] {
        matching.rule(with_terminal);
    }
    matching.rest();
    matching.told()
}

impl<'w> Matching<'w> {
    fn new(rows: &'w [Row], movements: &'w [Moved], manner: Manner) -> Self {
        let near = |date: Date| manner.from.yesterday().unwrap() <= date && date <= manner.until;
        let mut rows: Vec<&Row> = rows.iter().filter(|row| near(date_of(row.at))).collect();
        rows.sort();
        let mut movements: Vec<&Moved> = movements.iter().collect();
        movements.sort();
        let (offsets, row_done, movement_done) =
            (vec![0; rows.len()], vec![false; rows.len()], vec![false; movements.len()]);
        let (groups, duplicates, cancelled) = (Vec::new(), Vec::new(), Vec::new());
        Self { manner, rows, movements, offsets, row_done, movement_done, groups, duplicates, cancelled }
    }

    fn in_pool(&self, movement: usize) -> bool {
        let date = date_of(self.movements[movement].at);
        self.manner.from.yesterday().unwrap() <= date && date <= self.manner.until
    }

    fn equal(&self, left: Amounts, right: Amounts) -> bool {
        (0..3).all(|place| !self.manner.mapped[place] || left[place] == right[place])
    }

    fn of_rows(&self, rows: &[usize]) -> Amounts {
        rows.iter().fold([0; 3], |sum, row| added(sum, self.rows[*row].amounts))
    }

    fn of_movements(&self, movements: &[usize]) -> Amounts {
        movements.iter().fold([0; 3], |sum, movement| added(sum, self.movements[*movement].amounts))
    }

    fn join(&mut self, rows: Vec<usize>, movements: Vec<usize>) {
        for row in &rows {
            assert!(!std::mem::replace(&mut self.row_done[*row], true));
        }
        for movement in &movements {
            assert!(!std::mem::replace(&mut self.movement_done[*movement], true));
        }
        self.groups.push((rows, movements));
    }

    fn duplicate(&mut self, row: usize) {
        self.row_done[row] = true;
        self.duplicates.push(row);
    }

    fn copies(&mut self) {
        for row in 1..self.rows.len() {
            let (this, before) = (self.rows[row], self.rows[row - 1]);
            let alike = Row { line: before.line, ..this.clone() } == *before;
            if alike && this.external_id.is_some() {
                self.duplicate(row);
            }
        }
    }

    fn ids(&mut self) {
        for movement in (0..self.movements.len()).filter(|movement| self.in_pool(*movement)).collect::<Vec<_>>() {
            let made = self.movements[movement];
            let rows =
                self.left(|row| row.request == Some(made.request) && is_return(row.amounts) == is_return(made.amounts));
            if !rows.is_empty() {
                self.bucket(rows, vec![movement]);
            }
        }
        for direction in [false, true] {
            self.buckets(direction);
        }
    }

    /// The authorizations that a row names and that are known; of a request, its own.
    fn named(&self, row: &Row) -> BTreeSet<u128> {
        let all = self.movements.iter();
        all.filter(|movement| {
            row.request == Some(movement.request) || row.authorizations.contains(&movement.authorization)
        })
        .map(|movement| movement.authorization)
        .collect()
    }

    /// Rows of a direction that share an authorization, against its movements of that direction.
    fn buckets(&mut self, direction: bool) {
        let mut known = self.left(|row| is_return(row.amounts) == direction && !self.named(row).is_empty());
        while let Some(first) = known.first().copied() {
            let (mut rows, mut named) = (BTreeSet::from([first]), self.named(self.rows[first]));
            let shares = |row: usize, named: &BTreeSet<u128>| !named.is_disjoint(&self.named(self.rows[row]));
            while let Some(next) = known.iter().find(|row| !rows.contains(*row) && shares(**row, &named)) {
                rows.insert(*next);
                named.extend(self.named(self.rows[*next]));
            }
            known.retain(|row| !rows.contains(row));
            let mut movements = self.of_named(&named, direction);
            if !movements.is_empty() {
                movements.retain(|movement| !self.movement_done[*movement]);
                self.bucket(rows.into_iter().collect(), movements);
            }
        }
    }

    /// The movements of these authorizations in this direction: of the pool, or all where it has none.
    fn of_named(&self, named: &BTreeSet<u128>, direction: bool) -> Vec<usize> {
        let all: Vec<usize> = (0..self.movements.len())
            .filter(|movement| {
                let moved = self.movements[*movement];
                named.contains(&moved.authorization) && is_return(moved.amounts) == direction
            })
            .collect();
        let pool: Vec<usize> = all.iter().copied().filter(|movement| self.in_pool(*movement)).collect();
        if pool.is_empty() { all } else { pool }
    }

    fn bucket(&mut self, rows: Vec<usize>, movements: Vec<usize>) {
        let adds_up = self.equal(self.of_rows(&rows), self.of_movements(&movements));
        if rows.len() != movements.len() && !movements.is_empty() && adds_up {
            return self.join(rows, movements);
        }
        let mut alone = Vec::new();
        for row in rows {
            let this = self.rows[row];
            let free = movements.iter().copied().filter(|movement| !self.movement_done[*movement]);
            let equal = free.filter(|movement| self.equal(this.amounts, self.movements[*movement].amounts));
            let nearest =
                equal.min_by_key(|movement| (seconds(this.at, self.movements[*movement].at).abs(), *movement));
            match nearest {
                Some(movement) => self.join(vec![row], vec![movement]),
                None => alone.push(row),
            }
        }
        let left: Vec<usize> = movements.into_iter().filter(|movement| !self.movement_done[*movement]).collect();
        if !alone.is_empty() && !left.is_empty() {
            self.join(alone, left);
        } else {
            alone.into_iter().for_each(|row| self.duplicate(row));
        }
    }

    fn left(&self, is_meant: impl Fn(&Row) -> bool) -> Vec<usize> {
        (0..self.rows.len()).filter(|row| !self.row_done[*row] && is_meant(self.rows[*row])).collect()
    }

    fn open_rows(&self, with_terminal: bool) -> Vec<usize> {
        self.left(|row| {
            row.request.is_none() && row.authorizations.is_empty() && row.terminal.is_some() == with_terminal
        })
    }

    /// Whether row and movement may be one: direction, terminal, not used, in the pool.
    fn may_be(&self, row: usize, movement: usize) -> bool {
        let (this, moved) = (self.rows[row], self.movements[movement]);
        !self.movement_done[movement]
            && self.in_pool(movement)
            && is_return(this.amounts) == is_return(moved.amounts)
            && this.terminal.is_none_or(|terminal| terminal == moved.terminal)
    }

    fn clock(&self, row: usize) -> Timestamp {
        Timestamp::from_second(self.rows[row].at.as_second() + self.offsets[row]).unwrap()
    }

    fn apart(&self, row: usize, movement: usize) -> i64 {
        seconds(self.clock(row), self.movements[movement].at).abs()
    }

    fn rule(&mut self, with_terminal: bool) {
        self.find_offsets(with_terminal);
        self.pair(with_terminal, self.manner.tight, 0);
        self.several_rows(with_terminal);
        self.pair(with_terminal, self.manner.window, 0);
        self.pair(with_terminal, self.manner.tight, -1);
        self.pair(with_terminal, self.manner.tight, 1);
        self.several_movements(with_terminal);
        self.only_each_other(with_terminal);
    }

    fn find_offsets(&mut self, with_terminal: bool) {
        let mut places: BTreeMap<(Option<&str>, Date), Vec<usize>> = BTreeMap::new();
        for row in self.open_rows(with_terminal) {
            places.entry((self.rows[row].terminal, date_of(self.rows[row].at))).or_default().push(row);
        }
        for rows in places.into_values() {
            let mut best = (0, 0);
            for offset in [0, 3600, -3600] {
                rows.iter().for_each(|row| self.offsets[*row] = offset);
                let pairs = self.pairs(&rows, self.manner.tight, 0).len();
                if pairs > best.0 {
                    best = (pairs, offset);
                }
            }
            rows.iter().for_each(|row| self.offsets[*row] = best.1);
        }
    }

    fn pairs(&self, rows: &[usize], reach: i64, days: i64) -> Vec<(usize, usize)> {
        let mut timed: Vec<(Timestamp, usize)> =
            rows.iter().map(|row| (days_later(self.clock(*row), days), *row)).collect();
        timed.sort_unstable();
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for (at, row) in timed {
            let earliest = (0..self.movements.len()).find(|movement| {
                let moved = self.movements[*movement];
                self.may_be(row, *movement)
                    && !pairs.iter().any(|(_, taken)| taken == movement)
                    && self.equal(self.rows[row].amounts, moved.amounts)
                    && seconds(at, moved.at).abs() <= reach
            });
            pairs.extend(earliest.map(|movement| (row, movement)));
        }
        pairs
    }

    fn pair(&mut self, with_terminal: bool, reach: i64, days: i64) {
        for (row, movement) in self.pairs(&self.open_rows(with_terminal), reach, days) {
            self.join(vec![row], vec![movement]);
        }
    }

    fn several_rows(&mut self, with_terminal: bool) {
        for first in self.open_rows(with_terminal) {
            let this = self.rows[first];
            if self.row_done[first] || this.external_id.is_none() {
                continue;
            }
            let alike = |row: &Row| {
                row.external_id == this.external_id
                    && row.terminal == this.terminal
                    && is_return(row.amounts) == is_return(this.amounts)
            };
            let rows: Vec<usize> =
                self.open_rows(with_terminal).into_iter().filter(|row| alike(self.rows[*row])).collect();
            if rows.first() != Some(&first) || !(2..=8).contains(&rows.len()) {
                continue;
            }
            let sum = self.of_rows(&rows);
            let near = (0..self.movements.len()).filter(|movement| {
                rows.iter().all(|row| self.may_be(*row, *movement) && self.apart(*row, *movement) <= self.manner.window)
                    && self.equal(sum, self.movements[*movement].amounts)
            });
            if let Some(movement) = near.min_by_key(|movement| (self.apart(first, *movement), *movement)) {
                self.join(rows, vec![movement]);
            }
        }
    }

    fn several_movements(&mut self, with_terminal: bool) {
        for row in self.open_rows(with_terminal) {
            let mut near: Vec<usize> = (0..self.movements.len())
                .filter(|movement| self.may_be(row, *movement) && self.apart(row, *movement) <= self.manner.window)
                .collect();
            near.sort_by_key(|movement| (self.apart(row, *movement), *movement));
            near.truncate(12);
            near.sort_unstable();
            let sum = |chosen: &[usize]| self.equal(self.rows[row].amounts, self.of_movements(chosen));
            let chosen = (2..=4).find_map(|count| chosen(&near, count).into_iter().find(|chosen| sum(chosen)));
            if let Some(chosen) = chosen {
                self.join(vec![row], chosen);
            }
        }
    }

    fn only_each_other(&mut self, with_terminal: bool) {
        let rows = self.open_rows(with_terminal);
        let near =
            |row: usize, movement: usize| self.may_be(row, movement) && self.apart(row, movement) <= self.manner.window;
        let mut pairs = Vec::new();
        for row in &rows {
            let movements: Vec<usize> = (0..self.movements.len()).filter(|movement| near(*row, *movement)).collect();
            if let [movement] = movements[..]
                && rows.iter().filter(|row| near(**row, movement)).count() == 1
            {
                pairs.push((*row, movement));
            }
        }
        for (row, movement) in pairs {
            self.join(vec![row], vec![movement]);
        }
    }

    fn rest(&mut self) {
        let matched: Vec<&Row> = self.groups.iter().flat_map(|(rows, _)| rows).map(|row| self.rows[*row]).collect();
        let said = |row: &Row| {
            row.external_id.is_some()
                && matched.iter().any(|other| {
                    other.external_id == row.external_id
                        && self.equal(other.amounts, row.amounts)
                        && is_return(other.amounts) == is_return(row.amounts)
                        && other.terminal == row.terminal
                })
        };
        self.left(said).into_iter().for_each(|row| self.duplicate(row));
        let mut rows: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for row in self.left(|row| row.external_id.is_some()) {
            rows.entry((self.rows[row].external_id.clone(), self.rows[row].terminal)).or_default().push(row);
        }
        for rows in rows.into_values() {
            let both = [false, true]
                .into_iter()
                .all(|direction| rows.iter().any(|row| is_return(self.rows[*row].amounts) == direction));
            if both && self.equal(self.of_rows(&rows), [0; 3]) {
                rows.iter().for_each(|row| self.row_done[*row] = true);
                self.cancelled.push((rows, Vec::new()));
            }
        }
        let mut movements: BTreeMap<u128, Vec<usize>> = BTreeMap::new();
        for movement in
            (0..self.movements.len()).filter(|movement| !self.movement_done[*movement] && self.in_pool(*movement))
        {
            movements.entry(self.movements[movement].authorization).or_default().push(movement);
        }
        for movements in movements.into_values() {
            if movements.len() > 1 && self.equal(self.of_movements(&movements), [0; 3]) {
                movements.iter().for_each(|movement| self.movement_done[*movement] = true);
                self.cancelled.push((Vec::new(), movements));
            }
        }
    }

    fn told(&self) -> Vec<Found> {
        let mut all: Vec<(&'static str, Vec<usize>, Vec<usize>)> = Vec::new();
        all.extend(
            self.groups.iter().map(|(rows, movements)| (self.status(rows, movements), rows.clone(), movements.clone())),
        );
        all.extend(self.duplicates.iter().map(|row| ("duplicate", vec![*row], Vec::new())));
        all.extend(self.cancelled.iter().map(|(rows, movements)| ("cancelled", rows.clone(), movements.clone())));
        all.extend(self.left(|_| true).into_iter().map(|row| ("missing_here", vec![row], Vec::new())));
        let left =
            (0..self.movements.len()).filter(|movement| !self.movement_done[*movement] && self.in_pool(*movement));
        all.extend(left.map(|movement| ("missing_there", Vec::new(), vec![movement])));
        let inside = |at: Timestamp| self.manner.from <= date_of(at) && date_of(at) < self.manner.until;
        all.retain(|(_, rows, movements)| {
            rows.iter().any(|row| inside(self.rows[*row].at))
                || movements.iter().any(|movement| inside(self.movements[*movement].at))
        });
        let mut found: Vec<Found> =
            all.into_iter().map(|(status, rows, movements)| self.named_found(status, &rows, &movements)).collect();
        found.sort();
        found
    }

    fn named_found(&self, status: &'static str, rows: &[usize], movements: &[usize]) -> Found {
        let id = |movement: &usize| {
            format!("{}/{}", self.movements[*movement].authorization, self.movements[*movement].number)
        };
        Found {
            status,
            lines: rows.iter().map(|row| self.rows[*row].line).collect(),
            movements: movements.iter().map(id).collect(),
        }
    }

    fn status(&self, rows: &[usize], movements: &[usize]) -> &'static str {
        let (theirs, ours) = (self.of_rows(rows), self.of_movements(movements));
        let differs =
            |place: usize| self.manner.mapped[place] && (theirs[place] - ours[place]).abs() > self.manner.tolerance;
        let (row, movement) = (self.rows[rows[0]], self.movements[movements[0]]);
        let natural = date_of(movement.at);
        let has_discount = self.manner.mapped[1];
        if differs(1) || (!has_discount && (differs(0) || differs(2))) {
            "amount_differs"
        } else if differs(0) || differs(2) {
            "wrong_price"
        } else if date_of(row.at) != natural && date_of(row.at) != movement.business {
            "wrong_day"
        } else if date_of(row.at) == natural && seconds(row.at, movement.at).abs() > self.manner.window {
            "clock"
        } else if movements
            .iter()
            .any(|movement| self.movements[*movement].business > date_of(self.movements[*movement].at))
        {
            "late"
        } else {
            "matched"
        }
    }
}

fn added(left: Amounts, right: Amounts) -> Amounts {
    [left[0] + right[0], left[1] + right[1], left[2] + right[2]]
}

/// Each way to choose so many, in the order of those to choose from.
fn chosen(from: &[usize], count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, first) in from.iter().enumerate() {
        for mut rest in chosen(&from[place + 1..], count - 1) {
            rest.insert(0, *first);
            all.push(rest);
        }
    }
    all
}
