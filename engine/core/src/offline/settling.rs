//! Sales of terminals without a connection are settled against what would have been decided.

use std::sync::Arc;

use crate::decision::{DecidedLine, Decision, Discount, FundingEntry, FundingReason};
use crate::document::Offline;
use crate::fault::Faults;
use crate::loyalty::Settlement;
use crate::money::split;
use crate::offline::{Granted, OverGrantKey, OverGranted};
use crate::plan::{Plan, Usage};
use crate::rules::Version;
use crate::usage::{Charge, Need, Subject, Totals, UseWindow};

/// What was granted beyond what would have been decided, and who is liable for it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct OverGrant {
    /// On which line.
    pub line_id: Box<str>,
    /// By which benefit's code.
    pub benefit: Arc<str>,
    /// By which version, as the terminal knew it.
    #[schema(minimum = 1)]
    pub version: i64,
    /// In minor units, what the grantor bears within the benefit's `offline` caps.
    #[schema(minimum = 0)]
    pub grantor: i64,
    /// In minor units, what the provider bears beyond them.
    #[schema(minimum = 0)]
    pub provider: i64,
}

/// A sale without a connection as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// With the discounts that were granted, and what they charge; its outcome is that of our own decision.
    pub decision: Decision,
    /// What went beyond.
    pub over_granted: Vec<OverGrant>,
    /// What is earned on what was paid; none where loyalty knows nothing of the request.
    pub points: Option<Settlement>,
}

impl Plan {
    /// Whose over-grants so far must be known to settle this: a key for each benefit whose grantor can be liable.
    pub fn over_grant_keys(&self, granted: &[Granted]) -> Vec<OverGrantKey> {
        let key = |granted: &Granted| {
            let version = self.due_version(granted)?;
            let holder = self.facts.holder()?.code.clone();
            Some(OverGrantKey { benefit: version.code.clone(), holder, date: self.facts.service_date(version) })
        };
        let mut keys: Vec<OverGrantKey> = Vec::new();
        for key in granted.iter().filter_map(key) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// The windows that begin with their first use in which granted discounts will count, where no need asks for them: those
    /// of versions that are no candidates.
    pub fn needs_beyond(&self, granted: &[Granted]) -> Vec<Need> {
        let mut beyond = Vec::new();
        for version in granted.iter().filter_map(|given| self.due_version(given)) {
            for (scope, minutes) in version.windows_from_first() {
                let subject = self.facts.subject(scope, &self.provider);
                let need = subject.map(|subject| self.need_from_first(version, &subject, minutes));
                let unknown = |need: &Need| !self.needs().contains(need) && !beyond.contains(need);
                beyond.extend(need.filter(unknown));
            }
        }
        beyond
    }

    /// Keeps what was granted as such: what our own decision gives is paid as ever; for what goes beyond it the grantor is
    /// liable within the benefit's `offline` caps, and the provider beyond those. `before` is in the order of the keys.
    ///
    /// # Errors
    /// A granted discount on a line that is not there, twice of one benefit, or of more than the line comes to.
    pub fn settle(&self, usage: &Usage, granted: &[Granted], before: &[OverGranted]) -> Result<Settled, Faults> {
        let decision = self.decide(usage);
        self.check_granted(granted)?;
        let keys = self.over_grant_keys(granted);
        let mut caps: Vec<Cap> = keys.iter().zip(before).map(|(key, before)| self.cap(key, granted, *before)).collect();
        let mut over_granted = Vec::new();
        let mut lines = decision.lines.clone();
        for line in &mut lines {
            let decided = std::mem::take(&mut line.discounts);
            for given in granted.iter().filter(|given| given.line_id == line.line_id) {
                let ours = decided.iter().find(|discount| discount.benefit == given.benefit);
                let is_due = self.due_version(given).is_some();
                let cap = caps.iter_mut().find(|cap| is_due && *cap.code == *given.benefit);
                let (discount, over) = self.kept(line, given, ours, cap);
                line.discounts.push(discount);
                over_granted.extend(over);
            }
            line.payable = line.gross - line.discounts.iter().map(|discount| discount.amount).sum::<i64>();
        }
        let payable = lines.iter().map(|line| line.payable).sum();
        let charges = self.charges_of(&decision, &lines, usage);
        let discount = decision.gross - payable;
        let mut decision = Decision { discount, payable, lines, charges, ..decision };
        let points = self.settle_points(&mut decision);
        Ok(Settled { decision, over_granted, points })
    }

    fn check_granted(&self, granted: &[Granted]) -> Result<(), Faults> {
        for (place, given) in granted.iter().enumerate() {
            let fault = |field: &str, detail: &str| Faults::at(format!("/granted/{place}/{field}"), detail);
            let line = self.facts.request.lines.iter().find(|line| line.line_id == given.line_id);
            let line = line.ok_or_else(|| fault("line_id", "expected a line of the request"))?;
            let earlier = || granted.iter().take(place).filter(|earlier| earlier.line_id == given.line_id);
            if earlier().any(|earlier| earlier.benefit == given.benefit) {
                return Err(fault("benefit", "expected a benefit that is named once for the line"));
            }
            let taken: i64 = earlier().map(|earlier| earlier.amount).sum();
            if given.amount > line.gross() - taken {
                return Err(fault("amount", "expected at most what is left of the line"));
            }
        }
        Ok(())
    }

    /// The version that a terminal named, if it could have been given at this till, on this line and at this time to somebody
    /// who was recognised: nobody else's grantor is liable, and nobody else's limit is charged.
    fn due_version(&self, given: &Granted) -> Option<&Version> {
        let version = self.facts.rules.version(&given.benefit, given.version)?;
        let line = self.facts.request.lines.iter().find(|line| line.line_id == given.line_id)?;
        let here = self.provider.covered_by(&version.scope.providers);
        let product = version.scope.covers_product(line.product.as_str());
        let in_force = version.valid.contains(self.facts.request.occurred_at);
        (here && product && in_force && self.facts.holder().is_some()).then_some(version)
    }

    fn cap(&self, key: &OverGrantKey, granted: &[Granted], before: OverGranted) -> Cap {
        let named = granted.iter().find(|given| given.benefit == key.benefit);
        let version = named.and_then(|given| self.due_version(given));
        let left = match version.map(|version| version.offline) {
            Some(Offline::Allow { max_discount, max_uses }) if before.uses < max_uses => max_discount - before.discount,
            _ => 0,
        };
        Cap { code: key.benefit.clone(), left: left.max(0) }
    }

    /// A granted discount as it is kept, and what of it went beyond ours.
    fn kept(
        &self,
        line: &DecidedLine,
        given: &Granted,
        ours: Option<&Discount>,
        cap: Option<&mut Cap>,
    ) -> (Discount, Option<OverGrant>) {
        let version = self.facts.rules.version(&given.benefit, given.version);
        // Nobody answers for a version that is not known, whatever ours would have given.
        let within = ours.filter(|_| version.is_some()).map_or(0, |ours| ours.amount.min(given.amount));
        let over = given.amount - within;
        let grantor = cap.map_or(0, |cap| {
            let taken = cap.left.min(over);
            cap.left -= taken;
            taken
        });
        let provider = over - grantor;
        let mut funding = ours.map_or_else(Vec::new, |ours| part_of(&ours.funding, within));
        // A share of the grantor's comes from a cap, so the version that was named is known and was due here.
        if let Some(version) = version.filter(|_| grantor > 0) {
            add(&mut funding, FundingEntry { payer: version.grantor.clone(), amount: grantor, reason: None });
        }
        if provider > 0 {
            let reason = Some(FundingReason::OverGranted);
            add(&mut funding, FundingEntry { payer: self.provider.code.clone(), amount: provider, reason });
        }
        let asked = self.facts.request.lines.iter().find(|asked| asked.line_id == line.line_id);
        let quantity = asked.map_or(0, |asked| asked.quantity);
        let discount = Discount {
            benefit: given.benefit.clone(),
            version: given.version,
            grantor: version
                .map(|version| version.grantor.clone())
                .or_else(|| ours.and_then(|ours| ours.grantor.clone())),
            public_name: version.map_or_else(Default::default, |version| version.public_name.clone()),
            units: ours.map_or(quantity, |ours| ours.units),
            amount: given.amount,
            funding,
        };
        let beyond = OverGrant {
            line_id: line.line_id.clone(),
            benefit: given.benefit.clone(),
            version: given.version,
            grantor,
            provider,
        };
        (discount, (over > 0).then_some(beyond))
    }

    /// One use, the units and the discount of what was granted, for every subject that a limit names: of our own version where
    /// we would have given something, else of the one that the terminal named. For spend caps what was paid.
    fn charges_of(&self, decision: &Decision, lines: &[DecidedLine], usage: &Usage) -> Vec<Charge> {
        let mut charges: Vec<Charge> = Vec::new();
        for (line, ours) in lines.iter().zip(&decision.lines) {
            for discount in &line.discounts {
                let Some(version) = self.charged_version(line, discount, ours) else { continue };
                for subject in self.subjects(version) {
                    let windows = self.windows(version, &subject, usage);
                    self.add_charge(&mut charges, version, (subject, windows), discount);
                }
            }
        }
        charges.extend(self.paid_under_caps(decision, lines, usage));
        charges
    }

    /// None for spend caps, which count what is paid.
    fn charged_version(&self, line: &DecidedLine, discount: &Discount, ours: &DecidedLine) -> Option<&Version> {
        let ours = ours.discounts.iter().find(|ours| ours.benefit == discount.benefit);
        let version = match ours {
            Some(ours) => self.facts.rules.version(&ours.benefit, ours.version),
            None => self.due_version(&Granted {
                line_id: line.line_id.clone(),
                benefit: discount.benefit.clone(),
                version: discount.version,
                amount: discount.amount,
            }),
        };
        version.filter(|version| !version.effect.is_spend_cap())
    }

    fn add_charge(
        &self,
        charges: &mut Vec<Charge>,
        version: &Version,
        (subject, windows): (Subject, Vec<UseWindow>),
        discount: &Discount,
    ) {
        let known = charges.iter_mut().find(|charge| charge.code == version.code && charge.subject == subject);
        match known {
            Some(charge) => {
                charge.totals.units += discount.units;
                charge.totals.discount += discount.amount;
            }
            None => {
                let (units, discount) = (discount.units, discount.amount);
                let totals = Totals { uses: 1, units, discount, ..Totals::default() };
                let date = self.facts.service_date(version);
                charges.push(Charge { code: version.code.clone(), subject, date, totals, windows });
            }
        }
    }

    /// What was paid in the end on the lines for which a spend cap was eligible.
    fn paid_under_caps(&self, decision: &Decision, lines: &[DecidedLine], usage: &Usage) -> Vec<Charge> {
        let caps = self.candidates.iter().map(|cap| self.version(cap)).filter(|version| version.effect.is_spend_cap());
        let paid = caps.flat_map(|version| {
            let counts = |line| decision.counted_by.of_line(line).any(|cap| *cap == version.code);
            let counted = lines.iter().enumerate().filter(|(place, _)| counts(*place));
            let spent = counted.map(|(_, line)| line.payable).sum();
            let totals = Totals { spent, ..Totals::default() };
            let date = self.facts.service_date(version);
            let charge = move |subject| {
                let windows = self.windows(version, &subject, usage);
                Charge { code: version.code.clone(), subject, date, totals, windows }
            };
            self.subjects(version).into_iter().map(charge)
        });
        paid.collect()
    }
}

/// What is left of the `offline` cap of a benefit.
struct Cap {
    code: Arc<str>,
    left: i64,
}

/// A part of a discount, borne as the whole of it.
fn part_of(funding: &[FundingEntry], amount: i64) -> Vec<FundingEntry> {
    let weights: Vec<i64> = funding.iter().map(|entry| entry.amount).collect();
    let shares = funding.iter().zip(split(amount, &weights));
    shares
        .filter(|(_, share)| *share > 0)
        .map(|(entry, share)| FundingEntry { amount: share, ..entry.clone() })
        .collect()
}

/// One payer and reason, one entry: what the provider bears as a payer, or as a budget left it, was not granted beyond what was due.
fn add(funding: &mut Vec<FundingEntry>, entry: FundingEntry) {
    match funding.iter_mut().find(|known| known.payer == entry.payer && known.reason == entry.reason) {
        Some(known) => known.amount += entry.amount,
        None => funding.push(entry),
    }
}
