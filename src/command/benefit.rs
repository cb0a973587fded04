//! `avis benefit`: benefits and their drafts through the control plane, from any machine.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use avis_admin::control::not_drafted;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::failure::{self, Failure};
use crate::files;
use crate::remote::{Ask, Remote};
use crate::table::table;

/// Bytes of a draft as it is sent.
const DRAFT_BYTES_MAX: u64 = 1024 * 1024;

/// Reads benefits, and takes drafts through their steps, as who signed in (`avis sign-in`).
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis benefit list\n  avis benefit show riga-seniors --version 2\n  avis benefit draft riga-seniors.json       {\"code\", \"base\", \"content\", \"cases\", \"publish_at\", \"note\"}\n  avis benefit submit 0190f6a2-…             the cases are run\n  avis benefit roll-back riga-seniors 2      drafts version 2 anew\n  avis benefit approve 0190f6a2-…            by a second person\n  avis benefit publish 0190f6a2-… --reason \"decided in June\"\n  avis benefit suspend riga-seniors --reason \"a mistake\""
)]
pub(crate) struct Benefits {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Lists the benefits with their newest versions
    List {
        /// Write one JSON document a line
        #[arg(long)]
        json: bool,
    },
    /// Shows a benefit
    Show {
        /// Its code
        code: String,
        /// A version that is not the newest
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Says what a version changes of the one before it
    Difference {
        /// The benefit's code
        code: String,
        /// The version
        #[arg(value_name = "N")]
        version: u32,
    },
    /// Lists the drafts of the own party
    Drafts,
    /// Makes a draft of a file, or changes one
    Draft {
        /// A JSON document
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The draft that it changes
        #[arg(long, value_name = "ID")]
        id: Option<String>,
    },
    /// Drafts an old version anew, as the next one: it is submitted, approved and published as any other
    RollBack {
        /// The benefit's code
        code: String,
        /// The version that it is to be again
        #[arg(value_name = "N")]
        version: u32,
        /// For who approves it
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Submits a draft as it stands
    Submit(Draft),
    /// Takes a draft back to edit it
    Withdraw(Draft),
    /// Approves a draft as it stands: look at it first
    Approve(Draft),
    /// Sends a draft back
    Reject(Because),
    /// Publishes an approved draft, now or at its time
    Publish(Because),
    /// Keeps a draft from being published at its time
    Unschedule(Draft),
    /// Suspends a benefit at once, or from a moment
    Suspend {
        #[command(flatten)]
        stopped: Stopped,
        /// From when
        #[arg(long, value_name = "INSTANT")]
        from: Option<Timestamp>,
        /// Until when
        #[arg(long, value_name = "INSTANT")]
        until: Option<Timestamp>,
    },
    /// Ends suspensions of a benefit
    Resume(Stopped),
    /// Ends a benefit, now or at a moment
    End {
        #[command(flatten)]
        stopped: Stopped,
        /// At which moment
        #[arg(long, value_name = "INSTANT")]
        until: Option<Timestamp>,
    },
}

#[derive(Args)]
struct Draft {
    /// The draft
    #[arg(value_name = "ID")]
    id: String,
}

#[derive(Args)]
struct Because {
    /// The draft
    #[arg(value_name = "ID")]
    id: String,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Args)]
struct Stopped {
    /// The benefit's code
    code: String,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// A benefit, as far as a table shows it.
#[derive(Deserialize)]
struct Listed {
    code: String,
    grantor: String,
    version: i64,
    content: Value,
}

/// A draft, as far as its steps need it.
#[derive(Deserialize)]
struct Drafted {
    id: String,
    code: String,
    state: String,
    base: Option<i64>,
    content_hash: String,
    publish_at: Option<Timestamp>,
    version: Option<i64>,
    revision: Option<u64>,
}

#[derive(Deserialize)]
struct Difference {
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    words: Words,
}

#[derive(Deserialize)]
struct Words {
    en: String,
}

#[derive(Deserialize)]
struct Revised {
    revision: u64,
}

/// Why a benefit is stopped, and when.
#[derive(Serialize)]
struct Stop<'a> {
    reason: &'a str,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Benefits {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let remote = &mut Remote::signed_in(None)?;
        let told = match self.action {
            Action::List { json } => listed(remote, json)?,
            Action::Show { code, version } => shown(remote, &code, version)?,
            Action::Difference { code, version } => difference(remote, &code, version)?,
            Action::Drafts => drafts(remote)?,
            Action::Draft { file, id } => draft(remote, &file, id.as_deref())?,
            Action::RollBack { code, version, note } => roll_back(remote, (&code, version), note)?,
            Action::Submit(of) => step(remote, &of.id, "submit", By::Hash)?,
            Action::Approve(of) => step(remote, &of.id, "approve", By::Hash)?,
            Action::Withdraw(of) => step(remote, &of.id, "withdraw", By::Nothing)?,
            Action::Unschedule(of) => step(remote, &of.id, "unschedule", By::Nothing)?,
            Action::Reject(of) => step(remote, &of.id, "reject", By::Reason(&of.reason))?,
            Action::Publish(of) => step(remote, &of.id, "publish", By::Reason(&of.reason))?,
            Action::Suspend { stopped, from, until } => stop(remote, "suspend", &stopped, (from, until))?,
            Action::Resume(stopped) => stop(remote, "resume", &stopped, (None, None))?,
            Action::End { stopped, until } => stop(remote, "end", &stopped, (None, until))?,
        };
        failure::written(write!(io::stdout(), "{told}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn listed(remote: &mut Remote, json: bool) -> Result<String, Failure> {
    if json {
        return Ok(remote.list::<Value>("/benefits")?.iter().map(|one| format!("{one}\n")).collect());
    }
    let benefits = remote.list::<Listed>("/benefits")?;
    let name = |content: &Value| content.pointer("/name/en").and_then(Value::as_str).unwrap_or_default().to_owned();
    let row = |one: &Listed| [one.code.clone(), one.version.to_string(), one.grantor.clone(), name(&one.content)];
    Ok(table(["benefit", "version", "grantor", "name"], &benefits.iter().map(row).collect::<Vec<_>>()))
}

fn shown(remote: &mut Remote, code: &str, version: Option<u32>) -> Result<String, Failure> {
    let path = version.map_or_else(|| format!("/benefits/{code}"), |n| format!("/benefits/{code}/versions/{n}"));
    let shown = remote.ask::<Value>(&Ask::get(path))?.body;
    Ok(format!("{shown:#}\n"))
}

fn difference(remote: &mut Remote, code: &str, version: u32) -> Result<String, Failure> {
    let path = format!("/benefits/{code}/versions/{version}/difference");
    let Difference { changes } = remote.ask(&Ask::get(path))?.body;
    Ok(changes.iter().map(|change| format!("{}\n", change.words.en)).collect())
}

fn drafts(remote: &mut Remote) -> Result<String, Failure> {
    let drafts = remote.list::<Drafted>("/drafts")?;
    let row = |one: &Drafted| {
        let base = one.base.map_or_else(|| "new".to_owned(), |base| format!("of {base}"));
        let at = one.publish_at.map_or_else(String::new, |at| at.to_string());
        [one.id.clone(), one.code.clone(), base, one.state.clone(), at]
    };
    Ok(table(["draft", "benefit", "base", "state", "to be published"], &drafts.iter().map(row).collect::<Vec<_>>()))
}

fn draft(remote: &mut Remote, file: &Path, id: Option<&str>) -> Result<String, Failure> {
    let json = files::read(file, DRAFT_BYTES_MAX)?;
    let mut body: Value = serde_json::from_slice(&json).map_err(|error| Failure::of_file(file, error))?;
    let drafted = match id {
        None => remote.ask::<Drafted>(&Ask::post("/drafts", body))?.body,
        Some(id) => {
            let path = format!("/drafts/{id}");
            let read = remote.ask::<Drafted>(&Ask::get(&path))?;
            let code = body.as_object_mut().and_then(|fields| fields.remove("code"));
            if code.is_some_and(|code| code != json!(read.body.code)) {
                return Err(Failure::of_file(file, format!("expected the code of the draft, `{}`", read.body.code)));
            }
            remote.ask::<Drafted>(&Ask::put(path, body).matching(read.etag))?.body
        }
    };
    Ok(told(&drafted))
}

fn roll_back(remote: &mut Remote, (code, version): (&str, u32), note: Option<String>) -> Result<String, Failure> {
    let newest = remote.ask::<Value>(&Ask::get(format!("/benefits/{code}")))?.body;
    let of_then = remote.ask::<Value>(&Ask::get(format!("/benefits/{code}/versions/{version}")))?.body;
    let mut content = of_then.get("content").cloned().unwrap_or_default();
    if let Some(fields) = content.as_object_mut() {
        fields.retain(|name, _| !not_drafted("benefit").contains(&name.as_str()));
    }
    let note = note.unwrap_or_else(|| format!("version {version} again"));
    // Cases are of a benefit: those that come out otherwise with it are mended in the draft.
    let (base, cases) = (newest.get("version"), newest.get("cases"));
    let body = json!({"code": code, "base": base, "content": content, "cases": cases, "note": note});
    Ok(told(&remote.ask::<Drafted>(&Ask::post("/drafts", body))?.body))
}

/// What a step is done with.
#[derive(Clone, Copy)]
enum By<'a> {
    /// The hash of the content as it stands.
    Hash,
    Reason(&'a str),
    Nothing,
}

fn step(remote: &mut Remote, id: &str, step: &str, by: By<'_>) -> Result<String, Failure> {
    let read = remote.ask::<Drafted>(&Ask::get(format!("/drafts/{id}")))?;
    let path = format!("/drafts/{id}/{step}");
    let ask = match by {
        By::Hash => Ask::post(path, json!({"content_hash": read.body.content_hash})),
        By::Reason(reason) => Ask::post(path, json!({"reason": reason})),
        By::Nothing => Ask::act(path),
    };
    Ok(told(&remote.ask::<Drafted>(&ask.matching(read.etag))?.body))
}

fn told(draft: &Drafted) -> String {
    let Drafted { id, code, state, version, revision, publish_at, .. } = draft;
    let published =
        version.zip(*revision).map(|(version, revision)| format!(" as version {version} (revision {revision})"));
    let at = publish_at.filter(|_| state == "scheduled").map(|at| format!(" for {at}"));
    format!("{id}  {code}  {state}{}{}\n", published.unwrap_or_default(), at.unwrap_or_default())
}

fn stop(
    remote: &mut Remote,
    step: &str,
    of: &Stopped,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
) -> Result<String, Failure> {
    let mut body = serde_json::to_value(Stop { reason: &of.reason, from, until }).map_err(Failure::of)?;
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    let Revised { revision } = remote.ask(&Ask::post(format!("/benefits/{}/{step}", of.code), body))?.body;
    Ok(format!("done in revision {revision}; `avis benefit show {}` tells how it stands\n", of.code))
}
