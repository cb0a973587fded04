//! An installation behind HTTP: what `serve` and `demo` share.

use std::future::poll_fn;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use actix_web::dev::Server;
use avis_console::SimulatorSetup;
use avis_server::http::{
    AdminHealth, AppState, Beside, ClusterParts, Draining, Listening, Selling, ServerEncryption, serve,
    serve_admin_health,
};
use avis_server::{Directory, Engine, Following, LocalCopy, LocalCopyPlan, Metrics, SecurityLog, UsageCache};
use avis_store::Background;
use jiff::Timestamp;

use crate::controlling::Controlling;
use crate::failure::{self, Failure};
use crate::following;
use crate::installation::{Installation, OpenedLedger};
use crate::operating::{FILE, Operating};
use crate::reporting::{Reporter, Reporting};
use crate::settings::Settings;
use crate::shutdown::ShutdownSignal;
use crate::simulator;

/// How often the files of the server's certificate are looked at.
const RENEW_EVERY: Duration = Duration::from_secs(2);

/// Answers the commands of this machine, and no terminal, until it is asked to stop.
pub(crate) fn administer(installation: &Installation, settings: &Settings) -> Result<(), Failure> {
    let system = actix_web::rt::System::new();
    let shutdown = system.block_on(async { ShutdownSignal::listen() });
    let shutdown = shutdown.map_err(|error| Failure::new(format!("signals: {error}")))?;
    let (operating, address) = operated(installation, settings, None)?;
    let served = admin_port(installation, &operating, settings)?;
    failure::written(writeln!(
        io::stdout(),
        "AVIS is administered at http://{address} by the commands of this machine."
    ))?;
    system
        .block_on(administered_until(shutdown, served, settings.http.listening().leave))
        .map_err(|error| Failure::new(format!("admin.listen: {error}")))?;
    // From here on nobody is to look for it.
    let _ = std::fs::remove_file(installation.folder.file(FILE));
    drop(operating);
    failure::written(writeln!(io::stdout(), "stopped"))
}

/// What an admin node serves on the port of its settings.
struct AdminPort {
    health: Arc<AdminHealth>,
    controlling: Controlling,
    socket: TcpListener,
    encryption: Option<ServerEncryption>,
    _renewing: Option<Background>,
}

/// The health of an admin node and the control plane, if the settings say where.
fn admin_port(
    installation: &Installation,
    operating: &Operating,
    settings: &Settings,
) -> Result<Option<AdminPort>, Failure> {
    let Some(listen) = settings.admin.listen() else { return Ok(None) };
    let encryption = settings.http.encryption()?;
    let renewing = encryption.as_ref().map(|encryption| encryption.renew(RENEW_EVERY)).transpose();
    let renewing = renewing.map_err(|error| Failure::new(format!("no thread can be started: {error}")))?;
    let (socket, bound) = bind(listen, "set `admin.listen` to another address")?;
    let scheme = if encryption.is_some() { "https" } else { "http" };
    let (ledger, login) = (installation.writer()?, settings.login()?);
    let simulator = simulator::start(simulator::of_settings(settings)?, None)?;
    let (is_encrypted, admin) = (encryption.is_some(), &settings.admin);
    let controlling = Controlling::start(installation, bound, is_encrypted, admin, login, ledger, simulator)?;
    failure::written(writeln!(io::stdout(), "It tells its health at {scheme}://{bound} to whoever asks."))?;
    let (draining, news) = (Draining::default(), installation.news.clone());
    let health = Arc::new(AdminHealth { draining, metrics: operating.metrics(), news });
    Ok(Some(AdminPort { health, controlling, socket, encryption, _renewing: renewing }))
}

/// Waits until somebody asks for a stop, then leaves as an engine does.
async fn administered_until(
    mut shutdown: ShutdownSignal,
    served: Option<AdminPort>,
    leave: Duration,
) -> io::Result<()> {
    let Some(AdminPort { health, controlling, socket, encryption, _renewing }) = served else {
        shutdown.next().await;
        return Ok(());
    };
    let server = serve_admin_health(health.clone(), socket, encryption, controlling.beside.clone())?;
    answered_until(shutdown, server, leave, move || health.draining.begin()).await
}

/// Answers until somebody asks for a stop, goes on for a while, and ends what it began; who asks a second time waits for nothing.
async fn answered_until(
    mut shutdown: ShutdownSignal,
    mut server: Server,
    leave: Duration,
    begin: impl FnOnce(),
) -> io::Result<()> {
    let handle = server.handle();
    if let Some(ended) = first_of(&mut server, shutdown.next()).await {
        return ended;
    }
    begin();
    let left = async {
        actix_web::rt::time::sleep(leave).await;
        // The server itself is what is waited for.
        drop(handle.stop(true));
        server.await
    };
    first_of(left, shutdown.next()).await.unwrap_or(Ok(()))
}

/// What a future comes to, unless another is done before.
async fn first_of<T>(wanted: impl Future<Output = T>, other: impl Future<Output = ()>) -> Option<T> {
    let (mut wanted, mut other) = (pin!(wanted), pin!(other));
    poll_fn(|context| match wanted.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => other.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// The operator's endpoints, told in the folder.
fn operated(
    installation: &Installation,
    settings: &Settings,
    administered: Option<(Arc<Engine>, Arc<Following>)>,
) -> Result<(Operating, SocketAddr), Failure> {
    let (operating, file) = Operating::start(installation, settings.operator.listen, administered)?;
    let json = serde_json::to_vec(&file).map_err(|error| Failure::new(format!("{FILE}: {error}")))?;
    installation.folder.write_private(FILE, &json).map_err(Failure::of)?;
    Ok((operating, file.address))
}

/// Follows the store, listens, says `welcome`, and serves until it is asked to stop; with the operator's endpoints or without, with a
/// till simulator or without.
pub(crate) fn run(
    installation: &Installation,
    selling: Selling,
    (listen, is_administered): (SocketAddr, bool),
    settings: &Settings,
    simulator: Option<SimulatorSetup>,
    welcome: impl FnOnce(&Engine, &str) -> String,
) -> Result<(), Failure> {
    let encryption = settings.http.encryption()?;
    let no_thread = |error: io::Error| Failure::new(format!("no thread can be started: {error}"));
    let renewing = encryption.as_ref().map(|encryption| encryption.renew(RENEW_EVERY)).transpose();
    let renewing = renewing.map_err(no_thread)?;
    let engine = Engine::new(Directory::default(), installation.secret.clone(), settings.zone()?);
    let engine = Arc::new(engine.timed_by(installation.clock.clone()));
    let (following, found) = following::start(installation, &engine, settings)?;
    let following = Arc::new(following);
    let opened = installation.ledger(&engine, settings.stand_in())?;
    let (socket, bound) = bind(listen, "another port can be given as `--listen 127.0.0.1:0`")?;
    let system = actix_web::rt::System::new();
    // Before anything tells where it is: who stops it now finds everything cleared up.
    let shutdown = system.block_on(async { ShutdownSignal::listen() });
    let shutdown = shutdown.map_err(|error| Failure::new(format!("signals: {error}")))?;
    let operate = || operated(installation, settings, Some((engine.clone(), following.clone())));
    let operating = is_administered.then(operate).transpose()?.map(|(operating, _)| operating);
    let (is_encrypted, scheme) = (encryption.is_some(), if encryption.is_some() { "https" } else { "http" });
    let simulator = simulator::start(simulator, (!is_encrypted).then_some(bound))?;
    let control = || {
        let (admin, login) = (&settings.admin, settings.login()?);
        Controlling::start(installation, bound, is_encrypted, admin, login, opened.ledger(), simulator)
    };
    let controlling = is_administered.then(control).transpose()?;
    let beside = controlling.as_ref().map(|controlling| controlling.beside.clone());
    failure::written(writeln!(io::stdout(), "{}", welcome(&engine, &format!("{scheme}://{bound}"))))?;
    let shared = Arc::new(AppState {
        node: settings.cluster.node(bound.port()),
        store: Some(installation.store.clone()),
        registry: Some(installation.registry.clone()),
        security: Some(SecurityLog::start(installation.registry.clone()).map_err(no_thread)?),
        reports: Some(installation.reports()),
        following: Some(following),
        usage_cache: UsageCache::default(),
        freshness: settings.freshness(),
        identifier_throttle: settings.identifier_throttle(),
        metrics: Metrics::new().map_err(|error| Failure::new(format!("metrics: {error}")))?,
        clock: installation.clock.clone(),
        draining: Draining::default(),
        request_log: settings.log.requests,
        calls: Arc::default(),
        engine,
        ledger: opened.ledger(),
        training: installation.training(),
        cluster: cluster_parts(installation, settings, &opened, found).map_err(no_thread)?,
        selling,
    });
    let reporter = Reporter { shared: shared.clone(), stand_in: opened.stand_in() };
    let reporting = Reporting::start(reporter, settings.report_every()).map_err(no_thread)?;
    drop(opened);
    let served =
        system.block_on(serve_until(shutdown, shared, (socket, encryption, beside), settings.http.listening()));
    // From here on nobody is to look for it.
    let _ = std::fs::remove_file(installation.folder.file(FILE));
    drop((operating, reporting, renewing, controlling));
    served.map_err(|error| Failure::new(format!("{bound}: {error}")))?;
    failure::written(writeln!(io::stdout(), "stopped"))
}

/// Answers until somebody asks for a stop, then leaves: it says so to who asks whether it is ready, and ends what it began.
async fn serve_until(
    shutdown: ShutdownSignal,
    shared: Arc<AppState>,
    (socket, encryption, beside): (TcpListener, Option<ServerEncryption>, Option<Beside>),
    how: Listening,
) -> io::Result<()> {
    let server = serve(shared.clone(), socket, encryption, &how, beside)?;
    answered_until(shutdown, server, how.leave, move || shared.draining.begin()).await
}

/// What a node of a cluster has beside the rest.
fn cluster_parts(
    installation: &Installation,
    settings: &Settings,
    opened: &OpenedLedger,
    found: Option<Timestamp>,
) -> io::Result<Option<ClusterParts>> {
    let OpenedLedger::Cluster(stand_in) = opened else { return Ok(None) };
    let local_copy = settings.snapshot_every().zip(installation.snapshot_path()).map(|(every, path)| {
        let (store, secret, clock) =
            (installation.store.clone(), installation.secret.clone(), installation.clock.clone());
        LocalCopy::start(LocalCopyPlan { store, path, secret, clock, every }, found)
    });
    let local_copy = local_copy.transpose()?;
    Ok(Some(ClusterParts { stand_in: stand_in.clone(), local_copy, news: installation.news.clone() }))
}

fn bind(address: SocketAddr, way_out: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let socket = TcpListener::bind(address).map_err(|error| Failure::new(format!("{address}: {error}; {way_out}")))?;
    let bound = socket.local_addr().map_err(|error| Failure::new(format!("{address}: {error}")))?;
    Ok((socket, bound))
}
