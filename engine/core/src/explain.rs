//! Decisions that are made while a trace listens.

use std::sync::Arc;

use crate::decision::Decision;
use crate::fault::Faults;
use crate::loyalty::{Known, Settlement};
use crate::person::Person;
use crate::plan::{Plan, plan_with};
use crate::request::Request;
use crate::rules::RuleSet;
use crate::trace::{LoyaltyStep, Trace};
use crate::usage::{Need, Totals};

/// Decides and records why; `sum` gives the usage that the plan asks for.
///
/// # Errors
/// As [`crate::plan`].
pub fn explain(
    rules: Arc<RuleSet>,
    provider: &str,
    person: Person,
    request: Request,
    sum: impl FnMut(&Need) -> Totals,
) -> Result<(Decision, Trace), Faults> {
    let explained = explain_loyal(rules, provider, person, request, None, sum);
    explained.map(|(decision, _, trace)| (decision, trace))
}

/// As [`explain`], with what loyalty knows of the request.
///
/// # Errors
/// As [`crate::plan`].
pub fn explain_loyal(
    rules: Arc<RuleSet>,
    provider: &str,
    person: Person,
    request: Request,
    known: Option<Known>,
    sum: impl FnMut(&Need) -> Totals,
) -> Result<(Decision, Option<Settlement>, Trace), Faults> {
    let mut trace = Trace::of(&person, &request);
    let plan = plan_with(rules, provider, person, request, known, &mut trace)?;
    plan.note_members(&mut trace);
    let (decision, settlement) = plan.decide_loyal_with(&plan.usage(sum), &mut trace);
    Ok((decision, settlement, trace))
}

impl Plan {
    /// Notes the programmes of which the holder is a member.
    fn note_members(&self, trace: &mut Trace) {
        let Some(known) = self.facts.loyalty.known() else { return };
        let programmes = self.facts.rules.loyalty.as_ref().map_or(&[][..], |loyalty| &loyalty.programmes);
        for member in &known.members {
            let Some(programme) = programmes.get(member.programme) else { continue };
            let tiers = programme.written.tiers.as_ref();
            trace.loyalty.push(LoyaltyStep::Member {
                program: member.key.program.clone(),
                version: programme.written.version,
                in_play: member.here,
                balance: member.balance,
                pending: member.pending,
                tier: tiers.and_then(|tiers| tiers.code(member.reached.level)).map(Into::into),
                counted: member.reached.counted,
            });
        }
    }
}
