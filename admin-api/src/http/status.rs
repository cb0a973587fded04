//! How it stands.

use std::time::Duration;

use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use avis_store::{
    AlteredRows, Broken, Days, DaysError, EngineReport, Header, Scope, StandInStanding, TallyVerification,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::http::answer;
use crate::import::DESPITE_FAILING_CASES;
use crate::operator::Operator;

/// How a store and the engine of this process stand.
#[derive(Debug, Serialize, Deserialize)]
pub struct Status {
    /// Which life of the store.
    pub incarnation: String,
    /// The number of its newest revision.
    pub revision: u64,
    /// Sums over its rows, by scope.
    pub digests: Vec<(String, String)>,
    /// The sum over all of them.
    pub digest: String,
    /// The engine, where one is served.
    pub engine: Option<EngineStatus>,
    /// Every engine, as each says itself.
    pub fleet: Vec<FleetStatus>,
    /// The newest revisions, the newest first.
    pub history: Vec<Change>,
    /// Where the audit does not hold, if it was asked for.
    pub audit: Option<String>,
    /// Rows that are not what the audit says that they became, if it was asked for.
    pub altered: Option<AlteredRows>,
    /// How what moved is added up by days, beside the rows of the ledger, if it was asked for; an error where nobody can say.
    pub tally: Option<Result<TallyVerification, String>>,
}

/// How an engine stands.
#[derive(Debug, Serialize, Deserialize)]
pub struct EngineStatus {
    /// The number of the revision that it applied.
    pub revision: u64,
    /// Seconds since it last knew itself equal to the store.
    pub age_s: f64,
    /// Holders in memory.
    pub holders: usize,
    /// Identifiers in memory.
    pub identifiers: usize,
    /// Versions of benefits in the rule set.
    pub benefit_versions: usize,
    /// Terminals that may call.
    pub terminals: usize,
    /// Rows and versions that can't be read and grant nothing.
    pub unreadable: u64,
    /// Rows that are not what was committed and grant nothing.
    pub altered: u64,
    /// Whether what it follows differs from the store, and reading it again did not mend that.
    pub differs: bool,
    /// Why it can't follow just now, if it can't.
    pub failing: Option<String>,
}

/// How one engine of the fleet stands.
#[derive(Debug, Serialize, Deserialize)]
pub struct FleetStatus {
    /// Its name.
    pub node: String,
    /// The version of its program.
    pub program: String,
    /// Which life of the store it follows.
    pub incarnation: String,
    /// The number of the revision that it applied.
    pub revision: u64,
    /// The sum over all that it follows.
    pub digest: String,
    /// Seconds since it last knew itself equal to the store, as of its word.
    pub age_s: f64,
    /// Rows and versions that it can't read.
    pub unreadable: u64,
    /// How standing in for the cluster's ledger goes; none where the ledger is its own.
    pub stand_in: Option<StandInStanding>,
    /// When it said so.
    pub at: Timestamp,
}

impl FleetStatus {
    fn of(report: &EngineReport) -> Self {
        Self {
            node: report.node.clone(),
            program: report.program.clone(),
            incarnation: report.revision.incarnation.to_string(),
            revision: report.revision.number,
            digest: report.digest.to_string(),
            age_s: Duration::from_millis(report.age_ms).as_secs_f64(),
            unreadable: report.unreadable,
            stand_in: report.stand_in,
            at: report.at,
        }
    }
}

/// A revision, as people are told of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Change {
    /// Its number.
    pub revision: u64,
    /// When, who, why and how much.
    pub told: String,
}

/// How much is looked at.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Whether the whole audit is gone through.
    #[serde(default)]
    pub verify: bool,
}

/// Revisions that a status tells.
const HISTORY: usize = 5;

pub(super) async fn status(http: HttpRequest, asked: Query<Verification>, operator: Data<Operator>) -> HttpResponse {
    answer::done(&http, &operator, move |operator| {
        let head = operator.store.head()?;
        let audit = if asked.verify { Some(audited(operator.registry.verify(None)?)) } else { None };
        let altered = if asked.verify { Some(operator.registry.altered_rows()?) } else { None };
        let tally = asked.verify.then(|| tallied(operator).map_err(|error| error.to_string()));
        let digests = Scope::ALL.map(|scope| (scope.word().to_owned(), head.digests.of(scope).to_string()));
        Ok(Status {
            incarnation: head.revision.incarnation.to_string(),
            revision: head.revision.number,
            digests: digests.into(),
            digest: head.digests.total().to_string(),
            engine: engine(operator),
            fleet: operator.registry.fleet()?.iter().map(FleetStatus::of).collect(),
            history: operator.registry.history(HISTORY)?.iter().map(Change::of).collect(),
            audit,
            altered,
            tally,
        })
    })
    .await
}

fn tallied(operator: &Operator) -> Result<TallyVerification, DaysError> {
    let (registry, reports) = (&*operator.registry, &*operator.reports);
    let (day, now) = (operator.clock.service_day().clone(), operator.clock.now());
    Days { registry, reports, day, now }.verify_tally()
}

fn audited(broken: Option<Broken>) -> String {
    match broken {
        None => "whole".to_owned(),
        Some(Broken::Revision(number)) => format!("changed afterwards at revision {number}"),
        Some(Broken::Entry(number)) => format!("changed afterwards at its entry {number}"),
        Some(Broken::Anchor(number)) => format!("not the one whose entry {number} was kept elsewhere"),
    }
}

fn engine(operator: &Operator) -> Option<EngineStatus> {
    let (engine, following) = operator.engine.as_ref()?;
    let (known, standing) = (engine.known(), following.standing());
    Some(EngineStatus {
        revision: known.revision(),
        age_s: engine.age().as_secs_f64(),
        holders: engine.directory.holder_count(),
        identifiers: engine.directory.identifier_count(),
        benefit_versions: known.rules.as_ref().map_or(0, |rules| rules.version_count()),
        terminals: known.credentials.count(),
        unreadable: standing.counted.unreadable + standing.counted.quarantined,
        altered: standing.counted.altered,
        differs: standing.counted.in_vain,
        failing: standing.failing,
    })
}

impl Change {
    fn of(header: &Header) -> Self {
        let Header { revision, at, act, counts } = header;
        let (actor, reason) = (&act.actor.id, act.reason.as_deref().unwrap_or("no reason given"));
        let despite = if act.action == DESPITE_FAILING_CASES { ", although cases failed" } else { "" };
        let told = format!(
            "{at} by {actor}: {reason}{despite} ({} added, {} changed, {} removed)",
            counts.added, counts.changed, counts.removed
        );
        Self { revision: revision.number, told }
    }
}
