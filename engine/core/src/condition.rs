//! Conditions as they are written in a rule, and what they may be made of.

use std::cell::Cell;

use jiff::civil::{Date, Time};
use serde_json::Value;

use crate::fact::{Comparison, FactValue};
use crate::limits::{AS_OF_DAYS_MAX, CONDITION_DEPTH_MAX, CONDITION_LEAVES_MAX, QUANTITY_MAX, RULE_LIST_MAX};
use crate::nearest::suggestion_of;
use crate::path::DottedPath;
use crate::read::{self, Object, Place, Read, at_least_one, only_field, whole, word};
use crate::request::Line;
use crate::rules::Version;

/// A condition: leaves joined by `all`, `any` and `not`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition<L = Leaf> {
    /// True if all are.
    All(Vec<Self>),
    /// True if any is.
    Any(Vec<Self>),
    /// True if the inner one is false.
    Not(Box<Self>),
    /// A question about one thing.
    Leaf(L),
}

/// A question about one thing that is true, false or unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// The holder is in one of the groups now.
    MemberOf {
        /// Codes of beneficiary groups.
        groups: Vec<Box<str>>,
    },
    /// The holder's completed years lie within inclusive bounds.
    Age {
        /// At least.
        min: Option<i64>,
        /// At most.
        max: Option<i64>,
        /// When.
        as_of: AsOf,
    },
    /// The holder has a residence in one of the territories or below.
    ResidentIn {
        /// Dotted paths.
        territories: Vec<DottedPath>,
        /// When.
        as_of: AsOf,
    },
    /// One of the holder's attributes of that name compares so.
    Attribute(FactTest),
    /// One of the identifiers that resolved has one of the schemes.
    Identifier {
        /// Codes of schemes.
        schemes: Vec<Box<str>>,
    },
    /// No identifier of the request is another person's than the holder's.
    NoMismatch,
    /// The sale goes through one of the channels.
    Channel {
        /// Codes of channels.
        channels: Vec<Box<str>>,
    },
    /// The request's fact of that name compares so.
    Context(FactTest),
    /// The line's fact of that name compares so.
    Line(FactTest),
    /// The service date falls on one of the weekdays.
    Weekday {
        /// 1 is Monday, 7 is Sunday.
        days: Vec<i8>,
    },
    /// The local time is in `[from, until)`, past midnight where `from` is later.
    TimeOfDay {
        /// Local time.
        from: Time,
        /// Local time.
        until: Time,
    },
    /// The service date falls in a yearly span, both ends included, past the new year where `from` is later.
    Dates {
        /// The first day.
        from: YearDay,
        /// The last day.
        until: YearDay,
    },
    /// Whether the service date is in the calendar.
    Calendar {
        /// The calendar's name.
        name: Box<str>,
        /// In it, or not in it.
        is: bool,
    },
    /// The gross of the basket lies within inclusive bounds, in minor units.
    BasketTotal {
        /// At least.
        min: Option<i64>,
        /// At most.
        max: Option<i64>,
        /// Of which lines.
        lines: LinesCounted,
    },
    /// The units in the basket lie within inclusive bounds.
    BasketQuantity {
        /// At least.
        min: Option<i64>,
        /// At most.
        max: Option<i64>,
        /// On which lines.
        lines: LinesCounted,
    },
    /// The holder is a member of a programme, of a level or a higher one where one is named.
    Tier {
        /// The programme's code.
        program: Box<str>,
        /// The level's code; none is any or none.
        at_least: Option<Box<str>>,
    },
    /// A good coupon of the campaign is presented.
    Coupon {
        /// The campaign's code.
        campaign: Box<str>,
    },
    /// It is the holder's birthday, or its month.
    Birthday {
        /// The whole month.
        month: bool,
    },
    /// The line's units lie within inclusive bounds.
    Quantity {
        /// At least.
        min: Option<i64>,
        /// At most.
        max: Option<i64>,
    },
}

/// Which lines of the basket are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinesCounted {
    /// Every one.
    All,
    /// Those whose product is in the benefit's scope.
    InScope,
}

impl LinesCounted {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::InScope => "in_scope",
        }
    }

    pub(crate) fn includes(self, line: &Line, version: &Version) -> bool {
        match self {
            Self::All => true,
            Self::InScope => version.scope.covers_product(line.product.as_str()),
        }
    }
}

/// When a fact about the holder is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AsOf {
    /// From which date on the days are counted.
    pub anchor: Anchor,
    /// Days after it, or before it where negative; with any the look is at local 00:00, also from `now` on.
    pub plus_days: i64,
}

/// The date by which a fact is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// When the use takes place.
    #[default]
    Now,
    /// 1 January, local 00:00.
    YearStart,
    /// The first of the month, local 00:00.
    MonthStart,
    /// The last 1 September, local 00:00.
    SchoolYearStart,
    /// 31 December, local 00:00.
    YearEnd,
    /// The last of the month, local 00:00.
    MonthEnd,
    /// The next 31 August or this one, local 00:00.
    SchoolYearEnd,
}

/// A comparison of a named fact with the rule's own value or values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactTest {
    /// The fact's name.
    pub name: Box<str>,
    /// How it is compared.
    pub comparison: Comparison,
    /// One value, or those of `in`.
    pub values: Vec<FactValue>,
}

/// A day of any year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct YearDay {
    month: i8,
    day: i8,
}

impl YearDay {
    /// The day of the year that a date is.
    pub fn of(date: Date) -> Self {
        Self { month: date.month(), day: date.day() }
    }

    /// 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// 1 to 31.
    pub fn day(self) -> i8 {
        self.day
    }
}

impl AsOf {
    /// The two fields of a leaf that say when.
    fn read_from(object: &Object<'_>) -> Option<Self> {
        let anchor = object.or("as_of", Anchor::Now);
        let plus_days = object.bounded_or("plus_days", 0, -AS_OF_DAYS_MAX, AS_OF_DAYS_MAX);
        anchor.zip(plus_days).map(|(anchor, plus_days)| Self { anchor, plus_days })
    }
}

impl Anchor {
    const ALL: [Self; 7] = [
        Self::Now,
        Self::YearStart,
        Self::MonthStart,
        Self::SchoolYearStart,
        Self::YearEnd,
        Self::MonthEnd,
        Self::SchoolYearEnd,
    ];

    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::YearStart => "year_start",
            Self::MonthStart => "month_start",
            Self::SchoolYearStart => "school_year_start",
            Self::YearEnd => "year_end",
            Self::MonthEnd => "month_end",
            Self::SchoolYearEnd => "school_year_end",
        }
    }
}

impl<L> Condition<L> {
    /// All leaves in written order.
    pub fn leaves(&self) -> Vec<&L> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::leaves).collect(),
            Self::Not(inner) => inner.leaves(),
            Self::Leaf(leaf) => vec![leaf],
        }
    }

    /// The same condition with other leaves.
    pub(crate) fn map<M>(&self, leaf: &mut impl FnMut(&L) -> M) -> Condition<M> {
        match self {
            Self::All(parts) => Condition::All(parts.iter().map(|part| part.map(leaf)).collect()),
            Self::Any(parts) => Condition::Any(parts.iter().map(|part| part.map(leaf)).collect()),
            Self::Not(inner) => Condition::Not(Box::new(inner.map(leaf))),
            Self::Leaf(inner) => Condition::Leaf(leaf(inner)),
        }
    }
}

/// How many leaves a condition has shown so far.
type LeafCount = Cell<usize>;

impl Read for Condition {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let leaves = LeafCount::new(0);
        let condition = node(value, place, &leaves, 1);
        if leaves.get() > CONDITION_LEAVES_MAX {
            return place.fault(format!("expected at most {CONDITION_LEAVES_MAX} leaves"));
        }
        condition
    }
}

fn node(value: &Value, place: &Place<'_>, leaves: &LeafCount, depth: usize) -> Option<Condition> {
    if depth > CONDITION_DEPTH_MAX {
        return place.fault(format!("expected a depth of at most {CONDITION_DEPTH_MAX}"));
    }
    let (name, inner) = only_field(value, place, "`all`, `any`, `not` or a leaf")?;
    let inner_place = place.field(name);
    match name {
        "all" => parts(inner, &inner_place, leaves, depth).map(Condition::All),
        "any" => parts(inner, &inner_place, leaves, depth).map(Condition::Any),
        "not" => node(inner, &inner_place, leaves, depth + 1).map(|inner| Condition::Not(Box::new(inner))),
        _ => {
            leaves.set(leaves.get() + 1);
            // Past the bound only the count matters; the faults of a hundred thousand leaves help nobody.
            if leaves.get() > CONDITION_LEAVES_MAX {
                None
            } else {
                leaf(name, inner, &inner_place).map(Condition::Leaf)
            }
        }
    }
}

fn parts(value: &Value, place: &Place<'_>, leaves: &LeafCount, depth: usize) -> Option<Vec<Condition>> {
    let Value::Array(items) = value else { return place.fault("expected a list of conditions") };
    if items.is_empty() {
        return place.fault("expected at least one condition");
    }
    let read: Vec<_> =
        items.iter().enumerate().map(|(index, item)| node(item, &place.item(index), leaves, depth + 1)).collect();
    read.into_iter().collect()
}

const LEAVES: &str = "`all`, `any`, `not`, `member_of`, `age`, `resident_in`, `attribute`, `identifier`, `no_mismatch`, `channel`, `context`, \
                      `line`, `weekday`, `time_of_day`, `dates`, `calendar`, `basket_total`, \
                      `basket_quantity`, `quantity`, `tier`, `member`, `coupon`, `birthday`";

fn leaf(name: &str, value: &Value, place: &Place<'_>) -> Option<Leaf> {
    let object = Object::open(value, place)?;
    let leaf = match name {
        "member_of" => some(&object, "groups", place).map(|groups| Leaf::MemberOf { groups }),
        "age" => age(&object, place),
        "resident_in" => {
            let (territories, as_of) = (some(&object, "territories", place), AsOf::read_from(&object));
            territories.zip(as_of).map(|(territories, as_of)| Leaf::ResidentIn { territories, as_of })
        }
        "attribute" => FactTest::read_from(&object, place).map(Leaf::Attribute),
        "identifier" => some(&object, "schemes", place).map(|schemes| Leaf::Identifier { schemes }),
        "no_mismatch" => Some(Leaf::NoMismatch),
        "channel" => some(&object, "in", place).map(|channels| Leaf::Channel { channels }),
        "context" => FactTest::read_from(&object, place).map(Leaf::Context),
        "line" => FactTest::read_from(&object, place).map(Leaf::Line),
        "weekday" => some::<WeekdayNumber>(&object, "in", place)
            .map(|days| Leaf::Weekday { days: days.into_iter().map(|day| day.0).collect() }),
        "time_of_day" => time_of_day(&object, place),
        "dates" => {
            let (from, until) = (object.required("from"), object.required("until"));
            from.zip(until).map(|(from, until)| Leaf::Dates { from, until })
        }
        "calendar" => {
            let (name, is) = (object.required("name"), object.required("is"));
            name.zip(is).map(|(name, is)| Leaf::Calendar { name, is })
        }
        "basket_total" => of_basket(&object, place).map(|(min, max, lines)| Leaf::BasketTotal { min, max, lines }),
        "basket_quantity" => {
            of_basket(&object, place).map(|(min, max, lines)| Leaf::BasketQuantity { min, max, lines })
        }
        "quantity" => bounds(&object, place, QUANTITY_MAX).map(|(min, max)| Leaf::Quantity { min, max }),
        "tier" | "member" | "coupon" | "birthday" => of_loyalty(name, &object, place),
        _ => return place.fault(format!("unknown condition, expected one of {LEAVES}{}", suggestion_of(name, LEAVES))),
    };
    object.close();
    leaf
}

/// What only merchants' rules ask.
fn of_loyalty(name: &str, object: &Object<'_>, place: &Place<'_>) -> Option<Leaf> {
    match name {
        "tier" => {
            let (program, at_least) = (object.required("program"), object.optional("at_least"));
            program.zip(at_least).map(|(program, at_least)| Leaf::Tier { program, at_least })
        }
        "member" => object.required("program").map(|program| Leaf::Tier { program, at_least: None }),
        "coupon" => object.required("campaign").map(|campaign| Leaf::Coupon { campaign }),
        _ => {
            let words = [("day", false), ("month", true)];
            match object.raw("in") {
                Some(value) => word(value, &place.field("in"), &words).map(|month| Leaf::Birthday { month }),
                None => place.field("in").fault("this field is required"),
            }
        }
    }
}

fn some<T: Read>(object: &Object<'_>, name: &'static str, place: &Place<'_>) -> Option<Vec<T>> {
    match object.raw(name) {
        Some(value) => at_least_one(value, &place.field(name)),
        None => place.field(name).fault("this field is required"),
    }
}

fn age(object: &Object<'_>, place: &Place<'_>) -> Option<Leaf> {
    let (bounds, as_of) = (bounds(object, place, 200), AsOf::read_from(object));
    let ((min, max), as_of) = bounds.zip(as_of)?;
    Some(Leaf::Age { min, max, as_of })
}

fn of_basket(object: &Object<'_>, place: &Place<'_>) -> Option<(Option<i64>, Option<i64>, LinesCounted)> {
    let (bounds, lines) = (bounds(object, place, i64::MAX), object.or("lines", LinesCounted::All));
    let ((min, max), lines) = bounds.zip(lines)?;
    Some((min, max, lines))
}

fn bounds(object: &Object<'_>, place: &Place<'_>, most: i64) -> Option<(Option<i64>, Option<i64>)> {
    let bound = |name| match object.raw(name) {
        Some(value) => whole(value, &place.field(name), 0, most).map(Some),
        None => Some(None),
    };
    let (min, max) = (bound("min"), bound("max"));
    match (min?, max?) {
        (None, None) => place.fault("expected `min` or `max`"),
        (Some(min), Some(max)) if min > max => place.field("min").fault("expected at most `max`"),
        bounds => Some(bounds),
    }
}

fn time_of_day(object: &Object<'_>, place: &Place<'_>) -> Option<Leaf> {
    let (from, until) = (object.required::<ClockTime>("from"), object.required::<ClockTime>("until"));
    let (from, until) = (from?.0, until?.0);
    if from == until { place.fault("expected ends that differ") } else { Some(Leaf::TimeOfDay { from, until }) }
}

impl FactTest {
    fn read_from(object: &Object<'_>, place: &Place<'_>) -> Option<Self> {
        let (name, comparison) = (object.required("name"), object.required::<Comparison>("op"));
        let value = object.raw("value");
        let (name, comparison) = (name?, comparison?);
        let place = place.field("value");
        let values = match (comparison, value) {
            (_, None) => place.fault("this field is required"),
            (Comparison::In, Some(value)) => match read::list::<FactValue>(value, &place, RULE_LIST_MAX)? {
                values if values.is_empty() => place.fault("expected at least one entry"),
                values => Some(values),
            },
            (_, Some(value)) => FactValue::read(value, &place).map(|value| vec![value]),
        };
        Some(Self { name, comparison, values: values? })
    }
}

/// A local time as `HH:MM`.
pub(crate) struct ClockTime(pub(crate) Time);

impl Read for ClockTime {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let pair = two_numbers(value.as_str().unwrap_or_default(), ':');
        let time = pair.and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
        time.map(Self).or_else(|| place.fault("expected a local time such as `04:30`"))
    }
}

impl Read for YearDay {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let pair = two_numbers(value.as_str().unwrap_or_default(), '-');
        // A leap year, so that 29 February is a day.
        let day = pair.filter(|(month, day)| Date::new(2024, *month, *day).is_ok());
        match day {
            Some((month, day)) => Some(Self { month, day }),
            None => place.fault("expected a day of the year such as `10-31`"),
        }
    }
}

fn two_numbers(text: &str, between: char) -> Option<(i8, i8)> {
    let (first, second) = text.split_once(between)?;
    let number = |digits: &str| {
        let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if two { digits.parse().ok() } else { None }
    };
    Some((number(first)?, number(second)?))
}

struct WeekdayNumber(i8);

impl Read for WeekdayNumber {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let day = whole(value, place, 1, 7)?;
        i8::try_from(day).ok().map(Self)
    }
}

impl Read for LinesCounted {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[Self::All, Self::InScope].map(|lines| (lines.word(), lines)))
    }
}

impl Read for Anchor {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &Self::ALL.map(|anchor| (anchor.word(), anchor)))
    }
}
