//! What one person alone may give: a bound that asking twice does not pass.

use avis_store::records::RecordChange;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::problem::Problem;

/// What is given to a member within this time of the first gift is bounded together.
const WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Points that were given to a member without a second person.
#[derive(Serialize, Deserialize)]
struct GivenAlone {
    points: i64,
}

impl Object for GivenAlone {
    const KIND: &'static str = "given_alone";
}

/// What is to be written if points are given to a member of a programme, or taken, without a second person; none where one is needed.
/// Whoever asks, and however many at once: the sum is written over the one that was read.
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
    let (given, ends) = match &live {
        Some(live) => (live.object.points, live.record.value.expires_at),
        None => (0, call.now.checked_add(WITHIN).ok()),
    };
    let sum = given.saturating_add(points);
    if sum > most {
        return Ok(None);
    }
    let value = kept::value(&GivenAlone { points: sum }, program, "", ends);
    Ok(Some(vec![RecordChange::put(before.as_ref(), GivenAlone::KIND, &key, value)]))
}
