//! Rows that name a request or an authorization.

use std::collections::HashMap;

use jiff::civil::Date;
use uuid::Uuid;

use super::nearest::Timeline;
use super::{Matched, Matching, micros};
use crate::settlement::reconcile::amounts::Amounts;
use crate::settlement::reconcile::row::Row;

/// The components of rows that share an authorization, by the place of one row of each.
struct Components(Vec<usize>);

impl Components {
    fn root(&mut self, mut row: usize) -> usize {
        while self.0[row] != row {
            self.0[row] = self.0[self.0[row]];
            row = self.0[row];
        }
        row
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }
}

impl Matching<'_> {
    /// Matches rows with ids. What it gives back are the rows whose ids are unknown, or whose authorizations have nothing of
    /// their direction: they are not looked for by time.
    pub(super) fn by_ids(&mut self) -> Vec<usize> {
        self.by_request();
        if !self.free_rows().any(|row| self.rows[row].has_ids()) {
            return Vec::new();
        }
        let places = self.by_authorization();
        let by_request: HashMap<Uuid, Uuid> = self
            .movements
            .iter()
            .map(|candidate| (candidate.movement.request_id, candidate.movement.id.authorization))
            .collect();
        let mut unmatched = Vec::new();
        for (rows, authorizations) in self.buckets(&by_request, &places) {
            let is_return = rows.first().is_some_and(|row| self.rows[*row].is_return);
            let all = authorizations.iter().flat_map(|id| places.get(id).into_iter().flatten().copied());
            let directed: Vec<usize> = all.filter(|place| self.movements[*place].is_return == is_return).collect();
            let in_pool: Vec<usize> =
                directed.iter().copied().filter(|place| self.movements[*place].is_in_pool).collect();
            let mut movements = if in_pool.is_empty() { directed } else { in_pool };
            if movements.is_empty() {
                unmatched.extend(rows);
                continue;
            }
            movements.sort_unstable();
            movements.retain(|movement| self.movement_is_free[*movement]);
            self.bucket(rows, movements);
        }
        // Rows with ids are not looked for by time.
        let unknown: Vec<usize> = self.free_rows().filter(|row| self.rows[*row].has_ids()).collect();
        unmatched.extend(unknown);
        unmatched.sort_unstable();
        unmatched.dedup();
        unmatched.iter().for_each(|row| self.row_is_free[*row] = false);
        unmatched
    }

    /// Of each movement in order the rows whose request made it.
    fn by_request(&mut self) {
        let mut rows_of: HashMap<(Uuid, bool), Vec<usize>> = HashMap::new();
        for row in self.free_rows() {
            if let Some(request) = self.rows[row].request_id {
                rows_of.entry((request, self.rows[row].is_return)).or_default().push(row);
            }
        }
        for place in self.free_movements().collect::<Vec<_>>() {
            let candidate = &self.movements[place];
            if let Some(rows) = rows_of.remove(&(candidate.movement.request_id, candidate.is_return)) {
                self.bucket(rows, vec![place]);
            }
        }
    }

    /// Free rows with known ids by what they share, each with the authorizations of all of them.
    fn buckets(
        &self,
        by_request: &HashMap<Uuid, Uuid>,
        places: &HashMap<Uuid, Vec<usize>>,
    ) -> Vec<(Vec<usize>, Vec<Uuid>)> {
        let known = |row: usize| -> Vec<Uuid> {
            let row = &self.rows[row];
            let of_request = row.request_id.and_then(|request| by_request.get(&request)).copied();
            row.authorizations.iter().copied().filter(|id| places.contains_key(id)).chain(of_request).collect()
        };
        let rows: Vec<(usize, Vec<Uuid>)> =
            self.free_rows().map(|row| (row, known(row))).filter(|(_, ids)| !ids.is_empty()).collect();
        let mut components = Components((0..rows.len()).collect());
        let mut first_with: HashMap<(Uuid, bool), usize> = HashMap::new();
        for (index, (row, ids)) in rows.iter().enumerate() {
            for id in ids {
                let first = *first_with.entry((*id, self.rows[*row].is_return)).or_insert(index);
                components.join(first, index);
            }
        }
        let mut buckets: Vec<(Vec<usize>, Vec<Uuid>)> = vec![Default::default(); rows.len()];
        for (index, (row, ids)) in rows.into_iter().enumerate() {
            let bucket = &mut buckets[components.root(index)];
            bucket.0.push(row);
            bucket.1.extend(ids);
        }
        buckets.retain(|(rows, _)| !rows.is_empty());
        for (_, ids) in &mut buckets {
            ids.sort_unstable();
            ids.dedup();
        }
        buckets
    }

    /// Rows and movements of which ids say that they belong together.
    fn bucket(&mut self, rows: Vec<usize>, movements: Vec<usize>) {
        // Whatever their amounts.
        if rows.len() == 1 && movements.len() == 1 {
            return self.put(Matched::Same, rows, movements);
        }
        let adds_up = self.sum_of_rows(&rows) == self.sum_of_movements(&movements);
        if rows.len() != movements.len() && !movements.is_empty() && adds_up {
            return self.put(Matched::Same, rows, movements);
        }
        let by_days = rows.first().is_some_and(|row| self.rows[*row].at.is_none());
        let mut equal: HashMap<Amounts, Timeline> = HashMap::new();
        for movement in &movements {
            let amounts = self.movements[*movement].amounts;
            equal.entry(amounts).or_default().insert(self.moved_at(*movement, by_days), *movement);
        }
        let mut left = Vec::new();
        for row in rows {
            let Row { amounts, at, date, .. } = self.rows[row];
            let row_at = at.map_or(day_of(date), micros);
            let found = equal.get_mut(&amounts).and_then(|movements| {
                let (at, movement) = movements.nearest_within(row_at, i64::MIN..=i64::MAX)?;
                movements.remove(at, movement);
                Some(movement)
            });
            match found {
                Some(movement) => self.put(Matched::Same, vec![row], vec![movement]),
                None => left.push(row),
            }
        }
        let unmatched: Vec<usize> = movements.into_iter().filter(|movement| self.movement_is_free[*movement]).collect();
        if left.is_empty() {
            return;
        }
        if unmatched.is_empty() {
            left.into_iter().for_each(|row| self.put(Matched::Duplicate, vec![row], Vec::new()));
        } else {
            self.put(Matched::Same, left, unmatched);
        }
    }

    /// When a movement took place; by days where the file has dates alone.
    fn moved_at(&self, movement: usize, by_days: bool) -> i64 {
        let candidate = &self.movements[movement];
        if by_days { day_of(candidate.movement.natural_date) } else { candidate.at }
    }
}

/// Days since 1970.
fn day_of(date: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(date).map_or(i64::MAX, |span| span.get_days().into())
}
