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
    when: When,
    uses: i128,
    units: i128,
    discount: i128,
    spent: i128,
}

/// Where a use is kept.
#[derive(Clone, Copy, PartialEq)]
enum When {
    Date(Date),
    /// "windows that begin at the instant of the use that opened them", in whole milliseconds
    Window {
        minutes: i64,
        start: i64,
    },
}

/// Over what is summed.
pub(crate) enum Over {
    Dates(Date, Date),
    FromFirst { minutes: i64, at: i64 },
}

/// The sum of a measure over dates, both included, or in the window that holds an instant.
pub(crate) fn recorded(usage: &[Record], benefit: &Value, subject: &Subject, measure: &str, over: &Over) -> i128 {
    let records = usage.iter().filter(|record| record.code == facts::code(benefit) && record.subject == *subject);
    let records: Vec<&Record> = records.collect();
    let latest = match over {
        Over::Dates(..) => None,
        Over::FromFirst { minutes, at } => window_that_holds(&records, *minutes, *at),
    };
    let within = records.into_iter().filter(|record| match (over, record.when) {
        (Over::Dates(first, last), When::Date(date)) => *first <= date && date <= *last,
        (Over::FromFirst { minutes, .. }, When::Window { minutes: kept, start }) => {
            kept == *minutes && latest == Some(start)
        }
        _ => false,
    });
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

// 4.6: "a use belongs to the latest recorded window with `start ≤ occurred_at < start + minutes`"
fn window_that_holds(records: &[&Record], minutes: i64, at: i64) -> Option<i64> {
    let starts = records.iter().filter_map(|record| match record.when {
        When::Window { minutes: kept, start } if kept == minutes => Some(start),
        _ => None,
    });
    starts.filter(|start| *start <= at && at < start + minutes * 60_000).max()
}

/// Keeps a use by its date, and besides in a window for each of the minutes.
fn keep(case: &Case, benefit: &Value, minutes: &[i64], used: &Record, usage: &mut Vec<Record>) {
    let of_same = |record: &&Record| record.code == used.code && record.subject == used.subject;
    let records: Vec<&Record> = usage.iter().filter(of_same).collect();
    let at = case.at.as_millisecond();
    // "else it opens one at `occurred_at`"
    let window = |minutes: &i64| When::Window {
        minutes: *minutes,
        start: window_that_holds(&records, *minutes, at).unwrap_or(at),
    };
    let mut places: Vec<When> = minutes.iter().map(window).collect();
    places.dedup();
    places.push(When::Date(time::service_date(benefit, case.at)));
    let kept = |when| Record {
        code: used.code.clone(),
        subject: used.subject.clone(),
        when,
        uses: used.uses,
        units: used.units,
        discount: used.discount,
        spent: used.spent,
    };
    usage.extend(places.into_iter().map(kept));
}

fn minutes_of(window: &Value) -> Option<i64> {
    window["from_first"]["minutes"].as_i64()
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
        let limits = facts::list(&benefit["limits"]).iter();
        let of_subject = limits.filter(|limit| limits::subject(case, limit).as_ref() == Some(&subject));
        let mut minutes: Vec<i64> = of_subject.filter_map(|limit| minutes_of(&limit["window"])).collect();
        minutes.sort_unstable();
        minutes.dedup();
        let used = Record {
            code: facts::code(benefit).to_owned(),
            subject,
            when: When::Date(Date::MIN),
            uses: 1,
            units: lines::units_so_far(lines, benefit),
            discount: lines::discount_so_far(lines, benefit),
            spent: 0,
        };
        keep(case, benefit, &minutes, &used, usage);
    }
}

// 4.6: "A spend_cap records for the holder, in its window, the final payable of every line for which it was eligible,
// discounted or not."
fn record_spent(case: &Case, benefit: &Value, lines: &[Line], usage: &mut Vec<Record>) {
    let eligible: Vec<&Line> = lines.iter().filter(|line| eligibility::is_eligible(case, benefit, line.line)).collect();
    if eligible.is_empty() {
        return;
    }
    let spent = eligible.iter().map(|line| line.remaining).sum();
    if let Some(subject) = limits::holder(case) {
        // "so do spend_caps, even with a payable of 0"
        let minutes: Vec<i64> = minutes_of(&benefit["effect"]["spend_cap"]["window"]).into_iter().collect();
        let used = Record {
            code: facts::code(benefit).to_owned(),
            subject,
            when: When::Date(Date::MIN),
            uses: 0,
            units: 0,
            discount: 0,
            spent,
        };
        keep(case, benefit, &minutes, &used, usage);
    }
}
