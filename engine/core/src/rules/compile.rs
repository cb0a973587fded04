//! From the written catalogue to the rule set.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::condition::{Condition, Leaf};
use crate::document::{self, Benefit, Catalogue, Effect, Limit, LimitScope, Slot, SlotPolicy};
use crate::loyalty::Prices;
use crate::reason::{Reason, Reasons};
use crate::rules::programmes;
use crate::rules::version::{Funding, Refined, Reward, Says, Suspended};
use crate::rules::{
    CompiledCondition, Id, Index, Names, Provider, Question, RuleSet, ScopeKey, Steps, Symbol, Table, Version,
};
use crate::window::LimitWindow;

pub(super) fn compile(catalogue: &Catalogue) -> RuleSet {
    let mut names = Names::default();
    let ordered = in_order_of_evaluation(catalogue);
    let mut zones = Zones::default();
    let timelines = timelines_of_benefits(catalogue);
    let calendars = calendars(catalogue);
    let mut compiler = Compiler { names: &mut names, languages: &catalogue.languages, calendars };
    let versions = ordered
        .iter()
        .map(|ranked| {
            let timeline = timelines.get(&*ranked.benefit.code);
            compiler.version(ranked, timeline, zones.id(&ranked.benefit.time_zone))
        })
        .collect();
    let loyalty = programmes::compile(catalogue, &mut compiler, &mut zones);
    let versions = Table::new(versions);
    let index = Index::build(&versions, &mut names);
    let placed = |provider: &document::Provider| (provider.code.clone(), placed(provider, &index, &mut names));
    let providers = catalogue.providers.iter().map(placed).collect();
    let by_number = versions.iter().map(|(id, version)| ((version.code.clone(), version.number), id)).collect();
    RuleSet {
        by_number,
        loyalty,
        coupons: Arc::new(catalogue.coupons.iter().cloned().collect()),
        prices: Prices::of(&catalogue.prices, &catalogue.providers),
        currency: catalogue.currency.clone(),
        providers,
        names,
        zones: Table::new(zones.0),
        versions,
        index,
    }
}

/// A benefit with the place of its slot among all slots.
pub(super) struct Ranked<'a> {
    pub(super) benefit: &'a Benefit,
    pub(super) slot: usize,
    pub(super) policy: SlotPolicy,
    /// The slot's bound on one line.
    pub(super) max_rate: Option<i64>,
}

/// By slot (priority, name) and inside by (priority, code); a benefit with no slot is one of its own, with its own priority
/// and code; spend caps come last, all together.
pub(super) fn in_order_of_evaluation(catalogue: &Catalogue) -> Vec<Ranked<'_>> {
    let slots: HashMap<&str, &Slot> = catalogue.slots.iter().map(|slot| (&*slot.name, slot)).collect();
    let slot_of = |benefit: &Benefit| benefit.slot.as_deref().and_then(|name| slots.get(name).copied());
    let slot_key = |benefit: &'_ Benefit| match slot_of(benefit) {
        _ if benefit.effect.is_spend_cap() => (true, 0, Box::default()),
        Some(slot) => (false, slot.priority, slot.name.clone()),
        None => (false, benefit.priority, benefit.code.clone()),
    };
    let mut benefits: Vec<_> = catalogue.benefits.iter().map(|benefit| (slot_key(benefit), benefit)).collect();
    benefits.sort_by(|(left_slot, left), (right_slot, right)| {
        let by_priority = left_slot.cmp(right_slot).then_with(|| left.priority.cmp(&right.priority));
        by_priority.then_with(|| left.code.cmp(&right.code)).then_with(|| left.version.cmp(&right.version))
    });
    let mut ranked: Vec<Ranked<'_>> = Vec::with_capacity(benefits.len());
    let mut slot = 0;
    for (place, (key, benefit)) in benefits.iter().enumerate() {
        let same =
            place.checked_sub(1).and_then(|before| benefits.get(before)).is_some_and(|(before, _)| before == key);
        slot += usize::from(!same);
        let (policy, max_rate) = slot_of(benefit).map_or((SlotPolicy::All, None), |slot| (slot.policy, slot.max_rate));
        ranked.push(Ranked { benefit, slot, policy, max_rate });
    }
    ranked
}

/// When the versions of each code count.
pub(super) type Timelines<'a> = HashMap<&'a str, Timeline>;

/// When the versions of one code count.
#[derive(Default)]
pub(super) struct Timeline {
    /// Versions with the instants from which they count, the highest first.
    versions: Vec<(i64, Option<Timestamp>)>,
    /// Of each of those, from when a higher version counts.
    superseded: Vec<Option<Timestamp>>,
    /// The earliest beginning of all; none if one is open.
    begins: Option<Timestamp>,
}

pub(super) fn timelines_of_benefits(catalogue: &Catalogue) -> Timelines<'_> {
    let begins = |benefit: &Benefit| benefit.valid.resolve(&benefit.time_zone).from;
    let readable = catalogue.benefits.iter().map(|benefit| (&*benefit.code, benefit.version, begins(benefit)));
    let unreadable = catalogue.unreadable.iter();
    timelines(readable.chain(unreadable.map(|one| (&*one.code, one.version, one.from))))
}

/// Of codes, their versions and from when each counts.
pub(super) fn timelines<'a>(versions: impl Iterator<Item = (&'a str, i64, Option<Timestamp>)>) -> Timelines<'a> {
    let mut timelines = Timelines::new();
    for (code, version, from) in versions {
        timelines.entry(code).or_default().versions.push((version, from));
    }
    timelines.values_mut().for_each(Timeline::settle);
    timelines
}

impl Timeline {
    fn settle(&mut self) {
        self.versions.sort_unstable_by_key(|(version, _)| std::cmp::Reverse(*version));
        self.begins = self.versions.iter().map(|(_, from)| *from).min().flatten();
        let mut earliest: Option<Timestamp> = None;
        for (_, from) in &self.versions {
            self.superseded.push(earliest);
            // One without `valid.from` always counted.
            let from = from.unwrap_or(Timestamp::MIN);
            earliest = Some(earliest.map_or(from, |earliest| earliest.min(from)));
        }
    }

    /// From when a higher version counts.
    pub(super) fn superseded(&self, version: i64) -> Option<Timestamp> {
        let place =
            self.versions.binary_search_by_key(&std::cmp::Reverse(version), |(version, _)| std::cmp::Reverse(*version));
        self.superseded.get(place.ok()?).copied().flatten()
    }
}

/// The distinct zones of all versions.
#[derive(Default)]
pub(super) struct Zones(Vec<TimeZone>);

impl Zones {
    pub(super) fn id(&mut self, zone: &TimeZone) -> Id<TimeZone> {
        let place = self.0.iter().position(|known| known == zone).unwrap_or_else(|| {
            self.0.push(zone.clone());
            self.0.len() - 1
        });
        Id::at(place)
    }
}

fn calendars(catalogue: &Catalogue) -> HashMap<&str, Arc<[Date]>> {
    let sorted = |dates: &[Date]| {
        let mut dates = dates.to_vec();
        dates.sort_unstable();
        dates.into()
    };
    catalogue.calendars.iter().map(|calendar| (&*calendar.name, sorted(&calendar.dates))).collect()
}

/// A provider with where there are versions for it.
fn placed(provider: &document::Provider, index: &Index, names: &mut Names) -> Arc<Provider> {
    let mut scopes = vec![ScopeKey::All, ScopeKey::Code(names.intern(&provider.code))];
    for tag in &provider.tags {
        let key = ScopeKey::Tag(names.intern(tag));
        if !scopes.contains(&key) {
            scopes.push(key);
        }
    }
    let places = scopes.into_iter().filter_map(|scope| index.places_of(scope)).collect();
    let compiled = Provider::new(names.shared(&provider.code), &provider.tags, places);
    Arc::new(Provider { day: provider.day.clone(), ..compiled })
}

pub(super) struct Compiler<'a> {
    names: &'a mut Names,
    languages: &'a [Box<str>],
    calendars: HashMap<&'a str, Arc<[Date]>>,
}

impl Compiler<'_> {
    /// A condition with what it refers to at hand.
    pub(super) fn condition(&mut self, when: &Condition) -> CompiledCondition {
        when.map(&mut |leaf| Arc::new(self.question(leaf)))
    }

    pub(super) fn version(&mut self, ranked: &Ranked<'_>, timeline: Option<&Timeline>, zone: Id<TimeZone>) -> Version {
        let benefit = ranked.benefit;
        let when = benefit.when.as_ref().map(|when| self.condition(when));
        let steps = when.as_ref().map(Steps::of);
        let valid = benefit.valid.resolve(&benefit.time_zone);
        let superseded = timeline.and_then(|timeline| timeline.superseded(benefit.version));
        let questions = when.as_ref().map(Condition::leaves).unwrap_or_default();
        // What stands in the way of a true condition: a companion without the holder, a subject that is not known.
        let blames = Reasons::default().with(Reason::NoRight).with(Reason::NotThisWay);
        let blames = questions.iter().fold(blames, |reasons, question| reasons.with(question.reason()));
        Version {
            code: self.names.shared(&benefit.code),
            number: benefit.version,
            grantor: self.names.shared(&benefit.grantor),
            name: benefit.name.clone(),
            public_name: Arc::new(benefit.public_name.in_all(self.languages)),
            zone,
            service_day_start: benefit.service_day_start,
            valid,
            counts: valid.before(superseded),
            superseded,
            code_begins: timeline.and_then(|timeline| timeline.begins),
            suspensions: self.suspensions(benefit),
            slot: ranked.slot,
            slot_name: benefit.slot.as_ref().map(|slot| self.names.shared(slot)),
            policy: ranked.policy,
            scope: benefit.scope.clone(),
            asks_of_line: questions.iter().any(|question| question.asks_of_line()),
            asks_loyalty: questions.iter().any(|question| question.asks_loyalty()),
            says: Says::of(benefit.covers, blames),
            groups: groups_named(&questions),
            when,
            steps,
            covers: benefit.covers,
            needs_holder: needs_holder(benefit),
            effect: benefit.effect,
            base: benefit.base,
            rounding: benefit.rounding,
            max_discount: benefit.max_discount,
            refined: Refined::of(&benefit.refinements, ranked.max_rate),
            limits: benefit.limits.as_slice().into(),
            counts_from_first: counts_from_first(benefit),
            offline: benefit.offline,
            funding: self.funding(benefit),
            reward: Reward::of(benefit),
        }
    }

    fn question(&mut self, leaf: &Leaf) -> Question {
        match leaf {
            Leaf::MemberOf { groups } => {
                Question::MemberOf { groups: self.symbols(groups), names: groups.as_slice().into() }
            }
            Leaf::Calendar { name, is } => {
                let dates = self.calendars.get(&**name).cloned().unwrap_or_default();
                Question::Calendar { name: name.clone(), dates, is: *is }
            }
            leaf => Question::Plain(leaf.clone()),
        }
    }

    fn symbols(&mut self, names: &[Box<str>]) -> Box<[Symbol]> {
        names.iter().map(|name| self.names.intern(name)).collect()
    }

    fn suspensions(&mut self, benefit: &Benefit) -> Box<[Suspended]> {
        let suspended = benefit.suspensions.iter().map(|suspension| Suspended {
            during: suspension.span.resolve(&benefit.time_zone),
            except_groups: self.symbols(&suspension.except_groups),
        });
        suspended.collect()
    }

    fn funding(&mut self, benefit: &Benefit) -> Funding {
        Funding {
            payers: benefit.funding.iter().map(|share| self.names.shared(&share.payer)).collect(),
            rates: benefit.funding.iter().map(|share| share.rate).collect(),
        }
    }
}

/// Whether a window of a limit or a cap begins with its first use.
fn counts_from_first(benefit: &Benefit) -> bool {
    let cap = if let Effect::SpendCap { window, .. } = benefit.effect { Some(window) } else { None };
    let windows = cap.into_iter().chain(benefit.limits.iter().map(|limit| limit.window));
    windows.into_iter().any(|window| matches!(window, LimitWindow::FromFirst { .. }))
}

/// Whether its use is counted or capped for a holder.
fn needs_holder(benefit: &Benefit) -> bool {
    let personal = |limit: &Limit| matches!(limit.scope, LimitScope::Holder | LimitScope::Household);
    benefit.effect.is_spend_cap() || benefit.limits.iter().any(personal)
}

fn groups_named(questions: &[&Arc<Question>]) -> Box<[Symbol]> {
    let groups = questions.iter().filter_map(|question| match &***question {
        Question::MemberOf { groups, .. } => Some(groups),
        _ => None,
    });
    groups.flat_map(|groups| groups.iter().copied()).collect()
}
