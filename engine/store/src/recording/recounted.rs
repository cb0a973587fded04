//! What counts again after an operation was undone, where somebody else has used up the limit meanwhile.

use avis_core::authorization::Balance;
use avis_core::offline::OverGrant;
use avis_core::{Charge, Need, Totals};

use super::Books;
use crate::record::Record;

/// What came back beyond a limit. It can't be refused, for it took place; the provider's message came late, so the provider is
/// liable for it.
pub(super) fn over_granted<B: Books>(
    books: &B,
    before: &Balance,
    record: &Record,
    usage: &[Charge],
) -> Result<Vec<OverGrant>, B::Error> {
    let after = &record.authorization;
    let needs: Vec<_> = after.quotas.iter().map(|quota| quota.need.clone()).collect();
    let used = books.usage(&needs)?;
    let exceeded: Vec<&str> = after
        .quotas
        .iter()
        .zip(used)
        .filter(|(quota, used)| quota.excess(&with(*used, &quota.need, usage)) > 0)
        .map(|(quota, _)| &*quota.need.code)
        .collect();
    let mut over_granted = Vec::new();
    let sides = before.lines().iter().zip(after.balance().lines());
    for (line, (then, now)) in after.lines.iter().zip(sides) {
        let left = line.discounts_of(then).into_iter().zip(line.discounts_of(now));
        for (discount, (then, now)) in line.decided.discounts.iter().zip(left) {
            if now > then && exceeded.contains(&&*discount.benefit) {
                over_granted.push(OverGrant {
                    line_id: line.decided.line_id.clone(),
                    benefit: discount.benefit.clone(),
                    version: discount.version,
                    grantor: 0,
                    provider: now - then,
                });
            }
        }
    }
    Ok(over_granted)
}

/// What will be used with what is entered now.
fn with(used: Totals, need: &Need, usage: &[Charge]) -> Totals {
    usage.iter().filter(|charge| charge.counts_in(need, &used)).fold(used, |used, charge| used.plus(charge.totals))
}
