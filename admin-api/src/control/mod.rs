//! The control plane for many: `/admin/v1`. A request becomes a call of one operation, by one caller, under one policy; the
//! handlers of the subjects read, check whose an object is, and answer.

mod answer;
mod call;
mod caller;
mod docs;
mod dry_run;
mod http;
mod identifier_like;
mod incoming;
mod kept;
mod link;
mod list;
mod once;
mod openapi;
mod operations;
mod pace;
mod path;
mod policy;
mod problem;
mod proxies;
mod questions;
mod quota;
mod secret;
mod shape;

mod audit;
mod consultations;
mod drafts;
mod engines;
mod examples;
mod forms;
mod ground;
mod groups;
mod imports;
mod loyalty;
mod metering;
mod parties;
mod people;
mod prices;
mod priorities;
mod providers;
mod records;
mod reports;
mod rules;
mod services;
mod settlement;
mod sign_in;
mod stopping;
mod terminal_calls;
mod terminals;
mod trying;
mod users;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::cases::CaseRunner;
use crate::work_pool::WorkPool;
use avis_store::{Background, Clock, Recorded, Registry, Reports, Store, StoreError};

pub use avis_store::sqlite::statements_run;
pub use drafts::not_drafted;
pub use http::{Door, routes, secured};
pub use imports::list_columns;
pub use incoming::{decoded, encoded};
pub use loyalty::Points;
pub use openapi::openapi_json;
pub use operations::{ListedOperation, listed};
pub use parties::OPERATOR;
pub use path::{is_own_path, path_parameters};
pub use policy::{Action, Reach, Role};
pub use problem::Code;
pub use proxies::Proxies;
pub use questions::{Question, Refusal, Reply, Visitor, may};
pub use records::differences;
pub use settlement::media_type;
pub use sign_in::first_operator::{OneTimeLink, first_link, invite};
pub use sign_in::local::LocalLogin;
pub use sign_in::oidc::{Login, SignInProviders, WrittenProviders};
pub use sign_in::recovery::{enable, reset};
pub use sign_in::sessions::COOKIE as SESSION_COOKIE;
pub use users::settled::{Settled, SettledUser, settle};

pub(crate) use audit::shown as shown_entry;

use pace::{Pace, Turns};
use reports::Replica;
use rules::RulesCache;
use sign_in::password::PasswordGate;

/// What the control plane works on.
pub struct Control {
    store: Arc<dyn Store>,
    registry: Arc<dyn Registry>,
    reports: Arc<dyn Reports>,
    /// Where reports read that need not be of this moment; none if from the same.
    replica: Option<Replica>,
    clock: Arc<dyn Clock>,
    passwords: PasswordGate,
    principals: Pace,
    sign_ins: Pace,
    verifying: Turns,
    rules: RulesCache,
    members: loyalty::Members,
    cases: CaseRunner,
    recorded: Arc<dyn Recorded>,
    points: Points,
    login: Login,
    asking_providers: Turns,
    unpacking: Turns,
    /// Questions of pages that wait since they came too soon.
    waiting: Turns,
    /// Where files are kept that are not read yet.
    folder: PathBuf,
    /// On which threads pages and calls are answered.
    pub pool: WorkPool,
    /// Persons who were counted before the programme; 0 if nobody did.
    users_before: u64,
}

/// How often drafts are looked for whose time has come.
const PUBLISH_EVERY: Duration = Duration::from_secs(1);
/// How often what expired is removed.
const REMOVE_EVERY: Duration = Duration::from_secs(60);
/// Records that are removed at a time.
const REMOVED_AT_ONCE: usize = 1_000;

impl Control {
    /// Over a store and what stands beside it, what was recorded, the reports of its ledger, and accounts of points; cases of drafts
    /// are run by a runner.
    pub fn new(
        store: Arc<dyn Store>,
        registry: Arc<dyn Registry>,
        clock: Arc<dyn Clock>,
        cases: CaseRunner,
        recorded: Arc<dyn Recorded>,
        reports: Arc<dyn Reports>,
        points: Points,
    ) -> Self {
        Self {
            store,
            registry,
            reports,
            replica: None,
            clock,
            passwords: PasswordGate::default(),
            principals: Pace::of_principals(),
            sign_ins: Pace::of_addresses(),
            verifying: Turns::of(1),
            rules: RulesCache::default(),
            members: loyalty::Members::default(),
            cases,
            recorded,
            points,
            login: Login::default(),
            asking_providers: Turns::of(sign_in::oidc::ASKED_AT_ONCE),
            unpacking: Turns::of(settlement::UNPACKED_AT_ONCE),
            waiting: Turns::of(questions::WAITING_MAX),
            folder: std::env::temp_dir(),
            pool: WorkPool::default(),
            users_before: 0,
        }
    }

    /// The same, where what is sent is kept in a folder of its own until it is read.
    #[must_use]
    pub fn with_folder(self, folder: PathBuf) -> Self {
        Self { folder, ..self }
    }

    /// The same, where people sign in so.
    #[must_use]
    pub fn with_login(self, login: Login) -> Self {
        Self { login, ..self }
    }

    /// The same, where so many persons were counted before the programme, by which the targets of its users are told.
    #[must_use]
    pub fn with_users_before(self, users_before: u64) -> Self {
        Self { users_before, ..self }
    }

    /// The same, where reports read from a replica while it answers.
    #[must_use]
    pub fn with_replica(self, replica: Option<Arc<dyn Reports>>) -> Self {
        Self { replica: replica.map(Replica::new), ..self }
    }

    /// What time it is.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// The time zone in which people read it.
    pub fn zone(&self) -> &jiff::tz::TimeZone {
        self.clock.service_day().zone()
    }

    /// Ends the jobs that were interrupted when who worked on them ended, where that was this process before it began anew; those with
    /// which it can go on are left to be taken up.
    pub fn end_interrupted_jobs(&self) {
        if let Err(problem) = imports::left::conclude_all(&*self.registry, self.clock.now()) {
            tracing::warn!(target: "avis::control", detail = problem.detail, "jobs that were interrupted could not be ended");
        }
    }

    /// Publishes drafts at their time, and goes on with imports that were left, in the background, until it is dropped.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn publish_scheduled(self: &Arc<Self>) -> std::io::Result<Background> {
        let plane = self.clone();
        Background::giving_way("avis-schedules", move |control| {
            while control.sleep(PUBLISH_EVERY) {
                if let Err(error) = plane.publish_due() {
                    tracing::warn!(target: "avis::control", %error, "drafts whose time has come could not be looked for");
                }
                plane.take_up_imports();
            }
        })
    }

    /// Removes what expired, in the background, until it is dropped.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn remove_expired(self: &Arc<Self>) -> std::io::Result<Background> {
        let plane = self.clone();
        Background::giving_way("avis-expired", move |control| {
            while control.sleep(REMOVE_EVERY) {
                if let Err(error) = plane.remove_all_expired(|| control.is_stopped()) {
                    tracing::warn!(target: "avis::control", %error, "what expired could not be removed");
                }
            }
        })
    }

    /// Removes all that expired by now, or until it is to stop; how many were removed.
    ///
    /// # Errors
    /// A store that can't be written.
    pub fn remove_all_expired(&self, is_stopped: impl Fn() -> bool) -> Result<usize, StoreError> {
        let (now, mut removed) = (self.clock.now(), 0);
        loop {
            let more = self.registry.remove_expired(now, REMOVED_AT_ONCE)?;
            removed += more;
            if more < REMOVED_AT_ONCE || is_stopped() {
                return Ok(removed);
            }
        }
    }
}
