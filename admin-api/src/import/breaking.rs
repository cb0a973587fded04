//! Which cases a change breaks, and what follows: those that come with it have to pass; of those that are there already it counts what
//! passes without it and would fail, for whose rules it changes as a refusal, for others as a warning.

use std::collections::HashSet;

use serde_json::Value;

use super::catalogue::{Judged, entries};
use crate::cases::{CaseRunner, FailedCase};

/// The cases that a change breaks.
pub(crate) struct Broken {
    /// For which it is refused.
    pub(crate) refusing: Vec<FailedCase>,
    /// Of others, who are told.
    pub(crate) warned: Vec<FailedCase>,
}

impl Judged {
    /// The cases that the document breaks. Those of an owner are its own, or those of nobody's rule, where the test says so.
    pub(crate) fn broken(
        &self,
        runner: &CaseRunner,
        document: &Value,
        is_own: impl Fn(Option<&str>) -> bool,
    ) -> Broken {
        let brought = entries(document, "cases").len();
        let (mut refusing, there): (Vec<_>, Vec<_>) =
            runner.failed(&self.checked).into_iter().partition(|case| case.place < brought);
        let failed_before = self.failed_before(runner, &there);
        let broken = there.into_iter().filter(|case| !failed_before.contains(&case.name));
        let (own, warned): (Vec<_>, Vec<_>) = broken.partition(|case| is_own(self.owner_of_case(&case.name)));
        refusing.extend(own);
        Broken { refusing, warned }
    }

    /// The names of those cases that fail without the document, too. Rules that can't be read without it pass nothing.
    fn failed_before(&self, runner: &CaseRunner, cases: &[FailedCase]) -> HashSet<Box<str>> {
        let names: HashSet<Box<str>> = cases.iter().map(|case| case.name.clone()).collect();
        if names.is_empty() {
            return names;
        }
        let Some(before) = self.before() else { return names };
        runner.failed_of(&before, |name| names.contains(name)).into_iter().map(|case| case.name).collect()
    }

    /// Whose rule a case is of, by the name under which it is kept; nobody's where it is of none.
    pub(crate) fn owner_of_case(&self, name: &str) -> Option<&str> {
        let (of, _) = name.split_once(": ")?;
        let (list, field, code) = match of.split_once(' ') {
            Some(("program", code)) => ("programs", "owner", code),
            Some(("campaign", code)) => ("campaigns", "owner", code),
            Some(_) => return None,
            None => ("benefits", "grantor", of),
        };
        let is_of = |entry: &&Value| entry.get("code").and_then(Value::as_str) == Some(code);
        entries(self.merged(), list).iter().find(is_of)?.get(field)?.as_str()
    }
}

/// Whose rules a document has.
pub(super) fn owners(document: &Value) -> HashSet<&str> {
    let of = |(list, field)| entries(document, list).iter().filter_map(move |entry| entry.get(field)?.as_str());
    [("benefits", "grantor"), ("programs", "owner"), ("campaigns", "owner")].into_iter().flat_map(of).collect()
}
