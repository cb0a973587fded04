//! Runs the cases that stand beside rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use avis_core::document::Case;
use avis_core::limits::FAULTS_MAX;
use avis_core::{Catalogue, Decision, Fault, Faults, IdentifierSecret, Mismatch, RuleSet, Trace, mismatches};
use avis_server::{Directory, Engine, Refusal};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::file_till::{Answered, FileTill};

/// Runs cases as a till would be answered.
pub struct CaseRunner {
    /// Under which the identifiers of cases are hashed.
    pub secret: IdentifierSecret,
    /// The time zone of the deployment.
    pub zone: TimeZone,
}

/// A case that fails.
pub struct FailedCase {
    /// Its place among the cases of its catalogue.
    pub place: usize,
    /// Its name.
    pub name: Box<str>,
    /// What is not as it expects, by pointers into the case.
    pub faults: Vec<Fault>,
    /// What was expected where another value came, by the same pointers.
    pub(crate) expected: BTreeMap<String, Value>,
    /// What came there.
    pub(crate) came: BTreeMap<String, Value>,
}

/// What one line came to, and why.
pub(crate) type Decided = Result<Answered, Faults>;

impl CaseRunner {
    /// The cases of a catalogue that fail, in their order.
    pub fn failed(&self, catalogue: &Catalogue) -> Vec<FailedCase> {
        self.failed_of(catalogue, |_| true)
    }

    /// Those of some names that fail, in their order.
    pub(crate) fn failed_of(&self, catalogue: &Catalogue, is_asked: impl Fn(&str) -> bool) -> Vec<FailedCase> {
        let rules = Arc::new(RuleSet::compile(catalogue));
        let asked = catalogue.cases.iter().enumerate().filter(|(_, case)| is_asked(&case.name));
        let ran = asked.map(|(place, case)| {
            let mut failed = FailedCase {
                place,
                name: case.name.clone(),
                faults: Vec::new(),
                expected: BTreeMap::new(),
                came: BTreeMap::new(),
            };
            failed.faults = self.run(&rules, case, &mut failed);
            failed
        });
        ran.filter(|case| !case.faults.is_empty()).collect()
    }

    /// What is not as a case expects; both values are kept in `failed`.
    fn run(&self, rules: &Arc<RuleSet>, case: &Case, failed: &mut FailedCase) -> Vec<Fault> {
        let decided = match self.decided(rules, case) {
            Ok(decided) => decided,
            Err(fault) => return vec![fault],
        };
        let mut wrong = Vec::new();
        for (place, (decided, expected)) in decided.into_iter().zip(&case.expect).enumerate() {
            match decided {
                Ok(answered) => {
                    let found = mismatches(expected, &answer(&answered));
                    for mismatch in found {
                        let pointer = format!("/expect/{place}{}", mismatch.pointer);
                        failed.expected.insert(pointer.clone(), mismatch.expected.clone());
                        failed.came.extend(mismatch.got.clone().map(|got| (pointer.clone(), got)));
                        wrong.push(not_expected(pointer, mismatch));
                    }
                }
                Err(faults) => {
                    let under =
                        |fault: Fault| Fault { pointer: format!("/requests/{place}{}", fault.pointer), ..fault };
                    wrong.extend(faults.list.into_iter().map(under));
                }
            }
        }
        wrong
    }

    /// The requests of a case that can be decided by other rules, in their order.
    pub(crate) fn decisions(&self, rules: &Arc<RuleSet>, case: &Case) -> Vec<Decision> {
        let decided = self.decided(rules, case).unwrap_or_default();
        let told = decided.into_iter().filter_map(|decided| match decided.ok()? {
            Answered::Decided(decided) => Some(decided.decision),
            Answered::Done(_) | Answered::Refused(_) => None,
        });
        told.collect()
    }

    /// The requests of a case that can be decided, by their ids, with their decisions and why they are so.
    pub fn explained(&self, catalogue: &Catalogue, case: &Case) -> Vec<(Uuid, Decision, Trace)> {
        let rules = Arc::new(RuleSet::compile(catalogue));
        let decided = self.decided(&rules, case).unwrap_or_default();
        let told = decided.into_iter().filter_map(|decided| match decided.ok()? {
            Answered::Decided(decided) => Some((decided.request_id, decided.decision, decided.trace?)),
            Answered::Done(_) | Answered::Refused(_) => None,
        });
        told.collect()
    }

    /// Each line taken after those before it.
    pub(crate) fn decided(&self, rules: &Arc<RuleSet>, case: &Case) -> Result<Vec<Decided>, Fault> {
        let directory = Directory::default();
        for (place, holder) in case.holders.iter().enumerate() {
            let refused =
                |refusal: Refusal| Fault { pointer: case.place_of_holder(place), detail: refusal.to_string() };
            directory.add(holder, &self.secret).map_err(refused)?;
        }
        let engine = Engine::new(directory, self.secret.clone(), self.zone.clone());
        let mut till = FileTill::new(rules.clone(), engine);
        Ok(case.requests.iter().map(|line| till.take(&case.provider, line.clone(), true)).collect())
    }
}

/// What a case compares with what it expects.
fn answer(answered: &Answered) -> Value {
    match answered {
        Answered::Decided(decided) => decided.answer(),
        Answered::Done(answer) => answer.clone(),
        Answered::Refused(refused) => json!({"code": refused.code(), "detail": refused.to_string()}),
    }
}

fn not_expected(pointer: String, mismatch: Mismatch) -> Fault {
    let got = mismatch.got.map_or_else(|| "nothing".to_owned(), |got| got.to_string());
    let detail = format!("expected {}, got {got}", mismatch.expected);
    Fault { pointer, detail }
}

impl FailedCase {
    /// Failed cases as faults of their catalogue.
    pub(crate) fn faults(failed: Vec<Self>) -> Faults {
        let mut list: Vec<Fault> = failed.into_iter().flat_map(Self::into_faults).collect();
        let unlisted = list.len().saturating_sub(FAULTS_MAX);
        list.truncate(FAULTS_MAX);
        Faults { list, unlisted }
    }

    fn into_faults(self) -> impl Iterator<Item = Fault> {
        let Self { place, faults, .. } = self;
        faults.into_iter().map(move |fault| Fault {
            pointer: format!("/cases/{place}{}", fault.pointer),
            detail: format!("fails: {}", fault.detail),
        })
    }
}
