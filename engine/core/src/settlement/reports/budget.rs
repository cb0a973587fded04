//! How a budget is used up, and when it runs out (settlement 5.3).

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, ToSpan};

/// The most days that a forecast looks back.
const DAYS_BACK: i64 = 28;
const WEEK: i64 = 7;

/// What may be spent on days from one until another: a limit of a benefit, or the ceiling of a contract.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The first day.
    pub start: Date,
    /// The day after the last.
    pub end: Date,
    /// Minor units.
    pub amount: i128,
    /// What each day spent, less what came back; days on which nothing happened need not be there.
    pub spent: BTreeMap<Date, i128>,
}

/// Where a budget stands on the morning of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurnDown {
    /// What is used of it.
    pub used: i128,
    /// How many days the forecast looks back.
    pub days: i64,
    /// What these days spent.
    pub recent: i128,
    /// What will be used at the end if it goes on so.
    pub forecast: i128,
    /// The day on which it runs out, or ran out; none if it won't.
    pub runs_out: Option<Date>,
}

/// The most steps in which the course of a budget is told.
const STEPS_MAX: i64 = 31;

impl Budget {
    /// Whether a day is one of its days.
    pub fn has(&self, date: Date) -> bool {
        self.start <= date && date < self.end
    }

    /// How it came to where it stands on the morning of a day: what was used by then on mornings from its first one on, in even steps,
    /// the last being that day. What began with time begins with its first use.
    pub fn course(&self, today: Date) -> Vec<(Date, i128)> {
        let today = today.min(self.end);
        let first = self.spent.range(self.start..today.max(self.start)).next().map(|(date, _)| *date);
        let start = if self.start == Date::MIN { first.unwrap_or(today) } else { self.start }.min(today);
        let length = days(start, today);
        let step = (length / STEPS_MAX + i64::from(length % STEPS_MAX != 0)).max(1);
        let mornings = start.series(step.days()).take_while(|date| *date < today).chain([today]);
        let used =
            |morning: Date| self.spent.range(self.start..morning.max(self.start)).map(|(_, amount)| amount).sum();
        mornings.map(|morning| (morning, used(morning))).collect()
    }

    /// Where it stands once the days before another are complete.
    pub fn on(&self, today: Date) -> BurnDown {
        let today = today.min(self.end);
        let complete = || self.spent.range(self.start..today.max(self.start));
        let used: i128 = complete().map(|(_, amount)| amount).sum();
        let first = complete().next().map(|(date, _)| *date);
        let since = first.map_or(0, |first| days(first, today)).min(DAYS_BACK);
        let looked_back = if since < WEEK { since } else { since - since % WEEK };
        let back = today.saturating_sub(looked_back.days());
        let recent: i128 = complete().filter(|(date, _)| **date >= back).map(|(_, amount)| amount).sum();
        let n = i128::from(looked_back);
        let left = i128::from(days(today, self.end).max(0));
        let forecast = if n > 0 { used + recent.max(0) * left / n } else { used };
        let runs_out = self.reached(complete()).or_else(|| {
            let days = (recent > 0).then(|| (self.amount - used) * n)?;
            let days = i64::try_from(days.div_euclid(recent) + i128::from(days.rem_euclid(recent) != 0) - 1).ok()?;
            let date = today.checked_add(Span::new().try_days(days).ok()?).ok()?;
            (date < self.end).then_some(date)
        });
        BurnDown { used, days: looked_back, recent, forecast, runs_out }
    }

    /// The first day on which all of it was used.
    fn reached<'a>(&self, days: impl Iterator<Item = (&'a Date, &'a i128)>) -> Option<Date> {
        let mut used = 0;
        let mut reached = days.filter(|(_, amount)| {
            used += **amount;
            used >= self.amount
        });
        reached.next().map(|(date, _)| *date)
    }
}

/// Days from one date until another.
fn days(from: Date, until: Date) -> i64 {
    from.until(until).map_or(0, |span| span.get_days().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(month: i8, day: i8) -> Date {
        Date::constant(2026, month, day)
    }

    fn budget(amount: i128, spent: impl IntoIterator<Item = (Date, i128)>) -> Budget {
        Budget { start: date(1, 1), end: Date::constant(2027, 1, 1), amount, spent: spent.into_iter().collect() }
    }

    /// So much on each day of a month.
    fn each_day(month: i8, count: i8, amount: i128) -> Vec<(Date, i128)> {
        (1..=count).map(|day| (date(month, day), amount)).collect()
    }

    #[test]
    fn a_budget_that_is_spent_evenly_runs_out_on_the_day_on_which_the_sum_reaches_it() {
        // 20 days of 10: 14 of them count, and 10 a day go on from the 21st.
        let on = budget(1_000, each_day(11, 20, 10)).on(date(11, 21));
        assert_eq!((on.used, on.days, on.recent), (200, 14, 140));
        assert_eq!(on.forecast, 200 + 10 * 41);
        assert_eq!(on.runs_out, None, "800 are left, and 41 days");
        let on = budget(305, each_day(11, 20, 10)).on(date(11, 21));
        assert_eq!(on.runs_out, Some(date(12, 1)), "10 days of 10, and the rest on the eleventh");
        let on = budget(300, each_day(11, 20, 10)).on(date(11, 21));
        assert_eq!(on.runs_out, Some(date(11, 30)));
        // On the last day that still counts, and not on the first that does not.
        assert_eq!(budget(610, each_day(11, 20, 10)).on(date(11, 21)).runs_out, Some(date(12, 31)));
        assert_eq!(budget(611, each_day(11, 20, 10)).on(date(11, 21)).runs_out, None);
    }

    #[test]
    fn the_course_of_a_budget_is_told_in_few_steps_and_ends_today() {
        let spent = budget(1_000, each_day(11, 20, 10));
        let course = spent.course(date(11, 21));
        assert_eq!((course.first(), course.last()), (Some(&(date(1, 1), 0)), Some(&(date(11, 21), 200))));
        assert!(course.len() <= 32 && course.is_sorted(), "{course:?}");
        assert_eq!(budget(1_000, []).course(date(1, 1)), [(date(1, 1), 0)]);
        let of_all_time = Budget { start: Date::MIN, ..spent };
        assert_eq!(of_all_time.course(date(11, 3)), [(date(11, 1), 0), (date(11, 2), 10), (date(11, 3), 20)]);
    }

    #[test]
    fn a_budget_that_was_used_up_ran_out_on_the_first_day_of_that() {
        let mut spent = each_day(3, 5, 100);
        spent.push((date(3, 6), -450));
        let on = budget(300, spent).on(date(3, 10));
        assert_eq!((on.used, on.runs_out), (50, Some(date(3, 3))), "whatever came back since");
        assert_eq!(on.days, 7, "nine days since the first use");
        assert_eq!((on.recent, on.forecast), (-150, 50), "what comes back is not gone on with");
    }

    #[test]
    fn few_days_count_as_they_are_and_no_use_forecasts_nothing() {
        let on = budget(100, each_day(11, 3, 7)).on(date(11, 4));
        assert_eq!((on.days, on.recent, on.runs_out), (3, 21, Some(date(11, 15))));
        let none = budget(100, []).on(date(11, 4));
        assert_eq!(none, BurnDown { used: 0, days: 0, recent: 0, forecast: 0, runs_out: None });
        let today = budget(100, [(date(11, 4), 100)]).on(date(11, 4));
        assert_eq!(today, none, "today is not complete");
        let after = budget(100, each_day(12, 3, 7)).on(Date::constant(2027, 5, 1));
        assert_eq!((after.used, after.forecast, after.runs_out), (21, 21, None), "it has ended");
    }
}
