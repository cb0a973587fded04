//! What is found and measured: violations, latencies, the table.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// Violations that are listed; the rest is counted.
const LISTED_MAX: usize = 20;
/// The longest latency that is told apart, in microseconds.
const LONGEST_US: u64 = 3_600_000_000;

/// What a request was for, as the table tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Quote,
    Sale,
    Hold,
    Contended,
    Points,
    Capture,
    Void,
    Refund,
    Reversal,
    Repeat,
    Twice,
    Refused,
    Read,
}

impl Kind {
    const ALL: [(Self, &'static str); 13] = [
        (Self::Quote, "quote"),
        (Self::Sale, "sale"),
        (Self::Hold, "hold"),
        (Self::Contended, "contended"),
        (Self::Points, "points"),
        (Self::Capture, "capture"),
        (Self::Void, "void"),
        (Self::Refund, "refund"),
        (Self::Reversal, "reversal"),
        (Self::Repeat, "repeat"),
        (Self::Twice, "twice at once"),
        (Self::Refused, "to be refused"),
        (Self::Read, "read back"),
    ];
}

/// What was wrong, and how much was looked at. Shared by all threads.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    listed: Mutex<Vec<String>>,
    violations: AtomicU64,
    checked: AtomicU64,
    /// Of those, answers that the core gave in every field.
    compared: AtomicU64,
}

impl Findings {
    /// Counts one answer as checked, and notes what was wrong with it.
    pub(crate) fn check(&self, answer: Result<(), String>, context: impl FnOnce() -> String) {
        self.checked.fetch_add(1, Ordering::Relaxed);
        if let Err(detail) = answer {
            self.violation(format!("{detail}: {}", context()));
        }
    }

    /// Counts one answer as compared with the core's own.
    pub(crate) fn compared(&self) {
        self.compared.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes something wrong.
    pub(crate) fn violation(&self, detail: String) {
        self.violations.fetch_add(1, Ordering::Relaxed);
        let mut listed = locked(&self.listed);
        if listed.len() < LISTED_MAX {
            listed.push(detail);
        }
    }

    /// How many answers were looked at.
    pub(crate) fn checked(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }

    /// How many violations.
    pub(crate) fn count(&self) -> u64 {
        self.violations.load(Ordering::Relaxed)
    }

    /// The end of the report.
    pub(crate) fn summary(&self) -> String {
        let (checked, compared) = (self.checked(), self.compared.load(Ordering::Relaxed));
        let mut text = format!(
            "{checked} answers checked, {compared} decisions of them equal to the core's in every field that it decides.\n"
        );
        let count = self.count();
        text += &format!("{count} violations{}\n", if count == 0 { "." } else { ":" });
        locked(&self.listed).iter().for_each(|detail| text += &format!("  - {detail}\n"));
        let rest = count.saturating_sub(LISTED_MAX as u64);
        if rest > 0 {
            text += &format!("  … and {rest} more\n");
        }
        text
    }
}

/// Latencies and counts by kind.
pub(crate) struct Timings(Vec<Row>);

struct Row {
    kind: Kind,
    name: &'static str,
    latency: Histogram<u64>,
    errors: u64,
    retries: u64,
}

impl Timings {
    /// # Errors
    /// The bounds of a histogram: never.
    pub(crate) fn new() -> Result<Self, String> {
        let row = |(kind, name)| {
            let latency = Histogram::new_with_bounds(1, LONGEST_US, 3).map_err(|error| error.to_string())?;
            Ok(Row { kind, name, latency, errors: 0, retries: 0 })
        };
        Ok(Self(Kind::ALL.into_iter().map(row).collect::<Result<_, String>>()?))
    }

    fn row(&mut self, kind: Kind) -> Option<&mut Row> {
        self.0.iter_mut().find(|row| row.kind == kind)
    }

    /// An answer came, so long after it was due.
    pub(crate) fn took(&mut self, kind: Kind, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.row(kind).into_iter().for_each(|row| row.latency.saturating_record(micros));
    }

    /// No answer came, or one that it was not asked for.
    pub(crate) fn error(&mut self, kind: Kind) {
        self.row(kind).into_iter().for_each(|row| row.errors += 1);
    }

    /// The connection died and the same was sent again.
    pub(crate) fn retry(&mut self, kind: Kind) {
        self.row(kind).into_iter().for_each(|row| row.retries += 1);
    }

    /// The table of the report.
    pub(crate) fn table(&self) -> String {
        let mut text = format!(
            "{:<14} {:>9} {:>11} {:>11} {:>11} {:>11} {:>7} {:>8}\n",
            "operation", "count", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "errors", "retries"
        );
        for row in self.0.iter().filter(|row| row.latency.len() + row.errors > 0) {
            let at = |quantile| millis(row.latency.value_at_quantile(quantile));
            text += &format!(
                "{:<14} {:>9} {:>11} {:>11} {:>11} {:>11} {:>7} {:>8}\n",
                row.name,
                row.latency.len(),
                at(0.5),
                at(0.99),
                at(0.999),
                millis(row.latency.max()),
                row.errors,
                row.retries,
            );
        }
        text
    }
}

fn millis(micros: u64) -> String {
    format!("{}.{:02}", micros / 1000, micros % 1000 / 10)
}

/// A lock whose holder panicked holds what it held before; the panic itself ends the run.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
