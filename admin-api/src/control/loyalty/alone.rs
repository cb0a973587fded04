//! What one person alone may give: a bound that asking twice does not pass, at no time of day.

use avis_store::records::RecordChange;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::problem::Problem;

/// What is given to a member in any time as long as this is bounded together.
const WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// Gifts that are kept apart; of more the two oldest count as one, at the time of the later.
const GIFTS_MAX: usize = 100;

/// Points that were given to a member without a second person, the oldest first.
#[derive(Default, Serialize, Deserialize)]
struct GivenAlone {
    #[serde(default)]
    gifts: Vec<Gift>,
}

/// When somebody gave how many.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Gift {
    at: Timestamp,
    points: i64,
}

impl Object for GivenAlone {
    const KIND: &'static str = "given_alone";
}

impl GivenAlone {
    /// With what is given at a moment, without what was given so long before that both are in no window.
    fn with(mut self, gift: Gift) -> Self {
        self.gifts.retain(|before| gift.at.duration_since(before.at) < WITHIN);
        self.gifts.push(gift);
        if let (true, [oldest, next, ..]) = (self.gifts.len() > GIFTS_MAX, &mut *self.gifts) {
            next.points = next.points.saturating_add(oldest.points);
            self.gifts.remove(0);
        }
        self
    }

    fn sum(&self) -> i64 {
        self.gifts.iter().fold(0, |sum, gift| sum.saturating_add(gift.points))
    }
}

/// What is to be written if points are given to a member of a programme, or taken, without a second person; none where one is needed.
/// Whoever asks, and however many at once: the gifts are written over those that were read.
pub(super) fn alone(
    call: &Call<'_>,
    (program, member): (&str, &str),
    points: i64,
) -> Result<Option<Vec<RecordChange>>, Problem> {
    let most = call.control.points.alone_max;
    if points.saturating_abs() > most {
        return Ok(None);
    }
    if points < 0 {
        return Ok(Some(Vec::new()));
    }
    let key = format!("{program}/{member}");
    let before = call.control.registry.record(GivenAlone::KIND, &key)?;
    let live = before.clone().filter(|record| record.is_live_at(call.now)).map(kept::read::<GivenAlone>).transpose()?;
    let given = live.map(|live| live.object).unwrap_or_default().with(Gift { at: call.now, points });
    if given.sum() > most {
        return Ok(None);
    }
    let value = kept::value(&given, program, "", call.now.checked_add(WITHIN).ok());
    Ok(Some(vec![RecordChange::put(before.as_ref(), GivenAlone::KIND, &key, value)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    #[test]
    fn what_was_given_counts_for_a_day_from_when_it_was_given() {
        let given = GivenAlone::default().with(Gift { at: at(0), points: 1 }).with(Gift { at: at(23), points: 900 });
        assert_eq!(given.sum(), 901);
        assert_eq!(given.with(Gift { at: at(24), points: 0 }).sum(), 900);
    }

    #[test]
    fn many_small_gifts_take_bounded_room_and_none_is_forgotten_early() {
        let mut given = GivenAlone::default();
        for _ in 0..GIFTS_MAX * 3 {
            given = given.with(Gift { at: at(1), points: 1 });
        }
        assert_eq!((given.gifts.len(), given.sum()), (GIFTS_MAX, 300));
    }
}
