//! The operator's endpoints of this process: bound, told in the folder, and reached by this machine's commands.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};

use actix_web::dev::ServerHandle;
use avis_admin::{Authority, Operator, OperatorFile};
use avis_server::{AdminMetrics, Engine, Following};
use avis_store::Background;

use crate::failure::Failure;
use crate::installation::Installation;

/// The file that tells how the endpoints are reached.
pub(crate) const FILE: &str = "operator.json";

/// Endpoints on a thread of their own, until they are dropped.
pub(crate) struct Operating {
    handle: ServerHandle,
    metrics: Arc<AdminMetrics>,
    /// Ends with the endpoints.
    _thread: Background,
}

impl Operating {
    /// Starts the endpoints, for the engine that is served beside them if there is one.
    pub(crate) fn start(
        installation: &Installation,
        listen: SocketAddr,
        engine: Option<(Arc<Engine>, Arc<Following>)>,
    ) -> Result<(Self, OperatorFile), Failure> {
        let failed = |error: std::io::Error| Failure::new(format!("operator: {listen}: {error}"));
        let socket = TcpListener::bind(listen).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let file = OperatorFile::new(address).map_err(|error| Failure::new(format!("no randomness: {error}")))?;
        let metrics = Arc::<AdminMetrics>::default();
        let operator = Arc::new(Operator {
            metrics: metrics.clone(),
            authority: Authority::of(&file.token),
            store: installation.store.clone(),
            registry: installation.registry.clone(),
            reports: installation.reports(),
            engine,
            secret: installation.secret.clone(),
            cases: installation.cases(),
            clock: installation.clock.clone(),
        });
        let (told, handle) = mpsc::channel();
        let thread = Background::giving_way("avis-operator", move |_| {
            let served = actix_web::rt::System::new().block_on(async move {
                let server = avis_admin::http::serve(operator, socket)?;
                // The thread that started this one waits for it.
                let _ = told.send(server.handle());
                server.await
            });
            if let Err(error) = served {
                tracing::error!(target: "avis::operator", %error, "the operator's endpoints ended");
            }
        });
        let thread = thread.map_err(failed)?;
        match handle.recv() {
            Ok(handle) => Ok((Self { handle, metrics, _thread: thread }, file)),
            Err(_) => Err(Failure::new(format!("operator: {listen}: its endpoints did not start"))),
        }
    }
}

impl Operating {
    /// What the endpoints count.
    pub(crate) fn metrics(&self) -> Arc<AdminMetrics> {
        self.metrics.clone()
    }
}

impl Drop for Operating {
    fn drop(&mut self) {
        // It takes effect at once, though it is not awaited.
        drop(self.handle.stop(true));
    }
}
