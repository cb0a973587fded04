//! What is left after all other passes.

use std::collections::{BTreeMap, HashSet};

use smallvec::smallvec;

use super::super::amounts::Amounts;
use super::{Few, Matched, Matching, Set};
use crate::settlement::reconcile::watch::Halted;

impl Matching<'_, '_> {
    /// Rows that say again what a matched one says, what comes to nothing together, and what is missing on one side.
    pub(super) fn rest(&mut self) -> Result<(), Halted> {
        self.said_again()?;
        self.rows_that_cancel()?;
        self.movements_that_cancel()?;
        for row in self.free_rows().collect::<Vec<_>>() {
            self.watch.tick()?;
            self.put(Matched::MissingHere, smallvec![row], Few::new());
        }
        for movement in self.free_movements().collect::<Vec<_>>() {
            self.watch.tick()?;
            self.put(Matched::MissingThere, Few::new(), smallvec![movement]);
        }
        Ok(())
    }

    fn said_again(&mut self) -> Result<(), Halted> {
        let rows = self.rows;
        let free: Vec<usize> = self.free_rows().filter(|row| rows[*row].external_id.is_some()).collect();
        if free.is_empty() {
            return Ok(());
        }
        let said = |row: usize| {
            let row = &rows[row];
            row.external_id.as_ref().map(|id| (id, row.is_return, row.amounts, &row.terminal))
        };
        let matched = self.groups.iter().filter(|group| group.matched == Matched::Same).flat_map(|group| &group.rows);
        let matched: Set<_> = matched.filter_map(|row| said(*row)).collect();
        for row in free {
            self.watch.tick()?;
            if said(row).is_some_and(|said| matched.contains(&said)) {
                self.put(Matched::Duplicate, smallvec![row], Few::new());
            }
        }
        Ok(())
    }

    /// Sales and returns of one external id at one terminal.
    fn rows_that_cancel(&mut self) -> Result<(), Halted> {
        let rows = self.rows;
        let mut by_id: BTreeMap<_, Few> = BTreeMap::new();
        for row in self.free_rows() {
            if let Some(id) = &rows[row].external_id {
                by_id.entry((id, &rows[row].terminal)).or_default().push(row);
            }
        }
        for places in by_id.into_values() {
            self.watch.tick()?;
            let directions: HashSet<bool> = places.iter().map(|row| rows[*row].is_return).collect();
            if directions.len() == 2 && self.sum_of_rows(&places).is_zero() {
                self.put(Matched::Cancelled, places, Few::new());
            }
        }
        Ok(())
    }

    /// Two and more movements of one authorization.
    fn movements_that_cancel(&mut self) -> Result<(), Halted> {
        let mut by_authorization: BTreeMap<_, Few> = BTreeMap::new();
        for movement in self.free_movements() {
            by_authorization.entry(self.movements[movement].movement.id.authorization).or_default().push(movement);
        }
        for places in by_authorization.into_values().filter(|places| places.len() >= 2) {
            self.watch.tick()?;
            let sum: Amounts = self.sum_of_movements(&places);
            if sum.is_zero() {
                self.put(Matched::Cancelled, Few::new(), places);
            }
        }
        Ok(())
    }
}
