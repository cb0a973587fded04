//! An installation behind HTTP: what `serve` and `demo` share.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use avis_server::http::{Selling, Shared, serve};
use avis_server::{Directory, Engine, Follower, Following, Metrics, Mirror, SecurityLog};
use avis_store::Signal;

use crate::failure::{self, Failure};
use crate::installation::Installation;
use crate::operating::{FILE, Operating};
use crate::reporting::{Reporter, Reporting};
use crate::settings::Settings;

/// Answers the commands of this machine, and no terminal, until it is asked to stop.
pub(crate) fn administer(installation: &Installation, settings: &Settings) -> Result<(), Failure> {
    let (operating, address) = operated(installation, settings, None)?;
    failure::written(writeln!(
        io::stdout(),
        "AVIS is administered at http://{address} by the commands of this machine."
    ))?;
    let asked = actix_web::rt::System::new().block_on(asked_to_stop());
    // From here on nobody is to look for it.
    let _ = std::fs::remove_file(installation.folder.file(FILE));
    drop(operating);
    asked.map_err(|error| Failure::new(format!("signals: {error}")))?;
    failure::written(writeln!(io::stdout(), "stopped"))
}

/// SIGTERM or Ctrl-C.
#[cfg(unix)]
async fn asked_to_stop() -> io::Result<()> {
    use actix_web::rt::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    std::future::poll_fn(|cx| match terminate.poll_recv(cx) {
        std::task::Poll::Pending => interrupt.poll_recv(cx),
        ready => ready,
    })
    .await;
    Ok(())
}

/// Ctrl-C.
#[cfg(not(unix))]
async fn asked_to_stop() -> io::Result<()> {
    actix_web::rt::signal::ctrl_c().await
}

/// The operator's endpoints, told in the folder.
fn operated(
    installation: &Installation,
    settings: &Settings,
    administered: Option<(Arc<Engine>, Arc<Following>)>,
) -> Result<(Operating, SocketAddr), Failure> {
    let signal = installation.signal();
    let (operating, file) = Operating::start(installation, settings.operator.listen, administered, signal)?;
    let json = serde_json::to_vec(&file).map_err(|error| Failure::new(format!("{FILE}: {error}")))?;
    installation.folder.write_private(FILE, &json).map_err(Failure::of)?;
    Ok((operating, file.address))
}

/// Follows the store, listens, says `welcome`, and serves until it is asked to stop; with the operator's endpoints or without.
pub(crate) fn run(
    installation: &Installation,
    selling: Selling,
    (listen, is_administered): (SocketAddr, bool),
    settings: &Settings,
    welcome: impl FnOnce(&Engine, SocketAddr) -> String,
) -> Result<(), Failure> {
    let ledger = installation.ledger()?;
    let engine = Arc::new(Engine::new(Directory::default(), installation.secret.clone(), settings.zone()?));
    let following = Arc::new(followed(installation, &engine, &*installation.signal(), settings)?);
    let (socket, bound) = bind(listen)?;
    let operating = if is_administered {
        Some(operated(installation, settings, Some((engine.clone(), following.clone())))?)
    } else {
        None
    };
    failure::written(writeln!(io::stdout(), "{}", welcome(&engine, bound)))?;
    let reporter = Reporter {
        node: settings.cluster.node(bound.port()),
        engine: engine.clone(),
        following: following.clone(),
        registry: installation.registry.clone(),
        clock: installation.clock.clone(),
    };
    let reporting = Reporting::start(reporter, settings.report_every());
    let shared = Arc::new(Shared {
        registry: Some(installation.registry.clone()),
        security: Some(SecurityLog::start(installation.registry.clone())),
        following: Some(following),
        mirror: Mirror::default(),
        freshness: settings.freshness(),
        guessing: settings.guessing(),
        metrics: Metrics::new().map_err(|error| Failure::new(format!("metrics: {error}")))?,
        clock: installation.clock.clone(),
        engine,
        ledger,
        selling,
    });
    let served = actix_web::rt::System::new().block_on(async move {
        let listening = settings.http.listening();
        serve(shared, socket, &listening)?.await
    });
    // From here on nobody is to look for it.
    let _ = std::fs::remove_file(installation.folder.file(FILE));
    drop((operating, reporting));
    served.map_err(|error| Failure::new(format!("{bound}: {error}")))?;
    failure::written(writeln!(io::stdout(), "stopped"))
}

/// An engine that has come to the store's state, and goes on.
fn followed(
    installation: &Installation,
    engine: &Arc<Engine>,
    signal: &dyn Signal,
    settings: &Settings,
) -> Result<Following, Failure> {
    let mut follower = Follower::new(installation.store.clone(), engine.clone(), &installation.secret);
    follower.follow().map_err(Failure::of)?;
    Ok(Following::start(follower, signal, settings.follow_every()))
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let socket = TcpListener::bind(address).map_err(|error| {
        Failure::new(format!("{address}: {error}; another port can be given as `--listen 127.0.0.1:0`"))
    })?;
    let bound = socket.local_addr().map_err(|error| Failure::new(format!("{address}: {error}")))?;
    Ok((socket, bound))
}
