//! Interned names: rules compare numbers where documents compare text.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

/// The number of a name that a rule set knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Symbol(u32);

/// Every name that rules refer to, each once.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<Arc<str>, Symbol, FixedState>);

impl Names {
    /// The symbol of a name, a new one if it is seen for the first time.
    pub(crate) fn intern(&mut self, name: &str) -> Symbol {
        self.entry(name).1
    }

    /// The one shared text of a name.
    pub(crate) fn shared(&mut self, name: &str) -> Arc<str> {
        self.entry(name).0
    }

    /// The symbol of a name, if any rule refers to it.
    pub(crate) fn find(&self, name: &str) -> Option<Symbol> {
        self.0.get(name).copied()
    }

    fn entry(&mut self, name: &str) -> (Arc<str>, Symbol) {
        if let Some((text, symbol)) = self.0.get_key_value(name) {
            return (text.clone(), *symbol);
        }
        let symbol = Symbol(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        let text: Arc<str> = name.into();
        self.0.insert(text.clone(), symbol);
        (text, symbol)
    }
}
