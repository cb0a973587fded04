//! How far the programme got since its start, and what it is to reach (settlement 5.4).

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use super::Moved;
use crate::movement::Direction;
use crate::settlement::OneByOne;

/// What of a programme is counted, while what moved comes authorization by authorization.
#[derive(Debug, Default)]
pub struct Programme {
    transactions: i128,
    merchants: HashSet<Arc<str>>,
    volume: i128,
    users: HashSet<Arc<str>>,
    /// Benefits of authorizations where nobody was recognised.
    unnamed: HashSet<(Uuid, Arc<str>)>,
    /// The provider, and what stands.
    current: OneByOne<(Arc<str>, i128)>,
}

/// A quantity of the programme with what it is to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// Its word.
    pub name: &'static str,
    /// How much it is, volume in minor units; none where nothing counts it.
    pub value: Option<i128>,
    /// What it is to reach, one after another; none where nothing is fixed.
    pub targets: &'static [i128],
}

impl Indicator {
    /// The next target: the first that is not reached, or the last.
    pub fn next_target(&self) -> Option<i128> {
        let value = self.value?;
        self.targets.iter().find(|target| value < **target).or(self.targets.last()).copied()
    }

    /// How much of its next target is reached, in basis points, rounded down.
    pub fn share(&self) -> Option<i128> {
        Some(self.value? * 10_000 / self.next_target().filter(|target| *target > 0)?)
    }
}

impl Programme {
    /// Counts what moved.
    pub fn add(&mut self, moved: &Moved<'_>) {
        let whole = self.current.whole_before(moved.authorization);
        self.count(whole);
        if moved.direction == Direction::Sale {
            match moved.holder {
                Some(holder) if self.users.contains(holder) => {}
                Some(holder) => drop(self.users.insert(holder.clone())),
                None => drop(self.unnamed.insert((moved.authorization, moved.stake.benefit.clone()))),
            }
        }
        let (_, stands) = self.current.of(moved.authorization, || (moved.provider.clone(), 0));
        *stands += i128::from(moved.amount);
    }

    /// Counts an authorization that is whole.
    fn count(&mut self, whole: Option<(Arc<str>, i128)>) {
        let Some((provider, stands)) = whole else { return };
        self.volume += stands;
        if stands > 0 {
            self.transactions += 1;
            self.merchants.insert(provider);
        }
    }

    /// The indicators, with the remote consultations that were held where somebody counts them.
    pub fn indicators(mut self, consultations: Option<u64>) -> [Indicator; 5] {
        let last = self.current.last();
        self.count(last);
        let of = |name, value, targets| Indicator { name, value: Some(value), targets };
        let count = |count: usize| i128::try_from(count).unwrap_or(i128::MAX);
        [
            of("transactions", self.transactions, &[100_000, 1_000_000]),
            of("merchants", count(self.merchants.len()), &[2, 5]),
            of("volume", self.volume, &[1_000_000, 10_000_000]),
            of("users", count(self.users.len() + self.unnamed.len()), &[]),
            Indicator { name: "consultations", value: consultations.map(i128::from), targets: &[100, 500] },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_the_first_target_that_is_not_reached_and_of_the_last_one_beyond() {
        let share = |value| Indicator { name: "consultations", value: Some(value), targets: &[100, 500] }.share();
        assert_eq!(
            [share(0), share(99), share(100), share(500), share(750)],
            [0, 9_900, 2_000, 10_000, 15_000].map(Some)
        );
        assert_eq!(Indicator { name: "users", value: Some(7), targets: &[] }.share(), None);
    }
}
