//! Values as the columns take them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::Date;

/// The first day that dates of SQL reach, in days since 1970; what is earlier counts as this one.
const FIRST_DAY: i32 = -2_440_000;
/// The same as an instant, in seconds since 1970.
const FIRST_SECOND: i64 = FIRST_DAY as i64 * 86_400;

/// Days since 1970.
pub(super) fn day(date: Date) -> i32 {
    crate::recording::days(date).max(FIRST_DAY)
}

/// An instant.
pub(super) fn instant(at: Timestamp) -> SystemTime {
    let micros = at.as_microsecond().max(FIRST_SECOND * 1_000_000);
    let distance = Duration::from_micros(micros.unsigned_abs());
    if micros < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
}
