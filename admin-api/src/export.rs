//! The store's entries as files, in the shape in which they are imported.

use std::io::Write;

use avis_store::{Kind, Row, RowName, Scope, Store, StoreError, Stored};
use serde_json::{Map, Value, json};

use crate::fault::AdminError;

/// Writes the rules as one catalogue, coupons by what their codes hash to.
///
/// # Errors
/// A store that can't be read, an output that can't be written.
pub fn catalogue(store: &dyn Store, mut output: impl Write) -> Result<(), AdminError> {
    let mut lists: Map<String, Value> = Map::new();
    each(store, &[Scope::Rules, Scope::Coupons], |kind, content| {
        let entry: Value = serde_json::from_str(content).unwrap_or_default();
        match list_of(kind) {
            Some(list) => {
                if let Some(list) = lists.entry(list).or_insert_with(|| json!([])).as_array_mut() {
                    list.push(entry);
                }
            }
            None => {
                let said = ["currency", "languages"].into_iter().filter_map(|name| Some((name, entry.get(name)?)));
                lists.extend(said.map(|(name, value)| (name.to_owned(), value.clone())));
            }
        }
    })?;
    serde_json::to_writer_pretty(&mut output, &lists).map_err(std::io::Error::from).map_err(unwritten)?;
    output.write_all(b"\n").map_err(unwritten)
}

fn list_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Calendar => Some("calendars"),
        Kind::Group => Some("groups"),
        Kind::Slot => Some("slots"),
        Kind::Provider => Some("providers"),
        Kind::Benefit => Some("benefits"),
        Kind::Program => Some("programs"),
        Kind::Campaign => Some("campaigns"),
        Kind::Coupon => Some("coupons"),
        Kind::Price => Some("prices"),
        Kind::Case => Some("cases"),
        Kind::Deployment | Kind::Holder | Kind::Terminal => None,
    }
}

/// Writes the holders, one a line. Their identifiers stand by what they hash to: such a file is of use under the same
/// `identifier.key` only.
///
/// # Errors
/// A store that can't be read, an output that can't be written.
pub fn holders(store: &dyn Store, mut output: impl Write) -> Result<(), AdminError> {
    let mut written = Ok(());
    each(store, &[Scope::Holders], |_, content| {
        if written.is_ok() {
            written = output.write_all(content.as_bytes()).and_then(|()| output.write_all(b"\n"));
        }
    })?;
    written.and_then(|()| output.flush()).map_err(unwritten)
}

/// Writes the terminals with what their keys hash to.
///
/// # Errors
/// A store that can't be read, an output that can't be written.
pub fn terminals(store: &dyn Store, mut output: impl Write) -> Result<(), AdminError> {
    let mut terminals: Vec<Value> = Vec::new();
    each(store, &[Scope::Terminals], |_, content| terminals.extend(serde_json::from_str::<Value>(content)))?;
    let file = json!({ "terminals": terminals });
    serde_json::to_writer_pretty(&mut output, &file).map_err(std::io::Error::from).map_err(unwritten)?;
    output.write_all(b"\n").map_err(unwritten)
}

/// Hands out the contents of scopes. An export that lacks something would pass for the whole.
fn each(store: &dyn Store, scopes: &[Scope], mut sink: impl FnMut(Kind, &str)) -> Result<(), AdminError> {
    let mut altered = None;
    let read = store.snapshot(scopes, &mut |stored| match stored {
        Stored::Row(Row { kind, content: Some(content), .. }) => sink(kind, &content),
        Stored::Altered { kind, key } => {
            altered.get_or_insert(RowName { kind: kind.word().into(), key });
        }
        Stored::Row(_) | Stored::Unknown { .. } => {}
    });
    read.map_err(|error: StoreError| AdminError::Store(error))?;
    altered.map_or(Ok(()), |name| Err(AdminError::Altered(name)))
}

#[allow(clippy::needless_pass_by_value, reason = "it is handed to `map_err` as it is")]
fn unwritten(error: std::io::Error) -> AdminError {
    AdminError::Output(error.to_string())
}
