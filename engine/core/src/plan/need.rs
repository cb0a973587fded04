//! Which usage a version must know: of whom, and over which service dates.

use jiff::civil::Date;

use crate::condition::YearDay;
use crate::document::{Effect, Limit, LimitScope};
use crate::plan::moment::service_date_of;
use crate::plan::{Facts, Needs};
use crate::rules::{Provider, Version};
use crate::span::Bound;
use crate::usage::{Need, Subject};
use crate::window::{DateRange, Window};

impl Facts {
    /// Adds one for each limit, in their order, or one for a spend cap.
    pub(super) fn add_needs(&self, version: &Version, provider: &Provider, needs: &mut Needs) {
        let mut add = |scope, range, allowed| {
            // A version that counts by a subject that is not known is no candidate.
            if let Some(subject) = self.subject(scope, provider) {
                needs.push(Need { code: version.code.clone(), subject, range }, allowed);
            }
        };
        if let Effect::SpendCap { window, .. } = version.effect {
            add(LimitScope::Holder, window.around(self.service_date(version)), 0);
        }
        for limit in &version.limits {
            let Counted { range, times } = self.counted(version, limit);
            add(limit.scope, range, limit.max.saturating_mul(times));
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

    /// The service dates over which a limit counts and how many times its maximum they hold.
    fn counted(&self, version: &Version, limit: &Limit) -> Counted {
        let date = self.service_date(version);
        match limit.carry_over {
            Some(carry_over) if YearDay::of(date) <= carry_over.until => self.carried(version, limit.scope, date),
            _ => Counted { range: limit.window.around(date), times: 1 },
        }
    }

    /// The months of this calendar year up to this one, from the month in which the right began if that is in this year.
    fn carried(&self, version: &Version, scope: LimitScope, date: Date) -> Counted {
        let zone = self.zone(version);
        let code_begins = version.code_begins.map(|from| service_date_of(Bound::Instant(from), version, zone));
        let right_begins = if scope == LimitScope::Holder { self.right_begins(version) } else { None };
        let begins = code_begins.max(right_begins).unwrap_or(Date::MIN);
        // One that is still to come counts as this month.
        let first = begins.clamp(date.first_of_year(), date).first_of_month();
        let times = i64::from(date.month() - first.month()) + 1;
        Counted { range: DateRange { from: first, until: Window::Month.around(date).until }, times }
    }

    /// The earliest beginning of the holder's entitlements in the groups that the condition names; none if one is open.
    fn right_begins(&self, version: &Version) -> Option<Date> {
        let zone = self.zone(version);
        let named = self.memberships.iter().filter(|(group, _)| version.groups.contains(group));
        let begins = named.map(|(_, span)| span.from.map(|from| service_date_of(from, version, zone)));
        begins.min().flatten()
    }
}

/// Over which service dates a limit counts, and how many times its maximum may be used in them.
struct Counted {
    range: DateRange,
    times: i64,
}
