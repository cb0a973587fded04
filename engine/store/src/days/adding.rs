//! What counts on days, added up by kind.

use std::collections::BTreeMap;

use avis_core::movement::MovementKind;
use avis_core::narrow;
use avis_core::settlement::{Total, Totals};
use jiff::civil::Date;

use super::{ByDate, Days, DaysError, Whose};
use crate::movements::MovementsError;
use crate::reports::{Authorizations, ClosedDays, Entries, Posting, Wanted};

/// Sums of one day by kind: how many, gross, discount, payable.
#[derive(Default)]
struct Adding {
    ours: BTreeMap<&'static str, [i128; 4]>,
    late: BTreeMap<&'static str, [i128; 4]>,
}

impl Adding {
    fn add(&mut self, posting: &Posting) {
        let moved = &posting.movement.moved;
        let amounts = [1, moved.gross, moved.discount, moved.payable].map(i128::from);
        let kind = MovementKind::word(moved.kind);
        let late = posting.movement.is_late().then_some(&mut self.late);
        for totals in [Some(&mut self.ours), late].into_iter().flatten() {
            let sums = totals.entry(kind).or_default();
            sums.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
        }
    }
}

/// Sums beyond 64 bits stay at their edge: one terminal that says too much keeps no day open.
fn totals(sums: BTreeMap<&'static str, [i128; 4]>) -> Totals {
    let total = |(kind, sums): (&'static str, [i128; 4])| {
        let [count, gross, discount, payable] = sums.map(narrow);
        (kind.to_owned(), Total { count, gross, discount, payable })
    };
    sums.into_iter().map(total).collect()
}

impl Days<'_> {
    /// What counts on each day from one until another, and what of it is late.
    pub(super) fn added(
        &self,
        whose: Whose<'_>,
        closed: &ClosedDays,
        (from, until): (Date, Date),
    ) -> Result<ByDate, DaysError> {
        let mut days: BTreeMap<Date, Adding> = BTreeMap::new();
        let of = Authorizations::OfDays(from, until);
        let wanted = Wanted { provider: whose.provider, entries: Entries::None, closed, of };
        self.reports.each_posting(&wanted, &mut |posting| {
            let date = posting.movement.business_date;
            let is_of = whose.terminal.is_none_or(|terminal| *posting.movement.terminal == *terminal);
            if is_of && from <= date && date < until {
                days.entry(date).or_default().add(&posting);
            }
            Ok(())
        })?;
        Ok(days.into_iter().map(|(date, adding)| (date, (totals(adding.ours), totals(adding.late)))).collect())
    }

    /// Whether anything of a provider counts on days from one until another.
    pub(super) fn has_sold(
        &self,
        provider: &str,
        closed: &ClosedDays,
        (from, until): (Date, Date),
    ) -> Result<bool, DaysError> {
        let (mut has_sold, of) = (false, Authorizations::OfDays(from, until));
        let wanted = Wanted { provider, entries: Entries::None, closed, of };
        let read = self.reports.each_posting(&wanted, &mut |posting| {
            has_sold = from <= posting.movement.business_date && posting.movement.business_date < until;
            if has_sold { Err(MovementsError::Sink(std::io::Error::other("one is enough"))) } else { Ok(()) }
        });
        if has_sold { Ok(true) } else { Ok(read.map(|()| false)?) }
    }
}
