//! Which usage a version must know: of whom, and over which service dates.

use jiff::civil::Date;
use smallvec::SmallVec;

use crate::condition::YearDay;
use crate::document::{CarryOver, Effect, Limit, LimitScope};
use crate::plan::moment::service_date_of;
use crate::plan::{Facts, Plan, Usage};
use crate::rules::{Provider, Version};
use crate::span::Bound;
use crate::usage::{Need, Subject, UsageRange, UseWindow};
use crate::window::DateRange;

impl Plan {
    /// The windows of a version in which a subject's use counts besides its date: those that were read, and where there is
    /// none, new ones that begin now.
    pub(crate) fn windows(&self, version: &Version, subject: &Subject, usage: &Usage) -> Vec<UseWindow> {
        let mut windows = Vec::new();
        if !version.counts_from_first {
            return windows;
        }
        for (scope, minutes) in version.windows_from_first() {
            if self.facts.subject(scope, &self.provider).as_ref() == Some(subject) {
                let need = self.need_from_first(version, subject, minutes);
                let start = usage.of(&need, self).since.unwrap_or(self.facts.at());
                let window = UseWindow { minutes, start };
                if !windows.contains(&window) {
                    windows.push(window);
                }
            }
        }
        windows
    }

    pub(crate) fn need_from_first(&self, version: &Version, subject: &Subject, minutes: i64) -> Need {
        let range = UsageRange::FromFirst { minutes, at: self.facts.at() };
        Need { code: version.code.clone(), subject: subject.clone(), range }
    }
}

impl Facts {
    /// Adds one for each limit, in their order, or one for a spend cap.
    pub(super) fn add_needs(&self, version: &Version, provider: &Provider, needs: &mut SmallVec<[Need; 3]>) {
        let mut add = |scope, range| {
            // A version that counts by a subject that is not known is no candidate.
            if let Some(subject) = self.subject(scope, provider) {
                needs.push(Need { code: version.code.clone(), subject, range });
            }
        };
        if let Effect::SpendCap { window, .. } = version.effect {
            add(LimitScope::Holder, window.around(self.service_date(version), self.at()));
        }
        for limit in &version.limits {
            let range = match self.carried(version, limit) {
                Some(months) => UsageRange::Dates(months),
                None => limit.window.around(self.service_date(version), self.at()),
            };
            add(limit.scope, range);
        }
    }

    /// Whose use a limit counts; unknown without a holder.
    pub(crate) fn subject(&self, scope: LimitScope, provider: &Provider) -> Option<Subject> {
        match scope {
            LimitScope::Holder => self.holder().map(|holder| Subject::Holder(holder.code.clone())),
            LimitScope::Household => self.holder().map(|holder| match &holder.household {
                Some(household) => Subject::Household(household.clone()),
                None => Subject::Holder(holder.code.clone()),
            }),
            LimitScope::Provider => Some(Subject::Provider(provider.code.clone())),
            LimitScope::Benefit => Some(Subject::Benefit),
        }
    }

    /// The instant of the request as windows that begin with their first use count it: in whole milliseconds.
    fn at(&self) -> i64 {
        self.request.occurred_at.as_millisecond()
    }

    /// The most that a limit allows in its window, in its measure: of one that carries over, for each of the months.
    #[inline]
    pub(crate) fn allowed(&self, version: &Version, limit: &Limit) -> i64 {
        match self.carried(version, limit) {
            None => limit.max,
            Some(months) => limit.max.saturating_mul(i64::from(months.until.month() - months.from.month()) + 1),
        }
    }

    /// The months whose maxima a limit adds up; none where it counts in its own window.
    #[inline]
    fn carried(&self, version: &Version, limit: &Limit) -> Option<DateRange> {
        // Few carry over: the others pay for one check.
        limit.carry_over.and_then(|carry_over| self.months(version, limit.scope, carry_over))
    }

    /// The months of this calendar year up to this one, from the month in which the right began if that is in this year; none once
    /// nothing is carried over any more.
    fn months(&self, version: &Version, scope: LimitScope, carry_over: CarryOver) -> Option<DateRange> {
        let (date, zone) = (self.service_date(version), self.zone(version));
        if YearDay::of(date) > carry_over.until {
            return None;
        }
        let code_begins = version.code_begins.map(|from| service_date_of(Bound::Instant(from), version, zone));
        let right_begins = if scope == LimitScope::Holder { self.right_begins(version) } else { None };
        let begins = code_begins.max(right_begins).unwrap_or(Date::MIN);
        // One that is still to come counts as this month.
        let from = begins.clamp(date.first_of_year(), date).first_of_month();
        Some(DateRange { from, until: date.last_of_month() })
    }

    /// The earliest beginning of the holder's entitlements in the groups that the condition names; none if one is open.
    fn right_begins(&self, version: &Version) -> Option<Date> {
        let zone = self.zone(version);
        let named = self.given_in(&version.groups);
        let begins = named.map(|span| span.from.map(|from| service_date_of(from, version, zone)));
        begins.min().flatten()
    }
}
