//! Rights that nobody used (settlement 5.1): counted, and never by whom.

use std::collections::HashMap;
use std::sync::Arc;

use avis_core::RegisteredHolder;
use avis_core::document::{Benefit, LimitScope, Measure, OnExhausted};
use avis_core::narrow;
use avis_core::settlement::OneByOne;
use avis_core::settlement::reports::{Sight, Unused, groups_of, is_entitled};
use avis_store::{Posting, Scope, Stored};
use jiff::civil::Date;
use serde_json::json;

use super::{CODE, FROM, UNTIL, days, each_posting, parameter};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed, optional};

/// Of which benefit, over which days.
pub(super) const QUERY: &[Field] = &[FROM, UNTIL, needed("benefit", CODE)];

const COUNT: Kind = Kind::Whole(0, i64::MAX);

/// What is unused of it; nothing is counted where its rule names no group.
pub(super) const SHOWN: &[Field] = &[
    needed("benefit", CODE),
    needed("version", Kind::Whole(1, i64::MAX)),
    needed("countable", Kind::Truth),
    optional("entitled", COUNT),
    optional("unused_holders", COUNT),
    optional("unused_units", COUNT),
];

/// What one holder used.
#[derive(Clone, Copy, Default)]
struct Used {
    uses: i64,
    units: i64,
}

/// What each holder used on the days, added up authorization by authorization.
struct Using<'b> {
    benefit: &'b str,
    days: (Date, Date),
    used: HashMap<Arc<str>, Used>,
    /// Whose the authorization is whose movements come, and what stood of it before the days and after them.
    current: OneByOne<(Arc<str>, [i128; 2])>,
}

/// `GET /reports/unused`.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let (code, (from, until)) = (parameter(call, "benefit").unwrap_or_default(), days(call)?);
    let rules = rules::rules(call.control)?;
    let grantor = rules.grantor_of(code).ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(grantor, Action::Figures)?;
    if call.party()? != grantor {
        // Of any days they would tell of a few: who had rights by one day less those by the day before.
        return Err(Problem::new(Code::NotYours, "unused rights are told to the grantor of the benefit"));
    }
    let versions = rules.catalogue().into_iter().flat_map(|catalogue| &catalogue.benefits);
    let newest = versions.filter(|benefit| *benefit.code == *code).max_by_key(|benefit| benefit.version);
    let benefit = newest.ok_or_else(|| Problem::from(Code::NotFound))?;
    let groups = benefit.when.as_ref().map(groups_of).unwrap_or_default();
    if groups.is_empty() {
        return Ok(Answer::of(json!({"benefit": code, "version": benefit.version, "countable": false})));
    }
    let mut using = Using { benefit: code, days: (from, until), used: HashMap::new(), current: OneByOne::default() };
    each_posting((call, call.control.reading()), Sight::Of(grantor), (from, until), &mut |posting| {
        using.add(posting);
        Ok(())
    })?;
    let last = using.current.last();
    using.count(last);
    let last = until.yesterday().unwrap_or(from);
    let (limit, mut unused) = (limit(benefit), Unused::default());
    let read = call.control.store.snapshot(&[Scope::Holders], &mut |stored| {
        let Stored::Row(row) = stored else { return };
        let holder = row.content.and_then(|content| RegisteredHolder::parse(content.as_bytes()).ok());
        if let Some(RegisteredHolder { holder, .. }) = holder
            && is_entitled(&holder, &groups, last, &benefit.time_zone)
        {
            let used = using.used.get(&holder.code).copied().unwrap_or_default();
            let of_limit =
                limit.map_or(0, |(measure, _)| if measure == Measure::Uses { used.uses } else { used.units });
            unused.add(used.uses, of_limit, limit.map(|(_, max)| max));
        }
    });
    read?;
    let units = limit.map(|_| narrow(unused.units));
    Ok(Answer::of(json!({
        "benefit": code, "version": benefit.version, "countable": true, "entitled": unused.entitled,
        "unused_holders": unused.holders, "unused_units": units,
    })))
}

/// How much a holder may use at the most before it is declined, counted in units or in uses.
fn limit(benefit: &Benefit) -> Option<(Measure, i64)> {
    let of_holder = benefit.limits.iter().filter(|limit| {
        limit.scope == LimitScope::Holder
            && limit.on_exhausted == OnExhausted::Decline
            && limit.measure != Measure::Discount
    });
    of_holder.map(|limit| (limit.measure, limit.max)).min_by_key(|(measure, _)| *measure == Measure::Uses)
}

impl Using<'_> {
    fn add(&mut self, posting: &Posting) {
        let (Some(holder), Some(borne)) = (&posting.holder, &posting.borne) else { return };
        let (authorization, date) = (posting.movement.id.authorization, posting.movement.business_date);
        let whole = self.current.whole_before(authorization);
        self.count(whole);
        if *borne.stake.benefit != *self.benefit || date >= self.days.1 {
            return;
        }
        let is_before = date < self.days.0;
        let (_, [before, after]) = self.current.of(authorization, || (holder.clone(), Default::default()));
        *after += i128::from(borne.amount);
        if is_before {
            *before += i128::from(borne.amount);
        } else if borne.is_first {
            let used = self.used.entry(holder.clone()).or_default();
            used.units = used.units.saturating_add(borne.units);
        }
    }

    /// Counts the use of an authorization that is whole.
    fn count(&mut self, whole: Option<(Arc<str>, [i128; 2])>) {
        if let Some((holder, [before, after])) = whole {
            self.used.entry(holder).or_default().uses += i64::from(after > 0) - i64::from(before > 0);
        }
    }
}
