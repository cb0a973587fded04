//! Everything in one process.

use std::net::SocketAddr;
use std::path::Path;

use avis_admin::AdminError;
use avis_admin::control::{Settled, settle};
use avis_admin::import::{self, ChangeContext, Imported};
use avis_server::Engine;
use avis_store::Actor;
use serde_json::Value;

use super::data::DemoData;
use super::{Try, curl_lines};
use crate::command::serve::held;
use crate::failure::Failure;
use crate::installation::{Installation, Need};
use crate::passing_folder::PassingFolder;
use crate::serving;
use crate::settings::Settings;

/// Serves until it is asked to stop.
pub(super) fn run(data: &DemoData, listen: SocketAddr, tries: &[Try], settings: &Settings) -> Result<(), Failure> {
    let folder = PassingFolder::new();
    let installation = Installation::create(&folder.0, settings, Need::Now)?;
    installation.finish()?;
    let context = ChangeContext {
        actor: Actor::machine("demo"),
        reason: "the demo data".to_owned(),
        at: installation.clock.now(),
        dry_run: false,
        providers: Vec::new(),
        despite_failing_cases: false,
    };
    let store = &*installation.store;
    let json = without_common_cases(data.read("catalogue.json")?);
    imported(&data.path("catalogue.json"), import::catalogue(store, &json, &installation.cases(), &context))?;
    let lines = data.read("holders.ndjson")?;
    let holders = import::holders(store, lines.as_slice(), &installation.secret, &context);
    imported(&data.path("holders.ndjson"), holders)?;
    let json = data.read("terminals.json")?;
    imported(&data.path("terminals.json"), import::terminals(store, &json, &context))?;
    let settled = data.users()?;
    if let Some(settled) = &settled {
        let made = settle(&*installation.registry, settled, context.at);
        made.map_err(|error| Failure::of_file(&data.path("users.json"), error))?;
    }
    let users = settled.as_ref().map(sign_ins).unwrap_or_default();
    let simulator = data.simulator()?;
    let till = simulator.is_some();
    let welcome = |engine: &Engine, address: &str| {
        let (held, lines) = (held(engine), curl_lines(address, tries));
        let folder = folder.0.display();
        let till = if till {
            format!("Sell a ticket in the till simulator, in a browser: {address}/try\n")
        } else {
            String::new()
        };
        format!(
            "{till}The console is at {address} for a browser.{users}\n\nAVIS listens on {address} and serves the folder {folder} until it stops.\nHow to call it: {address}/docs\nIt has {held}.\nQuotes may be of any time; what is sold is of now, as in an installation.\n\n{lines}\n\nStop with Ctrl-C."
        )
    };
    serving::run(&installation, settings.selling(), (listen, true), settings, simulator, welcome)
}

/// A catalogue with the cases of single benefits alone, whose grantors change them with the benefit. Cases of several would hold up
/// every change that somebody tries.
fn without_common_cases(json: Vec<u8>) -> Vec<u8> {
    let Ok(mut catalogue) = serde_json::from_slice::<Value>(&json) else { return json };
    let code = |benefit: &Value| Some(format!("{}: ", benefit.get("code")?.as_str()?));
    let benefits = catalogue.get("benefits").and_then(Value::as_array).into_iter().flatten();
    let prefixes: Vec<String> = benefits.filter_map(code).collect();
    let name = |case: &Value| case.get("name").and_then(Value::as_str).map(str::to_owned).unwrap_or_default();
    let is_single = |case: &Value| prefixes.iter().any(|prefix| name(case).starts_with(prefix));
    match catalogue.get_mut("cases").and_then(Value::as_array_mut) {
        Some(cases) if !cases.iter().all(is_single) => cases.retain(is_single),
        // As it is written, so that faults name its lines.
        _ => return json,
    }
    catalogue.to_string().into_bytes()
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
