//! Everything in one process.

use std::net::SocketAddr;
use std::path::Path;

use avis_admin::AdminError;
use avis_admin::import::{self, ChangeContext, Imported};
use avis_server::Engine;
use avis_store::Actor;

use super::data::DemoData;
use super::history::{self, History};
use super::{Try, curl_lines, list_lines, sign_ins};
use crate::command::serve::held;
use crate::failure::Failure;
use crate::installation::{Installation, Need};
use crate::passing_folder::PassingFolder;
use crate::serving;
use crate::settings::Settings;

/// Serves until it is asked to stop.
pub(super) fn run(data: &DemoData, listen: SocketAddr, tries: &[Try], settings: &Settings) -> Result<(), Failure> {
    let folder = PassingFolder::new();
    let mut installation = Installation::create(&folder.0, settings, Need::Now)?;
    installation.finish()?;
    let history = data.history()?;
    let begins = history.as_ref().and_then(History::begins);
    let context = ChangeContext {
        actor: Actor::machine("demo"),
        reason: "the demo data".to_owned(),
        at: begins.unwrap_or_else(|| installation.clock.now()),
        dry_run: false,
        providers: Vec::new(),
        despite_failing_cases: false,
    };
    let store = &*installation.store;
    let json = data.catalogue()?;
    imported(&data.path("catalogue.json"), import::catalogue(store, &json, &installation.cases(), &context))?;
    let lines = data.read("holders.ndjson")?;
    let holders = import::holders((store, &*installation.registry), lines.as_slice(), &installation.secret, &context);
    imported(&data.path("holders.ndjson"), holders)?;
    let json = data.read("terminals.json")?;
    imported(&data.path("terminals.json"), import::terminals(store, &json, &context))?;
    let settled = history::settle(data, history, &mut installation, settings)?;
    let users = settled.as_ref().map(sign_ins).unwrap_or_default();
    let list = data.write_registry_list(&folder.0)?;
    let simulator = data.simulator()?;
    let till = simulator.is_some();
    let welcome = |engine: &Engine, address: &str| {
        let (held, lines) = (held(engine), curl_lines(address, tries));
        let list = list.as_deref().filter(|_| !users.is_empty());
        let list = list.map(|list| format!("\n\n{}", list_lines(address, list))).unwrap_or_default();
        let folder = folder.0.display();
        let till = if till {
            format!("Sell a ticket in the till simulator, in a browser: {address}/try\n")
        } else {
            String::new()
        };
        format!(
            "{till}The console is at {address} for a browser.{users}\n\nAVIS listens on {address} and serves the folder {folder} until it stops.\nHow to call it: {address}/docs\nIt has {held}.\nQuotes may be of any time; what is sold is of now, as in an installation.\n\n{lines}{list}\n\nStop with Ctrl-C."
        )
    };
    serving::run(&installation, settings.selling(), (listen, true), settings, simulator, welcome)
}

/// Every fault of a file of the demo, each with its place.
fn imported(path: &Path, imported: Result<Imported, AdminError>) -> Result<(), Failure> {
    match imported {
        Ok(_) => Ok(()),
        Err(AdminError::Faults(faults)) => {
            let told = faults.iter().map(|fault| format!("{}: {fault}", path.display()));
            Err(Failure::of_many(told.collect()))
        }
        Err(error) => Err(Failure::of_file(path, error)),
    }
}
