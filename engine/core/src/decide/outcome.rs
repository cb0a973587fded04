//! From the accounts to the decision: outcome, reasons and charges.

use crate::decide::{LineAccount, Till};
use crate::decision::{CountedBy, DecidedLine, Decision, Outcome};
use crate::reason::Reasons;
use crate::trace::Recorder;
use crate::usage::{Charge, Quota, Totals};

impl<R: Recorder> Till<'_, R> {
    /// Each line's discounts go into the decision.
    pub(super) fn close(&mut self) -> Decision {
        let (gross, payable) =
            self.lines.iter().fold((0, 0), |(gross, payable), line| (gross + line.gross, payable + line.remaining));
        let outcome = self.outcome();
        let charges = if outcome == Outcome::Declined { Vec::new() } else { self.charges() };
        let counted_by = self.counted_by();
        let quotas = self.quotas();
        let plan = self.plan;
        let (prices, at) = (plan.prices(), plan.request().occurred_at);
        let lines: Vec<DecidedLine> = self
            .lines
            .drain(..)
            .enumerate()
            .map(|(place, line)| {
                let reasons =
                    if line.is_free() { Reasons::default() } else { line.reasons.or(plan.reasons_of_others(place)) };
                DecidedLine {
                    line_id: line.asked.line_id.clone(),
                    gross: line.gross,
                    payable: line.remaining,
                    discounts: line.discounts,
                    reasons,
                    reference_price: prices.and_then(|told| told.reference(line.asked.product.as_str(), at)),
                }
            })
            .collect();
        let all_free = lines.iter().all(|line| line.payable == 0 && !line.discounts.is_empty());
        let of_person = if all_free { Reasons::default() } else { plan.facts.person.reasons() };
        let reasons = lines.iter().fold(of_person, |all, line| all.or(line.reasons));
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
        let counted = |candidate| self.plan.version(candidate).effect.is_spend_cap();
        if !given && !self.plan.candidates.iter().any(counted) {
            Outcome::Declined
        } else if given && self.lines.iter().any(|line| line.held_back && line.remaining > 0) {
            Outcome::PartiallyApproved
        } else {
            Outcome::Approved
        }
    }

    /// One use, the units and the discount for every subject that a limit names; for a spend cap what was paid.
    fn charges(&self) -> Vec<Charge> {
        let mut charges = Vec::with_capacity(self.plan.candidates.len());
        for (candidate, account) in self.plan.candidates.iter().zip(&self.accounts) {
            let version = self.plan.version(candidate);
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
            let charge = |subject| {
                let windows = self.plan.windows(version, &subject, self.usage);
                Charge { code: version.code.clone(), subject, date, totals, windows }
            };
            let charged = self.plan.subjects(version).into_iter().map(charge);
            charges.extend(charged.filter(|charge| !charge.is_nothing()));
        }
        charges
    }

    fn quotas(&self) -> Vec<Quota> {
        let mut quotas = Vec::with_capacity(self.plan.candidates.len());
        for (candidate, _) in self.plan.candidates.iter().zip(&self.accounts).filter(|(_, account)| account.used) {
            quotas.extend(self.plan.quotas(candidate));
        }
        quotas
    }

    /// The spend caps with the lines for which they were eligible.
    fn counted_by(&self) -> CountedBy {
        let caps = self.plan.candidates.iter().map(|cap| (cap, self.plan.version(cap)));
        let caps = caps.filter(|(_, version)| version.effect.is_spend_cap());
        CountedBy(caps.map(|(cap, version)| (cap.eligible.clone(), version.code.clone())).collect())
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
