//! Rights that nobody used (settlement 5.1).

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::condition::{Condition, Leaf};
use crate::holder::Holder;
use crate::span::Bound;

/// The groups that a condition names, in whatever sense.
pub fn groups_of(condition: &Condition) -> BTreeSet<&str> {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().flat_map(groups_of).collect(),
        Condition::Not(inner) => groups_of(inner),
        Condition::Leaf(Leaf::MemberOf { groups }) => groups.iter().map(|group| &**group).collect(),
        Condition::Leaf(_) => BTreeSet::new(),
    }
}

/// Whether a holder is a member of one of the groups on a day, be it for a part of it.
pub fn is_entitled(holder: &Holder, groups: &BTreeSet<&str>, day: Date, zone: &TimeZone) -> bool {
    let start = Bound::Date(day).start(zone);
    let end = Bound::Date(day.tomorrow().unwrap_or(Date::MAX)).start(zone);
    holder.entitlements.iter().filter(|given| groups.contains(&*given.group)).any(|given| {
        let interval = given.span.resolve(zone);
        interval.from.is_none_or(|from| from < end) && interval.until.is_none_or(|until| until > start)
    })
}

/// What is unused of a benefit, while those who are entitled come one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unused {
    /// Who is entitled.
    pub entitled: u64,
    /// Who of them has no use.
    pub holders: u64,
    /// Units that a limit leaves to all of them.
    pub units: i128,
}

impl Unused {
    /// Counts somebody who is entitled, with how often and how many units were used, and how many there may be.
    pub fn add(&mut self, uses: i64, used: i64, limit: Option<i64>) {
        self.entitled += 1;
        self.holders += u64::from(uses <= 0);
        self.units += limit.map_or(0, |limit| (i128::from(limit) - i128::from(used)).max(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_beyond_a_limit_takes_nothing_from_what_others_have_left() {
        let mut unused = Unused::default();
        [(0, 0), (2, 3), (1, 5), (-1, -1)].into_iter().for_each(|(uses, used)| unused.add(uses, used, Some(4)));
        assert_eq!(unused, Unused { entitled: 4, holders: 2, units: 4 + 1 + 5 });
        unused.add(0, 0, None);
        assert_eq!((unused.entitled, unused.units), (5, 10), "what has no such limit leaves no units");
    }
}
