//! `avis user`: who comes into the control plane by the owner of the machine.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use avis_admin::control::FirstLink;
use avis_admin::http::Invited;
use clap::{Args, Subcommand};

use crate::failure::{self, Failure};
use crate::operator::Administered;
use crate::settings::Settings;

/// Brings users into the control plane (`/admin/v1`). Works while the folder is served, and while it is not.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis user --folder avis-data invite                              another operator\n  avis user --folder avis-data invite --party riga --role ad      an administrator of a party"
)]
pub(crate) struct Users {
    /// Where everything is.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Makes a link by which somebody gets a role in a party, once and within 24 hours
    Invite {
        /// The party's code
        #[arg(long, value_name = "CODE", default_value = "operator")]
        party: String,
        /// The role: op, ad, ed, ap, pr, cl, sp or au
        #[arg(long, value_name = "ROLE", default_value = "op")]
        role: String,
    },
}

impl Users {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let Action::Invite { party, role } = self.action;
        let administered = Administered::reach(&self.folder, settings)?;
        let FirstLink { link, expires_at } = administered.post("invitations", &Invited { party, role })?;
        let told = format!(
            "{link}\nThis link is used once, until {expires_at}, at the address of the server; it is not shown again."
        );
        failure::written(writeln!(io::stdout(), "{told}"))?;
        Ok(ExitCode::SUCCESS)
    }
}
