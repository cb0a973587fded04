//! The till simulator of a node: the file that fills it, and the engine that it calls.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use avis_console::{Simulator, SimulatorSetup};

use crate::failure::Failure;
use crate::files;
use crate::settings::Settings;

/// Bytes of the file.
const BYTES_MAX: u64 = 1024 * 1024;

/// What the file of the settings says; none if they name none.
pub(crate) fn of_settings(settings: &Settings) -> Result<Option<SimulatorSetup>, Failure> {
    settings.admin.simulator().map(|path| read(path, &files::read(path, BYTES_MAX)?)).transpose()
}

/// What a file says.
pub(crate) fn read(path: &Path, json: &[u8]) -> Result<SimulatorSetup, Failure> {
    let named = |faults: Vec<String>| faults.iter().map(|fault| format!("{}: {fault}", path.display())).collect();
    SimulatorSetup::read(json).map_err(|faults| Failure::of_many(named(faults)))
}

/// The simulator of a node, if it has one; `own` is where its own engine listens in the clear, if it has such a one.
pub(crate) fn start(setup: Option<SimulatorSetup>, own: Option<SocketAddr>) -> Result<Option<Arc<Simulator>>, Failure> {
    let Some(setup) = setup else { return Ok(None) };
    let own = own.map(|own| format!("http://{}", reached(own)));
    let simulator = Simulator::new(setup, own.as_deref());
    simulator.map(|simulator| Some(Arc::new(simulator))).ok_or_else(|| {
        let told =
            "the file of the till simulator has to name an `engine`: this node has none that is reached in the clear";
        Failure::new(told)
    })
}

/// Where this machine reaches what listens at an address.
fn reached(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
