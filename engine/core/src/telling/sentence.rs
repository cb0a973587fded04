//! A decision in one sentence.

use std::sync::Arc;

use crate::decision::{Decision, Outcome};
use crate::reason::Reason;
use crate::telling::{Language, limit, money};
use crate::trace::{LoyaltyStep, Trace, Turn, TurnTrace};

/// What a decision comes to, in one sentence: who pays how much of what in money and with points, by which benefits, and who bears
/// them. Of the holder it says the code alone.
pub fn sentence(decision: &Decision, trace: &Trace, language: Language) -> String {
    let pays = pays(decision, trace, language);
    let given = given(decision);
    let alone = given.len() == 1;
    let mut parts: Vec<String> = given.iter().map(|given| given.told(trace, alone, language)).collect();
    parts.extend(held_back(decision, trace, language));
    if parts.is_empty() { format!("{pays}.") } else { format!("{pays}: {}.", parts.join("; ")) }
}

/// Who pays how much of what.
fn pays(&Decision { gross, payable, .. }: &Decision, trace: &Trace, language: Language) -> String {
    let holder = trace.holder.as_deref().unwrap_or(language.choose("The customer", "Pircējs"));
    let amount = |amount: i64| money(amount, &trace.currency, language);
    let tender = |step: &LoyaltyStep| if let LoyaltyStep::Tender { amount, .. } = step { *amount } else { 0 };
    let tender = trace.loyalty.iter().map(tender).fold(0, i64::saturating_add);
    let (whole, points, due) = (amount(gross), amount(tender), amount(payable.saturating_sub(tender)));
    if payable == 0 {
        language.choose(format!("{holder} pays nothing of {whole}"), format!("{holder} nemaksā neko no {whole}"))
    } else if tender == payable {
        language.choose(
            format!("{holder} pays {points} of {whole} with points, and nothing in money"),
            format!("{holder} maksā {points} no {whole} ar punktiem, naudā neko"),
        )
    } else if tender > 0 {
        language.choose(
            format!("{holder} pays {due} of {whole}, and {points} with points"),
            format!("{holder} maksā {due} no {whole} un {points} ar punktiem"),
        )
    } else if payable == gross {
        language.choose(format!("{holder} pays all of {whole}"), format!("{holder} maksā visu, {whole}"))
    } else {
        language.choose(format!("{holder} pays {due} of {whole}"), format!("{holder} maksā {due} no {whole}"))
    }
}

/// What a benefit gave on all lines together.
struct Given {
    benefit: Arc<str>,
    version: i64,
    amount: i64,
    payers: Vec<(Arc<str>, i64)>,
}

/// In the order in which they were taken.
fn given(decision: &Decision) -> Vec<Given> {
    let mut all: Vec<Given> = Vec::new();
    for discount in decision.lines.iter().flat_map(|line| &line.discounts) {
        let known = all.iter().position(|given| given.benefit == discount.benefit && given.version == discount.version);
        let mut one = match known {
            Some(place) => all.remove(place),
            None => {
                let (benefit, version) = (discount.benefit.clone(), discount.version);
                Given { benefit, version, amount: 0, payers: Vec::new() }
            }
        };
        one.amount = one.amount.saturating_add(discount.amount);
        for entry in &discount.funding {
            match one.payers.iter_mut().find(|(payer, _)| *payer == entry.payer) {
                Some((_, amount)) => *amount = amount.saturating_add(entry.amount),
                None => one.payers.push((entry.payer.clone(), entry.amount)),
            }
        }
        all.insert(known.unwrap_or(all.len()), one);
    }
    all
}

impl Given {
    /// Such as "Half price for large families, paid by lv-state"; with its amount where there are several.
    fn told(&self, trace: &Trace, alone: bool, language: Language) -> String {
        let amount = |amount: i64| money(amount, &trace.currency, language);
        let is_this = |benefit: &Arc<str>, version: i64| *benefit == self.benefit && version == self.version;
        let candidate = trace.candidates.iter().find(|candidate| is_this(&candidate.benefit, candidate.version));
        let name = candidate.map_or(&*self.benefit, |candidate| candidate.name.in_first_of([language.tag()]));
        let takes = if alone { String::new() } else { format!(" ({})", amount(self.amount)) };
        let payers: Vec<_> = match &*self.payers {
            [] => return format!("{name}{takes}"),
            [(payer, _)] => vec![payer.to_string()],
            several => several.iter().map(|(payer, part)| format!("{payer} ({})", amount(*part))).collect(),
        };
        let payers = payers.join(language.choose(" and ", " un "));
        language.choose(format!("{name}{takes}, paid by {payers}"), format!("{name}{takes}, sedz {payers}"))
    }
}

/// Why no more is given, where there is one thing to say.
fn held_back(decision: &Decision, trace: &Trace, language: Language) -> Option<String> {
    let main = decision.main_reason.filter(|_| decision.outcome != Outcome::Approved)?;
    let reached = |turn: &&TurnTrace| turn.turn == Turn::LimitReached || turn.trimmed;
    let limits = || trace.turns.iter().filter(reached).flat_map(|turn| &turn.limits);
    let which =
        limits().find(|limit| limit.left == 0 && !limit.unfunded).or_else(|| limits().find(|limit| !limit.unfunded));
    let which = which.filter(|_| main == Reason::LimitReached);
    let which = which.map(|which| format!(" ({})", limit(which, &trace.currency, language))).unwrap_or_default();
    Some(format!("{}{which}", main.told(language)))
}
