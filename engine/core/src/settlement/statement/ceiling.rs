//! What goes beyond the ceiling of a contract (settlement 2.4).

use std::collections::BTreeMap;

use super::{Line, Part};
use crate::settlement::contract::{Contracts, Per};

/// In what a ceiling is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Window {
    per: Per,
    /// The month or the year; none of a validity.
    month: Option<Box<str>>,
    /// The version, where the window is its validity.
    version: Option<i64>,
}

/// What was reimbursed in a window.
#[derive(Clone, Debug, Default)]
struct Reimbursed {
    amount: i128,
    /// The newest version by which it was.
    newest: i64,
    /// What ceilings took off of it before.
    taken_off: i128,
}

/// What the statements of a pair reimbursed so far in the windows of its ceilings.
#[derive(Clone, Debug, Default)]
pub(super) struct Ceilings(BTreeMap<Window, Reimbursed>);

impl Ceilings {
    /// Counts the lines of a statement.
    pub(super) fn add(&mut self, contracts: &Contracts, lines: &[Line]) {
        for line in lines {
            if line.part == Part::Ceiling {
                if let Some(window) = Window::of_ceiling(line) {
                    self.0.entry(window).or_default().taken_off += line.reimbursed;
                }
            } else if let Some((window, version)) = Window::of_benefit(line, contracts) {
                let reimbursed = self.0.entry(window).or_default();
                reimbursed.amount += line.reimbursed;
                reimbursed.newest = reimbursed.newest.max(version);
            }
        }
    }

    /// The ceiling lines of the next statement, whose other lines are `present`.
    pub(super) fn lines(&self, contracts: &Contracts, present: &[Line]) -> Vec<Line> {
        let mut now = Self::default();
        // Windows in which nothing is said anew come to what they came to.
        for (window, _) in present.iter().filter_map(|line| Window::of_benefit(line, contracts)) {
            let so_far = self.0.get(&window).cloned().unwrap_or_default();
            now.0.insert(window, so_far);
        }
        now.add(contracts, present);
        let lines = now.0.into_iter().filter_map(|(window, reimbursed)| {
            let ceiling = contracts.version(reimbursed.newest)?.ceiling?;
            let beyond = (reimbursed.amount - i128::from(ceiling.amount)).max(0);
            let line = Line::of_pair(Part::Ceiling, -beyond - reimbursed.taken_off, window.per.word().into());
            Some(Line { month: window.month, contract: Some(reimbursed.newest), ..line })
        });
        lines.collect()
    }
}

impl Window {
    /// The window in which a benefit's line counts, with the version of its contract.
    fn of_benefit(line: &Line, contracts: &Contracts) -> Option<(Self, i64)> {
        let version = line.contract?;
        let per = contracts.version(version)?.ceiling?.per;
        let month = line.month.as_deref()?;
        let (month, of_version) = match per {
            Per::Month => (Some(month), None),
            Per::Year => (month.split_once('-').map(|(year, _)| year), None),
            Per::Validity => (None, Some(version)),
        };
        Some((Self { per, month: month.map(Into::into), version: of_version }, version))
    }

    /// The window of a ceiling's line.
    fn of_ceiling(line: &Line) -> Option<Self> {
        let per =
            [Per::Month, Per::Year, Per::Validity].into_iter().find(|per| line.note.as_deref() == Some(per.word()))?;
        let version = line.contract.filter(|_| per == Per::Validity);
        Some(Self { per, month: line.month.clone(), version })
    }
}
