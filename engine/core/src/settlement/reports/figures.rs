//! Uses, holders, discount and who bears it, by whatever they are grouped (settlement 5.1).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use uuid::Uuid;

use super::{Cell, Dimension, Granted, Moved, UNKNOWN, add_standing};
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
        let of = Of::moved(moved);
        if moved.date >= self.counted.until || !self.counted.holds(&of) {
            return Ok(());
        }
        let key = self.counted.key(&of);
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

    /// Counts what somebody bears of a benefit in a span that begins on a day, which lies in one month.
    ///
    /// # Errors
    /// More groups than a report has.
    pub fn add_borne(
        &mut self,
        (start, granted): (Date, &Granted),
        (payer, cause): (&Arc<str>, &'static str),
        amount: i128,
    ) -> Result<(), TooManyGroups> {
        if let Some(cell) = self.cell_of(start, granted)? {
            cell.discount += amount;
            *cell.entries.entry((payer.clone(), cause)).or_default() += amount;
        }
        Ok(())
    }

    /// Counts uses of a benefit in such a span, with the numbers of those who got something sold.
    ///
    /// # Errors
    /// More groups than a report has.
    pub fn add_used(
        &mut self,
        (start, granted): (Date, &Granted),
        uses: i64,
        people: &[u32],
    ) -> Result<(), TooManyGroups> {
        if let Some(cell) = self.cell_of(start, granted)? {
            cell.uses += uses;
            cell.holders.extend(people);
        }
        Ok(())
    }

    /// The group of what was granted in a span, if it counts.
    fn cell_of(&mut self, start: Date, granted: &Granted) -> Result<Option<&mut Cell>, TooManyGroups> {
        let of = Of::granted(granted);
        if !self.counted.holds(&of) {
            return Ok(None);
        }
        let month = self.counted.by.contains(&Dimension::Month).then(|| Month::of(start));
        self.cell(in_month(&self.counted.key(&of), month)).map(Some)
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
                self.cell(in_month(&key, month))?.uses += add_standing(&mut stands, amount);
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
    fn holds(&self, of: &Of<'_>) -> bool {
        self.only.iter().all(|(dimension, only)| match dimension {
            Dimension::Month => true,
            Dimension::Product | Dimension::Territory => path::covers(only, &of.value(*dimension)),
            _ => *of.value(*dimension) == **only,
        })
    }

    fn key(&self, of: &Of<'_>) -> Key {
        self.by.iter().map(|dimension| of.value(*dimension)).collect()
    }
}

/// Of what something is that is counted.
struct Of<'m> {
    grantor: Option<&'m Arc<str>>,
    benefit: &'m Arc<str>,
    provider: &'m Arc<str>,
    /// None of what is added up by benefits.
    version: Option<i64>,
    product: Option<&'m Arc<str>>,
    territory: Option<&'m Arc<str>>,
}

impl<'m> Of<'m> {
    fn moved(moved: &Moved<'m>) -> Self {
        Self {
            grantor: moved.stake.benefit_grantor.as_ref(),
            benefit: &moved.stake.benefit,
            version: Some(moved.stake.version),
            provider: moved.provider,
            product: Some(moved.product),
            territory: moved.territory,
        }
    }

    fn granted(granted: &'m Granted) -> Self {
        Self {
            grantor: granted.grantor.as_ref(),
            benefit: &granted.benefit,
            version: None,
            provider: &granted.provider,
            product: None,
            territory: granted.territory.as_ref(),
        }
    }

    /// What it is of; nothing for its month.
    fn value(&self, dimension: Dimension) -> Arc<str> {
        let known = |value: Option<&Arc<str>>| value.cloned().unwrap_or_else(|| UNKNOWN.into());
        match dimension {
            Dimension::Month => "".into(),
            Dimension::Grantor => known(self.grantor),
            Dimension::Benefit => self.benefit.clone(),
            Dimension::Version => self.version.map_or_else(|| UNKNOWN.into(), |version| version.to_string().into()),
            Dimension::Provider => self.provider.clone(),
            Dimension::Product => known(self.product),
            Dimension::Territory => known(self.territory),
        }
    }
}
