//! Lists of terminals: each comes, or takes the place of the one of its code. Keys are given one by one, and stay as they are.

use std::collections::{HashMap, HashSet};

use avis_core::IdentifierSecret;
use avis_server::{Scope, Terminal};
use avis_store::{Act, AuditEntry, AuditObject, Commit, StoreError};
use serde_json::{Value, json};

use super::job::{Running, Stopped};
use super::list::{List, Listed, Numbered, Written};
use super::rows::RowFault;
use super::work::Work;
use crate::control::shape::is_code;
use crate::keys::Terminals as Known;
use crate::keys::terminal_row;

/// Channels and schemes of one terminal.
const WORDS_MAX: usize = 64;

/// What is said of a code that another provider's terminal has.
const EXISTS: &str = "exists";

/// A list of terminals of one provider, or of any.
pub(super) struct Terminals {
    /// Whose alone they may be.
    pub(super) provider: Option<String>,
}

/// A terminal as a row has it.
pub(super) struct TerminalRow {
    line: u64,
    code: String,
    provider: Option<String>,
    channels: Vec<String>,
    schemes: Vec<String>,
    /// None where those that it has stay.
    scopes: Option<Vec<Scope>>,
}

/// Terminals as they are to be, beside all that are known.
pub(super) struct Planned {
    known: Known,
    terminals: Vec<Terminal>,
    /// Those that are as their rows say.
    unchanged: u64,
}

impl Numbered for TerminalRow {
    fn line(&self) -> u64 {
        self.line
    }
}

impl List for Terminals {
    type Row = TerminalRow;
    type Plan = Planned;

    fn action(&self) -> &'static str {
        "terminals_imported"
    }

    fn fields(&self) -> &'static [&'static str] {
        &["terminal", "provider", "channels", "schemes", "scopes"]
    }

    fn read(&self, line: u64, row: &Value, _: &IdentifierSecret) -> Result<TerminalRow, RowFault> {
        let text = |field: &str| match row.get(field).filter(|value| !value.is_null()) {
            None => Ok(None),
            Some(Value::String(text)) if (1..=200).contains(&text.chars().count()) => Ok(Some(text.clone())),
            Some(_) => Err(RowFault::new(line, field, "invalid")),
        };
        let code = text("terminal")?.ok_or_else(|| RowFault::new(line, "terminal", "missing"))?;
        let words = |field: &str| words(row.get(field)).ok_or_else(|| RowFault::new(line, field, "invalid"));
        let scopes = match words("scopes")? {
            None => None,
            Some(given) => {
                let scopes = Scope::ALL.into_iter().filter(|it| given.iter().any(|at| at == it.word()));
                let scopes: Vec<Scope> = scopes.collect();
                if scopes.is_empty() || scopes.len() != given.len() {
                    return Err(RowFault::new(line, "scopes", "invalid"));
                }
                if Scope::conflict(&scopes).is_some() {
                    return Err(RowFault::new(line, "scopes", "train_with_real"));
                }
                Some(scopes)
            }
        };
        let (channels, schemes) = (words("channels")?.unwrap_or_default(), words("schemes")?.unwrap_or_default());
        Ok(TerminalRow { line, code, provider: text("provider")?, channels, schemes, scopes })
    }

    fn plan(&self, work: &Work, listed: &mut Listed<TerminalRow>, _: &mut Running) -> Result<Planned, Stopped> {
        let known = Known::read(&*work.store)?;
        let (mut terminals, mut faults, mut seen, mut unchanged) = (Vec::new(), Vec::new(), HashSet::new(), 0);
        let by_code: HashMap<&str, &Terminal> = known.all().iter().map(|one| (&*one.code, one)).collect();
        for row in &listed.rows {
            let before = by_code.get(&*row.code).copied();
            match self.become_of(row, before, &known) {
                _ if !seen.insert(row.code.clone()) => faults.push(RowFault::new(row.line, "terminal", "repeated")),
                Ok(terminal) if before == Some(&terminal) => unchanged += 1,
                Ok(terminal) => terminals.push(terminal),
                Err((field, code)) => faults.push(RowFault::new(row.line, field, code)),
            }
        }
        // Who tries codes of another provider's terminals is in the audit.
        if faults.iter().any(|fault| fault.code == EXISTS) {
            let object = Some(AuditObject { kind: "operation".to_owned(), key: "import".to_owned() });
            let act = Act { object, action: "refused".to_owned(), ..work.act.clone() };
            let after = Some(json!({"code": EXISTS}).to_string());
            work.registry.append(&[AuditEntry { after, ..AuditEntry::new(work.clock.now(), act) }])?;
        }
        listed.leave_out(faults);
        Ok(Planned { known, terminals, unchanged })
    }

    fn commit(&self, work: &Work, _: &Listed<TerminalRow>, plan: &Planned) -> Result<Written, StoreError> {
        let committed = work.store.commit(Commit {
            rows: &mut plan.terminals.iter().map(|terminal| Ok(terminal_row(terminal).into())),
            unchanged: &[plan.known.unchanged()],
            act: &work.act,
            at: work.clock.now(),
            dry_run: work.dry_run,
        })?;
        let mut written = Written::of(&committed);
        written.counts.unchanged += plan.unchanged;
        Ok(written)
    }
}

impl Terminals {
    /// A terminal as its row wants it, with the keys that it has.
    fn become_of(
        &self,
        row: &TerminalRow,
        before: Option<&Terminal>,
        known: &Known,
    ) -> Result<Terminal, (&'static str, &'static str)> {
        let own = |provider: &String| self.provider.as_ref().is_none_or(|own| own == provider);
        if before.is_some_and(|before| !own(&before.provider)) {
            return Err(("terminal", EXISTS));
        }
        let provider = row.provider.as_ref().or(before.map(|before| &before.provider)).or(self.provider.as_ref());
        let provider = provider.ok_or(("provider", "missing"))?;
        if !own(provider) {
            return Err(("provider", "not_yours"));
        }
        let had: &[Scope] = before.map_or(&[Scope::Sell], |before| &before.scopes);
        let terminal = Terminal {
            code: row.code.clone(),
            provider: provider.clone(),
            channels: row.channels.clone(),
            schemes: row.schemes.clone(),
            scopes: row.scopes.clone().unwrap_or_else(|| had.to_vec()),
            keys: before.map(|before| before.keys.clone()).unwrap_or_default(),
        };
        if before == Some(&terminal) {
            return Ok(terminal);
        }
        if !known.knows_provider(provider) {
            return Err(("provider", "unknown_provider"));
        }
        // What explains is given by an operator.
        if self.provider.is_some() && terminal.scopes.contains(&Scope::Explain) && !had.contains(&Scope::Explain) {
            return Err(("scopes", "not_yours"));
        }
        let are_codes = |words: &[String]| words.iter().all(|word| is_code(word));
        if before.is_none() && !is_code(&terminal.code) {
            return Err(("terminal", "invalid"));
        }
        match (are_codes(&terminal.channels), are_codes(&terminal.schemes)) {
            (true, true) => Ok(terminal),
            (false, _) => Err(("channels", "invalid")),
            (true, false) => Err(("schemes", "invalid")),
        }
    }
}

/// A list of words: of JSON a list, of CSV a cell with blanks between them. None is none at all; the outer one is no such list.
#[allow(clippy::option_option, reason = "a list that is absent is another thing than one that can't be read")]
fn words(value: Option<&Value>) -> Option<Option<Vec<String>>> {
    let words: Vec<String> = match value.filter(|value| !value.is_null()) {
        None => return Some(None),
        Some(Value::String(cell)) => cell.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?
        }
        Some(_) => return None,
    };
    let is_bounded = words.len() <= WORDS_MAX && words.iter().all(|word| word.chars().count() <= 200);
    is_bounded.then_some(Some(words))
}
