//! What moved, added up by day and by month, so that a question over years reads few rows (settlement 5).
//!
//! Amounts, uses and counts add up over days. Persons don't: each row has the set of them, and sets are joined, so that they are counted
//! exactly. Products and versions are left out: what was used of two products is one use, so that figures by these are counted from the
//! movements themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;
use uuid::Uuid;

use super::add_standing;
use super::changed::{Alike, Changed, Changing};
use crate::movement::{Direction, Movement};
use crate::settlement::month::Month;
use crate::settlement::{OneByOne, PostedMovement, Stake};

/// A day or a month of business dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// A day.
    Day(Date),
    /// A month.
    Month(Month),
}

impl Span {
    /// The spans in which a day counts.
    fn around(date: Date) -> [Self; 2] {
        [Self::Day(date), Self::Month(Month::of(date))]
    }

    /// Its first day.
    pub fn start(self) -> Date {
        match self {
            Self::Day(date) => date,
            Self::Month(month) => month.first(),
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Day(_) => Self::DAY,
            Self::Month(_) => Self::MONTH,
        }
    }

    /// The span of a word that begins on a day.
    pub fn of_word(word: &str, start: Date) -> Option<Self> {
        match word {
            Self::DAY => Some(Self::Day(start)),
            Self::MONTH => Some(Self::Month(Month::of(start))),
            _ => None,
        }
    }

    /// The word of days.
    pub const DAY: &'static str = "day";
    /// The word of months.
    pub const MONTH: &'static str = "month";
}

/// Spans of one word that begin on days from one until another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spans {
    /// Their word.
    pub word: &'static str,
    /// The first day on which one begins.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
}

impl Spans {
    /// The whole months of days from one until another, and the days that are left of them.
    pub fn of(from: Date, until: Date) -> Vec<Self> {
        let first = if from.day() == 1 { from } else { from.last_of_month().tomorrow().unwrap_or(Date::MAX) };
        let last = until.first_of_month();
        let spans = if first < last {
            vec![(Span::DAY, from, first), (Span::MONTH, first, last), (Span::DAY, last, until)]
        } else {
            vec![(Span::DAY, from, until)]
        };
        let some = spans.into_iter().filter(|(_, from, until)| from < until);
        some.map(|(word, from, until)| Self { word, from, until }).collect()
    }

    /// Whether a span is one of them.
    pub fn has(&self, span: Span) -> bool {
        span.word() == self.word && self.from <= span.start() && span.start() < self.until
    }
}

/// A benefit that was granted, by whom it was sold, and to whom living where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Granted {
    /// Who sold.
    pub provider: Arc<str>,
    /// Whose benefit it is; none of one that is not known.
    pub grantor: Option<Arc<str>>,
    /// The benefit's code.
    pub benefit: Arc<str>,
    /// Where the holder resided; none where that is not known.
    pub territory: Option<Arc<str>>,
}

/// Who bears a part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bearer {
    /// The payer.
    pub payer: Arc<str>,
    /// Why the payer bears it; empty for the benefit's own funding.
    pub cause: &'static str,
    /// The provider's day on which the authorization took place; in a month its first day.
    pub authorized_on: Date,
}

/// Who sees no more than entries of its own; none where all of a benefit's are seen.
pub type Seer = Option<Arc<str>>;

/// Somebody who got something sold: a holder, or whoever was not recognised in one use of one benefit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Person {
    /// By the opaque code.
    Holder(Arc<str>),
    /// By authorization and benefit.
    Unnamed(Uuid, Arc<str>),
}

impl Person {
    /// One text for each.
    pub fn name(&self) -> String {
        match self {
            Self::Holder(code) => format!("holder:{code}"),
            Self::Unnamed(authorization, benefit) => format!("{authorization}:{benefit}"),
        }
    }
}

/// What was sold of a kind, less what came back; minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sold {
    /// How many movements.
    pub count: i64,
    /// Before discounts.
    pub gross: i128,
    /// The discounts.
    pub discount: i128,
    /// What was left to pay.
    pub payable: i128,
}

/// Uses of a benefit, and by how many different persons.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Authorizations in which it stands above zero at the end of the span, less those at its beginning.
    pub uses: i64,
    /// Who got something sold in it.
    pub people: BTreeSet<Person>,
}

/// What moved, by spans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What providers sold, by the word of its kind.
    pub sold: BTreeMap<(Span, Arc<str>, &'static str), Sold>,
    /// Who bears what, in minor units.
    pub borne: BTreeMap<(Span, Granted, Bearer), i128>,
    /// Uses, as they are seen.
    pub used: BTreeMap<(Span, Granted, Seer), Used>,
    /// Authorizations of a provider in which a discount stands above zero at the end, less those at the beginning, as they are seen.
    pub standing: BTreeMap<(Span, Arc<str>, Seer), i64>,
    /// What became of stakes in months. Of what changes by what came later, the earlier is taken away.
    pub changed: BTreeMap<Alike, Changed>,
}

/// A movement with one of its entries.
#[derive(Clone, Copy, Debug)]
pub struct Step<'m> {
    /// The movement; all of one authorization come together, in the order of their numbers.
    pub movement: &'m PostedMovement,
    /// The holder's code; none where nobody was recognised.
    pub holder: Option<&'m Arc<str>>,
    /// The residence that the decision read; none where none is known.
    pub territory: Option<&'m Arc<str>>,
    /// The business date of the authorization's first movement.
    pub first: Date,
    /// Who bears how much, and units of the discount; none of a movement without entries.
    pub borne: Option<(&'m Stake, i64, i64)>,
}

/// Adds up what moved.
#[derive(Debug, Default)]
pub struct Tallying {
    tally: Tally,
    current: OneByOne<Standing>,
}

/// What stands of one authorization, while its movements come.
#[derive(Debug, Default)]
struct Standing {
    /// The number of the movement that came last.
    number: i64,
    of_benefits: HashMap<(Granted, Seer), i128>,
    of_all: HashMap<Seer, i128>,
    of_stakes: HashMap<Stake, Changing>,
}

impl Tallying {
    /// Takes in an entry. One that does not count is only what others of its authorization stand on.
    pub fn add(&mut self, step: &Step<'_>, counts: bool) {
        let movement = step.movement;
        drop(self.current.whole_before(movement.id.authorization));
        let standing = self.current.of(movement.id.authorization, Standing::default);
        let is_first = standing.number != movement.id.number;
        standing.number = movement.id.number;
        if is_first && counts {
            self.tally.sell(movement.business_date, &movement.provider, &movement.moved);
        }
        let Some((stake, amount, units)) = step.borne else { return };
        let granted = step.granted(stake);
        for (seer, party) in seers(&granted, stake) {
            let change = add_standing(standing.of_all.entry(party.clone()).or_default(), amount);
            if counts && change != 0 {
                self.tally.stand(movement.business_date, &movement.provider, &party, change);
            }
            let Some(seer) = seer else { continue };
            let change = add_standing(standing.of_benefits.entry((granted.clone(), seer.clone())).or_default(), amount);
            if counts {
                self.tally.use_up(step, &granted, &seer, change);
            }
        }
        let changing = standing.of_stakes.entry(stake.clone()).or_default();
        let before = changing.in_month(Month::of(movement.business_date));
        *changing = before.moved(amount, units);
        if counts {
            self.tally.bear(movement, &granted, stake, amount);
            self.tally.change(step, stake, (&before, changing));
        }
    }

    /// All that was taken in.
    pub fn tally(self) -> Tally {
        self.tally
    }
}

impl Step<'_> {
    fn granted(&self, stake: &Stake) -> Granted {
        Granted {
            provider: self.movement.provider.clone(),
            grantor: stake.benefit_grantor.clone(),
            benefit: stake.benefit.clone(),
            territory: self.territory.cloned(),
        }
    }
}

/// Who sees an entry: as a seer of its benefit, if as one, and as a party. Who sold and whose benefit it is see all of the benefit.
fn seers(granted: &Granted, stake: &Stake) -> Vec<(Option<Seer>, Seer)> {
    let grantor = granted.grantor.as_ref().filter(|grantor| **grantor != granted.provider);
    let payer = Some(&stake.payer).filter(|payer| **payer != granted.provider && Some(*payer) != grantor);
    let mut seers = vec![(Some(None), None)];
    seers.extend(grantor.map(|grantor| (None, Some(grantor.clone()))));
    seers.extend(payer.map(|payer| (Some(Some(payer.clone())), Some(payer.clone()))));
    seers
}

impl Tally {
    fn sell(&mut self, date: Date, provider: &Arc<str>, moved: &Movement) {
        for span in Span::around(date) {
            let sold = self.sold.entry((span, provider.clone(), moved.kind.word())).or_default();
            sold.count += 1;
            sold.gross += i128::from(moved.gross);
            sold.discount += i128::from(moved.discount);
            sold.payable += i128::from(moved.payable);
        }
    }

    fn stand(&mut self, date: Date, provider: &Arc<str>, party: &Seer, change: i64) {
        for span in Span::around(date) {
            *self.standing.entry((span, provider.clone(), party.clone())).or_default() += change;
        }
    }

    fn use_up(&mut self, step: &Step<'_>, granted: &Granted, seer: &Seer, change: i64) {
        let movement = step.movement;
        let person = match step.holder {
            Some(holder) => Person::Holder(holder.clone()),
            None => Person::Unnamed(movement.id.authorization, granted.benefit.clone()),
        };
        for span in Span::around(movement.business_date) {
            let used = self.used.entry((span, granted.clone(), seer.clone())).or_default();
            used.uses += change;
            if movement.moved.direction == Direction::Sale {
                used.people.insert(person.clone());
            }
        }
    }

    /// What stood of a stake within the month of a movement before it stands as after it from now on.
    fn change(&mut self, step: &Step<'_>, stake: &Stake, (before, after): (&Changing, &Changing)) {
        for (changing, is_added) in [(before, false), (after, true)] {
            for alike in changing.alikes(step, stake) {
                let changed = self.changed.entry(alike.clone()).or_default();
                changed.count(changing.units(), is_added);
                if *changed == Changed::default() {
                    self.changed.remove(&alike);
                }
            }
        }
    }

    fn bear(&mut self, movement: &PostedMovement, granted: &Granted, stake: &Stake, amount: i64) {
        for span in Span::around(movement.business_date) {
            let authorized_on = match span {
                Span::Day(_) => movement.authorized_on,
                Span::Month(month) => month.first(),
            };
            let bearer = Bearer { payer: stake.payer.clone(), cause: stake.cause, authorized_on };
            *self.borne.entry((span, granted.clone(), bearer)).or_default() += i128::from(amount);
        }
    }
}

/// As who somebody looks at a tally.
#[derive(Clone, Copy, Debug)]
pub enum Sight<'a> {
    /// Who sees everything.
    All,
    /// A party that sees what it sold, pays and grants.
    Of(&'a str),
}

impl Sight<'_> {
    /// Whether uses are those that it sees.
    pub fn has_used(self, granted: &Granted, seer: Option<&str>) -> bool {
        match self {
            Self::Of(party) if !granted.is_whole_to(party) => seer == Some(party),
            Self::All | Self::Of(_) => seer.is_none(),
        }
    }

    /// Whether it sees what somebody bears.
    pub fn has_borne(self, granted: &Granted, payer: &str) -> bool {
        match self {
            Self::Of(party) => granted.is_whole_to(party) || payer == party,
            Self::All => true,
        }
    }

    /// Whether authorizations that stand are those that it sees.
    pub fn has_standing(self, provider: &str, seer: Option<&str>) -> bool {
        match self {
            Self::Of(party) if party != provider => seer == Some(party),
            Self::All | Self::Of(_) => seer.is_none(),
        }
    }
}

impl Granted {
    /// Whether a party sees all of it.
    fn is_whole_to(&self, party: &str) -> bool {
        *self.provider == *party || self.grantor.as_deref() == Some(party)
    }
}
