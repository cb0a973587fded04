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
    /// The benefits for which too little remained to be paid, by their places among the candidates.
    too_little: SmallVec<[usize; 2]>,
    /// What each benefit with a `pick` covers, with its place among the candidates.
    picked: SmallVec<[(usize, Picked); 1]>,
}

impl<'a, R: Recorder> Till<'a, R> {
    /// Looks at the basket before the benefits of a slot do.
    pub(super) fn begin(&mut self, places: std::ops::Range<usize>) {
        self.beginning = None;
        let refined = |entrant: Entrant<'a>| Some((entrant, entrant.version.refined.as_deref()?));
        let mut refined = self.entrants(places.clone()).filter_map(refined).peekable();
        if refined.peek().is_none() {
            return;
        }
        let remaining = self.lines.iter().map(|line| line.remaining).collect();
        let mut beginning = Beginning { remaining, ..Beginning::default() };
        for (entrant, refined) in refined {
            if refined.own.at_least.is_some_and(|least| self.remains(entrant, least.lines) < least.amount) {
                beginning.too_little.push(entrant.place);
            }
        }
        self.beginning = Some(Box::new(beginning));
        self.pick_units(places);
    }

    fn pick_units(&mut self, places: std::ops::Range<usize>) {
        for entrant in self.entrants(places) {
            let Some(refined) = entrant.version.refined.as_deref() else { continue };
            let Some(pick) = refined.own.pick else { continue };
            let picked = self.pick(entrant, refined, pick);
            if let Some(beginning) = &mut self.beginning {
                beginning.picked.push((entrant.place, picked));
            }
        }
    }

    /// The units of a line that a benefit covers by its `pick`; none without one.
    pub(super) fn picked(&self, entrant: Entrant<'_>, line: usize) -> Option<PickedUnits> {
        let mut picked = self.beginning.as_ref()?.picked.iter();
        picked.find(|(place, _)| *place == entrant.place).map(|(_, picked)| picked.of_line(line))
    }

    /// What remains to be paid.
    fn remains(&self, entrant: Entrant<'_>, lines: LinesCounted) -> i64 {
        let counted = self.lines.iter().filter(|line| lines.includes(line.asked, entrant.version));
        counted.map(|line| line.remaining).sum()
    }

    /// Why a benefit does not look at a line, if its own rule says so.
    pub(super) fn holds_back(&self, entrant: Entrant<'_>, refined: &Refined, line: usize) -> Option<Turn> {
        let account = self.line(line);
        let beginning = self.beginning.as_ref()?;
        if beginning.too_little.contains(&entrant.place) {
            Some(Turn::TooLittleInBasket)
        } else if refined.own.only_untouched && account.remaining < account.gross {
            Some(Turn::Touched)
        } else {
            self.picked(entrant, line).filter(|picked| picked.units() == 0).map(|_| Turn::NotPicked)
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
