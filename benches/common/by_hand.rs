//! The decision of the other workloads written out by hand for just these rules: what is left when nothing is general. It is what any
//! engine must do that looks rules up, owns what it was asked and gives away what it decided.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench may stop at what it does not expect")]

use std::collections::HashMap;
use std::sync::Arc;

use avis_core::document::{Measure, Text};
use avis_core::{
    Bound, Charge, DateRange, DecidedLine, Discount, FundingEntry, Holder, Need, Person, Quota, Reason, Reasons,
    Request, Span, Subject, Totals, UsageRange,
};
use foldhash::fast::FixedState;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::BENEFITS_OF_PROVIDER;

/// The benefits of one provider, for one kind of product, by the group that each asks for.
pub(crate) struct ByHand {
    zone: TimeZone,
    channel: Box<str>,
    products: HashMap<Box<str>, HashMap<Arc<str>, Benefit, FixedState>, FixedState>,
}

struct Benefit {
    code: Arc<str>,
    grantor: Arc<str>,
    public_name: Arc<Text>,
    rate: i64,
    priority: usize,
    units_of_month: i64,
}

/// A benefit that applies, and the use that its limit must know.
struct Applies<'a> {
    benefit: &'a Benefit,
    need: Need,
}

/// What is given away.
pub(crate) struct Decided {
    pub(crate) lines: Vec<DecidedLine>,
    pub(crate) charges: Vec<Charge>,
    pub(crate) quotas: Vec<Quota>,
}

const LENGTH: usize = "transport.bus.regional".len();

impl ByHand {
    pub(crate) fn new() -> Self {
        let (grantor, public_name) = (Arc::<str>::from("state"), Arc::<Text>::default());
        let benefit = |number: usize| Benefit {
            code: format!("benefit-{number}").into(),
            grantor: grantor.clone(),
            public_name: public_name.clone(),
            rate: i64::try_from(5_000 + number % 50).unwrap(),
            priority: number % 50,
            units_of_month: 20,
        };
        let benefits = (0..BENEFITS_OF_PROVIDER).map(|number| (format!("group-{number}").into(), benefit(number)));
        Self {
            zone: TimeZone::get("Europe/Riga").unwrap(),
            channel: "desk".into(),
            products: HashMap::from_iter([("transport.bus.regional".into(), benefits.collect())]),
        }
    }

    /// Decides a request of one line, with no use before it.
    pub(crate) fn decide(&self, person: &Person, request: &Request) -> Decided {
        let (line, holder) = (request.lines.first().unwrap(), person.holder.as_deref().unwrap());
        let now = self.zone.to_datetime(request.occurred_at);
        let today = now.date();
        let benefits = line.product.as_str().get(..LENGTH).and_then(|path| self.products.get(path)).unwrap();
        let month = DateRange { from: today.first_of_month(), until: today.last_of_month() };
        let mut applying = Vec::with_capacity(holder.entitlements.len());
        for given in &holder.entitlements {
            let Some(benefit) = benefits.get(&*given.group) else { continue };
            let is_here = request.channel.as_ref() == Some(&self.channel);
            if holds(&given.span, today) && age(holder, today) > 6 && is_here {
                let subject = Subject::Holder(holder.code.clone());
                let need = Need { code: benefit.code.clone(), subject, range: UsageRange::Dates(month) };
                applying.push(Applies { benefit, need });
            }
        }
        applying.sort_by_key(|one| one.benefit.priority);
        let offer = |one: &Applies<'_>| {
            let units = line.quantity.min(one.benefit.units_of_month);
            (line.gross() * units / line.quantity * one.benefit.rate + 5_000) / 10_000
        };
        let best = applying.iter().map(|one| (offer(one), one)).max_by_key(|(amount, _)| *amount);
        let Some((amount, Applies { benefit, need })) = best else { panic!("one applies") };
        let funding = vec![FundingEntry { payer: benefit.grantor.clone(), amount, reason: None }];
        let discount = Discount {
            benefit: benefit.code.clone(),
            version: 1,
            grantor: Some(benefit.grantor.clone()),
            public_name: benefit.public_name.clone(),
            units: line.quantity,
            amount,
            funding,
        };
        let totals = Totals { uses: 1, units: line.quantity, discount: amount, ..Totals::default() };
        let (code, subject) = (benefit.code.clone(), need.subject.clone());
        Decided {
            charges: vec![Charge { code, subject, date: today, totals, windows: Vec::new() }],
            quotas: vec![Quota { need: need.clone(), measure: Measure::Units, most: benefit.units_of_month }],
            lines: vec![DecidedLine {
                line_id: line.line_id.clone(),
                gross: line.gross(),
                payable: line.gross() - amount,
                discounts: vec![discount],
                reasons: Reasons::default().with(Reason::NoRight),
                reference_price: None,
            }],
        }
    }
}

fn holds(span: &Span, today: Date) -> bool {
    let begun = matches!(span.from, Some(Bound::Date(from)) if from <= today);
    begun && matches!(span.until, Some(Bound::Date(until)) if today <= until)
}

fn age(holder: &Holder, today: Date) -> i16 {
    let birth = holder.birth_date.unwrap();
    let before_birthday = (today.month(), today.day()) < (birth.month(), birth.day());
    today.year() - birth.year() - i16::from(before_birthday)
}
