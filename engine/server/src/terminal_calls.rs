//! When each terminal called last, and what it was refused: kept in memory, and told to the registry now and then, so that whoever
//! connects a till sees what comes of it. No identifier, no body and no key is among it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use avis_store::records::{RecordChange, RecordValue};
use avis_store::{Registry, StoreError};
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

/// A pointer to a field without names that a caller made up: those may be values that are kept nowhere.
pub(crate) fn kept_pointer(pointer: &str) -> String {
    let is_place = |segment: &str| segment.len() <= 4 && segment.bytes().all(|byte| byte.is_ascii_digit());
    let is_name =
        |segment: &str| segment.len() <= 40 && segment.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let kept = |segment| if is_place(segment) || is_name(segment) { segment } else { "…" };
    pointer.split('/').map(kept).collect::<Vec<_>>().join("/")
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

/// What terminals called at this node.
#[derive(Debug, Default)]
pub struct TerminalCalls(Mutex<HashMap<String, Noted>>);

impl TerminalCalls {
    fn noted(&self) -> MutexGuard<'_, HashMap<String, Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what stands of a terminal that calls at a moment.
    fn change(&self, terminal: &Arc<Terminal>, at: Timestamp, change: impl FnOnce(&mut Noted)) {
        let mut noted = self.noted();
        if !noted.contains_key(&terminal.code) {
            let calls = CallsOfTerminal {
                last_at: at,
                taken_at: None,
                refused: VecDeque::new(),
                uploaded: Sequences::default(),
            };
            let one = Noted { terminal: terminal.clone(), calls, told_at: None, is_new: true };
            noted.insert(terminal.code.clone(), one);
        }
        if let Some(one) = noted.get_mut(&terminal.code) {
            one.calls.last_at = at;
            change(one);
        }
    }

    /// Notes a call of a terminal, and how it was refused where it was.
    pub fn note(&self, terminal: &Arc<Terminal>, at: Timestamp, refused: Option<RefusedCall>) {
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

    /// Notes under which numbers a terminal uploads what it sold without a connection.
    pub fn note_uploaded(&self, terminal: &Arc<Terminal>, at: Timestamp, numbers: impl Iterator<Item = u64>) {
        self.change(terminal, at, |one| {
            one.is_new = true;
            numbers.for_each(|number| one.calls.uploaded.add(number));
        });
    }

    /// Those of which there is news, as many as are told at a time, each taken as told.
    fn take_news(&self) -> Vec<(Arc<Terminal>, CallsOfTerminal)> {
        let mut noted = self.noted();
        let is_later =
            |one: &Noted| one.told_at.is_none_or(|told| told.duration_until(one.calls.last_at) >= TOLD_EVERY);
        let news = noted.values_mut().filter(|one| one.is_new || is_later(one)).take(TOLD_AT_ONCE);
        let taken = news.map(|one| {
            (one.told_at, one.is_new) = (Some(one.calls.last_at), false);
            (one.terminal.clone(), one.calls.clone())
        });
        taken.collect()
    }

    /// Tells the registry what is new.
    ///
    /// # Errors
    /// A registry that can't be read or written: what was to be told is told the next time.
    pub fn tell(&self, registry: &dyn Registry, node: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut news = self.take_news().into_iter();
        while let Some((terminal, calls)) = news.next() {
            if let Err(error) = calls.tell(registry, (&terminal, node), now) {
                self.tell_again(std::iter::once(terminal).chain(news.map(|(terminal, _)| terminal)));
                return Err(error);
            }
        }
        Ok(())
    }

    fn tell_again(&self, terminals: impl Iterator<Item = Arc<Terminal>>) {
        let mut noted = self.noted();
        for terminal in terminals {
            if let Some(one) = noted.get_mut(&terminal.code) {
                one.is_new = true;
            }
        }
    }
}

impl CallsOfTerminal {
    /// Writes it over what this node told before.
    fn tell(
        self,
        registry: &dyn Registry,
        (terminal, node): (&Terminal, &str),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = format!("{}/{node}", terminal.code);
        let before = registry.record(TERMINAL_CALLS_KIND, &key)?;
        let calls = self.with(before.as_ref().map(|record| &*record.value.content));
        let value = RecordValue {
            owner: terminal.provider.clone(),
            state: String::new(),
            expires_at: now.saturating_add(KEPT_FOR).ok(),
            // These types have no keys that JSON can't write.
            content: serde_json::to_string(&calls).unwrap_or_default(),
        };
        registry.change(&[RecordChange::put(before.as_ref(), TERMINAL_CALLS_KIND, &key, value)], &[])
    }
}

impl CallsOfTerminal {
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
    use super::*;

    fn terminal(code: &str) -> Arc<Terminal> {
        let (channels, schemes, scopes, keys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Arc::new(Terminal { code: code.to_owned(), provider: "bus".to_owned(), channels, schemes, scopes, keys })
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
        calls.note(&desk, at(0), refused(0));
        assert_eq!((news(), news()), (1, 0));
        calls.note(&desk, at(1), None);
        assert_eq!(news(), 1, "the first that was taken");
        calls.note(&desk, at(2), None);
        assert_eq!(news(), 0);
        calls.note(&desk, at(62), None);
        assert_eq!(news(), 1);
        calls.note(&desk, at(63), refused(63));
        assert_eq!(news(), 1);
    }

    #[test]
    fn the_newest_refusals_are_kept_also_over_a_restart() {
        let (calls, desk) = (TerminalCalls::default(), terminal("desk"));
        (0..15).for_each(|second| calls.note(&desk, at(second), refused(second)));
        let (_, before) = calls.take_news().remove(0);
        let seconds = |calls: &CallsOfTerminal| -> Vec<i64> {
            calls.refused.iter().map(|one| one.at.as_second() - at(0).as_second()).collect()
        };
        assert_eq!(seconds(&before), (5..15).rev().collect::<Vec<_>>());
        let restarted = TerminalCalls::default();
        restarted.note(&desk, at(20), refused(20));
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
            ("/context/Anna", "/context/…"),
        ] {
            assert_eq!(kept_pointer(pointer), kept);
        }
    }

    #[test]
    fn many_are_told_of_bit_by_bit() {
        let calls = TerminalCalls::default();
        (0..450).for_each(|number| calls.note(&terminal(&format!("till-{number}")), at(0), None));
        let counts = [(); 4].map(|()| calls.take_news().len());
        assert_eq!(counts, [200, 200, 50, 0]);
    }
}
