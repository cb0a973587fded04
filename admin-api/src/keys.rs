//! Terminals' keys: made and shown once, changed with an overlap, revoked.

use std::collections::HashSet;

use avis_server::{Key, Scope as KeyScope, Terminal};
use avis_store::{Act, AuditObject, Commit, Committed, Head, Kind, Row, Scope, Store, StoreError, Stored, Unchanged};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::change::ChangeContext;
use crate::fault::AdminError;

/// Keys that one terminal may have, ended ones included: those that ended first make room.
const KEYS_MAX: usize = 8;

/// Every terminal of a store, as of one moment.
pub struct Terminals {
    head: Head,
    list: Vec<Terminal>,
    providers: HashSet<Box<str>>,
}

/// A terminal that is to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTerminal {
    /// Whose it is.
    pub provider: String,
    /// The channels it may sell through.
    pub channels: Vec<String>,
    /// The schemes it may present.
    pub schemes: Vec<String>,
    /// What its keys are for.
    pub scopes: Vec<KeyScope>,
}

/// A key, the only time that it is shown.
#[derive(Serialize, Deserialize)]
pub struct MadeKey {
    /// Of which terminal.
    pub terminal: String,
    /// The key itself.
    pub key: String,
    /// From when the terminal's other keys are not taken any more.
    pub others_until: Option<Timestamp>,
}

/// A terminal as a row.
pub(crate) fn terminal_row(terminal: &Terminal) -> Row {
    // These types have no keys that JSON can't write.
    let content = serde_json::to_string(terminal).unwrap_or_default();
    Row { kind: Kind::Terminal, key: terminal.code.as_str().into(), content: Some(content.into()) }
}

impl Terminals {
    /// Reads them.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let (mut list, mut providers) = (Vec::new(), HashSet::new());
        let head = store.snapshot(&[Scope::Terminals, Scope::Rules], &mut |stored| match stored {
            Stored::Row(Row { kind: Kind::Terminal, content: Some(content), .. }) => {
                // One that can't be read calls nobody, and is no one's to change here.
                list.extend(serde_json::from_str::<Terminal>(&content));
            }
            Stored::Row(Row { kind: Kind::Provider, key, .. }) => drop(providers.insert(key)),
            Stored::Row(_) | Stored::Altered { .. } | Stored::Unknown { .. } => {}
        })?;
        Ok(Self { head, list, providers })
    }

    /// Every one.
    pub fn all(&self) -> &[Terminal] {
        &self.list
    }

    pub(crate) fn knows_provider(&self, code: &str) -> bool {
        self.providers.contains(code)
    }

    /// That no terminal changed since, for what was checked against all of them.
    pub(crate) fn unchanged(&self) -> Unchanged {
        Unchanged::Scope { scope: Scope::Terminals, since: self.head.revision }
    }

    /// Writes a terminal over the one that was read, or says in a dry run what that would do.
    pub(crate) fn commit(
        &self,
        store: &dyn Store,
        terminal: &Terminal,
        act: &Act,
        (at, dry_run): (Timestamp, bool),
    ) -> Result<Committed, StoreError> {
        store.commit(Commit {
            rows: &mut std::iter::once(Ok(terminal_row(terminal).into())),
            unchanged: &[Unchanged::Row {
                kind: Kind::Terminal,
                key: terminal.code.as_str().into(),
                since: self.head.revision,
            }],
            act,
            at,
            dry_run,
        })
    }

    fn find(&self, code: &str) -> Result<Terminal, AdminError> {
        let found = self.list.iter().find(|terminal| terminal.code == code).cloned();
        found.ok_or_else(|| AdminError::Missing(format!("there is no terminal `{code}`")))
    }

    fn write(
        &self,
        store: &dyn Store,
        terminal: &Terminal,
        action: &str,
        context: &ChangeContext,
    ) -> Result<(), AdminError> {
        let object = AuditObject { kind: Kind::Terminal.word().to_owned(), key: terminal.code.clone() };
        self.commit(store, terminal, &context.act(action, Some(object)), (context.at, context.dry_run))?;
        Ok(())
    }
}

/// Makes a terminal with its first key.
///
/// # Errors
/// A code that is taken, a provider that no rule knows; a store that can't be read or written.
pub fn create(store: &dyn Store, code: &str, new: NewTerminal, context: &ChangeContext) -> Result<MadeKey, AdminError> {
    let there = Terminals::read(store)?;
    if there.find(code).is_ok() {
        return Err(AdminError::Exists(format!(
            "there is a terminal `{code}` already; give it another key by rotating"
        )));
    }
    if !there.knows_provider(&new.provider) {
        return Err(AdminError::at("/provider", "expected a provider that there is"));
    }
    if code.is_empty() || code.chars().count() > avis_core::limits::TEXT_CHARACTERS_MAX {
        return Err(AdminError::at("/terminal", "expected a code of 1 to 200 characters"));
    }
    if let Some(conflict) = KeyScope::conflict(&new.scopes) {
        return Err(AdminError::at("/scopes", conflict));
    }
    let key = random_key()?;
    let NewTerminal { provider, channels, schemes, scopes } = new;
    let terminal = Terminal { code: code.to_owned(), provider, channels, schemes, scopes, keys: vec![Key::of(&key)] };
    there.write(store, &terminal, "terminal_created", context)?;
    Ok(MadeKey { terminal: terminal.code, key, others_until: None })
}

/// Gives a terminal another key; those it has are taken for a while yet.
///
/// # Errors
/// A terminal that is not there; a store that can't be read or written.
pub fn rotate(
    store: &dyn Store,
    code: &str,
    overlap: SignedDuration,
    context: &ChangeContext,
) -> Result<MadeKey, AdminError> {
    let there = Terminals::read(store)?;
    let mut terminal = there.find(code)?;
    let until = context.at.saturating_add(overlap).unwrap_or(Timestamp::MAX);
    let key = add_key(&mut terminal, until, context.at)?;
    there.write(store, &terminal, "key_rotated", context)?;
    Ok(MadeKey { terminal: terminal.code, key, others_until: Some(until) })
}

/// Takes a terminal's keys from it, all or the one with a prefix; how many that were.
///
/// # Errors
/// A terminal or a key that is not there; a store that can't be read or written.
pub fn revoke(
    store: &dyn Store,
    code: &str,
    prefix: Option<&str>,
    context: &ChangeContext,
) -> Result<usize, AdminError> {
    let there = Terminals::read(store)?;
    let mut terminal = there.find(code)?;
    let revoked = end_keys(&mut terminal, prefix, context.at);
    if revoked == 0 {
        return Err(AdminError::Missing(format!("terminal `{code}` has no such key that is still taken")));
    }
    there.write(store, &terminal, "keys_revoked", context)?;
    Ok(revoked)
}

/// Gives a terminal another key; those that it has are taken until a moment. None that is still taken goes.
///
/// # Errors
/// As many keys as there may be that are still taken; a system without randomness.
pub(crate) fn add_key(terminal: &mut Terminal, others_until: Timestamp, now: Timestamp) -> Result<String, AdminError> {
    let key = random_key()?;
    terminal.keys.iter_mut().for_each(|key| end(key, others_until));
    terminal.keys.sort_by_key(|key| key.until);
    let ended = terminal.keys.iter().filter(|key| has_ended(key, now)).count();
    let too_many = (terminal.keys.len() + 1).saturating_sub(KEYS_MAX);
    if too_many > ended {
        return Err(AdminError::Full(format!("the terminal has {KEYS_MAX} keys that are taken; end one first")));
    }
    terminal.keys.drain(..too_many);
    terminal.keys.push(Key::of(&key));
    Ok(key)
}

/// Ends a terminal's keys that have not ended, all or those of a prefix; how many that are.
pub(crate) fn end_keys(terminal: &mut Terminal, prefix: Option<&str>, at: Timestamp) -> usize {
    let meant = |key: &&mut Key| !has_ended(key, at) && prefix.is_none_or(|prefix| key.prefix == prefix);
    terminal.keys.iter_mut().filter(meant).map(|key| end(key, at)).count()
}

fn has_ended(key: &Key, at: Timestamp) -> bool {
    key.until.is_some_and(|until| until <= at)
}

/// Unless it ends sooner.
fn end(key: &mut Key, until: Timestamp) {
    key.until = Some(key.until.map_or(until, |already| already.min(until)));
}

/// Digits and letters that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// Characters that name a key: 40 bits.
const NAME: usize = 8;
/// Characters that keep it secret: 160 bits.
const SECRET: usize = 32;

/// `avis_`, a name that may be shown, and the secret.
fn random_key() -> Result<String, AdminError> {
    let mut random = [0; NAME + SECRET];
    getrandom::fill(&mut random).map_err(|error| AdminError::Output(format!("no randomness: {error}")))?;
    let letters: String =
        random.iter().filter_map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().map(char::from)).collect();
    let (name, secret) = letters.split_at(NAME);
    Ok(format!("avis_{name}_{secret}"))
}
