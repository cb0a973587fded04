//! Amounts of a row, as shop systems and spreadsheets write them.

use std::iter::Sum;
use std::ops::{Add, Sub};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::file_row::scaled;
use crate::limits::FILE_AMOUNT_MAX;
use crate::money::narrow;
use crate::movement::Movement;

/// An amount of a row or a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountField {
    /// Payable and discount together.
    Gross,
    /// The part of payers and of the provider.
    Discount,
    /// The part of the person.
    Payable,
}

impl AmountField {
    /// All of them, in the order in which they are kept.
    pub const ALL: [Self; 3] = [Self::Gross, Self::Discount, Self::Payable];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gross => "gross",
            Self::Discount => "discount",
            Self::Payable => "payable",
        }
    }
}

/// Which amounts a file has, in the order of [`AmountField::ALL`].
pub(super) type Mapped = [bool; 3];

/// The amounts that a file has, in minor units; what it does not have is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(super) struct Amounts(pub(super) [i128; 3]);

impl Amounts {
    /// Those of a movement that the file has, too.
    pub(super) fn of_movement(moved: &Movement, mapped: Mapped) -> Self {
        let all = [moved.gross, moved.discount, moved.payable].map(i128::from);
        Totals::of_fields(Self(all), mapped).amounts
    }

    /// One of them; 0 where the file does not have it.
    pub(super) fn get(self, field: AmountField) -> i128 {
        let [gross, discount, payable] = self.0;
        match field {
            AmountField::Gross => gross,
            AmountField::Discount => discount,
            AmountField::Payable => payable,
        }
    }

    pub(super) fn is_zero(self) -> bool {
        self == Self::default()
    }
}

impl Add for Amounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        Self([a + x, b + y, c + z])
    }
}

impl Sub for Amounts {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        Self([a - x, b - y, c - z])
    }
}

impl Sum for Amounts {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

/// Amounts of those fields that the file has, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub(super) amounts: Amounts,
    pub(super) mapped: Mapped,
}

impl Totals {
    /// One of them; 0 where the file does not have it.
    pub fn get(self, field: AmountField) -> i128 {
        self.amounts.get(field)
    }

    /// Those that the file has.
    pub fn present(self) -> impl Iterator<Item = (AmountField, i128)> {
        let all = AmountField::ALL.into_iter().zip(self.mapped);
        all.filter(|(_, is_mapped)| *is_mapped).map(move |(field, _)| (field, self.get(field)))
    }

    /// Of these fields alone.
    pub(super) fn of_fields(amounts: Amounts, mapped: Mapped) -> Self {
        let [gross, discount, payable] = amounts.0;
        let kept = |(amount, is_mapped): (i128, bool)| if is_mapped { amount } else { 0 };
        let kept = [(gross, mapped[0]), (discount, mapped[1]), (payable, mapped[2])].map(kept);
        Self { amounts: Amounts(kept), mapped }
    }
}

impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, amount) in self.present() {
            map.serialize_entry(field.word(), &narrow(amount))?;
        }
        map.end()
    }
}

/// How a file writes amounts.
#[derive(Clone, Copy, Debug)]
pub(super) struct AmountForm {
    /// `.` or `,`.
    pub(super) decimal: char,
    /// Whether amounts are minor units.
    pub(super) is_minor: bool,
}

impl AmountForm {
    /// Minor units; none where the text is no amount. Group marks stand before threes only and are all alike, the minus stands in
    /// front, behind, or as brackets, € or EUR around, and there are no more than two decimals but for zeros.
    pub(super) fn parse(self, text: &str) -> Option<i64> {
        let (text, is_negative) = unsigned(without_currency(text))?;
        let (whole, decimals) = match text.split_once(self.decimal) {
            Some(_) if self.is_minor => return None,
            Some((whole, decimals)) => (whole, decimals),
            None => (text, ""),
        };
        let whole = self.ungrouped(whole)?;
        let amount = if self.is_minor { whole } else { whole.checked_mul(100)?.checked_add(cents(decimals)?)? };
        let amount = Some(amount).filter(|amount| *amount <= FILE_AMOUNT_MAX)?;
        Some(if is_negative { -amount } else { amount })
    }

    /// Minor units of a number of a workbook, which is a ten-thousandth of one off at most; none of what is no amount.
    pub(super) fn of_number(self, text: &str) -> Option<i64> {
        const PLACES: i32 = 8;
        let unit = 10_i128.pow(PLACES.unsigned_abs());
        let scaled = scaled(text, if self.is_minor { PLACES } else { PLACES + 2 })?;
        let minor = (scaled + unit / 2).div_euclid(unit);
        let is_near = (scaled - minor * unit).abs() <= unit / 10_000;
        let minor = i64::try_from(minor).ok().filter(|minor| minor.abs() <= FILE_AMOUNT_MAX)?;
        is_near.then_some(minor)
    }

    /// The whole part.
    fn ungrouped(self, whole: &str) -> Option<i64> {
        let is_mark = |mark: char| {
            matches!(mark, ' ' | '\u{a0}' | '\u{202f}' | '\'') || (matches!(mark, '.' | ',') && mark != self.decimal)
        };
        let mut marks = whole.chars().filter(|mark| is_mark(*mark));
        let first_mark = marks.next();
        if !marks.all(|mark| Some(mark) == first_mark) {
            return None;
        }
        let mut groups = whole.split(is_mark);
        let first = groups.next().filter(|first| first_mark.is_none() || first.len() <= 3)?;
        groups.try_fold(number(first)?, |before, group| {
            let group = number(group).filter(|_| group.len() == 3)?;
            before.checked_mul(1_000)?.checked_add(group)
        })
    }
}

/// What digits say, if there are no others and some.
fn number(digits: &str) -> Option<i64> {
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Two digits; more only if they are zeros.
fn cents(decimals: &str) -> Option<i64> {
    let (cents, beyond) = decimals.split_at_checked(decimals.len().min(2))?;
    let is_exact = beyond.bytes().all(|digit| digit == b'0');
    match cents.len() {
        0 => Some(0),
        1 => number(cents).map(|tenths| tenths * 10),
        _ => number(cents).filter(|_| is_exact),
    }
}

fn without_currency(text: &str) -> &str {
    let text = text.trim();
    let before = text.strip_prefix('€').or_else(|| text.strip_prefix("EUR")).unwrap_or(text);
    let behind = before.strip_suffix('€').or_else(|| before.strip_suffix("EUR")).unwrap_or(before);
    behind.trim()
}

/// The text without its sign, and whether that is a minus.
fn unsigned(text: &str) -> Option<(&str, bool)> {
    const MINUS: [char; 2] = ['-', '\u{2212}'];
    let bracketed = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let signed = bracketed.or_else(|| text.strip_prefix(MINUS)).or_else(|| text.strip_suffix(MINUS));
    let (text, is_negative) = (without_currency(signed.unwrap_or(text)), signed.is_some());
    text.starts_with(|first: char| first.is_ascii_digit()).then_some((text, is_negative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_shops_write_them() {
        let comma = AmountForm { decimal: ',', is_minor: false };
        for (text, expected) in [
            ("7,15", 715),
            ("7", 700),
            ("7,1", 710),
            ("7,150", 715),
            ("-7,15", -715),
            ("7,15-", -715),
            ("(7,15)", -715),
            ("€ 7,15", 715),
            ("7,15 EUR", 715),
            ("-€7,15", -715),
            ("1 234,50", 123_450),
            ("1.234.567,00", 123_456_700),
            ("1'234", 123_400),
            ("1\u{a0}234,5", 123_450),
            ("\u{2212}0,05", -5),
            ("0,00", 0),
        ] {
            assert_eq!(comma.parse(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "-",
            "7,155",
            "7,1e2",
            "1e3",
            "12.34",
            "1.23.456",
            "1 234.567",
            "1 2345",
            ",5",
            "7,1 5",
            "--7",
            "(7",
            "x",
            "7;1",
            "7,+1",
            "7,1+",
            "7,1ā",
            "7,ā",
            "1 +34",
            "1234 567",
            "99999999999999999999",
            "99999999999 999 999 999",
        ] {
            assert_eq!(comma.parse(text), None, "{text}");
        }
        let minor = AmountForm { decimal: '.', is_minor: true };
        assert_eq!((minor.parse("715"), minor.parse("-1,715"), minor.parse("7.15")), (Some(715), Some(-1715), None));
        assert_eq!(minor.parse("99999999999999999999"), None);
    }

    #[test]
    fn a_number_of_a_workbook_is_near_a_minor_unit() {
        let (of_units, minor) =
            (AmountForm { decimal: ',', is_minor: false }, AmountForm { decimal: ',', is_minor: true });
        for (text, expected) in [
            ("12.05", Some(1_205)),
            ("12.049999999999999", Some(1_205)),
            ("-7.1500000000000004", Some(-715)),
            ("7.15E0", Some(715)),
            ("0.000001", Some(0)),
            ("0.0000011", None),
            ("7.155", None),
            ("1E+40", None),
            ("12,05", None),
        ] {
            assert_eq!(of_units.of_number(text), expected, "{text}");
        }
        assert_eq!(
            (minor.of_number("715"), minor.of_number("715.00009"), minor.of_number("7.15")),
            (Some(715), Some(715), None)
        );
    }
}
