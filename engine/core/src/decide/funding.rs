//! Who pays for a discount.

use std::sync::Arc;

use crate::decide::{Entrant, Offer, Till};
use crate::decision::{FundingEntry, FundingReason};
use crate::document::Effect;
use crate::money::split;
use crate::trace::Recorder;

impl<'a, R: Recorder> Till<'a, R> {
    /// The entries of a discount that is about to be taken, and whether a limit left a part of it to nobody.
    pub(super) fn funding(&mut self, entrant: Entrant<'a>, line: usize, offer: Offer) -> (Vec<FundingEntry>, bool) {
        let funded_left = self.account(entrant).funded_left();
        let line = self.line(line);
        let owed = match (entrant.version.effect, funded_left) {
            (Effect::PriceCap { amount }, _) => {
                let taken_before = line.gross - line.remaining;
                offer.amount.min((amount.saturating_mul(offer.units) - taken_before).max(0))
            }
            (_, Some(left)) => offer.amount.min(left),
            (_, None) => offer.amount,
        };
        let unfunded = owed < offer.amount && funded_left.is_some();
        (entries(entrant, &self.plan.provider.code, offer.amount, owed, unfunded), unfunded)
    }
}

/// What is owed by rate; the rest is the provider's own, in one entry with what it pays as a payer, and comes last.
fn entries(entrant: Entrant<'_>, provider: &Arc<str>, amount: i64, owed: i64, unfunded: bool) -> Vec<FundingEntry> {
    let funding = &entrant.version.funding;
    let mut own = amount - owed;
    if let ([payer], 0) = (&*funding.payers, own) {
        // Nearly always one bears all of it.
        return if owed > 0 {
            vec![FundingEntry { payer: payer.clone(), amount: owed, reason: None }]
        } else {
            Vec::new()
        };
    }
    let mut entries = Vec::with_capacity(funding.payers.len() + usize::from(own > 0));
    for (payer, share) in funding.payers.iter().zip(split(owed, &funding.rates)) {
        if own > 0 && payer == provider {
            own += share;
        } else if share > 0 {
            entries.push(FundingEntry { payer: payer.clone(), amount: share, reason: None });
        }
    }
    if own > 0 {
        entries.push(FundingEntry {
            payer: provider.clone(),
            amount: own,
            reason: unfunded.then_some(FundingReason::Unfunded),
        });
    }
    entries
}
