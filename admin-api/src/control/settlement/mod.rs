//! Settlement: contracts between grantors and providers, closed days, statements of what is owed, and what a provider's own file says
//! beside the ledger. Everything is computed by `avis_core::settlement` from the rows that `Reports` reads.

mod advising;
mod computing;
mod contracts;
mod days;
mod dispute;
mod disputing;
mod exporting;
mod findings;
mod holding;
mod lines;
mod moved;
mod opened;
mod operations;
mod overdue;
mod profiles;
mod reconciling;
mod runs;
mod statements;
mod steps;
mod uploading;
mod workbook;

use avis_store::MovementsError;
use avis_store::records::{RecordChange, RecordFilter};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::kept::{self, Kept, Object};
use super::list::Page;
use super::policy::{Action, Reach, Role};
use super::problem::{Code, Problem};

pub(super) use contracts::of_grantor as contracts_of;
pub(super) use days::{closed as closed_days, closing as closing_providers, days, service_day};
pub(crate) use operations::OPERATIONS;
pub(super) use reconciling::UNPACKED_AT_ONCE;
pub(super) use statements::issued_periods;
pub use uploading::media_type;

/// Records that are read at a time.
const READ_AT_ONCE: usize = 500;

/// What was made between a grantor and a provider: who goes on from it writes it over the version that was read, so that of two who
/// number a contract or a statement at once one does.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Pair {
    /// Confirmed versions of their contract.
    contracts: i64,
    /// The first day that is in no issued statement; none before the first.
    until: Option<Date>,
}

impl Object for Pair {
    const KIND: &'static str = "settled_pair";
}

/// A pair as it was read, if it was there.
struct ReadPair {
    key: String,
    grantor: String,
    kept: Option<Kept<Pair>>,
}

impl ReadPair {
    fn of(call: &Call<'_>, grantor: &str, provider: &str) -> Result<Self, Problem> {
        let key = format!("{grantor}/{provider}");
        let kept = kept::load::<Pair>(&*call.control.registry, &key, call.now)?;
        Ok(Self { key, grantor: grantor.to_owned(), kept })
    }

    fn pair(&self) -> Pair {
        self.kept.as_ref().map(|kept| kept.object.clone()).unwrap_or_default()
    }

    /// Writes it over what was read.
    fn replace(self, pair: Pair) -> RecordChange {
        match self.kept {
            Some(mut kept) => {
                kept.object = pair;
                kept.replace("")
            }
            None => kept::make(&self.key, &pair, (&self.grantor, ""), None),
        }
    }
}

/// Something that is a grantor's and a provider's.
trait OfPair: Object {
    /// With whom its owner, a grantor, has it.
    fn provider(&self) -> &str;

    /// Whether the provider sees it in a state.
    fn is_shown_to_provider(state: &str) -> bool;
}

/// Whether the caller's operation reaches what a pair has.
fn reaches<T: OfPair>(call: &Call<'_>, kept: &Kept<T>) -> bool {
    call.reaches(kept.owner()) || (T::is_shown_to_provider(kept.state()) && call.reaches(kept.object.provider()))
}

/// The object in the path, if the caller's party has it.
fn find<T: OfPair>(call: &Call<'_>) -> Result<Kept<T>, Problem> {
    let found = kept::load::<T>(&*call.control.registry, call.path("id"), call.now)?;
    let found = found.ok_or_else(|| Problem::from(Code::NotFound))?;
    if !reaches(call, &found) {
        call.check_owner(found.owner(), Action::SettlementRead)?;
    }
    Ok(found)
}

/// Refuses who has the action for the other side of the pair alone: editors and approvers act for a grantor, others for a provider.
fn check_role(call: &Call<'_>, grantor: &str, provider: &str) -> Result<(), Problem> {
    let (caller, party) = (call.caller()?, call.party()?);
    let action = call.operation.action.unwrap_or(Action::SettlementRead);
    let acts_as = |roles: &[Role]| caller.reach(action, Some(roles)).is_some();
    let is_side = (party == grantor && acts_as(&[Role::Editor, Role::Approver]))
        || (party == provider && acts_as(&[Role::Provider]));
    if is_side { Ok(()) } else { Err(Code::NotYourRole.into()) }
}

/// The object in the path as the caller read it, in a state.
fn find_in<T: OfPair>(call: &Call<'_>, state: &str) -> Result<Kept<T>, Problem> {
    let found = find::<T>(call)?;
    check_role(call, found.owner(), found.object.provider())?;
    call.check_match(&found.etag())?;
    if found.state() == state {
        return Ok(found);
    }
    Err(Problem::new(Code::NotInThisState, format!("expected one that is {state}")))
}

/// A page of what the caller's party has with others.
fn list<T: OfPair>(call: &Call<'_>, shown: impl Fn(&Kept<T>) -> Result<Value, Problem>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let (mut after, mut items) = (page.after.clone(), Vec::new());
    while items.len() < page.most() {
        let filter = RecordFilter { after: &after, ..page.records() };
        let read = kept::list::<T>(&*call.control.registry, &filter, READ_AT_ONCE, call.now)?;
        let Some(last) = read.last() else { break };
        after.clone_from(&last.record.key);
        let is_last = read.len() < READ_AT_ONCE;
        let room = page.most() - items.len();
        for kept in read.iter().filter(|kept| reaches(call, kept)).take(room) {
            items.push((kept.record.key.clone(), shown(kept)?));
        }
        if is_last {
            break;
        }
    }
    Ok(page.answer(items))
}

/// Everything of a kind that an owner has.
fn all_of<T: Object>(call: &Call<'_>, owner: &str) -> Result<Vec<Kept<T>>, Problem> {
    let filter = RecordFilter { owner: Some(owner), ..RecordFilter::default() };
    kept::all(&*call.control.registry, &filter, call.now)
}

/// The provider in the path, if it is one that the caller's operation reaches.
pub(super) fn provider<'c>(call: &'c Call<'_>) -> Result<&'c str, Problem> {
    let provider = call.path("code");
    call.check_owner(provider, Action::SettlementRead)?;
    if call.reach == Some(Reach::All) && !is_provider(call, provider)? {
        return Err(Code::NotFound.into());
    }
    Ok(provider)
}

/// Whether the rules know a provider of a code.
fn is_provider(call: &Call<'_>, code: &str) -> Result<bool, Problem> {
    Ok(super::rules::rules(call.control)?.has_provider(code))
}

/// Refuses what a party would settle with itself: nobody could agree to it.
fn check_pair(grantor: &str, provider: &str) -> Result<(), Problem> {
    if grantor == provider {
        return Err(Problem::at("/provider", "expected another party than the grantor"));
    }
    Ok(())
}

/// Refuses what is no date; the shape of a body said so before.
fn date(call: &Call<'_>, name: &str) -> Result<Date, Problem> {
    call.text(name).parse().map_err(|_| Problem::at(format!("/{name}"), "expected a date such as `2026-11-18`"))
}

/// Faults of a document that a body carries, behind the field in which it stands.
fn faults_at(field: &str, faults: avis_core::Faults) -> Problem {
    Problem::of_document(faults, |pointer| format!("{field}{pointer}"))
}

impl From<MovementsError> for Problem {
    fn from(error: MovementsError) -> Self {
        tracing::error!(target: "avis::control", %error, "the ledger could not be reported about");
        Code::Unavailable.into()
    }
}
