//! What a catalogue says that is seldom meant, though it is no fault.

use jiff::civil::Time;

use crate::condition::{Condition, Leaf};
use crate::document::{Benefit, Catalogue};
use crate::fault::Fault;

impl Catalogue {
    /// What is seldom meant, each with its place.
    pub fn warnings(&self) -> Vec<Fault> {
        let benefits = self.benefits.iter().enumerate();
        let torn = benefits.filter(|(_, benefit)| tears_a_night(benefit));
        torn.map(|(place, _)| Fault {
            pointer: format!("/benefits/{place}/when"),
            detail: "a day of the week, month or calendar stands beside a time that passes midnight: what is after midnight is \
                     judged by the next day; a `service_day_start` at or after the end of that time makes it one night"
                .to_owned(),
        })
        .collect()
    }
}

/// Whether a night is meant as one, while its day turns at midnight.
fn tears_a_night(benefit: &Benefit) -> bool {
    let Some(when) = benefit.when.as_ref().filter(|_| benefit.service_day_start == Time::midnight()) else {
        return false;
    };
    let by_day = |leaf: &Leaf| matches!(leaf, Leaf::Weekday { .. } | Leaf::Dates { .. } | Leaf::Calendar { .. });
    let past_midnight =
        |leaf: &Leaf| matches!(leaf, Leaf::TimeOfDay { from, until } if from > until && *until > Time::midnight());
    has(when, &by_day) && has(when, &past_midnight)
}

fn has(condition: &Condition, is_meant: &impl Fn(&Leaf) -> bool) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| has(part, is_meant)),
        Condition::Not(inner) => has(inner, is_meant),
        Condition::Leaf(leaf) => is_meant(leaf),
    }
}
