//! `avis user`: who comes into the control plane, by the owner of the machine or by who signed in to it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use avis_admin::control::OneTimeLink;
use avis_admin::http::{Addressed, Invited};
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::json;

use crate::failure::{self, Failure};
use crate::operator::Administered;
use crate::remote::{Ask, Remote};
use crate::settings::Settings;

/// Brings users into the control plane (`/admin/v1`), and back in: as the owner of the machine with `--folder`, while the folder is served
/// and while it is not; or with `--at` as who signed in (`avis sign-in`), for the parties that they administer.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis user --folder avis-data invite                              another operator\n  avis user --folder avis-data invite --party riga --role ad      an administrator of a party\n  avis user --folder avis-data enable olga@example.lv              lets her sign in again\n  avis user --folder avis-data reset olga@example.lv               she chooses another password\n  avis user --at https://avis.example.lv invite --party riga --role ed\n  avis user --at https://avis.example.lv enable ieva@riga.lv --reason \"is back\"\n  avis user --at https://avis.example.lv confirm bruno@riga.lv     as a second person"
)]
pub(crate) struct Users {
    /// Where everything is.
    #[arg(long, value_name = "FOLDER", required_unless_present = "at", conflicts_with = "at")]
    folder: Option<PathBuf>,
    /// The address of the server, as who signed in there.
    #[arg(long, value_name = "URL")]
    at: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Makes a link by which somebody gets a role in a party, once: within 24 hours, or within 7 days with `--at`
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
    /// Confirms the roles that somebody else asked for, for a user: with `--at` alone
    Confirm(User),
    /// Makes a link by which a user chooses another password, once and within 24 hours
    Reset(User),
}

#[derive(Args)]
struct User {
    /// The address with which the user signs in
    #[arg(value_name = "EMAIL")]
    email: String,
    /// Why, for the audit of the control plane
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// A role that was asked for.
#[derive(Deserialize)]
struct Grant {
    id: String,
    user: String,
    party: String,
    role: String,
    state: String,
}

/// A user, as far as one is found by an address.
#[derive(Deserialize)]
struct Listed {
    id: String,
    email: String,
}

impl Users {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let told = match (&self.folder, &self.at) {
            (Some(folder), _) => by_owner(self.action, &Administered::reach(folder, settings)?)?,
            (None, at) => by_user(self.action, &mut Remote::signed_in(at.as_deref())?)?,
        };
        failure::written(writeln!(io::stdout(), "{told}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn by_owner(action: Action, administered: &Administered) -> Result<String, Failure> {
    Ok(match action {
        Action::Invite { party, role } => shown(&administered.post("invitations", &Invited { party, role })?),
        Action::Reset(User { email, .. }) => shown(&administered.post("users/password-links", &Addressed { email })?),
        Action::Confirm(_) => {
            return Err(Failure::new(
                "roles are confirmed by a second person who signed in: `avis user --at URL confirm`",
            ));
        }
        Action::Enable(User { email, .. }) => {
            let () = administered.post("users/enabled", &Addressed { email })?;
            ENABLED.to_owned()
        }
    })
}

const ENABLED: &str = "The user may sign in again.";

fn by_user(action: Action, remote: &mut Remote) -> Result<String, Failure> {
    match action {
        Action::Invite { party, role } => {
            let made = remote.ask(&Ask::post("/invitations", json!({"party": party, "role": role})))?;
            Ok(shown(&made.body))
        }
        Action::Reset(_) => Err(Failure::new(
            "a password is chosen anew by a link of the owner of the machine: `avis user --folder FOLDER reset`",
        )),
        Action::Enable(User { email, reason }) => {
            let reason = reason.ok_or_else(|| Failure::new("expected `--reason TEXT`, for the audit"))?;
            let id = id_of(remote, &email)?;
            remote.ask::<Listed>(&Ask::post(format!("/users/{id}/enable"), json!({"reason": reason})))?;
            Ok(ENABLED.to_owned())
        }
        Action::Confirm(User { email, .. }) => confirmed(remote, &email),
    }
}

fn id_of(remote: &mut Remote, email: &str) -> Result<String, Failure> {
    let users = remote.list::<Listed>("/users")?;
    let found = users.into_iter().find(|user| user.email.eq_ignore_ascii_case(email));
    found.map(|user| user.id).ok_or_else(|| Failure::new(format!("nobody signs in as {email} there")))
}

/// Confirms all roles of a user that wait for a second person.
fn confirmed(remote: &mut Remote, email: &str) -> Result<String, Failure> {
    let id = id_of(remote, email)?;
    let mut grants = remote.list::<Grant>("/grants")?;
    grants.retain(|grant| grant.user == id && grant.state == "asked");
    if grants.is_empty() {
        return Err(Failure::new(format!("no role of {email} waits for a second person")));
    }
    let mut told = Vec::new();
    for Grant { id, party, role, .. } in grants {
        remote.ask::<Grant>(&Ask::act(format!("/grants/{id}/confirm")))?;
        told.push(format!("{email} is `{role}` of `{party}` now."));
    }
    Ok(told.join("\n"))
}

fn shown(link: &OneTimeLink) -> String {
    let OneTimeLink { link, expires_at } = link;
    format!("{link}\nThis link is used once, until {expires_at}, at the address of the server; it is not shown again.")
}
