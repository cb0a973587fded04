//! `avis key`: who may call, and with which keys.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use avis_admin::control::encoded;
use avis_admin::http::{Revocation, Revoked, Rotation};
use avis_admin::keys::{MadeKey, NewTerminal};
use avis_server::{Scope, Terminal};
use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::{self, Failure};
use crate::operator::Administered;
use crate::settings::Settings;

/// Makes, changes and revokes terminals' keys. Works while the folder is served, and while it is not.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis key --folder avis-data create shop-till-1 --provider demo-shop --channels till --schemes loyalty,bank-card\n  avis key --folder avis-data rotate shop-till-1 --overlap-s 86400\n  avis key --folder avis-data revoke shop-till-1\n  avis key --folder avis-data list"
)]
pub(crate) struct Keys {
    /// Where everything is.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// Write a JSON document.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Makes a terminal and shows its key, this once
    Create(Create),
    /// Gives a terminal another key and shows it, this once; its other keys stay valid for a while
    Rotate {
        /// Its code
        terminal: String,
        /// Seconds for which the other keys stay valid
        #[arg(long, value_name = "N", default_value_t = 86_400)]
        overlap_s: u32,
    },
    /// Takes a terminal's keys from it, at once
    Revoke {
        /// Its code
        terminal: String,
        /// Only the key that begins so, as `list` shows it
        #[arg(long, value_name = "TEXT")]
        prefix: Option<String>,
    },
    /// Shows the terminals and the beginnings of their keys
    List,
}

#[derive(Args)]
struct Create {
    /// A code that no terminal has
    terminal: String,
    /// Whose it is
    #[arg(long, value_name = "CODE")]
    provider: String,
    /// The channels it may sell through
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    channels: Vec<String>,
    /// The schemes of identifiers it may present
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    schemes: Vec<String>,
    /// What its keys are for
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "sell")]
    scopes: Vec<KeyScope>,
}

#[derive(Clone, Copy, ValueEnum)]
enum KeyScope {
    /// Quotes, authorizations and what follows them
    Sell,
    /// Why something was decided so
    Explain,
    /// Persons enrol in programmes, and leave them
    Enrol,
    /// As `sell`, for training only: kept apart from all that is real
    Train,
}

impl Keys {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let administered = Administered::reach(&self.folder, settings)?;
        let told = match self.action {
            Action::Create(create) => made(&create.send(&administered)?, self.json),
            Action::Rotate { terminal, overlap_s } => {
                let path = format!("terminals/{}/keys", encoded(&terminal));
                made(&administered.post(&path, &Rotation { overlap_s })?, self.json)
            }
            Action::Revoke { terminal, prefix } => {
                let path = format!("terminals/{}/keys", encoded(&terminal));
                let Revoked { keys } = administered.delete(&path, &Revocation { prefix })?;
                if self.json {
                    json!({ "keys": keys }).to_string()
                } else {
                    format!("{keys} of its keys are not taken any more")
                }
            }
            Action::List if self.json => administered.get::<Value>("terminals", &())?.to_string(),
            Action::List => listed(&administered)?,
        };
        failure::written(writeln!(io::stdout(), "{told}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    fn send(self, administered: &Administered) -> Result<MadeKey, Failure> {
        let scope = |scope| match scope {
            KeyScope::Sell => Scope::Sell,
            KeyScope::Explain => Scope::Explain,
            KeyScope::Enrol => Scope::Enrol,
            KeyScope::Train => Scope::Train,
        };
        let new = NewTerminal {
            provider: self.provider,
            channels: self.channels,
            schemes: self.schemes,
            scopes: self.scopes.into_iter().map(scope).collect(),
        };
        Ok(administered.post(&format!("terminals/{}", encoded(&self.terminal)), &new)?)
    }
}

/// The key alone for standard output, so that a script takes it as it comes; what people are to know goes beside it.
fn made(made: &MadeKey, json: bool) -> String {
    let MadeKey { terminal, key, others_until } = made;
    if json {
        return json!({"terminal": terminal, "key": key, "others_until": others_until}).to_string();
    }
    let others = others_until.map(|until| format!(" Its other keys stay valid until {until}.")).unwrap_or_default();
    eprintln!("avis: this is the key of terminal `{terminal}`; it is not shown again.{others}");
    key.clone()
}

#[derive(Deserialize)]
struct Exported {
    terminals: Vec<Terminal>,
}

fn listed(administered: &Administered) -> Result<String, Failure> {
    let Exported { terminals } = administered.get("terminals", &())?;
    let mut lines = Vec::new();
    for terminal in terminals {
        let scopes: Vec<_> = terminal.scopes.iter().map(|scope| scope.word()).collect();
        let (channels, schemes) = (terminal.channels.join(","), terminal.schemes.join(","));
        lines.push(format!(
            "{} of {}: {} through {channels} with {schemes}",
            terminal.code,
            terminal.provider,
            scopes.join(",")
        ));
        for key in &terminal.keys {
            let until = key.until.map_or_else(String::new, |until| format!(" until {until}"));
            lines.push(format!("  {}…{until}", key.prefix));
        }
    }
    Ok(lines.join("\n"))
}
