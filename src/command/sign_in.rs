//! `avis sign-in` and `avis sign-out`: who uses the control plane from this machine.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::{self, Failure};
use crate::remote::{Ask, Remote, SignedIn, ask_password};

/// Signs in at a control plane: a password makes a token, which a file of your own keeps (0600) until it ends.
///
/// The password is asked for and not shown, or read as a line of the standard input. The token may do what you may do in one party;
/// what needs a fresh sign-in, such as an export of people, asks for the password again.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis sign-in https://avis.example.lv --email anna@riga.lv\n  avis sign-in https://avis.example.lv --email anna@riga.lv --party riga --days 30\n  avis sign-in https://10.0.0.5:8320 --email anna@riga.lv --ca office-ca.pem < password.txt"
)]
pub(crate) struct SignIn {
    /// Where the control plane is; in the clear from the same machine only.
    #[arg(value_name = "URL")]
    url: String,
    /// With which address.
    #[arg(long, value_name = "EMAIL")]
    email: String,
    /// For which party, where you have roles in several.
    #[arg(long, value_name = "CODE")]
    party: Option<String>,
    /// For how many days.
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=365))]
    days: i64,
    /// Certificates in PEM that vouch for the server, in the place of the system's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// Ends the sign-in of this machine.
#[derive(Args)]
#[command(after_help = "Example:\n  avis sign-out")]
pub(crate) struct SignOut {}

#[derive(Deserialize)]
struct Me {
    name: String,
    party: Option<String>,
    acts_as: Vec<String>,
    actions: Vec<String>,
}

#[derive(Deserialize)]
struct Token {
    id: String,
    party: String,
    secret: String,
}

impl SignIn {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let Self { url, email, party, days, ca } = self;
        let ca = ca.map(|ca| std::path::absolute(&ca).map_err(|error| Failure::of_file(&ca, error))).transpose()?;
        let mut remote = Remote::at(&url, ca.as_deref())?;
        let password = ask_password(&format!("Password of {email}: "))?;
        remote.open_session(&email, &password, party.as_deref())?;
        let me = remote.ask::<Me>(&Ask::get("/me"))?.body;
        if me.actions.is_empty() {
            let several = "name the party for which you act: `--party CODE`";
            return Err(Failure::new(if me.party.is_none() { several } else { "no role of yours counts yet" }));
        }
        let expires_at = Timestamp::now().saturating_add(SignedDuration::from_hours(24 * days)).map_err(Failure::of)?;
        let wanted = json!({"name": "avis sign-in", "scopes": me.actions, "expires_at": expires_at});
        let token = remote.ask::<Token>(&Ask::post("/me/tokens", wanted))?.body;
        let url = url.trim_end_matches('/').to_owned();
        let (party, roles) = (token.party.clone(), me.acts_as.join(", "));
        let signed =
            SignedIn { url, email, party: token.party, token: token.secret, token_id: token.id, expires_at, ca };
        let path = signed.keep()?;
        let told =
            format!("Signed in as {} for `{party}` ({roles}) until {expires_at}; kept in {}", me.name, path.display());
        failure::written(writeln!(io::stdout(), "{told}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl SignOut {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let signed = SignedIn::read()?;
        let ended = Remote::signed_in(None)?.ask::<Value>(&Ask::delete(format!("/me/tokens/{}", signed.token_id)));
        // It is forgotten here also where the server does not answer, but not without a word.
        SignedIn::forget()?;
        ended?;
        failure::written(writeln!(io::stdout(), "Signed out of {}.", signed.url))?;
        Ok(ExitCode::SUCCESS)
    }
}
