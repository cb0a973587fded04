//! The table of names of a local snapshot: by what its packed holders are found where they stand. It is written once, in the order of
//! its slots, and only read from then on.

use std::cmp::Reverse;
use std::io::{self, Write};
use std::path::Path;

use crate::bytes::read_array;
use crate::spill::Spill;

pub(super) const NAME_BYTES: usize = 16;
pub(super) const SLOT_BYTES: usize = 8;

/// What a slot holds: the upper half of the beginning of a name and, in the lower half, the number of its holder from 1 on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(u64);

impl Slot {
    const FREE: Self = Self(0);

    fn of(name: &[u8; NAME_BYTES], number: u32) -> Self {
        Self(beginning(name) & !u64::from(u32::MAX) | (u64::from(number) + 1))
    }

    pub(super) fn read(bytes: [u8; SLOT_BYTES]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    pub(super) fn is_free(self) -> bool {
        self == Self::FREE
    }

    /// The holder, if this may be its name.
    pub(super) fn holder_of(self, name: &[u8; NAME_BYTES]) -> Option<u32> {
        if self.0 >> 32 == beginning(name) >> 32 { lower(self.0).checked_sub(1) } else { None }
    }
}

/// The slot from which on a name stands, among so many in which names may begin: they are spread by their lower halves, for slots keep
/// the upper ones.
pub(super) fn home(name: &[u8; NAME_BYTES], homes: u64) -> u64 {
    let home = (u128::from(lower(beginning(name))) * u128::from(homes)) >> u32::BITS;
    u64::try_from(home).unwrap_or(u64::MAX)
}

/// Names are hashes already.
fn beginning(name: &[u8; NAME_BYTES]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *name;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

#[allow(clippy::cast_possible_truncation, reason = "the lower half is what is asked for")]
fn lower(number: u64) -> u32 {
    number as u32
}

/// What a table came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TableSize {
    /// Names that came, also those that came again.
    pub(super) came: u64,
    /// Different ones.
    pub(super) different: u64,
    /// Slots in all.
    pub(super) slots: u64,
}

impl TableSize {
    /// Slots in which a name may begin: three quarters are taken, for short ways and little room.
    pub(super) fn homes(self) -> u64 {
        self.came + self.came / 3 + 1
    }

    /// Whether a table can have come to it, as far as its slots are those of a file.
    pub(super) fn is_possible(self) -> bool {
        self.different <= self.came && self.came < self.slots && self.homes() < self.slots
    }
}

/// So many parts are put into their order one by one, which bounds what is in memory meanwhile.
const PARTS: usize = 16;
/// Bytes of a part that are kept in memory before they are written aside.
const PART_MEMORY_BYTES: usize = 256 * 1024;

/// Names with the numbers of their holders, as they come.
pub(super) struct Names {
    parts: Vec<Part>,
    came: u64,
}

struct Part {
    spill: Spill,
    came: u64,
}

impl Names {
    pub(super) fn new(folder: &Path) -> Self {
        let part = |_| Part { spill: Spill::new(folder, PART_MEMORY_BYTES), came: 0 };
        Self { parts: (0..PARTS).map(part).collect(), came: 0 }
    }

    pub(super) fn add(&mut self, name: &[u8; NAME_BYTES], number: u32) -> io::Result<()> {
        self.came += 1;
        // In the order of their homes, however many there will be.
        let part = usize::try_from(home(name, PARTS as u64)).unwrap_or(PARTS);
        let Some(part) = self.parts.get_mut(part) else { return Ok(()) };
        part.came += 1;
        part.spill.write_all(name)?;
        part.spill.write_all(&number.to_le_bytes())
    }

    /// Writes the table. Of two holders with one name it names the later one. A free slot is the last.
    pub(super) fn write(self, out: &mut impl Write) -> io::Result<TableSize> {
        let mut size = TableSize { came: self.came, ..TableSize::default() };
        for part in self.parts {
            let mut named = read_part(part)?;
            named.sort_unstable_by_key(|(name, number)| (lower(beginning(name)), *name, Reverse(*number)));
            named.dedup_by_key(|(name, _)| *name);
            for (name, number) in named {
                free_up_to(home(&name, size.homes()), &mut size, out)?;
                size.different += 1;
                write_slot(Slot::of(&name, number), &mut size, out)?;
            }
        }
        free_up_to(size.homes(), &mut size, out)?;
        write_slot(Slot::FREE, &mut size, out)?;
        Ok(size)
    }
}

fn read_part(Part { spill, came }: Part) -> io::Result<Vec<([u8; NAME_BYTES], u32)>> {
    let mut source = spill.into_reader()?;
    (0..came).map(|_| Ok((read_array(&mut source)?, u32::from_le_bytes(read_array(&mut source)?)))).collect()
}

fn free_up_to(home: u64, size: &mut TableSize, out: &mut impl Write) -> io::Result<()> {
    while size.slots < home {
        write_slot(Slot::FREE, size, out)?;
    }
    Ok(())
}

fn write_slot(Slot(slot): Slot, size: &mut TableSize, out: &mut impl Write) -> io::Result<()> {
    size.slots += 1;
    out.write_all(&slot.to_le_bytes())
}
