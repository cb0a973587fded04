//! Programmes compiled beside benefits: the same names, zones, timelines and conditions.

use crate::document::{Base, Benefit, Catalogue, Covers, Effect, MaxDiscount, Offline, Refinements, SlotPolicy};
use crate::loyalty::{LoyaltyRules, Programme, ProgrammeVersion};
use crate::money::Rounding;
use crate::rules::compile::{Compiler, Ranked, Timeline, Zones, timelines};

/// None where there is no programme and no campaign.
pub(super) fn compile(
    catalogue: &Catalogue,
    compiler: &mut Compiler<'_>,
    zones: &mut Zones,
) -> Option<Box<LoyaltyRules>> {
    if catalogue.programs.is_empty() && catalogue.campaigns.is_empty() {
        return None;
    }
    let begins = |programme: &Programme| programme.valid.resolve(&programme.time_zone).from;
    let timelines =
        timelines(catalogue.programs.iter().map(|programme| (&*programme.code, programme.version, begins(programme))));
    let mut listed: Vec<&Programme> = catalogue.programs.iter().collect();
    listed.sort_by_key(|programme| (&programme.code, programme.version));
    let mut programmes = Vec::with_capacity(listed.len());
    for programme in listed {
        let frame = frame(programme);
        let ranked = Ranked { benefit: &frame, slot: 0, policy: SlotPolicy::All, max_rate: None };
        let timeline: Option<&Timeline> = timelines.get(&*programme.code);
        let frame = compiler.version(&ranked, timeline, zones.id(&programme.time_zone));
        programmes.push(ProgrammeVersion::new(programme, frame, &mut |when| compiler.condition(when)));
    }
    Some(Box::new(LoyaltyRules { programmes, campaigns: catalogue.campaigns.clone() }))
}

/// What a programme has in common with benefits: when and where it is there, and how its dates are read.
fn frame(programme: &Programme) -> Benefit {
    Benefit {
        code: programme.code.clone(),
        version: programme.version,
        grantor: programme.owner.clone(),
        name: programme.name.clone().unwrap_or_default(),
        public_name: programme.name.clone().unwrap_or_default(),
        time_zone: programme.time_zone.clone(),
        service_day_start: programme.service_day_start,
        valid: programme.valid,
        suspensions: programme.suspensions.clone(),
        priority: 0,
        slot: None,
        scope: programme.scope.clone(),
        when: None,
        covers: Covers::default(),
        effect: Effect::Percent { rate: 0 },
        base: Base::Remaining,
        rounding: Rounding::default(),
        max_discount: MaxDiscount::default(),
        refinements: Refinements::default(),
        limits: Vec::new(),
        funding: Vec::new(),
        offline: Offline::Deny,
        costs: None,
        choose: None,
    }
}
