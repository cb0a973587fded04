//! Whether what loyalty refers to is there and belongs to whom it should. Read from the document as it stands, so that a fault in
//! an entry hides neither its references nor those to it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::loyalty::document::coupon::coupon_code;
use crate::loyalty::document::overlap::check_overlap;
use crate::read::Place;

/// Who owns what, by code.
struct Owned<'a> {
    programs: HashMap<&'a str, &'a str>,
    levels: HashSet<(&'a str, &'a str)>,
    campaigns: HashMap<&'a str, &'a str>,
}

/// Notes every reference of rules to programmes and campaigns that does not hold, and codes that stand twice.
pub(crate) fn check_loyalty(catalogue: &Value, place: &Place<'_>) {
    let mut owned = Owned { programs: HashMap::new(), levels: HashSet::new(), campaigns: HashMap::new() };
    owned.note_programs(catalogue, &place.field("programs"));
    owned.note_campaigns(catalogue, &place.field("campaigns"));
    owned.check_coupons(catalogue, &place.field("coupons"));
    for (index, benefit) in items(catalogue, "benefits") {
        owned.check_benefit(benefit, &place.field("benefits").item(index));
    }
    for (index, programme) in items(catalogue, "programs") {
        let (owner, at) = (text(programme, "owner"), place.field("programs"));
        let at = at.item(index);
        for (pointer, condition) in conditions(programme) {
            with_place(&pointer, &at, &mut |at| {
                let mut seen =
                    Seen { owner, may_ask_coupons: pointer.first() != Some(&Step::Field("redeem")), coupons: 0 };
                owned.check_condition(condition, at, true, &mut seen);
            });
        }
    }
    check_overlap(catalogue, &place.field("programs"));
}

/// Every condition of programmes, with its place, for whoever checks what else it refers to.
pub(crate) fn conditions_of_programmes(
    catalogue: &Value,
    place: &Place<'_>,
    check: &mut dyn FnMut(&Value, &Place<'_>),
) {
    for (index, programme) in items(catalogue, "programs") {
        let at = place.field("programs");
        for (pointer, condition) in conditions(programme) {
            with_place(&pointer, &at.item(index), &mut |at| check(condition, at));
        }
    }
}

/// A step of a pointer into a programme.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Field(&'static str),
    Item(usize),
}

fn conditions(programme: &Value) -> Vec<(Vec<Step>, &Value)> {
    let rules = items(field(programme, "earn"), "rules").map(|(index, rule)| {
        (vec![Step::Field("earn"), Step::Field("rules"), Step::Item(index), Step::Field("when")], field(rule, "when"))
    });
    let redeem = (vec![Step::Field("redeem"), Step::Field("when")], field(field(programme, "redeem"), "when"));
    rules.chain([redeem]).filter(|(_, condition)| !condition.is_null()).collect()
}

fn with_place(steps: &[Step], place: &Place<'_>, then: &mut dyn FnMut(&Place<'_>)) {
    match steps.split_first() {
        None => then(place),
        Some((Step::Field(name), rest)) => with_place(rest, &place.field(name), then),
        Some((Step::Item(index), rest)) => with_place(rest, &place.item(*index), then),
    }
}

/// What a whole condition has shown so far.
struct Seen<'a> {
    owner: Option<&'a str>,
    may_ask_coupons: bool,
    coupons: usize,
}

impl<'a> Owned<'a> {
    fn note_programs(&mut self, catalogue: &'a Value, place: &Place<'_>) {
        let mut versions = HashSet::new();
        for (index, programme) in items(catalogue, "programs") {
            let Some(code) = text(programme, "code") else { continue };
            let at = place.item(index);
            if field(programme, "version").as_i64().is_some_and(|version| !versions.insert((code, version))) {
                let _ = at.field("version").fault::<()>("expected a version that no other entry of this code has");
            }
            if let Some(owner) = text(programme, "owner")
                && *self.programs.entry(code).or_insert(owner) != owner
            {
                let _ = at.field("owner").fault::<()>("expected the owner of the other versions");
            }
            let levels = field(programme, "tiers");
            let own = unique(levels, "levels", "code", &at.field("tiers"));
            self.levels.extend(own.into_iter().map(|level| (code, level)));
            unique(field(programme, "earn"), "rules", "code", &at.field("earn"));
        }
    }

    fn note_campaigns(&mut self, catalogue: &'a Value, place: &Place<'_>) {
        for (index, campaign) in items(catalogue, "campaigns") {
            let Some(code) = text(campaign, "code") else { continue };
            let (owner, at) = (text(campaign, "owner"), place.item(index));
            if self.campaigns.insert(code, owner.unwrap_or_default()).is_some() {
                let _ = at.field("code").fault::<()>("expected a value that no entry before has");
            }
            self.check_program(field(campaign, "hold_out"), "program", owner, &at.field("hold_out"));
        }
    }

    fn check_coupons(&self, catalogue: &Value, place: &Place<'_>) {
        let mut codes = HashSet::new();
        for (index, coupon) in items(catalogue, "coupons") {
            let at = place.item(index);
            if let Some(campaign) = text(coupon, "campaign")
                && !self.campaigns.contains_key(campaign)
            {
                let _ = at.field("campaign").fault::<()>("unknown campaign");
            }
            let (name, code) = match text(coupon, "key") {
                Some(key) => ("key", Some(key.into())),
                None => ("code", text(coupon, "code").map(coupon_code)),
            };
            if code.is_some_and(|code| !codes.insert(code)) {
                let _ = at.field(name).fault::<()>("expected a value that no entry before has");
            }
        }
    }

    fn check_benefit(&self, benefit: &'a Value, place: &Place<'_>) {
        let owner = text(benefit, "grantor");
        let costs = field(benefit, "costs");
        self.check_program(costs, "program", owner, &place.field("costs"));
        let mut seen = Seen { owner, may_ask_coupons: true, coupons: 0 };
        self.check_condition(field(benefit, "when"), &place.field("when"), true, &mut seen);
    }

    /// As deep as the document, whose reader bounds its depth.
    fn check_condition(&self, condition: &Value, place: &Place<'_>, plain: bool, seen: &mut Seen<'_>) {
        for (name, plain) in [("all", plain), ("any", false)] {
            for (index, part) in items(condition, name) {
                self.check_condition(part, &place.field(name).item(index), plain, seen);
            }
        }
        if let Some(inner) = condition.get("not") {
            self.check_condition(inner, &place.field("not"), false, seen);
        }
        for leaf in ["tier", "member"] {
            let at = place.field(leaf);
            self.check_program(field(condition, leaf), "program", seen.owner, &at);
        }
        self.check_level(field(condition, "tier"), seen.owner, &place.field("tier"));
        self.check_coupon(field(condition, "coupon"), &place.field("coupon"), plain, seen);
    }

    fn check_program(&self, parent: &Value, name: &'static str, owner: Option<&str>, place: &Place<'_>) {
        let Some(program) = text(parent, name) else { return };
        match self.programs.get(program) {
            None => unheeded(place.field(name).fault("unknown programme")),
            Some(of) if owner.is_some_and(|owner| owner != *of) => {
                unheeded(place.field(name).fault("this is the programme of another owner"));
            }
            Some(_) => {}
        }
    }

    /// Of the owner's own programmes: nobody learns which levels another's has.
    fn check_level(&self, tier: &Value, owner: Option<&str>, place: &Place<'_>) {
        if let (Some(program), Some(level)) = (text(tier, "program"), text(tier, "at_least"))
            && self.programs.get(program).is_some_and(|of| owner.is_none_or(|owner| owner == *of))
            && !self.levels.contains(&(program, level))
        {
            let _ = place.field("at_least").fault::<()>("unknown level");
        }
    }

    fn check_coupon(&self, coupon: &Value, place: &Place<'_>, plain: bool, seen: &mut Seen<'_>) {
        if coupon.is_null() {
            return;
        }
        seen.coupons += 1;
        if !seen.may_ask_coupons {
            let _ = place.fault::<()>("redeeming asks for no coupon");
        } else if !plain {
            let _ = place.fault::<()>("a coupon stands under neither `any` nor `not`");
        } else if seen.coupons == 2 {
            let _ = place.fault::<()>("expected one coupon in a condition");
        }
        let Some(campaign) = text(coupon, "campaign") else { return };
        match self.campaigns.get(campaign) {
            None => unheeded(place.field("campaign").fault("unknown campaign")),
            Some(of) if seen.owner.is_some_and(|owner| owner != *of) => {
                unheeded(place.field("campaign").fault("this is the campaign of another owner"));
            }
            Some(_) => {}
        }
    }
}

/// The fault is noted; there is nothing else to do.
fn unheeded(_: Option<()>) {}

/// What is not there is null, which refers to nothing.
fn field<'a>(parent: &'a Value, name: &str) -> &'a Value {
    parent.get(name).unwrap_or(&Value::Null)
}

fn text<'a>(parent: &'a Value, name: &str) -> Option<&'a str> {
    field(parent, name).as_str()
}

fn items<'a>(parent: &'a Value, list: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    parent.get(list).and_then(Value::as_array).into_iter().flatten().enumerate()
}

fn unique<'a>(parent: &'a Value, list: &'static str, name: &'static str, place: &Place<'_>) -> HashSet<&'a str> {
    let mut seen = HashSet::new();
    for (index, item) in items(parent, list) {
        if text(item, name).is_some_and(|code| !seen.insert(code)) {
            let at = place.field(list);
            let _ = at.item(index).field(name).fault::<()>("expected a value that no entry before has");
        }
    }
    seen
}
