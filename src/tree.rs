//! A decision and its trace as a tree for people.

use std::io::{self, Write};

use avis_core::{
    Considered, Decision, IdentifierVerdict, LineVerdict, LoyaltyStep, Node, Obstacle, Reasons, Standing, Trace, Truth,
    Turn, TurnTrace,
};
use uuid::Uuid;

/// Writes one request's story.
pub(crate) fn write(out: &mut impl Write, request_id: Uuid, decision: &Decision, trace: &Trace) -> io::Result<()> {
    let outcome = serde_json::to_value(decision.outcome).unwrap_or_default();
    let (gross, discount, payable) = (decision.gross, decision.discount, decision.payable);
    let outcome = outcome.as_str().unwrap_or_default().replace('_', " ");
    writeln!(
        out,
        "request {request_id}: {outcome}, {gross} − {discount} = {payable} to pay{}",
        because(decision.reasons)
    )?;
    writeln!(out, "├─ holder: {}", trace.holder.as_deref().unwrap_or("nobody recognised"))?;
    for identifier in &trace.identifiers {
        writeln!(out, "│  └─ {}: {}", identifier.scheme, verdict(identifier.verdict))?;
    }
    writeln!(out, "├─ candidates")?;
    for candidate in &trace.candidates {
        considered(out, candidate)?;
    }
    for aside in &trace.set_aside {
        writeln!(out, "│  · {} version {}: {}", aside.benefit, aside.version, standing(aside.standing))?;
    }
    writeln!(out, "├─ turns")?;
    for turn in &trace.turns {
        writeln!(out, "│  · line {}: {}", turn.line_id, told(turn))?;
    }
    if !trace.loyalty.is_empty() {
        writeln!(out, "├─ loyalty")?;
    }
    for step in &trace.loyalty {
        loyalty(out, step)?;
    }
    writeln!(out, "└─ lines")?;
    for line in &decision.lines {
        writeln!(out, "   · line {}: {} → {} to pay{}", line.line_id, line.gross, line.payable, because(line.reasons))?;
        for discount in &line.discounts {
            let payers = discount.funding.iter().map(|entry| {
                let reason = match entry.reason {
                    Some(avis_core::FundingReason::Unfunded) => " (unfunded)",
                    Some(avis_core::FundingReason::OverGranted) => " (granted offline beyond what was due)",
                    None => "",
                };
                format!("{} pays {}{reason}", entry.payer, entry.amount)
            });
            let payers: Vec<_> = payers.collect();
            let (benefit, version) = (&discount.benefit, discount.version);
            writeln!(out, "     {} by {benefit} version {version}: {}", discount.amount, payers.join(", "))?;
        }
    }
    writeln!(out)
}

fn considered(out: &mut impl Write, candidate: &Considered) -> io::Result<()> {
    let slot = candidate.slot.as_ref().map(|slot| format!(", slot {slot}")).unwrap_or_default();
    let name = candidate.name.in_first_of(["en"]);
    writeln!(out, "│  · {} version {} ({}{slot})", candidate.benefit, candidate.version, name)?;
    if let Some(when) = &candidate.when {
        condition(out, when, 2)?;
    }
    for line in &candidate.lines {
        writeln!(out, "│    line {}: {}", line.line_id, eligibility(line))?;
        if let Some(when) = &line.when {
            condition(out, when, 3)?;
        }
    }
    Ok(())
}

fn loyalty(out: &mut impl Write, step: &LoyaltyStep) -> io::Result<()> {
    match step {
        LoyaltyStep::Member { program, version, in_play, balance, pending, tier, counted } => {
            let place = if *in_play { "in play" } else { "not at this provider" };
            let tier = tier.as_deref().map_or_else(String::new, |tier| format!(", level {tier}"));
            writeln!(
                out,
                "│  · {program} version {version}: {place}, {balance} points and {pending} pending{tier}, {counted} counted"
            )
        }
        LoyaltyStep::Tender { program, asked, available, room, points, amount, reasons } => {
            let asked = asked.map_or_else(|| "as many as possible".to_owned(), |asked| asked.to_string());
            let because = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
            writeln!(
                out,
                "│  · {program}: asked for {asked} of {available} points, room for {room}: {points} points pay {amount}{because}"
            )
        }
        LoyaltyStep::Rule { program, rule, line_id, applies, used_up, when } => {
            let applies = match (applies, used_up) {
                (true, _) => "applies",
                (false, true) => "its uses are used up",
                (false, false) => "its condition is not true",
            };
            writeln!(out, "│  · {program}: rule {rule} on line {line_id}: {applies}")?;
            when.iter().try_for_each(|when| condition(out, when, 2))
        }
        LoyaltyStep::Earned { program, exact, of, uncut, points } => {
            writeln!(
                out,
                "│  · {program}: earned {points} of {uncut}; exactly ({}) / {of} and what is fixed",
                exact.join(" + ")
            )
        }
    }
}

fn condition(out: &mut impl Write, node: &Node, depth: usize) -> io::Result<()> {
    let read = node.read.as_ref().map(|read| format!(" — read {read}")).unwrap_or_default();
    let asks = if node.asks.is_null() { String::new() } else { format!(" {}", node.asks) };
    writeln!(out, "│{:indent$}{} {}{asks}{read}", "", mark(node.answer), node.test, indent = depth * 2)?;
    node.parts.iter().try_for_each(|part| condition(out, part, depth + 1))
}

fn mark(answer: Truth) -> char {
    match answer {
        Truth::True => '✓',
        Truth::False => '✗',
        Truth::Unknown => '?',
    }
}

fn eligibility(line: &LineVerdict) -> &'static str {
    match line.because {
        None => "eligible",
        Some(Obstacle::NotCovered) => "not eligible: it does not cover whom the line is for",
        Some(Obstacle::WithoutHolder) => "not eligible: a companion needs a line of the holder",
        Some(Obstacle::SubjectUnknown) => "not eligible: it needs a holder",
        Some(Obstacle::Condition) => "not eligible: its condition is not true",
    }
}

fn told(turn: &TurnTrace) -> String {
    let (benefit, version) = (&turn.benefit, turn.version);
    let what = match turn.turn {
        Turn::Applied => {
            let trimmed = if turn.trimmed { ", trimmed by a limit" } else { "" };
            let (amount, units) = (turn.amount.unwrap_or_default(), turn.units.unwrap_or_default());
            format!("takes {amount} off {units} unit(s){trimmed}; {} left to pay", turn.left_to_pay)
        }
        Turn::NotChosen => "gives less than another of its slot".to_owned(),
        Turn::NothingToGive => "comes to nothing".to_owned(),
        Turn::NothingLeft => "nothing is left to pay".to_owned(),
        Turn::LimitReached => "its limit is reached".to_owned(),
        Turn::Touched => "something was taken from the line before".to_owned(),
        Turn::TooLittleInBasket => "less than its `at_least` remained to be paid".to_owned(),
        Turn::NotPicked => "its `pick` covers no unit of the line".to_owned(),
        Turn::Bounded => "its bounds left nothing of a discount".to_owned(),
        Turn::NoCompanionsLeft => "all its companions are covered already".to_owned(),
    };
    format!("{benefit} version {version} {what}")
}

fn verdict(verdict: IdentifierVerdict) -> &'static str {
    match verdict {
        IdentifierVerdict::Resolved => "names the holder",
        IdentifierVerdict::Unknown => "unknown",
        IdentifierVerdict::Blocked => "blocked",
        IdentifierVerdict::Expired => "expired",
        IdentifierVerdict::Mismatch => "names another holder",
    }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Superseded => "a later version counts",
        Standing::NotBegun => "not begun yet",
        Standing::Ended => "ended",
        Standing::Suspended => "suspended",
        Standing::NotAskedFor => "a reward that was not asked for, or whose programme is not in play",
    }
}

fn because(reasons: Reasons) -> String {
    let words: Vec<_> = reasons.iter().map(avis_core::Reason::word).collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}
