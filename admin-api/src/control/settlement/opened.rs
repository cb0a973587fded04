//! A line of a statement, opened to the movements that sum to it (settlement 3.4).

use avis_core::movement::{Direction, MovementKind};
use avis_core::settlement::{MovementId, OneByOne};
use avis_store::{Authorizations, Entries, MovementsError, Posting, Wanted};
use serde_json::{Value, json};

use super::disputing::OfLine;
use super::lines::KeptLine;
use super::statements::StatementRecord;
use super::{contracts, days, find};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::Page;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed};

const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);
/// What a movement can be of.
pub(super) const KINDS: Kind = Kind::Word(&["sale", "capture", "advice", "void", "refund", "reversal"]);

/// What a movement adds to a line. Amounts are minor units; whose it was is told to nobody.
pub(super) const SHOWN: &[Field] = &[
    needed("movement", Kind::Token(1, 60)),
    needed("kind", KINDS),
    needed("direction", Kind::Word(&["sale", "return"])),
    needed("terminal", Kind::Token(0, 200)),
    needed("occurred_at", Kind::Instant),
    needed("authorized_on", Kind::Date),
    needed("business_date", Kind::Date),
    needed("units", SUM),
    needed("amount", SUM),
];

/// Movements of a line while they come, authorization by authorization.
struct Opening<'a> {
    after: &'a str,
    most: usize,
    /// What one authorization adds, and what it comes to: nothing stands in no line.
    current: OneByOne<(Vec<(String, Value)>, i128)>,
    items: Vec<(String, Value)>,
}

impl Opening<'_> {
    fn add(&mut self, posting: &Posting, units: i64, amount: i64) {
        let MovementId { authorization, number } = posting.movement.id;
        let whole = self.current.whole_before(authorization);
        self.take(whole);
        let (items, sum) = self.current.of(authorization, Default::default);
        // As wide for each number, so that keys are in the order of movements: the tenth comes after the ninth.
        let key = format!("{authorization}/{number:010}/{:06}", items.len());
        items.push((key, shown(posting, units, amount)));
        *sum += i128::from(amount);
    }

    /// Takes an authorization that is whole.
    fn take(&mut self, whole: Option<(Vec<(String, Value)>, i128)>) {
        let items = whole.filter(|(_, sum)| *sum != 0).map(|(items, _)| items).unwrap_or_default();
        let room = self.most.saturating_sub(self.items.len());
        self.items.extend(items.into_iter().filter(|(key, _)| key.as_str() > self.after).take(room));
    }
}

fn shown(posting: &Posting, units: i64, amount: i64) -> Value {
    let movement = &posting.movement;
    let (kind, direction) = (MovementKind::word(movement.moved.kind), Direction::word(movement.moved.direction));
    json!({
        "movement": movement.id.to_string(), "kind": kind, "direction": direction, "terminal": movement.terminal,
        "occurred_at": movement.occurred_at, "authorized_on": movement.authorized_on,
        "business_date": movement.business_date, "units": units, "amount": amount,
    })
}

/// `GET /statements/{id}/lines/{n}/movements`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, kept) = (Page::of(call)?, find::<StatementRecord>(call)?);
    let (grantor, provider, period) = (kept.owner(), &*kept.object.provider, kept.object.period()?);
    let sealed = kept.object.sealed.as_ref();
    let sealed = sealed.ok_or_else(|| Problem::new(Code::NotInThisState, "a draft is not sealed"))?;
    let number = call.path("n").parse::<usize>().ok();
    let line = number.and_then(|number| sealed.lines.get(number.checked_sub(1)?));
    let line: &KeptLine = line.ok_or_else(|| Problem::from(Code::NotFound))?;
    let (contracts, closed) = (contracts::of_pair(call, grantor, provider)?, days::closed(call, provider)?);
    let of = Authorizations::OfDays(period.from(), period.until());
    let wanted = Wanted { provider, entries: Entries::Of(grantor), closed: &closed, of };
    let mut opening =
        Opening { after: &page.after, most: page.most(), current: OneByOne::default(), items: Vec::new() };
    let read = call.control.reports.each_posting(&wanted, &mut |posting| {
        let is_of_days = period.contains(posting.movement.business_date);
        let Some(borne) = posting.borne.as_ref().filter(|_| is_of_days) else { return Ok(()) };
        let contract = contracts.for_day(posting.movement.authorized_on).map(|contract| contract.version);
        let of_line = OfLine::of(posting.first, &borne.stake);
        if line.is_of(&borne.stake.payer, &of_line, period) && line.is_by(contract) {
            opening.add(&posting, borne.units, borne.amount);
        }
        if opening.items.len() < opening.most {
            return Ok(());
        }
        Err(MovementsError::Sink(std::io::Error::other("a page has enough")))
    });
    let last = opening.current.last();
    if opening.items.len() < opening.most {
        read?;
        opening.take(last);
    }
    Ok(page.answer(opening.items))
}
