//! Rows that name a request or an authorization.

use jiff::civil::Date;
use smallvec::smallvec;
use uuid::Uuid;

use super::nearest::Timeline;
use super::{Few, Map, Matched, Matching, Set, micros};
use crate::settlement::reconcile::amounts::Amounts;
use crate::settlement::reconcile::row::Row;
use crate::settlement::reconcile::watch::Halted;

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

/// What the ids of rows lead to.
#[derive(Default)]
struct Named {
    /// The authorization of a request.
    by_request: Map<Uuid, Uuid>,
    /// The places of all movements of an authorization.
    places: Map<Uuid, Few>,
}

impl Matching<'_, '_> {
    /// Matches rows with ids. What it gives back are the rows whose ids are unknown, or whose authorizations have nothing of
    /// their direction: they are not looked for by time.
    pub(super) fn by_ids(&mut self) -> Result<Vec<usize>, Halted> {
        self.by_request()?;
        let left: Vec<usize> = self.free_rows().filter(|row| self.rows[*row].has_ids()).collect();
        if left.is_empty() {
            return Ok(Vec::new());
        }
        let named = self.named(&left)?;
        let mut unmatched = Vec::new();
        for (rows, authorizations) in self.buckets(&left, &named)? {
            self.watch.tick()?;
            let is_return = rows.first().is_some_and(|row| self.rows[*row].is_return);
            let all = authorizations.iter().flat_map(|id| named.places.get(id).into_iter().flatten().copied());
            let directed: Few = all.filter(|place| self.movements[*place].is_return == is_return).collect();
            let in_pool: Few = directed.iter().copied().filter(|place| self.movements[*place].is_in_pool).collect();
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
        Ok(unmatched)
    }

    /// Of each movement in order the rows whose request made it.
    fn by_request(&mut self) -> Result<(), Halted> {
        let (rows, movements) = (self.rows, self.movements);
        let mut rows_of: Map<(Uuid, bool), Few> = Map::default();
        for (place, row) in rows.iter().enumerate() {
            self.watch.tick()?;
            if let Some(request) = row.request_id.filter(|_| self.row_is_free[place]) {
                rows_of.entry((request, row.is_return)).or_default().push(place);
            }
        }
        for (place, candidate) in movements.iter().enumerate() {
            if rows_of.is_empty() {
                break;
            }
            self.watch.tick()?;
            let key = (candidate.movement.request_id, candidate.is_return);
            if let Some(rows) = candidate.is_in_pool.then(|| rows_of.remove(&key)).flatten() {
                self.bucket(rows, smallvec![place]);
            }
        }
        Ok(())
    }

    /// What the ids of some rows lead to.
    fn named(&mut self, rows: &[usize]) -> Result<Named, Halted> {
        let requests: Set<Uuid> = rows.iter().filter_map(|row| self.rows[*row].request_id).collect();
        let mut named = Named::default();
        for candidate in self.movements {
            self.watch.tick()?;
            let (request, authorization) = (candidate.movement.request_id, candidate.movement.id.authorization);
            if requests.contains(&request) {
                named.by_request.insert(request, authorization);
            }
        }
        let written = rows.iter().flat_map(|row| self.rows[*row].authorizations.iter());
        let authorizations: Set<Uuid> = written.chain(named.by_request.values()).copied().collect();
        for (place, candidate) in self.movements.iter().enumerate() {
            self.watch.tick()?;
            if authorizations.contains(&candidate.movement.id.authorization) {
                named.places.entry(candidate.movement.id.authorization).or_default().push(place);
            }
        }
        Ok(named)
    }

    /// Rows with known ids by what they share, each with the authorizations of all of them.
    fn buckets(&mut self, rows: &[usize], named: &Named) -> Result<Vec<(Few, Vec<Uuid>)>, Halted> {
        let known = |row: usize| -> Vec<Uuid> {
            let row = &self.rows[row];
            let of_request = row.request_id.and_then(|request| named.by_request.get(&request)).copied();
            let known = row.authorizations.iter().copied().filter(|id| named.places.contains_key(id));
            known.chain(of_request).collect()
        };
        let rows: Vec<(usize, Vec<Uuid>)> =
            rows.iter().map(|row| (*row, known(*row))).filter(|(_, ids)| !ids.is_empty()).collect();
        let mut components = Components((0..rows.len()).collect());
        let mut first_with: Map<(Uuid, bool), usize> = Map::default();
        for (index, (row, ids)) in rows.iter().enumerate() {
            self.watch.tick()?;
            for id in ids {
                let first = *first_with.entry((*id, self.rows[*row].is_return)).or_insert(index);
                components.join(first, index);
            }
        }
        let mut buckets: Vec<(Few, Vec<Uuid>)> = vec![Default::default(); rows.len()];
        for (index, (row, ids)) in rows.into_iter().enumerate() {
            self.watch.tick()?;
            let bucket = &mut buckets[components.root(index)];
            bucket.0.push(row);
            bucket.1.extend(ids);
        }
        buckets.retain(|(rows, _)| !rows.is_empty());
        for (_, ids) in &mut buckets {
            ids.sort_unstable();
            ids.dedup();
        }
        Ok(buckets)
    }

    /// Rows and movements of which ids say that they belong together.
    fn bucket(&mut self, rows: Few, movements: Few) {
        // Whatever their amounts.
        if rows.len() == 1 && movements.len() == 1 {
            return self.put(Matched::Same, rows, movements);
        }
        let adds_up = self.sum_of_rows(&rows) == self.sum_of_movements(&movements);
        if rows.len() != movements.len() && !movements.is_empty() && adds_up {
            return self.put(Matched::Same, rows, movements);
        }
        let by_days = rows.first().is_some_and(|row| self.rows[*row].at.is_none());
        let mut equal: Map<Amounts, Timeline> = Map::default();
        for movement in &movements {
            let amounts = self.movements[*movement].amounts;
            equal.entry(amounts).or_default().insert(self.moved_at(*movement, by_days), *movement);
        }
        let mut left = Few::new();
        for row in rows {
            let Row { amounts, at, date, .. } = self.rows[row];
            let row_at = at.map_or(day_of(date), micros);
            let found = equal.get_mut(&amounts).and_then(|movements| {
                let (at, movement) = movements.nearest_within(row_at, i64::MIN..=i64::MAX)?;
                movements.remove(at, movement);
                Some(movement)
            });
            match found {
                Some(movement) => self.put(Matched::Same, smallvec![row], smallvec![movement]),
                None => left.push(row),
            }
        }
        let unmatched: Few = movements.into_iter().filter(|movement| self.movement_is_free[*movement]).collect();
        if left.is_empty() {
            return;
        }
        if unmatched.is_empty() {
            left.into_iter().for_each(|row| self.put(Matched::Duplicate, smallvec![row], Few::new()));
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
