//! How far matching is, and whether it goes on.

/// Rows and movements that are looked at between two looks.
const LOOK_EVERY: u32 = 10_000;

/// Somebody wants no more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Halted;

/// Tells after some rows or movements how many rows are settled, and is told whether to go on.
pub(super) struct Watch<'l> {
    look: &'l mut dyn FnMut(u64) -> Result<(), Halted>,
    since: u32,
    settled: u64,
}

impl<'l> Watch<'l> {
    pub(super) fn new(look: &'l mut dyn FnMut(u64) -> Result<(), Halted>) -> Self {
        Self { look, since: 0, settled: 0 }
    }

    /// A row or a movement is looked at.
    pub(super) fn tick(&mut self) -> Result<(), Halted> {
        self.since += 1;
        if self.since < LOOK_EVERY {
            return Ok(());
        }
        self.since = 0;
        (self.look)(self.settled)
    }

    /// So many rows are settled.
    pub(super) fn settled(&mut self, rows: usize) {
        self.settled += rows as u64;
    }
}
