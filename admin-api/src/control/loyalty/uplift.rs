//! What a campaign brings: what members bought in its time, beside those who were held out of it.

use std::collections::HashSet;

use avis_core::RegisteredHolder;
use avis_core::loyalty::{AccountKey, Campaign, HoldOut, Programme};
use avis_core::settlement::reports::HOLDERS_MIN;
use avis_store::{Bought, Kind as RowKind, Row, Scope, Stored};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{counting, owned};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed, optional};

/// Accounts that are read at a time.
const AT_ONCE: usize = 10_000;

const NUMBER: Kind = Kind::Whole(i64::MIN, i64::MAX);
const GROUP: &[Field] = &[needed("members", NUMBER), needed("spend", NUMBER), needed("purchases", NUMBER)];
const UPLIFT: &[Field] = &[needed("uplift", NUMBER), needed("low", NUMBER), needed("high", NUMBER)];

/// Means of a member, and by how much they differ. Everything is null where a group is too small.
pub(super) const SHOWN: &[Field] = &[
    needed("campaign", Kind::Code),
    needed("program", Kind::Code),
    needed("from", Kind::Instant),
    needed("until", Kind::Instant),
    optional("treated", Kind::Object(GROUP)),
    optional("held_out", Kind::Object(GROUP)),
    optional("spend", Kind::Object(UPLIFT)),
    optional("purchases", Kind::Object(UPLIFT)),
];

/// `GET /campaigns/{code}/uplift`: from the beginning of the campaign to its end, or until now.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let content = rules.entry(RowKind::Campaign, call.path("code")).ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(owned(content), Action::LoyaltyRead)?;
    let campaign = Campaign::from_value(content).map_err(|_| Problem::from(Code::Failed))?;
    let during = campaign.valid.resolve(&campaign.time_zone);
    let (Some(hold_out), Some(from)) = (&campaign.hold_out, during.from) else {
        return Err(Problem::new(Code::NotInThisState, "the campaign holds nobody out"));
    };
    let until = during.until.map_or(call.now, |until| until.min(call.now)).max(from);
    let programme = counting(call.control, &hold_out.program, from)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    let mut groups = Groups::of_members(call, (&campaign, hold_out), &programme, from)?;
    groups.add_bought(call, &programme, (from, until))?;
    let Groups { treated, held_out, .. } = groups;
    let told = [&treated, &held_out].iter().all(|group| group.is_told());
    let of = |value: Value| told.then_some(value);
    Ok(Answer::of(json!({
        "campaign": campaign.code, "program": programme.code, "from": from, "until": until,
        "treated": of(treated.shown()), "held_out": of(held_out.shown()),
        "spend": of(uplift((treated.members, &treated.spend), (held_out.members, &held_out.spend))),
        "purchases": of(uplift((treated.members, &treated.purchases), (held_out.members, &held_out.purchases))),
    })))
}

/// A number that each member of a group has: its sum, and that of its squares.
#[derive(Default)]
struct Sums {
    sum: i128,
    squares: i128,
}

impl Sums {
    fn add(&mut self, number: i64) {
        let number = i128::from(number);
        self.sum += number;
        self.squares += number * number;
    }

    /// The mean of so many members.
    fn mean(&self, members: i128) -> i64 {
        rounded(self.sum, members.max(1))
    }

    /// The variance of that mean, in so many parts of a square.
    fn variance(&self, members: i128, parts: i128) -> i128 {
        let spread = (members * self.squares - self.sum * self.sum).saturating_mul(parts);
        spread / (members * members * (members - 1)).max(1)
    }
}

/// Accounts of one side.
#[derive(Default)]
struct Group {
    members: i128,
    /// Minor units paid for what is in the scope of the programme.
    spend: Sums,
    /// Purchases of which something stands, in thousandths, so that a mean of a few is told.
    purchases: Sums,
}

impl Group {
    fn is_told(&self) -> bool {
        usize::try_from(self.members).is_ok_and(|members| members >= HOLDERS_MIN)
    }

    fn shown(&self) -> Value {
        json!({"members": i64::try_from(self.members).unwrap_or(i64::MAX), "spend": self.spend.mean(self.members),
            "purchases": self.purchases.mean(self.members)})
    }
}

/// Those who were members when the campaign began: what it does later changes nobody's side.
struct Groups<'c> {
    campaign: &'c Campaign,
    hold_out: &'c HoldOut,
    accounts: HashSet<AccountKey>,
    treated: Group,
    held_out: Group,
}

impl<'c> Groups<'c> {
    fn of_members(
        call: &Call<'_>,
        (campaign, hold_out): (&'c Campaign, &'c HoldOut),
        programme: &Programme,
        from: Timestamp,
    ) -> Result<Self, Problem> {
        let (treated, held_out) = Default::default();
        let mut groups = Self { campaign, hold_out, accounts: HashSet::new(), treated, held_out };
        let written = json!(programme.code).to_string();
        call.control.store.snapshot(&[Scope::Holders], &mut |stored| {
            let Stored::Row(Row { content: Some(content), .. }) = stored else { return };
            // Most are of no programme of this merchant, and are not read.
            let holder = content.contains(&written).then(|| RegisteredHolder::parse(content.as_bytes()).ok()).flatten();
            let account = holder.and_then(|holder| programme.account_of(&holder.holder, from));
            if let Some(account) = account.filter(|account| !groups.accounts.contains(account)) {
                groups.of(&account).members += 1;
                groups.accounts.insert(account);
            }
        })?;
        Ok(groups)
    }

    /// The side of an account.
    fn of(&mut self, account: &AccountKey) -> &mut Group {
        let is_held_out = self.hold_out.holds_out(&self.campaign.code, &account.account);
        if is_held_out { &mut self.held_out } else { &mut self.treated }
    }

    /// Who bought nothing counts as well, with nothing.
    fn add_bought(
        &mut self,
        call: &Call<'_>,
        programme: &Programme,
        time: (Timestamp, Timestamp),
    ) -> Result<(), Problem> {
        let dates = dates(time, &programme.time_zone);
        let mut behind: Option<AccountKey> = None;
        loop {
            let page = call.control.points.accounts.bought(&programme.code, dates, behind.as_ref(), AT_ONCE)?;
            for Bought { key, spend, purchases } in &page {
                if self.accounts.contains(key) {
                    let group = self.of(key);
                    group.spend.add(*spend);
                    group.purchases.add(purchases.saturating_mul(1_000));
                }
            }
            if page.len() < AT_ONCE {
                return Ok(());
            }
            behind = page.into_iter().last().map(|bought| bought.key);
        }
    }
}

/// The first and the last date of a time whose end is no part of it. Of no time the last is before the first.
fn dates((from, until): (Timestamp, Timestamp), zone: &TimeZone) -> (Date, Date) {
    let last = until.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(until);
    (zone.to_datetime(from).date(), zone.to_datetime(last).date())
}

/// By how much the mean of the treated is above that of those held out, with the 95 % confidence interval of Welch for large samples:
/// 1.96 standard errors to each side.
fn uplift((treated, of_treated): (i128, &Sums), (held_out, of_held_out): (i128, &Sums)) -> Value {
    const PARTS: i128 = 100;
    let above = of_treated.sum * held_out - of_held_out.sum * treated;
    let both = (treated * held_out).max(1);
    let variance = |parts| of_treated.variance(treated, parts) + of_held_out.variance(held_out, parts);
    let half = variance(PARTS * PARTS).max(0).isqrt() * 196 / 100;
    let middle = i128::from(rounded(above * PARTS, both));
    json!({"uplift": rounded(above, both), "low": rounded(middle - half, PARTS), "high": rounded(middle + half, PARTS)})
}

/// To the nearest whole number, halves up.
fn rounded(of: i128, by: i128) -> i64 {
    i64::try_from((2 * of + by).div_euclid(2 * by)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(numbers: &[i64]) -> (i128, Sums) {
        let mut sums = Sums::default();
        numbers.iter().for_each(|number| sums.add(*number));
        (i128::try_from(numbers.len()).unwrap_or_default(), sums)
    }

    fn between(treated: &[i64], held_out: &[i64]) -> Value {
        let (treated, held_out) = (group(treated), group(held_out));
        uplift((treated.0, &treated.1), (held_out.0, &held_out.1))
    }

    #[test]
    fn an_uplift_is_the_difference_of_means_with_its_interval() {
        // Means 300 and 200, variances of the means 5,000 and 2,000: 1.96 × √7,000 is 164.0.
        let found = between(&[100, 200, 300, 400, 500], &[100, 100, 200, 300, 300]);
        assert_eq!(found, json!({"uplift": 100, "low": -64, "high": 264}));
    }

    #[test]
    fn the_last_date_is_that_of_the_campaign() {
        let zone = TimeZone::get("Europe/Riga").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let counted = |from: &str, until: &str| {
            let (first, last) = dates((at(from), at(until)), &zone);
            (first.to_string(), last.to_string())
        };
        let told = |first: &str, last: &str| (first.to_owned(), last.to_owned());
        // 1 March to 31 May as a whole, and until an hour of its second day.
        assert_eq!(counted("2026-02-28T22:00:00Z", "2026-05-31T21:00:00Z"), told("2026-03-01", "2026-05-31"));
        assert_eq!(counted("2026-02-28T22:00:00Z", "2026-03-02T08:00:00Z"), told("2026-03-01", "2026-03-02"));
        // It begins now: there is no day yet.
        assert_eq!(counted("2026-02-28T22:00:00Z", "2026-02-28T22:00:00Z"), told("2026-03-01", "2026-02-28"));
    }

    #[test]
    fn who_are_all_alike_differ_by_nothing_and_surely() {
        assert_eq!(between(&[7; 9], &[7; 5]), json!({"uplift": 0, "low": 0, "high": 0}));
        assert_eq!(between(&[0; 9], &[1; 5]), json!({"uplift": -1, "low": -1, "high": -1}));
    }
}
