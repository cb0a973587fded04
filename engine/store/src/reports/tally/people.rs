//! Sets of numbers of persons, packed: in their order, each as the difference to the one before, in groups of seven bits.

use std::collections::BTreeSet;

/// A set in few bytes.
pub(crate) fn pack(people: &BTreeSet<u32>) -> Vec<u8> {
    let (mut packed, mut before) = (Vec::with_capacity(people.len()), 0);
    for number in people {
        let mut left = number - before;
        before = *number;
        while left >= 0x80 {
            packed.push(u8::try_from(left & 0x7f).unwrap_or_default() | 0x80);
            left >>= 7;
        }
        packed.push(u8::try_from(left).unwrap_or_default());
    }
    packed
}

/// The numbers of a packed set, in their order; none if it is not one.
pub(crate) fn unpack(packed: &[u8]) -> Option<Vec<u32>> {
    let (mut people, mut before, mut bytes) = (Vec::with_capacity(packed.len()), 0_u32, packed.iter());
    while let Some(first) = bytes.next() {
        let (mut byte, mut shift, mut number) = (*first, 0, u32::from(first & 0x7f));
        while byte & 0x80 != 0 {
            shift += 7;
            byte = *bytes.next()?;
            number |= u32::from(byte & 0x7f).checked_shl(shift)?;
        }
        before = before.checked_add(number)?;
        people.push(before);
    }
    Some(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_unpacked_as_it_was_packed() {
        for numbers in [vec![], vec![0], vec![0, 1, 127, 128, 129, 16_383, 16_384, 5_000_000, u32::MAX - 1, u32::MAX]] {
            assert_eq!(unpack(&pack(&numbers.iter().copied().collect())), Some(numbers));
        }
        assert_eq!(pack(&[3, 4, 300].into()).len(), 4, "what lies close takes a byte");
    }

    #[test]
    fn bytes_that_are_no_set_are_not_read_as_one() {
        for broken in [&[0x80_u8][..], &[0xff, 0xff, 0xff, 0xff, 0xff, 0x01], &[0xff, 0xff, 0xff, 0xff, 0x0f, 0x01]] {
            assert_eq!(unpack(broken), None, "{broken:?}");
        }
    }
}
