//! From the accounts to the decision: outcome, reasons and charges.

use crate::decide::{Entrant, LineAccount, Till};
use crate::decision::{CountedBy, DecidedLine, Decision, Outcome};
use crate::reason::Reasons;
use crate::trace::Recorder;
use crate::usage::{Charge, Quota, Totals};

impl<R: Recorder> Till<'_, R> {
    /// Each line's discounts go into the decision.
    pub(super) fn close(&mut self) -> Decision {
        let (mut gross, mut payable) = (0, 0);
        for line in &self.lines {
            gross += line.gross;
            payable += line.remaining;
        }
        let outcome = self.outcome();
        let charges = if outcome == Outcome::Declined { Vec::new() } else { self.charges() };
        let counted_by = self.counted_by();
        let quotas = self.quotas();
        let plan = self.plan;
        let (prices, at) = (plan.prices(), plan.request().occurred_at);
        let mut lines = Vec::with_capacity(self.lines.len());
        let (mut all_free, mut reasons) = (true, Reasons::default());
        for (place, line) in self.lines.iter_mut().enumerate() {
            let is_free = line.is_free();
            let own = if is_free { Reasons::default() } else { line.reasons.or(plan.reasons_of_others(place)) };
            all_free &= is_free;
            reasons = reasons.or(own);
            lines.push(DecidedLine {
                line_id: line.asked.line_id.clone(),
                gross: line.gross,
                payable: line.remaining,
                discounts: std::mem::take(&mut line.discounts),
                reasons: own,
                reference_price: prices.and_then(|told| told.reference(line.asked.product.as_str(), at)),
            });
        }
        if !all_free {
            reasons = reasons.or(plan.facts.person.reasons());
        }
        Decision {
            outcome,
            gross,
            discount: gross - payable,
            payable,
            lines,
            reasons,
            main_reason: reasons.main(payable),
            named_by: plan.facts.person.named_by(),
            charges,
            quotas,
            counted_by,
        }
    }

    fn outcome(&self) -> Outcome {
        let given = self.lines.iter().any(|line| !line.discounts.is_empty());
        let counted = |entrant: &Entrant<'_>| entrant.version.effect.is_spend_cap();
        if !given && !self.entrants.iter().any(counted) {
            Outcome::Declined
        } else if given && self.lines.iter().any(|line| line.held_back && line.remaining > 0) {
            Outcome::PartiallyApproved
        } else {
            Outcome::Approved
        }
    }

    /// One use, the units and the discount for every subject that a limit names; for a spend cap what was paid.
    fn charges(&self) -> Vec<Charge> {
        let mut charges = Vec::with_capacity(self.plan.needs().len());
        for (entrant, account) in self.entrants.iter().zip(&self.accounts) {
            let version = entrant.version;
            let totals = if version.effect.is_spend_cap() {
                Totals { spent: account.spent, ..Totals::default() }
            } else {
                Totals {
                    uses: i64::from(account.used),
                    units: account.units,
                    discount: account.discount,
                    ..Totals::default()
                }
            };
            // A cap opens its window also where nothing is paid.
            if totals == Totals::default() && !version.effect.is_spend_cap() {
                continue;
            }
            let date = self.plan.facts.service_date(version);
            for subject in self.plan.subjects(version) {
                let windows = self.plan.windows(version, &subject, self.usage);
                let charge = Charge { code: version.code.clone(), subject, date, totals, windows };
                if !charge.is_nothing() {
                    charges.push(charge);
                }
            }
        }
        charges
    }

    fn quotas(&self) -> Vec<Quota> {
        let mut quotas = Vec::with_capacity(self.plan.needs().len());
        for (entrant, _) in self.entrants.iter().zip(&self.accounts).filter(|(_, account)| account.used) {
            self.plan.quotas(entrant.candidate).for_each(|quota| quotas.push(quota));
        }
        quotas
    }

    /// The spend caps with the lines for which they were eligible.
    fn counted_by(&self) -> CountedBy {
        let caps = self.entrants.iter().filter(|entrant| entrant.version.effect.is_spend_cap());
        CountedBy(caps.map(|cap| (cap.candidate.eligible.clone(), cap.version.code.clone())).collect())
    }
}

impl LineAccount<'_> {
    /// Whether discounts left nothing to pay.
    fn is_free(&self) -> bool {
        self.remaining == 0 && !self.discounts.is_empty()
    }

    /// Whether discounts took all; a line that costs nothing is looked at, so that a free ride is counted.
    pub(super) fn has_nothing_left(&self) -> bool {
        self.remaining == 0 && self.gross > 0
    }
}
