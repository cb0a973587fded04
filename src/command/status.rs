//! `avis status`: how an installation stands.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use avis_admin::http::{EngineStatus, FleetStatus, Status as NodeStatus, Verification};
use avis_store::postgres;
use avis_store::sqlite::{Archive, Summary};
use avis_store::{AlteredRows, TallyVerification, Verification as Sealed};
use clap::Args;
use serde_json::json;

use super::anchor::Anchored;
use crate::failure::{self, Failure};
use crate::installation::SharedDatabase;
use crate::operator::Administered;
use crate::records::Records;
use crate::settings::Settings;
use crate::table::table;

/// Shows how store, engine and ledger stand; whoever serves the folder goes on.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  avis status --folder avis-data\n  avis status --folder avis-data --verify    go through the whole audit and ledger, too\n  avis status --folder avis-data --verify --anchor /media/auditor/avis.anchor\n\nExit code: 1 if the audit, a followed row or the ledger is not what it was, or what moved is added up otherwise."
)]
pub(crate) struct Status {
    /// Where everything is.
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// Go through the whole audit, every followed row and the whole ledger, and say what was changed afterwards, and whether what
    /// moved is added up by days as the ledger has it.
    #[arg(long)]
    verify: bool,
    /// Compare the seals of the ledger with what an earlier call wrote into this file, and write those of now into it if all is whole.
    /// Keep it where who may write the ledger can't; after a restore, begin another one.
    #[arg(long, value_name = "FILE", requires = "verify")]
    anchor: Option<PathBuf>,
    /// Write a JSON document.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(crate) fn run(self, settings: &Settings) -> Result<ExitCode, Failure> {
        let told = self.told(settings)?;
        let ledger = self.ledger(settings)?;
        let (sealed, anchored) = self.verify.then(|| self.verify_ledger(settings)).transpose()?.unzip();
        let anchored = anchored.flatten();
        let found = (sealed.as_ref(), anchored);
        let text = if self.json { document(&told, &ledger, found) } else { lines(&told, &ledger, found) };
        failure::written(write!(io::stdout(), "{text}"))?;
        let audit_holds = told.audit.is_none_or(|audit| audit == "whole");
        let rows_hold = told.altered.is_none_or(|altered| altered.count == 0);
        let ledger_holds = sealed.is_none_or(|sealed| sealed.is_whole()) && anchored.is_none_or(Anchored::holds);
        let tally_holds = told.tally.is_none_or(|tally| tally.is_ok_and(|tally| tally.is_whole()));
        Ok(ExitCode::from(u8::from(!(audit_holds && rows_hold && ledger_holds && tally_holds))))
    }

    /// What the node says of itself.
    fn told(&self, settings: &Settings) -> Result<NodeStatus, Failure> {
        let (administered, query) =
            (Administered::reach(&self.folder, settings)?, Verification { verify: self.verify });
        let told = if self.verify { administered.verify("status", &query) } else { administered.get("status", &query) };
        Ok(told?)
    }

    /// Goes through the seals of the ledger, and holds them against the file that was named.
    fn verify_ledger(&self, settings: &Settings) -> Result<(Sealed, Option<Anchored>), Failure> {
        let records = Records::reach(&self.folder, settings)?;
        let found = records.verify()?;
        let compare = |path: &PathBuf| Anchored::compare(path, &records, &found);
        let anchored = self.anchor.as_ref().map(compare).transpose()?;
        Ok((found, anchored))
    }

    fn ledger(&self, settings: &Settings) -> Result<LedgerStatus, Failure> {
        if let Some(config) = settings.cluster.database() {
            // A node of this version still runs where a later one has brought the tables up to date.
            let shared = SharedDatabase::reach(config)?;
            let over_granted =
                postgres::over_granted(&shared.database).map_err(|error| Failure::of_database(&error))?;
            return Ok(LedgerStatus { summary: None, over_granted });
        }
        let summary = Archive::open(&self.folder).and_then(|archive| archive.summary()).map_err(Failure::of)?;
        Ok(LedgerStatus { over_granted: summary.over_granted, summary: Some(summary) })
    }
}

/// How the ledger stands.
struct LedgerStatus {
    /// Of a folder's; the many rows of a cluster's are not counted for this.
    summary: Option<Summary>,
    /// Minor units over-granted offline that grantors bear, and that providers bear.
    over_granted: (i64, i64),
}

/// What came of going through the ledger, as far as it was asked for.
type Found<'f> = (Option<&'f Sealed>, Option<Anchored>);

/// All of it for a program.
fn document(told: &NodeStatus, ledger: &LedgerStatus, (sealed, anchored): Found<'_>) -> String {
    let (grantors, providers) = ledger.over_granted;
    let counted = ledger.summary.as_ref().map(|Summary { authorizations, requests, .. }| {
        let states: serde_json::Map<_, _> =
            authorizations.iter().map(|(state, count)| (state.clone(), (*count).into())).collect();
        (requests, states)
    });
    let (requests, states) = counted.unzip();
    let ledger = json!({
        "requests": requests, "authorizations": states,
        "over_granted": {"grantors": grantors, "providers": providers},
    });
    let sealed = sealed.map(|sealed| {
        let broken: Vec<_> = sealed.broken.iter().map(ToString::to_string).collect();
        json!({"whole": sealed.whole, "unsealed": sealed.unsealed, "broken": broken, "broken_count": sealed.broken_count})
    });
    format!("{:#}\n", json!({"store": told, "ledger": ledger, "sealed": sealed, "anchor": anchored}))
}

fn lines(told: &NodeStatus, ledger: &LedgerStatus, (sealed, anchored): Found<'_>) -> String {
    let mut text = String::new();
    line(&mut text, "incarnation", &told.incarnation);
    line(&mut text, "revision", told.revision);
    for (scope, digest) in &told.digests {
        line(&mut text, &format!("digest of {scope}"), digest);
    }
    if let Some(audit) = &told.audit {
        line(&mut text, "audit", audit);
    }
    if let Some(altered) = &told.altered {
        altered_lines(&mut text, altered);
    }
    for change in &told.history {
        line(&mut text, &format!("revision {}", change.revision), &change.told);
    }
    match &told.engine {
        Some(engine) => engine_lines(&mut text, engine),
        None => line(&mut text, "engine", "none: no engine serves this folder"),
    }
    fleet_table(&mut text, told);
    ledger_lines(&mut text, ledger);
    if let Some(tally) = &told.tally {
        tally_lines(&mut text, tally);
    }
    if let Some(sealed) = sealed {
        sealed_lines(&mut text, sealed);
    }
    if let Some(anchored) = anchored {
        line(&mut text, "anchor", anchored.told());
    }
    text
}

fn ledger_lines(text: &mut String, ledger: &LedgerStatus) {
    if let Some(summary) = &ledger.summary {
        line(text, "requests answered", summary.requests);
        for (state, count) in &summary.authorizations {
            line(text, state, count);
        }
    }
    let (grantors, providers) = ledger.over_granted;
    line(text, "over-granted offline", format!("{grantors} for grantors, {providers} for providers"));
}

fn sealed_lines(text: &mut String, found: &Sealed) {
    line(text, "ledger", if found.is_whole() { "whole" } else { "changed afterwards" });
    line(text, "sealed and as it was", found.whole);
    line(text, "not sealed yet", found.unsealed);
    for broken in &found.broken {
        line(text, "changed", broken);
    }
    let unnamed = found.broken_count - found.broken.len() as u64;
    if unnamed > 0 {
        line(text, "changed", format!("and {unnamed} more"));
    }
}

fn tally_lines(text: &mut String, tally: &Result<TallyVerification, String>) {
    match tally {
        Err(error) => line(text, "added up by days", format!("can't be compared: {error}")),
        Ok(found) if found.is_whole() => {
            line(text, "added up by days", format!("as the ledger, in {} rows", found.whole));
        }
        Ok(found) => {
            line(text, "added up by days", format!("not as the ledger: {} rows differ", found.differing_count));
            found.differing.iter().for_each(|row| line(text, "differs", row));
        }
    }
}

/// The rows that are not what was committed.
pub(super) fn altered_lines(text: &mut String, altered: &AlteredRows) {
    if altered.count == 0 {
        return line(text, "followed rows", "as committed");
    }
    for row in &altered.named {
        line(text, "changed afterwards", row);
    }
    let unnamed = altered.count - altered.named.len();
    if unnamed > 0 {
        line(text, "changed afterwards", format!("and {unnamed} more rows"));
    }
}

fn engine_lines(text: &mut String, engine: &EngineStatus) {
    line(text, "engine at revision", engine.revision);
    line(text, "equal to the store", format!("{:.1} s ago", engine.age_s));
    line(text, "holders", engine.holders);
    line(text, "identifiers", engine.identifiers);
    line(text, "benefit versions", engine.benefit_versions);
    line(text, "terminals", engine.terminals);
    line(text, "unreadable rows", engine.unreadable);
    line(text, "altered rows", engine.altered);
    if engine.differs {
        line(text, "differs", "the store is not what was committed; `--verify` names the rows");
    }
    if let Some(failing) = &engine.failing {
        line(text, "can't follow", failing);
    }
}

/// The engines, one a line.
fn fleet_table(text: &mut String, told: &NodeStatus) {
    if told.fleet.is_empty() {
        return;
    }
    let heads = ["node", "revision", "behind", "copy", "equal (s ago)", "stands in", "journal", "said at"];
    let rows: Vec<_> = told.fleet.iter().map(|engine| fleet_row(engine, told)).collect();
    text.push_str(&table(heads, &rows));
}

fn fleet_row(engine: &FleetStatus, told: &NodeStatus) -> [String; 8] {
    let behind = if engine.incarnation == told.incarnation {
        told.revision.saturating_sub(engine.revision).to_string()
    } else {
        "reloads".to_owned()
    };
    // At another revision it is another sum.
    let is_there = behind == "0" && engine.revision == told.revision;
    let copy = match (is_there, engine.digest == told.digest) {
        (true, true) => "equal",
        (true, false) => "differs",
        (false, _) => "-",
    };
    let (stands_in, journal) = match &engine.stand_in {
        None => ("-".to_owned(), "-".to_owned()),
        Some(standing) => {
            let since = standing.away_since.map_or_else(|| "no".to_owned(), |since| format!("since {since:.0}"));
            let mut journal = standing.in_journal.to_string();
            for (count, what) in [(standing.set_aside, "set aside"), (standing.differing, "answered otherwise")] {
                if count > 0 {
                    // Writing to a string can't fail.
                    let _ = write!(journal, ", {count} {what}");
                }
            }
            (since, journal)
        }
    };
    let said = format!("{} (AVIS {}, {} unreadable)", engine.at, engine.program, engine.unreadable);
    let (revision, age) = (engine.revision.to_string(), format!("{:.1}", engine.age_s));
    [engine.node.clone(), revision, behind, copy.to_owned(), age, stands_in, journal, said]
}

/// A name and a value, in two columns.
fn line(text: &mut String, name: &str, value: impl std::fmt::Display) {
    // Writing to a string can't fail.
    let _ = writeln!(text, "{name:<20} {value}");
}
