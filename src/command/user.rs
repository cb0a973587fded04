//! `avis user`: who comes into the control plane by the owner of the machine.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use avis_admin::control::OneTimeLink;
use avis_admin::http::{Addressed, Invited};
use clap::{Args, Subcommand};

use crate::failure::{self, Failure};
use crate::operator::Administered;
use crate::settings::Settings;

/// Brings users into the control plane (`/admin/v1`), and back in. Works while the folder is served, and while it is not.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis user --folder avis-data invite                              another operator\n  avis user --folder avis-data invite --party riga --role ad      an administrator of a party\n  avis user --folder avis-data enable olga@example.lv              lets her sign in again\n  avis user --folder avis-data reset olga@example.lv               she chooses another password"
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
    /// Lets a user sign in again, who was disabled or whose account too many failures closed
    Enable(User),
    /// Makes a link by which a user chooses another password, once and within 24 hours
    Reset(User),
}

#[derive(Args)]
struct User {
    /// The address with which the user signs in
    #[arg(value_name = "EMAIL")]
    email: String,
}

impl Users {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let administered = Administered::reach(&self.folder, settings)?;
        let told = match self.action {
            Action::Invite { party, role } => shown(&administered.post("invitations", &Invited { party, role })?),
            Action::Reset(User { email }) => shown(&administered.post("users/password-links", &Addressed { email })?),
            Action::Enable(User { email }) => {
                let () = administered.post("users/enabled", &Addressed { email })?;
                "The user may sign in again.".to_owned()
            }
        };
        failure::written(writeln!(io::stdout(), "{told}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(link: &OneTimeLink) -> String {
    let OneTimeLink { link, expires_at } = link;
    format!("{link}\nThis link is used once, until {expires_at}, at the address of the server; it is not shown again.")
}
