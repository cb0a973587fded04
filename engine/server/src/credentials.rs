//! Who may call: a key names its terminal.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use jiff::Timestamp;

use crate::terminal::{Key, KeyHash, Terminal};

/// Whom a key names.
#[derive(Debug)]
pub enum Found<'a> {
    /// This terminal, and the key as it is kept.
    Terminal(&'a Arc<Terminal>, &'a Arc<Key>),
    /// This terminal once, and not any more.
    Ended(&'a Arc<Terminal>),
    /// Nobody.
    Nobody,
}

/// Terminals by what their keys hash to.
#[derive(Debug, Default)]
pub struct Credentials {
    by_key: HashMap<KeyHash, (Arc<Terminal>, Arc<Key>), RandomState>,
    terminals: usize,
}

impl Credentials {
    /// Of these terminals.
    pub fn of(terminals: impl IntoIterator<Item = Arc<Terminal>>) -> Self {
        let mut credentials = Self::default();
        for terminal in terminals {
            credentials.terminals += 1;
            for key in &terminal.keys {
                credentials.by_key.insert(key.sha256, (terminal.clone(), Arc::new(key.clone())));
            }
        }
        credentials
    }

    /// The terminal that a key names at a moment.
    pub fn find(&self, key: KeyHash, now: Timestamp) -> Found<'_> {
        match self.by_key.get(&key) {
            Some((terminal, key)) if key.is_taken_at(now) => Found::Terminal(terminal, key),
            Some((terminal, _)) => Found::Ended(terminal),
            None => Found::Nobody,
        }
    }

    /// How many terminals there are.
    pub fn count(&self) -> usize {
        self.terminals
    }
}
