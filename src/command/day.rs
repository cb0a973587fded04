//! `avis day`: a provider's business day, as it stands or as it was closed.

use std::io::{self, Write};
use std::process::ExitCode;

use avis_core::settlement::Money;
use clap::Args;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::failure::{self, Failure};
use crate::remote::{Ask, Remote, SignedIn};
use crate::table::table;

/// Shows a business day of the own party, or closes it for all terminals, as who signed in (`avis sign-in`).
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis day 2026-11-18\n  avis day 2026-11-18 --close\n  avis day 2026-11-18 --close --totals '{\"sale\": {\"count\": 12, \"gross\": 8580, \"discount\": 7150, \"payable\": 1430}}'"
)]
pub(crate) struct Day {
    /// Such as `2026-11-18`
    date: Date,
    /// Closes it, with the open days before it: it never changes from then on
    #[arg(long)]
    close: bool,
    /// What the provider has itself, by kind, as JSON in minor units
    #[arg(long, value_name = "JSON", requires = "close")]
    totals: Option<String>,
}

impl Day {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let totals = self.totals.as_deref().map(serde_json::from_str::<Value>).transpose();
        let totals = totals.map_err(|error| {
            let expected =
                r#"expected such as `{"sale": {"count": 12, "gross": 8580, "discount": 7150, "payable": 1430}}`"#;
            Failure::new(format!("--totals: {expected}: {error}"))
        })?;
        let path = format!("/providers/{}/days/{}", SignedIn::read()?.party, self.date);
        let ask =
            if self.close { Ask::post(format!("{path}/close"), json!({"totals": totals})) } else { Ask::get(path) };
        let day: Value = Remote::signed_in(None)?.ask(&ask)?.body;
        failure::written(write!(io::stdout(), "{}", told(&day)))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The day as lines: its state, and a row for each kind.
fn told(day: &Value) -> String {
    let text = |name: &str| day.get(name).and_then(Value::as_str).unwrap_or_default();
    let parts = [("", "ours"), ("late: ", "late"), ("theirs less ours: ", "difference")];
    let mut rows = Vec::new();
    for (prefix, part) in parts {
        for (kind, total) in day.get(part).and_then(Value::as_object).into_iter().flatten() {
            let whole = |name: &str| total.get(name).and_then(Value::as_i64).unwrap_or_default();
            let money = |name: &str| Money(whole(name).into()).to_string();
            rows.push([
                format!("{prefix}{kind}"),
                whole("count").to_string(),
                money("gross"),
                money("discount"),
                money("payable"),
            ]);
        }
    }
    let closed = match text("closed_at") {
        "" => String::new(),
        at => format!(" {at}"),
    };
    let result = text("result").replace('_', " ");
    let table = table(["kind", "count", "gross", "discount", "payable"], &rows);
    format!("{}  {}{closed}  {result}\n\n{table}", text("date"), text("state"))
}
