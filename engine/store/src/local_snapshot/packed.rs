//! The packed holders of a local snapshot, found in the bytes of its file: none is copied.

use std::ops::Range;

use super::format::Counted;
use super::names::{NAME_BYTES, SLOT_BYTES, Slot, home};

const PLACE_BYTES: usize = 8;
const LENGTH_BITS: u32 = 24;

/// Where a packed holder stands: its beginning and, in the lower bits, its length.
#[derive(Clone, Copy)]
pub(super) struct At(u64);

impl At {
    /// None where it is too long, or stands too far behind, to be said.
    pub(super) fn of(begins: u64, length: usize) -> Option<Self> {
        let length = u64::try_from(length).ok().filter(|length| *length < 1 << LENGTH_BITS)?;
        let begins = Some(begins).filter(|begins| *begins < 1 << (u64::BITS - LENGTH_BITS))?;
        Some(Self(begins << LENGTH_BITS | length))
    }

    pub(super) fn to_bytes(self) -> [u8; PLACE_BYTES] {
        self.0.to_le_bytes()
    }

    fn range(bytes: [u8; PLACE_BYTES]) -> Option<Range<usize>> {
        let at = u64::from_le_bytes(bytes);
        let begins = usize::try_from(at >> LENGTH_BITS).ok()?;
        Some(begins..begins.checked_add(usize::try_from(at & ((1 << LENGTH_BITS) - 1)).ok()?)?)
    }
}

/// The packed holders of a local snapshot, by their numbers from 0 on, and by their names.
#[derive(Debug)]
pub struct PackedHolders {
    file: Vec<u8>,
    /// In the bytes of the file.
    places: Range<usize>,
    slots: Range<usize>,
    counted: Counted,
}

/// Where what is behind the entries of a file stands: the places of its packed holders, and their names.
#[derive(Debug)]
pub(super) struct Behind {
    pub(super) places: Range<usize>,
    pub(super) slots: Range<usize>,
}

impl Behind {
    /// None where the file has no room for as many as it counts, or names can't begin in as many slots as it counts names.
    pub(super) fn of(counted: &Counted, begins: usize, ends: usize) -> Option<Self> {
        let bytes = |count: u64, each: usize| usize::try_from(count).ok()?.checked_mul(each);
        let slots = ends.checked_sub(bytes(counted.names.slots, SLOT_BYTES)?)?;
        let places = slots.checked_sub(bytes(counted.holders.into(), PLACE_BYTES)?)?;
        let has_room = places >= begins && counted.names.is_possible();
        has_room.then_some(Self { places: places..slots, slots: slots..ends })
    }
}

impl PackedHolders {
    pub(super) fn new(file: Vec<u8>, Behind { places, slots }: Behind, counted: Counted) -> Self {
        Self { file, places, slots, counted }
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.counted.holders
    }

    /// How many names they have, whomever these name.
    pub fn name_count(&self) -> u64 {
        self.counted.names.came
    }

    /// How many different names.
    pub fn different_name_count(&self) -> u64 {
        self.counted.names.different
    }

    /// A packed holder; nothing under a number that none has.
    pub fn get(&self, number: u32) -> &[u8] {
        let places = self.file.get(self.places.clone()).unwrap_or_default().as_chunks().0;
        let range = places.get(number as usize).and_then(|place| At::range(*place));
        range.and_then(|range| self.file.get(range)).unwrap_or_default()
    }

    /// Whom a name names. Of a few that may have it, `has` knows by the packed holder.
    pub fn find(&self, name: &[u8; NAME_BYTES], has: impl Fn(&[u8]) -> bool) -> Option<u32> {
        let slots = self.file.get(self.slots.clone()).unwrap_or_default().as_chunks().0;
        let home = usize::try_from(home(name, self.counted.names.homes())).ok()?;
        let from = slots.get(home..)?.iter().map(|slot| Slot::read(*slot));
        from.take_while(|slot| !slot.is_free())
            .filter_map(|slot| slot.holder_of(name))
            .find(|number| has(self.get(*number)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::{Names, TableSize};
    use super::*;

    /// Names and, by number, whose they are; each packed holder is its names one after the other.
    fn packed(names_of: &[Vec<[u8; NAME_BYTES]>]) -> PackedHolders {
        let (mut file, mut places, mut table) = (b"before".to_vec(), Vec::new(), Vec::new());
        let mut names = Names::new(&std::env::temp_dir());
        for (number, own) in (0..).zip(names_of) {
            let begins = file.len();
            file.extend(own.as_flattened());
            places.extend(At::of(begins as u64, file.len() - begins).unwrap().to_bytes());
            own.iter().for_each(|name| names.add(name, number).unwrap());
        }
        let size: TableSize = names.write(&mut table).unwrap();
        let counted = Counted { unknown: 0, holders: u32::try_from(names_of.len()).unwrap(), names: size };
        let begins = file.len();
        file.extend(places.iter().chain(&table));
        let behind = Behind::of(&counted, begins, file.len()).unwrap();
        assert_eq!(behind.places.start, begins);
        assert!(Behind::of(&counted, begins + 1, file.len()).is_none(), "there is no room for all");
        PackedHolders::new(file, behind, counted)
    }

    fn find(holders: &PackedHolders, name: &[u8; NAME_BYTES]) -> Option<u32> {
        holders.find(name, |packed| packed.as_chunks().0.contains(name))
    }

    #[test]
    fn each_name_is_found_be_they_few_or_many_and_no_other() {
        for count in [0, 1, 2, 100, 50_000_u64] {
            let name = |number: u64| *blake3::hash(&number.to_le_bytes()).as_bytes().first_chunk().unwrap();
            let names_of: Vec<_> = (0..count).map(|number| vec![name(2 * number), name(2 * number + 1)]).collect();
            let holders = packed(&names_of);
            for number in 0..2 * count {
                assert_eq!(find(&holders, &name(number)).map(u64::from), Some(number / 2));
                assert_eq!(find(&holders, &name(2 * count + number)), None);
            }
            assert_eq!((holders.name_count(), holders.different_name_count()), (2 * count, 2 * count));
        }
    }

    /// Slots are taken in a row, also at the end of the table.
    #[test]
    fn names_that_begin_alike_are_told_apart() {
        for byte in [0, 7, 0xff] {
            let name = |last: u8| {
                let mut name = [byte; NAME_BYTES];
                name[NAME_BYTES - 1] = last;
                name
            };
            let holders = packed(&(0..50).map(|number| vec![name(number)]).collect::<Vec<_>>());
            (0..50).for_each(|number| assert_eq!(find(&holders, &name(number)), Some(number.into())));
            assert_eq!(find(&holders, &name(50)), None);
        }
    }

    #[test]
    fn of_two_with_one_name_it_is_that_of_the_later_one() {
        let name = |byte| [byte; NAME_BYTES];
        let holders = packed(&[vec![name(1), name(2)], vec![name(2), name(3)], vec![name(3)]]);
        assert_eq!([1, 2, 3].map(|byte| find(&holders, &name(byte))), [Some(0), Some(1), Some(2)]);
        assert_eq!((holders.count(), holders.name_count(), holders.different_name_count()), (3, 5, 3));
    }

    /// What snapshots on disk hold: whoever changes it raises the version of their format.
    #[test]
    fn places_and_names_are_written_as_in_version_5_of_the_format() {
        let mut names = Names::new(&std::env::temp_dir());
        [0x11, 0xee].into_iter().zip(0..).for_each(|(byte, number)| names.add(&[byte; NAME_BYTES], number).unwrap());
        let mut table = Vec::new();
        assert_eq!(names.write(&mut table).unwrap(), TableSize { came: 2, different: 2, slots: 4 });
        let free = [0; SLOT_BYTES];
        let slots = [[1, 0, 0, 0, 0x11, 0x11, 0x11, 0x11], free, [2, 0, 0, 0, 0xee, 0xee, 0xee, 0xee], free];
        assert_eq!(table, slots.as_flattened());
        assert_eq!(At::of(0x0102, 5).unwrap().to_bytes(), [5, 0, 0, 2, 1, 0, 0, 0]);
    }

    #[test]
    fn what_is_too_long_or_too_far_behind_has_no_place() {
        assert!(At::of(0, (1 << 24) - 1).is_some() && At::of(0, 1 << 24).is_none());
        assert!(At::of((1 << 40) - 1, 0).is_some() && At::of(1 << 40, 0).is_none());
    }
}
