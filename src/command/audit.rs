//! `avis audit` and `avis events`: what was done, and what of it concerns security.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use avis_admin::http::{AuditQuery, ENTRIES_MAX};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::{self, Failure};
use crate::files;
use crate::operator::Administered;
use crate::remote::{Ask, Remote};
use crate::settings::Settings;
use crate::table::table;

/// Shows the audit: who did what to which object, the newest first. Works while the folder is served, and while it is not.
///
/// Changes of rules, people and terminals stand in it beside what parties do in the control plane and what concerns security.
/// `avis status --verify` says whether it is as it was written.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  avis audit --folder avis-data\n  avis audit verify --anchor anchor.json\n  avis audit --folder avis-data --object benefit:free-rides/2 --json\n  avis audit --folder avis-data --from 2026-11-01 --until 2026-12-01 --party riga --limit 1000"
)]
pub(crate) struct Audit {
    #[command(subcommand)]
    verify: Option<Verify>,
    #[command(flatten)]
    wanted: Option<Wanted>,
}

#[derive(Subcommand)]
enum Verify {
    /// Goes through the whole audit through the control plane, as who signed in (`avis sign-in`): whether anything was changed, and,
    /// with an anchor that was kept elsewhere, whether its end was cut off. Exit code: 1 if it is not as it was written, 2 if it could
    /// not be gone through
    Verify {
        /// A place of the chain as `GET /audit/head` told it: `{"seq", "link"}`
        #[arg(long, value_name = "FILE")]
        anchor: Option<PathBuf>,
    },
}

/// Whether the audit holds, and its newest place.
#[derive(Deserialize)]
struct Verified {
    holds: bool,
    broken_at: Option<String>,
    head: Option<Value>,
}

/// Bytes of an anchor.
const ANCHOR_BYTES_MAX: u64 = 1024;

fn verify(anchor: Option<&Path>) -> Result<ExitCode, Failure> {
    let read = |path: &Path| {
        let json = files::read(path, ANCHOR_BYTES_MAX)?;
        serde_json::from_slice::<Value>(&json).map_err(|error| Failure::of_file(path, error))
    };
    let body = anchor.map(read).transpose()?.map_or_else(|| json!({}), |anchor| json!({ "anchor": anchor }));
    let found: Verified = Remote::signed_in(None)?.ask(&Ask::post("/audit/verify", body).long())?.body;
    if !found.holds {
        let place = found.broken_at.map(|place| format!(" at {place}")).unwrap_or_default();
        failure::written(writeln!(io::stderr(), "the audit is not as it was written{place}"))?;
        return Ok(ExitCode::from(1));
    }
    // The newest place, to be kept elsewhere as the next anchor.
    let head = found.head.map(|head| format!("{head}\n")).unwrap_or_default();
    failure::written(io::stdout().write_all(head.as_bytes()))?;
    Ok(ExitCode::SUCCESS)
}

/// Shows what concerns security, the newest first: keys, sign-ins and rights that were refused, guessing, ids used again.
///
/// Works while the folder is served, and while it is not. These are entries of the audit, which `avis audit` shows whole.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis events --folder avis-data\n  avis events --folder avis-data --kind key_refused,guessing --from 2026-11-18T06:00:00Z --json"
)]
pub(crate) struct Events {
    #[command(flatten)]
    wanted: Wanted,
}

#[derive(Args)]
struct Wanted {
    /// Where everything is; of a cluster, the folder of any node that is administered.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// Not earlier than this: an instant, or the beginning of a date.
    #[arg(long, value_name = "TIME")]
    from: Option<Moment>,
    /// Earlier than this: an instant, or the beginning of a date.
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// What was done, by its word; any of several.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    kind: Vec<String>,
    /// The code of who did it.
    #[arg(long, value_name = "CODE")]
    actor: Option<String>,
    /// The code of the party for which it was done.
    #[arg(long, value_name = "CODE")]
    party: Option<String>,
    /// To what it was done, such as `benefit:free-rides/2`.
    #[arg(long, value_name = "KIND:KEY", value_parser = object)]
    object: Option<(String, String)>,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=i64::from(ENTRIES_MAX)))]
    limit: u16,
    /// Write one JSON document a line.
    #[arg(long)]
    json: bool,
}

/// An instant, or the beginning of a date where the installation is.
#[derive(Clone, Copy)]
enum Moment {
    Instant(Timestamp),
    Date(Date),
}

impl std::str::FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = || text.parse().map(Self::Date);
        text.parse()
            .map(Self::Instant)
            .or_else(|_| date())
            .map_err(|_| "expected `2026-11-18T06:12:00Z` or `2026-11-18`")
    }
}

impl Moment {
    fn instant(self, zone: &TimeZone) -> Result<Timestamp, Failure> {
        match self {
            Self::Instant(instant) => Ok(instant),
            Self::Date(date) => {
                let begins = zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible();
                begins.map_err(|error| Failure::new(error.to_string()))
            }
        }
    }
}

fn object(text: &str) -> Result<(String, String), &'static str> {
    let parts = text.split_once(':').filter(|(kind, key)| !kind.is_empty() && !key.is_empty());
    parts
        .map(|(kind, key)| (kind.to_owned(), key.to_owned()))
        .ok_or("expected a kind and a key, such as `terminal:desk-1`")
}

impl Audit {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        match (self.verify, self.wanted) {
            (Some(Verify::Verify { anchor }), _) => verify(anchor.as_deref()),
            (None, Some(wanted)) => wanted.show(settings, false),
            (None, None) => Err(Failure::new("expected `--folder FOLDER`, or `verify`")),
        }
    }
}

impl Events {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        self.wanted.show(settings, true)
    }
}

impl Wanted {
    fn show(self, settings: &Settings, security: bool) -> Result<ExitCode, Failure> {
        let zone = settings.zone()?;
        let (object_kind, object_key) = self.object.unzip();
        let query = AuditQuery {
            security,
            kinds: (!self.kind.is_empty()).then(|| self.kind.join(",")),
            actor: self.actor,
            party: self.party,
            object_kind,
            object_key,
            from: self.from.map(|from| from.instant(&zone)).transpose()?,
            until: self.until.map(|until| until.instant(&zone)).transpose()?,
            most: self.limit,
        };
        let entries: Vec<Value> = Administered::reach(&self.folder, settings)?.get("audit", &query)?;
        let text = match (self.json, entries.is_empty()) {
            (true, _) => entries.iter().map(|entry| format!("{entry}\n")).collect(),
            (false, true) => "there are none\n".to_owned(),
            (false, false) => told(&entries),
        };
        failure::written(io::stdout().write_all(text.as_bytes()))?;
        if entries.len() == usize::from(self.limit) {
            eprintln!("avis: these are the newest {}; `--limit` shows more, `--until` older ones", self.limit);
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn told(entries: &[Value]) -> String {
    let rows: Vec<_> = entries.iter().map(row).collect();
    table(["no.", "at", "what", "by whom", "to what", "more"], &rows)
}

fn row(entry: &Value) -> [String; 6] {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let party = text("/actor/party").map(|party| format!("of {party}"));
    let actor = [text("/actor/kind"), text("/actor/id"), party.as_deref()];
    let object = [text("/object/kind"), text("/object/key")];
    let (from, on_behalf) = (text("/from"), text("/on_behalf"));
    let more = [
        entry.get("revision").and_then(Value::as_u64).map(|revision| format!("revision {revision}")),
        on_behalf.map(|whose| format!("for {whose}")),
        from.map(|network| format!("from {network}")),
        text("/request").map(|request| format!("request {request}")),
        text("/reason").map(str::to_owned),
    ];
    let words = |words: &[Option<&str>]| words.iter().flatten().copied().collect::<Vec<_>>().join(" ");
    [
        entry.get("seq").map(Value::to_string).unwrap_or_default(),
        text("/at").unwrap_or_default().to_owned(),
        text("/action").unwrap_or_default().to_owned(),
        words(&actor),
        words(&object),
        more.into_iter().flatten().collect::<Vec<_>>().join("; "),
    ]
}
