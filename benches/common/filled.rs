//! A store that is filled as its owner fills it: by imports.

use avis_admin::CaseRunner;
use avis_admin::import::{self, ChangeContext};
use avis_store::{Actor, Registry, Store};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::residents::written;
use super::{catalogue, secret};

/// Rules, and as many people.
pub(crate) fn fill(store: &(impl Store + Registry), benefits: usize, holders: u64) {
    let catalogue = catalogue(benefits).to_string();
    import::catalogue(store, catalogue.as_bytes(), &cases(), &context()).unwrap();
    let done = import::holders((store, store), written(holders), &secret(), &context()).unwrap();
    assert_eq!(done.counts.added, holders);
}

pub(crate) fn cases() -> CaseRunner {
    CaseRunner { secret: secret(), zone: TimeZone::UTC }
}

/// Of a change that is made now.
pub(crate) fn context() -> ChangeContext {
    ChangeContext {
        actor: Actor::machine("bench"),
        reason: "bench".into(),
        at: Timestamp::now(),
        dry_run: false,
        providers: Vec::new(),
        despite_failing_cases: false,
    }
}
