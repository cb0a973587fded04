//! What terminals sold without a connection: read, and settled against what would have been decided.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use crate::decision::{DecidedLine, Decision, Discount, FundingEntry, FundingReason};
use crate::document::Offline;
use crate::fault::Faults;
use crate::limits::{ADVICES_MAX, LINES_MAX};
use crate::loyalty::{LoyaltyRequest, Settlement};
use crate::money::split;
use crate::plan::{Plan, Usage};
use crate::read::{self, Object, Place, Read};
use crate::request::{Amount, Mode};
use crate::rules::Version;
use crate::usage::{Charge, Subject, Totals, UseWindow};

/// A sale that a terminal made without a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What was asked of the terminal.
    pub request: LoyaltyRequest,
    /// What it granted.
    pub granted: Vec<Granted>,
    /// By the terminal's own clock.
    pub device_time: Timestamp,
    /// In the order in which the terminal sold.
    pub device_sequence: u64,
}

/// A discount that a terminal granted by itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Granted {
    /// On which line.
    pub line_id: Box<str>,
    /// By which benefit's code.
    pub benefit: Arc<str>,
    /// By which version, as the terminal knew it.
    pub version: i64,
    /// Minor units.
    pub amount: i64,
}

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

/// Whose over-grants the `offline` caps of a benefit bound: a holder's, on one service date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverGrantKey {
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Who was recognised; where nobody was, no grantor is liable.
    pub holder: Arc<str>,
    /// In the benefit's zone.
    pub date: Date,
}

/// What was over-granted before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OverGranted {
    /// Authorizations.
    pub uses: i64,
    /// Minor units.
    pub discount: i64,
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

impl Advice {
    /// Reads an upload: every record is read on its own.
    ///
    /// # Errors
    /// A body that is no list of records.
    pub fn parse_all(json: &[u8]) -> Result<Vec<Result<Self, Faults>>, Faults> {
        let records: Records = read::document(json)?;
        Ok(records.0.iter().map(read::parsed).collect())
    }

    /// Reads one that is parsed already.
    ///
    /// # Errors
    /// Every field that is not as expected.
    pub fn from_value(value: &Value) -> Result<Self, Faults> {
        read::parsed(value)
    }
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
                let cap = caps.iter_mut().find(|cap| *cap.code == *given.benefit);
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
    pub(crate) fn due_version(&self, given: &Granted) -> Option<&Version> {
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
        let within = ours.map_or(0, |ours| ours.amount.min(given.amount));
        let over = given.amount - within;
        let grantor = cap.map_or(0, |cap| {
            let taken = cap.left.min(over);
            cap.left -= taken;
            taken
        });
        let provider = over - grantor;
        let version = self.facts.rules.version(&given.benefit, given.version);
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

/// One payer, one entry.
fn add(funding: &mut Vec<FundingEntry>, entry: FundingEntry) {
    match funding.iter_mut().find(|known| known.payer == entry.payer) {
        Some(known) => {
            known.amount += entry.amount;
            known.reason = known.reason.or(entry.reason);
        }
        None => funding.push(entry),
    }
}

struct Records(Vec<Value>);

impl Read for Records {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let records = match object.raw("records") {
            Some(Value::Array(records)) if (1..=ADVICES_MAX).contains(&records.len()) => Some(records.clone()),
            _ => place.field("records").fault(format!("expected a list of 1 to {ADVICES_MAX} records")),
        };
        object.close();
        Some(Self(records?))
    }
}

impl Read for Advice {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (request, granted) = (object.required("request"), object.list("granted", LINES_MAX));
        let device_time = object.required("device_time");
        let device_sequence = object.bounded("device_sequence", 0, i64::MAX);
        object.close();
        let device_sequence = device_sequence.and_then(|sequence| u64::try_from(sequence).ok());
        let asked: LoyaltyRequest = request?;
        let request = &asked.request;
        if request.mode == Mode::Hold {
            let request = place.field("request");
            return request.field("mode").fault("expected `sale`; what was sold offline is not held");
        }
        let granted: Vec<Granted> = granted?;
        let free =
            |given: &Granted| request.lines.iter().any(|line| line.line_id == given.line_id && line.gross() == 0);
        for (index, _) in granted.iter().enumerate().filter(|(_, given)| given.amount == 0 && !free(given)) {
            let granted = place.field("granted");
            let detail = "expected at least 1 where the line costs something; what was not granted is left out";
            let _ = granted.item(index).field("amount").fault::<()>(detail);
        }
        Some(Self { request: asked, granted, device_time: device_time?, device_sequence: device_sequence? })
    }
}

impl Read for Granted {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let (line_id, benefit) = (object.required("line_id"), object.required("benefit"));
        let version = object.bounded("version", 1, i64::from(u32::MAX));
        let amount = object.required::<Amount>("amount");
        object.close();
        Some(Self { line_id: line_id?, benefit: benefit?, version: version?, amount: amount?.0 })
    }
}
