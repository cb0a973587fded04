//! Ceilings of a grantor's contracts (settlement 2.4).

use std::collections::BTreeMap;

use avis_core::settlement::reports::{Budget, Sight};
use avis_core::settlement::{Contracts, Per};
use avis_store::Posting;
use jiff::civil::Date;
use serde_json::json;

use super::Counted;
use crate::control::call::Call;
use crate::control::problem::Problem;
use crate::control::reports::each_posting_of;
use crate::control::reports::reimbursing::Reimbursing;
use crate::control::settlement::{contracts_of, issued_periods};

/// A ceiling of a version of the contract with a provider, whose use is added up.
struct Counting {
    provider: String,
    version: i64,
    per: Per,
    contracts: Contracts,
    reimbursing: Reimbursing,
    budget: Budget,
}

/// What was used of each that runs today. What is reimbursed is rounded for each authorization or line, and so does not add up by days.
pub(super) fn counted(call: &Call<'_>, party: &str, today: Date) -> Result<Vec<Counted>, Problem> {
    let mut ceilings = running(call, party, today)?;
    let reports = call.control.reading();
    for ceiling in &mut ceilings {
        let (provider, days) = (ceiling.provider.clone(), (ceiling.budget.start, today));
        each_posting_of(&provider, (call, reports), Sight::Of(party), days, &mut |posting| {
            ceiling.add(party, posting);
            Ok(())
        })?;
    }
    Ok(ceilings.into_iter().map(Counting::counted).collect())
}

/// Those of the contracts that count today.
fn running(call: &Call<'_>, party: &str, today: Date) -> Result<Vec<Counting>, Problem> {
    let mut counting = Vec::new();
    for (provider, contracts) in contracts_of(call, party)? {
        let Some(contract) = contracts.for_day(today) else { continue };
        let Some(ceiling) = contract.ceiling else { continue };
        let (start, end) = match ceiling.per {
            Per::Month => (today.first_of_month(), today.last_of_month().tomorrow().unwrap_or(Date::MAX)),
            Per::Year => (today.first_of_year(), today.last_of_year().tomorrow().unwrap_or(Date::MAX)),
            Per::Validity => (contract.from, contract.until.unwrap_or(Date::MAX)),
        };
        let (version, per, reimbursing) = (contract.version, ceiling.per, Reimbursing::default());
        let budget = Budget { start, end, amount: ceiling.amount.into(), spent: BTreeMap::new() };
        counting.push(Counting { provider, version, per, contracts, reimbursing, budget });
    }
    if !counting.is_empty() {
        let mut periods = issued_periods(call, party)?;
        for ceiling in &mut counting {
            ceiling.reimbursing = Reimbursing::of(periods.remove(&ceiling.provider).unwrap_or_default());
        }
    }
    Ok(counting)
}

impl Counting {
    /// Takes in what moved, on the day on which it counts.
    fn add(&mut self, party: &str, posting: &Posting) {
        let Some(borne) = &posting.borne else { return };
        let movement = &posting.movement;
        let contract = self.contracts.for_day(movement.authorized_on).filter(|contract| {
            let is_alike = contract.ceiling.is_some_and(|ceiling| ceiling.per == self.per);
            is_alike && (self.per != Per::Validity || contract.version == self.version)
        });
        let is_of = *borne.stake.payer == *party;
        let is_in_window = self.per == Per::Validity || self.budget.has(posting.first);
        let Some(contract) = contract.filter(|_| is_of && is_in_window) else { return };
        let amount = self.reimbursing.add(contract, posting, borne);
        *self.budget.spent.entry(movement.business_date).or_default() += amount;
    }

    fn counted(self) -> Counted {
        let Self { provider, version, reimbursing, mut budget, .. } = self;
        reimbursing.by_lines().for_each(|(date, amount)| *budget.spent.entry(date).or_default() += amount);
        let key = format!("~{provider}/{version}");
        Counted { key, of: json!({"kind": "ceiling", "provider": provider, "version": version}), budget }
    }
}
