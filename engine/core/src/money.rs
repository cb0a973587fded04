//! Rounding and splitting of whole minor units. Exact: products are taken in 128 bits, nothing is a float.

use serde_json::Value;
use smallvec::{SmallVec, smallvec};

use crate::limits::{AMOUNT_MAX, RATE_WHOLE};
use crate::read::{Object, Place, Read, word};

/// How a remainder is rounded to a multiple of the increment; all values here are zero or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundingMode {
    /// To the nearest, halves up.
    HalfUp,
    /// To the nearest, halves to the even multiple.
    HalfEven,
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

/// What is rounded: the discount, or the price that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundingOn {
    /// The discount.
    Discount,
    /// The price after the discount; the discount is what is left of the base.
    Price,
}

/// What is rounded at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoundingPer {
    /// The line.
    #[default]
    Line,
    /// Each of its covered units, as if it stood on a line of its own.
    Unit,
}

/// How the exact discount becomes whole increments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// What is rounded.
    pub on: RoundingOn,
    /// The line or each unit.
    pub per: RoundingPer,
    /// Minor units of which the result is a multiple; at least 1.
    pub increment: i64,
    /// Which way.
    pub mode: RoundingMode,
}

impl Default for Rounding {
    fn default() -> Self {
        Self::USUAL
    }
}

/// As many basis points as a whole has.
const RATE: u64 = RATE_WHOLE.unsigned_abs();

/// An exact share of an amount: minor units × basis points, before any rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exact(i128);

impl Exact {
    const SCALE: i128 = RATE_WHOLE as i128;

    pub(crate) fn units(amount: i64) -> Self {
        Self(i128::from(amount) * Self::SCALE)
    }

    pub(crate) fn share(amount: i64, rate: i64) -> Self {
        Self(i128::from(amount) * i128::from(rate))
    }

    /// To a multiple of `increment`.
    #[inline]
    fn rounded(self, increment: i64, mode: RoundingMode) -> i128 {
        let unit = i128::from(increment.max(1)) * Self::SCALE;
        multiples(self.0, unit, mode) * i128::from(increment.max(1))
    }
}

/// How many units an exact value of zero or more comes to.
#[inline]
pub(crate) fn multiples(exact: i128, unit: i128, mode: RoundingMode) -> i128 {
    let (quotient, remainder) = match (u64::try_from(exact), u64::try_from(unit)) {
        // Nearly always, and far less work for a processor.
        (Ok(exact), Ok(unit)) => (i128::from(exact / unit), i128::from(exact % unit)),
        _ => (exact.div_euclid(unit), exact.rem_euclid(unit)),
    };
    let up = match mode {
        RoundingMode::Down => false,
        RoundingMode::Up => remainder > 0,
        RoundingMode::HalfUp => remainder * 2 >= unit,
        RoundingMode::HalfEven => remainder * 2 > unit || (remainder * 2 == unit && quotient % 2 != 0),
    };
    quotient + i128::from(up)
}

impl Rounding {
    /// Of a benefit that says nothing of it.
    const USUAL: Self =
        Self { on: RoundingOn::Discount, per: RoundingPer::Line, increment: 1, mode: RoundingMode::HalfUp };

    /// The whole discount on `base`, between zero and `most`.
    #[inline]
    pub(crate) fn discount(self, base: i64, exact: Exact, most: i64) -> i64 {
        // Nearly all round so, and nearly every amount fits.
        if let (Self::USUAL, Ok(exact)) = (self, u64::try_from(exact.0)) {
            let whole = exact / RATE + u64::from(exact % RATE >= RATE / 2);
            return whole.min(most.max(0).unsigned_abs()).cast_signed();
        }
        let whole = match self.on {
            RoundingOn::Discount => exact.rounded(self.increment, self.mode),
            RoundingOn::Price => {
                let price = Exact(Exact::units(base).0 - exact.0).rounded(self.increment, self.mode);
                i128::from(base) - price
            }
        };
        narrow(whole.clamp(0, i128::from(most.max(0))))
    }
}

/// The sum of what `part` gives for each of `count` parts into which an amount is cut: they differ by at most 1, so there are at
/// most two kinds, however many there are.
pub(crate) fn sum_of_parts(amount: i64, count: i64, part: impl Fn(i64) -> i64) -> i64 {
    let (size, larger) = (amount / count.max(1), amount % count.max(1));
    let of_larger = if larger == 0 { 0 } else { part(size + 1).saturating_mul(larger) };
    of_larger.saturating_add(part(size).saturating_mul(count - larger))
}

/// `floor(amount × part / whole)`; zero if the whole is zero.
#[inline]
pub(crate) fn proportion(amount: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    narrow(i128::from(amount) * i128::from(part) / i128::from(whole))
}

/// What each weight gets of a total, in minor units.
pub type Shares = SmallVec<[i64; 4]>;

/// Splits `total` by `weights`, largest remainder first, ties in the listed order. The shares sum to `total`
/// unless all weights are zero.
pub fn split(total: i64, weights: &[i64]) -> Shares {
    let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if whole <= 0 {
        return smallvec![0; weights.len()];
    }
    if let [_] = weights {
        return smallvec![total];
    }
    let exact = |weight: i64| i128::from(total) * i128::from(weight);
    let mut shares: Shares = weights.iter().map(|weight| narrow(exact(*weight) / whole)).collect();
    let left = total - shares.iter().sum::<i64>();
    let mut by_remainder: Vec<(usize, i128)> =
        weights.iter().enumerate().map(|(place, weight)| (place, exact(*weight) % whole)).collect();
    by_remainder.sort_by_key(|(place, remainder)| (std::cmp::Reverse(*remainder), *place));
    for (place, _) in by_remainder.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        if let Some(share) = shares.get_mut(place) {
            *share += 1;
        }
    }
    shares
}

/// As [`split`], by exact weights.
pub(crate) fn split_exact(total: i64, weights: &[i128]) -> Vec<i64> {
    // Where a product would pass 128 bits, far beyond any basket, the last bits of the weights go.
    let mut shift = 0;
    let whole = |shift: u32| weights.iter().map(|weight| weight >> shift).sum::<i128>();
    while whole(shift) > i128::MAX / (i128::from(total) + 1) {
        shift += 1;
    }
    let whole = whole(shift);
    if whole <= 0 {
        return vec![0; weights.len()];
    }
    let exact: Vec<i128> = weights.iter().map(|weight| i128::from(total) * (weight >> shift)).collect();
    let mut shares: Vec<i64> = exact.iter().map(|exact| narrow(exact / whole)).collect();
    let left = total - shares.iter().sum::<i64>();
    let mut by_remainder: Vec<(usize, i128)> = exact.iter().map(|exact| exact % whole).enumerate().collect();
    by_remainder.sort_by_key(|(place, remainder)| (std::cmp::Reverse(*remainder), *place));
    for (place, _) in by_remainder.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        if let Some(share) = shares.get_mut(place) {
            *share += 1;
        }
    }
    shares
}

/// A sum as it is told, in 64 bits: one that is beyond them stays at their edge, so that nothing else fails for its sake.
#[inline]
pub fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

impl Read for Rounding {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let object = Object::open(value, place)?;
        let on = object.or("on", RoundingOn::Discount);
        let per = object.or("per", RoundingPer::Line);
        let increment = object.bounded_or("increment", 1, 1, AMOUNT_MAX);
        let mode = object.or("mode", RoundingMode::HalfUp);
        object.close();
        Some(Self { on: on?, per: per?, increment: increment?, mode: mode? })
    }
}

impl Read for RoundingOn {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("discount", Self::Discount), ("price", Self::Price)])
    }
}

impl Read for RoundingPer {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        word(value, place, &[("line", Self::Line), ("unit", Self::Unit)])
    }
}

impl Read for RoundingMode {
    fn read(value: &Value, place: &Place<'_>) -> Option<Self> {
        let words = [("half_up", Self::HalfUp), ("half_even", Self::HalfEven), ("down", Self::Down), ("up", Self::Up)];
        word(value, place, &words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_gives_the_largest_remainder_first_and_ties_in_order() {
        assert_eq!(split(1000, &[100, 100, 100]).as_slice(), [334, 333, 333]);
        assert_eq!(split(100, &[3333, 6667]).as_slice(), [33, 67]);
        assert_eq!(split(1, &[5000, 5000]).as_slice(), [1, 0]);
        assert_eq!(split(7, &[0, 0]).as_slice(), [0, 0]);
    }

    #[test]
    fn each_mode_rounds_its_own_way() {
        let half = Exact::share(715, 5000);
        let round = |mode| Rounding { mode, ..Rounding::default() }.discount(715, half, 715);
        assert_eq!(round(RoundingMode::HalfUp), 358);
        assert_eq!(round(RoundingMode::HalfEven), 358);
        assert_eq!(round(RoundingMode::Down), 357);
        assert_eq!(round(RoundingMode::Up), 358);
    }

    #[test]
    fn what_is_usual_is_rounded_as_what_is_not() {
        let usual = Rounding::default();
        // Another way to say it, as far as a discount of a line goes.
        let unusual = Rounding { per: RoundingPer::Unit, ..usual };
        let amounts = [0, 1, 2, 9_999, 1_000_000_000, i64::MAX / 10_000, i64::MAX];
        for (amount, rate) in
            amounts.into_iter().flat_map(|amount| [0, 1, 3_333, 5_000, 9_999, 10_000].map(|rate| (amount, rate)))
        {
            for most in [i64::MIN, -1, 0, 1, amount, i64::MAX] {
                let by = |rounding: Rounding| rounding.discount(amount, Exact::share(amount, rate), most);
                assert_eq!(by(usual), by(unusual), "{amount} at {rate}, at most {most}");
            }
        }
    }

    #[test]
    fn what_fits_into_64_bits_is_divided_as_what_does_not() {
        let edge = i128::from(u64::MAX);
        for exact in [0, 1, 9_999, edge - 1, edge, edge + 1, edge * 10_000] {
            for unit in [1, 3, 10_000, edge, edge + 1] {
                assert_eq!(multiples(exact, unit, RoundingMode::Down), exact / unit, "{exact} by {unit}");
                assert_eq!(multiples(exact, unit, RoundingMode::Up), (exact + unit - 1) / unit, "{exact} by {unit}");
            }
        }
    }

    #[test]
    fn parts_differ_by_at_most_one_and_are_never_walked_through() {
        let half_up = |part: i64| (part + 1) / 2;
        assert_eq!(sum_of_parts(2145, 3, half_up), 3 * 358);
        assert_eq!(sum_of_parts(2144, 3, half_up), 358 + 358 + 357);
        assert_eq!(sum_of_parts(2, 3, half_up), 2, "two parts of one and one of nothing");
        assert_eq!(sum_of_parts(1_000_000_000_000, 1_000_000, half_up), 500_000_000_000);
        assert_eq!(sum_of_parts(7, 0, half_up), 0);
    }

    #[test]
    fn a_price_rounded_to_five_leaves_the_rest_as_discount() {
        let rounding = Rounding { on: RoundingOn::Price, increment: 5, ..Rounding::default() };
        for (full, price) in [(1280, 845), (1400, 925), (1290, 850), (700, 460)] {
            assert_eq!(full - rounding.discount(full, Exact::share(full, 3400), full), price);
        }
    }

    #[test]
    fn a_price_rounded_above_the_base_is_no_discount() {
        let rounding =
            Rounding { on: RoundingOn::Price, increment: 1000, mode: RoundingMode::Up, ..Rounding::default() };
        assert_eq!(rounding.discount(1, Exact::units(0), 1), 0);
    }
}
