//! How a slot found the basket as it began.

use smallvec::SmallVec;

use crate::condition::LinesCounted;
use crate::decide::picked::{Picked, PickedUnits};
use crate::decide::{Entrant, Till};
use crate::rules::Refined;
use crate::trace::{Recorder, Turn};

/// What was so as a slot began; kept only while a slot is decided whose benefits ask for it.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    /// Of each line.
    remaining: Vec<i64>,
    /// The place of the slot's first benefit among the candidates.
    first: usize,
    /// Of each benefit of the slot.
    found: SmallVec<[Found; 2]>,
}

/// How a benefit found the basket.
#[derive(Debug, Default)]
struct Found {
    /// Too little remained to be paid.
    too_little: bool,
    /// What it covers by its `pick`.
    picked: Option<Picked>,
}

impl<'a, R: Recorder> Till<'a, R> {
    /// Looks at the basket before the benefits of a slot do.
    pub(super) fn begin(&mut self, slot: &[Entrant<'a>]) {
        self.beginning = None;
        if slot.iter().all(|entrant| entrant.version.refined.is_none()) {
            return;
        }
        let remaining = self.lines.iter().map(|line| line.remaining).collect();
        let found = slot.iter().map(|entrant| self.found_by(*entrant)).collect();
        let first = slot.first().map_or(0, |entrant| entrant.place);
        self.beginning = Some(Box::new(Beginning { remaining, first, found }));
    }

    fn found_by(&self, entrant: Entrant<'a>) -> Found {
        let Some(refined) = entrant.version.refined.as_deref() else { return Found::default() };
        let least = refined.own.at_least;
        let too_little = least.is_some_and(|least| self.remains(entrant, least.lines) < least.amount);
        let pick = refined.own.pick.filter(|_| !too_little);
        Found { too_little, picked: pick.map(|pick| self.pick(entrant, refined, pick)) }
    }

    /// What remains to be paid.
    fn remains(&self, entrant: Entrant<'_>, lines: LinesCounted) -> i64 {
        let counted = self.lines.iter().filter(|line| lines.includes(line.asked, entrant.version));
        counted.map(|line| line.remaining).sum()
    }

    /// The units of a line that a benefit covers by its `pick`, none without one; or why it does not look at the line, if its own rule
    /// says so.
    pub(super) fn looks_at(
        &self,
        entrant: Entrant<'_>,
        refined: &Refined,
        line: usize,
    ) -> Result<Option<&PickedUnits>, Turn> {
        let Some(beginning) = &self.beginning else { return Ok(None) };
        let Some(found) = entrant.place.checked_sub(beginning.first).and_then(|number| beginning.found.get(number))
        else {
            return Ok(None);
        };
        if found.too_little {
            return Err(Turn::TooLittleInBasket);
        }
        if !self.is_open(refined, line) {
            return Err(Turn::Touched);
        }
        match found.picked.as_ref().and_then(|picked| picked.of_line(line)) {
            Some(picked) if picked.units() == 0 => Err(Turn::NotPicked),
            picked => Ok(picked),
        }
    }

    /// Whether nobody took from a line before, or its benefit does not ask.
    pub(super) fn is_open(&self, refined: &Refined, line: usize) -> bool {
        !refined.own.only_untouched || {
            let account = self.line(line);
            account.remaining == account.gross
        }
    }

    /// What the slot's own bound leaves on a line to the benefits that are still to come.
    pub(super) fn left_of_slot(&self, refined: &Refined, line: usize) -> i64 {
        let (Some(rate), Some(beginning)) = (refined.slot_rate, &self.beginning) else { return i64::MAX };
        let account = self.line(line);
        let taken = beginning.remaining.get(line).map_or(0, |before| before - account.remaining);
        (crate::money::proportion(account.gross, rate, crate::limits::RATE_WHOLE) - taken).max(0)
    }
}
