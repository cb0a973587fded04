//! Stacking slots (4, step 4).

use std::cmp::Reverse;

use serde_json::Value;

use super::discount::{self, Offer};
use super::lines::Line;
use super::usage::Record;
use super::{Case, basket, eligibility, facts, funding, loyalty};

pub(crate) struct Slot<'a> {
    priority: i64,
    name: &'a str,
    policy: &'a str,
    /// By (priority, code).
    members: Vec<&'a Value>,
}

// "**Slots** by (priority, name)."; the spend_caps stand in none.
pub(crate) fn slots<'a>(case: &Case<'a>, candidates: &[&'a Value]) -> Vec<Slot<'a>> {
    let mut slots: Vec<Slot> = facts::list(&case.catalogue["slots"]).iter().map(empty_slot).collect();
    let mut members: Vec<&Value> = candidates.iter().copied().filter(|benefit| !facts::is_spend_cap(benefit)).collect();
    members.sort_by_key(|benefit| facts::by_priority_and_code(benefit));
    for benefit in members {
        match benefit["slot"].as_str() {
            Some(name) => slots.iter_mut().find(|slot| slot.name == name).unwrap().members.push(benefit),
            // "A benefit with no slot is a slot of its own, with its code and its priority."
            None => {
                let (priority, name) = facts::by_priority_and_code(benefit);
                slots.push(Slot { priority, name, policy: "all", members: vec![benefit] });
            }
        }
    }
    slots.sort_by_key(|slot| (slot.priority, slot.name));
    slots
}

fn empty_slot(slot: &Value) -> Slot<'_> {
    Slot {
        priority: slot["priority"].as_i64().unwrap_or(0),
        name: slot["name"].as_str().unwrap(),
        policy: slot["policy"].as_str().unwrap_or("best"),
        members: vec![],
    }
}

// "Inside a slot, for each line in request order, of the benefits eligible for it … After the lines, its basket effects
// by (priority, code)."
pub(crate) fn take_slot<'a>(case: &Case<'a>, usage: &[Record], slot: &Slot<'a>, lines: &mut [Line<'a>]) {
    for line in lines.iter_mut() {
        line.at_slot_start = line.remaining;
    }
    if let [benefit] = slot.members[..]
        && !(benefit["costs"].is_null() && benefit["choose"].is_null())
    {
        return loyalty::take_chosen(case, usage, benefit, lines);
    }
    for place in 0..lines.len() {
        let on_lines = slot.members.iter().copied().filter(|benefit| !facts::is_basket_effect(benefit));
        let eligible: Vec<&Value> =
            on_lines.filter(|benefit| eligibility::is_eligible(case, benefit, lines[place].line)).collect();
        match slot.policy {
            "best" => take_best(case, usage, &eligible, lines, place),
            "first" => take_first(case, usage, &eligible, lines, place),
            "all" => take_all(case, usage, &eligible, lines, place),
            other => panic!("policy {other}"),
        }
    }
    for benefit in slot.members.iter().copied().filter(|benefit| facts::is_basket_effect(benefit)) {
        basket::take_basket_effect(case, usage, benefit, lines);
    }
}

// "`best`: the greatest discount on that line (ties: smaller priority, then code)". All that are eligible are looked at.
fn take_best<'a>(case: &Case<'a>, usage: &[Record], eligible: &[&'a Value], lines: &mut [Line<'a>], place: usize) {
    let mut offers: Vec<(&Value, Offer)> = vec![];
    for benefit in eligible {
        if let Some(offer) = discount::look(case, usage, benefit, lines, place) {
            offers.push((benefit, offer));
        }
    }
    offers.sort_by_key(|(benefit, offer)| (Reverse(offer.amount), facts::by_priority_and_code(benefit)));
    if let Some((benefit, offer)) = offers.first() {
        funding::take(case, usage, benefit, lines, place, offer);
    }
}

// "`first`: in the order (priority, code) the first whose discount is not zero; those behind it are not looked at"
fn take_first<'a>(case: &Case<'a>, usage: &[Record], eligible: &[&'a Value], lines: &mut [Line<'a>], place: usize) {
    for benefit in eligible {
        if let Some(offer) = discount::look(case, usage, benefit, lines, place) {
            funding::take(case, usage, benefit, lines, place, &offer);
            return;
        }
    }
}

// "`all`: every one, in the order (priority, code)"
fn take_all<'a>(case: &Case<'a>, usage: &[Record], eligible: &[&'a Value], lines: &mut [Line<'a>], place: usize) {
    for benefit in eligible {
        if let Some(offer) = discount::look(case, usage, benefit, lines, place) {
            funding::take(case, usage, benefit, lines, place, &offer);
        }
    }
}
