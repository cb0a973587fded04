//! Runs the cases that stand beside rules.

use std::sync::Arc;

use avis_core::document::Case;
use avis_core::limits::FAULTS_MAX;
use avis_core::{
    Book, Catalogue, Decision, Fault, Faults, IdentifierSecret, Mismatch, Need, Request, RuleSet, Trace, explain,
    mismatches,
};
use avis_server::{Directory, Engine, Refusal};
use jiff::tz::TimeZone;

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
}

/// What one request came to, and why.
type Decided = Result<(Decision, Trace), Faults>;

impl CaseRunner {
    /// The cases of a catalogue that fail, in their order.
    pub fn failed(&self, catalogue: &Catalogue) -> Vec<FailedCase> {
        let rules = Arc::new(RuleSet::compile(catalogue));
        let ran = catalogue.cases.iter().enumerate().map(|(place, case)| FailedCase {
            place,
            name: case.name.clone(),
            faults: self.run(&rules, case),
        });
        ran.filter(|case| !case.faults.is_empty()).collect()
    }

    /// What is not as a case expects.
    fn run(&self, rules: &Arc<RuleSet>, case: &Case) -> Vec<Fault> {
        let decided = match self.decided(rules, case) {
            Ok(decided) => decided,
            Err(fault) => return vec![fault],
        };
        let mut wrong = Vec::new();
        for (place, (decided, expected)) in decided.into_iter().zip(&case.expect).enumerate() {
            match decided {
                Ok((decision, _)) => {
                    let answer = serde_json::to_value(&decision).unwrap_or_default();
                    let found = mismatches(expected, &answer);
                    wrong.extend(found.into_iter().map(|mismatch| not_expected(place, mismatch)));
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

    /// The requests of a case that can be decided, with their decisions and why they are so.
    pub fn explained<'a>(&self, catalogue: &Catalogue, case: &'a Case) -> Vec<(&'a Request, Decision, Trace)> {
        let rules = Arc::new(RuleSet::compile(catalogue));
        let decided = self.decided(&rules, case).unwrap_or_default();
        let told = case.requests.iter().zip(decided);
        told.filter_map(|(request, decided)| decided.ok().map(|(decision, trace)| (request, decision, trace))).collect()
    }

    /// Each request decided after those before it.
    fn decided(&self, rules: &Arc<RuleSet>, case: &Case) -> Result<Vec<Decided>, Fault> {
        let directory = Directory::default();
        if let Some(holder) = &case.holder {
            let refused = |refusal: Refusal| Fault { pointer: "/holder".to_owned(), detail: refusal.to_string() };
            directory.add(holder, &self.secret).map_err(refused)?;
        }
        let engine = Engine::new(directory, self.secret.clone(), self.zone.clone());
        let mut book = Book::default();
        let decided = case.requests.iter().map(|request| {
            let person = engine.person(request);
            let sum = |need: &Need| book.sum(need);
            let decided = explain(rules.clone(), &case.provider, person, request.clone(), sum)?;
            book.charge(&decided.0.charges);
            Ok(decided)
        });
        Ok(decided.collect())
    }
}

fn not_expected(request: usize, mismatch: Mismatch) -> Fault {
    let got = mismatch.got.map_or_else(|| "nothing".to_owned(), |got| got.to_string());
    let detail = format!("expected {}, got {got}", mismatch.expected);
    Fault { pointer: format!("/expect/{request}{}", mismatch.pointer), detail }
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
