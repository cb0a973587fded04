//! Taking a discount, and who pays for it (4.7).

use serde_json::Value;

use super::discount::Offer;
use super::lines::{Discount, Funding, Line};
use super::usage::Record;
use super::{Case, facts, limits, money};

/// Takes a discount from a line.
pub(crate) fn take<'a>(
    case: &Case<'a>,
    usage: &[Record],
    benefit: &'a Value,
    lines: &mut [Line<'a>],
    place: usize,
    offer: &Offer,
) {
    let unfunded = limits::above_unfunded(case, usage, benefit, lines, offer.amount);
    let owed = owed(benefit, &lines[place], offer, unfunded);
    let funding = fund(benefit, case.provider, offer.amount, owed, unfunded > 0);
    let line = &mut lines[place];
    if offer.trimmed {
        line.curtailed = true;
        line.reasons.insert("limit_reached");
    }
    if unfunded > 0 {
        line.reasons.insert("unfunded");
    }
    line.remaining -= offer.amount;
    line.discounts.push(Discount { benefit, units: offer.units, amount: offer.amount, funding });
}

/// What the payers owe of a discount.
fn owed(benefit: &Value, line: &Line, offer: &Offer, unfunded: i128) -> i128 {
    if facts::kind(&benefit["effect"]) == "price_cap" {
        // "min(discount, max(0, amount × covered − what was taken from the line before))"
        let cap = facts::number(&benefit["effect"]["price_cap"]["amount"]) * offer.units;
        let taken_before = line.gross - line.remaining;
        offer.amount.min((cap - taken_before).max(0))
    } else {
        // "what lies above an `unfunded` limit is owed by nobody"
        offer.amount - unfunded
    }
}

fn fund<'a>(benefit: &'a Value, provider: &'a str, amount: i128, owed: i128, is_unfunded: bool) -> Vec<Funding<'a>> {
    // "split by `rate`, largest remainder, ties in listed order"
    let shares = payers(benefit, owed).into_iter();
    let mut entries: Vec<Funding> = shares.map(|(payer, amount)| Funding { payer, amount, unfunded: false }).collect();
    // "What the payers do not owe is the provider's own: a last entry with the provider's code, and the neutral reason
    // `unfunded` if a limit was the cause."
    if amount > owed {
        // "one payer, one entry": what it pays as a payer stands in the last one.
        let as_payer: i128 = entries.iter().filter(|entry| entry.payer == provider).map(|entry| entry.amount).sum();
        entries.retain(|entry| entry.payer != provider);
        entries.push(Funding { payer: provider, amount: as_payer + amount - owed, unfunded: is_unfunded });
    }
    // "Entries of zero are left out"
    entries.retain(|entry| entry.amount > 0);
    entries
}

// 3: "funding [{payer, rate}] summing to 10000; default: the grantor pays all"
fn payers(benefit: &Value, owed: i128) -> Vec<(&str, i128)> {
    let funding = facts::list(&benefit["funding"]);
    if funding.is_empty() {
        return vec![(benefit["grantor"].as_str().unwrap(), owed)];
    }
    let rates: Vec<i128> = funding.iter().map(|part| facts::number(&part["rate"])).collect();
    let shares = money::split(owed, &rates);
    funding.iter().map(|part| part["payer"].as_str().unwrap()).zip(shares).collect()
}
