//! A list that never changes and hands out typed places, so that a place of one list can't be used on another.

use std::marker::PhantomData;

/// The entries, by their ids.
#[derive(Debug)]
pub(crate) struct Table<T>(Box<[T]>);

/// The place of an entry in its table.
#[derive(Debug)]
pub(crate) struct Id<T>(u32, PhantomData<fn() -> T>);

impl<T> Table<T> {
    pub(crate) fn new(entries: Vec<T>) -> Self {
        Self(entries.into_boxed_slice())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[allow(
        clippy::indexing_slicing,
        reason = "an id comes from the enumeration of its own table, which never shrinks"
    )]
    pub(crate) fn get(&self, id: Id<T>) -> &T {
        &self.0[id.place()]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Id<T>, &T)> {
        self.0.iter().enumerate().map(|(place, entry)| (Id::at(place), entry))
    }
}

impl<T> Id<T> {
    /// The id of the entry at a place; a table holds fewer entries than 32 bits count.
    pub(crate) fn at(place: usize) -> Self {
        Self(u32::try_from(place).unwrap_or(u32::MAX), PhantomData)
    }

    pub(crate) fn place(self) -> usize {
        self.0 as usize
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
