//! `avis party`: the parties of an installation through the control plane, from any machine.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::failure::{self, Failure};
use crate::remote::{Ask, Remote};
use crate::table::table;

/// Lists, makes and changes parties, as who signed in (`avis sign-in`). Who may act for one is invited by `avis user --at`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis party list\n  avis party list --json\n  avis party make riga --lv Rīga --en Riga --capacity grantor\n  avis party make kafija --lv Kafija --en Coffee --capacity grantor --capacity provider --commercial\n  avis party rename riga --lv \"Rīgas pilsēta\" --en \"City of Riga\"\n  avis party close riga                       its roles do not count any more\n  avis party open riga"
)]
pub(crate) struct Parties {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Lists the parties
    List {
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Makes a party
    Make {
        /// Its code, by which rules name it
        code: String,
        #[command(flatten)]
        name: Name,
        /// What it may be; may stand several times
        #[arg(long = "capacity", value_name = "CAPACITY", required = true)]
        capacities: Vec<Capacity>,
        /// Its rules are read by its own users and by those who oversee the installation alone
        #[arg(long)]
        commercial: bool,
    },
    /// Names a party otherwise
    Rename {
        /// Its code
        code: String,
        #[command(flatten)]
        name: Name,
    },
    /// Closes a party: its roles do not count any more
    Close(Party),
    /// Opens a party that was closed
    Open(Party),
}

#[derive(Args)]
struct Party {
    /// Its code
    code: String,
}

#[derive(Args, Clone, Deserialize, Serialize)]
struct Name {
    /// Its name in Latvian
    #[arg(long, value_name = "NAME")]
    lv: String,
    /// Its name in English
    #[arg(long, value_name = "NAME")]
    en: String,
}

#[derive(Clone, Copy, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Capacity {
    Grantor,
    Provider,
    Centre,
    Institution,
}

/// A party as it is shown, and as it is sent back changed.
#[derive(Deserialize, Serialize)]
struct Shown {
    code: String,
    name: Name,
    capacities: Vec<String>,
    commercial: bool,
    contact: String,
    state: String,
}

impl Parties {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let remote = &mut Remote::signed_in(None)?;
        let told = match self.action {
            Action::List { json } => listed(remote, json)?,
            Action::Make { code, name, capacities, commercial } => {
                let party = json!({"code": code, "name": name, "capacities": capacities, "commercial": commercial});
                told(&remote.ask::<Shown>(&Ask::post("/parties", party))?.body)
            }
            Action::Rename { code, name } => changed(remote, &code, |party| party.name = name)?,
            Action::Close(Party { code }) => changed(remote, &code, |party| "closed".clone_into(&mut party.state))?,
            Action::Open(Party { code }) => changed(remote, &code, |party| "active".clone_into(&mut party.state))?,
        };
        failure::written(write!(io::stdout(), "{told}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn listed(remote: &mut Remote, as_json: bool) -> Result<String, Failure> {
    let parties = remote.list::<Shown>("/parties")?;
    if as_json {
        return Ok(format!("{:#}\n", json!(parties)));
    }
    let row = |party: &Shown| {
        let commercial = if party.commercial { "commercial" } else { "" };
        let capacities = party.capacities.join(" ");
        [party.code.clone(), party.name.en.clone(), capacities, commercial.to_owned(), party.state.clone()]
    };
    Ok(table(["party", "name", "capacities", "", "state"], &parties.iter().map(row).collect::<Vec<_>>()))
}

/// Writes a party over what was read.
fn changed(remote: &mut Remote, code: &str, change: impl FnOnce(&mut Shown)) -> Result<String, Failure> {
    let path = format!("/parties/{code}");
    let mut read = remote.ask::<Shown>(&Ask::get(&path))?;
    change(&mut read.body);
    let Shown { name, capacities, commercial, contact, state, .. } = &read.body;
    let body = json!({"name": name, "capacities": capacities, "commercial": commercial, "contact": contact,
        "state": state});
    Ok(told(&remote.ask::<Shown>(&Ask::put(path, body).matching(read.etag))?.body))
}

fn told(party: &Shown) -> String {
    format!("{} ({}): {}, {}\n", party.code, party.name.en, party.capacities.join(" "), party.state)
}
