//! The engine with its files and its ledger behind HTTP: what `serve` and `demo` share.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use avis_core::RuleSet;
use avis_server::http::{Selling, Shared, serve};
use avis_server::{Engine, Metrics};
use avis_store::SystemClock;
use avis_store::sqlite::{Folder, SqliteLedger};

use crate::failure::{self, Failure};
use crate::files;
use crate::settings::Settings;

/// What is loaded at the start.
pub(crate) struct Sources {
    pub(crate) catalogue: PathBuf,
    pub(crate) holders: PathBuf,
    pub(crate) terminals: PathBuf,
}

/// Loads everything, listens, says `welcome`, and serves until it is asked to stop.
pub(crate) fn run(
    sources: &Sources,
    folder: &Path,
    selling: Selling,
    listen: SocketAddr,
    settings: &Settings,
    welcome: impl FnOnce(&Engine, SocketAddr) -> String,
) -> Result<(), Failure> {
    let folder = Arc::new(Folder::open(folder).map_err(|error| Failure::new(error.to_string()))?);
    let secret = folder.identifier_secret().map_err(|error| Failure::new(error.to_string()))?;
    let clock = Arc::new(SystemClock::default());
    let ledger = SqliteLedger::open(folder, &secret, clock.clone()).map_err(|error| Failure::new(error.to_string()))?;
    let rules = RuleSet::compile(&files::catalogue(&sources.catalogue)?);
    let credentials = files::credentials(&sources.terminals, |provider| rules.knows_provider(provider))?;
    let directory = files::holders(&sources.holders, &secret)?;
    let engine = Engine::new(rules, directory, credentials, secret, settings.zone()?);
    let metrics = Metrics::new(&engine).map_err(|error| Failure::new(format!("metrics: {error}")))?;
    let (socket, bound) = bind(listen)?;
    failure::written(writeln!(io::stdout(), "{}", welcome(&engine, bound)))?;
    let ledger = Arc::new(ledger);
    let guessing = settings.guessing();
    let shared = Arc::new(Shared { engine, ledger, clock, selling, guessing, metrics });
    let served = actix_web::rt::System::new().block_on(async move {
        let listening = settings.http.listening();
        serve(shared, socket, &listening)?.await
    });
    served.map_err(|error| Failure::new(format!("{bound}: {error}")))?;
    failure::written(writeln!(io::stdout(), "stopped"))
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let socket = TcpListener::bind(address).map_err(|error| {
        Failure::new(format!("{address}: {error}; another port can be given as `--listen 127.0.0.1:0`"))
    })?;
    let bound = socket.local_addr().map_err(|error| Failure::new(format!("{address}: {error}")))?;
    Ok((socket, bound))
}
