//! What a condition asks and what it read, for a trace.

use serde_json::{Value, json};

use crate::condition::{Anchor, AsOf, Condition, FactTest, Leaf, LinesCounted, YearDay};
use crate::fact::{Comparison, FactValue};
use crate::person::IdentifierVerdict;
use crate::plan::Facts;
use crate::request::Line;
use crate::rules::{CompiledCondition, Question, Version};
use crate::span::Moment;
use crate::trace::Node;
use crate::truth::Truth;

impl Node {
    /// The node of a condition that was answered, without its parts.
    pub(crate) fn of(
        condition: &CompiledCondition,
        answer: Truth,
        facts: &Facts,
        version: &Version,
        line: Option<&Line>,
    ) -> Self {
        let joint = |test| Self { test, answer, asks: Value::Null, read: None, parts: Vec::new() };
        match condition {
            Condition::All(_) => joint("all"),
            Condition::Any(_) => joint("any"),
            Condition::Not(_) => joint("not"),
            Condition::Leaf(question) => {
                let (test, asks) = asks(question);
                let read = Reading { facts, version, line }.of(question);
                Self { test, answer, asks, read: Some(read), parts: Vec::new() }
            }
        }
    }
}

/// A leaf's name and its fields, as a document has them.
fn asks(question: &Question) -> (&'static str, Value) {
    let bounds = |min: &Option<i64>, max: &Option<i64>| without_nulls(json!({"min": min, "max": max}));
    let leaf = match question {
        Question::MemberOf { names, .. } => return ("member_of", json!({"groups": names})),
        Question::Calendar { name, is, .. } => return ("calendar", json!({"name": name, "is": is})),
        Question::Plain(leaf) => leaf,
    };
    match leaf {
        Leaf::Age { min, max, as_of } => ("age", when(*as_of, json!({"min": min, "max": max}))),
        Leaf::ResidentIn { territories, as_of } => ("resident_in", when(*as_of, json!({"territories": territories}))),
        Leaf::Attribute(test) => ("attribute", fact_test(test)),
        Leaf::Context(test) => ("context", fact_test(test)),
        Leaf::Line(test) => ("line", fact_test(test)),
        Leaf::Identifier { schemes } => ("identifier", json!({"schemes": schemes})),
        Leaf::NoMismatch => ("no_mismatch", json!({})),
        Leaf::Channel { channels } => ("channel", json!({"in": channels})),
        Leaf::Weekday { days } => ("weekday", json!({"in": days})),
        Leaf::TimeOfDay { from, until } => ("time_of_day", json!({"from": clock(*from), "until": clock(*until)})),
        Leaf::Dates { from, until } => ("dates", json!({"from": from.to_string(), "until": until.to_string()})),
        Leaf::BasketTotal { min, max, lines } => ("basket_total", of_basket(*min, *max, *lines)),
        Leaf::BasketQuantity { min, max, lines } => ("basket_quantity", of_basket(*min, *max, *lines)),
        Leaf::Tier { program, at_least: None } => ("member", json!({"program": program})),
        Leaf::Tier { program, at_least } => ("tier", json!({"program": program, "at_least": at_least})),
        Leaf::Coupon { campaign } => ("coupon", json!({"campaign": campaign})),
        Leaf::Birthday { month } => ("birthday", json!({"in": if *month { "month" } else { "day" }})),
        Leaf::Quantity { min, max } => ("quantity", bounds(min, max)),
        Leaf::MemberOf { groups } => ("member_of", json!({"groups": groups})),
        Leaf::Calendar { name, is } => ("calendar", json!({"name": name, "is": is})),
    }
}

/// What a leaf reads.
struct Reading<'a> {
    facts: &'a Facts,
    version: &'a Version,
    line: Option<&'a Line>,
}

impl Reading<'_> {
    fn of(&self, question: &Question) -> Value {
        let (facts, version) = (self.facts, self.version);
        let date = || json!(facts.service_date(version));
        let leaf = match question {
            Question::MemberOf { .. } => return self.groups(),
            Question::Calendar { .. } => return date(),
            Question::Plain(leaf) => leaf,
        };
        match leaf {
            Leaf::Age { as_of, .. } => json!(facts.age(*as_of, version)),
            Leaf::ResidentIn { as_of, .. } => self.territories(&facts.moment(*as_of, version)),
            Leaf::Attribute(test) => {
                let values: Vec<&FactValue> = facts.attributes(&test.name, version).collect();
                if values.is_empty() { Value::Null } else { json!(values) }
            }
            Leaf::Identifier { .. } => json!(facts.resolved_schemes().collect::<Vec<_>>()),
            Leaf::NoMismatch => self.whose_means(),
            Leaf::Channel { .. } => json!(facts.request.channel),
            Leaf::Context(test) => json!(facts.request.context.get(&test.name)),
            Leaf::Line(test) => json!(self.line.and_then(|line| line.context.get(&test.name))),
            Leaf::Weekday { .. } => json!(facts.service_date(version).weekday().to_monday_one_offset()),
            Leaf::TimeOfDay { .. } => json!(clock(facts.now(version).time)),
            Leaf::Dates { .. } | Leaf::Calendar { .. } => date(),
            Leaf::BasketTotal { lines, .. } => json!(facts.basket_total(*lines, version)),
            Leaf::BasketQuantity { lines, .. } => json!(facts.basket_quantity(*lines, version)),
            Leaf::Tier { program, .. } => match facts.level_of(program) {
                Some(level) => json!({"member": true, "level": level.code()}),
                None => json!({"member": false}),
            },
            Leaf::Coupon { campaign } if facts.is_held_out(campaign) => json!({"good": false, "held_out": true}),
            Leaf::Coupon { campaign } => json!({"good": facts.good_coupon(campaign).is_some()}),
            Leaf::Birthday { .. } => json!(facts.holder().and_then(|holder| holder.birth_date)),
            Leaf::Quantity { .. } => json!(self.line.map(|line| line.quantity)),
            Leaf::MemberOf { .. } => self.groups(),
        }
    }

    fn groups(&self) -> Value {
        let Some(holder) = self.facts.holder() else { return Value::Null };
        let now = self.facts.now(self.version).moment;
        json!(
            holder
                .entitlements
                .iter()
                .filter(|given| given.span.holds_at(&now))
                .map(|given| &given.group)
                .collect::<Vec<_>>()
        )
    }

    /// The means that name who counts, and those that name others.
    fn whose_means(&self) -> Value {
        let facts = self.facts;
        if facts.holder().is_none() {
            return Value::Null;
        }
        let others = facts.schemes(IdentifierVerdict::Mismatch).collect::<Vec<_>>();
        json!({"holder": facts.resolved_schemes().collect::<Vec<_>>(), "others": others})
    }

    fn territories(&self, moment: &Moment) -> Value {
        let Some(holder) = self.facts.holder() else { return Value::Null };
        let residences = holder.residences.iter().filter(|residence| residence.span.holds_at(moment));
        json!(residences.map(|residence| &residence.territory).collect::<Vec<_>>())
    }
}

fn fact_test(test: &FactTest) -> Value {
    let value = match (test.comparison, test.values.as_slice()) {
        (Comparison::In, values) => json!(values),
        (_, [value]) => json!(value),
        (_, values) => json!(values),
    };
    json!({"name": test.name, "op": test.comparison.word(), "value": value})
}

fn of_basket(min: Option<i64>, max: Option<i64>, lines: LinesCounted) -> Value {
    let lines = (lines != LinesCounted::All).then(|| lines.word());
    without_nulls(json!({"min": min, "max": max, "lines": lines}))
}

/// What a leaf asks, and when it looks.
fn when(as_of: AsOf, mut asks: Value) -> Value {
    if let Value::Object(fields) = &mut asks {
        let anchor = (as_of.anchor != Anchor::Now).then(|| as_of.anchor.word());
        fields.insert("as_of".to_owned(), json!(anchor));
        fields.insert("plus_days".to_owned(), json!((as_of.plus_days != 0).then_some(as_of.plus_days)));
    }
    without_nulls(asks)
}

fn clock(time: jiff::civil::Time) -> String {
    time.strftime("%H:%M").to_string()
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, field| !field.is_null());
    }
    value
}

impl std::fmt::Display for YearDay {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:02}-{:02}", self.month(), self.day())
    }
}
