//! Points in the same step as what they come of: what a request must know of accounts and coupons, and what is posted to them.

use std::collections::HashMap;

use avis_core::Plan;
use avis_core::authorization::Balance;
use avis_core::loyalty::{Account, AccountKey, Coupon, Entry, Happening, Inquiry, Known, Lot, PointsMoved};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::Books;
use crate::ledger::NewAuthorization;
use crate::record::Record;

/// What of an account must be known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// From which service date on, the authorizations that limits and tiers count; none if nothing counts them.
    pub(crate) since: Option<Date>,
    /// The authorization of which something is to be posted.
    pub(crate) authorization: Option<Uuid>,
    /// What has not expired by then must be known.
    pub(crate) now: Timestamp,
}

/// What a step posts to an account.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    pub(crate) key: AccountKey,
    /// As it is afterwards.
    pub(crate) account: Account,
    /// Its lots that changed or came.
    pub(crate) lots: Vec<(usize, Lot)>,
    /// By which authorization, or which event of the account itself.
    pub(crate) authorization: Uuid,
    /// By which event of the authorization; 0 is its opening.
    pub(crate) event: usize,
    pub(crate) entries: Vec<Entry>,
    /// As of when.
    pub(crate) at: Timestamp,
    pub(crate) recorded_at: Timestamp,
}

/// An entry with its place in its operation, and its lot as of then.
pub(crate) struct PlacedEntry<'p> {
    pub(crate) place: i16,
    pub(crate) entry: &'p Entry,
    pub(crate) lot: Option<&'p Lot>,
}

impl Posted {
    /// The entries in their order.
    pub(crate) fn placed(&self) -> impl Iterator<Item = PlacedEntry<'_>> {
        (1..).zip(&self.entries).map(|(place, entry)| {
            let lot = entry.lot.and_then(|number| self.account.lot(number));
            PlacedEntry { place, entry, lot }
        })
    }
}

/// A coupon of which one use more stands, or one less.
#[derive(Clone, Debug)]
pub(crate) struct CouponUse {
    pub(crate) campaign: Box<str>,
    pub(crate) code: Box<str>,
    pub(crate) change: i64,
}

/// What follows in points from what happened to a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct PointsFollowing {
    pub(crate) posted: Vec<Posted>,
    pub(crate) coupons: Vec<CouponUse>,
    /// As the terminal is told.
    pub(crate) moved: Vec<PointsMoved>,
}

/// The plan of a request with what is known of its accounts and coupons at this moment; without `online` nothing is spent. None
/// where its own plan will do.
pub(super) fn plan<B: Books>(
    books: &B,
    new: &NewAuthorization,
    now: Timestamp,
    online: bool,
) -> Result<Option<Box<Plan>>, B::Error> {
    let Some(inquiry) = &new.inquiry else { return Ok(None) };
    let known = known(books, inquiry, now)?;
    // It may be recorded once more, by what is known then.
    let mut plan = new.plan.clone();
    plan.know(if online { known } else { known.standing_in() });
    Ok(Some(plan))
}

/// What is known of a request's accounts and coupons.
pub(crate) fn known<B: Books>(books: &B, inquiry: &Inquiry, now: Timestamp) -> Result<Known, B::Error> {
    let mut accounts = HashMap::new();
    for (key, since) in inquiry.wanted() {
        accounts.insert(key.clone(), books.account(key, Wanted { since, authorization: None, now })?);
    }
    let mut used = HashMap::new();
    for coupon in inquiry.coupons() {
        used.insert(coupon.code.clone(), books.coupon_uses(&coupon.campaign, &coupon.code)?);
    }
    let uses_of = |coupon: &Coupon| used.get(&coupon.code).copied().unwrap_or_default();
    Ok(inquiry.known(now, |key| accounts.get(key), uses_of))
}

/// What follows from the opening of a record, or from the last event of its history, which came to `before` until then.
pub(super) fn follow<B: Books>(
    books: &B,
    before: Option<&Balance>,
    record: &Record,
    happening: &Happening,
    recorded_at: Timestamp,
) -> Result<PointsFollowing, B::Error> {
    let authorization = &record.authorization;
    let mut following = PointsFollowing::default();
    for programme in authorization.loyalty.programmes() {
        let wanted = Wanted { since: None, authorization: Some(record.id), now: happening.at };
        let known = books.account(programme.key(), wanted)?;
        let mut account = known.clone();
        let (moved, entries) = programme.follow((record.id, authorization), &mut account, happening);
        following.moved.push(moved);
        let lots = account.lots_since(&known).map(|(number, lot)| (number, lot.clone())).collect();
        following.posted.push(Posted {
            key: programme.key().clone(),
            account,
            lots,
            authorization: record.id,
            event: authorization.history().len(),
            entries,
            at: happening.at,
            recorded_at,
        });
    }
    for coupon in authorization.loyalty.coupons() {
        let stood = before.is_some_and(|before| coupon.stands(&authorization.lines, before));
        let stands = coupon.stands(&authorization.lines, authorization.balance());
        if stood != stands {
            let change = if stands { 1 } else { -1 };
            following.coupons.push(CouponUse {
                campaign: (&**coupon.campaign()).into(),
                code: coupon.code().into(),
                change,
            });
        }
    }
    Ok(following)
}
