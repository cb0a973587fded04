//! What the requests before have used: one record for each (code, subject, service date) that a request charged (4.6).

use jiff::civil::Date;
use serde_json::Value;

use super::lines::{self, Line};
use super::{Case, eligibility, facts, limits, time};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Subject {
    Holder(String),
    Household(String),
    Provider(String),
    Benefit,
}

pub(crate) struct Record {
    code: String,
    subject: Subject,
    date: Date,
    uses: i128,
    units: i128,
    discount: i128,
    spent: i128,
}

/// The sum of a measure over the service dates, both included.
pub(crate) fn recorded(
    usage: &[Record],
    benefit: &Value,
    subject: &Subject,
    measure: &str,
    (first, last): (Date, Date),
) -> i128 {
    let records = usage.iter().filter(|record| record.code == facts::code(benefit) && record.subject == *subject);
    let within = records.filter(|record| first <= record.date && record.date <= last);
    within
        .map(|record| match measure {
            "uses" => record.uses,
            "units" => record.units,
            "discount" => record.discount,
            "spent" => record.spent,
            other => panic!("measure {other}"),
        })
        .sum()
}

/// Keeps what a request that was not declined has used.
pub(crate) fn record(case: &Case, candidates: &[&Value], lines: &[Line], usage: &mut Vec<Record>) {
    for benefit in candidates {
        if facts::is_spend_cap(benefit) {
            record_spent(case, benefit, lines, usage);
        } else if lines::has_given(lines, benefit) {
            record_discount(case, benefit, lines, usage);
        }
    }
}

// 4.6: "An authorization in which a benefit gave a discount charges it 1 use, its covered units and its discount. Usage
// is kept …, all three measures, for the subjects that the limits of the recording version name"
fn record_discount(case: &Case, benefit: &Value, lines: &[Line], usage: &mut Vec<Record>) {
    let mut subjects: Vec<Subject> = vec![];
    for limit in facts::list(&benefit["limits"]) {
        let subject = limits::subject(case, limit).unwrap();
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    for subject in subjects {
        usage.push(Record {
            code: facts::code(benefit).to_owned(),
            subject,
            date: time::service_date(benefit, case.at),
            uses: 1,
            units: lines::units_so_far(lines, benefit),
            discount: lines::discount_so_far(lines, benefit),
            spent: 0,
        });
    }
}

// 4.6: "A spend_cap records for the holder, in its window, the final payable of every line for which it was eligible,
// discounted or not."
fn record_spent(case: &Case, benefit: &Value, lines: &[Line], usage: &mut Vec<Record>) {
    let eligible = lines.iter().filter(|line| eligibility::is_eligible(case, benefit, line.line));
    let spent = eligible.map(|line| line.remaining).sum();
    if let Some(subject) = limits::holder(case) {
        usage.push(Record {
            code: facts::code(benefit).to_owned(),
            subject,
            date: time::service_date(benefit, case.at),
            uses: 0,
            units: 0,
            discount: 0,
            spent,
        });
    }
}
