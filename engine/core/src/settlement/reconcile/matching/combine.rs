//! Several that come to a sum.

use super::super::amounts::Amounts;

/// The first of so many places, in their order, whose amounts add up.
pub(super) fn adding_up(places: &[(usize, Amounts)], count: usize, sum: Amounts) -> Option<Vec<usize>> {
    if count == 0 {
        return sum.is_zero().then(Vec::new);
    }
    places.iter().enumerate().find_map(|(index, (place, amounts))| {
        let after = places.get(index + 1..).unwrap_or_default();
        let mut rest = adding_up(after, count - 1, sum - *amounts)?;
        rest.insert(0, *place);
        Some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_combination_in_order_is_found() {
        let of = |amount| Amounts([amount, 0, 0]);
        let places: Vec<_> = [5, 3, 2, 4, 1].into_iter().map(of).enumerate().collect();
        assert_eq!(adding_up(&places, 2, of(6)), Some(vec![0, 4]));
        assert_eq!(adding_up(&places, 3, of(9)), Some(vec![0, 1, 4]));
        assert_eq!(adding_up(&places, 4, of(100)), None);
    }
}
