//! `avis people`: a clerk finds somebody by exact means, and blocks a lost card.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;
use serde_json::json;

use crate::failure::{self, Failure};
use crate::remote::{Ask, Remote, ask_password};
use crate::table::table;

/// Finds people and looks after their means, as who signed in (`avis sign-in`). Each look is in the audit.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis people find etalons --because by_phone --reason \"lost the card\"    asks for the number\n  avis people means 0190f6a2-…\n  avis people block 0190f6a2-… 7c9e6679-…\n  avis people unblock 0190f6a2-… 7c9e6679-…"
)]
pub(crate) struct People {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Finds somebody by means whose value is asked for, and not shown: a handle for half an hour, and the means
    Find {
        /// The scheme of the means
        scheme: String,
        /// On which occasion
        #[arg(long, value_name = "CODE")]
        because: Because,
        /// Why, for the audit
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Lists the means of who was found
    Means {
        /// Who was found
        handle: String,
    },
    /// Blocks means at once
    Block(Means),
    /// Unblocks means
    Unblock(Means),
}

#[derive(Args)]
struct Means {
    /// Who was found
    handle: String,
    /// Which means
    id: String,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Because {
    AtDesk,
    ByPhone,
    Complaint,
    Correction,
    Court,
}

#[derive(Deserialize)]
struct Found {
    handle: String,
    expires_at: String,
}

#[derive(Deserialize)]
struct Shown {
    id: String,
    scheme: String,
    label: Option<String>,
    state: String,
    revision: Option<u64>,
}

impl People {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let remote = &mut Remote::signed_in(None)?;
        let told = match self.action {
            Action::Find { scheme, because, reason } => find(remote, &scheme, because, &reason)?,
            Action::Means { handle } => means(remote, &handle)?,
            Action::Block(of) => change(remote, &of, "block")?,
            Action::Unblock(of) => change(remote, &of, "unblock")?,
        };
        failure::written(write!(io::stdout(), "{told}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn find(remote: &mut Remote, scheme: &str, because: Because, reason: &str) -> Result<String, Failure> {
    let value = ask_password(&format!("Number of `{scheme}`: "))?;
    let code = because.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let body = json!({"scheme": scheme, "value": value, "reason": {"code": code, "text": reason}});
    let Found { handle, expires_at } = remote.ask(&Ask::post("/people/find", body))?.body;
    Ok(format!("{handle}  until {expires_at}\n\n{}", means(remote, &handle)?))
}

fn means(remote: &mut Remote, handle: &str) -> Result<String, Failure> {
    let means = remote.list::<Shown>(&format!("/people/{handle}/means"))?;
    let row =
        |one: &Shown| [one.id.clone(), one.scheme.clone(), one.state.clone(), one.label.clone().unwrap_or_default()];
    Ok(table(["means", "scheme", "state", "label"], &means.iter().map(row).collect::<Vec<_>>()))
}

fn change(remote: &mut Remote, of: &Means, step: &str) -> Result<String, Failure> {
    let path = format!("/people/{}/means/{}/{step}", of.handle, of.id);
    let Shown { id, scheme, state, revision, .. } = remote.ask(&Ask::act(path))?.body;
    let revision = revision.map_or_else(String::new, |revision| format!(" (revision {revision})"));
    Ok(format!("{id}  {scheme}  {state}{revision}\n"))
}
