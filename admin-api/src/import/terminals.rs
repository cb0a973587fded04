//! Terminals with their keys.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use avis_core::limits::TERMINAL_CODE_BYTES_MAX;
use avis_server::{KEY_CHARACTERS_MIN, Key, KeyHash, Scope as KeyScope, Terminal};
use avis_store::{Commit, Store, StoreError};
use serde::Deserialize;

use crate::change::ChangeContext;
use crate::fault::{AdminError, LineFault};
use crate::import::{Imported, TRIES};
use crate::keys::{Terminals, terminal_row};

/// A file of terminals.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Names the schema of the file for an editor; it means nothing here.
    #[serde(rename = "$schema", default)]
    _schema: Option<String>,
    terminals: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    terminal: String,
    provider: String,
    channels: Vec<String>,
    schemes: Vec<String>,
    /// A till sells, unless it says otherwise.
    #[serde(default = "sell")]
    scopes: Vec<KeyScope>,
    #[serde(default)]
    key: Option<WrittenKey>,
    /// As an export has them.
    #[serde(default)]
    keys: Vec<Key>,
}

fn sell() -> Vec<KeyScope> {
    vec![KeyScope::Sell]
}

/// A key as it is written; forgotten once it is hashed.
#[derive(Deserialize)]
struct WrittenKey(String);

impl fmt::Debug for WrittenKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("WrittenKey(…)")
    }
}

/// Imports terminals: each comes, or takes the place of the one of its code; those that are not named stay.
///
/// # Errors
/// Malformed JSON, keys that are short or another terminal's, providers that no rule knows; a store that can't be read or written.
pub fn terminals(store: &dyn Store, json: &[u8], context: &ChangeContext) -> Result<Imported, AdminError> {
    let read = parse(json)?;
    let mut tries = 0;
    loop {
        tries += 1;
        let there = Terminals::read(store)?;
        check(&read, &there, &context.providers)?;
        let row = |terminal: &Terminal| Ok(terminal_row(terminal).into());
        let committed = store.commit(Commit {
            rows: &mut read.iter().map(row),
            unchanged: &[there.unchanged()],
            act: &context.act("terminals_imported", None),
            at: context.at,
            dry_run: context.dry_run,
        });
        match committed {
            Err(StoreError::Changed(_)) if tries < TRIES => {}
            done => return Ok(Imported::of(done?)),
        }
    }
}

fn parse(json: &[u8]) -> Result<Vec<Terminal>, AdminError> {
    // The parser's own words could repeat a key, so only the place is told.
    let file: File = serde_json::from_slice(json).map_err(|error| {
        let detail = "expected `{\"terminals\": [{\"terminal\", \"provider\", \"channels\", \"schemes\", \"key\"}]}`";
        let detail = format!("column {}: {detail}", error.column());
        AdminError::Faults(vec![LineFault::new(Some(error.line() as u64), "", detail)])
    })?;
    let mut terminals = Vec::with_capacity(file.terminals.len());
    for (place, written) in file.terminals.into_iter().enumerate() {
        let mut keys = written.keys;
        if let Some(WrittenKey(key)) = &written.key {
            if key.chars().count() < KEY_CHARACTERS_MIN {
                let detail = format!("expected at least {KEY_CHARACTERS_MIN} characters");
                return Err(AdminError::at(format!("/terminals/{place}/key"), detail));
            }
            keys.push(Key::of(key));
        }
        if written.terminal.is_empty() || written.terminal.len() > TERMINAL_CODE_BYTES_MAX {
            let detail = format!("expected a code of 1 to {TERMINAL_CODE_BYTES_MAX} bytes");
            return Err(AdminError::at(format!("/terminals/{place}/terminal"), detail));
        }
        terminals.push(Terminal {
            code: written.terminal,
            provider: written.provider,
            channels: written.channels,
            schemes: written.schemes,
            scopes: written.scopes,
            keys,
        });
    }
    Ok(terminals)
}

/// Providers are known, and no key names two terminals.
fn check(read: &[Terminal], there: &Terminals, expected: &[String]) -> Result<(), AdminError> {
    let mut faults = Vec::new();
    let mut fault = |place: usize, field: &str, detail: String| {
        faults.push(LineFault::new(None, format!("/terminals/{place}{field}"), detail));
    };
    let mut codes = BTreeMap::new();
    for (place, terminal) in read.iter().enumerate() {
        if codes.insert(&*terminal.code, place).is_some() {
            fault(place, "/terminal", "expected a terminal that no entry before has".to_owned());
        }
        if !there.knows_provider(&terminal.provider) && !expected.contains(&terminal.provider) {
            fault(place, "/provider", format!("unknown provider `{}`", terminal.provider));
        }
        if let Some(conflict) = KeyScope::conflict(&terminal.scopes) {
            fault(place, "/scopes", conflict);
        }
    }
    let others = there.all().iter().filter(|terminal| !codes.contains_key(&*terminal.code));
    let mut owners: HashMap<KeyHash, &str> = HashMap::new();
    for terminal in others {
        owners.extend(terminal.keys.iter().map(|key| (key.sha256, &*terminal.code)));
    }
    for (place, terminal) in read.iter().enumerate() {
        for key in &terminal.keys {
            if owners.insert(key.sha256, &terminal.code).is_some_and(|owner| owner != terminal.code) {
                fault(place, "/key", "expected a key that no other terminal has".to_owned());
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(AdminError::Faults(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_by_place_and_never_with_a_key() {
        let key = "secret_0123456789";
        for (json, told) in [
            (format!(r#"{{"terminals": ["{key}"]}}"#), "1: "),
            (
                r#"{"terminals": [{"terminal": "a", "provider": "p", "channels": [], "schemes": [], "key": "secret"}]}"#
                    .to_owned(),
                "/terminals/0/key",
            ),
        ] {
            let AdminError::Faults(faults) = parse(json.as_bytes()).unwrap_err() else { panic!() };
            let message = faults[0].to_string();
            assert!(message.contains(told) && !message.contains("secret"), "{message}");
        }
    }
}
