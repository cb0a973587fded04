//! Reconciliations of a control plane: a file uploaded and followed to its end, and its findings resolved, as who signed in
//! (`avis sign-in`).

use std::path::PathBuf;
use std::process::ExitCode;

use avis_admin::LineFault;
use avis_admin::control::media_type;
use avis_core::limits::CATALOGUE_BYTES_MAX;
use avis_core::settlement::reconcile::Profile;
use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::files;
use crate::remote::{Ask, Job, Remote, SignedIn};
use crate::table::table;
use crate::told::{items, minor_units, money, print, text};

/// Bytes of what a late advice says.
const ADVICE_BYTES_MAX: u64 = 1024 * 1024;

/// What is done about reconciliations of the own party.
#[derive(Subcommand)]
pub(super) enum Step {
    /// Sends a file, follows its job, and tells what does not match
    Upload(Upload),
    /// Lists the reconciliations of the own party, the newest first
    List {
        /// For a program, amounts in minor units
        #[arg(long)]
        json: bool,
    },
    /// Tells what a reconciliation found
    Findings {
        /// Its id
        run: String,
        /// For a program, amounts in minor units
        #[arg(long)]
        json: bool,
    },
    /// Says what is done about a finding, and why
    Resolve(Resolve),
}

#[derive(Args)]
pub(super) struct Upload {
    /// CSV, or a workbook (XLSX), as the profile says
    file: PathBuf,
    /// The first day
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// The first day after it; 92 days later at most
    #[arg(long, value_name = "DATE")]
    until: Date,
    /// How the file is written, kept for those that follow: a JSON document; what is kept where it is not said
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// Looks once more, over the ledger as it is now
    #[arg(long)]
    again: bool,
    /// For a program, amounts in minor units
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Resolve {
    /// The reconciliation's id
    run: String,
    /// The finding's key
    key: String,
    /// What is done
    action: Action,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Of `advice`: what the row does not say, a JSON document `{request, granted, terminal?}`
    #[arg(long, value_name = "FILE")]
    advice: Option<PathBuf>,
    /// Of `dispute`: how much more the line should reimburse, such as `0.50`
    #[arg(long, value_name = "AMOUNT", value_parser = minor_units, allow_hyphen_values = true)]
    more: Option<i64>,
    /// Of `dispute`: whose line, where there are several
    #[arg(long, value_name = "CODE")]
    grantor: Option<String>,
    /// Of `dispute`: of which benefit, where there are several
    #[arg(long, value_name = "CODE")]
    benefit: Option<String>,
    /// Of `dispute`: by which version of the contract, where there are several
    #[arg(long, value_name = "N")]
    contract: Option<u32>,
    /// For a program, amounts in minor units
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Action {
    /// Ours stands
    Accept,
    /// A sale that the ledger lacks is recorded
    Advice,
    /// The statement's line is disputed, now or when it is issued
    Dispute,
    /// Nothing, with a reason
    Ignore,
    /// As if it had not been resolved
    Reopen,
}

/// What a job came to.
#[derive(Deserialize)]
struct Reconciled {
    reconciliation: String,
}

impl Step {
    /// # Errors
    /// What the control plane refuses; a file that can't be read.
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let remote = &mut Remote::signed_in(None)?;
        match self {
            Self::Upload(upload) => return upload.run(remote),
            Self::List { json } => {
                let path = format!("/providers/{}/reconciliations", SignedIn::read()?.party);
                let all = remote.list_of::<Value>(&Ask::get(path).with("newest_first", Some("true")))?;
                print(json, &Value::from(all), listed)?;
            }
            Self::Findings { run, json } => return found(remote, &run, json),
            Self::Resolve(resolve) => resolve.run(remote)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Upload {
    fn run(&self, remote: &mut Remote) -> Result<ExitCode, Failure> {
        let party = format!("/providers/{}", SignedIn::read()?.party);
        let format = self.profile(remote, &party)?.format;
        let file = files::open(&self.file)?;
        let progress = files::progress(&self.file, &file);
        let ask = Ask::act(format!("{party}/reconciliations/file"))
            .with("from", Some(&self.from.to_string()))
            .with("until", Some(&self.until.to_string()))
            .with("again", self.again.then_some("true"));
        let begun = remote.upload::<Job<Reconciled>>(&ask, media_type(format), progress.wrap_read(file));
        progress.finish_and_clear();
        let job = begun?.body.ended(remote)?;
        match &job.result {
            Some(Reconciled { reconciliation }) => found(remote, reconciliation, self.json),
            None => Err(Failure::of_file(&self.file, job.told())),
        }
    }

    /// The profile by which the file is read: kept before it is sent, where one is given.
    fn profile(&self, remote: &mut Remote, party: &str) -> Result<Profile, Failure> {
        let path = format!("{party}/profile");
        let kept = remote.ask::<Value>(&Ask::get(&*path))?;
        let Some(file) = &self.profile else {
            let profile = kept.body.get("profile").and_then(|profile| Profile::from_value(profile).ok());
            return profile.ok_or_else(|| Failure::new("nobody said how the files are written: `--profile FILE`"));
        };
        let json = files::read(file, CATALOGUE_BYTES_MAX)?;
        let faults = |faults| Failure::of_lines(file, &LineFault::located(&json, faults));
        let profile = Profile::from_json(&json).map_err(faults)?;
        let said: Value = serde_json::from_slice(&json).map_err(|error| Failure::of_file(file, error))?;
        if kept.body.get("profile") != Some(&said) {
            let put = Ask::put(path, json!({"profile": said})).matching(kept.etag);
            remote.ask::<Value>(&put)?;
        }
        Ok(profile)
    }
}

impl Resolve {
    fn run(self, remote: &mut Remote) -> Result<(), Failure> {
        let action = self.action.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let mut body = json!({"action": action, "reason": self.reason});
        let said = [
            ("amount", self.more.map(Value::from)),
            ("grantor", self.grantor.map(Value::from)),
            ("benefit", self.benefit.map(Value::from)),
            ("contract", self.contract.map(Value::from)),
        ];
        let said: Map<String, Value> =
            said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        if let Some(fields) = body.as_object_mut() {
            if !said.is_empty() {
                fields.insert("dispute".to_owned(), said.into());
            }
            if let Some(file) = &self.advice {
                let advice = serde_json::from_slice(&files::read(file, ADVICE_BYTES_MAX)?);
                fields.insert("advice".to_owned(), advice.map_err(|error| Failure::of_file(file, error))?);
            }
        }
        let path = format!("/reconciliations/{}/findings/{}/resolve", self.run, self.key);
        let done = remote.ask::<Value>(&Ask::post(path, body))?.body;
        print(self.json, &done, |finding| findings(std::slice::from_ref(finding)))
    }
}

/// Tells a run with its findings; exit code 1 where anything is to be looked at.
fn found(remote: &mut Remote, id: &str, is_json: bool) -> Result<ExitCode, Failure> {
    let mut run = remote.ask::<Value>(&Ask::get(format!("/reconciliations/{id}")))?.body;
    let found = remote.list::<Value>(&format!("/reconciliations/{id}/findings"))?;
    let is_unresolved = found.iter().any(|finding| text(finding, "status") != "resolved");
    let is_open = is_unresolved || not_kept(&run) > 0 || text(&run, "bad_count") != "0";
    if let Some(fields) = run.as_object_mut() {
        fields.insert("items".to_owned(), found.into());
    }
    print(is_json, &run, told)?;
    Ok(ExitCode::from(u8::from(is_open)))
}

/// Findings of a run that are counted, and not kept.
fn not_kept(run: &Value) -> i64 {
    let [all, kept] =
        ["findings", "findings_kept"].map(|name| run.get(name).and_then(Value::as_i64).unwrap_or_default());
    all - kept
}

fn listed(all: &Value) -> String {
    let row = |run: &Value| {
        let days = format!("{} until {}", text(run, "from"), text(run, "until"));
        let counts = if run.get("counts") == Some(&Value::Bool(true)) { "counts" } else { "" };
        [text(run, "id"), text(run, "made_at"), days, text(run, "findings"), text(run, "bad_count"), counts.to_owned()]
    };
    let rows: Vec<_> = all.as_array().into_iter().flatten().map(row).collect();
    table(["reconciliation", "at", "days", "findings", "bad rows", ""], &rows)
}

fn told(run: &Value) -> String {
    let of = |name: &str| text(run, name);
    let mut told = format!("{}  {}  {} until {}\n", of("id"), of("provider"), of("from"), of("until"));
    if run.get("counts") == Some(&Value::Bool(false)) {
        told.push_str("a later reconciliation of the same days counts\n");
    }
    for bad in items(run, "bad_rows") {
        let field = Some(text(bad, "field")).filter(|field| !field.is_empty()).map(|field| format!("{field}: "));
        let line =
            format!("line {}: {}expected {}\n", text(bad, "line"), field.unwrap_or_default(), text(bad, "expected"));
        told.push_str(&line);
    }
    if !items(run, "items").is_empty() {
        told.push_str(&format!("\n{}", findings(items(run, "items"))));
    }
    if not_kept(run) > 0 {
        told.push_str(&format!("{} more do not match: a file of fewer days shows them\n", not_kept(run)));
    }
    told.push('\n');
    for (status, count) in run.get("summary").and_then(Value::as_object).into_iter().flatten() {
        told.push_str(&format!("{status:<15} {count}\n"));
    }
    for side in ["theirs", "ours"] {
        told.push_str(&format!("{side:<15} {}\n", amounts(run.get(side).unwrap_or(&Value::Null))));
    }
    told
}

fn findings(found: &[Value]) -> String {
    let row = |finding: &Value| {
        let all = |name: &str| {
            items(finding, name).iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
        };
        let [lines, movements] = ["lines", "movements"].map(|name| all(name).collect::<Vec<_>>().join(", "));
        let difference = amounts(finding.get("difference").unwrap_or(&Value::Null));
        let resolution = finding.get("resolution").unwrap_or(&Value::Null);
        let done = [text(resolution, "action"), text(resolution, "reason")];
        let done = done.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(": ");
        [text(finding, "status"), lines, movements, difference, done, text(finding, "key")]
    };
    let rows: Vec<_> = found.iter().map(row).collect();
    table(["status", "lines", "movements", "theirs less ours", "done", "key"], &rows)
}

fn amounts(of: &Value) -> String {
    let amount =
        |name: &str| Some(money(of, name)).filter(|amount| !amount.is_empty()).map(|amount| format!("{name} {amount}"));
    ["gross", "discount", "payable"].into_iter().filter_map(amount).collect::<Vec<_>>().join(", ")
}
