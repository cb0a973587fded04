//! Words that many holders share (groups, territories, names of attributes), each kept once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::fast::RandomState;

/// Words by number and numbers by word; only grows.
#[derive(Debug, Default)]
pub(super) struct Names(RwLock<Both>);

#[derive(Debug, Default)]
struct Both {
    numbers: HashMap<Arc<str>, u32, RandomState>,
    words: Vec<Arc<str>>,
}

impl Names {
    pub(super) fn number(&self, word: &Arc<str>) -> u32 {
        // Nothing in here panics half-way, so a poisoned lock still guards whole data.
        if let Some(number) = self.0.read().unwrap_or_else(PoisonError::into_inner).numbers.get(word) {
            return *number;
        }
        let mut both = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(both.words.len()).unwrap_or(u32::MAX);
        let Both { numbers, words } = &mut *both;
        *numbers.entry(word.clone()).or_insert_with(|| {
            words.push(word.clone());
            next
        })
    }

    /// The words from a number on.
    pub(super) fn since(&self, number: usize) -> Vec<Box<str>> {
        let both = self.0.read().unwrap_or_else(PoisonError::into_inner);
        both.words.iter().skip(number).map(|word| Box::from(&**word)).collect()
    }

    /// Reads several words under one lock.
    pub(super) fn read<T>(&self, read: impl FnOnce(&dyn Fn(u32) -> Option<Arc<str>>) -> T) -> T {
        let both = self.0.read().unwrap_or_else(PoisonError::into_inner);
        read(&|number| both.words.get(number as usize).cloned())
    }
}
