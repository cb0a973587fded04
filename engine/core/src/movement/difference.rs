//! The difference between two balances of an authorization, as far as it stands sold.

use std::sync::Arc;

use super::{Cause, Direction, Entry, MovedDiscount, MovedLine, Movement, MovementKind};
use crate::authorization::{Authorization, Balance, FrozenLine, Remaining};
use crate::decision::{Discount, FundingEntry, FundingReason};

/// What a line adds and takes away: it is there before and after only as far as it stands sold.
struct Sides<'a> {
    line: usize,
    before: Option<&'a Balance>,
    after: Option<&'a Balance>,
}

pub(super) fn between(
    authorization: &Authorization,
    provider: &Arc<str>,
    kind: MovementKind,
    before: Option<&Balance>,
) -> Option<Movement> {
    let sold = |balance: &&Balance| balance.is_sold();
    let (before, after) = (before.filter(sold), Some(authorization.balance()).filter(sold));
    if before.is_none() && after.is_none() {
        return None;
    }
    let changed = |(line, frozen): (usize, &FrozenLine)| Sides { line, before, after }.moved(frozen, provider);
    let lines: Vec<MovedLine> = authorization.lines.iter().enumerate().filter_map(changed).collect();
    let (gross, payable) =
        lines.iter().fold((0, 0), |(gross, payable), line| (gross + line.gross, payable + line.payable));
    let direction = direction(kind, before, after);
    Some(Movement { kind, direction, gross, discount: gross - payable, payable, lines })
}

fn direction(kind: MovementKind, before: Option<&Balance>, after: Option<&Balance>) -> Direction {
    let units = |balance: Option<&Balance>| balance.map_or(0, Balance::units);
    let is_return = match kind {
        MovementKind::Sale | MovementKind::Capture | MovementKind::Advice => false,
        MovementKind::Void | MovementKind::Refund => true,
        MovementKind::Reversal => after.is_none() || units(after) < units(before),
    };
    if is_return { Direction::Return } else { Direction::Sale }
}

impl Sides<'_> {
    /// The difference of something that is counted on both sides.
    fn of(&self, count: impl Fn(&Balance) -> i64) -> i64 {
        self.after.map_or(0, &count) - self.before.map_or(0, &count)
    }

    /// The difference of a funding entry of the line.
    fn of_entry(&self, entry: usize) -> i64 {
        let entry =
            |balance: &Balance| balance.lines().get(self.line).and_then(|left| left.funded().get(entry)).copied();
        self.of(|balance| entry(balance).unwrap_or_default())
    }

    fn moved(&self, frozen: &FrozenLine, provider: &Arc<str>) -> Option<MovedLine> {
        let units = self.of(|balance| balance.lines().get(self.line).map_or(0, |left| left.units));
        let payable = self.of(|balance| balance.lines().get(self.line).map_or(0, Remaining::payable));
        let mut first = 0;
        let discounts = frozen.decided.discounts.iter().enumerate().filter_map(|(place, discount)| {
            let entries = first;
            first += discount.funding.len();
            self.discount(discount, (place, entries), provider)
        });
        let discounts: Vec<MovedDiscount> = discounts.collect();
        let gross = payable + discounts.iter().map(|discount| discount.amount).sum::<i64>();
        (units != 0 || payable != 0 || !discounts.is_empty()).then(|| MovedLine {
            line_id: frozen.decided.line_id.clone(),
            product: frozen.product.clone(),
            units,
            gross,
            payable,
            discounts,
        })
    }

    /// A discount at its place in the line, with the place of its first entry.
    fn discount(
        &self,
        discount: &Discount,
        (place, first): (usize, usize),
        provider: &Arc<str>,
    ) -> Option<MovedDiscount> {
        let covered =
            |balance: &Balance| balance.lines().get(self.line).and_then(|left| left.covered.get(place)).copied();
        let units = self.of(|balance| covered(balance).unwrap_or_default());
        let mut entries = Vec::with_capacity(discount.funding.len());
        for (number, entry) in discount.funding.iter().enumerate() {
            self.enter(&mut entries, entry, first + number, provider);
        }
        entries.retain(|entry| entry.amount != 0);
        let amount = entries.iter().map(|entry| entry.amount).sum();
        (units != 0 || !entries.is_empty()).then(|| MovedDiscount {
            benefit: discount.benefit.clone(),
            version: discount.version,
            grantor: discount.grantor.clone(),
            units,
            amount,
            entries,
        })
    }

    /// What moved of a funding entry, under who bears it and why.
    fn enter(&self, entries: &mut Vec<Entry>, entry: &FundingEntry, number: usize, provider: &Arc<str>) {
        let whole = self.of_entry(number);
        let provider_bears = self.of(|balance| balance.over_granted_of(self.line, number).provider);
        let grantor_bears = self.of(|balance| balance.over_granted_of(self.line, number).grantor);
        let cause = match entry.reason {
            None => Cause::Funding,
            Some(FundingReason::Unfunded) => Cause::Unfunded,
            Some(FundingReason::OverGranted) => Cause::OverGranted,
        };
        add(entries, &entry.payer, cause, whole - provider_bears - grantor_bears);
        add(entries, &entry.payer, Cause::OverGranted, grantor_bears);
        add(entries, provider, Cause::OverGranted, provider_bears);
    }
}

/// One payer and cause, one entry.
fn add(entries: &mut Vec<Entry>, payer: &Arc<str>, cause: Cause, amount: i64) {
    if amount == 0 {
        return;
    }
    match entries.iter_mut().find(|entry| entry.payer == *payer && entry.cause == cause) {
        Some(entry) => entry.amount += amount,
        None => entries.push(Entry { payer: payer.clone(), cause, amount }),
    }
}
