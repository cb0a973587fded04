//! The control plane and the console on a port of this node, and the link by which its first operator comes in.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web::ServiceConfig;
use avis_admin::control::{Control, Door, Login, Points, first_link, routes};
use avis_console::Simulator;
use avis_server::http::Beside;
use avis_store::{Background, Recording};

use crate::failure::Failure;
use crate::installation::Installation;
use crate::settings::AdminSettings;

/// The file that holds the first operator's link, until there is a user.
const FILE: &str = "first-operator.link";

/// The control plane of a node, until it is dropped.
pub(crate) struct Controlling {
    /// Its routes.
    pub(crate) beside: Beside,
    _expiry: Background,
    _schedules: Background,
    _booking: Background,
    _erasing: Background,
    _days: Option<Background>,
    _tally: Background,
}

impl Controlling {
    /// Starts the control plane at an address, in the clear or not. Where there is no user yet, a link for the first one is written
    /// to standard error and to a file for the owner of the folder alone.
    /// What the proxies of the settings say of who asks is believed; `ledger` writes what merchants give and take.
    /// With a till simulator or without.
    pub(crate) fn start(
        installation: &Installation,
        address: SocketAddr,
        is_encrypted: bool,
        admin: &AdminSettings,
        login: Login,
        ledger: Arc<dyn Recording>,
        simulator: Option<Arc<Simulator>>,
    ) -> Result<Self, Failure> {
        let control = Arc::new(control(installation, admin, login, ledger));
        if installation.is_alone() {
            control.end_interrupted_jobs();
        }
        let no_thread = |error: std::io::Error| Failure::new(format!("no thread can be started: {error}"));
        let expiry = control.remove_expired().map_err(no_thread)?;
        let schedules = control.publish_scheduled().map_err(no_thread)?;
        let booking = control.book_expired().map_err(no_thread)?;
        let erasing = control.erase_late().map_err(no_thread)?;
        let closes = (admin.close_days_after > 0).then(|| control.close_days(admin.close_days_after));
        let days = closes.transpose().map_err(no_thread)?;
        let tally = control.keep_tally().map_err(no_thread)?;
        let scheme = if is_encrypted { "https" } else { "http" };
        invite_first(installation, &format!("{scheme}://{address}"))?;
        let door = Arc::new(Door { control, is_encrypted, proxies: admin.trusted_proxies.clone() });
        let (plane, console) = (routes(door.clone()), avis_console::routes(door, simulator));
        let beside = Arc::new(move |config: &mut ServiceConfig| {
            plane(config);
            console(config);
        });
        let (_expiry, _schedules, _booking, _erasing) = (expiry, schedules, booking, erasing);
        Ok(Self { beside, _expiry, _schedules, _booking, _erasing, _days: days, _tally: tally })
    }
}

/// The control plane over an installation.
pub(crate) fn control(
    installation: &Installation,
    admin: &AdminSettings,
    login: Login,
    ledger: Arc<dyn Recording>,
) -> Control {
    let control = Control::new(
        installation.store.clone(),
        installation.registry.clone(),
        installation.clock.clone(),
        installation.cases(),
        installation.recorded(),
        installation.reports(),
        Points { accounts: installation.accounts(), ledger, alone_max: admin.adjusted_alone_max },
    );
    let control = control.with_login(login).with_replica(installation.replica()).with_users_before(admin.users_before);
    control.with_folder(installation.folder.path().to_owned())
}

/// A store that is away tells nobody who comes first; the next start does.
fn invite_first(installation: &Installation, server: &str) -> Result<(), Failure> {
    let path = installation.folder.file(FILE);
    match first_link(&*installation.registry, installation.clock.now()) {
        Ok(Some(first)) => {
            let link = format!("{server}{}", first.link);
            installation.folder.write_private(FILE, format!("{link}\n").as_bytes()).map_err(Failure::of)?;
            let until = first.expires_at;
            tracing::warn!(target: "avis::control", %link, %until, "there is no user yet; the first operator comes in by this link");
        }
        Ok(None) => {
            // It was used, or is of no use any more.
            let _ = std::fs::remove_file(path);
        }
        Err(error) => {
            tracing::warn!(target: "avis::control", %error, "whether there is a user is not known");
        }
    }
    Ok(())
}
