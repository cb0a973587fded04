//! When each terminal called last, and what it was refused: kept in memory, and told to the registry now and then, so that whoever
//! connects a till sees what comes of it. No identifier, no body and no key is among it.

use std::collections::VecDeque;
use std::sync::Arc;

use avis_store::records::{RecordChange, RecordValue};
use avis_store::{Registry, StoreError};
use dashmap::DashMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sequences::Sequences;
use crate::terminal::Terminal;

/// Refusals that are kept of a terminal.
const REFUSALS_MAX: usize = 10;
/// A later call alone is told after so long: whether a till is silent is not a matter of seconds.
const TOLD_EVERY: SignedDuration = SignedDuration::from_secs(60);
/// Terminals that are told of at a time; the others are told of the next time.
const TOLD_AT_ONCE: usize = 200;
/// Terminals that are told of in one change of the registry.
const TOLD_TOGETHER: usize = 50;
/// How long a terminal that is silent is known in memory, once it was told of.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How long it is known of a terminal that is silent.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Under which kind the registry has it: a record for each terminal and each node that it called, by `TERMINAL/NODE`.
pub const TERMINAL_CALLS_KIND: &str = "terminal_calls";

/// A call that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedCall {
    /// When.
    pub at: Timestamp,
    /// Its method and path, as the description has it.
    pub call: String,
    /// The code of the refusal.
    pub code: String,
    /// The first field to blame, where there is one.
    pub pointer: Option<String>,
}

/// Fields of what terminals send that are lists.
const LISTS: [&str; 6] = ["coupons", "granted", "identifiers", "lines", "records", "redeem"];
/// The other fields of what terminals send, and of the paths that they call.
const NAMES: [&str; 43] = [
    "advice",
    "amount",
    "benefit",
    "capture",
    "channel",
    "code",
    "consent",
    "context",
    "count",
    "currency",
    "date",
    "device_sequence",
    "device_time",
    "discount",
    "for",
    "gross",
    "id",
    "line_id",
    "max",
    "min_revision",
    "mode",
    "occurred_at",
    "original_request_id",
    "payable",
    "points",
    "price",
    "product",
    "program",
    "quantity",
    "reason",
    "refund",
    "request",
    "request_id",
    "reversal",
    "reward",
    "sale",
    "scheme",
    "totals",
    "unit_price",
    "units",
    "value",
    "version",
    "void",
];

/// A pointer to a field without names that a caller made up: those may be values that are kept nowhere.
pub(crate) fn kept_pointer(pointer: &str) -> String {
    let (mut kept, mut before, mut is_made_up) = (Vec::new(), "", false);
    for segment in pointer.split('/') {
        let is_place =
            LISTS.contains(&before) && segment.len() <= 4 && segment.bytes().all(|byte| byte.is_ascii_digit());
        let is_known = segment.is_empty() || is_place || LISTS.contains(&segment) || NAMES.contains(&segment);
        kept.push(if is_known && !is_made_up { segment } else { "…" });
        // The names of facts are the caller's own.
        is_made_up |= !is_known || segment == "context";
        before = segment;
    }
    kept.join("/")
}

/// What a terminal called at one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsOfTerminal {
    /// When it called last, refused or not.
    pub last_at: Timestamp,
    /// When it was answered last as it asked; none if it never was.
    pub taken_at: Option<Timestamp>,
    /// What it was refused, the newest first.
    pub refused: VecDeque<RefusedCall>,
    /// The numbers under which it uploaded what it had sold without a connection.
    #[serde(default)]
    pub uploaded: Sequences,
}

/// What stands of a terminal in memory.
#[derive(Debug)]
struct Noted {
    terminal: Arc<Terminal>,
    calls: CallsOfTerminal,
    /// Of when the registry was told last, and whether there were refusals since.
    told_at: Option<Timestamp>,
    is_new: bool,
}

impl Noted {
    fn begun(terminal: &Arc<Terminal>, at: Timestamp) -> Self {
        let (refused, uploaded) = (VecDeque::new(), Sequences::default());
        let calls = CallsOfTerminal { last_at: at, taken_at: None, refused, uploaded };
        Self { terminal: terminal.clone(), calls, told_at: None, is_new: true }
    }

    fn is_news(&self) -> bool {
        self.is_new || self.told_at.is_none_or(|told| told.duration_until(self.calls.last_at) >= TOLD_EVERY)
    }
}

/// What terminals called at this node.
#[derive(Debug, Default)]
pub struct TerminalCalls(DashMap<String, Noted>);

impl TerminalCalls {
    /// Changes what stands of a terminal that calls at a moment. One that another provider has now begins anew.
    fn change(&self, terminal: &Arc<Terminal>, at: Timestamp, change: impl FnOnce(&mut Noted)) {
        let known = self.0.get_mut(&terminal.code);
        let mut one =
            known.unwrap_or_else(|| self.0.entry(terminal.code.clone()).or_insert_with(|| Noted::begun(terminal, at)));
        if one.terminal.provider != terminal.provider {
            *one = Noted::begun(terminal, at);
        }
        one.calls.last_at = at;
        change(&mut one);
    }

    /// Notes a call of a terminal, and how it was refused where it was.
    pub fn record(&self, terminal: &Arc<Terminal>, at: Timestamp, refused: Option<RefusedCall>) {
        self.change(terminal, at, |one| match refused {
            None => {
                one.is_new |= one.calls.taken_at.is_none();
                one.calls.taken_at = Some(at);
            }
            Some(refused) => {
                one.is_new = true;
                one.calls.refused.truncate(REFUSALS_MAX - 1);
                one.calls.refused.push_front(refused);
            }
        });
    }

    /// Notes under which numbers came what a terminal sold without a connection.
    pub fn note_uploaded(&self, terminal: &Arc<Terminal>, at: Timestamp, numbers: impl IntoIterator<Item = u64>) {
        let mut numbers = numbers.into_iter().peekable();
        if numbers.peek().is_none() {
            return;
        }
        self.change(terminal, at, |one| {
            one.is_new = true;
            numbers.for_each(|number| one.calls.uploaded.add(number));
        });
    }

    /// Those of which there is news, as many as are told at a time, each taken as told: what is new first, and of that those that
    /// were told of the longest ago.
    fn take_news(&self) -> Vec<(Arc<Terminal>, CallsOfTerminal)> {
        let news = self.0.iter().filter(|one| one.is_news());
        let mut news: Vec<_> = news.map(|one| (!one.is_new, one.told_at, one.key().clone())).collect();
        news.sort();
        let taken = news.iter().take(TOLD_AT_ONCE).filter_map(|(_, _, code)| {
            let mut one = self.0.get_mut(code)?;
            (one.told_at, one.is_new) = (Some(one.calls.last_at), false);
            Some((one.terminal.clone(), one.calls.clone()))
        });
        taken.collect()
    }

    /// Tells the registry what is new, and forgets of whom it was told and who is silent for long.
    ///
    /// # Errors
    /// The first failure of a registry that can't be read or written: what was to be told then is told the next time.
    pub fn tell(&self, registry: &dyn Registry, node: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut told = Ok(());
        for together in self.take_news().chunks(TOLD_TOGETHER) {
            let changes = together.iter().map(|(terminal, calls)| calls.change(registry, (terminal, node), now));
            let changed = changes.collect::<Result<Vec<_>, _>>().and_then(|changes| registry.change(&changes, &[]));
            if changed.is_err() {
                self.tell_again(together.iter().map(|(terminal, _)| terminal));
            }
            told = told.and(changed);
        }
        self.forget_silent(now);
        told
    }

    fn forget_silent(&self, now: Timestamp) {
        self.0.retain(|_, one| one.is_news() || one.calls.last_at.duration_until(now) <= REMEMBERED_FOR);
    }

    fn tell_again<'t>(&self, terminals: impl Iterator<Item = &'t Arc<Terminal>>) {
        for terminal in terminals {
            if let Some(mut one) = self.0.get_mut(&terminal.code) {
                one.is_new = true;
            }
        }
    }
}

impl CallsOfTerminal {
    /// As a change of what this node told before. What it told of another provider's is written over.
    fn change(
        &self,
        registry: &dyn Registry,
        (terminal, node): (&Terminal, &str),
        now: Timestamp,
    ) -> Result<RecordChange, StoreError> {
        let key = format!("{}/{node}", terminal.code);
        let before = registry.record(TERMINAL_CALLS_KIND, &key)?;
        let own = before.as_ref().filter(|record| record.value.owner == terminal.provider);
        let calls = self.clone().with(own.map(|record| &*record.value.content));
        let value = RecordValue {
            owner: terminal.provider.clone(),
            state: String::new(),
            expires_at: now.saturating_add(KEPT_FOR).ok(),
            // These types have no keys that JSON can't write.
            content: serde_json::to_string(&calls).unwrap_or_default(),
        };
        Ok(RecordChange::put(before.as_ref(), TERMINAL_CALLS_KIND, &key, value))
    }

    /// With what was told before this node started, as far as there is room.
    fn with(mut self, before: Option<&str>) -> Self {
        let before = before.and_then(|written| serde_json::from_str::<Self>(written).ok());
        for refused in before.iter().flat_map(|before| &before.refused) {
            if self.refused.len() < REFUSALS_MAX && !self.refused.contains(refused) {
                self.refused.push_back(refused.clone());
            }
        }
        if let Some(before) = &before {
            self.uploaded.take_in(&before.uploaded);
        }
        self.taken_at = self.taken_at.or(before.and_then(|before| before.taken_at));
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;

    fn terminal(code: &str) -> Arc<Terminal> {
        terminal_of("bus", code)
    }

    fn terminal_of(provider: &str, code: &str) -> Arc<Terminal> {
        let (channels, schemes, scopes, keys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Arc::new(Terminal { code: code.to_owned(), provider: provider.to_owned(), channels, schemes, scopes, keys })
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    fn refused(second: i64) -> Option<RefusedCall> {
        let (call, code) = ("POST /v1/quote".to_owned(), "invalid_request".to_owned());
        Some(RefusedCall { at: at(second), call, code, pointer: Some("/lines".to_owned()) })
    }

    #[test]
    fn the_first_call_is_news_and_so_is_each_refusal_and_else_a_minute() {
        let (calls, desk) = (TerminalCalls::default(), terminal("desk"));
        let news = || calls.take_news().len();
        calls.record(&desk, at(0), refused(0));
        assert_eq!((news(), news()), (1, 0));
        calls.record(&desk, at(1), None);
        assert_eq!(news(), 1, "the first that was taken");
        calls.record(&desk, at(2), None);
        assert_eq!(news(), 0);
        calls.record(&desk, at(62), None);
        assert_eq!(news(), 1);
        calls.record(&desk, at(63), refused(63));
        assert_eq!(news(), 1);
    }

    #[test]
    fn the_newest_refusals_are_kept_also_over_a_restart() {
        let (calls, desk) = (TerminalCalls::default(), terminal("desk"));
        (0..15).for_each(|second| calls.record(&desk, at(second), refused(second)));
        let (_, before) = calls.take_news().remove(0);
        let seconds = |calls: &CallsOfTerminal| -> Vec<i64> {
            calls.refused.iter().map(|one| one.at.as_second() - at(0).as_second()).collect()
        };
        assert_eq!(seconds(&before), (5..15).rev().collect::<Vec<_>>());
        let restarted = TerminalCalls::default();
        restarted.record(&desk, at(20), refused(20));
        let (_, after) = restarted.take_news().remove(0);
        let joined = after.with(Some(&serde_json::to_string(&before).unwrap()));
        assert_eq!(seconds(&joined), [vec![20], (6..15).rev().collect()].concat());
    }

    #[test]
    fn what_a_caller_made_up_is_kept_nowhere() {
        for (pointer, kept) in [
            ("/lines/0/unit_price", "/lines/0/unit_price"),
            ("", ""),
            ("/310590-12345", "/…"),
            ("/context/4000123412341234", "/context/…"),
            ("/context/anna", "/context/…"),
            ("/context/lines/0", "/context/…/…"),
            ("/lines/0/context/product", "/lines/0/context/…"),
            ("/berzins", "/…"),
            ("/berzins/lines", "/…/…"),
            ("/1234", "/…"),
            ("/identifiers/1234", "/identifiers/1234"),
            ("/identifiers/12345", "/identifiers/…"),
            ("/identifiers/0/1234", "/identifiers/0/…"),
            ("/value/1234", "/value/…"),
        ] {
            assert_eq!(kept_pointer(pointer), kept);
        }
    }

    /// Names of fields of a schema and of those in it, with whether they are lists.
    fn names<'d>(document: &'d Value, schema: &'d Value, found: &mut BTreeMap<&'d str, bool>) {
        if let Some(reference) = schema["$ref"].as_str() {
            return names(document, document.pointer(reference.trim_start_matches('#')).unwrap(), found);
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if found.insert(name, field.get("items").is_some()).is_none() {
                names(document, field, found);
            }
        }
        let parts = ["allOf", "oneOf", "anyOf"].iter().filter_map(|word| schema[word].as_array()).flatten();
        parts.chain(schema.get("items")).for_each(|part| names(document, part, found));
    }

    #[test]
    fn every_field_that_the_description_says_terminals_send_is_kept() {
        let written = include_str!("../../../schema/openapi.json");
        let document: Value = serde_json::from_str(written).unwrap();
        let mut found = BTreeMap::new();
        let operations = document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
        for (_, operation) in operations {
            names(&document, &operation["requestBody"]["content"]["application/json"]["schema"], &mut found);
        }
        assert!(found.len() > 40, "{found:?}");
        for (name, is_list) in found {
            let pointer = format!("/{name}/0");
            let expected = if is_list { pointer.clone() } else { format!("/{name}/…") };
            assert_eq!(kept_pointer(&pointer), expected);
        }
    }

    #[test]
    fn many_are_told_of_bit_by_bit() {
        let calls = TerminalCalls::default();
        (0..450).for_each(|number| calls.record(&terminal(&format!("till-{number}")), at(0), None));
        let counts = [(); 4].map(|()| calls.take_news().len());
        assert_eq!(counts, [200, 200, 50, 0]);
    }

    #[test]
    fn who_was_told_of_the_longest_ago_comes_before_who_calls_all_the_time() {
        let (calls, silent) = (TerminalCalls::default(), terminal("z-silent"));
        let busy: Vec<_> = (0..TOLD_AT_ONCE).map(|number| terminal(&format!("till-{number}"))).collect();
        let refuse = |second| busy.iter().for_each(|till| calls.record(till, at(second), refused(second)));
        refuse(0);
        calls.take_news();
        calls.record(&silent, at(1), None);
        refuse(1);
        let told = calls.take_news();
        assert_eq!((told.len(), &told[0].0.code), (TOLD_AT_ONCE, &silent.code));
        assert_eq!(calls.take_news().len(), 1, "who was left over");
    }

    #[test]
    fn a_terminal_of_another_provider_begins_anew() {
        let calls = TerminalCalls::default();
        calls.record(&terminal_of("bus", "desk"), at(0), refused(0));
        calls.note_uploaded(&terminal_of("bus", "desk"), at(1), [1, 5]);
        calls.record(&terminal_of("tram", "desk"), at(2), None);
        let (told, of) = calls.take_news().remove(0);
        assert_eq!(told.provider, "tram");
        assert_eq!((of.refused.len(), of.uploaded, of.taken_at), (0, Sequences::default(), Some(at(2))));
    }

    #[test]
    fn who_is_silent_for_a_day_is_forgotten_once_it_was_told() {
        let (calls, day) = (TerminalCalls::default(), 86_400);
        calls.record(&terminal("desk"), at(0), None);
        calls.forget_silent(at(day + 1));
        assert_eq!(calls.take_news().len(), 1, "nobody was told of it yet");
        calls.forget_silent(at(day));
        assert_eq!(calls.0.len(), 1);
        calls.forget_silent(at(day + 1));
        assert!(calls.0.is_empty());
    }
}
