//! Where each setting comes from, and whether it can be as it is: told with the file, the line and the name.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use avis_core::suggestion;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::ranges::{self, Expected};
use crate::failure::Failure;

/// Every setting with its value and where that comes from, by its name with its table.
#[derive(Debug)]
pub(crate) struct Sources(BTreeMap<String, Sourced>);

/// A value, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Sourced {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The compiled-in file.
    Default,
    /// A file of settings, with the line.
    File(PathBuf, usize),
    /// A variable of the environment.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File(path, line) => write!(out, "{}:{line}", path.display()),
            Self::Variable(name) => write!(out, "variable `{name}`"),
        }
    }
}

impl Sources {
    /// The defaults, which are every setting that there is.
    pub(super) fn defaults(text: &str) -> Result<Self, Failure> {
        let table = text.parse::<Table>().map_err(|error| Failure::new(format!("default settings: {error}")))?;
        let mut values = Vec::new();
        flatten(table, "", &mut values);
        let default = |(name, value)| (name, Sourced { value, origin: Origin::Default });
        Ok(Self(values.into_iter().map(default).collect()))
    }

    /// Puts what a file says over what is there; each name that is no setting is told.
    ///
    /// # Errors
    /// A file that is no TOML.
    pub(super) fn put_file(&mut self, path: &Path, text: &str) -> Result<Vec<String>, Failure> {
        let parsed = DeTable::parse(text).map_err(|error| Failure::of_file(path, error.to_string().trim()))?;
        let table = text.parse::<Table>().map_err(|error| Failure::of_file(path, error))?;
        let (mut lines, mut values, mut faults) = (BTreeMap::new(), Vec::new(), Vec::new());
        lines_of(parsed.get_ref(), "", text, &mut lines);
        flatten(table, "", &mut values);
        for (name, value) in values {
            let line = lines.get(&name).copied().unwrap_or(1);
            let origin = Origin::File(path.to_owned(), line);
            match self.0.get_mut(&name) {
                Some(setting) => *setting = Sourced { value, origin },
                None => faults.push(format!("{origin}: {}", self.no_such(&name))),
            }
        }
        Ok(faults)
    }

    /// Puts a variable over what is there, read as its default's kind; whether there is such a setting.
    pub(super) fn put_variable(&mut self, variable: &str, name: &str, text: String) -> bool {
        let Some(setting) = self.0.get_mut(name) else { return false };
        let number = text.parse().ok().filter(|_| matches!(ranges::expected(name), Some(Expected::Number(..))));
        let value = number.map_or(Value::String(text), Value::Integer);
        *setting = Sourced { value, origin: Origin::Variable(variable.to_owned()) };
        true
    }

    /// What is said of a name that is no setting.
    pub(super) fn no_such(&self, name: &str) -> String {
        let meant = suggestion(name, self.0.keys().map(String::as_str));
        format!("`{name}`: there is no such setting{meant}")
    }

    /// Checks every value; each that can't be is told.
    pub(super) fn faults(&self) -> Vec<String> {
        let refused = self.0.iter().filter_map(|(name, Sourced { value, origin })| {
            let detail = ranges::refusal(name, value)?;
            Some(format!("{origin}: `{name}`: {detail}"))
        });
        refused.collect()
    }

    /// As the file would be that says all of it.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new();
        for (name, Sourced { value, .. }) in &self.0 {
            match name.split_once('.') {
                Some((inner, name)) => {
                    let inner = table.entry(inner).or_insert_with(|| Value::Table(Table::new()));
                    if let Value::Table(inner) = inner {
                        inner.insert(name.to_owned(), value.clone());
                    }
                }
                None => drop(table.insert(name.clone(), value.clone())),
            }
        }
        table
    }

    /// Every setting, those of no table first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Sourced)> {
        let of = |in_table: bool| self.0.iter().filter(move |(name, _)| name.contains('.') == in_table);
        of(false).chain(of(true)).map(|(name, sourced)| (name.as_str(), sourced))
    }
}

/// The values of all tables, under their names with their tables.
fn flatten(table: Table, under: &str, into: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let name = format!("{under}{name}");
        match value {
            Value::Table(table) => flatten(table, &format!("{name}."), into),
            value => into.push((name, value)),
        }
    }
}

/// The lines on which names stand, from 1.
fn lines_of(table: &DeTable<'_>, under: &str, text: &str, into: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let name = format!("{under}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Table(table) => lines_of(table, &format!("{name}."), text, into),
            _ => {
                let before = text.get(..key.span().start).unwrap_or_default();
                into.insert(name, 1 + before.matches('\n').count());
            }
        }
    }
}
