//! A version of a benefit as it is decided: names interned, spans resolved, its place in the order of evaluation known.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::condition::{Condition, Leaf};
use crate::document::{
    Base, Benefit, Covers, Effect, Limit, LimitScope, MaxDiscount, Offline, Refinements, Scope, SlotPolicy, Text,
};
use crate::loyalty::{Choose, Costs};
use crate::money::Rounding;
use crate::reason::{Reason, Reasons};
use crate::request::LineFor;
use crate::rules::names::Symbol;
use crate::rules::steps::Steps;
use crate::rules::table::Id;
use crate::span::Interval;
use crate::window::LimitWindow;

/// A compiled version.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) code: Arc<str>,
    pub(crate) number: i64,
    pub(crate) grantor: Arc<str>,
    pub(crate) name: Text,
    pub(crate) public_name: Arc<Text>,
    pub(crate) zone: Id<TimeZone>,
    pub(crate) service_day_start: Time,
    pub(crate) valid: Interval,
    /// When it is in force and no higher version counts instead.
    pub(crate) counts: Interval,
    /// From when a higher version counts instead.
    pub(crate) superseded: Option<Timestamp>,
    /// The earliest `valid.from` of all versions of the code; none if one of them is open.
    pub(crate) code_begins: Option<Timestamp>,
    pub(crate) suspensions: Box<[Suspended]>,
    /// Place of the slot in the order of evaluation; versions of one slot share it.
    pub(crate) slot: usize,
    pub(crate) slot_name: Option<Arc<str>>,
    pub(crate) policy: SlotPolicy,
    pub(crate) scope: Scope,
    pub(crate) when: Option<CompiledCondition>,
    /// The same as it is asked where nobody listens.
    pub(crate) steps: Option<Steps>,
    /// Whether `when` asks anything about the line itself.
    pub(crate) asks_of_line: bool,
    /// Whether `when` asks what accounts and coupons come to.
    pub(crate) asks_loyalty: bool,
    /// The reasons that it can give.
    pub(crate) says: Says,
    /// Every group that `when` names.
    pub(crate) groups: Box<[Symbol]>,
    pub(crate) covers: Covers,
    /// Whether its use is counted or capped for a holder, so that there must be one.
    pub(crate) needs_holder: bool,
    pub(crate) effect: Effect,
    pub(crate) base: Base,
    pub(crate) rounding: Rounding,
    pub(crate) max_discount: MaxDiscount,
    /// None for most, so that they pay for one check.
    pub(crate) refined: Option<Box<Refined>>,
    pub(crate) limits: Box<[Limit]>,
    /// Whether a window of a limit or a cap begins with its first use.
    pub(crate) counts_from_first: bool,
    pub(crate) offline: Offline,
    pub(crate) funding: Funding,
    /// What it costs in points and which units it takes; none of most.
    pub(crate) reward: Option<Box<Reward>>,
}

/// What a version costs in points and which units it takes.
#[derive(Debug)]
pub(crate) struct Reward {
    pub(crate) costs: Option<Costs>,
    pub(crate) choose: Option<Choose>,
}

impl Reward {
    pub(crate) fn of(benefit: &Benefit) -> Option<Box<Self>> {
        let has_either = benefit.costs.is_some() || benefit.choose.is_some();
        has_either.then(|| Box::new(Self { costs: benefit.costs.clone(), choose: benefit.choose.clone() }))
    }
}

/// Where a benefit and its slot hold back.
#[derive(Debug)]
pub(crate) struct Refined {
    pub(crate) own: Refinements,
    /// The most that the slot's benefits take off one line together, in basis points of its gross.
    pub(crate) slot_rate: Option<i64>,
}

impl Refined {
    /// None where nothing is said.
    pub(crate) fn of(own: &Refinements, slot_rate: Option<i64>) -> Option<Box<Self>> {
        let plain = slot_rate.is_none() && *own == Refinements::default();
        (!plain).then(|| Box::new(Self { own: own.clone(), slot_rate }))
    }
}

/// Who pays which share, in listed order.
#[derive(Debug)]
pub(crate) struct Funding {
    pub(crate) payers: Box<[Arc<str>]>,
    pub(crate) rates: Box<[i64]>,
}

/// A time of suspension, and who is not suspended.
#[derive(Debug)]
pub(crate) struct Suspended {
    pub(crate) during: Interval,
    pub(crate) except_groups: Box<[Symbol]>,
}

/// A condition with what its leaves refer to at hand.
pub(crate) type CompiledCondition = Condition<Arc<Question>>;

/// A leaf with what it refers to at hand.
#[derive(Debug)]
pub(crate) enum Question {
    /// Is the holder in one of the groups?
    MemberOf { groups: Box<[Symbol]>, names: Box<[Box<str>]> },
    /// Is the service date in the calendar, or is it not?
    Calendar { name: Box<str>, dates: Arc<[Date]>, is: bool },
    /// Everything that refers to nothing.
    Plain(Leaf),
}

impl Version {
    /// What it costs in points; it is a reward then.
    pub(crate) fn costs(&self) -> Option<&Costs> {
        self.reward.as_deref().and_then(|reward| reward.costs.as_ref())
    }

    /// Whether nothing but its time can set it aside.
    pub(crate) fn is_always_open(&self) -> bool {
        self.suspensions.is_empty() && self.reward.is_none()
    }

    /// The minutes of its windows that begin with their first use, each with whose use is counted.
    pub(crate) fn windows_from_first(&self) -> impl Iterator<Item = (LimitScope, i64)> {
        let cap = match self.effect {
            Effect::SpendCap { window, .. } => Some((LimitScope::Holder, window)),
            _ => None,
        };
        let windows = cap.into_iter().chain(self.limits.iter().map(|limit| (limit.scope, limit.window)));
        windows.filter_map(|(scope, window)| match window {
            LimitWindow::FromFirst { minutes } => Some((scope, minutes)),
            LimitWindow::Dates(_) => None,
        })
    }
}

/// The reasons that a version can give where it is not eligible, by whom the line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Says {
    of_holder: Reasons,
    of_companion: Reasons,
}

impl Says {
    /// Who is not covered at all is told only that.
    pub(crate) fn of(covers: Covers, blames: Reasons) -> Self {
        let of = |passenger| {
            if covers.includes(passenger) { blames } else { Reasons::default().with(Reason::NotThisWay) }
        };
        Self { of_holder: of(LineFor::Holder), of_companion: of(LineFor::Companion) }
    }

    pub(crate) fn of_line(&self, passenger: LineFor) -> Reasons {
        match passenger {
            LineFor::Holder => self.of_holder,
            LineFor::Companion => self.of_companion,
        }
    }
}

impl Question {
    /// What the till is told when the answer is not the wished one.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Self::MemberOf { .. } => Reason::NoRight,
            Self::Calendar { .. } => Reason::NotNow,
            Self::Plain(leaf) => match leaf {
                Leaf::Birthday { .. }
                | Leaf::Weekday { .. }
                | Leaf::TimeOfDay { .. }
                | Leaf::Dates { .. }
                | Leaf::Calendar { .. } => Reason::NotNow,
                Leaf::Channel { .. }
                | Leaf::Context(_)
                | Leaf::Line(_)
                | Leaf::Coupon { .. }
                | Leaf::BasketTotal { .. }
                | Leaf::BasketQuantity { .. }
                | Leaf::Quantity { .. } => Reason::NotThisWay,
                Leaf::Identifier { .. } | Leaf::NoMismatch => Reason::NotWithThisMeans,
                Leaf::Tier { .. }
                | Leaf::MemberOf { .. }
                | Leaf::Age { .. }
                | Leaf::ResidentIn { .. }
                | Leaf::Attribute(_) => Reason::NoRight,
            },
        }
    }

    /// Whether it is about accounts of points or coupons.
    pub(crate) fn asks_loyalty(&self) -> bool {
        matches!(self, Self::Plain(Leaf::Tier { .. } | Leaf::Coupon { .. }))
    }

    /// Whether it is about the line itself.
    pub(crate) fn asks_of_line(&self) -> bool {
        matches!(self, Self::Plain(Leaf::Line(_) | Leaf::Quantity { .. }))
    }
}
