//! How far the programme got since its start, and what it is to reach (settlement 5.4).

use uuid::Uuid;

use super::add_standing;
use crate::settlement::OneByOne;

/// Whether anything came to stand on days that count, and still does at their end: what was given back of earlier days takes nothing
/// from that.
#[derive(Debug, Default)]
pub struct NewlyStanding {
    is_any: bool,
    /// What stands of an authorization, and how often it came to stand on those days less how often it ceased to.
    current: OneByOne<(i128, i64)>,
}

impl NewlyStanding {
    /// Takes in what moved; all of one authorization comes together, in its order.
    pub fn add(&mut self, authorization: Uuid, amount: i64, counts: bool) {
        let whole = self.current.whole_before(authorization);
        self.end(whole);
        let (sum, change) = self.current.of(authorization, Default::default);
        let came = add_standing(sum, amount);
        if counts {
            *change += came;
        }
    }

    /// Whether there is anything, now that everything was taken in.
    pub fn is_any(mut self) -> bool {
        let last = self.current.last();
        self.end(last);
        self.is_any
    }

    fn end(&mut self, whole: Option<(i128, i64)>) {
        self.is_any |= whole.is_some_and(|(_, change)| change > 0);
    }
}

/// What a programme came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Programme {
    /// Authorizations with a discount that stands.
    pub transactions: i128,
    /// Providers with one.
    pub merchants: usize,
    /// The discount that stands, in minor units.
    pub volume: i128,
    /// Distinct persons.
    pub users: usize,
}

/// A quantity of the programme with what it is to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Its word.
    pub name: &'static str,
    /// How much it is, volume in minor units; none where nothing counts it.
    pub value: Option<i128>,
    /// What it is to reach, one after the other; none where nobody knows it.
    pub targets: Option<[i128; 2]>,
}

impl Indicator {
    /// The next target: the first that is not reached, or the last.
    pub fn next_target(&self) -> Option<i128> {
        let (value, [first, last]) = (self.value?, self.targets?);
        Some(if value < first { first } else { last })
    }

    /// How much of its next target is reached, in basis points, rounded down.
    pub fn share(&self) -> Option<i128> {
        Some(self.value? * 10_000 / self.next_target().filter(|target| *target > 0)?)
    }
}

impl Programme {
    /// The indicators, with the remote consultations that were held where somebody counts them. `users_before` is how many persons were
    /// counted before the programme, 0 if nobody did: it is to have a fifth more, then seven tenths.
    pub fn indicators(&self, consultations: Option<u64>, users_before: u64) -> [Indicator; 5] {
        let of = |name, value, targets| Indicator { name, value: Some(value), targets: Some(targets) };
        let more = |percent: i128| i128::from(users_before).saturating_mul(100 + percent).saturating_add(99) / 100;
        let users = (users_before > 0).then(|| [more(20), more(70)]);
        let count = |count: usize| i128::try_from(count).unwrap_or(i128::MAX);
        [
            of("transactions", self.transactions, [100_000, 1_000_000]),
            of("merchants", count(self.merchants), [2, 5]),
            of("volume", self.volume, [1_000_000, 10_000_000]),
            Indicator { name: "users", value: Some(count(self.users)), targets: users },
            Indicator { name: "consultations", value: consultations.map(i128::from), targets: Some([100, 500]) },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_to_stand_counts_whatever_went_of_other_days() {
        let is_any = |steps: &[(u128, i64, bool)]| {
            let mut standing = NewlyStanding::default();
            steps.iter().for_each(|(id, amount, counts)| standing.add(Uuid::from_u128(*id), *amount, *counts));
            standing.is_any()
        };
        let went = [(1, 100, false), (1, -100, true), (2, 100, false), (2, -100, true)];
        assert!(!is_any(&[]) && !is_any(&went));
        assert!(is_any(&[&went[..], &[(3, 100, true)]].concat()) && is_any(&[&[(3, 100, true)], &went[..]].concat()));
        assert!(is_any(&[(1, 100, true), (1, -40, true)]), "a part of it stands");
        assert!(!is_any(&[(1, 100, true), (1, -100, true)]), "nothing does any more");
        assert!(!is_any(&[(1, 100, false), (1, 50, true)]), "it stood before");
    }

    #[test]
    fn users_are_to_be_a_fifth_more_than_before_and_then_seven_tenths() {
        let users = |before| {
            let programme = Programme { users: 150, ..Programme::default() };
            let found = programme.indicators(None, before).into_iter().find(|one| one.name == "users").unwrap();
            (found.targets, found.next_target(), found.share())
        };
        assert_eq!(users(0), (None, None, None));
        assert_eq!(users(101), (Some([122, 172]), Some(172), Some(8_720)), "no part of a person");
        assert_eq!(users(200), (Some([240, 340]), Some(240), Some(6_250)));
    }

    #[test]
    fn a_share_is_of_the_first_target_that_is_not_reached_and_of_the_last_one_beyond() {
        let share = |value| Indicator { name: "consultations", value: Some(value), targets: Some([100, 500]) }.share();
        assert_eq!(
            [share(0), share(99), share(100), share(500), share(750)],
            [0, 9_900, 2_000, 10_000, 15_000].map(Some)
        );
        assert_eq!(Indicator { name: "users", value: Some(7), targets: None }.share(), None);
    }
}
