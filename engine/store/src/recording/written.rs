//! Whose use is counted and when, as the tables write it.

use std::borrow::Cow;

use avis_core::Subject;
use avis_core::loyalty::AccountName;
use jiff::Unit;
use jiff::civil::{Date, date};

/// A kind and a code; a colon can't stand in the kind, so no two subjects are written alike.
pub(crate) fn subject_key(subject: &Subject) -> Cow<'static, str> {
    match subject {
        Subject::Holder(code) => format!("holder:{code}").into(),
        Subject::Household(code) => format!("household:{code}").into(),
        Subject::Provider(code) => format!("provider:{code}").into(),
        Subject::Benefit => "benefit".into(),
    }
}

/// In which order subjects are locked: those whom many share come last, and are held shortest.
pub(crate) fn lock_order(subject: &Subject) -> u8 {
    match subject {
        Subject::Holder(_) => 0,
        Subject::Household(_) => 1,
        Subject::Provider(_) => 4,
        Subject::Benefit => 5,
    }
}

/// After holders and households.
pub(crate) const LOCK_ORDER_OF_ACCOUNTS: u8 = 2;
/// After accounts of points.
pub(crate) const LOCK_ORDER_OF_COUPONS: u8 = 3;

/// An account of a programme; a colon can't stand in the kind, so no two are written alike.
pub(crate) fn account_text(account: &AccountName) -> String {
    match account {
        AccountName::Named(name) => format!("account:{name}"),
        AccountName::Own(holder) => format!("holder:{holder}"),
    }
}

const EPOCH: Date = date(1970, 1, 1);

/// Days since 1970.
pub(crate) fn days(date: Date) -> i32 {
    EPOCH.until((Unit::Day, date)).map_or(0, |span| span.get_days())
}
