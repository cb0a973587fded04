//! `avis report`: figures, budgets, unused rights, indicators and open data of a control plane.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::failure::{self, Failure};
use crate::remote::{Ask, Remote};
use crate::table::table;
use crate::told::{money, text};

/// Tells what benefits come to, as who signed in (`avis sign-in`): of the own party, or of all as it is published.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis report figures 2026-11-01 2026-12-01 --by benefit,month\n  avis report figures 2026-11-01 2026-12-01 --product transport.bus\n  avis report budgets\n  avis report unused lv-gg 2026-11-01 2026-12-01\n  avis report indicators\n  avis report open-data 2026-11 > november.csv"
)]
pub(crate) struct Report {
    #[command(subcommand)]
    of: Of,
}

#[derive(Subcommand)]
enum Of {
    /// Uses, holders and discount on business days from one until another
    Figures(Figures),
    /// Budgets with what is used, a forecast, and the day on which each runs out
    Budgets,
    /// Who is entitled to a benefit and did not use it, counted
    Unused {
        /// The benefit's code
        benefit: String,
        /// The first day
        from: String,
        /// The day after the last
        until: String,
    },
    /// The programme's indicators with their targets
    Indicators,
    /// What is published of a closed month, as CSV
    OpenData {
        /// Such as `2026-11`
        #[arg(required_unless_present = "dictionary")]
        month: Option<String>,
        /// What the columns mean, in its place
        #[arg(long, conflicts_with = "month")]
        dictionary: bool,
    },
}

#[derive(Args)]
struct Figures {
    /// The first day
    from: String,
    /// The day after the last
    until: String,
    /// By some of month, grantor, benefit, version, provider, product, territory, between commas
    #[arg(long, value_name = "WORDS")]
    by: Option<String>,
    /// Of one grantor alone
    #[arg(long)]
    grantor: Option<String>,
    /// Of one benefit alone
    #[arg(long)]
    benefit: Option<String>,
    /// Of one provider alone
    #[arg(long)]
    provider: Option<String>,
    /// Of a product and all below it alone
    #[arg(long)]
    product: Option<String>,
    /// Of a territory and all below it alone
    #[arg(long)]
    territory: Option<String>,
}

impl Report {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let remote = &mut Remote::signed_in(None)?;
        let told = match self.of {
            Of::Figures(asked) => figures(remote, &asked)?,
            Of::Budgets => budgets(remote)?,
            Of::Unused { benefit, from, until } => unused(remote, &benefit, (&from, &until))?,
            Of::Indicators => indicators(remote)?,
            Of::OpenData { month, .. } => {
                let ask = match &month {
                    Some(month) => Ask::get("/reports/open-data").with("month", Some(month)),
                    None => Ask::get("/reports/open-data/dictionary"),
                };
                let written = io::copy(&mut remote.download(&ask)?, &mut io::stdout());
                failure::written(written.map(drop))?;
                return Ok(ExitCode::SUCCESS);
            }
        };
        failure::written(write!(io::stdout(), "{told}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn figures(remote: &mut Remote, asked: &Figures) -> Result<String, Failure> {
    let ask = Ask::get("/reports/figures")
        .with("from", Some(&asked.from))
        .with("until", Some(&asked.until))
        .with("by", asked.by.as_deref())
        .with("grantor", asked.grantor.as_deref())
        .with("benefit", asked.benefit.as_deref())
        .with("provider", asked.provider.as_deref())
        .with("product", asked.product.as_deref())
        .with("territory", asked.territory.as_deref());
    let groups = remote.list_of::<Value>(&ask)?;
    let by: Vec<&str> = asked.by.iter().flat_map(|by| by.split(',')).collect();
    let row = |group: &Value| {
        let values: Vec<String> = by.iter().map(|name| text(group, name)).collect();
        [values.join("  "), text(group, "uses"), text(group, "holders"), money(group, "discount")]
    };
    Ok(table([&by.join("  "), "uses", "holders", "discount"], &groups.iter().map(row).collect::<Vec<_>>()))
}

fn budgets(remote: &mut Remote) -> Result<String, Failure> {
    let budgets = remote.list::<Value>("/reports/budgets")?;
    let row = |one: &Value| {
        let of = if one.get("benefit").is_some_and(Value::is_string) { "benefit" } else { "provider" };
        [
            text(one, "kind"),
            text(one, of),
            text(one, "end"),
            money(one, "amount"),
            money(one, "used"),
            money(one, "forecast"),
            text(one, "runs_out"),
        ]
    };
    let heads = ["budget", "of", "end", "amount", "used", "forecast", "runs out"];
    Ok(table(heads, &budgets.iter().map(row).collect::<Vec<_>>()))
}

fn unused(remote: &mut Remote, benefit: &str, (from, until): (&str, &str)) -> Result<String, Failure> {
    let ask =
        Ask::get("/reports/unused").with("benefit", Some(benefit)).with("from", Some(from)).with("until", Some(until));
    let unused: Value = remote.ask(&ask)?.body;
    if unused.get("countable") == Some(&Value::Bool(false)) {
        return Ok(format!("{benefit}: its rule names no group, so that nobody can say who is entitled\n"));
    }
    let names = ["entitled", "unused_holders", "unused_units"];
    Ok(table(["entitled", "without a use", "units left"], &[names.map(|name| text(&unused, name))]))
}

fn indicators(remote: &mut Remote) -> Result<String, Failure> {
    let indicators = remote.list::<Value>("/indicators")?;
    let row = |one: &Value| {
        let amount = if text(one, "name") == "volume" { money } else { text };
        let share = one.get("share").and_then(Value::as_i64);
        let share = share.map_or_else(String::new, |share| format!("{}.{:02} %", share / 100, share % 100));
        [text(one, "name"), amount(one, "value"), amount(one, "next_target"), share]
    };
    Ok(table(["indicator", "value", "next target", "reached"], &indicators.iter().map(row).collect::<Vec<_>>()))
}
