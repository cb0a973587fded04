//! Everything that conditions read, and the answers to them.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use smallvec::SmallVec;

use crate::condition::{AsOf, Condition, FactTest, Leaf, LinesCounted, YearDay};
use crate::fact::FactValue;
use crate::holder::Holder;
use crate::path;
use crate::person::{IdentifierVerdict, Person};
use crate::plan::loyalty::LoyaltyFacts;
use crate::plan::moment::{LocalMoment, Moments};
use crate::request::{Line, Request};
use crate::rules::{CompiledCondition, Question, RuleSet, Symbol, Version};
use crate::span::{Moment, Span};
use crate::trace::{Node, Recorder};
use crate::truth::Truth;

/// The rules, the request and the person, with what is derived from them once.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) rules: Arc<RuleSet>,
    pub(crate) request: Request,
    pub(crate) person: Person,
    /// The groups in which the holder is or was, as far as some rule names them, each with the place of its entitlement.
    memberships: SmallVec<[(Symbol, u32); 4]>,
    moments: Moments,
    basket_total: i64,
    /// What loyalty knows of the request.
    pub(crate) loyalty: LoyaltyFacts,
}

impl Facts {
    pub(crate) fn new(rules: Arc<RuleSet>, request: Request, person: Person) -> Self {
        let mut memberships = SmallVec::new();
        for (given, place) in person.holder.as_deref().map_or(&[][..], |holder| &holder.entitlements).iter().zip(0..) {
            if let Some(group) = rules.names.find(&given.group) {
                memberships.push((group, place));
            }
        }
        let moments = Moments::new(request.occurred_at, &rules.zones);
        let basket_total = request.gross();
        Self { rules, request, person, memberships, moments, basket_total, loyalty: LoyaltyFacts::NotAsked }
    }

    pub(crate) fn zone(&self, version: &Version) -> &TimeZone {
        self.rules.zones.get(version.zone)
    }

    pub(crate) fn now(&self, version: &Version) -> &LocalMoment {
        self.moments.local(version.zone, &self.rules.zones)
    }

    /// When a fact about the holder is looked at.
    pub(crate) fn moment(&self, as_of: AsOf, version: &Version) -> Moment {
        let now = self.now(version);
        if as_of.is_now() { now.moment } else { now.as_of(as_of, self.zone(version)) }
    }

    pub(crate) fn service_date(&self, version: &Version) -> Date {
        self.now(version).service_date(version.service_day_start)
    }

    pub(crate) fn holder(&self) -> Option<&Holder> {
        self.person.holder.as_deref()
    }

    /// Whether the holder is now a member of one of the groups.
    pub(crate) fn is_member(&self, groups: &[Symbol], version: &Version) -> bool {
        // Most holders are in none of them: no zone is converted for those.
        self.given_in(groups).any(|span| span.holds_at(&self.now(version).moment))
    }

    /// The groups in which the holder is or was, as far as some rule names them.
    pub(crate) fn groups(&self) -> impl Iterator<Item = Symbol> {
        self.memberships.iter().map(|(group, _)| *group)
    }

    /// When the holder is or was in one of the groups.
    pub(crate) fn given_in(&self, groups: &[Symbol]) -> impl Iterator<Item = &Span> {
        let entitlements = self.holder().map_or(&[][..], |holder| &holder.entitlements);
        let within = self.memberships.iter().filter(move |(group, _)| groups.contains(group));
        within.filter_map(move |(_, place)| entitlements.get(*place as usize)).map(|given| &given.span)
    }

    /// Whether a version's condition is true of a line, or of the basket where no leaf asks of a line.
    pub(crate) fn is_true(&self, version: &Version, line: Option<&Line>) -> bool {
        version.steps.as_ref().is_none_or(|steps| steps.are_met(|question| self.answer_one(question, version, line)))
    }

    /// A version is suspended for a holder unless the holder is now in a group that is excepted.
    pub(crate) fn is_suspended(&self, version: &Version) -> bool {
        let at = self.request.occurred_at;
        version
            .suspensions
            .iter()
            .any(|suspended| suspended.during.contains(at) && !self.is_member(&suspended.except_groups, version))
    }

    /// The answer to a condition about a line, or about the basket where no leaf asks of a line, and to each of its parts.
    pub(crate) fn answer<R: Recorder>(
        &self,
        condition: &CompiledCondition,
        version: &Version,
        line: Option<&Line>,
        recorder: &mut R,
    ) -> Truth {
        recorder.enter();
        let truth = match condition {
            Condition::All(parts) => {
                let mut truth = Truth::True;
                for part in parts {
                    truth = truth.min(self.answer(part, version, line, recorder));
                    if truth == Truth::False && !R::FULL {
                        break;
                    }
                }
                truth
            }
            Condition::Any(parts) => {
                let mut truth = Truth::False;
                for part in parts {
                    truth = truth.max(self.answer(part, version, line, recorder));
                    if truth == Truth::True && !R::FULL {
                        break;
                    }
                }
                truth
            }
            Condition::Not(inner) => self.answer(inner, version, line, recorder).not(),
            Condition::Leaf(question) => self.answer_one(question, version, line),
        };
        recorder.leave(|| Node::of(condition, truth, self, version, line));
        truth
    }

    fn answer_one(&self, question: &Question, version: &Version, line: Option<&Line>) -> Truth {
        let leaf = match question {
            Question::MemberOf { groups, .. } => {
                return Truth::of(self.holder().map(|_| self.is_member(groups, version)));
            }
            Question::Calendar { dates, is, .. } => {
                let within = dates.binary_search(&self.service_date(version)).is_ok();
                return Truth::of(Some(within == *is));
            }
            Question::Plain(leaf) => leaf,
        };
        let known = match leaf {
            Leaf::Age { min, max, as_of } => self.age(*as_of, version).map(|age| within(age, *min, *max)),
            Leaf::ResidentIn { territories, as_of } => self.holder().map(|holder| {
                let moment = self.moment(*as_of, version);
                holder.residences.iter().any(|residence| {
                    territories.iter().any(|territory| path::covers(territory.as_str(), &residence.territory))
                        && residence.span.holds_at(&moment)
                })
            }),
            Leaf::Attribute(test) => {
                let mut values = self.attributes(&test.name, version).peekable();
                let known = values.peek().is_some();
                known.then(|| values.any(|value| value.compares(test.comparison, &test.values)))
            }
            Leaf::Identifier { schemes } => {
                self.holder().map(|_| self.resolved_schemes().any(|scheme| schemes.contains(scheme)))
            }
            Leaf::NoMismatch => self.holder().map(|_| !self.person.is_mixed()),
            Leaf::Channel { channels } => {
                self.request.channel.as_deref().map(|channel| channels.iter().any(|one| **one == *channel))
            }
            Leaf::Context(test) => compares(self.request.context.get(&test.name), test),
            Leaf::Line(test) => compares(line.and_then(|line| line.context.get(&test.name)), test),
            Leaf::Weekday { days } => Some(days.contains(&self.service_date(version).weekday().to_monday_one_offset())),
            Leaf::TimeOfDay { from, until } => {
                let time = self.now(version).time;
                Some(if from < until { *from <= time && time < *until } else { *from <= time || time < *until })
            }
            Leaf::Dates { from, until } => {
                let day = YearDay::of(self.service_date(version));
                Some(if from <= until { *from <= day && day <= *until } else { *from <= day || day <= *until })
            }
            Leaf::BasketTotal { min, max, lines } => Some(within(self.basket_total(*lines, version), *min, *max)),
            Leaf::BasketQuantity { min, max, lines } => Some(within(self.basket_quantity(*lines, version), *min, *max)),
            Leaf::Quantity { min, max } => line.map(|line| within(line.quantity, *min, *max)),
            Leaf::Tier { program, at_least } => self.is_of_level(program, at_least.as_deref()),
            Leaf::Coupon { campaign } => Some(self.good_coupon(campaign).is_some()),
            Leaf::Birthday { month } => self.birthday(*month, version),
            // Compiled to questions of their own.
            Leaf::MemberOf { .. } | Leaf::Calendar { .. } => None,
        };
        Truth::of(known)
    }

    /// Completed years at a local date; who was born on 29 February completes one on 1 March in a common year.
    pub(crate) fn age(&self, as_of: AsOf, version: &Version) -> Option<i64> {
        let birth = self.holder()?.birth_date?;
        let date = if as_of.is_now() { self.now(version).moment.date } else { self.moment(as_of, version).date };
        let before_birthday = YearDay::of(date) < YearDay::of(birth);
        Some(i64::from(date.year()) - i64::from(birth.year()) - i64::from(before_birthday))
    }

    /// The values of the holder's attributes of a name that are in force now.
    pub(crate) fn attributes<'a>(&'a self, name: &'a str, version: &'a Version) -> impl Iterator<Item = &'a FactValue> {
        let named = self.holder().into_iter().flat_map(|holder| &holder.attributes);
        let named = named.filter(move |attribute| *attribute.name == *name);
        named.filter(|attribute| attribute.span.holds_at(&self.now(version).moment)).map(|attribute| &attribute.value)
    }

    /// The schemes of the identifiers that resolved.
    pub(crate) fn resolved_schemes(&self) -> impl Iterator<Item = &Box<str>> {
        self.schemes(IdentifierVerdict::Resolved)
    }

    /// The schemes of the identifiers of which this became.
    pub(crate) fn schemes(&self, of: IdentifierVerdict) -> impl Iterator<Item = &Box<str>> {
        let verdicts = self.request.identifiers.iter().zip(&self.person.identifiers);
        verdicts.filter(move |(_, verdict)| **verdict == of).map(|(identifier, _)| &identifier.scheme)
    }

    /// The gross of the lines that are counted, in minor units.
    pub(crate) fn basket_total(&self, lines: LinesCounted, version: &Version) -> i64 {
        match lines {
            LinesCounted::All => self.basket_total,
            LinesCounted::InScope => {
                let counted = self.request.lines.iter().filter(|line| lines.includes(line, version));
                counted.map(Line::gross).fold(0, i64::saturating_add)
            }
        }
    }

    /// The pieces on the lines that are counted.
    pub(crate) fn basket_quantity(&self, lines: LinesCounted, version: &Version) -> i64 {
        let counted = self.request.lines.iter().filter(|line| lines.includes(line, version));
        counted.map(Line::pieces).sum()
    }
}

fn within(value: i64, min: Option<i64>, max: Option<i64>) -> bool {
    min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max)
}

fn compares(fact: Option<&FactValue>, test: &FactTest) -> Option<bool> {
    fact.map(|value| value.compares(test.comparison, &test.values))
}
