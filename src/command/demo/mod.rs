//! `avis demo`: AVIS on the demo data, with requests to try.

#[cfg(unix)]
mod cluster;
mod data;
mod embedded;
mod history;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use avis_admin::control::Settled;
use clap::Args;
use serde::Deserialize;

use self::data::DemoData;
use crate::failure::Failure;
use crate::settings::Settings;

/// Starts AVIS on the demo data and prints requests to paste into another terminal.
///
/// Nothing is kept: stop it with Ctrl-C or SIGTERM and everything is as before.
#[derive(Args)]
#[command(after_help = "Examples:
  avis demo
  avis demo --listen 127.0.0.1:0    on any free port
  avis demo --cluster               two engines and an admin node on a PostgreSQL and a Redis of their own")]
pub(crate) struct Demo {
    /// A folder with catalogue.json, holders.ndjson, terminals.json and try.json, instead of the data in the program.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Address and port to listen on, instead of the setting `http.listen`; of a cluster the first engine's, the second has
    /// the next port.
    #[arg(long, value_name = "ADDRESS", value_parser = crate::settings::address)]
    listen: Option<SocketAddr>,
    /// Start a cluster whose parts can be stopped and started by typing; needs the programs of PostgreSQL and Redis.
    #[cfg(unix)]
    #[arg(long)]
    cluster: bool,
    #[cfg(unix)]
    #[arg(from_global)]
    config: Option<PathBuf>,
}

/// A request to try, with the terminal that sends it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Try {
    say: String,
    key: String,
    request: serde_json::Value,
}

impl Demo {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let data = DemoData::of(self.data.clone());
        let tries = tries(&data)?;
        let listen = self.listen.unwrap_or(settings.http.listen);
        #[cfg(unix)]
        if self.cluster {
            cluster::run(&self, &data, listen, &tries)?;
            return Ok(ExitCode::SUCCESS);
        }
        embedded::run(&data, listen, &tries, settings)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn tries(data: &DemoData) -> Result<Vec<Try>, Failure> {
    serde_json::from_slice(&data.read("try.json")?).map_err(|error| Failure::of_file(&data.path("try.json"), error))
}

/// Who signs in, and by what.
fn sign_ins(settled: &Settled) -> String {
    let mut text = format!(" Sign in with the password `{}` as", settled.password);
    for user in &settled.users {
        let roles: Vec<String> = user.roles.iter().map(|(party, role)| format!("{role} of {party}")).collect();
        text.push_str(&format!("\n  {:<28} {}", user.email, roles.join(", ")));
    }
    text
}

/// Lines for a shell that import a registry's list into a group of the state, on trial at first.
fn list_lines(address: &str, list: &Path) -> String {
    format!(
        "# A list of a registry, as an editor of the state; without `--dry-run` it is done\n\
         avis sign-in {address} --email elza@state.example\n\
         avis import --at {address} --kind entitlements --group goda-gimene --list {} --reason \"the list of December\" --dry-run",
        list.display()
    )
}

/// Lines for a shell that send the requests to a server.
fn curl_lines(address: &str, tries: &[Try]) -> String {
    let mut text = String::from("Paste these into another terminal:");
    for attempt in tries {
        // A single quote ends a quoted word of the shell, so it is written outside of it.
        let body = attempt.request.to_string().replace('\'', r"'\''");
        text.push_str(&format!(
            "\n\n# {}\ncurl -s {address}/v1/quote -H 'authorization: Bearer {}' -H 'content-type: application/json' -d '{body}'",
            attempt.say, attempt.key,
        ));
    }
    text
}
