//! Spend caps: after spending so much in a window the rest is free (4, steps 4 to 6).

use serde_json::Value;

use super::discount::Offer;
use super::lines::Line;
use super::usage::{self, Record};
use super::{Case, eligibility, facts, funding, limits, time};

// 4: "Last of all, on what then remains, the **spend_caps**: line by line, on each line by (priority, code)."
pub(crate) fn take_spend_caps<'a>(case: &Case<'a>, usage: &[Record], candidates: &[&'a Value], lines: &mut [Line<'a>]) {
    let mut caps: Vec<&Value> = candidates.iter().copied().filter(|benefit| facts::is_spend_cap(benefit)).collect();
    caps.sort_by_key(|benefit| facts::by_priority_and_code(benefit));
    for place in 0..lines.len() {
        for benefit in &caps {
            if eligibility::is_eligible(case, benefit, lines[place].line) {
                take_spend_cap(case, usage, benefit, lines, place);
            }
        }
    }
}

// 4.5: "spend_cap → min(R, max(0, spent + R − amount))"
fn take_spend_cap<'a>(case: &Case<'a>, usage: &[Record], benefit: &'a Value, lines: &mut [Line<'a>], place: usize) {
    let remaining = lines[place].remaining;
    if remaining == 0 && lines[place].gross > 0 {
        lines[place].reasons.insert("nothing_left");
        return;
    }
    let cap = facts::number(&benefit["effect"]["spend_cap"]["amount"]);
    let over = spent(case, usage, benefit, &lines[..place]) + remaining - cap;
    let amount = over.max(0).min(remaining);
    if amount > 0 {
        let offer = Offer { units: lines[place].quantity, amount, trimmed: false };
        funding::take(case, usage, benefit, lines, place, &offer);
    }
}

// 4.5: "what the window has recorded plus the final payables of the earlier lines of this request for which it was
// eligible"
fn spent(case: &Case, usage: &[Record], benefit: &Value, earlier: &[Line]) -> i128 {
    let window = &benefit["effect"]["spend_cap"]["window"];
    let over = limits::over(case, window, time::service_date(benefit, case.at));
    let recorded = usage::recorded(usage, benefit, &limits::holder(case).unwrap(), "spent", &over);
    let eligible = earlier.iter().filter(|line| eligibility::is_eligible(case, benefit, line.line));
    recorded + eligible.map(|line| line.remaining).sum::<i128>()
}
