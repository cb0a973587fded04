//! `avis demo`: the engine on the demo data, with requests to try.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use avis_core::RuleSet;
use avis_server::http::{Shared, serve};
use avis_server::{Engine, Metrics};
use clap::Args;
use serde::Deserialize;

use crate::failure::{self, Failure};
use crate::files;
use crate::settings::Settings;

/// Starts AVIS on the demo data and prints requests to paste into another terminal.
///
/// Nothing is kept: stop it with Ctrl-C or SIGTERM and everything is as before.
#[derive(Args)]
#[command(after_help = "Examples:\n  avis demo\n  avis demo --listen 127.0.0.1:0    on any free port")]
pub(crate) struct Demo {
    /// The folder with catalogue.json, holders.ndjson, terminals.json and try.json.
    #[arg(long, value_name = "FOLDER", default_value = "demo")]
    data: PathBuf,
    /// Address and port to listen on, instead of the setting `http.listen`.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// A request to try, with the terminal that sends it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Try {
    say: String,
    key: String,
    request: serde_json::Value,
}

/// The largest file of requests to try.
const TRY_BYTES_MAX: u64 = 1024 * 1024;

impl Demo {
    pub(crate) fn run(self, settings: Settings) -> Result<ExitCode, Failure> {
        let tries = self.tries()?;
        let engine = self.engine(&settings)?;
        let metrics = Metrics::new(&engine).map_err(|error| Failure::new(format!("metrics: {error}")))?;
        let address = self.listen.unwrap_or(settings.http.listen);
        let socket = TcpListener::bind(address).map_err(|error| {
            Failure::new(format!("{address}: {error}; another port can be given as `--listen 127.0.0.1:0`"))
        })?;
        let bound = socket.local_addr().map_err(|error| Failure::new(format!("{address}: {error}")))?;
        failure::written(writeln!(io::stdout(), "{}", welcome(&engine, bound, &tries)))?;
        let shared = Arc::new(Shared { engine, metrics });
        let served = actix_web::rt::System::new().block_on(async move {
            let listening = settings.http.listening();
            serve(shared, socket, &listening)?.await
        });
        served.map_err(|error| Failure::new(format!("{bound}: {error}")))?;
        failure::written(writeln!(io::stdout(), "stopped"))?;
        Ok(ExitCode::SUCCESS)
    }

    fn tries(&self) -> Result<Vec<Try>, Failure> {
        let path = self.data.join("try.json");
        let bytes = files::read(&path, TRY_BYTES_MAX)?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::of_file(&path, error))
    }

    fn engine(&self, settings: &Settings) -> Result<Engine, Failure> {
        let rules = RuleSet::compile(&files::catalogue(&self.data.join("catalogue.json"))?);
        let known = |provider: &str| rules.knows_provider(provider);
        let credentials = files::credentials(&self.data.join("terminals.json"), known)?;
        let secret = files::passing_secret()?;
        let directory = files::holders(&self.data.join("holders.ndjson"), &secret)?;
        Ok(Engine::new(rules, directory, credentials, secret, settings.zone()?))
    }
}

fn welcome(engine: &Engine, address: SocketAddr, tries: &[Try]) -> String {
    let mut text = format!(
        "AVIS listens on http://{address} with {} versions of benefits, {} holders and {} terminals.\n\
         Paste these into another terminal:",
        engine.rules().version_count(),
        engine.directory.holder_count(),
        engine.credentials.count(),
    );
    for attempt in tries {
        // A single quote ends a quoted word of the shell, so it is written outside of it.
        let body = attempt.request.to_string().replace('\'', r"'\''");
        text.push_str(&format!(
            "\n\n# {}\ncurl -s http://{address}/v1/quote -H 'authorization: Bearer {}' -H 'content-type: application/json' -d '{body}'",
            attempt.say, attempt.key,
        ));
    }
    text.push_str("\n\nStop with Ctrl-C.");
    text
}
