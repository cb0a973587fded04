//! A row of cells as a file has it, and what of them a workbook says that a text does not.

use jiff::civil::DateTime;

/// A row of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRow {
    /// The physical line on which it begins, or the sheet's number of it, from 1.
    pub line: u64,
    /// What stands in its cells.
    pub cells: Vec<String>,
    /// What kinds of cells these are; those that are not told are text.
    pub kinds: Vec<CellKind>,
    /// Whether a quote was left open: it reaches to the end of the text.
    pub is_open: bool,
}

/// What a cell is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CellKind {
    /// A text, however it is to be read.
    #[default]
    Text,
    /// A number of a workbook, as `12.5` or `1.25E1`.
    Number,
    /// A date or a time of a workbook, as `2026-11-18T05:20:00`.
    Time,
}

impl FileRow {
    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        !self.is_open && self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    pub(super) fn kind(&self, column: usize) -> CellKind {
        self.kinds.get(column).copied().unwrap_or_default()
    }
}

/// The days from which a workbook counts its dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epoch {
    /// 1900 has a 29 February, and its first day is 1.
    Of1900,
    /// 1 January 1904 is 0.
    Of1904,
}

/// What a number says with so many decimals more than it has, truncated: 12.5 by two is 1250. None of what is no number.
pub(super) fn scaled(text: &str, places: i32) -> Option<i128> {
    let (unsigned, sign) = match text.strip_prefix('-') {
        Some(unsigned) => (unsigned, -1),
        None => (text, 1),
    };
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{decimals}");
    if whole.is_empty() || digits.len() > 30 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let shift = exponent.checked_sub(i32::try_from(decimals.len()).ok()?)?.checked_add(places)?;
    let power = 10_i128.checked_pow(shift.unsigned_abs());
    let digits: i128 = digits.parse().ok()?;
    Some(sign * if shift < 0 { power.map_or(0, |power| digits / power) } else { digits.checked_mul(power?)? })
}

/// The local time that a number of a workbook means: days, to the millisecond.
pub fn time_of_serial(text: &str, epoch: Epoch) -> Option<DateTime> {
    const PLACES: i32 = 11;
    const DAY_MS: i128 = 86_400_000;
    let unit = 10_i128.pow(PLACES.unsigned_abs());
    let scaled = scaled(text, PLACES)?;
    let ms = scaled.checked_mul(DAY_MS)?.checked_add(unit / 2)?.div_euclid(unit);
    let days = match (epoch, ms.div_euclid(DAY_MS)) {
        (_, ..=-1) => return None,
        // A day that never was.
        (Epoch::Of1900, 60) => return None,
        (Epoch::Of1900, days @ 1..=59) => days + 1,
        (_, days) => days,
    };
    let first = match epoch {
        Epoch::Of1900 => DateTime::constant(1899, 12, 30, 0, 0, 0, 0),
        Epoch::Of1904 => DateTime::constant(1904, 1, 1, 0, 0, 0, 0),
    };
    let span = jiff::Span::new().try_days(i64::try_from(days).ok()?).ok()?;
    let of_day = jiff::SignedDuration::from_millis(i64::try_from(ms.rem_euclid(DAY_MS)).ok()?);
    first.checked_add(span).ok()?.checked_add(of_day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_however_they_are_written() {
        for (text, places, expected) in [
            ("12.5", 2, Some(1_250)),
            ("-1.25E1", 2, Some(-1_250)),
            ("0.0029999999999999996", 4, Some(29)),
            ("1e-40", 2, Some(0)),
            ("1E+17", 0, Some(100_000_000_000_000_000)),
            ("1e40", 2, None),
            ("1e", 2, None),
            ("", 2, None),
            (".5", 2, None),
            ("1,5", 2, None),
            ("NaN", 2, None),
            ("99999999999999999999999999999999", 0, None),
        ] {
            assert_eq!(scaled(text, places), expected, "{text}");
        }
    }

    #[test]
    fn days_are_counted_from_either_epoch_and_times_to_the_millisecond() {
        let time = |text, epoch| time_of_serial(text, epoch).map(|time| time.to_string());
        let of_1900 = |text| time(text, Epoch::Of1900);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of_1900("46344.2222222222"), some("2026-11-18T05:20:00"));
        assert_eq!(of_1900("46344"), some("2026-11-18T00:00:00"));
        assert_eq!(of_1900("0.75"), some("1899-12-30T18:00:00"), "a time alone");
        assert_eq!((of_1900("1"), of_1900("59")), (some("1900-01-01T00:00:00"), some("1900-02-28T00:00:00")));
        assert_eq!((of_1900("60"), of_1900("61")), (None, some("1900-03-01T00:00:00")), "there was no 29 February");
        assert_eq!(time("44882", Epoch::Of1904), some("2026-11-18T00:00:00"));
        assert_eq!((of_1900("-1"), of_1900("1e9"), of_1900("x")), (None, None, None));
        assert_eq!(
            of_1900("19692266604220975894.8712157078"),
            None,
            "the most of milliseconds, which can't be rounded"
        );
    }
}
