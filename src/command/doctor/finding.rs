//! What was found, and how it is shown.

use std::io::{self, Write};

use serde::Serialize;

use crate::failure::{self, Failure};

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// It is as it should be.
    Ok,
    /// It can be served so, but should be looked at.
    Warning,
    /// It can't be served so.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    says: String,
}

/// Everything that was looked at, in that order.
#[derive(Debug, Default, Serialize)]
pub(super) struct Findings {
    findings: Vec<Finding>,
}

impl Findings {
    pub(super) fn add(&mut self, verdict: Verdict, check: &'static str, says: impl Into<String>) {
        self.findings.push(Finding { check, verdict, says: says.into() });
    }

    pub(super) fn have_problem(&self) -> bool {
        self.findings.iter().any(|finding| finding.verdict == Verdict::Problem)
    }

    pub(super) fn show(&self, as_json: bool) -> Result<(), Failure> {
        let text = if as_json {
            let json = serde_json::to_string_pretty(self);
            json.map_err(|error| Failure::new(format!("the report can't be written: {error}")))? + "\n"
        } else {
            let width = self.findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
            self.findings.iter().map(|finding| finding.line(width)).collect()
        };
        failure::written(io::stdout().write_all(text.as_bytes()))
    }
}

impl Finding {
    /// With what it says in one column for all.
    fn line(&self, width: usize) -> String {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Problem => "problem",
        };
        format!("{verdict:<9}{:<width$}  {}\n", self.check, self.says)
    }
}
