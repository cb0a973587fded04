//! Uses, holders, discount and who bears it, by whatever they are grouped (settlement 5.1).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use uuid::Uuid;

use super::{Cell, Dimension, Moved, UNKNOWN};
use crate::limits::REPORT_GROUPS_MAX;
use crate::movement::Direction;
use crate::path;
use crate::settlement::OneByOne;
use crate::settlement::month::Month;

/// The values of a group, in the order of the dimensions that were asked for.
type Key = Vec<Arc<str>>;

/// What is counted: business days from one until another, where everything holds that is asked.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// The first day.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
    /// By what it is grouped.
    pub by: Vec<Dimension>,
    /// What alone counts; of a product or a territory also all below. A month is of the days.
    pub only: BTreeMap<Dimension, String>,
}

/// More groups than a report has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {REPORT_GROUPS_MAX} groups: ask for fewer days, or by less")]
pub struct TooManyGroups;

/// Figures that are being added up.
#[derive(Debug)]
pub struct Figures {
    counted: Counted,
    cells: BTreeMap<Key, Cell>,
    /// Each holder's number.
    holders: HashMap<Arc<str>, u32>,
    /// The next number.
    next: u32,
    current: OneByOne<Standing>,
}

/// What one authorization gave, while its movements come.
#[derive(Debug, Default)]
struct Standing {
    /// The number of each benefit's use where nobody was recognised.
    unnamed: HashMap<Arc<str>, u32>,
    /// By group and benefit.
    moved: HashMap<(Key, Arc<str>), Course>,
}

/// What stood of a benefit in a group before the days, and what moved on them by month.
#[derive(Debug, Default)]
struct Course {
    before: i128,
    months: BTreeMap<Option<Month>, i128>,
}

impl Figures {
    /// Nothing is counted yet.
    pub fn new(counted: Counted) -> Self {
        Self { counted, cells: BTreeMap::new(), holders: HashMap::new(), next: 0, current: OneByOne::default() }
    }

    /// Counts what moved.
    ///
    /// # Errors
    /// More groups than a report has.
    pub fn add(&mut self, moved: &Moved<'_>) -> Result<(), TooManyGroups> {
        let whole = self.current.whole_before(moved.authorization);
        self.count(whole)?;
        if moved.date >= self.counted.until || !self.counted.holds(moved) {
            return Ok(());
        }
        let key = self.counted.key(moved);
        let month = self.counted.by.contains(&Dimension::Month).then(|| Month::of(moved.date));
        let is_within = moved.date >= self.counted.from;
        if is_within {
            let holder = self.number_of(moved);
            let cell = self.cell(in_month(&key, month))?;
            if moved.direction == Direction::Sale {
                cell.holders.insert(holder);
            }
            cell.discount += i128::from(moved.amount);
            let bearer = (moved.stake.payer.clone(), moved.stake.cause);
            *cell.entries.entry(bearer).or_default() += i128::from(moved.amount);
        }
        let of = (key, moved.stake.benefit.clone());
        let course = self.standing(moved.authorization).moved.entry(of).or_default();
        let sum = if is_within { course.months.entry(month).or_default() } else { &mut course.before };
        *sum += i128::from(moved.amount);
        Ok(())
    }

    /// Every group, in the order of its values.
    ///
    /// # Errors
    /// More groups than a report has.
    pub fn cells(mut self) -> Result<BTreeMap<Key, Cell>, TooManyGroups> {
        let last = self.current.last();
        self.count(last)?;
        Ok(self.cells)
    }

    fn standing(&mut self, authorization: Uuid) -> &mut Standing {
        self.current.of(authorization, Standing::default)
    }

    /// The number under which a holder is counted; a use without one is counted by itself.
    fn number_of(&mut self, moved: &Moved<'_>) -> u32 {
        let next = self.next;
        let number = match moved.holder {
            Some(holder) => *self.holders.entry(holder.clone()).or_insert(next),
            None => {
                let unnamed = &mut self.standing(moved.authorization).unnamed;
                *unnamed.entry(moved.stake.benefit.clone()).or_insert(next)
            }
        };
        self.next += u32::from(number == next);
        number
    }

    fn cell(&mut self, key: Key) -> Result<&mut Cell, TooManyGroups> {
        if self.cells.len() >= REPORT_GROUPS_MAX && !self.cells.contains_key(&key) {
            return Err(TooManyGroups);
        }
        Ok(self.cells.entry(key).or_default())
    }

    /// Counts the uses of an authorization that is whole.
    fn count(&mut self, whole: Option<Standing>) -> Result<(), TooManyGroups> {
        let Some(standing) = whole else { return Ok(()) };
        for ((key, _), Course { before: mut stands, months }) in standing.moved {
            for (month, amount) in months {
                let stood = stands;
                stands += amount;
                self.cell(in_month(&key, month))?.uses += i64::from(stands > 0) - i64::from(stood > 0);
            }
        }
        Ok(())
    }
}

/// A group of a month. Keys have no month until it is known in which.
fn in_month(key: &Key, month: Option<Month>) -> Key {
    let mut key = key.clone();
    if let (Some(month), Some(value)) = (month, key.iter_mut().find(|value| value.is_empty())) {
        *value = month.to_string().into();
    }
    key
}

impl Counted {
    /// Whether it counts, whenever it was.
    fn holds(&self, moved: &Moved<'_>) -> bool {
        self.only.iter().all(|(dimension, only)| match dimension {
            Dimension::Month => true,
            Dimension::Product | Dimension::Territory => path::covers(only, &value(*dimension, moved)),
            _ => *value(*dimension, moved) == **only,
        })
    }

    fn key(&self, moved: &Moved<'_>) -> Key {
        self.by.iter().map(|dimension| value(*dimension, moved)).collect()
    }
}

/// What something that moved is of; nothing for its month.
fn value(dimension: Dimension, moved: &Moved<'_>) -> Arc<str> {
    let known = |value: Option<&Arc<str>>| value.cloned().unwrap_or_else(|| UNKNOWN.into());
    match dimension {
        Dimension::Month => "".into(),
        Dimension::Grantor => known(moved.stake.benefit_grantor.as_ref()),
        Dimension::Benefit => moved.stake.benefit.clone(),
        Dimension::Version => moved.stake.version.to_string().into(),
        Dimension::Provider => moved.provider.clone(),
        Dimension::Product => moved.product.clone(),
        Dimension::Territory => known(moved.territory),
    }
}
