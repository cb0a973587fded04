//! Budgets of a grantor: limits of its benefits over everybody's discount, and ceilings of its contracts (settlement 5.3).

use std::collections::BTreeMap;

use avis_core::document::{Benefit, Limit, LimitScope, Measure};
use avis_core::movement::Cause;
use avis_core::settlement::reports::{Budget, Sight, Span, Spans};
use avis_core::settlement::{Contracts, Per};
use avis_core::{LimitWindow, Window};
use avis_store::{Kind as RowKind, Posting, TallyPart, TallyRow};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::reimbursing::Reimbursing;
use super::{CODE, SUM, each_posting, each_tallied, whole};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::Page;
use crate::control::problem::Problem;
use crate::control::rules;
use crate::control::settlement::{contracts_of, issued_periods};
use crate::control::shape::{Field, Kind, needed, optional};

/// A budget.
pub(super) const SHOWN: &[Field] = &[
    needed("kind", Kind::Word(&["limit", "ceiling"])),
    optional("benefit", CODE),
    optional("provider", CODE),
    optional("version", Kind::Whole(1, i64::MAX)),
    optional("start", Kind::Date),
    optional("end", Kind::Date),
    needed("amount", Kind::Whole(0, i64::MAX)),
    needed("used", SUM),
    needed("days", Kind::Whole(0, 28)),
    needed("recent", SUM),
    optional("forecast", SUM),
    optional("runs_out", Kind::Date),
    needed("course", Kind::List(&Kind::Object(STEP), 32)),
];

/// What was used by the morning of a day.
const STEP: &[Field] = &[needed("date", Kind::Date), needed("used", SUM)];

/// What a budget is of.
enum Of {
    /// A limit of a version of a benefit.
    Limit { benefit: String, version: i64 },
    /// The ceiling of a version of the contract with a provider.
    Ceiling { provider: String, version: i64, per: Per, contracts: Contracts, reimbursing: Reimbursing },
}

/// A budget whose use is added up.
struct Counting {
    of: Of,
    budget: Budget,
}

/// `GET /reports/budgets`: those of the own party that run today.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, party) = (Page::of(call)?, call.party()?);
    let today = call.control.clock.service_day().date(call.now);
    let (mut limits, mut ceilings) = (limits(call, party, today)?, ceilings(call, party, today)?);
    let first = |counting: &[Counting]| counting.iter().map(|one| one.budget.start).min();
    if let Some(from) = first(&limits) {
        let spans = [Spans { word: Span::DAY, from, until: today }];
        each_tallied(call, (from, today), (&[TallyPart::Borne], &spans), Sight::Of(party), &mut |row| {
            limits.iter_mut().for_each(|one| one.add_borne(&row));
            Ok(())
        })?;
    }
    // What they reimburse is rounded for each authorization or line, and so does not add up by days.
    if let Some(from) = first(&ceilings) {
        each_posting((call, call.control.reading()), Sight::Of(party), (from, today), &mut |posting| {
            ceilings.iter_mut().for_each(|one| one.add(party, posting));
            Ok(())
        })?;
    }
    ceilings.iter_mut().for_each(Counting::end);
    let counting = limits.into_iter().chain(ceilings);
    let shown = counting.map(|one| Ok((one.key(), one.shown(today)?)));
    Ok(page.answer_of_all(shown.collect::<Result<BTreeMap<_, _>, Problem>>()?))
}

/// The limits of the newest versions of a grantor's benefits that bound everybody's discount over days.
fn limits(call: &Call<'_>, party: &str, today: Date) -> Result<Vec<Counting>, Problem> {
    let rules = rules::rules(call.control)?;
    let mut newest: BTreeMap<&str, &Benefit> = BTreeMap::new();
    let benefits = rules.catalogue().map(|catalogue| catalogue.benefits.as_slice()).unwrap_or_default();
    for benefit in benefits.iter().filter(|benefit| *benefit.grantor == *party) {
        let known = newest.entry(&benefit.code).or_insert(benefit);
        if known.version < benefit.version {
            *known = benefit;
        }
    }
    let of_everybody = |limit: &&Limit| limit.scope == LimitScope::Benefit && limit.measure == Measure::Discount;
    let counting = newest.into_values().flat_map(|benefit| {
        benefit.limits.iter().filter(of_everybody).filter_map(|limit| {
            let (start, end) = days_of(limit.window, today)?;
            let of = Of::Limit { benefit: benefit.code.to_string(), version: benefit.version };
            Some(Counting { of, budget: Budget { start, end, amount: limit.max.into(), spent: BTreeMap::new() } })
        })
    });
    Ok(counting.collect())
}

/// The days of the window in which a day lies, until the one after the last; none of a window that slides, or is of one day.
fn days_of(window: LimitWindow, today: Date) -> Option<(Date, Date)> {
    let LimitWindow::Dates(window) = window else { return None };
    if matches!(window, Window::Day | Window::Rolling { .. }) {
        return None;
    }
    let range = window.around(today);
    Some((range.from, range.until.tomorrow().unwrap_or(Date::MAX)))
}

/// The ceilings of a grantor's contracts that count today.
fn ceilings(call: &Call<'_>, party: &str, today: Date) -> Result<Vec<Counting>, Problem> {
    let mut counting = Vec::new();
    for provider in rules::rules(call.control)?.names_of(RowKind::Provider) {
        let contracts = contracts_of(call, party, provider)?;
        let Some(contract) = contracts.for_day(today) else { continue };
        let Some(ceiling) = contract.ceiling else { continue };
        let (start, end) = match ceiling.per {
            Per::Month => (today.first_of_month(), today.last_of_month().tomorrow().unwrap_or(Date::MAX)),
            Per::Year => (today.first_of_year(), today.last_of_year().tomorrow().unwrap_or(Date::MAX)),
            Per::Validity => (contract.from, contract.until.unwrap_or(Date::MAX)),
        };
        let (version, per) = (contract.version, ceiling.per);
        let budget = Budget { start, end, amount: ceiling.amount.into(), spent: BTreeMap::new() };
        let reimbursing = Reimbursing::of(issued_periods(call, party, provider)?);
        let of = Of::Ceiling { provider: provider.to_owned(), version, per, contracts, reimbursing };
        counting.push(Counting { of, budget });
    }
    Ok(counting)
}

impl Counting {
    /// Takes in what a limit's benefit gave, on the day on which it counts.
    fn add_borne(&mut self, row: &TallyRow) {
        let (Of::Limit { benefit, .. }, TallyRow::Borne(span, granted, bearer, amount)) = (&self.of, row) else {
            return;
        };
        let is_of = *granted.benefit == **benefit && bearer.cause != Cause::Unfunded.word();
        if is_of && self.budget.has(bearer.authorized_on) {
            *self.budget.spent.entry(span.start()).or_default() += i128::from(*amount);
        }
    }

    /// Takes in what moved under a ceiling, on the day on which it counts.
    fn add(&mut self, party: &str, posting: &Posting) {
        let (Of::Ceiling { provider, version, per, contracts, reimbursing }, Some(borne)) =
            (&mut self.of, &posting.borne)
        else {
            return;
        };
        let (movement, budget) = (&posting.movement, &mut self.budget);
        let contract = contracts.for_day(movement.authorized_on).filter(|contract| {
            let is_alike = contract.ceiling.is_some_and(|ceiling| ceiling.per == *per);
            is_alike && (*per != Per::Validity || contract.version == *version)
        });
        let is_of = *movement.provider == **provider && *borne.stake.payer == *party;
        let is_in_window = *per == Per::Validity || budget.has(posting.first);
        let Some(contract) = contract.filter(|_| is_of && is_in_window) else { return };
        *budget.spent.entry(movement.business_date).or_default() += reimbursing.add(contract, posting, borne);
    }

    /// Everything was taken in.
    fn end(&mut self) {
        if let Of::Ceiling { reimbursing, .. } = &self.of {
            reimbursing.by_lines().for_each(|(date, amount)| *self.budget.spent.entry(date).or_default() += amount);
        }
    }

    /// Under what it stands in the list.
    fn key(&self) -> String {
        let Budget { start, end, amount, .. } = &self.budget;
        match &self.of {
            Of::Limit { benefit, .. } => format!("{benefit}/{start}/{end}/{amount}"),
            Of::Ceiling { provider, version, .. } => format!("~{provider}/{version}"),
        }
    }

    fn shown(&self, today: Date) -> Result<Value, Problem> {
        let Budget { start, end, amount, .. } = &self.budget;
        let on = self.budget.on(today);
        let ends = (*end < Date::MAX).then_some(end);
        // What never ends has nothing that it would come to.
        let forecast = ends.map(|_| whole(on.forecast)).transpose()?;
        let step = |(date, used)| Ok(json!({"date": date, "used": whole(used)?}));
        let course = self.budget.course(today).into_iter().map(step).collect::<Result<Vec<_>, Problem>>()?;
        let mut shown = json!({
            "start": (*start > Date::MIN).then_some(start), "end": ends, "amount": whole(*amount)?, "used": whole(on.used)?,
            "days": on.days, "recent": whole(on.recent)?, "forecast": forecast, "runs_out": on.runs_out,
            "course": course,
        });
        let of = match &self.of {
            Of::Limit { benefit, version } => json!({"kind": "limit", "benefit": benefit, "version": version}),
            Of::Ceiling { provider, version, .. } => {
                json!({"kind": "ceiling", "provider": provider, "version": version})
            }
        };
        if let (Value::Object(shown), Value::Object(of)) = (&mut shown, of) {
            shown.extend(of);
        }
        Ok(shown)
    }
}
